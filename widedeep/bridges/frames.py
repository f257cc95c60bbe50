"""Frames: a table of any library, read column by column.

    numbers                            an array of numbers, NaN where one is missing
    text, categories, booleans, times  an array of objects, None where one is missing
    dates and moments                  the same, and `days` makes numbers of them
    differences of times               seconds, as numbers
    lists                              bags: tuples, None where one is missing
    anything else                      its text

narwhals knows pandas, Polars, Arrow and others alike, so that no line here is for one of them.

Read before: cells.py, table.py        Read next: rows.py
"""
import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np

try:
    import narwhals as nw
except ImportError as error:
    raise ImportError("reading tables of other libraries needs narwhals: pip install 'widedeep[sklearn]'") from error

from perceptron.activations import Array
from widedeep.cells import BAGS, cell, is_missing, moment, seconds

DATES = (dt.date, np.datetime64)
LENGTHS = (dt.timedelta, np.timedelta64)


def columns_of(X: Any) -> list[Array] | None:
    """The columns of a frame (N,) each, in order; None where X is no frame.  Raises TypeError for a lazy one."""
    frame = nw.from_native(X, pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        raise TypeError(f"a lazy {type(X).__module__.partition('.')[0]} frame has no rows yet; collect it first: "
                        "X.collect()")
    return [series_values(series) for series in frame.iter_columns()] if isinstance(frame, nw.DataFrame) else None


def series_values(series: Any) -> Array:
    """One column of a frame.  Categories stay categories, also of numbers."""
    if series.dtype.is_numeric() and series.null_count() == 0:
        values = np.asarray(series.to_numpy())
        if values.dtype.kind in "iuf":
            return values
    values = series.to_list()
    return objects(values) if series.dtype in (nw.Categorical, nw.Enum) else column(values)


def array_columns(X: Array) -> list[Array]:
    """The columns of an array (N, D)."""
    return [X[:, j] if X.dtype.kind in "iuf" else column(X[:, j].tolist()) for j in range(X.shape[1])]


def column(values: list[Any]) -> Array:
    """Values of Python as a column; what they are is what all of them are."""
    known = [value for value in values if not is_missing(value)]
    if known and all(isinstance(value, (int, float, np.number, Decimal)) and not isinstance(value, (bool, *LENGTHS))
                     for value in known):
        return np.array([np.nan if is_missing(value) else float(value) for value in values])
    if known and all(isinstance(value, LENGTHS) for value in known):
        return np.array([np.nan if is_missing(value) else float(seconds(value)[:-2]) for value in values])
    return objects(values)


def objects(values: list[Any]) -> Array:
    """Values as an array of objects: cells, or bags of them; None where one is missing, text where it is no cell."""
    return np.fromiter((None if is_missing(value) else bag(value) if isinstance(value, BAGS) else text(value)
                        for value in values), object, len(values))


def bag(values: Any) -> tuple[Any, ...]:
    return tuple(text(value) for value in values if not is_missing(value))


def text(value: Any) -> Any:
    """The value if it is a cell, else its text."""
    if type(value) in (str, bool, int):
        return value
    try:
        cell(value)
    except (ValueError, OverflowError):
        return str(value)
    return value


def is_dates(values: Array) -> bool:
    """Is every known value of a column a date or a moment, and is there one?"""
    if values.dtype != object:
        return False
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(value, DATES) for value in known)


def days(values: Array) -> Array:
    """(N,) float64: days since 1970-01-01, in UTC where there is a zone; NaN where a date is missing, or is none."""
    return np.array([since(value) for value in values])


def since(value: Any) -> float:
    try:
        when = np.datetime64(moment(value) if isinstance(value, DATES) else str(value))
    except ValueError:
        return np.nan
    return float((when - np.datetime64("1970-01-01")) / np.timedelta64(1, "D"))
