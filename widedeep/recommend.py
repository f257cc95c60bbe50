"""Recommending: score every item that the user has not seen, keep the best, and say why.

    logit  =  sum of the weights of the wide features that are 1  +  the deep part  +  the bias

Every term has a name, so a recommendation can be read: memorized (a wide term weighs much) or generalized (the deep
part does).

Read before: model.py, encoder.py        Read next: registry.py
"""
from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from perceptron.activations import Array, sigmoid
from widedeep.batch import Batch, check_is_batch, check_made_by
from widedeep.cells import cell, cells, refuse_other_spellings, shown
from widedeep.encoder import Encoder
from widedeep.model import WideDeep
from widedeep.table import Sheet, Table, as_column, as_table
from widedeep.wide import Wide


class Reasons(NamedTuple):
    """One row's logit, taken apart: the wide terms + deep + bias + others add up to it (in float64, to about 1e-15)."""

    wide: list[tuple[str, float]]                       # (feature, weight), the heaviest first; weights of 0 left out
    deep: float
    bias: float
    logit: float
    others: dict[str, float] = {}                       # towers of your own, by name

    def __str__(self) -> str:
        terms = "".join(f"{weight:+.2f} {name}; " for name, weight in [*self.wide, *((f"{name} part", part)
                        for name, part in self.others.items())])
        return f"{terms}{self.deep:+.2f} deep part; {self.bias:+.2f} bias"


class Recommendation(NamedTuple):
    item: Hashable
    title: str
    probability: float
    reasons: Reasons


def explain(model: WideDeep, encoder: Encoder, batch: Batch) -> list[Reasons]:
    """Why does each row of the batch have its logit?  The model has one logit a row."""
    check_is_batch("explain", batch)
    if not isinstance(model, WideDeep):
        raise ValueError(f"explain: the model is a {type(model).__name__}; want explain(model, encoder, batch)")
    if model.b.shape != (1,):
        raise ValueError(f"explain: a model of {len(model.b)} logits a row; want one, as model.at_threshold(t) of an "
                         "OrdinalRegression has")
    check_made_by("explain", batch.made_by, encoder.fingerprint, "encoder given")
    check_made_by("explain", encoder.fingerprint, model.made_for)
    reasons: dict[int, Reasons] = {}
    for rows, part in batch.parts():                                # all rows at once, unless a few are very long
        reasons |= zip(np.arange(len(batch))[rows].tolist(), take_apart(model.astype(np.float64), encoder, part))
    return [reasons[n] for n in range(len(batch))]


def take_apart(exact: WideDeep, encoder: Encoder, batch: Batch) -> list[Reasons]:
    """The reasons of each row, by a model in float64."""
    z, b = exact.logits(batch)[:, 0], float(exact.b[0])
    terms = np.zeros(batch.wide.shape)                                                  # (N, F)
    parts = {"deep": np.zeros(len(batch))}                                              # (N,) each
    for name, tower in exact.towers.items():
        if isinstance(tower, Wide):
            terms += tower.w[batch.wide]
        else:
            parts[name] = tower.forward(batch)[0][:, 0]
    deep, reasons = parts.pop("deep"), []
    for n, ids in enumerate(batch.wide):
        named = [(encoder.wide_name(int(ids[f])), float(terms[n, f])) for f in np.flatnonzero(terms[n])]
        named.sort(key=lambda term: -abs(term[1]))
        others = {name: float(part[n]) for name, part in parts.items()}
        reasons.append(Reasons(named, float(deep[n]), b, float(z[n]), others))
    return reasons


class Recommender:
    """model, encoder : trained on rows that join a user's columns with an item's
    users, items : tables with a row each; the key columns are called "user" and "item"; titles stand in "title"
    seen : user -> the items not to recommend to them again

    Raises ValueError for a key that is missing or stands twice, and for a history that is not one of these items.
    """

    def __init__(self, model: WideDeep, encoder: Encoder, users: Table, items: Table,
                 seen: Mapping[Any, Collection[Any]]):
        if not isinstance(model, WideDeep) or type(model).predict is not WideDeep.predict or len(model.b) > 1:
            raise ValueError(f"Recommender: the model is a {type(model).__name__}, which gives no probability; want a "
                             "WideDeep of yes and no, as OrdinalRegression's model.at_threshold(t)")
        if not isinstance(seen, Mapping):
            raise ValueError(f"Recommender: seen is a {type(seen).__name__}; want {{user: items}}, as history(table)")
        check_made_by("Recommender", encoder.fingerprint, model.made_for)
        self.model, self.encoder = model, encoder
        self.reads = encoder.reads
        self.users, self.row_of = keyed("users", users, "user", self.reads)
        self.items, self.item_rows = keyed("items", items, "item", [*self.reads, "title"])
        self.seen = {cell(user, "user"): read_history(user, items) for user, items in seen.items()}
        refuse_other_spellings("user", self.seen.keys() - self.row_of.keys(), self.row_of)
        strangers = set().union(*self.seen.values()) - self.item_rows.keys()
        refuse_other_spellings("item", strangers, self.item_rows)
        if strangers and len({isinstance(item, str) for item in [*strangers, *self.item_rows]}) > 1:
            raise ValueError(f"Recommender: no item of `seen`, such as {min(map(repr, strangers))}, stands in "
                             f"items['item'], which holds {shown(list(self.item_rows)[:3])}; want the same ids in both")

    def candidates(self, user: Any, rows: Array, context: Mapping[str, Any]) -> Table:
        """The table that pairs the user with the items in these rows, in the columns that the encoder reads."""
        u = self.row_of[user]
        table: dict[str, Array] = {}
        for name in self.reads:
            if name in self.items:
                table[name] = self.items[name][rows]
            elif name in self.users:
                table[name] = np.repeat(self.users[name][u:u + 1], len(rows))
            elif name in context:
                table[name] = as_column([context[name]]).repeat(len(rows))
            else:
                raise ValueError(f"recommend: column {name!r} belongs neither to users nor to items; "
                                 f"give context={{{name!r}: ...}}")
        return table

    def recommend(self, user: Any, k: int = 10, context: Mapping[str, Any] | None = None) -> list[Recommendation]:
        """The k unseen items with the highest probability, each with its reasons; fewer if fewer are unseen.

        user : a value of the users' key column        context : values of columns that neither user nor item has
        Raises ValueError for an unknown user, one without an entry in `seen`, k < 1, a context that the encoder does
        not read, or nothing left to recommend.
        """
        if not isinstance(k, (int, np.integer)) or k < 1:
            raise ValueError(f"recommend: k {k}; want at least 1, a whole number")
        user = cell(user, "user")
        if user not in self.row_of:
            refuse_other_spellings("user", [user], self.row_of)
            known = sorted(self.row_of, key=lambda key: (isinstance(key, str), key))
            raise ValueError(f"recommend: unknown user {user!r}; there are {len(known)}, "
                             f"from {shown(known[0])} to {shown(known[-1])}")
        if user not in self.seen:
            raise ValueError(f"recommend: user {user!r} has no history; "
                             f"to choose from all items give them an empty one: seen[{user!r}] = []")
        context = context or {}
        if not isinstance(context, Mapping):
            raise ValueError(f"recommend: context is a {type(context).__name__}; want {{column: value}}")
        for name in context:
            if name not in self.reads or name in self.users or name in self.items:
                wanted = [name for name in self.reads if name not in self.users and name not in self.items]
                raise ValueError(f"recommend: context {name!r} would not be read; want values of {wanted}: columns of "
                                 "the encoder that neither users nor items have")
        seen = self.seen[user]
        rows = np.array([row for item, row in self.item_rows.items() if item not in seen], np.intp)
        if len(rows) == 0:
            raise ValueError(f"recommend: user {user!r} has seen all {len(self.item_rows)} items; nothing is left")
        batch = self.encoder.encode(self.candidates(user, rows, context))
        z = self.model.logits(batch)[:, 0]
        best = np.argsort(-z, kind="stable")[:k]                    # equal logits: in the items' order
        keys, titles = list(self.item_rows), self.items.get("title", self.items["item"])
        return [Recommendation(keys[rows[n]], str(titles[rows[n]]), float(sigmoid(np.array(reasons.logit))), reasons)
                for n, reasons in zip(best, explain(self.model, self.encoder, batch[best]))]


def keyed(what: str, table: Table, key: str, reads: Collection[str]) -> tuple[dict[str, Array], dict[Hashable, int]]:
    """(its columns that are read, the row of each key).  Raises ValueError where keys are missing or stand twice."""
    table = as_table(table)
    if key not in table:
        raise ValueError(f"Recommender: no column {key!r} among {list(table)}; {what} want one, a key of each row")
    sheet = Sheet(table, [name for name in table if name == key or name in reads])
    keys = sheet.cells(key)
    row_of = {cell: row for row, cell in enumerate(keys)}
    if len(row_of) < len(keys):
        twice = next(cell for row, cell in enumerate(keys) if row_of[cell] != row)
        raise ValueError(f"Recommender: {key} {twice!r} has two rows in {what}; want one row each")
    refuse_other_spellings(key, [cell for cell in row_of if not isinstance(cell, str)], row_of)
    return sheet.arrays, row_of


def read_history(user: Any, items: Any) -> set[Hashable]:
    """The items that a user has seen, as cells."""
    if isinstance(items, (str, bytes)) or not isinstance(items, Iterable):
        raise ValueError(f"Recommender: seen[{user!r}] is {shown(items)}; want a collection, as [{shown(items)}]")
    return {cell(item, "item") for item in items}


def history(table: Table) -> dict[Any, set[Any]]:
    """user -> the items that stand with them in the table's columns "user" and "item"."""
    table = as_table(table)
    for key in ("user", "item"):
        if key not in table:
            raise ValueError(f"history: no column {key!r} among {', '.join(map(str, table))}; "
                             "want history({'user': ids of users, 'item': ids of items})"[:300])
    seen: dict[Any, set[Any]] = {}
    if any(as_column(table[key]).ndim != 1 for key in ("user", "item")):
        raise ValueError("history: want columns, a value a row: history({'user': [1, 1], 'item': ['a', 'b']})")
    for user, item in zip(*(cells(key, as_column(table[key])) for key in ("user", "item")), strict=True):
        seen.setdefault(user, set()).add(item)
    return seen
