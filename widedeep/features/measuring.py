"""Measuring: what does a column, or a pair of columns, know about the answers beyond a sum of columns?

A group g of rows (a value, a bucket, a pair of values) shifts the net sum by one damped Newton step,

    shift_g = sum_g e / (sum_g s + damping)             e = y - a, the error signal        s its slope: p (1 - p), or 1

and what a shift gains on the OTHER half of the rows is, to second order,  mean(e shift - s shift^2 / 2).  For labels 0
and 1 the unit is nats a row, for standardised numbers half a variance.  The sum of columns is fitted in the same steps,
one column after the other, several times around (backfitting).

Where a row has one value of each column, the gain needs no row again, only the sums of e and s in each group,

    gain = sum_g (E_g shift_g - S_g shift_g^2 / 2) / N          E, S: of the half that judges

so that a pair of columns is four counts of 20,000 rows, and a table of 74 numbers has its 2,701 pairs in a second.

Read before: column_plans.py        Read next: choosing.py
Source: Hastie and Tibshirani 1990 (backfitting); Lou et al. 2013 (pairs that add to a sum of columns).
"""
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from perceptron.activations import Array, sigmoid

DAMPING = 2.0, 20.0                                     # of a column and of a pair, whose groups are smaller
ROUNDS = 3


class Measured:
    """One question: 0 or 1, or a standardised number.

    y : (n,)        yes_no : is y 0 or 1?        half : (n,) 0 or 1
    Columns are ids (n, slots), 0 for nothing known.
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

    def gain(self, ids: Array, z: Array, damping: float) -> tuple[float, Array]:
        """(what the groups gain, (n,) shifts): each half is shifted, and judged, by what the other half says.

        z : (2, n) net sums to begin with, fitted on either half        a row of several groups gets their mean shift
        """
        shifts, gained = np.zeros(len(ids)), 0.0
        for side in (0, 1):
            error, slope = self.signal(z[side])
            others = self.half != side
            moved = shifts[others] = self.shift(side, error, slope, ids, damping)[others]
            gained += float((error[others] * moved - slope[others] * moved ** 2 / 2).sum())
        return gained / len(ids), shifts

    def shift(self, side: int, error: Array, slope: Array, ids: Array, damping: float) -> Array:
        """(n,) of every row, from the groups' errors on one half."""
        rows, slots, size = self.half == side, ids.shape[1], int(ids.max()) + 1
        groups = ids[rows].ravel()
        up, weight = (np.bincount(groups, np.repeat(of[rows], slots), size) for of in (error, slope))
        step = up / (weight + damping)
        step[0] = 0
        found: Array = step[ids].sum(axis=1) / np.maximum((ids > 0).sum(axis=1), 1)
        return found

    def alone(self, ids: Array) -> tuple[float, Array]:
        """(gain of one column over the best constant, (n,) its net sums, each half's from the other)."""
        gained, shifts = self.gain(ids, np.full((2, len(self.y)), self.base), DAMPING[0])
        return gained, self.base + shifts

    def beyond(self, ids: Array) -> float:
        """Gain of a pair of columns, as ids of the pairs, over the sum of columns."""
        return self.gain(ids, self.z, DAMPING[1])[0]

    def fit_sum(self, columns: Sequence[Array]) -> None:
        """Fit the sum of columns on each half."""
        for side in (0, 1):
            for ids in [*columns] * ROUNDS:
                self.z[side] += self.shift(side, *self.signal(self.z[side]), ids, DAMPING[0])

    def pairs(self, columns: Sequence[Array]) -> dict[tuple[int, int], float]:
        """What each pair of columns gains over the sum of all columns, {(a, b): gain}."""
        signals = [self.signal(z) for z in self.z]                  # of the sum fitted on half 0, on half 1
        sizes = [int(ids.max()) + 1 for ids in columns]
        gains: dict[tuple[int, int], float] = {}
        for a, b in combinations(range(len(columns)), 2):
            if columns[a].shape[1] > 1 or columns[b].shape[1] > 1:
                gains[a, b] = self.beyond(joined(columns[a], columns[b]))
                continue
            shape, total = (2, sizes[a], sizes[b]), 0.0
            groups = (self.half * sizes[a] + columns[a][:, 0]) * sizes[b] + columns[b][:, 0]
            for side, (error, slope) in enumerate(signals):
                up, weight = (np.bincount(groups, of, np.prod(shape)).reshape(shape)[:, 1:, 1:]
                              for of in (error, slope))
                shift = up[side] / (weight[side] + DAMPING[1])
                total += float((up[1 - side] * shift - weight[1 - side] * shift ** 2 / 2).sum())
            gains[a, b] = total / len(self.y)
        return gains


def joined(a: Array, b: Array) -> Array:
    """(n, slots of a times slots of b): ids of the pairs of values, 0 where either is not known."""
    keys = a[:, :, None].astype(np.int64) * (int(b.max()) + 1) + b[:, None, :]
    return np.where((a[:, :, None] > 0) & (b[:, None, :] > 0), keys, 0).reshape(len(a), -1)
