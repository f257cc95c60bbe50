"""Suggesting: the items that suit somebody's list, none that they had, and because of which item of the list.

Each of the latest items of the list is left out in turn; the one without which the logit falls most contributed most.

Read before: training.py, ranking/recommend.py        Read next: run_recommend.py
"""
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

import numpy as np

from mlp.losses import softmax
from perceptron.activations import Array
from widedeep.interactions.shop import Shop
from widedeep.interactions.training import Recommending
from widedeep.ranking.ranker import Ranker
from widedeep.saving import load

LATEST = 50                                             # of a list are tried as the reason


class Suggested(NamedTuple):
    """share : of the softmax over all items        because : the item of the list that contributed most, or None"""

    item: str
    title: str
    share: float
    because: str | None
    difference: float


def open_shop(path: Any) -> Recommending:
    """The recommender in an archive.  Raises ValueError for another archive, or what is none."""
    try:
        model, shop, _ = load(path)
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file; a recommender is written by: widedeep train DATA --user COLUMN --item "
                         f"COLUMN --out {path}") from None
    if not isinstance(shop, Shop) or not isinstance(model, Ranker):
        raise ValueError(f"{path}: a model, but no recommender; want one that widedeep train --user --item has written")
    return Recommending(model, shop, shop.about["metrics"], shop.about["judged"], shop.about["seconds"])


def for_person(found: Recommending, person: str, k: int) -> list[Suggested]:
    """The k best for somebody of the table.  Raises ValueError, with the nearest spelling, for a stranger."""
    shop = found.shop
    if person not in shop.row_of:
        raise ValueError(f"--user {person!r}: unknown among {len(shop.people):,} people{near(person, shop.people)}; of "
                         "a newcomer say what they like: --likes ITEM,ITEM")
    row = shop.row_of[person]
    return suggest(found, shop.histories[row], shop.seen[row], shop.sides_of(row), k)


def for_newcomer(found: Recommending, likes: Sequence[str], k: int, about: Mapping[str, Any] | None = None
                 ) -> list[Suggested]:
    """The k best for somebody who likes these items: ids or titles, the latest last.

    about : {side: value}, what is known of them; with it the list may be empty
    Raises ValueError for an item or a side that is not known, or neither.
    """
    columns = columns_of(found.shop, likes) if likes or not about else []
    return suggest(found, columns, columns, sides_about(found.shop, about) if about else None, k)


def sides_about(shop: Shop, about: Mapping[str, Any]) -> Array:
    """(1, G)   What is not said is not known."""
    known = list(shop.sides.plan.columns) if shop.sides.size else []
    if strangers := [name for name in about if name not in known]:
        raise ValueError(f"--about {strangers[0]}: the recommender reads no such side of people; " +
                         (f"want {', '.join(known)}" if known else "it reads none: want --likes alone"))
    return shop.sides.read({name: np.array([about.get(name)], object) for name in known})


def columns_of(shop: Shop, likes: Iterable[str]) -> list[int]:
    """Columns of items, by id or by title, each once.  Raises ValueError, with the nearest spelling, for a stranger."""
    by_title = {title.casefold(): column for column, title in reversed(list(enumerate(shop.titles)))}
    columns: list[int] = []
    for name in likes:
        column = shop.column_of.get(name, by_title.get(name.casefold()))
        if column is None:
            raise ValueError(f"--likes {name!r}: unknown among {len(shop.items):,} items"
                             f"{near(name, [*shop.items, *shop.titles])}")
        if column not in columns:
            columns.append(column)
    if not columns:
        raise ValueError("--likes: no item; want some, the latest last: --likes ITEM,ITEM")
    return columns


def near(name: str, known: Sequence[str]) -> str:
    """In words: the nearest spellings, or some that there are."""
    folded = {text.casefold(): text for text in known}
    close = get_close_matches(name.casefold(), list(folded), 3, 0.6)
    return f"; near it are {', '.join(repr(folded[text]) for text in close)}" if close else \
        f", as {', '.join(map(repr, known[:3]))}"


def suggest(found: Recommending, columns: Sequence[int], seen: Sequence[int], sides: Array | None, k: int
            ) -> list[Suggested]:
    """The k best items that are not seen; fewer if fewer are left."""
    shop, columns = found.shop, list(columns)
    first = max(0, len(columns) - LATEST)
    lists = [columns, *(columns[:i] + columns[i + 1:] for i in range(first, len(columns)))]
    Z = found.model.logits(shop.bags(lists, None if sides is None else sides.repeat(len(lists), axis=0)))
    z = Z[0].astype(np.float64)
    share = softmax(z[None])[0]
    z[list(seen)] = -np.inf
    best = [column for column in np.argsort(-z, kind="stable")[:k].tolist() if np.isfinite(z[column])]
    if not best:
        raise ValueError(f"nothing is left to recommend: all {len(shop.items):,} items are seen")
    suggested = []
    for column in best:
        fall = Z[0, column] - Z[1:, column]
        i = int(fall.argmax()) if len(fall) else -1
        because = shop.titles[columns[first + i]] if i >= 0 and fall[i] > 0 else None
        suggested.append(Suggested(shop.items[column], shop.titles[column], float(share[column]), because,
                                   float(fall[i]) if because is not None else 0.0))
    return suggested
