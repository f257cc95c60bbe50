"""Kinks: reported, not judged, and no excuse for anything else."""

from itertools import permutations

import numpy as np
import pytest

from mlp import MLP, log_loss
from mlp.gradcheck import check
from mlp.gradcheck.kinks import between_slopes, crosses
from mlp.network import pre_activations
from perceptron import relu


def relu_sum(model):
    return (relu(model["z"]) * np.array([2.0, 3, 5])).sum()


@pytest.mark.parametrize(
    "at, left, right",
    [
        (0.0, 0, 2),  # exactly on it
        (-3e-6, 0, 1),  # within the step of 6e-6: from the right, half of the way is uphill
        (3e-6, 1, 2),
    ],
)
@pytest.mark.parametrize("slope_at_the_kink", [0.0, 2.0, 0.3])
def test_a_relu_kink_within_the_step_is_reported_not_failed(at, left, right, slope_at_the_kink):
    model = {"z": np.array([at, 1, -1])}
    report = check(model, relu_sum, {"z": np.array([slope_at_the_kink, 3, 0])}, pre_activations=lambda m: [m["z"]])
    assert report.ok and report["z"].judged == 2
    ((index, on_left, on_right),) = report["z"].kinks
    assert index == (0,) and on_left == pytest.approx(left, abs=1e-9) and on_right == pytest.approx(right, abs=1e-9)
    assert "1 on a kink, not judged (first [0]" in str(report)


def test_without_the_pre_activations_a_kink_is_a_wrong_entry():
    model = {"z": np.array([0.0, 1, -1])}
    report = check(model, relu_sum, {"z": np.array([0.0, 3, 0])})
    assert report["z"].verdict == "wrong" and report["z"].worst == (0,) and report["z"].measured == pytest.approx(1)


def test_a_kink_out_of_reach_of_the_step_excuses_nothing():
    model = {"z": np.array([1e-4, 1, -1])}
    report = check(model, relu_sum, {"z": np.array([0.0, 3, 0])}, pre_activations=lambda m: [m["z"]])
    assert report["z"].verdict == "wrong" and not report["z"].kinks


def test_a_small_mistake_away_from_every_kink_is_not_excused():
    model = {"z": np.array([0.5, 1, -1])}
    report = check(model, relu_sum, {"z": np.array([2.0002, 3, 0])}, pre_activations=lambda m: [m["z"]])
    assert report["z"].verdict == "wrong" and not report["z"].kinks


def test_a_kink_excuses_only_its_own_entry():
    model = {"z": np.array([0.0, 1, -1])}
    report = check(model, relu_sum, {"z": np.array([0.0, 4, 0])}, pre_activations=lambda m: [m["z"]])
    assert report["z"].verdict == "wrong" and report["z"].worst == (1,) and len(report["z"].kinks) == 1


def test_nothing_but_kinks_is_not_ok():
    report = check({"z": np.zeros(3)}, relu_sum, {"z": np.zeros(3)}, pre_activations=lambda m: [m["z"]])
    assert not report.ok and report["z"].verdict == "unclear" and "move the inputs" in str(report)


def relu_network_on_a_kink(rng):
    """Row 2 holds a 1 and zeros: hidden neuron 1 adds W[4, 1] + b[1] = 0 there, so these two move it off its kink."""
    net, X, y = MLP([5, 3, 1], rng, np.float64), rng.normal(size=(7, 5)), np.eye(7)[:, :1]
    X[2] = [0.0, 0, 0, 0, 1]
    net.layers[0].W[4, 1] = 0  # Z[2, 1] = W[4, 1] + b[1] = 0
    return net, X, y


def test_kinks_inside_a_network_are_found_through_its_net_sums(rng):
    net, X, y = relu_network_on_a_kink(rng)
    z, caches = net.forward(X)
    assert pre_activations(caches)[0][2, 1] == 0
    grads = net.backward(log_loss(z, y)[1], caches)[1]
    report = check(
        net,
        lambda m: log_loss(m.forward(X)[0], y)[0],
        grads,
        pre_activations=lambda m: pre_activations(m.forward(X)[1]),
    )
    assert report.ok
    assert {(a.name, index) for a in report.arrays for index, *_ in a.kinks} == {("0.W", (4, 1)), ("0.b", (1,))}


def test_the_complex_step_has_no_step_and_meets_no_kink(rng):
    net, X, y = relu_network_on_a_kink(rng)
    z, caches = net.forward(X)
    grads = net.backward(log_loss(z, y)[1], caches)[1]
    assert check(net, lambda m: log_loss(m.forward(X)[0], y)[0], grads, method="complex").ok


def test_a_logit_that_changes_its_sign_is_no_kink(rng):
    net, X, y = MLP([5, 3, 1], rng, np.float64), rng.normal(size=(7, 5)), np.eye(7)[:, :1]
    net.layers[1].W[...] = 0  # every logit is 0 and moves with 1.b
    z, caches = net.forward(X)
    grads = net.backward(log_loss(z, y)[1], caches)[1]
    grads["1.b"] *= -1
    report = check(
        net,
        lambda m: log_loss(m.forward(X)[0], y)[0],
        grads,
        pre_activations=lambda m: pre_activations(m.forward(X)[1]),
    )
    assert report["1.b"].verdict == "wrong"


@pytest.mark.parametrize("slopes", list(permutations([-1.0, 2.0, 3.0, 5.0])), ids=str)
def test_between_the_slopes_is_between_the_least_and_the_largest_of_four(slopes):
    """Straight pieces, a step of 1 each: from -2 to -1, to 0, to 1, to 2; steep beyond, where nobody should look."""
    x = np.arange(-3.0, 4)
    values = np.concatenate([[0], np.cumsum([-99, *slopes, 99])])
    minus, base, plus = values[2:5]
    slack = 1e-3 * max(abs(slopes[0]), abs(slopes[3])) + 2 * 0.01

    def ask(given):
        return between_slopes(
            {"w": w}, lambda m: np.interp(m["w"][0], x, values), w, (0,), 1.0, given, (minus, base, plus), 0.01
        )

    w = np.zeros(1)
    for inside in (-1 - slack, -1 - 0.99 * slack, 2.5, 5 + 0.99 * slack, 5 + slack):
        assert ask(inside) == (slopes[1], slopes[2])
    for outside in (-1 - 1.01 * slack, 5 + 1.01 * slack):
        assert ask(outside) is None
    assert w[0] == 0


@pytest.mark.parametrize("z, step, crossed", [(-0.5, 0.1, False), (-0.5, 0.6, True), (0.5, 0.6, True), (0, 0.1, True)])
def test_a_step_crosses_where_a_net_sum_changes_its_sign(z, step, crossed):
    w = np.array([float(z), 7.0])
    assert crosses({"w": w}, lambda m: [m["w"]], w, (0,), step) is crossed
    assert w.tolist() == [z, 7.0]
