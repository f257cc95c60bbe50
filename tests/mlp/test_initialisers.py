"""Initialisers: the published variances, and the generator that they are given."""

import numpy as np
import pytest

from mlp import glorot, he
from perceptron import relu


@pytest.mark.parametrize("draw, variance", [(he, 2 / 400), (glorot, 2 / 700)])
def test_initialisers_have_the_published_variance(draw, variance, rng):
    W = draw(400, 300, rng)
    assert W.shape == (400, 300)
    assert W.var() == pytest.approx(variance, rel=0.02) and abs(W.mean()) < 4 * np.sqrt(variance / W.size)


def test_glorot_is_uniform_and_he_is_normal(rng):
    W = glorot(400, 300, rng)
    assert 0.999 < abs(W).max() / np.sqrt(6 / 700) <= 1  # sharp edges
    assert np.mean(abs(he(400, 300, rng)) > 2 * np.sqrt(2 / 400)) == pytest.approx(0.0455, abs=0.004)  # normal tails


@pytest.mark.parametrize("draw", [he, glorot])
def test_initialisers_follow_their_generator(draw):
    a, b, c = (draw(5, 3, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (a == b).all() and (a != c).all()


def test_he_keeps_the_size_of_the_signal_through_ten_layers_of_relu(rng):
    A = rng.normal(size=(200, 256))
    size = (A**2).mean()
    for _ in range(10):
        A = relu(A @ he(256, 256, rng))
    assert 0.4 < (A**2).mean() / size < 2.5  # with Var(W) = 1 / D it would be 2^-10
