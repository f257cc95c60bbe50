"""Metrics: how good are the probabilities?

    AUC           the chance that a positive row is scored above a negative one, ties counting half
    log loss      nats per example, what training descends (perceptron/losses.py)
    accuracy      how often p >= 1/2 says what happened
    calibration   of the rows that were given p, did a share p happen?

Read before: perceptron/losses.py        Read next: recommend.py
"""
import warnings
from typing import Any, NamedTuple

import numpy as np

from perceptron.activations import Array, sigmoid
from perceptron.losses import log_loss
from perceptron.neuron import check_labels, numbers


def auc(y: Any, score: Any) -> float:
    """Area under the ROC curve, by ranks: (R - P (P + 1) / 2) / (P Q), R the sum of the positives' ranks.

    y : (N, 1) labels, 0 or 1        score : (N, 1) anything that grows with the chance of 1
    P positives, Q negatives.  Equal scores share their mean rank.  Raises ValueError if there is one class only.
    Source: Hanley and McNeil 1982 (the Wilcoxon statistic).
    """
    y, score = check_scores("auc", y, score)
    positives = int((y == 1).sum())
    if positives in (0, len(y)):
        raise ValueError(f"auc: all {len(y)} labels are {int(y[0, 0])}; with one class there is nothing to rank")
    _, group, counts = np.unique(score, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2                # of each distinct score, from 1
    R = mean_rank[group.ravel()[y[:, 0] == 1]].sum()
    return float((R - positives * (positives + 1) / 2) / (positives * (len(y) - positives)))


def accuracy(y: Any, p: Any) -> float:
    """Share of rows whose label is what p >= 1/2 says.  y, p : (N, 1), p a probability, not a logit"""
    y, p = check_probabilities("accuracy", y, p)
    return float(((p >= 0.5) == (y == 1)).mean())


class Calibration(NamedTuple):
    """For each bin that holds a row: the mean probability given, the share of ones that came, the number of rows."""

    predicted: Array
    observed: Array
    counts: Array

    @property
    def error(self) -> float:
        """Expected calibration error: the mean gap, weighted by rows.   Naeini et al. 2015"""
        return float((np.abs(self.predicted - self.observed) * self.counts).sum() / self.counts.sum())


def calibration(y: Any, p: Any, bins: int = 10) -> Calibration:
    """Rows grouped by p into `bins` of equal width.  y, p : (N, 1), p a probability, not a logit"""
    y, p = check_probabilities(f"calibration: {bins} bins", y, p)
    if bins < 1:
        raise ValueError(f"calibration: {bins} bins; want at least 1")
    group = np.minimum((p[:, 0] * bins).astype(int), bins - 1)
    counts = np.bincount(group, minlength=bins)
    held = counts > 0
    sums = [np.bincount(group, weights=v[:, 0], minlength=bins)[held] / counts[held] for v in (p, y)]
    return Calibration(sums[0], sums[1], counts[held])


def evaluate(z: Any, y: Any) -> dict[str, float]:
    """{"auc", "log_loss", "accuracy"} of logits z (N, 1) for labels y (N, 1), in float64.

    Warns where all logits lie between 0 and 1: they are likely probabilities, whose log loss would be another number.
    """
    y, z = check_scores("evaluate", y, z)
    z, y = z.astype(np.float64), y.astype(np.float64)
    if z.min() >= 0 and z.max() <= 1 and z.min() < z.max():
        warnings.warn("evaluate: all logits lie in [0, 1], as probabilities do; want model.logits(batch), not "
                      "model.predict(batch)", stacklevel=2)
    return {"auc": auc(y, z), "log_loss": float(log_loss(z, y)[0]), "accuracy": accuracy(y, sigmoid(z))}


def check_probabilities(who: str, y: Any, p: Any) -> tuple[Array, Array]:
    """y, p as arrays.  Raises ValueError as check_scores does, and for a p that is no probability."""
    y, p = check_scores(who, y, p)
    if p.min() < 0 or p.max() > 1:
        raise ValueError(f"{who}, p in [{p.min():g}, {p.max():g}]; want probabilities, as model.predict(batch) gives, "
                         "not logits: of logits z, sigmoid(z)")
    return y, p


def check_scores(who: str, y: Any, score: Any) -> tuple[Array, Array]:
    """Labels y and scores (N, 1) as arrays.  Raises ValueError for other shapes, labels, or scores not finite."""
    score = numbers(who, "scores", score)
    check_labels(who, y, len(score) if score.ndim else 0)
    y = numbers(who, "labels", y)
    if score.shape != y.shape or len(y) == 0:
        raise ValueError(f"{who}: scores {score.shape}, labels {y.shape}; want (N, 1) both, N >= 1")
    if not np.isfinite(score).all():
        raise ValueError(f"{who}: scores hold NaN or infinite numbers: did training diverge? lower the learning rate")
    return y, score
