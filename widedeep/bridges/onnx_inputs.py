"""Inputs: what the graph is given for each column of the table, and how a table becomes that.

One tensor has one type, so a column that is read as a number and as text at once is refused.  Categories that are
numbers come as float32 where float32 can tell all of them apart, and else as their texts.

A TableEncoder's inputs are its table's columns as a file has them: "?" and "n/a" are missing texts, as they are to it.

Read before: columns.py, features/missing.py        Read next: onnx_graph.py
"""
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.auto.reading import prepared
from widedeep.auto.table_encoder import TableEncoder
from widedeep.columns import Bag, Buckets, Category
from widedeep.crosses import Cross
from widedeep.encoder import Encoder
from widedeep.features.exact import Exact
from widedeep.features.missing import BagWithMissing, FillMedian, WasMissing, WithMissing, known_rows, missing
from widedeep.features.periodic import Periodic
from widedeep.features.robust import Robust
from widedeep.numbers import Quantile, Standard
from widedeep.table import Sheet, Table, as_table

MISSING = "<missing>"                                   # a bag that is missing; "" is an empty one
SEPARATORS = "|;,\t\x1f"                                # of bags that are not joined by one of their own
KNOWN = {Category, Bag, Buckets, Cross, Exact, WithMissing, BagWithMissing, Quantile, Standard, Periodic, Robust,
         FillMedian, WasMissing}
FARTHEST = float(np.finfo(np.float32).max)
INSTEAD = {
    "Hashed": "Category({name!r}, min_count=...), whose values a graph can hold: it cannot compute a hash",
    "HashedCross": "Cross of the same parts, whose values a graph can hold: it cannot compute a hash",
    "Raw": "Cross in place of HashedCross",
}


@dataclass
class Input:
    """text : strings, or float32?        strict : does a reader refuse missing values?
    sep : of bags, the separator        readers : its columns and numbers, not wrapped, as the encoder has them
    raw : of a TableEncoder, which reads the values of a file        value : the tensor that the readers read
    """

    name: str
    readers: list[Any] = field(default_factory=list)
    text: bool = False
    strict: bool = False
    sep: str = ""
    raw: bool = False
    value: str = ""

    def __post_init__(self) -> None:
        self.value = self.name

    @property
    def bags(self) -> list[Bag]:
        return [reader for reader in self.readers if isinstance(reader, Bag)]

    def says(self) -> str:
        if self.raw and self.text:
            return f"values joined by {self.sep!r}; '' is none" if self.sep else "text; '', '?' or 'n/a' is missing"
        if self.sep:
            return f"values joined by {self.sep!r}; '' is an empty bag, {MISSING!r} a missing one"
        return "text; '' is missing" if self.text else "a number; NaN is missing"


def inputs_of(encoder: Encoder) -> dict[str, Input]:
    """Each column that the encoder reads, in its order.  Raises ValueError for one that no tensor can be."""
    found = {name: Input(name, raw=isinstance(encoder, TableEncoder)) for name in encoder.reads}
    for column, strict in readers(encoder):
        given = found[column.reads[0]]
        given.readers.append(column)
        given.strict |= strict
    for given in found.values():
        settle(given)
    return found


def readers(encoder: Encoder) -> Iterator[tuple[Any, bool]]:
    """What reads the table, taken out of WithMissing and FillMedian; and whether it refuses missing values."""
    for column in encoder.columns:
        if isinstance(column, WithMissing):
            yield column.column if column.learned else column, False
        elif isinstance(column, FillMedian):
            yield column.number, False
        elif not isinstance(column, Cross):
            yield column, not isinstance(column, (BagWithMissing, WasMissing))


def settle(given: Input) -> None:
    """Text or numbers?  And by what are bags joined?"""
    kinds = {kind_of(column) for column in given.readers} - {"either"}
    if len(kinds - {"small"}) > 1:
        who = " and ".join(sorted({f"{type(column).__name__} ({kind_of(column)})" for column in given.readers}))
        raise ValueError(f"onnx: column {given.name!r} is read by {who}, and a tensor has one type; want a copy of the "
                         f"column under another name for one of them")
    given.text = not kinds or bool(kinds & {"text", "bag"})
    if "bag" not in kinds:
        return
    values = [spelled(value) for bag in given.bags for value in bag.values]
    seps = {bag.sep for bag in given.bags if bag.sep is not None} or \
        {sep for sep in SEPARATORS if not any(sep in value for value in values)}
    given.sep = next((sep for sep in (*SEPARATORS, *sorted(seps)) if sep in seps), "")
    if any(bag.sep not in (None, given.sep) for bag in given.bags) or not given.sep:
        raise ValueError(f"onnx: column {given.name!r} holds bags that no one separator takes apart; want values "
                         f"without one of {SEPARATORS!r}, or one sep for all")
    if odd := {"", MISSING} & set(values):
        raise ValueError(f"onnx: column {given.name!r} has the value {min(odd)!r} in its bags; joined, it could not be "
                         "told from a bag that is empty or missing: want another spelling")


def kind_of(column: Any) -> str:
    """number; text; small: numbers that text or float32 can spell; bag; either, where nothing was learned."""
    if isinstance(column, Bag):
        return "bag"
    if not isinstance(column, Category):
        return "either" if isinstance(column, (WithMissing, WasMissing)) else "number"
    if any(isinstance(value, str) for value in column.values):
        return "text"
    as_float = np.array([float(value) for value in column.values], np.float32)          # type: ignore[arg-type]
    exact = len(set(as_float.tolist())) == len(as_float) and (np.abs(as_float) < 2 ** 24).all()
    return ("small" if exact else "text") if len(as_float) else "either"


def spelled(value: Hashable) -> str:
    """A cell as text: 1.0 and True are 1."""
    whole = isinstance(value, bool) or (isinstance(value, float) and value.is_integer())
    return str(int(value)) if whole else str(value)                                     # type: ignore[call-overload]


def feeds(encoder: Encoder, table: Table) -> dict[str, Array]:
    """What the graph is given for a table of N rows: {column: (N, 1)}, strings as objects, numbers as float32.

    Raises ValueError for what the encoder refuses: an unknown column, a missing value that no kind allows.
    """
    check_encoder(encoder)
    if raw := isinstance(encoder, TableEncoder):
        table = prepared(as_table(table), encoder.plan.kinds())
    sheet = Sheet(table, encoder.reads)
    found: dict[str, Array] = {}
    for name, given in inputs_of(encoder).items():
        if given.sep:
            values: Any = joined(given, sheet)
        elif given.text:
            values = texts(given, sheet)
        else:
            values = numbers(given, sheet)
            values = (np.clip(values, -FARTHEST, FARTHEST) if raw else values).astype(np.float32)
        found[name] = np.array(values, np.float32 if not given.text else object).reshape(-1, 1)
    return found


def numbers(given: Input, sheet: Sheet) -> Array:
    """(N,), NaN where one is missing, if the readers allow it."""
    gaps = missing(sheet[given.name])
    as_category = any(isinstance(reader, Category) for reader in given.readers)
    for row in np.flatnonzero(~gaps) if as_category and sheet[given.name].dtype.kind in "OUT" else ():
        if isinstance(value := sheet[given.name][row], str):
            raise ValueError(f"onnx: column {given.name!r}, row {row}: {str(value)!r} is text; the graph takes "
                             "float32, since every known value is a number")
    if given.strict or not gaps.any():
        return sheet.numbers(given.name)
    x = np.full(sheet.n, np.nan)
    if not gaps.all():
        with known_rows(sheet, given.name, gaps) as known:
            x[~gaps] = known.numbers(given.name)
    return x


def texts(given: Input, sheet: Sheet) -> list[str]:
    gaps = missing(sheet[given.name])
    if given.strict or not gaps.any():
        return [spelled(cell) for cell in sheet.cells(given.name)]
    found = [""] * sheet.n
    if not gaps.all():
        with known_rows(sheet, given.name, gaps) as known:
            for row, cell in zip(np.flatnonzero(~gaps), known.cells(given.name)):
                found[row] = spelled(cell)
    return found


def joined(given: Input, sheet: Sheet) -> list[str]:
    """Bags as texts.  A value that holds the separator is no known one, and is left out."""
    bag = min(given.bags, key=lambda bag: isinstance(bag, BagWithMissing))              # of two, the strict one refuses
    found = [given.sep.join(filter(lambda text: given.sep not in text, map(spelled, values)))
             for values in bag.bags(sheet)]
    if isinstance(bag, BagWithMissing):
        found = [MISSING if gap else text for text, gap in zip(found, bag.gaps(sheet))]
    return found


def check_encoder(encoder: Any) -> None:
    """Raise ValueError, by name and with what to use instead, for an encoder that no graph can hold."""
    if type(encoder) not in (Encoder, TableEncoder):
        why = "; histories are read from the training rows, which no graph holds: want an Encoder of the columns, as " \
              "the recipe movielens-ids has" if type(encoder).__name__ == "HistoryEncoder" else "; want an Encoder"
        raise ValueError(f"onnx: the encoder is a {type(encoder).__name__}{why}")
    if not encoder.fitted:
        raise ValueError("onnx: the encoder has learned nothing yet; want that of a trained model")
    for name, kind in encoder.plan.kinds().items() if isinstance(encoder, TableEncoder) else ():
        if kind == "date":
            raise ValueError(f"onnx: column {name!r} is a date, which no operator reads; want a column of numbers in "
                             "its place, such as the days since 1970, and a model trained on that")
    for column in encoder.columns:
        inner = getattr(column, "column", None) if isinstance(column, WithMissing) else getattr(column, "number", None)
        for part in (column, *([inner] if inner is not None else [])):
            if type(part) not in KNOWN:
                kind = type(part).__name__
                want = INSTEAD.get(kind, "one of " + ", ".join(sorted(known.__name__ for known in KNOWN)))
                raise ValueError(f"onnx: {kind}({part.name!r}) cannot be exported; want {want.format(name=part.name)}")
