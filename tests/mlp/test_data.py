"""The spirals are what they say."""

import numpy as np

from mlp.data import two_spirals


def test_spirals_are_as_told(spirals):
    X, y = spirals
    assert X.shape == (120, 2) and y[:, 0].tolist() == [0] * 60 + [1] * 60
    exact = two_spirals(60, 0.0, np.random.default_rng(1))[0]
    np.testing.assert_array_equal(exact[60:], -exact[:60])
    assert 0.9 < np.linalg.norm(exact, axis=1).max() <= 1


def test_every_point_has_a_noise_of_its_own():
    exact, noisy = (two_spirals(2000, noise, np.random.default_rng(1))[0] for noise in (0.0, 0.1))
    off = noisy - exact
    np.testing.assert_allclose(off.std(axis=0), 0.1, rtol=0.05)
    assert abs(np.corrcoef(off.T)[0, 1]) < 0.05 and abs(off.mean()) < 0.01
