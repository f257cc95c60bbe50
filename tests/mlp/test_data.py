"""The spirals are what they say."""

import numpy as np

from mlp.data import two_spirals


def test_spirals_are_as_told(spirals):
    X, y = spirals
    assert X.shape == (120, 2) and y[:, 0].tolist() == [0] * 60 + [1] * 60
    exact = two_spirals(60, 0.0, np.random.default_rng(1))[0]
    np.testing.assert_array_equal(exact[60:], -exact[:60])
    assert 0.9 < np.linalg.norm(exact, axis=1).max() <= 1
