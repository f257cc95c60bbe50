"""Slopes: only float64 is measured, and every weight is put back."""

import numpy as np
import pytest

from mlp import MLP, log_loss
from mlp.gradcheck import check, taylor
from mlp.gradcheck.slopes import centred_difference
from perceptron import sigmoid
from tests.mlp.gradcheck.builders import METHODS, cubes, failing_at


@METHODS
@pytest.mark.parametrize("dtype", [np.float32, np.float16, int])
def test_anything_but_float64_is_refused_with_the_mend(model, grads, method, dtype):
    model["b"] = model["b"].astype(dtype)
    with pytest.raises(ValueError, match=rf"b is {np.dtype(dtype)}; want float64.*use model.astype\(np.float64\)"):
        check(model, cubes, grads, method=method)


def test_a_float32_network_is_refused_and_its_float64_copy_is_judged(rng):
    net, X, y = MLP([5, 3, 1], rng), rng.normal(size=(7, 5)), np.eye(7)[:, :1]
    with pytest.raises(ValueError, match="0.W is float32"):
        check(net, lambda m: log_loss(m.forward(X)[0], y)[0], net.theta.empty_like())
    net = net.astype(np.float64)
    z, caches = net.forward(X)
    assert check(net, lambda m: log_loss(m.forward(X)[0], y)[0], net.backward(log_loss(z, y)[1], caches)[1]).ok


@pytest.mark.parametrize("judge", [check, lambda *a: taylor(*a, np.random.default_rng(0))], ids=["check", "taylor"])
@pytest.mark.parametrize(
    "change, words",
    [
        (lambda g: g.pop("b"), r"parameters and gradients differ in \['b'\]"),
        (lambda g: g.update(c=np.ones(3)), r"differ in \['c'\]"),
        (lambda g: g.update(b=np.ones((3, 1))), r"b is \(3,\), its gradient \(3, 1\)"),
        (lambda g: g.update(b=np.ones(1)), r"b is \(3,\), its gradient \(1,\)"),
        (lambda g: g.update(W=g["W"].T), r"W is \(5, 3\), its gradient \(3, 5\)"),
    ],
)
def test_gradients_that_do_not_fit_are_refused(model, grads, judge, change, words):
    change(grads)
    with pytest.raises(ValueError, match=words):
        judge(model, cubes, grads)


@METHODS
def test_a_loss_that_changes_between_calls_is_refused(model, grads, method, rng):  # slip P2
    with pytest.raises(ValueError, match="two calls of the loss differ; hand in a generator"):
        check(model, lambda m: cubes(m) + rng.normal(), grads, method=method)


def test_a_frozen_name_that_is_no_parameter_is_refused(model, grads):
    with pytest.raises(ValueError, match=r"frozen names \['E'\] are not parameters; those are \['W', 'b'\]"):
        check(model, cubes, grads, frozen={"E": True})


def test_a_loss_of_nan_is_called_that(model, grads):
    with pytest.raises(ValueError) as refused:
        check(model, lambda m: np.nan, grads)
    assert "differ" not in str(refused.value)


@METHODS
def test_weights_are_put_back_exactly(problem, method):  # slip C3
    net, loss, grads = problem
    before, given = net.theta.flat.tobytes(), grads.flat.tobytes()
    check(net, loss, grads, method=method)
    taylor(net, loss, grads, np.random.default_rng(0))
    assert net.theta.flat.tobytes() == before and grads.flat.tobytes() == given


@METHODS
def test_a_loss_that_is_the_weight_itself_has_the_slope_one(method):
    # what the loss returns is the very array that is moved, and put back before the difference is taken
    report = check({"w": np.array(1.5)}, lambda model: model["w"], {"w": np.array(1.0)}, method=method)
    assert report.ok


@METHODS
def test_small_weights_too_are_put_back_exactly(method):
    # adding h and taking it away again would lose the digits of a weight that is far smaller than h
    model = {"W": np.array([1e-9, 3e-7, np.pi, -1 / 3]), "b": np.array([-7e-12])}
    before = {name: w.copy() for name, w in model.items()}
    check(model, cubes, {name: 3 * w**2 for name, w in model.items()}, method=method)
    assert all((model[name] == before[name]).all() for name in model)


@pytest.mark.parametrize("call", [3, 4, 20])
def test_weights_are_put_back_even_if_the_loss_raises(model, grads, call):
    before = {name: w.copy() for name, w in model.items()}
    with pytest.raises(ZeroDivisionError):
        check(model, failing_at(call), grads)
    assert all((model[name] == before[name]).all() for name in model)


def test_a_one_sided_difference_is_a_thousand_times_worse():  # slip C5
    z, h = np.linspace(-2, 2, 9), 1e-5
    slope = sigmoid.slope(z, sigmoid(z))
    one_sided = abs((sigmoid(z + h) - sigmoid(z)) / h - slope).max()
    centred = abs((sigmoid(z + h) - sigmoid(z - h)) / (2 * h) - slope).max()
    assert one_sided > 1000 * centred


def test_float32_cannot_tell():
    z = np.linspace(-2, 2, 9)
    best = min(
        abs(
            (sigmoid((z + h).astype(np.float32)) - sigmoid((z - h).astype(np.float32))) / (2 * h)
            - sigmoid.slope(z, sigmoid(z))
        ).max()
        for h in 10.0 ** np.arange(-7, 0)
    )
    assert best > 1e-6


def test_a_centred_difference_knows_what_rounding_may_have_added():
    w, eps = np.array([1.0, 3.0]), np.finfo(np.float64).eps
    slope, noise, plus, minus = centred_difference({"w": w}, lambda m: -(m["w"] ** 2).sum(), w, (1,), 0.5)
    assert (slope, plus, minus) == (-6, -13.25, -7.25)
    assert noise == 10 * eps * 13.25 / 0.5
