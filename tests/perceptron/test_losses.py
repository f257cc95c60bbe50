"""Log loss: by hand, against scikit-learn, its slope, its weights, and what it refuses."""

import numpy as np
import pytest
from sklearn.metrics import log_loss as sklearn_log_loss

from perceptron import log_loss, sigmoid


def batch(rng, n=7, spread=3.0):
    """Logits over [-3, 3], unbalanced labels of both kinds, unequal weights."""
    z = rng.uniform(-spread, spread, (n, 1))
    y = (np.arange(n)[:, None] % 3 == 0).astype(float)
    return z, y, rng.uniform(0.1, 2, (n, 1))


def test_log_loss_by_hand():
    # z = 0, y = 1: p = 1/2, loss log 2, p - y = -1/2.   z = log 3, y = 0: p = 3/4, loss log 4, p - y = 3/4.  N = 2.
    value, dz = log_loss(np.array([[0.0], [np.log(3)]]), np.array([[1.0], [0]]))
    assert value == pytest.approx((np.log(2) + np.log(4)) / 2, rel=1e-15)
    np.testing.assert_allclose(dz, [[-0.25], [0.375]], rtol=1e-15)


@pytest.mark.parametrize("weighted", [False, True])
def test_log_loss_agrees_with_scikit_learn(rng, weighted):
    z, y, w = batch(rng, 101, spread=12)
    w = w if weighted else None
    theirs = sklearn_log_loss(y[:, 0], sigmoid(z)[:, 0], sample_weight=None if w is None else w[:, 0])
    assert log_loss(z, y, w)[0] == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize(
    "z, y, loss, dz",
    [
        (1e4, 0.0, 1e4, 1.0),
        (-1e4, 1.0, 1e4, -1.0),
        (1e4, 1.0, 0.0, 0.0),
        (-1e4, 0.0, 0.0, 0.0),
        (-40.0, 0.0, np.exp(-40), np.exp(-40)),  # log(1 + e^-40) = e^-40 to 17 digits: 1 + e^-40 would round to 1
        (-745.0, 0.0, 5e-324, 5e-324),
    ],
)
def test_extreme_logits(z, y, loss, dz):
    with np.errstate(over="raise", invalid="raise"):
        value, slope = log_loss(np.array([[z]]), np.array([[y]]))
    assert value == pytest.approx(loss, rel=1e-15, abs=0)
    assert slope[0, 0] == pytest.approx(dz, rel=1e-15, abs=0)


@pytest.mark.parametrize("weighted", [False, True])
def test_log_loss_slope_is_the_complex_step(rng, weighted):
    z, y, w = batch(rng)
    z[0] = 0  # where the formula changes from one branch to the other
    w = w if weighted else None
    dz = log_loss(z, y, w)[1]
    for i in range(len(z)):
        moved = z.astype(complex)
        moved[i] += 1e-20j
        assert log_loss(moved, y, w)[0].imag / 1e-20 == pytest.approx(dz[i, 0], rel=1e-13)


def test_equal_weights_are_no_weights(rng):
    z, y, _ = batch(rng)
    for a, b in zip(log_loss(z, y, np.full_like(z, 3.7)), log_loss(z, y), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)


def test_a_weight_of_two_is_the_example_twice(rng):
    z, y, _ = batch(rng)
    w = np.ones_like(z)
    w[2] = 2
    twice = np.append(np.arange(7), 2)
    assert log_loss(z, y, w)[0] == pytest.approx(log_loss(z[twice], y[twice])[0], rel=1e-14)


@pytest.mark.parametrize("weighted", [False, True])
def test_parts_of_a_batch_add_up_with_n(rng, weighted):
    z, y, w = batch(rng)
    n = w.sum() if weighted else 7
    w = w if weighted else None
    value, dz = log_loss(z, y, w)
    parts = [log_loss(z[s], y[s], None if w is None else w[s], n=n) for s in (slice(0, 3), slice(3, 7))]
    assert sum(v for v, _ in parts) == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(np.vstack([d for _, d in parts]), dz, rtol=1e-14)


def test_a_batch_joined_to_itself_has_the_same_mean_and_half_the_slopes(rng):
    z, y, _ = batch(rng)
    value, dz = log_loss(z, y)
    joined, joined_dz = log_loss(np.vstack([z, z]), np.vstack([y, y]))
    assert joined == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(joined_dz, np.vstack([dz, dz]) / 2, rtol=1e-14)


def test_shuffling_the_labels_alone_changes_the_loss(rng):  # slip L12: (N, N)
    z, y, _ = batch(rng)
    assert abs(log_loss(z, np.roll(y, 1, axis=0))[0] - log_loss(z, y)[0]) > 0.01


def test_shuffling_rows_together_does_not(rng):
    z, y, w = batch(rng)
    order = rng.permutation(7)
    assert log_loss(z[order], y[order], w[order])[0] == pytest.approx(log_loss(z, y, w)[0], rel=1e-14)


def test_float32_logits_keep_float32_slopes(rng):
    z, y, _ = batch(rng)
    value, dz = log_loss(z.astype(np.float32), y)
    assert dz.dtype == np.float32 and value == pytest.approx(log_loss(z, y)[0], rel=1e-6)


def test_log_loss_leaves_its_inputs_alone(rng, sealed):
    z, y, w = batch(rng)
    sealed(z, y, w)
    log_loss(z, y, w)


@pytest.mark.parametrize(
    "z, y, w, n, words",
    [
        ((7, 1), np.ones(7), None, None, r"logits \(7, 1\) and labels \(7,\) must match; labels want y\[:, None\]"),
        ((7, 1), np.ones((6, 1)), None, None, r"labels \(6, 1\) must match"),
        ((7, 1), np.full((7, 1), 0.5), None, None, "labels must be 0 or 1, and one is 0.5"),
        ((7, 1), -np.ones((7, 1)), None, None, r"one is -1.0; for labels -1 and \+1"),
        ((7, 1), np.full((7, 1), np.nan), None, None, "one is nan"),
        ((7, 1), np.ones((7, 1)), np.ones(7), None, r"sample_weight \(7,\); want \(7, 1\), one weight per example"),
        ((7, 1), np.ones((7, 1)), np.full((7, 1), -0.5), None, "log_loss: a sample_weight is -0.5; want 0 or more"),
        ((7, 1), np.ones((7, 1)), np.zeros((7, 1)), None, "nothing to average: the examples weigh 0.0"),
        ((7, 1), np.ones((7, 1)), None, 0, "nothing to average"),
        ((0, 1), np.ones((0, 1)), None, None, "nothing to average"),
    ],
)
def test_log_loss_refuses_and_says_why(z, y, w, n, words):
    with pytest.raises(ValueError, match=words):
        log_loss(np.zeros(z), y, w, n)


def test_whole_logits_do_not_round_the_labels():
    with pytest.raises(ValueError, match="labels must be 0 or 1, and one is 0.5"):
        log_loss(np.array([[1], [2]]), np.array([[1.0], [0.5]]))
