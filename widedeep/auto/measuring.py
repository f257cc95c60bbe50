"""Measuring: what does a column, or a pair of columns, know about the answers beyond a sum of columns?

A group g of rows (a value, a bucket, a pair of values) shifts the net sum by one damped Newton step,

    shift_g = sum_g e / (sum_g s + damping)             e = y - a, the error signal        s its slope: p (1 - p), or 1

and what a shift gains on the OTHER half of the rows is, to second order,  mean(e shift - s shift^2 / 2).  For labels 0
and 1 the unit is nats a row, for standardised numbers half a variance.  The sum of columns is fitted in the same steps,
one column after the other, several times around (backfitting).  That takes milliseconds a column, where features/
propose.py trains a model, so that a table of 74 numbers has its 2,701 pairs measured in seconds.

Read before: features/propose.py        Read next: choose.py
Source: Hastie and Tibshirani 1990 (backfitting); Lou et al. 2013 (pairs that add to a sum of columns).
"""
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from perceptron.activations import Array, sigmoid

ROWS = 20_000                                           # measured at most
IDS = 48                                                # of a column, in a pair; Category's are ordered by frequency
DAMPING = 2.0, 20.0                                     # of a column and of a pair, whose groups are smaller
ROUNDS = 3


class Measured:
    """One question: 0 or 1, or a standardised number.

    y : (n,)        yes_no : is y 0 or 1?        half : (n,) 0 or 1
    """

    def __init__(self, y: Array, yes_no: bool, half: Array):
        self.y, self.yes_no, self.half = y, yes_no, half
        mean = float(np.clip(y.mean(), 1e-6, 1 - 1e-6)) if yes_no else float(y.mean())
        self.base = np.log(mean / (1 - mean)) if yes_no else mean
        self.z = np.full((2, len(y)), self.base)                    # of the sum of columns fitted on either half

    def signal(self, z: Array) -> tuple[Array, Array]:
        """(e, s) at net sums z."""
        p = sigmoid(z) if self.yes_no else z
        return self.y - p, p * (1 - p) if self.yes_no else np.ones(len(z))

    def shifts(self, error: Array, slope: Array, ids: Array, size: int, damping: float) -> Array:
        """(size,) of the groups, id 0 ("nothing known") none."""
        shift = np.bincount(ids, error, size) / (np.bincount(ids, slope, size) + damping)
        shift[0] = 0
        return shift

    def alone(self, ids: Array) -> tuple[float, Array]:
        """(gain of one column over the base, its net sums, each half's from the other)."""
        z, size = np.full(len(self.y), self.base), int(ids.max()) + 1
        error, slope = self.signal(z)
        told = z.copy()
        for side in (0, 1):
            rows = self.half == side
            shift = self.shifts(error[rows], slope[rows], ids[rows], size, DAMPING[0])
            told[~rows] += shift[ids[~rows]]
        moved = told - z
        return float((error * moved - slope * moved ** 2 / 2).mean()), told

    def fit_sum(self, columns: Sequence[Array]) -> None:
        """Fit the sum of columns on each half."""
        for side in (0, 1):
            rows, z = self.half == side, self.z[side]
            for _ in range(ROUNDS):
                for ids in columns:
                    error, slope = self.signal(z)
                    z += self.shifts(error[rows], slope[rows], ids[rows], int(ids.max()) + 1, DAMPING[0])[ids]

    def pairs(self, columns: Sequence[Array]) -> dict[tuple[int, int], float]:
        """What each pair of columns gains over the sum of all columns, {(a, b): gain}.

        The sum fitted on one half shifts by that half's errors, and is judged by the errors it leaves on the other.
        """
        signals = [self.signal(z) for z in self.z]                  # of the sum fitted on half 0, on half 1
        halves = [np.flatnonzero(self.half == side) for side in (0, 1)]
        parts = [[ids[rows] for ids in columns] for rows in halves]
        sizes = [int(ids.max()) + 1 for ids in columns]
        gains: dict[tuple[int, int], float] = {}
        for a, b in combinations(range(len(columns)), 2):
            total = 0.0
            for side, (error, slope) in enumerate(signals):
                mine, theirs = ((part[a] * sizes[b] + part[b]) for part in (parts[side], parts[1 - side]))
                shift = self.shifts(error[halves[side]], slope[halves[side]], mine, sizes[a] * sizes[b], DAMPING[1])
                moved = shift[theirs]
                left, steep = error[halves[1 - side]], slope[halves[1 - side]]
                total += float((left * moved - steep * moved ** 2 / 2).sum())
            gains[a, b] = total / len(self.y)
        return gains
