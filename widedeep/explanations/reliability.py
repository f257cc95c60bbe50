"""Reliability, or calibration: is a probability of .7 right seven times in ten, and for every kind of film?

    error = sum over bins of  (rows in the bin / rows) | mean p - share of ones |        (metrics.calibration)

A model can be right on average and wrong for every part, so the rows are grouped by the values of a column.  In small
parts chance alone gives large errors: even true probabilities p would show, in a bin of n rows, a mean gap of about

    sqrt(2 / pi) sqrt(sum p (1 - p)) / n        the mean absolute value of a normal error

`chance` is this gap, averaged over bins as the error is.  An error well above `chance` is evidence of miscalibration;
one near it is not.

Read before: metrics.py        Read next: plots.py
"""
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from widedeep.cells import BAGS, cells
from widedeep.cells import bags as read_bags
from widedeep.metrics import Calibration, calibration, check_probabilities
from widedeep.table import as_column


class Part(NamedTuple):
    """Some rows: how many, their mean probability, their share of ones, the calibration error, and that by chance."""

    value: str
    rows: int
    predicted: float
    observed: float
    error: float
    chance: float
    curve: Calibration


def by_slice(y: Array, p: Array, values: npt.ArrayLike | Sequence[Any], bins: int = 10, least: int = 100
             ) -> list[Part]:
    """All rows first, then those of each value, the most frequent first.

    y, p : (N, 1) labels and probabilities        values : (N,) what to group by; a bag counts for each of its values
    bins : of equal width        least : values with fewer rows are left out
    """
    column = as_column(values)
    if column.shape != (len(y),):
        raise ValueError(f"by_slice: values {column.shape}, labels {y.shape}; want one value for each row")
    y, p = check_probabilities("by_slice", y, p)
    several = column.dtype == object and any(isinstance(value, BAGS) for value in column)
    bags: Sequence[Any] = read_bags("values", column) if several else [(cell,) for cell in cells("values", column)]
    rows: dict[Any, list[int]] = {}
    for n, bag in enumerate(bags):
        for value in dict.fromkeys(bag):
            rows.setdefault(value, []).append(n)
    parts = [part("all rows", y, p, bins)]
    for value, of in sorted(rows.items(), key=lambda item: (-len(item[1]), str(item[0]))):
        if len(of) >= least:
            parts.append(part(str(value), y[of], p[of], bins))
    return parts


def part(value: str, y: Array, p: Array, bins: int) -> Part:
    curve = calibration(y, p, bins)
    return Part(value, len(y), float(p.mean()), float(y.mean()), curve.error, chance_error(p, bins), curve)


def chance_error(p: Array, bins: int) -> float:
    """The calibration error that true probabilities p (N, 1) would show by chance, on average."""
    group = np.minimum((p[:, 0] * bins).astype(int), bins - 1)
    variance = np.bincount(group, weights=(p * (1 - p))[:, 0])      # of the number of ones in each bin
    return float(np.sqrt(2 / np.pi * variance).sum() / len(p))


def as_text(parts: Sequence[Part], column: str) -> str:
    """The table, a line for each part."""
    width = max(len(column), *(len(part.value) for part in parts))
    lines = [f"{column:<{width}}    rows   given  came true     gap   error  by chance"]
    for one in parts:
        gap = one.predicted - one.observed
        lines.append(f"{one.value:<{width}}{one.rows:>8,}{one.predicted:>8.3f}{one.observed:>11.3f}{gap:>+8.3f}"
                     f"{one.error:>8.3f}{one.chance:>11.3f}")
    return "\n".join(lines)
