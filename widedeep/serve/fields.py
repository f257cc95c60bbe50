"""Fields: what a row of a request may hold, read off the encoder: a name, a kind, known values, a usual one.

    number      a bucketed or scaled column             {"age": 38}
    category    one value                               {"education": "Masters"}
    bag         several values                          {"installed": ["Chess", "Mail"]}

Read next: requests.py
"""
from typing import Any, NamedTuple

import numpy as np

from widedeep.columns import Bag, Buckets, Column, Vocabulary
from widedeep.features.missing import BagWithMissing, FillMedian, WasMissing, WithMissing
from widedeep.numbers import Number, Quantile, Standard

SHOWN = 300                                             # known values that a form and the schema list


class Field(NamedTuple):
    """values : known ones, the frequent first, [] where there is no list        usual : what a form starts with
    optional : may be missing        whole : a number whose known values have no fraction        sep : of a joined bag
    """

    name: str
    kind: str
    values: list[Any]
    usual: Any
    optional: bool
    whole: bool
    sep: str | None = None

    def schema(self) -> dict[str, Any]:
        """The field in the words of OpenAPI."""
        value = ["string", "number", "boolean"]
        kinds = {"number": ["number"], "category": value, "bag": ["array"]}[self.kind]
        inside = {"items": {"type": value}} if self.kind == "bag" else {}
        return {"type": [*kinds, "null"] if self.optional else kinds, **inside, "examples": [self.usual]}


def fields_of(encoder: Any) -> list[Field]:
    """One field for each column of the table that the encoder reads."""
    return [field_of(name, [column for column in encoder.columns if reads(column, name)]) for name in encoder.reads]


def reads(column: Any, name: str) -> bool:
    """Does it read this column itself?  A cross does so by its parts."""
    return not getattr(column, "parts", ()) and name in column.reads


def field_of(name: str, columns: list[Any]) -> Field:
    """columns : all that read the table's column of this name"""
    inner = [inside(column) for column in columns]
    bag = next((column for column in inner if isinstance(column, Bag)), None)
    values = next((list(column.values) for column in inner if isinstance(column, Vocabulary)), [])
    optional = bool(columns) and all(isinstance(column, (WithMissing, BagWithMissing, FillMedian, WasMissing))
                                     for column in columns)
    if bag is not None:
        return Field(name, "bag", values[:SHOWN], values[:1], optional, False, bag.sep)
    if any(isinstance(column, (Number, Buckets)) for column in inner):
        known = [*values, *(cut for column in inner for cut in getattr(column, "cuts", ()))]
        whole = bool(known) and all(float(x).is_integer() for x in known if isinstance(x, (int, float)))
        return Field(name, "number", [], usual_number(inner, whole), optional, whole)
    return Field(name, "category", values[:SHOWN], values[0] if values else None, optional, False)


def inside(column: Any) -> Any:
    """The column or number that a kind with missing values wraps."""
    if isinstance(column, FillMedian):
        return column.number
    return column.column if isinstance(column, WithMissing) and isinstance(column.column, Column) else column


def usual_number(columns: list[Any], whole: bool) -> float | int:
    """A typical number: the middle cut, or the mean of what was learned."""
    for column in columns:
        if isinstance(column, (Buckets, Quantile)) and column.cuts:
            x = float(column.cuts[len(column.cuts) // 2])
            return int(x) if whole else x
    for column in columns:
        if isinstance(column, Vocabulary) and column.values and isinstance(column.values[0], (int, float)):
            return column.values[0]                                 # the most frequent
        if isinstance(column, Standard):
            x = float(np.expm1(column.mean)) if column.log1p else column.mean
            return round(x) if whole or abs(x) >= 10 else float(f"{x:.3g}")
    return 0
