"""Missing values: None, NaN, NA, NaT, an empty cell.   The chapter refuses them; these kinds say what they mean.

    WithMissing(Category("job"))      a value of its own, "job missing", if training rows had it; else "nothing known"
    WithMissing(Buckets("age"))       a bucket of its own, "age missing"
    BagWithMissing("genres")          a bag that is missing has one value, "genres missing"; an empty bag has none
    FillMedian(Standard("age"))       the median of the training rows
    WasMissing("age")                 beside it: 1 where the number was missing

An estimate needs both of the last two: the median alone would say that the age is known, and ordinary.  That a value
is missing often tells more than the values do (a field that nobody asked the poor to fill in), so it gets a weight,
and the weight has a name.

Read before: columns.py, numbers.py, exact.py        Read next: hashing.py
"""
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.cells import is_missing, shown
from widedeep.columns import Bag, Column
from widedeep.crosses import Cross
from widedeep.numbers import Number
from widedeep.registry import find, register
from widedeep.table import Sheet


def missing(values: Array) -> Array:
    """(N,) bool: where a column holds None, NaN, NA, NaT, or text that is empty but for spaces."""
    kind = values.dtype.kind
    if kind == "f":
        return np.isnan(values)
    if kind in "mM":
        return np.isnat(values)
    if kind not in "OTU":
        return np.zeros(len(values), bool)
    if getattr(values, "distinct", None) is not None:               # coded: bridges/coded.py
        return missing(values.distinct)[values.codes]               # type: ignore[attr-defined]
    cells = values.tolist()
    try:
        gaps = {cell for cell in set(cells) if is_gap(cell)}        # each different cell is looked at once
        return np.fromiter(map(gaps.__contains__, cells), bool, len(cells)) if gaps else np.zeros(len(cells), bool)
    except TypeError:                                               # lists, sets and arrays: no set holds them
        return np.fromiter(map(is_gap, cells), bool, len(cells))


def is_gap(cell: Any) -> bool:
    return is_missing(cell) or (isinstance(cell, str) and not cell.strip())


@contextmanager
def known_rows(sheet: Sheet, name: str, gaps: Array) -> Iterator[Sheet]:
    """The rows of one column where it has a value, as a sheet of their own; an error names the row of the whole one."""
    if not gaps.any():
        yield sheet
        return
    try:
        yield Sheet({name: sheet[name][~gaps]}, [name])
    except ValueError as error:
        rows = np.flatnonzero(~gaps)
        where = re.compile(rf"(?<=column {re.escape(repr(name))}, row )\d+")
        raise ValueError(where.sub(lambda found: str(rows[int(found[0])]), str(error))) from None


@register("column")
class WithMissing(Column):
    """A column of one value a row, and one id more for "missing" if training rows had it.

    column : Category, Buckets, Exact, Hashed; never fitted on the rows without a value
    """

    def __init__(self, column: Column):
        if isinstance(column, Bag):
            raise ValueError(f"WithMissing(Bag({column.name!r})): want BagWithMissing({column.name!r})")
        if isinstance(column, Cross) or not isinstance(column, Column) or len(column.reads) != 1:
            raise ValueError(f"WithMissing({shown(column)}): want a column of one value, as Category('job'); of a "
                             "cross its parts: Cross(WithMissing(Category('a')), 'b'); of numbers FillMedian")
        super().__init__(column.name, column.reads)
        self.column, self.seen, self.learned = column, False, False

    def fit(self, sheet: Sheet) -> None:
        name = self.reads[0]
        gaps = missing(sheet[name])
        self.seen, self.learned = bool(gaps.any()), not gaps.all()
        if self.learned:
            with known_rows(sheet, name, gaps) as known:
                self.column.fit(known)
        self.size = (self.column.size if self.learned else 0) + self.seen

    def ids(self, sheet: Sheet) -> Array:
        """(N, 1) int32: the column's own; of a missing value the last one, or 0 where training rows had none."""
        name = self.reads[0]
        gaps = missing(sheet[name])
        ids = np.zeros((sheet.n, 1), np.int32)
        if self.learned and not gaps.all():
            with known_rows(sheet, name, gaps) as known:
                ids[~gaps] = self.column.ids(known)
        ids[gaps] = self.size if self.seen else 0
        return ids

    def value(self, i: int) -> str:
        return f"{self.name} missing" if self.seen and i == self.size else self.column.value(i)

    def state(self) -> dict[str, Any]:
        return {"name": self.name, "reads": list(self.reads), "size": self.size, "seen": self.seen,
                "learned": self.learned, "column": inner_state(self.column)}

    def restore(self, state: dict[str, Any]) -> None:
        super().restore({**state, "reads": tuple(state["reads"]), "column": inner(state["column"], "column")})


@register("column")
class BagWithMissing(Bag):
    """A Bag whose rows may be missing: then they hold one value, "genres missing", if training rows had that."""

    seen = False

    def fit(self, sheet: Sheet) -> None:
        self.seen = bool(self.gaps(sheet).any())
        super().fit(sheet)

    def ids(self, sheet: Sheet) -> Array:
        ids = super().ids(sheet)                                    # (N, longest bag)
        ids[self.gaps(sheet), 0] = self.size if self.seen else 0
        return ids

    def bags(self, sheet: Sheet) -> list[Any]:
        """The column's bags, () where one is missing."""
        gaps, name = self.gaps(sheet), self.name
        if not gaps.any():
            return super().bags(sheet)
        if (name, self.sep, "missing") not in sheet.read:
            found: list[Any] = [()] * sheet.n
            if not gaps.all():
                with known_rows(sheet, name, gaps) as known:
                    for row, bag in zip(np.flatnonzero(~gaps), super().bags(known)):
                        found[row] = bag
            sheet.read[name, self.sep, "missing"] = found
        return sheet.read[name, self.sep, "missing"]

    def gaps(self, sheet: Sheet) -> Array:
        """(N,) bool.  An empty text is an empty bag, not a missing one."""
        return np.array([is_missing(value) for value in sheet[self.name].tolist()], bool)

    def value(self, i: int) -> str:
        return f"{self.name} missing" if self.seen and i == self.size else super().value(i)

    def restore(self, state: dict[str, Any]) -> None:
        super().restore(state)
        self.size += self.seen


@register("number")
class FillMedian(Number):
    """A number whose missing values are the median of the training rows.   number : Standard, Quantile, Periodic"""

    def __init__(self, number: Number):
        if not isinstance(number, Number) or len(number.reads) != 1:
            raise ValueError(f"FillMedian({shown(number)}): want a number, as Standard('age'); of columns WithMissing")
        super().__init__(number.name)
        self.reads = number.reads
        self.number, self.median = number, 0.0

    def fit(self, sheet: Sheet) -> None:
        name = self.reads[0]
        x, gaps = self.read(sheet)
        self.median = 0.0 if gaps.all() else float(np.median(x[~gaps]))
        self.number.fit(Sheet({name: x if gaps.all() else x[~gaps]}, [name]))

    def encode(self, sheet: Sheet) -> Array:
        name = self.reads[0]
        x, gaps = self.read(sheet)
        return self.number.encode(Sheet({name: np.where(gaps, self.median, x)}, [name]))

    def read(self, sheet: Sheet) -> tuple[Array, Array]:
        """The column as numbers (N,), 0 where it is missing, and where that is."""
        name = self.reads[0]
        gaps = missing(sheet[name])
        x = np.zeros(sheet.n)
        if not gaps.all():
            with known_rows(sheet, name, gaps) as known:
                x[~gaps] = known.numbers(name)
        return x, gaps

    def state(self) -> dict[str, Any]:
        return {"name": self.name, "reads": list(self.reads), "median": self.median,
                "number": inner_state(self.number)}

    def restore(self, state: dict[str, Any]) -> None:
        super().restore({**state, "reads": tuple(state["reads"]), "number": inner(state["number"], "number")})


@register("number")
class WasMissing(Number):
    """1 where the column's value is missing, else 0; always 0 if training rows had them all.   name : the column"""

    def __init__(self, name: str):
        super().__init__(name)
        self.column, self.seen = name, False
        self.name = f"{name} missing"

    def fit(self, sheet: Sheet) -> None:
        self.seen = bool(missing(sheet[self.column]).any())

    def encode(self, sheet: Sheet) -> Array:
        return missing(sheet[self.column]) * float(self.seen)


def inner_state(wrapped: Column | Number) -> dict[str, Any]:
    """What a wrapped column or number learned, and its kind, for an archive."""
    return {"kind": type(wrapped).__name__, "state": wrapped.state()}


def inner(saved: dict[str, Any], group: str) -> Any:
    kind = find(saved["kind"], group)
    wrapped = kind.__new__(kind)                                    # restore takes the place of __init__
    wrapped.restore(saved["state"])
    return wrapped
