"""Column plans: what a column may be, said in a few words that a file can hold, and the columns that they stand for.

    plans = {"age": ColumnPlan("number", buckets=10), "job": ColumnPlan("category")}
    columns, crosses, numbers = parts(plans, [("age", "job")])
    encoder = Encoder(wide=[*columns, *crosses], deep=columns, numbers=numbers)

Every kind knows what a missing value means (missing.py).

Read before: exact.py, missing.py, robust.py        Read next: measuring.py
"""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from widedeep.columns import Buckets, Category, Column
from widedeep.crosses import Cross
from widedeep.features.exact import Exact
from widedeep.features.missing import BagWithMissing, FillMedian, WasMissing, WithMissing
from widedeep.features.robust import Robust
from widedeep.numbers import Number

DAYS = " (days)"                                        # what the name of a column of dates is followed by
KINDS = "number", "category", "bag", "date", "out"
OPTIONS: dict[str, dict[str, type]] = {                 # of each kind: names, and what they may be
    "number": {"buckets": int, "exact": int, "missing": bool}, "category": {"min_count": int},
    "bag": {"min_count": int, "sep": str}, "date": {"buckets": int, "missing": bool}, "out": {},
}
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ColumnPlan:
    """kind : one of KINDS
    buckets : of a number, in both towers; 0 for none        exact : a number seen so often has an id of its own; 0 none
    missing : of a number: does the deep tower see that it was missing?
    min_count : of a category or bag: rarer values are not known
    sep : between the values of a bag; "" for a column of tuples
    note : why, for people
    """

    kind: str
    buckets: int = 20
    exact: int = 0
    missing: bool = False
    min_count: int = 1
    sep: str = "|"
    note: str = ""

    def options(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in OPTIONS[self.kind]}

    def column(self, name: str) -> Column | None:
        """A fresh column for the wide and the deep tower."""
        if self.kind in ("number", "date"):
            name = name + DAYS * (self.kind == "date")
            if self.exact:
                return WithMissing(Exact(name, self.exact, max(self.buckets, 1)))
            return WithMissing(Buckets(name, self.buckets)) if self.buckets else None
        if self.kind == "category":
            return WithMissing(Category(name, self.min_count))
        return BagWithMissing(name, self.min_count, self.sep or None) if self.kind == "bag" else None


def parts(plans: Mapping[str, ColumnPlan], pairs: Sequence[tuple[str, str]] = ()
          ) -> tuple[list[Column], list[Cross], list[Number]]:
    """(columns of both towers, crosses of the wide one, numbers: first the scaled ones, then what was missing)."""
    made = {name: plan.column(name) for name, plan in plans.items()}
    columns = {name: column for name, column in made.items() if column is not None}
    crosses = [Cross(columns[a], columns[b], min_count=2) for a, b in pairs]
    read = [(name + DAYS * (plan.kind == "date"), plan) for name, plan in plans.items()
            if plan.kind in ("number", "date")]
    numbers: list[Number] = [FillMedian(Robust(name)) for name, _ in read]
    numbers += [WasMissing(name) for name, plan in read if plan.missing]
    return list(columns.values()), crosses, numbers


def code(plans: Mapping[str, ColumnPlan], pairs: Sequence[tuple[str, str]] = (),
         gains: Mapping[tuple[str, str], float] | None = None) -> str:
    """The encoder as an expression of Python, for people: nothing here reads it.   gains : of the pairs, said beside"""
    columns, crosses, numbers = parts(plans, pairs)
    at = {column.name: f"columns[{i}]" for i, column in enumerate(columns)}
    notes = {name + DAYS * (plan.kind == "date"): " ".join(plan.note.split()) for name, plan in plans.items()}
    lines = ["columns = [", *(f"    {spelled(column) + ',':<60}# {notes[column.name]}".rstrip(" #")
                              for column in columns), "]", "encoder = Encoder(", "    wide=[*columns,"]
    for cross, pair in zip(crosses, pairs):
        a, b = (at[part.name] for part in cross.given if isinstance(part, Column))
        told = f"  {gains[pair]:+.5f} beyond its parts" if gains else ""
        lines.append(f"        Cross({a}, {b}, min_count={cross.min_count}),        # {cross.name}{told}")
    lines += ["    ],", "    deep=columns,", "    numbers=["]
    return "\n".join([*lines, *(f"        {spelled(number)}," for number in numbers), "    ],", ")"])


def spelled(thing: Any) -> str:
    """The call that makes a column or a number."""
    inner = getattr(thing, "column", getattr(thing, "number", None))
    if isinstance(thing, (WithMissing, FillMedian)):
        return f"{type(thing).__name__}({spelled(inner)})"
    if isinstance(thing, WasMissing):
        return f"WasMissing({thing.column!r})"
    arguments = [repr(thing.name)]
    arguments += [f"{name}={getattr(thing, name)!r}" for name in ("min_count", "n_q", "sep") if hasattr(thing, name)]
    return f"{type(thing).__name__}({', '.join(arguments)})"
