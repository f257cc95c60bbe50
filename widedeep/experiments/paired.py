"""Is the difference real?   Two questions, two 95 % confidence intervals.

    over seeds   d_s = A_s - B_s, the same seed in both      mean(d) +- t_(0.975, n - 1) sd(d) / sqrt n
    over rows    would other test rows show the same?        a mean over rows has the standard error sd / sqrt N

Pairing removes what both share: hard seeds and hard rows.  A difference may be certain over seeds, and yet smaller
than the standard error of the test sample: so both intervals are given.

AUC is a mean over pairs of rows.  Its standard error comes from the placements: for each row, the share of the rows of
the other class that it is ranked correctly against.

Read before: trial.py        Read next: ablation.py
Source: Student 1908; DeLong, DeLong and Clarke-Pearson 1988 (placements).
"""
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from perceptron.activations import Array
from perceptron.losses import log_loss

T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)    # Student's t at 0.975, for 1 to 9 degrees


class Interval(NamedTuple):
    """mean, and the 95 % interval [low, high]; of how many numbers, and how many of these are above and below 0."""

    mean: float
    low: float
    high: float
    n: int
    above: int
    below: int

    def __str__(self) -> str:
        return f"{self.mean:+.5f} " + (f"[{self.low:+.5f}, {self.high:+.5f}]" if self.n > 1 else "(one seed)")


def student(degrees: int) -> float:
    """t at 0.975.  From 10 degrees of freedom on, an expansion about the normal's 1.96, accurate to 1e-3."""
    if degrees < 1:
        raise ValueError(f"student: {degrees} degrees of freedom; want at least 2 numbers")
    if degrees <= len(T):
        return T[degrees - 1]
    x, n = 1.959964, degrees
    return (x + (x**3 + x) / (4 * n) + (5 * x**5 + 16 * x**3 + 3 * x) / (96 * n**2)
            + (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / (384 * n**3))


def over_seeds(a: Array, b: Array) -> Interval:
    """a, b : (S,) the same figure of both, for each seed.  With one seed the interval has no width, and no meaning."""
    d = np.asarray(a, float) - b
    half = student(len(d) - 1) * d.std(ddof=1) / np.sqrt(len(d)) if len(d) > 1 else 0.0
    return Interval(float(d.mean()), float(d.mean() - half), float(d.mean() + half), len(d), int((d > 0).sum()),
                    int((d < 0).sum()))


def loss_over_rows(y: Array, a: Sequence[Array], b: Sequence[Array]) -> Interval:
    """Log loss of a minus that of b, over test rows.  y : (N, 1)        a, b : logits (N, 1) of each seed"""
    d = np.mean([losses(z, y) for z in a], axis=0) - np.mean([losses(z, y) for z in b], axis=0)     # (N,)
    half = 1.96 * d.std(ddof=1) / np.sqrt(len(d))
    return Interval(float(d.mean()), float(d.mean() - half), float(d.mean() + half), len(d), int((d > 0).sum()),
                    int((d < 0).sum()))


def losses(z: Array, y: Array) -> Array:
    """(N,) the log loss of each row, in float64."""
    z, y = z.astype(np.float64), y.astype(np.float64)
    each = np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))
    assert np.isclose(each.mean(), log_loss(z, y)[0])
    return each[:, 0]


def auc_over_rows(y: Array, a: Sequence[Array], b: Sequence[Array]) -> Interval:
    """AUC of a minus that of b, over test rows.  y : (N, 1)        a, b : scores (N, 1) of each seed"""
    placed = [[np.mean([placements(y, z)[side] for z in model], axis=0) for side in (0, 1)] for model in (a, b)]
    positives, negatives = (left - right for left, right in zip(*placed))               # (P,), (Q,)
    mean = float(positives.mean())
    half = 1.96 * float(np.sqrt(positives.var(ddof=1) / len(positives) + negatives.var(ddof=1) / len(negatives)))
    d = np.concatenate([positives, negatives])
    return Interval(mean, mean - half, mean + half, len(y), int((d > 0).sum()), int((d < 0).sum()))


def placements(y: Array, score: Array) -> tuple[Array, Array]:
    """Of each positive, the share of negatives below it; of each negative, of positives above it.  Ties count half."""
    z, positive = score[:, 0], y[:, 0] == 1
    P, Q = int(positive.sum()), int((~positive).sum())
    rank = ranks(z)
    return (rank[positive] - ranks(z[positive])) / Q, 1 - (rank[~positive] - ranks(z[~positive])) / P


def ranks(x: Array) -> Array:
    """(n,) from 1; equal numbers share their mean rank."""
    _, group, counts = np.unique(x, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[group.ravel()]
