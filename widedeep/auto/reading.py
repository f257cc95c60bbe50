"""Reading: a file becomes a table, and a column what its kind says, the same in training and in serving.

    number      float64, NaN where a value is missing or is no number
    category    text, None where a value is missing: 1, 1.0 and "1" are one value, however a file spells the column
    bag         joined text, "" where a value is missing
    date        a column "day (days)" of numbers: days since 1970

Read before: datasets/table.py        Read next: answers.py
"""
import csv
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from itertools import islice
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.cells import is_missing, shown
from widedeep.datasets.table import DataUnavailable, read_csv
from widedeep.features.column_plans import DAYS
from widedeep.table import as_column, as_table

AMOUNTS = {"number": "numbers", "date": "dates"}
GAPS = {"", "?", "na", "n/a", "nan", "null", "none", "-", "nat", "<na>"}     # texts that say: not known
ISO = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?")


def read_rows(path: Any, say: Callable[[str], Any], ragged: str = "aside") -> dict[str, Array]:
    """The one place that opens a file of rows: {column: (N,)}.

    say : gets what was recognised, where pyarrow is
    ragged : lines of another length are set "aside", or "stop" it
    """
    if find_spec("pyarrow") is not None:
        from widedeep.bridges.tables import read_table
        return read_table(path, say=say, ragged=ragged)
    return {name: as_column(values) for name, values in as_table(read_csv(path)).items()}


def read_chunks(path: Any, rows: int) -> Iterator[dict[str, Array]]:
    """The same a chunk at a time: {column: (rows,)}, so that memory does not grow with the file."""
    if find_spec("pyarrow") is not None:
        from widedeep.bridges.tables import read_chunks as read_large
        yield from read_large(path, rows)
        return
    try:
        file = open(path, newline="", encoding="utf-8-sig")
    except OSError as error:
        raise DataUnavailable(f"cannot open {path}: {error.strerror}; is the path right, seen from the folder you are "
                              "in?") from None
    with file:
        reader = csv.reader(file, strict=True, skipinitialspace=True)
        try:
            header = next(reader, [])
            if not header or not all(name.strip() for name in header) or len(set(header)) < len(header):
                raise ValueError(f"{path}: line 1 holds {header[:5]}; want a name of its own for each column")
            records = (record for record in reader if record)
            while block := list(islice(records, rows)):
                if odd := next((record for record in block if len(record) != len(header)), None):
                    raise ValueError(f"{path}, at line {reader.line_num} or before: {len(odd)} values, {odd[:3]} ..., "
                                     f"for {len(header)} columns; a comma inside a value needs quotes around it")
                yield {name: np.array(values, object) for name, values in zip(header, zip(*block))}
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"{path}, line {reader.line_num}: not a CSV of UTF-8 text: {error}") from None


def gaps(values: Array) -> Array:
    """(N,) bool: missing, or a text that says so."""
    if values.dtype.kind == "f":
        return np.isnan(values)
    if values.dtype.kind in "mM":
        return np.isnat(values)
    if values.dtype.kind in "OUT":
        return np.array([is_missing(value) or (isinstance(value, str) and value.strip().lower() in GAPS)
                         for value in values.tolist()], bool)
    return np.zeros(len(values), bool)


def as_numbers(values: Array) -> Array:
    """(N,) float64: NaN where a value is missing, infinite, or no number."""
    if values.dtype.kind in "iufb":
        x = values.astype(np.float64)
        return np.where(np.isfinite(x), x, np.nan)
    distinct = {value: number(value) for value in set(values.tolist())}
    return np.array([distinct[value] for value in values.tolist()], np.float64)


def number(value: Any) -> float:
    try:
        x = float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan
    return x if np.isfinite(x) else np.nan


def as_texts(values: Array) -> Array:
    """(N,) of texts, None where a value is missing."""
    spelled = {value: text(value) for value in set(values.tolist())} if values.dtype.kind != "f" else {}
    missing = gaps(values)
    return np.array([None if gap else spelled[value] if spelled else text(value)
                     for value, gap in zip(values.tolist(), missing)], object)


def text(value: Any) -> str:
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        value = int(value)
    return str(value).strip()


def as_days(values: Array) -> Array:
    """(N,) float64: days since 1970-01-01; NaN where a date is missing, or is none."""
    return np.array([day(value) for value in values.tolist()], np.float64)


def day(value: Any) -> float:
    written = str(value).strip()
    if not ISO.fullmatch(written):
        return np.nan
    try:
        return float((np.datetime64(written.replace(" ", "T")) - np.datetime64("1970-01-01")) / np.timedelta64(1, "D"))
    except ValueError:
        return np.nan


def prepared(table: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Array]:
    """The columns that the kinds name, as they say; "out" is left out.   kinds : {column: kind}

    Raises ValueError, naming them, if the table lacks some, or if a column of numbers or dates holds none.
    """
    table = as_table(table)
    used = {name: kind for name, kind in kinds.items() if kind != "out"}
    if lacking := [name for name in used if name not in table]:
        raise ValueError(f"the table lacks {', '.join(map(repr, lacking))}, which training rows had; it has "
                         f"{', '.join(map(str, table))}"[:400] + ": was one renamed?")
    found: dict[str, Array] = {}
    for name, kind in used.items():
        values = as_column(table[name])
        if kind in AMOUNTS:
            x, odd = amounts(values, kind)
            if odd.any() and not np.isfinite(x).any():
                raise ValueError(f"column {name!r} held {AMOUNTS[kind]} in training, and holds none here, but "
                                 f"{shown(values[odd.argmax()])}; want {AMOUNTS[kind]}, or train again with such rows")
            found[name + DAYS * (kind == "date")] = x
        elif kind == "bag":
            found[name] = np.array(["" if value is None else value for value in as_texts(values)], object)
        else:
            found[name] = as_texts(values)
    return found


def amounts(values: Array, kind: str) -> tuple[Array, Array]:
    """A column of numbers or dates as (N,) float64, and where it holds something that is neither that nor missing."""
    x = as_days(values) if kind == "date" else as_numbers(values)
    return x, np.isnan(x) & ~gaps(values)
