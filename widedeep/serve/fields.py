"""Fields: what a row of a request may hold, read off the encoder: a name, a kind, known values, a usual one.

    number      a bucketed or scaled column             {"age": 38}
    category    one value                               {"education": "Masters"}
    bag         several values                          {"installed": ["Chess", "Mail"]}
    date        of a table, where it is read as days    {"born": "1997-09-20"}

Read next: requests.py
"""
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from widedeep.auto.table_encoder import TableEncoder
from widedeep.columns import Bag, Buckets, Column, Vocabulary
from widedeep.features.column_plans import DAYS
from widedeep.features.exact import Exact
from widedeep.features.missing import BagWithMissing, FillMedian, WasMissing, WithMissing
from widedeep.features.robust import Robust
from widedeep.numbers import Number, Quantile, Standard

FAR = 1e300                                             # no number of a request is beyond
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
        kinds = {"number": ["number"], "category": value, "bag": ["array"], "date": ["string"]}[self.kind]
        inside: dict[str, Any] = {"items": {"type": ["string", "integer"]}} if self.kind == "bag" else \
            {"minimum": -FAR, "maximum": FAR} if self.kind == "number" else {}
        return {"type": [*kinds, "null"] if self.optional else kinds, **inside, "examples": [self.usual]}


def fields_of(encoder: Any, kinds: Mapping[str, str] | None = None) -> list[Field]:
    """One field for each column of the table that the encoder reads.   kinds : of a plan, a TableEncoder's own"""
    kinds = encoder.plan.kinds() if isinstance(encoder, TableEncoder) else kinds or {}
    dates = {name + DAYS: name for name, kind in kinds.items() if kind == "date"}
    found = [field_of(name, [column for column in encoder.columns if reads(column, name)]) for name in encoder.reads]
    return [date_of(dates[field.name], field) if field.name in dates else field for field in found]


def date_of(name: str, days: Field) -> Field:
    """A table's column of dates.   days : the field of the days that the encoder reads"""
    usual = np.datetime64(0, "D") + np.timedelta64(int(days.usual), "D")
    return Field(name, "date", [], str(usual), days.optional, False)


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
    if any(isinstance(column, (Number, Buckets, Exact)) for column in inner):
        known = [*values, *(x for column in inner for part in ("cuts", "edges", "values") for x in
                            getattr(column, part, ()) if not isinstance(column, Vocabulary))]
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
        if isinstance(column, Robust):
            x = column.centre
            return int(x) if whole else float(f"{x:.6g}")           # the median
        if isinstance(column, (Buckets, Quantile)) and column.cuts:
            x = float(column.cuts[len(column.cuts) // 2])
            return int(x) if whole else x
    for column in columns:
        if isinstance(column, Exact) and column.values:
            x = column.values[len(column.values) // 2]
            return int(x) if whole else x
        if isinstance(column, Vocabulary) and column.values and isinstance(column.values[0], (int, float)):
            return column.values[0]                                 # the most frequent
        if isinstance(column, Standard):
            x = float(np.expm1(column.mean)) if column.log1p else column.mean
            return round(x) if whole or abs(x) >= 10 else float(f"{x:.3g}")
    return 0
