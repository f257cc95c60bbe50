"""The table encoder: reads raw rows by the plan's kinds, and knows what the label means.  So one archive is enough.

Read before: encoder.py, plan.py        Read next: candidates.py
"""
from typing import Any, Self

from widedeep.auto.answers import Answers
from widedeep.auto.plan import Plan, plan_of
from widedeep.auto.reading import prepared
from widedeep.encoder import Encoder
from widedeep.registry import register
from widedeep.table import Sheet, Table


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

    def state(self) -> dict[str, Any]:
        return super().state() | {"plan": self.plan.as_json(), "answers": self.answers.state(), "about": self.about}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        encoder = super().from_state(state)
        encoder.plan = plan_of(state["plan"], "archive")
        encoder.answers, encoder.about = Answers.of(state["answers"]), state["about"]
        return encoder
