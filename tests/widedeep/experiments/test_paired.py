"""Paired differences: by hand, and against SciPy."""

import numpy as np
import pytest

from widedeep.experiments import paired
from widedeep.metrics import auc


def test_student_against_scipy():
    stats = pytest.importorskip("scipy.stats")
    for degrees in (*range(1, 40), 99, 1000):
        assert paired.student(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), abs=6e-4)
    with pytest.raises(ValueError, match="2 numbers"):
        paired.student(0)


def test_the_interval_over_seeds_by_hand():
    # d = 1, 2, 3: mean 2, sd 1, t(2 degrees) 4.303, half 4.303 / sqrt 3 = 2.4843
    found = paired.over_seeds(np.array([2.0, 4.0, 6.0]), np.array([1.0, 2.0, 3.0]))
    assert found == pytest.approx((2, 2 - 2.4843, 2 + 2.4843, 3, 3, 0), abs=1e-3)
    assert paired.over_seeds(np.array([1.0]), np.array([3.0])) == (-2, -2, -2, 1, 0, 1)
    same = paired.over_seeds(np.ones(3), np.ones(3))
    assert (same.above, same.below) == (0, 0)  # a tie is neither


def test_placements_by_hand():
    # positives 3, 1; negatives 2, 1: 3 is above both; 1 is above none and ties with one
    y = np.array([[1], [1], [0], [0]])
    positives, negatives = paired.placements(y, np.array([[3.0], [1.0], [2.0], [1.0]]))
    assert positives.tolist() == [1, 0.25] and negatives.tolist() == [0.5, 0.75]


def test_the_interval_of_auc_over_rows_against_the_definition(rng):
    y = (rng.random((60, 1)) < 0.4).astype(float)
    a, b = y + rng.normal(size=y.shape), y + 2 * rng.normal(size=y.shape)
    found = paired.auc_over_rows(y, [a], [b])
    assert found.mean == pytest.approx(auc(y, a) - auc(y, b), abs=1e-12)
    above = np.zeros((2, int(y.sum()), int((1 - y).sum())))  # [model, positive, negative]: is it above?
    for model, z in enumerate((a, b)):
        above[model] = z[y == 1][:, None] > z[y == 0][None, :]
    d = above[0] - above[1]
    variance = d.mean(axis=1).var(ddof=1) / d.shape[0] + d.mean(axis=0).var(ddof=1) / d.shape[1]
    assert found.high - found.mean == pytest.approx(1.96 * np.sqrt(variance), rel=1e-9)


def test_the_interval_of_log_loss_over_rows_by_hand():
    # y = 1, z = 0 costs ln 2; y = 1, z = ln 3 costs -ln 3/4: d = ln 3/2 on one row of two, 0 on the other
    y, d = np.ones((2, 1)), np.log(1.5)
    found = paired.loss_over_rows(y, [np.zeros((2, 1))], [np.array([[np.log(3)], [0.0]])])
    assert found.mean == pytest.approx(d / 2)
    assert found.high - found.mean == pytest.approx(1.96 * (d / np.sqrt(2)) / np.sqrt(2))
