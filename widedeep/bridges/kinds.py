"""Kinds: which columns, where none are given?  What features/choosing.py chooses, for a frame's columns.

    numbers        buckets, or exact values where few fill most of them or they earn it; beside it the number, scaled.
                   (A neuron or a plain network gets exact ones and the scaled number, no buckets)
    dates          the same, of the days since 1970
    anything else  Category, or a bag
    missing        as features/missing.py says: a value of its own; the median, and a number that says so

Crosses are the pairs that tell most beyond their columns.

Read before: features/choosing.py, heads/answers.py        Read next: neural.py
"""
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from perceptron.activations import Array
from widedeep.bridges.frames import days, is_dates
from widedeep.cells import is_missing, shown
from widedeep.encoder import Encoder
from widedeep.features.choosing import choose_columns, column_plan, sampled
from widedeep.features.column_plans import DAYS, ColumnPlan, parts
from widedeep.heads.answers import Answers


def with_days(table: Mapping[str, Array], dates: Sequence[str]) -> dict[str, Array]:
    """The table, and a column of numbers beside each column of dates.  Raises ValueError where none is a date."""
    found = {}
    for name in dates:
        x, known = days(table[name]), [value for value in table[name].tolist() if not is_missing(value)]
        if known and np.isnan(x).all():
            raise ValueError(f"column {name!r} held dates in training, and holds none here, but {shown(known[0])}; "
                             "want dates, or fit again with such rows")
        found[name + DAYS] = x
    return {**table, **found}


def dates_of(table: Mapping[str, Array]) -> list[str]:
    return [name for name, values in table.items() if is_dates(values)]


def inputs(table: Mapping[str, Array], dates: Sequence[str]) -> Encoder:
    """For a neuron or a plain network: a 1 for each category and exact number, and the numbers, scaled.

    table : training rows, with days
    """
    columns, _, numbers = parts({name: replace(plan, buckets=plan.buckets if plan.exact else 0)
                                 for name, plan in plans(table, dates).items()})
    return Encoder(wide=columns, numbers=numbers)


def both_towers(table: Mapping[str, Array], dates: Sequence[str], answers: Answers, desired: Array) -> Encoder:
    """For Wide & Deep: columns in both towers, crosses in the wide one, numbers in the deep one.

    desired : (N, K), what columns are measured by
    """
    rows = sampled(len(desired))
    found = choose_columns(plans(table, dates), {name: values[rows] for name, values in table.items()},
                           answers.questions(desired[rows]), answers.head != "number")
    columns, crosses, numbers = parts(found.plans, (*found.strong, *found.weak))
    return Encoder(wide=[*columns, *crosses], deep=columns, numbers=numbers)


def plans(table: Mapping[str, Array], dates: Sequence[str]) -> dict[str, ColumnPlan]:
    """Of every column what it may be; a column of dates is its days, which stand in the table, too."""
    found = {name: column_plan(values) for name, values in table.items() if name not in dates}
    for name, plan in found.items():
        if plan.kind == "out" and table[name].dtype.kind in "iuf":  # one value in these rows; a fold's may be so
            found[name] = ColumnPlan("number", 0)
    if all(plan.kind == "out" for plan in found.values()):
        why = "; ".join(f"{name}: {plan.note}" for name, plan in found.items()) or "no columns"
        raise ValueError(f"nothing to learn from: {why}")
    return found
