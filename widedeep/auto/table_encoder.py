"""The table encoder: reads raw rows by the plan's kinds, and knows what the label means.  So one archive is enough.

Read before: encoder.py, plan.py        Read next: candidates.py
"""
from typing import Any, Self

import numpy as np

from widedeep.auto.answers import Answers
from widedeep.auto.plan import Plan, plan_of
from widedeep.auto.reading import AMOUNTS, amounts, prepared
from widedeep.cells import shown
from widedeep.columns import Category
from widedeep.datasets.table import take
from widedeep.encoder import Encoder
from widedeep.features.missing import WithMissing, missing
from widedeep.registry import register
from widedeep.table import Sheet, Table, as_column, as_table

LOOKED_AT = 10_000                                      # rows, when doubts are asked for
ENOUGH = 20                                             # values that are all unknown: fewer may be rare ones


@register("encoder")
class TableEncoder(Encoder):
    """An encoder by a plan.   `answers` says what the label is, `about` what training found (for people: JSON)"""

    plan: Plan
    answers: Answers
    about: dict[str, Any]

    @classmethod
    def by(cls, plan: Plan, answers: Answers) -> "TableEncoder":
        columns, crosses, numbers = plan.parts()
        encoder = cls(wide=[*columns, *crosses], deep=columns, numbers=numbers)
        encoder.plan, encoder.answers, encoder.about = plan, answers, {}
        return encoder

    def sheet(self, table: Table) -> Sheet:
        return super().sheet(prepared(table, self.plan.kinds()))

    def doubts(self, table: Any) -> list[str]:
        """What is unlike training rows in the first LOOKED_AT rows, a sentence each: nothing stops for it."""
        n = min(LOOKED_AT, len(next(iter(as_table(table).values()))))
        table, found = take(table, np.arange(n)), []
        for name, kind in self.plan.kinds().items():
            if kind in AMOUNTS and (odd := amounts(values := as_column(table[name]), kind)[1]).any():
                found.append(f"{name}: {odd.sum()} of {n} values are no {AMOUNTS[kind]}, as "
                             f"{shown(values[odd.argmax()])}; they count as missing")
        sheet = self.sheet(table)
        for column in self.columns:
            if isinstance(column, WithMissing) and isinstance(column.column, Category):
                known = ~missing(sheet[column.name])
                if known.sum() >= ENOUGH and not sheet.ids(column)[known].any():
                    found.append(f"{column.name}: the model knows none of its {known.sum()} values, as "
                                 f"{shown(sheet[column.name][known.argmax()])}; are they spelled another way?")
        return found

    def state(self) -> dict[str, Any]:
        return super().state() | {"plan": self.plan.as_json(), "answers": self.answers.state(), "about": self.about}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        encoder = super().from_state(state)
        encoder.plan = plan_of(state["plan"], "archive")
        encoder.answers, encoder.about = Answers.of(state["answers"]), state["about"]
        return encoder
