"""Kinds: which columns, where none are given?  By the kind of their values.

    numbers        Buckets, or Exact where there are few or one fills most buckets; beside it the number itself, scaled.
                   (A neuron or a plain network gets Exact ones and the scaled number, no Buckets)
    dates          the same, of the days since 1970
    anything else  Category, or a bag
    missing        as features/missing.py says: a value of its own; the median, and a number that says so

Crosses are all pairs of the CROSSED columns that tell most about the answers, measured as features/propose.py does.
The code of an encoder of your own is a better start than this one: print(propose(table, labels)).

Read before: features/propose.py        Read next: neural.py
"""
from collections.abc import Mapping, Sequence

import numpy as np

from perceptron.activations import Array
from widedeep.bridges.frames import days, is_dates
from widedeep.columns import Bag, Buckets, Category, Column
from widedeep.encoder import Encoder
from widedeep.features.exact import Exact, pairs
from widedeep.features.missing import BagWithMissing, FillMedian, WasMissing, WithMissing, missing
from widedeep.features.propose import DAMPING, base, gain
from widedeep.numbers import Number, Quantile, Standard
from widedeep.table import Sheet

N_Q = 10                                                # buckets of a number
CROSSED = 12                                            # columns, so 66 crosses at most
MANY = 100                                              # rows: from there on a value needs two rows to be known
DAYS = " (days)"                                        # what the name of a column of dates is followed by


def with_days(table: Mapping[str, Array], dates: Sequence[str]) -> dict[str, Array]:
    """The table, and a column of numbers beside each column of dates."""
    return {**table, **{name + DAYS: days(table[name]) for name in dates}}


def dates_of(table: Mapping[str, Array]) -> list[str]:
    return [name for name, values in table.items() if is_dates(values)]


def inputs(table: Mapping[str, Array], dates: Sequence[str]) -> Encoder:
    """For a neuron or a plain network: a 1 for each category and exact number, and the numbers, scaled.

    table : training rows, with days
    """
    columns, numbers = kinds(table, dates, buckets=False)
    return Encoder(wide=columns, numbers=numbers)


def both_towers(table: Mapping[str, Array], dates: Sequence[str], answers: Sequence[Array]) -> Encoder:
    """For Wide & Deep: columns in both towers, crosses in the wide one, numbers in the deep one.

    answers : (N, 1) each, 0 or 1: what the columns are measured by
    """
    columns, numbers = kinds(table, dates, buckets=True)
    single = [column for column in columns if not isinstance(column, Bag)]
    if len(single) > CROSSED:
        sheet = Sheet(table, table)
        half = np.random.default_rng(0).permutation(sheet.n) % 2
        told = [sum(gain(y, base(y), half, column.ids(sheet), DAMPING[0]) for y in answers if 0 < y.mean() < 1)
                for column in single]
        best = np.sort(np.argsort(told, kind="stable")[-CROSSED:])
        single = [single[i] for i in best]
    return Encoder(wide=[*columns, *pairs(single)], deep=columns, numbers=numbers)


def kinds(table: Mapping[str, Array], dates: Sequence[str], buckets: bool) -> tuple[list[Column], list[Number]]:
    """(columns, numbers): of every column of the table what it may be; columns that know no value are left out."""
    sheet = Sheet(table, table)
    columns: list[Column] = []
    numbers: list[Number] = []
    for name, values in table.items():
        if name in dates:
            continue                                                # its days stand in the table, too
        if values.dtype.kind in "iuf":
            column = amounts(sheet, name)
            if buckets or isinstance(column, Exact):
                columns.append(WithMissing(column))
            numbers += scaled(sheet, name)
        elif any(isinstance(value, tuple) for value in values):
            columns.append(BagWithMissing(name, min_count(sheet)))
        else:
            columns.append(WithMissing(Category(name, min_count(sheet))))
    for column in columns:
        column.fit(sheet)
    columns = [column for column in columns if column.size]
    if not (columns or numbers):
        raise ValueError(f"nothing to learn from: no value of {', '.join(table)} stands in two rows")
    return columns, numbers


def min_count(sheet: Sheet) -> int:
    return 2 if sheet.n >= MANY else 1


def amounts(sheet: Sheet, name: str) -> Column:
    """Buckets; or Exact, where there are few numbers, or one that fills most of the buckets."""
    x = known(sheet, name)
    column = Buckets(name, N_Q)
    if len(x) == 0:
        return column
    column.fit(Sheet({name: x}, [name]))
    few = len(np.unique(x)) <= N_Q
    return Exact(name, 1 if few else 3, N_Q) if few or column.size < N_Q / 2 else column


def scaled(sheet: Sheet, name: str) -> list[Number]:
    """Standard, or Quantile where one end is far away; and whether it was missing, where any was."""
    x = known(sheet, name)
    far = len(x) and np.abs(x - x.mean()).max() > 8 * x.std()
    number: Number = Quantile(name) if far else Standard(name)
    return [FillMedian(number), *([WasMissing(name)] if len(x) < sheet.n else [])]


def known(sheet: Sheet, name: str) -> Array:
    """The numbers of a column that are not missing, as float64."""
    return sheet[name][~missing(sheet[name])].astype(np.float64)
