"""Coded columns: each different value once, and beside it the codes of the rows.

    distinct  (V,) objects    ["clerk", "nurse", None]        no two alike, in order of appearance
    codes     (N,) ints       [0, 0, 1, 2, ...]               row n holds distinct[codes[n]]

Dictionaries of Arrow are written so.  A coded column is an array of objects like any other; what reads a column value
by value (table.py, features/missing.py) looks each different one up once.

Read before: table.py        Read next: tables.py
"""
from typing import Any

import numpy as np

from perceptron.activations import Array


class Coded(np.ndarray[Any, Any]):
    """The values (N,), read-only, since they are said twice.  Many of its rows are coded, too; a copy is not."""

    distinct: Array | None = None
    codes: Array | None = None

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        if self.distinct is None or self.codes is None or not isinstance(found, Coded):
            return found
        return coded(self.distinct, self.codes[at])

    def __array_wrap__(self, array: Array, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else np.asarray(array)    # what a function of NumPy makes of it is no column


def coded(distinct: Array, codes: Array) -> Array:
    """distinct[codes], as Coded where that is shorter by half and no two are alike.

    distinct : (V,) objects that can be hashed        codes : 0 .. V - 1
    """
    if codes.ndim != 1 or 2 * len(distinct) > len(codes) or len(set(distinct.tolist())) < len(distinct):
        return distinct[codes]
    first = np.full(len(distinct), len(codes))
    first[codes[::-1]] = np.arange(len(codes))[::-1]                # the last one written is the first row
    order = np.argsort(first)[:np.count_nonzero(first < len(codes))]
    number = np.zeros(len(distinct), np.int32)
    number[order] = np.arange(len(order))
    found = distinct[codes].view(Coded)
    found.distinct, found.codes = distinct[order], number[codes]
    for array in (found, found.distinct, found.codes):
        array.flags.writeable = False
    return found
