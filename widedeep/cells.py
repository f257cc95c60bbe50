"""Cells: what is one value of a column?   Two spellings of the same thing have to be the same feature.

    numbers                       Python's, NumPy's, Decimal: 1, 1.0, np.int8(1) and True are one number, and 1.0 is
                                  spelled 1.  A float32 is the shortest decimal that reads back as it, so 0.1
    strings                       as they stand; "1" is not 1
    dates, times                  ISO 8601 text whatever their unit, "1997-09-20" or "1997-09-20T03:05:10"; in UTC where
                                  they have a zone, as NumPy does
    differences of times          seconds, as "90 s"
    intervals, periods            pandas' text, as "(0, 10]" or "1997Q3"
    lists, tuples, sets, arrays   bags of cells: for Bag, and refused by every other column
    None, NaN, NA, NaT            missing: refused, since they equal nothing, not even themselves; features/missing.py
                                  has kinds of columns and numbers that say what they mean
    anything else                 refused

What comes out is a string or a number of Python: it can be hashed, compared, printed, and kept in an archive.

Read before: mlp/train.py        Read next: table.py
"""
import datetime as dt
from collections.abc import Callable, Container, Hashable, Iterable
from decimal import Decimal
from typing import Any

import numpy as np

from perceptron.activations import Array

PLAIN = {str, int, bool}                                # types whose values are cells as they stand
BAGS = (tuple, list, set, frozenset, np.ndarray)
ATTOSECONDS = {"W": 604_800 * 10 ** 18, "D": 86_400 * 10 ** 18, "h": 3_600 * 10 ** 18, "m": 60 * 10 ** 18,
               "s": 10 ** 18, "ms": 10 ** 15, "us": 10 ** 12, "ns": 10 ** 9, "ps": 10 ** 6, "fs": 1_000, "as": 1}


def cells(name: str, values: Array) -> list[Hashable]:
    """The cells of a column (N,).  Raises ValueError, naming column and row, for a value that is none."""
    kind = values.dtype.kind
    if kind in "iubU":
        return values.tolist()
    if values.dtype == np.float64 and np.isfinite(values).all():
        return [int(value) if value.is_integer() else value for value in values.tolist()]
    if kind in "OT":
        plain = values.tolist()
        if set(map(type, plain)) <= PLAIN:
            return plain
        return [value if type(value) in PLAIN else read(name, row, value, cell) for row, value in enumerate(plain)]
    distinct, first, which = np.unique(values, return_index=True, return_inverse=True)      # each is read once
    found = [read(name, int(row), value, cell) for row, value in zip(first, distinct)]
    return [found[i] for i in which.ravel().tolist()]


def bags(name: str, values: Array) -> list[tuple[Hashable, ...]]:
    """The bags of a column (N,), each a tuple of cells; sets in the order of their texts.  Raises as `cells` does."""
    plain, found = values.tolist(), {}
    for row, value in enumerate(plain):
        if id(value) not in found:                                  # rows of one film share one tuple
            found[id(value)] = read(name, row, value, bag)
    return [found[id(value)] for value in plain]


def read(name: str, row: int, value: Any, of: Callable[[Any, str], Any]) -> Any:
    """of(value, name); what it refuses is said with the column and the row."""
    try:
        return of(value, name)
    except (ValueError, OverflowError) as error:
        kind = f"BagWithMissing({name!r})" if of is bag else f"WithMissing(Category({name!r}))"
        allowed = f", or allow it: {kind}" if is_missing(value) else ""
        raise ValueError(f"column {name!r}, row {row}: {error}{allowed}") from None


def bag(value: Any, name: str = "column") -> tuple[Hashable, ...]:
    """Several values of one row, each a cell."""
    if not isinstance(value, BAGS) or (isinstance(value, np.ndarray) and value.ndim == 0):
        joined = f"; or Bag({name!r}, sep='|') for joined strings" if isinstance(value, str) else ""
        raise ValueError(f"{shown(value)} is not a bag; want tuples or lists, () for an empty one{joined}")
    if set(map(type, value)) <= PLAIN:
        inside = tuple(value)
    else:
        inside = tuple(cell(part, name) for part in value)
    return tuple(sorted(inside, key=str)) if isinstance(value, (set, frozenset)) else inside


def cell(value: Any, name: str = "column") -> Hashable:
    """One value as a string or a number of Python.  Raises ValueError for a missing value, or one that is no cell."""
    if isinstance(value, np.floating) and not np.isfinite(value):
        raise ValueError(f"{value}; want finite numbers: fill or drop missing ones")
    if is_missing(value):
        raise ValueError(f"a missing value, {value!r}; fill it, say with '?'")
    if isinstance(value, np.generic) and value.dtype.kind in "biufU":
        value = float(str(value)) if value.dtype.kind == "f" and value.itemsize < 8 else value.item()
    if isinstance(value, Decimal) and value.is_finite():
        value = int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (int, float)) and abs(value) != np.inf:
        if isinstance(value, bool):
            return value
        return int(value) if isinstance(value, int) or value.is_integer() else float(value)
    if isinstance(value, str):
        return str.__str__(value)                                   # of an Enum its value, not its name
    if isinstance(value, (dt.date, np.datetime64)):
        return moment(value)
    if isinstance(value, dt.time):
        return value.isoformat()
    if isinstance(value, (dt.timedelta, np.timedelta64)):
        return seconds(value)
    if type(value).__module__.partition(".")[0] == "pandas" and type(value).__name__ in ("Interval", "Period"):
        return str(value)
    if isinstance(value, BAGS):
        raise ValueError(f"{shown(value)} is no single value; if {name!r} holds bags, use Bag({name!r})")
    text = "value.decode()" if isinstance(value, bytes) else "str(value)"
    raise ValueError(f"{shown(value)} ({type(value).__name__}) is no string, finite number, date or time; "
                     f"make strings of such values: table[{name!r}] = [{text} for value in table[{name!r}]]")


def is_missing(value: Any) -> bool:
    """None, or what does not equal even itself: NaN, NaT, pandas' NA."""
    if value is None or isinstance(value, BAGS):
        return value is None
    try:
        return not bool(value == value)
    except (TypeError, ValueError, ArithmeticError):                # pandas.NA will not say, nor a signalling NaN
        return type(value).__name__ in ("NAType", "Decimal")


def moment(value: Any) -> str:
    """ISO 8601, as short as the moment allows: a midnight is its date."""
    if hasattr(value, "to_datetime64"):                             # a pandas Timestamp: in UTC, to the nanosecond
        value = value.to_datetime64()
    elif getattr(value, "tzinfo", None) is not None:
        value = value.astimezone(dt.UTC).replace(tzinfo=None)
    value = np.datetime64(value)
    unit = np.datetime_data(value)[0]
    value = value.astype("M8[D]") if unit in "YMWD" else value.astype("M8[s]") if unit in "hm" else value
    day, _, time = str(value).partition("T")
    if "." in time:
        time = time.rstrip("0").rstrip(".")
    return day if time in ("", "00:00:00") else f"{day}T{time}"


def seconds(value: Any) -> str:
    """A difference of times, exactly, whatever its unit: "90 s"."""
    value = value.to_timedelta64() if hasattr(value, "to_timedelta64") else np.timedelta64(value)
    unit, count = np.datetime_data(value)
    if unit not in ATTOSECONDS:
        raise ValueError(f"{value!r} has no fixed length; want days or seconds")
    ticks = int(value.astype(np.int64)) * count
    whole, part = divmod(abs(ticks) * ATTOSECONDS[unit], 10 ** 18)
    return ("-" if ticks < 0 else "") + f"{whole}.{part:018d}".rstrip("0").rstrip(".") + " s"


def shown(value: Any) -> str:
    """The value for a message, in a length that can be read."""
    text = " ".join(repr(value.item() if isinstance(value, np.str_) else value).split())
    return text if len(text) <= 60 else text[:57] + "..."


def refuse_other_spellings(name: str, values: Iterable[Hashable], known: Container[Hashable], bags: bool = False
                           ) -> None:
    """Raise ValueError if one of the values is not known as it stands, but is as a number, or as a string.

    bags : is the column one of bags?
    """
    for value in values:
        for other in spellings(value):
            if other in known:
                text = ("str(float(value))" if str(value) + ".0" == other else
                        "value == 'True'" if isinstance(other, bool) else f"{type(other).__name__}(value)")
                raise ValueError(f"column {name!r}: {value!r} and {other!r} are two values, and the column has the "
                                 f"other one; want one kind, always: table[{name!r}] = "
                                 + (f"[[{text} for value in bag] for bag in table[{name!r}]]" if bags else
                                    f"[{text} for value in table[{name!r}]]"))


def spellings(value: Hashable) -> tuple[Hashable, ...]:
    """How else may this cell be written?  A number's text, a text's number."""
    if not isinstance(value, str):
        return str(value), f"{value}.0"
    if value in ("True", "False"):
        return (value == "True",)
    for number in (int, float):
        try:
            return (number(value),)
        except ValueError:
            continue
    return ()
