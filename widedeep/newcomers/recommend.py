"""Recommending to a newcomer: from sides, as age and occupation, from a list of liked items, or from both.

    recommend_newcomer(recommender, sides={"age": 30, "gender": "F"}, k=5)
    recommend_newcomer(recommender, liked=[50, 181, 172], k=5)

What is not given is "nothing known", id 0.  What a list says depends on what the encoder reads:

    histories       the list is the person's history: "liked film 50", "liked film 181" ...  (features/histories.py)
    the user's id   the person is taken for each of the `alike` people whose items are most like the list, with the
                    sides that were given; logits and reasons are their mean
    neither         nothing: give the list as a side, as {"installed": [...]}

Read before: unknown.py, recommend.py
"""
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from perceptron.activations import Array, sigmoid
from widedeep.cells import cell, refuse_other_spellings, shown
from widedeep.features.history_encoder import HistoryEncoder
from widedeep.features.slices import Slices
from widedeep.newcomers.unknown import forget
from widedeep.recommend import Reasons, Recommendation, Recommender, explain
from widedeep.table import as_column


def recommend_newcomer(recommender: Recommender, liked: Sequence[Any] = (), sides: Mapping[str, Any] | None = None,
                       k: int = 10, *, context: Mapping[str, Any] | None = None, exclude: Collection[Any] = (),
                       alike: int = 20) -> list[Recommendation]:
    """The k items with the highest probability for somebody who is not among the recommender's users, each with its
    reasons; fewer if fewer are left.

    liked : items, not recommended again        sides : values of columns that users have and the encoder reads
    context : as in Recommender.recommend        exclude : further items not to recommend
    alike : how many people of training rows stand for the newcomer, where the encoder has no histories

    Raises ValueError for items or sides that are not known, a list that says nothing, or nothing left to recommend.
    """
    liked, sides = read_liked(recommender, liked, sides), dict(sides or {})
    if not isinstance(k, (int, np.integer)) or k < 1 or not isinstance(alike, (int, np.integer)) or alike < 1:
        raise ValueError(f"recommend_newcomer: k {k}, alike {alike}; want at least 1 of both, whole numbers")
    check_sides(recommender, sides, context or {})
    gone = {*liked, *(cell(item, "exclude") for item in exclude)}
    rows = np.array([row for item, row in recommender.item_rows.items() if item not in gone], np.intp)
    if len(rows) == 0:
        raise ValueError(f"recommend_newcomer: nothing is left of {len(recommender.item_rows)} items")
    batches = batches_of(recommender, liked, sides, rows, context or {}, alike)
    z = np.mean([recommender.model.logits(batch)[:, 0] for batch in batches], axis=0)
    best = np.argsort(-z, kind="stable")[:k]
    reasons = mean_reasons([explain(recommender.model, recommender.encoder, batch[best]) for batch in batches])
    keys, titles = list(recommender.item_rows), recommender.items.get("title", recommender.items["item"])
    return [Recommendation(keys[rows[n]], str(titles[rows[n]]), float(sigmoid(np.array(why.logit))), why)
            for n, why in zip(best, reasons)]


def read_liked(recommender: Recommender, liked: Any, sides: Any) -> list[Any]:
    """The list as cells.  Raises ValueError for a text, items that the recommender does not have, or nothing at all."""
    if isinstance(liked, (str, bytes)) or not (sides is None or isinstance(sides, Mapping)):
        raise ValueError(f"recommend_newcomer: liked {shown(liked)}, sides {shown(sides)}; want a list of items, and "
                         "{column: value}")
    found = list(dict.fromkeys(cell(item, "liked") for item in liked))
    unknown = [item for item in found if item not in recommender.item_rows]
    refuse_other_spellings("liked", unknown, recommender.item_rows)
    if unknown:
        raise ValueError(f"recommend_newcomer: unknown items {shown(unknown)}; there are {len(recommender.item_rows)}")
    if not found and sides is None:
        raise ValueError("recommend_newcomer: neither liked items nor sides; want one of them (sides={} for somebody "
                         "of whom nothing is known)")
    return found


def check_sides(recommender: Recommender, sides: Mapping[str, Any], context: Mapping[str, Any]) -> None:
    """Raise ValueError, with what would be read, for a side or a context that would not be."""
    of_users = [name for name in recommender.reads if name in recommender.users and name not in recommender.items]
    of_neither = [name for name in recommender.reads if name not in of_users and name not in recommender.items]
    for what, given, wanted in (("side", sides, [name for name in of_users if name != "user"]),
                                ("context", context, of_neither)):
        if odd := [name for name in given if name not in wanted]:
            raise ValueError(f"recommend_newcomer: {what} {odd[0]!r} would not be read; want values of {wanted}")


def batches_of(recommender: Recommender, liked: list[Any], sides: dict[str, Any], rows: Array,
               context: Mapping[str, Any], alike: int) -> list[Any]:
    """One batch of the candidates, or one for each person who stands for the newcomer."""
    encoder, reads = recommender.encoder, recommender.reads
    missing = [name for name in reads if name in recommender.users and name not in recommender.items
               and name not in sides]

    def paired(user: Any) -> dict[str, Any]:
        table: dict[str, Any] = dict(recommender.candidates(user, rows, context))
        return table | {name: repeated(value, len(rows)) for name, value in sides.items()}

    anyone = next(iter(recommender.row_of))                         # whose values are forgotten again
    if isinstance(encoder, HistoryEncoder):
        batch = with_history(encoder, encoder.encode(paired(anyone)), liked)
        return [forget(batch, encoder.encoder, missing)]
    if not liked:
        return [forget(encoder.encode(paired(anyone)).whole(), encoder, missing)]
    if "user" not in reads:
        bags = [name for name in reads if name in recommender.users and recommender.users[name].dtype == object]
        hint = f"; give the list as a side: sides={{{bags[0]!r}: [...]}}" if bags else ""
        raise ValueError("recommend_newcomer: the encoder reads neither histories nor the user's id, so that a list of "
                         f"liked items says nothing{hint}")
    return [encoder.encode(paired(user)).whole() for user in nearest(recommender, liked, alike)]


def with_history(encoder: HistoryEncoder, batch: Any, liked: list[Any]) -> Any:
    """The batch with this list as every row's history of the user, and as all that is known of the user's taste."""
    n, histories, numbers = len(batch), list(batch.histories), batch.numbers.copy()
    for i, history in enumerate(encoder.history_columns):
        if history.groups.key.name == "user":
            ids = history.what.lookup(liked) if history.what.name == "item" else np.zeros(0, np.int32)
            entries = (history.first + 2 * ids[ids > 0]).astype(np.int32)               # 2 i - 1: not liked, 2 i: liked
            histories[i] = Slices(entries, np.zeros(n, np.intp), np.full(n, len(entries)), np.zeros(n, np.int32), None)
    first = numbers.shape[1] - 2 * len(encoder.statistics)
    for i, statistics in enumerate(encoder.statistics):
        if statistics.groups.key.name == "user":
            count = np.full(n, float(len(liked)))
            numbers[:, first + 2 * i:first + 2 * i + 2] = statistics.numbers(count, count)       # all of them liked
    return replace(batch, histories=tuple(histories), numbers=numbers)


def nearest(recommender: Recommender, liked: list[Any], alike: int) -> list[Any]:
    """The users whose items are most like the list, by cosine, of those who have any of it."""
    closeness = {}
    for user, items in recommender.seen.items():
        if user in recommender.row_of and (shared := len(items & set(liked))):
            closeness[user] = shared / np.sqrt(len(items))
    if not closeness:
        raise ValueError(f"recommend_newcomer: none of the {len(recommender.seen)} people has any of {shown(liked)}; "
                         "want items that somebody has, or sides alone")
    return sorted(closeness, key=lambda user: -closeness[user])[:alike]


def mean_reasons(of_each: Sequence[Sequence[Reasons]]) -> list[Reasons]:
    """The reasons of each row, averaged over those who stand for the newcomer: their sum is the mean logit."""
    if len(of_each) == 1:
        return list(of_each[0])
    n, found = len(of_each), []
    for reasons in zip(*of_each):
        wide: dict[str, float] = {}
        others: dict[str, float] = {}
        for why in reasons:
            for into, terms in ((wide, why.wide), (others, why.others.items())):
                for name, weight in terms:
                    into[name] = into.get(name, 0.0) + weight / n
        terms = sorted(wide.items(), key=lambda term: -abs(term[1]))
        deep, bias, logit = (float(np.mean([getattr(why, part) for why in reasons])) for part in
                             ("deep", "bias", "logit"))
        found.append(Reasons(terms, deep, bias, logit, others))
    return found


def repeated(value: Any, n: int) -> Array:
    """A column of n times the value, which may be a bag."""
    return as_column([value]).repeat(n)
