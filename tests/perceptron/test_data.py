"""The small data sets are what they say."""

import numpy as np

from perceptron.data import two_clouds


def test_two_clouds_are_as_far_apart_as_asked(rng):
    X, y = two_clouds(20_000, 5.0, rng)
    assert X.shape == (40_000, 2) and y.shape == (40_000, 1) and y.mean() == 0.5
    centres = X[y[:, 0] == 1].mean(axis=0) - X[y[:, 0] == 0].mean(axis=0)
    np.testing.assert_allclose(centres, 5 / np.sqrt(2), atol=0.05)  # along the diagonal
    np.testing.assert_allclose(X[y[:, 0] == 0].std(axis=0), 1, atol=0.02)
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=0.05)  # one on each side of the origin
