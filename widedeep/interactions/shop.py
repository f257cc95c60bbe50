"""A shop: a recommender's encoder.   It holds items and people, what they have had, and how their sides are read.

    model, shop, _ = load("shop.npz")
    model.predict(shop.encode({"liked": [["tea", "lamp"]]}))        # (1, V): which item comes next?

The archive so holds ids of people and their items: keep it as you keep the table.

Read before: ranking/catalogue.py, auto/table_encoder.py        Read next: judging.py
"""
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.auto.plan import Plan, plan_of
from widedeep.auto.reading import prepared
from widedeep.batch import digest
from widedeep.encoder import Encoder
from widedeep.features.column_plans import ColumnPlan
from widedeep.interactions.log import Sides
from widedeep.ranking.bags import Bags, bags_of
from widedeep.ranking.catalogue import latest
from widedeep.ranking.protocol import Sequences
from widedeep.registry import register
from widedeep.table import Sheet, Table

LIKED = "liked"


class SideReader:
    """Sides become rows of numbers: a column of each value, bucket or part of a bag; of a bag with n parts 1/n each."""

    def __init__(self, plans: Mapping[str, ColumnPlan], encoder: Encoder | None = None):
        self.plan = Plan("label", "binary", dict(plans))
        self.encoder = encoder

    def fit(self, values: Mapping[str, Array]) -> "SideReader":
        columns, _, _ = self.plan.parts()
        columns = [column for column in columns if column is not None]
        self.encoder = Encoder(deep=columns).fit(prepared(values, self.plan.kinds())) if columns else None
        return self

    @property
    def size(self) -> int:
        return 0 if self.encoder is None else self.encoder.n_deep - 1

    def read(self, values: Mapping[str, Any], n: int = 1) -> Array:
        """(n, size) float32 of n rows.  Raises ValueError, naming it, for a column that is missing."""
        if self.encoder is None:
            return np.zeros((n, 0), np.float32)
        batch = self.encoder.encode(prepared(values, self.plan.kinds())).whole()
        found = np.zeros((len(batch), self.size + 1), np.float32)
        single = batch.deep.shape[1] - batch.shares.shape[1]
        shares = np.concatenate([np.ones((len(batch), single), np.float32), batch.shares], axis=1)
        np.add.at(found, (np.arange(len(batch))[:, None], batch.deep), shares)
        return found[:, 1:]                                         # id 0: nothing known

    def names(self) -> list[str]:
        return [] if self.encoder is None else [self.encoder.deep_name(i) for i in range(1, self.encoder.n_deep)]

    def state(self) -> dict[str, Any]:
        return {"plan": self.plan.as_json(), "encoder": None if self.encoder is None else self.encoder.state()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "SideReader":
        encoder = None if state["encoder"] is None else Encoder.from_state(state["encoder"])
        plans = plan_of(state["plan"], "archive").columns if state["plan"]["columns"] else {}
        return cls(plans, encoder)


@register("encoder")
class Shop:
    """items, titles : (V,) texts        people : (U,) texts        histories, seen : of each person columns of items:
    the liked ones, the latest last; and all that they had
    sides : reads the sides of people        people_sides : {column: U values}, texts        about : what training found
    """

    reads = [LIKED]

    def __init__(self, items: Sequence[str], titles: Sequence[str], half_lives: Sequence[float | None],
                 people: Sequence[str], histories: Sequence[Sequence[int]], seen: Sequence[Sequence[int]],
                 sides: SideReader, people_sides: Sequence[Sequence[Sequence[float]]], about: dict[str, Any]):
        self.items, self.titles, self.half_lives = list(items), list(titles), list(half_lives)
        self.people, self.histories, self.seen = list(people), list(histories), list(seen)
        self.sides, self.people_sides, self.about = sides, people_sides, about
        self.column_of = {item: column for column, item in enumerate(self.items)}
        self.row_of = {person: row for row, person in enumerate(self.people)}
        self.n_wide = self.n_deep = len(self.items)

    @property
    def fingerprint(self) -> str:
        return digest({"items": self.items, "half_lives": self.half_lives, "sides": self.sides.state()})

    def encode(self, table: Table) -> Bags:
        """Bags of N lists of items, the latest last; {"liked": lists}.  Unknown items are left out, sides not known."""
        lists = Sheet(table, self.reads).bags(LIKED)
        columns = [[self.column_of[item] for item in latest(items) if item in self.column_of] for items in lists]
        return self.bags(columns, None)

    def bags(self, columns: Sequence[Sequence[int]], sides: Array | None) -> Bags:
        """Bags of N lists of columns.   sides : (N, G); None where nothing is known"""
        if sides is None and self.sides.size:
            sides = np.zeros((len(columns), self.sides.size), np.float32)
        found = Sequences.of([list(one) for one in columns], len(self.items))
        half_lives = [inf if half_life is None else half_life for half_life in self.half_lives]
        return bags_of(Sequences(found.items, found.bounds, found.n_items, None, sides), half_lives)

    def sides_of(self, row: int) -> Array | None:
        """(1, G) of a known person."""
        if not self.sides.size:
            return None
        found = np.zeros((1, self.sides.size), np.float32)
        for g, share in self.people_sides[row]:
            found[0, int(g)] = share
        return found

    def state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("items", "titles", "half_lives", "people", "histories", "seen",
                                                       "people_sides", "about")} | {"sides": self.sides.state()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Shop":
        return cls(**{**state, "sides": SideReader.from_state(state["sides"])})


def sparse(matrix: Array) -> list[list[tuple[int, float]]]:
    """Of each row its entries that are not 0, [(column, value), ...]."""
    return [[(int(j), float(row[j])) for j in np.flatnonzero(row)] for row in matrix]


def reader_of(sides: Sides, n: int) -> tuple[SideReader, Array]:
    """(the fitted reader, (n, size) of these n rows)."""
    reader = SideReader(sides.plans).fit(sides.values)
    return reader, reader.read(sides.values, n)
