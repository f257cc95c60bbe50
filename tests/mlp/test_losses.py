"""Losses: by hand, against scikit-learn, and their slopes."""

import numpy as np
import pytest
from sklearn.metrics import log_loss as sklearn_log_loss
from sklearn.metrics import mean_squared_error

from mlp import log_loss, softmax, softmax_cross_entropy, squared_error
from mlp.gradcheck import check
from tests.mlp.builders import LIMIT, METHODS, N, every_loss, labels


@METHODS
@every_loss
@pytest.mark.parametrize("weighted", [False, True])
def test_the_loss_alone_is_the_slope(loss, K, weighted, method, rng):
    z, y, w = rng.uniform(-3, 3, (N, K)), labels(loss, K, rng), rng.uniform(0.2, 3, (N, 1)) if weighted else None
    report = check({"z": z}, lambda m: loss(m["z"], y, w)[0], {"z": loss(z, y, w)[1]}, method=method)
    assert report.ok and report.error < LIMIT[method]


def test_softmax_by_hand():
    # e^0 : e^log2 : e^log5 = 1 : 2 : 5
    np.testing.assert_allclose(softmax(np.log([[1.0, 2, 5]])), [[0.125, 0.25, 0.625]], rtol=1e-15)


def test_softmax_cross_entropy_by_hand():
    # p = (1, 2, 5) / 8, class 1: loss log 4; p = 1/3 each, class 0: loss log 3.  N = 2.
    value, dz = softmax_cross_entropy(np.array([np.log([1.0, 2, 5]), [0, 0, 0]]), np.eye(3)[[1, 0]])
    assert value == pytest.approx((np.log(4) + np.log(3)) / 2, rel=1e-14)
    np.testing.assert_allclose(2 * dz, [[0.125, -0.75, 0.625], [-2 / 3, 1 / 3, 1 / 3]], rtol=1e-14)


def test_squared_error_by_hand():
    # errors (1, -2) and (0, 3): (1 + 4) / 2 = 2.5 and 9 / 2 = 4.5, mean 3.5;  dz = error / 2
    value, dz = squared_error(np.array([[2.0, 0], [5, 4]]), np.array([[1.0, 2], [5, 1]]))
    assert value == 3.5 and dz.tolist() == [[0.5, -1], [0, 1.5]]


def test_weighted_squared_error_by_hand():
    # losses 2.5 and 4.5 with weights 3 and 1: (7.5 + 4.5) / 4 = 3;  dz = w error / 4
    value, dz = squared_error(np.array([[2.0, 0], [5, 4]]), np.array([[1.0, 2], [5, 1]]), np.array([[3.0], [1]]))
    assert value == 3 and dz.tolist() == [[0.75, -1.5], [0, 0.75]]


@pytest.mark.parametrize("weighted", [False, True])
def test_losses_agree_with_scikit_learn(weighted, rng):
    Z, y, w = rng.uniform(-9, 9, (101, 4)), rng.integers(0, 4, 101), rng.uniform(0.1, 2, (101, 1)) if weighted else None
    flat = None if w is None else w[:, 0]
    theirs = sklearn_log_loss(y, softmax(Z), sample_weight=flat)
    assert softmax_cross_entropy(Z, np.eye(4)[y], w)[0] == pytest.approx(theirs, rel=1e-12)
    target = rng.normal(size=(101, 4))
    theirs = 4 * mean_squared_error(target, Z, sample_weight=flat) / 2  # sum over columns, and the half
    assert squared_error(Z, target, w)[0] == pytest.approx(theirs, rel=1e-12)


def test_softmax_of_two_classes_is_the_sigmoid_of_their_difference(rng):
    z, y = rng.normal(size=(N, 1)), labels(log_loss, 1, rng)
    two = softmax_cross_entropy(np.hstack([np.zeros_like(z), z]), np.hstack([1 - y, y]))
    one = log_loss(z, y)
    assert two[0] == pytest.approx(one[0], rel=1e-14)
    np.testing.assert_allclose(two[1][:, 1:], one[1], rtol=1e-13)


def test_labels_may_be_probabilities(rng):
    Z, y = rng.normal(size=(N, 3)), rng.dirichlet(np.ones(3), N)
    report = check({"Z": Z}, lambda m: softmax_cross_entropy(m["Z"], y)[0], {"Z": softmax_cross_entropy(Z, y)[1]})
    assert report.ok
    assert not softmax_cross_entropy(np.log(y), y)[1].round(15).any()  # p = y: nothing to learn


def test_softmax_does_not_change_when_a_row_is_shifted(rng):
    Z, y = rng.normal(size=(N, 3)), np.eye(3)[[0, 1, 2, 0, 1, 2, 0]]
    for a, b in zip(softmax_cross_entropy(Z, y), softmax_cross_entropy(Z + 300, y), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11)


def test_extreme_logits_of_softmax_are_exact():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, dz = softmax_cross_entropy(np.array([[1e4, 0, -1e4]]), np.eye(3)[[2]])
    assert value == 2e4 and dz.tolist() == [[1, 0, -1]]


def test_each_row_is_shifted_by_its_own_largest_logit():
    """One shift for all rows would leave nothing of a small one: exp(-2000) is 0."""
    Z = np.array([[0.0, 0.0, np.log(2)], [2000.0, 2000.0, 2000.0]])
    np.testing.assert_allclose(softmax(Z), [[0.25, 0.25, 0.5], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-14)
    value, dz = softmax_cross_entropy(Z, np.eye(3)[[2, 0]])
    assert value == pytest.approx((np.log(2) + np.log(3)) / 2, rel=1e-12)
    np.testing.assert_allclose(dz, np.array([[0.25, 0.25, -0.5], [-2 / 3, 1 / 3, 1 / 3]]) / 2, rtol=1e-12)


@every_loss
def test_losses_shrink_with_n_and_parts_add_up(loss, K, rng):
    z, y, w = rng.normal(size=(N, K)), labels(loss, K, rng), rng.uniform(0.1, 2, (N, 1))
    value, dz = loss(z, y, w)
    parts = [loss(z[s], y[s], w[s], n=w.sum()) for s in (slice(0, 2), slice(2, N))]
    assert sum(v for v, _ in parts) == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(np.vstack([d for _, d in parts]), dz, rtol=1e-13)
    assert loss(z, y, n=2 * N)[0] == pytest.approx(loss(z, y)[0] / 2, rel=1e-14)


@every_loss
def test_losses_leave_their_inputs_alone(loss, K, rng, sealed):
    z, y, w = rng.normal(size=(N, K)), labels(loss, K, rng), np.ones((N, 1))
    sealed(z, y, w)
    dz = loss(z, y, w)[1]
    assert not np.shares_memory(dz, z) and not np.shares_memory(dz, y)


@pytest.mark.parametrize(
    "loss, y, w, words",
    [
        (softmax_cross_entropy, np.zeros(2), None, r"logits \(2, 3\) and labels \(2,\) must match; .*np.eye\(K\)"),
        (softmax_cross_entropy, np.ones((2, 3)), None, "must be >= 0 and sum to 1"),
        (softmax_cross_entropy, np.array([[2.0, -1, 0]] * 2), None, "must be >= 0 and sum to 1"),
        (softmax_cross_entropy, np.full((2, 3), np.nan), None, "must be >= 0 and sum to 1"),
        (softmax_cross_entropy, np.eye(3)[:2], np.ones((2, 3)), r"entropy: sample_weight \(2, 3\); want \(2, 1\)"),
        (softmax_cross_entropy, np.eye(3)[:2], np.zeros((2, 1)), "softmax_cross_entropy: nothing to average"),
        (
            squared_error,
            np.zeros(2),
            None,
            r"squared_error: outputs \(2, 3\) and labels \(2,\) must match$",
        ),
        (squared_error, np.zeros((2, 1)), None, r"labels \(2, 1\) must match"),
        (squared_error, np.zeros((2, 3)), np.ones(2), r"squared_error: sample_weight \(2,\); want \(2, 1\)"),
        (squared_error, np.zeros((2, 3)), np.zeros((2, 1)), "squared_error: nothing to average"),
    ],
)
def test_losses_refuse_and_say_why(loss, y, w, words):
    with pytest.raises(ValueError, match=words):
        loss(np.zeros((2, 3)), y, w)


@pytest.mark.parametrize("off, fine", [(5e-5, True), (-5e-5, True), (1e-3, False), (-1e-3, False)])
def test_rows_of_labels_sum_to_1_but_for_rounding(off, fine):
    y = np.array([[0.25, 0.75 + off], [1.0, 0.0]])
    if fine:
        assert softmax_cross_entropy(np.zeros((2, 2)), y)[0] == pytest.approx(np.log(2), abs=1e-4)
    else:
        with pytest.raises(ValueError, match="sum to 1"):
            softmax_cross_entropy(np.zeros((2, 2)), y)


@every_loss
def test_float32_outputs_keep_float32_slopes_whatever_the_labels(loss, K, rng):
    z, y = rng.normal(size=(N, K)).astype(np.float32), labels(loss, K, rng).astype(np.float64)
    value, dz = loss(z, y)
    assert dz.dtype == np.float32 and value.dtype == np.float32


@pytest.mark.parametrize("loss", [softmax_cross_entropy, squared_error], ids=lambda f: f.__name__)
def test_whole_outputs_do_not_round_the_labels(loss):
    z, y = np.array([[1, 0], [2, 1]]), np.array([[0.25, 0.75], [0.5, 0.5]])
    (value, dz), (wanted, slopes) = loss(z, y), loss(z.astype(float), y)
    assert value == wanted and np.array_equal(dz, slopes)
