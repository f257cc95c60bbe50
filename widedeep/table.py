"""A table, read and checked: columns by name, one value a row.

    {"age": [25, 38], "genres": [("Drama",), ("Comedy", "War")]}        a dict of columns, or a pandas DataFrame

`Sheet` is one table while columns and numbers read it: what they name is there, has one length, and holds no gaps.

Read before: mlp/train.py        Read next: columns.py
"""
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array

Table = Mapping[str, npt.ArrayLike]                     # {column: N values}; a pandas DataFrame will do


class Sheet:
    """One table while it is being read: each column is checked once, and the ids of each are computed once."""

    def __init__(self, table: Table, names: Iterable[str]):
        self.arrays: dict[str, Array] = {}
        self.computed: dict[int, Array] = {}
        for name in names:
            if name not in table:
                raise ValueError(f"unknown column {name!r}; the table has {', '.join(map(str, table))}")
            array = as_column(table[name])
            if array.ndim != 1:
                raise ValueError(f"column {name!r} is {array.shape}; want (N,), one value a row "
                                 "(a name that stands twice in a DataFrame? a bag wants a list of tuples)")
            self.arrays[name] = array
        lengths = {name: len(array) for name, array in self.arrays.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of unequal length: {lengths}")
        self.n = next(iter(lengths.values()), 0)
        if self.n == 0:
            raise ValueError("an empty table: no rows in columns " + ", ".join(lengths))

    def __getitem__(self, name: str) -> Array:
        return self.arrays[name]

    def numbers(self, name: str) -> Array:
        """The column as float64 (N,); raises if a value is not a finite number."""
        try:
            x = self.arrays[name].astype(np.float64)
        except (TypeError, ValueError):
            raise ValueError(not_a_number(name, self.arrays[name])) from None
        if not np.isfinite(x).all():
            row = int(np.flatnonzero(~np.isfinite(x))[0])
            raise ValueError(f"column {name!r}, row {row}: {x[row]}; want finite numbers: fill or drop missing ones")
        return x

    def ids(self, column: Any) -> Array:
        """column.ids(self), (N, slots), computed once even if the column also stands in crosses or in both towers."""
        if id(column) not in self.computed:
            self.computed[id(column)] = column.ids(self)
        return self.computed[id(column)]


def not_a_number(name: str, values: Array) -> str:
    """Which value of a column is the first that float() does not take, and what to do."""
    for row, value in enumerate(values.tolist()):
        try:
            float(value)
        except (TypeError, ValueError):
            return f"column {name!r}, row {row}: {value!r} is not a number; fill or drop it, or use Category"
    return f"column {name!r} cannot be read as numbers"


def refuse_missing(name: str, rows: Iterable[Any], values: Callable[[Any], Iterable[Any]] = lambda value: (value,)
                   ) -> None:
    """None, NaN, and pandas' NA and NaT equal nothing, not even themselves: no vocabulary can hold them."""
    for n, row in enumerate(rows):
        for value in values(row):
            try:
                missing = value is None or not bool(value == value)
            except TypeError:                                       # pandas.NA will not say
                missing = True
            if missing:
                raise ValueError(f"column {name!r}, row {n}: a missing value, {value!r}; fill it, say with '?'")


def as_column(values: Any) -> Array:
    """The values as an array; a list of tuples or lists as an object array (N,), which NumPy would make (N, L)."""
    if isinstance(values, (list, tuple)) and values and isinstance(values[0], (list, tuple)):
        bags = np.empty(len(values), object)
        bags[:] = [tuple(bag) for bag in values]
        return bags
    return np.asarray(values)
