"""Crosses: the cross-product transformation, an AND of features.  This is what memorizes.

    phi_k(x) = prod_i x_i^c_ki,  c_ki 0 or 1                                    Cheng et al. 2016, eq. 1

On features that are 0 or 1 the product is 1 where all of them are 1.  So a cross of columns with one value a row is one
feature, the tuple of their values; a cross with a bag has one for each value in the bag.

Read before: columns.py        Read next: numbers.py
"""
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.cells import shown
from widedeep.columns import Bag, Column, pack
from widedeep.registry import register
from widedeep.table import Sheet


@register("column")
class Cross(Column):
    """AND of two columns or more, bags included; tuples seen at least `min_count` times in training rows are known.

    parts : columns, or the names of columns of the same encoder (a name it does not hold becomes a Category)
    """

    parts: tuple[Column, ...]

    def __init__(self, *parts: Column | str, min_count: int = 1):
        if odd := [part for part in parts if not isinstance(part, (str, Column))]:
            raise ValueError(f"Cross: {shown(odd[0])} is no column; want columns, as Category('a'), or their names")
        names = [part if isinstance(part, str) else part.name for part in parts]
        if len(parts) < 2 or min_count < 1:
            raise ValueError(f"Cross({', '.join(names)}): {len(parts)} columns, min_count {min_count}; "
                             "want at least 2 and at least 1")
        super().__init__(" x ".join(names), ())
        self.given, self.min_count = parts, min_count
        self.known: Array = np.zeros(0, np.int64)                   # keys, ascending: id i is known[i - 1]

    def resolve(self, parts: tuple[Column, ...]) -> None:
        """The encoder says which columns the names mean."""
        self.parts = parts
        self.reads = tuple(dict.fromkeys(name for part in parts for name in part.reads))

    def fit(self, sheet: Sheet) -> None:
        _, keys = self.keys(sheet)
        self.learn(*np.unique(keys, return_counts=True))

    def learn(self, keys: Array, counts: Array) -> None:
        """keys : (K,) different ones, ascending        counts : (K,) how often each stands in training rows"""
        if prod(self.radix()) > np.iinfo(np.int64).max:
            raise ValueError(f"{self.name}: {self.radix()} values make more tuples than a 64-bit number can count; "
                             "raise the parts' min_count")
        self.known = keys[counts >= self.min_count]
        self.size = len(self.known)

    def ids(self, sheet: Sheet) -> Array:
        rows, keys = self.keys(sheet)
        i = np.searchsorted(self.known, keys)
        found = np.append(self.known, -1)[i] == keys
        return pack(rows, np.where(found, i + 1, 0), sheet.n)       # (N, slots)

    def radix(self) -> list[int]:
        return [part.size + 1 for part in self.parts]

    def keys(self, sheet: Sheet) -> tuple[Array, Array]:
        """(rows, keys), both (K,): every tuple of known values, as one number whose digits are the parts' ids."""
        if len(sheet.parts) > 1:
            found = [(part.rows, *self.keys(part)) for part in sheet.parts]
            return (np.concatenate([whole[rows] for whole, rows, _ in found]),
                    np.concatenate([keys for _, _, keys in found]))
        keys, known = np.zeros((sheet.n, 1), np.int64), np.ones((sheet.n, 1), bool)
        for part, base in zip(self.parts, self.radix()):
            ids = sheet.ids(part)                                   # (N, slots of the part)
            keys = (keys[:, :, None] * base + ids[:, None, :]).reshape(sheet.n, -1)
            known = (known[:, :, None] & (ids > 0)[:, None, :]).reshape(sheet.n, -1)
        rows, slots = np.nonzero(known)
        return rows, keys[rows, slots]

    def value(self, i: int) -> str:
        key, names = int(self.known[i - 1]), []
        for part, base in zip(reversed(self.parts), reversed(self.radix())):
            key, digit = divmod(key, base)
            names.append(part.value(digit))
        return " AND ".join(reversed(names))

    def state(self) -> dict[str, Any]:
        return {"name": self.name, "reads": list(self.reads), "size": self.size, "min_count": self.min_count,
                "known": self.known.tolist()}

    def restore(self, state: dict[str, Any]) -> None:
        super().restore({**state, "reads": tuple(state["reads"]), "known": np.array(state["known"], np.int64)})


def slots_of(sheet: Sheet, columns: Sequence[Column]) -> Array:
    """(N,) how many values each row holds: of a bag as many as it has, of a cross the product of its parts'."""
    slots = np.zeros(sheet.n)
    for column in columns:
        parts = column.parts if isinstance(column, Cross) else (column,)
        slots += prod(part.lengths(sheet) if isinstance(part, Bag) else 1 for part in parts)
    return slots
