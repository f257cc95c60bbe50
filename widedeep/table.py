"""A table, read and checked: columns by name, one value a row.

    {"age": [25, 38], "genres": [("Drama",), ("Comedy", "War")]}        a dict of columns
    [{"age": 25, "genres": ["Drama"]}, {"age": 38, ...}]                records, as a web request brings them
    a DataFrame (pandas, Polars), an Arrow table, a structured array

`as_table` is the one place that says what a table is, and cells.py the one that says what a value is.  `Sheet` is one
table while columns and numbers read it: what they name is there, has one length, and holds no gaps.

Read before: cells.py        Read next: columns.py
"""
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from widedeep.cells import BAGS, bags, cells, is_missing, shown

SLACK = 2 ** 20                                         # slots of padding that are too few to mind
Table = Mapping[str, npt.ArrayLike]                     # {column: N values}; whatever as_table takes will do


def as_table(table: Any) -> Mapping[str, Any]:
    """A table by the names of its columns: a dict of columns, DataFrame, Arrow table, structured array, or records.

    Raises ValueError for anything else.  A record without a column has a missing value there.
    """
    if isinstance(table, Mapping):
        return table
    if isinstance(table, np.ndarray) and table.dtype.names:
        return {name: table[name] for name in table.dtype.names}
    if isinstance(table, (list, tuple)) and table and all(isinstance(record, Mapping) for record in table):
        keys = dict.fromkeys(name for record in table for name in record)
        return {name: [record.get(name) for record in table] for name in keys}
    names = getattr(table, "column_names", getattr(table, "columns", None))     # Arrow's; pandas' and Polars'
    if names is None or callable(names) or not hasattr(table, "__getitem__"):
        hint = "; for a file, read_csv(path)" if isinstance(table, (str, bytes)) or hasattr(table, "__fspath__") else ""
        raise ValueError(f"a {type(table).__name__}, {shown(table)}, is not a table; want {{column: values}}, a "
                        f"DataFrame, an Arrow table, or a list of records{hint}")
    try:
        return {name: table[name] for name in names}
    except TypeError as error:
        why = " ".join(str(error).split())[:90]
        raise ValueError(f"a {type(table).__name__} whose columns cannot be read ({why}); a lazy frame? collect it "
                         "first: table.collect()") from None


class Sheet:
    """One table while it is being read: each column is checked once, and the ids of each are computed once."""

    rows: Array                                                     # of a part: the numbers of its rows

    def __init__(self, table: Table, names: Iterable[str]):
        self.arrays: dict[str, Array] = {}
        self.computed: dict[int, Array] = {}
        self.read: dict[Hashable, list[Any]] = {}
        self.divided: list[Sheet] = []
        table = as_table(table)
        for name in names:
            if name not in table:
                raise ValueError(f"unknown column {name!r}; the table has {', '.join(map(str, table))}"[:300])
            array = as_column(table[name])
            if array.ndim != 1:
                hint = ("one row? write [record], a list of it" if array.ndim == 0 else
                        "a name that stands twice in a DataFrame? a bag wants a list of tuples")
                raise ValueError(f"column {name!r} is {array.shape}; want (N,), one value a row ({hint})")
            self.arrays[name] = array
        lengths = {name: len(array) for name, array in self.arrays.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of unequal length: {lengths}")
        self.n = next(iter(lengths.values()), 0)
        if self.n == 0:
            raise ValueError("an empty table: no rows in columns " + ", ".join(lengths))

    @property
    def parts(self) -> list["Sheet"]:
        """The sheet itself, or sheets of some of its rows each (split).  It must not hold itself: it would stay."""
        return self.divided or [self]

    def __getitem__(self, name: str) -> Array:
        return self.arrays[name]

    def cells(self, name: str) -> list[Hashable]:
        """The column's N cells, read once; raises if a value is missing or no cell."""
        if name not in self.read:
            self.read[name] = cells(name, self.arrays[name])
        return self.read[name]

    def coded(self, name: str) -> tuple[list[Hashable], Array | None]:
        """The column's N cells, None; or, if it came as codes (bridges/coded.py), its different cells, codes (N,)."""
        column: Any = self.arrays[name]
        if getattr(column, "distinct", None) is None or None in column.distinct:
            return self.cells(name), None
        return cells(name, column.distinct), column.codes

    def bags(self, name: str, sep: str | None = None) -> list[tuple[Hashable, ...]]:
        """The column's N bags of cells, read once; with `sep`, of joined strings."""
        if (name, sep) not in self.read:
            joined = self.cells(name) if sep is not None else []
            self.read[name, sep] = bags(name, self.arrays[name]) if sep is None else split_at(sep, name, joined)
        return self.read[name, sep]

    def split(self, slots: Array) -> None:
        """Divide the rows into parts, if a few long rows would make padded arrays much larger than what they hold.

        slots : (N,) how many values each row holds.  A part holds rows of about one length; `rows` says which
        """
        usual = 4 * max(2, int(slots.mean()))
        if len(slots) * int(slots.max()) <= usual * len(slots) + SLACK:
            return
        classes = np.ceil(np.log2(np.maximum(slots / usual, 1)))    # (N,)  0 usual, then 2, 4, 8 ... times as long
        for length in np.unique(classes):
            rows = np.flatnonzero(classes == length)
            part = Sheet({name: array[rows] for name, array in self.arrays.items()}, self.arrays)
            part.rows, part.read = rows, {key: [read[row] for row in rows] for key, read in self.read.items()}
            self.divided.append(part)

    def numbers(self, name: str) -> Array:
        """The column as float64 (N,); raises if a value is not a finite number."""
        try:
            array = self.arrays[name]                               # NumPy would take the integers behind dates
            if array.dtype.kind in "MmcSV" or (array.dtype == object and any(isinstance(v, np.generic) and v.dtype.kind
                                                                             in "Mm" for v in array)):
                raise TypeError
            x = self.arrays[name].astype(np.float64)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(not_a_number(name, self.arrays[name])) from None
        if not np.isfinite(x).all():
            row = int(np.flatnonzero(~np.isfinite(x))[0])
            allowed = f", or allow them: {allowing(name)}" if np.isnan(x[row]) else ""
            raise ValueError(f"column {name!r}, row {row}: {x[row]}; want finite numbers: fill or drop missing "
                             f"ones{allowed}")
        x += 0.0                                                    # ours; no -0.0, which the name of a cut would show
        return x

    def ids(self, column: Any) -> Array:
        """column.ids(self), (N, slots), computed once even if the column also stands in crosses or in both towers."""
        if id(column) not in self.computed:
            self.computed[id(column)] = column.ids(self)
        return self.computed[id(column)]


def split_at(sep: str, name: str, texts: list[Hashable]) -> list[Any]:
    """The values of joined strings, without the spaces around them; empty ones are none."""
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"column {name!r}, row {row}: {text!r} is not a joined string; want text with {sep!r} "
                             f"between the values, or Bag({name!r}) and tuples")
    found = {text: tuple(filter(None, map(str.strip, str(text).split(sep)))) for text in set(texts)}
    return [found[text] for text in texts]


def not_a_number(name: str, values: Array) -> str:
    """Which value of a column is the first that float() does not take, and what to do."""
    column = f"np.asarray(table[{name!r}])"
    if values.dtype.kind == "M":
        return (f"column {name!r} holds dates or times; to be numbers they want an origin and a unit: table[{name!r}] "
                f"= ({column} - np.datetime64('1970-01-01')) / np.timedelta64(1, 'D')")
    if values.dtype.kind == "m":
        return f"column {name!r} holds differences of times, which want a unit: {column} / np.timedelta64(1, 's')"
    for row, value in enumerate(values if values.dtype.kind != "c" else ()):
        try:
            if isinstance(value, np.generic) and value.dtype.kind in "Mm":
                raise TypeError
            float(value)
        except (TypeError, ValueError, OverflowError):
            gap = is_missing(value) or (isinstance(value, str) and not value.strip())
            instead = f"allow it: {allowing(name)}" if gap else "use Category"
            return f"column {name!r}, row {row}: {shown(value)} is not a number; fill or drop it, or {instead}"
    return f"column {name!r}, {values.dtype}, cannot be read as numbers"


def allowing(name: str) -> str:
    """The kinds that take a number which is missing (features/missing.py)."""
    return f"FillMedian(Standard({name!r})), WithMissing(Buckets({name!r}))"


def as_column(values: Any) -> Array:
    """The values as an array (N,), of objects where NumPy would make one type of 1 and "1" or take bags apart."""
    if isinstance(values, (list, tuple)):
        kinds = set(map(type, values))
        alike = len(kinds) <= 1 or (kinds <= {bool, int, float} and max(map(abs, values)) < 2 ** 53)
        if not alike or kinds & {str, np.datetime64, np.timedelta64} or any(issubclass(kind, BAGS) for kind in kinds):
            return np.fromiter(values, object, len(values))         # (an array of text would drop a NUL at its end)
        array = np.asarray(values)
        return np.fromiter(values, object, len(values)) if kinds == {int} and array.dtype.kind == "f" else array
    if isinstance(values, np.ma.MaskedArray) and values.mask.any():
        filled = np.array(values.data, object)                      # a copy
        filled[values.mask] = None                                  # masked values are missing
        return filled
    return values if hasattr(values, "distinct") else np.asarray(values)
