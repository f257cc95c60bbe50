"""A table is a dict of columns, and a column is an array with one value per row.

    table = {"age": array([25, 38]), "occupation": array(["sales", "farming"])}      # N = 2 rows

That is all the structure the models need: an encoder reads a column by its name, and a batch is a gather of rows.
A column that holds several values per row (genres, installed apps: a "bag") is an object array of tuples.

Read before: nothing        Read next: appstore.py, whose true probabilities are known
"""

import csv
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from os import PathLike

import numpy as np

from widedeep.table import as_column, as_table

Table = Mapping[str, np.ndarray]                             # {column: (N,) array}


class DataUnavailable(OSError):
    """A data set is missing and could not be fetched; the message says what was tried and what to do."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A table with its labels and its splits, whatever the source.

    name           "movielens", "adult" or "appstore"
    table          {column: (N,) array}, rows in the order of the source
    labels         (N, 1) float32, 0.0 or 1.0
    splits         {split: {"train" | "validation" | "test": (n,) int64 row numbers}}; parts are disjoint
    users, items   one row per user (key column "user") and per item (key column "item", and "title"); None where
                   the set has none. Their columns are columns of `table`, so that a candidate row for
                   recommending is a user's row joined with an item's row.
    edition        which one, where there are several: "MovieLens-100K", "MovieLens 1M"
    best_log_loss  log loss in nats of the TRUE probabilities on the labels of the test rows of the split "random":
                   what a perfect model would score there; None where these are not known
    citation       licence, attribution and whom to cite
    """

    name: str
    table: dict[str, np.ndarray]
    labels: np.ndarray                                       # (N, 1) float32
    splits: dict[str, dict[str, np.ndarray]]
    users: dict[str, np.ndarray] | None = None
    items: dict[str, np.ndarray] | None = None
    edition: str = ""
    best_log_loss: float | None = None
    citation: str

    def rows(self, split: str, part: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """The rows of one part of one split: ({column: (n,) array}, (n, 1) labels), copied.

        Raises ValueError for a split or part that does not exist, naming those that do.
        """
        if split not in self.splits:
            raise ValueError(f"{self.name} has no split {split!r}; it has: {', '.join(self.splits)}")
        if part not in self.splits[split]:
            raise ValueError(f"split {split!r} of {self.name} has no part {part!r}; it has: "
                             f"{', '.join(self.splits[split])}")
        rows = self.splits[split][part]
        return take(self.table, rows), self.labels[rows]


def take(table: Table, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Gather rows of every column: {column: column[rows]}.

    rows: (n,) integers (repeats allowed) or an (N,) boolean mask. Returns copies; the table is not touched.
    Raises ValueError where columns have different lengths or a row number is out of range.
    """
    columns = {name: as_column(column) for name, column in as_table(table).items()}
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"take: the columns of one table need one length, these came: {lengths}")
    rows = np.asarray(rows)
    if rows.size == 0:
        rows = rows.astype(np.int64)                         # np.asarray([]) is float64, which cannot index
    try:
        return {name: column[rows] for name, column in columns.items()}
    except IndexError as error:
        raise ValueError(f"take: {error}; a table of {next(iter(lengths.values()))} rows wants whole row numbers "
                         f"below that, or a mask of that length") from None


def random_split(n: int, train: float, validation: float) -> dict[str, np.ndarray]:
    """Cut one permutation of n rows in three: the first int(train n), up to int((train + validation) n), the rest.

    The permutation is `np.random.default_rng(2024).permutation(n)`, so that every run uses the same rows.
    """
    return cut(np.random.default_rng(2024).permutation(n), train, validation)


def cut(rows: np.ndarray, train: float, validation: float) -> dict[str, np.ndarray]:
    """Cut the rows (n,), in this order, in three parts of these shares; the last takes what is left."""
    n = len(rows)
    a, b = int(train * n), int(round((train + validation) * n, 6))        # 0.8 + 0.1 is 0.9000...01 at times
    return {"train": rows[:a], "validation": rows[a:b], "test": rows[b:]}


def read_csv(path: str | PathLike[str]) -> dict[str, np.ndarray]:
    """Read a CSV file with a header line into a table, typing each column by its values.

    A column whose every value is a whole number becomes int64, one whose every value is a number float64
    ("nan" and "inf" included), every other column str. So one empty cell makes a column str, and so does a
    leading zero: "01234" is a code (a zip code, say), and as a number it would lose its zero. Whole numbers
    beyond 64 bits stay str too, for float64 would round them. UTF-8, with or without a byte order mark; blank
    lines and spaces after a comma are skipped.

    Returns {column: (N,) array} in the order of the header.
    Raises DataUnavailable (an OSError) if the file cannot be opened; ValueError, naming the line, where it is
    not a table: no rows, a line with more or fewer values than the header, a column name that is empty or repeated.
    """
    try:
        file = open(path, newline="", encoding="utf-8-sig")
    except OSError as error:
        raise DataUnavailable(f"read_csv: cannot open {path}: {error.strerror}; is the path right, seen from the "
                              f"folder you are in?") from None
    with file:
        return parse_csv(file, str(path))


def parse_csv(lines: Iterable[str], source: str) -> dict[str, np.ndarray]:
    """The table in lines of CSV text; `source` names it in errors. Otherwise as `read_csv`."""
    reader = csv.reader(lines, strict=True, skipinitialspace=True)
    records = []
    try:
        header = next(reader, None)
        if not header:
            raise ValueError(f"{source}: line 1 should hold the names of the columns, and is empty")
        for record in reader:
            if len(record) == len(header):
                records.append(record)
            elif record:
                raise ValueError(f"{source}, line {reader.line_num}: {len(record)} values for {len(header)} columns; "
                                 f"a comma inside a value needs quotes around the value")
    except csv.Error as error:
        raise ValueError(f"{source}, line {reader.line_num}: not CSV: {error}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{source}: not UTF-8 text ({error.reason}, byte {error.start} of a block); save it as UTF-8 "
                         f"CSV") from None
    bad = sorted({name for name in header if not name.strip() or header.count(name) > 1})
    if bad:
        raise ValueError(f"{source}: every column needs a name of its own; empty or given twice: {bad}")
    if not records:
        raise ValueError(f"{source}: a header and no rows; a table needs one row at least")
    return {name: _typed(column) for name, column in zip(header, zip(*records))}


_WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]*)")
_CODE = re.compile(r"[+-]?0[0-9]+|.*[_\s].*", re.DOTALL)      # float() would take "007", "1_000" and " 5"


def _typed(values: tuple[str, ...]) -> np.ndarray:
    """Text to int64, float64 or str: the first that fits every value. Each distinct value is converted once."""
    distinct = set(values)
    if all(map(_WHOLE.fullmatch, distinct)):
        whole = {v: int(v) for v in distinct}
        if all(-2**63 <= n < 2**63 for n in whole.values()):
            return np.array([whole[v] for v in values], dtype=np.int64)
    elif not any(map(_CODE.fullmatch, distinct)):
        with suppress(ValueError):
            numbers = {v: float(v) for v in distinct}
            return np.array([numbers[v] for v in values], dtype=np.float64)
    return np.array(values, dtype=str)
