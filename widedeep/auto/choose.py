"""Choosing: the plan for a table of which nothing is known but the label: what is text, dirt, an id, a date?

    out         one value; a value of its own in (nearly) every row, as an id has; free text
    date        ISO dates
    number      numbers, also where some rows have none, or a text
    bag         texts joined by | or ;
    category    anything else

What is measured, buckets and crosses, is in features/choosing.py.

Read before: plan.py, features/choosing.py        Read next: table_encoder.py
"""
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.auto.answers import Answers
from widedeep.auto.plan import Plan
from widedeep.auto.reading import as_days, as_numbers, as_texts, gaps, prepared
from widedeep.datasets.table import take
from widedeep.features.choosing import choose_columns, min_count, number_plan, sampled
from widedeep.features.column_plans import ColumnPlan

NUMERIC = 0.9                                           # so large a share of a column's texts are numbers: it is one
GIVES_AWAY = 0.995                                      # AUC of one column alone
ID_NAME = re.compile(r"(^|[_\W])(id|ids|uuid|guid|key|nr|no|number|index|row)$|^(id|idx|index)|ID$", re.I)
LONG = 4                                                # words of a text, on average: a sentence


def choose(table: Mapping[str, Array], answers: Answers, desired: Array) -> Plan:
    """The plan for TRAINING rows: table without the label, and what is desired (N, K)."""
    plans = {name: kind_of(name, values) for name, values in table.items()}
    notes = [f"{name} left out: {plan.note}" for name, plan in plans.items() if plan.kind == "out"]
    if all(plan.kind == "out" for plan in plans.values()):
        why = "; ".join(notes)[:300] or "the table has the label alone"
        raise ValueError(f"no column is left to learn from: {why}; want one at least that says something of the label")
    rows = sampled(len(desired))
    ready = prepared(take(table, rows), {name: plan.kind for name, plan in plans.items()})
    found = choose_columns(plans, ready, answers.questions(desired[rows]), answers.head != "number")
    columns = {name: replace(plan, note=f"{plan.note}; {found.told[name]:+.4f} nats a row alone" if name in found.told
                             else plan.note) for name, plan in found.plans.items()}
    notes += [f"{name} is read as a number, though it is called like an id; if its numbers are names, write {name} = "
              "{ kind = \"category\" } in a columns file" for name, plan in plans.items()
              if plan.kind == "number" and ID_NAME.search(name)]
    notes += found.notes
    if found.gains:
        notes.append(f"{len(found.gains)} pairs of columns know something beyond their parts")
    warnings = [f"WARNING: {name} gives {answers.label} away (AUC {ahead:.3f} alone): is it known before the "
                f"answer is? If not: {name} = {{ kind = \"out\" }} in a columns file" for name, ahead in
                found.ahead.items() if ahead >= GIVES_AWAY and len(rows) >= 50]
    return Plan(answers.label, answers.head, columns, found.strong, found.weak,
                answers.names[1] if answers.head == "binary" else None, (*warnings, *notes))


def kind_of(name: str, values: Array) -> ColumnPlan:
    """What a column is, by its values (N,)."""
    n, missing = len(values), gaps(values)
    known = values[~missing]
    share = f", {missing.mean():.0%} missing" if missing.any() else ""
    if len(known) == 0:
        return ColumnPlan("out", note="every row lacks it")
    if any(isinstance(value, (list, tuple, set, dict, np.ndarray)) for value in known[:100]):
        return ColumnPlan("out", note="holds lists; join their values by |")
    x = as_numbers(values)
    numbers = x[np.isfinite(x)]
    if len(numbers) >= NUMERIC * len(known) and values.dtype.kind != "b" and not padded(known):
        if counted(name, numbers):
            return ColumnPlan("out", note="a whole number of its own in every row, as an id has")
        dirt = f", {len(known) - len(numbers)} rows with no number" if len(numbers) < len(known) else ""
        return number_plan(numbers, n, share + dirt)
    texts = as_texts(known).tolist()
    distinct = len(set(texts))
    if distinct == 1:
        return ColumnPlan("out", note=f"one value, {texts[0][:40]!r}" + share)
    dates = as_days(known[:200])
    if np.isfinite(dates).mean() > NUMERIC:
        return ColumnPlan("date", missing=bool(missing.any()), note=f"{distinct:,} dates{share}")
    for sep in ("|", ";"):
        if sum(sep in text for text in texts) > 0.1 * len(texts):
            return ColumnPlan("bag", min_count=min_count(n), sep=sep, note=f"values joined by {sep}{share}")
    if distinct > 0.3 * len(texts) and len(texts) >= 20:
        words = np.mean([len(text.split()) for text in texts[:1000]])
        if words >= LONG:
            return ColumnPlan("out", note=f"free text, {words:.0f} words on average; make columns of what it says")
        if distinct > 0.9 * len(texts):
            return ColumnPlan("out", note="a value of its own in nearly every row, as an id or a name has")
    return ColumnPlan("category", min_count=min_count(n), note=f"{distinct:,} values{share}")


def counted(name: str, x: Array) -> bool:
    """Whole numbers that are all different, and named as an id, or without great gaps."""
    return len(x) >= 20 and bool((x == np.round(x)).all()) and \
        bool(ID_NAME.search(name) or np.ptp(x) < 1.2 * len(x)) and len(np.unique(x)) == len(x)


def padded(values: Array) -> bool:
    """Codes such as 00501, whose zeros a number would lose."""
    return values.dtype.kind in "OU" and sum(bool(re.fullmatch(r"0\d+", str(value).strip())) for value in
                                             values[:500].tolist()) > 0.01 * min(len(values), 500)


def check_plan(plan: Plan, table: Mapping[str, Any]) -> Plan:
    """A person's plan for this table: columns that the file does not name are left out.

    Raises ValueError if it names what the table lacks.
    """
    lacking = [name for name in (plan.label, *plan.columns) if name not in table]
    if lacking:
        raise ValueError(f"the columns file names {', '.join(map(repr, lacking))}, which the table lacks; it has "
                         f"{', '.join(table)}"[:400])
    if plan.label in plan.columns and plan.columns[plan.label].kind != "out":
        raise ValueError(f"the columns file has the label {plan.label!r} among its columns, too; "
                         "take it out of [columns]")
    return plan
