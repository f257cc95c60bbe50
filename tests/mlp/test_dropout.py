"""Dropout: the mask, and where it acts."""

import numpy as np
import pytest

from mlp import MLP
from mlp.dropout import dropout_mask
from tests.mlp.builders import D, N, awake


def test_the_mask_is_0_or_1_over_keep_and_keeps_the_mean(rng):
    mask = dropout_mask(np.empty((300, 400), np.float32), 0.2, rng)
    assert set(np.unique(mask)) == {0, np.float32(1.25)} and mask.dtype == np.float32
    assert (mask == 0).mean() == pytest.approx(0.2, abs=0.005) and mask.mean() == pytest.approx(1, abs=0.006)


def test_dropout_acts_only_where_a_generator_is_given(rng):
    plain, dropping = (awake([D, 30, 2], np.random.default_rng(1), dropout=rate) for rate in (0, 0.5))
    X = rng.normal(size=(N, D))
    np.testing.assert_array_equal(plain.forward(X)[0], dropping.forward(X)[0])
    np.testing.assert_array_equal(plain.forward(X)[0], plain.forward(X, rng)[0])
    assert (dropping.forward(X, rng)[0] != dropping.forward(X)[0]).all()


def test_without_dropout_the_generator_is_not_used(rng):
    state = rng.bit_generator.state
    MLP([D, 3, 2], np.random.default_rng(0)).forward(np.ones((N, D)), rng)
    assert rng.bit_generator.state == state


def test_the_output_is_never_dropped(rng):
    net = awake([D, 30, 30, 2], rng, dropout=0.5)
    masks = [mask for _, mask in net.forward(rng.normal(size=(N, D)), rng)[1]]
    assert (masks[0] == 0).any() and (masks[1] == 0).any() and masks[2] is None


@pytest.mark.parametrize("rate", [-0.1, 1, np.nan])
def test_a_rate_that_is_no_probability_or_leaves_nothing_is_refused(rate, rng):
    with pytest.raises(ValueError, match=rf"dropout: rate {rate}; want a probability in \[0, 1\)"):
        dropout_mask(np.ones((2, 3)), rate, rng)


def test_the_mask_is_made_of_draws_in_float32():
    draws = np.random.default_rng(4).random((5, 6), dtype=np.float32)
    np.testing.assert_array_equal(dropout_mask(np.ones((5, 6)), 0.5, np.random.default_rng(4)), 2.0 * (draws >= 0.5))


def test_a_draw_that_is_the_rate_is_kept_so_that_rate_0_drops_nothing():
    class Lowest:
        def random(self, shape, dtype):
            return np.zeros(shape, dtype)

    assert (dropout_mask(np.ones((2, 3)), 0, Lowest()) == 1).all()
