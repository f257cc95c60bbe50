"""Baselines, by hand and by least squares."""

import numpy as np
import pytest

from widedeep.ranking import baselines


def test_ease_is_the_least_squares_of_each_film_on_the_others(rng):
    X = (rng.random((30, 6)) < 0.4).astype(float)
    W = baselines.ease_weights(X, 3.0)
    for j in range(6):
        others = np.delete(np.arange(6), j)
        A = X[:, others]
        w = np.linalg.solve(A.T @ A + 3 * np.eye(5), A.T @ X[:, j])  # ridge regression
        assert W[others, j] == pytest.approx(w, abs=1e-12) and W[j, j] == 0


def test_neighbours_by_hand():
    X = np.array([[1, 1, 0], [1, 1, 1], [0, 0, 1.0]])
    a, b = 1.0, 1 / 2  # cos(0, 1) = 2 / sqrt(2 2); cos(0, 2) = 1 / sqrt(2 2)
    assert baselines.neighbours(X, 1) == pytest.approx(X @ np.array([[0, a, b], [a, 0, b], [0, 0, 0]]))
    assert baselines.neighbours(X, 2) == pytest.approx(X @ np.array([[0, a, b], [a, 0, b], [b, b, 0]]))


def test_popularity_is_the_same_for_everybody(split):
    S = baselines.popularity(split.train.matrix())
    assert (S == S[0]).all() and S[0].sum() == len(split.train.items)


def test_baselines_refuse(split):
    with pytest.raises(ValueError, match="l2 0"):
        baselines.ease(split.train.matrix(), 0)
    with pytest.raises(ValueError, match="k 23"):
        baselines.neighbours(split.train.matrix(), 23)
