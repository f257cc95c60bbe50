"""The Taylor test: fourfold for a right gradient, twofold for a wrong one."""

import numpy as np
import pytest

from mlp import squared_error
from mlp.gradcheck import taylor
from tests.mlp.gradcheck.builders import cubes, failing_at


def test_taylor_puts_weights_back_even_if_the_loss_raises(model, grads):
    before = {name: w.copy() for name, w in model.items()}
    with pytest.raises(ZeroDivisionError):
        taylor(model, failing_at(4), grads, np.random.default_rng(0))
    assert all((model[name] == before[name]).all() for name in model)


def test_taylor_right_falls_fourfold(problem):
    report = taylor(*problem, np.random.default_rng(0))
    assert report and "RIGHT" in str(report) and len(report.orders) == 4
    assert all(1.95 < order < 2.05 for order in report.orders.values())


def test_taylor_wrong_falls_twofold(problem):
    net, loss, grads = problem
    grads["0.W"] *= 1.1
    report = taylor(net, loss, grads, np.random.default_rng(0))
    assert not report and "WRONG" in str(report)
    assert 0.95 < report.orders["0.W"] < 1.1 and report.orders["0.b"] > 1.95


def test_taylor_says_exact_of_an_affine_loss(rng):
    c, w = rng.normal(size=5), {"w": rng.normal(size=5)}
    report = taylor(w, lambda m: c @ m["w"] + 7, {"w": c}, rng)
    assert report.ok and report.orders["w"] == np.inf and "exact" in str(report)


def test_taylor_fails_a_wrong_gradient_of_an_affine_loss(rng):
    c, w = rng.normal(size=5), {"w": rng.normal(size=5)}
    report = taylor(w, lambda m: c @ m["w"] + 7, {"w": 1.01 * c}, rng)
    assert not report.ok and report.orders["w"] == pytest.approx(1, abs=0.01)


def test_taylor_finds_a_wrong_bias_of_5_beside_5000_weights(rng):
    model = {"W": rng.normal(size=(1000, 5)), "b": rng.normal(size=5)}
    X, y = rng.normal(size=(2, 1000)), rng.normal(size=(2, 5))

    def loss(m):
        return squared_error(X @ m["W"] + m["b"], y)[0]

    dz = squared_error(X @ model["W"] + model["b"], y)[1]
    right, wrong = {"W": X.T @ dz, "b": dz.sum(axis=0)}, {"W": X.T @ dz, "b": dz.mean(axis=0)}
    assert taylor(model, loss, right, rng).ok
    report = taylor(model, loss, wrong, rng)
    assert report.orders["W"] > 1.8 > 1.2 > report.orders["b"] and not report.ok


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_taylor_fails_a_nan(model, grads):
    grads["b"][1] = np.nan
    assert not taylor(model, cubes, grads, np.random.default_rng(0)).ok


def test_taylor_leaves_frozen_rows_out(model, grads):
    grads["W"][[0, 3]] = 99
    grads["b"][...] = 99
    assert taylor(model, cubes, grads, np.random.default_rng(0), frozen={"W": [0, 3], "b": True}).ok
    assert not taylor(model, cubes, grads, np.random.default_rng(0), frozen={"W": [0], "b": True}).ok


def test_taylor_of_nothing_is_not_ok(model, grads):
    assert not taylor(model, cubes, grads, np.random.default_rng(0), frozen={"W": True, "b": True}).ok


def test_taylor_tries_every_direction_asked_for(model, grads):
    calls = []

    def loss(m):
        calls.append(1)
        return cubes(m)

    taylor(model, loss, grads, np.random.default_rng(0), directions=1)
    one, calls[:] = len(calls), []
    taylor(model, loss, grads, np.random.default_rng(0), directions=5)
    assert len(calls) - one == 2 * 4 * 3  # two arrays, four more directions, three steps each


class Directions:
    """A generator that hands out the axes in turn."""

    def __init__(self, n):
        self.axes = iter(np.eye(n))

    def normal(self, size):
        return next(self.axes)


@pytest.mark.parametrize("wrong", range(3))
def test_one_direction_that_shows_a_mistake_is_enough(wrong):
    w = np.array([1.0, 2, 3])
    grad = 2 * w
    grad[wrong] *= 1.5
    assert not taylor({"w": w}, lambda m: (m["w"] ** 2).sum(), {"w": grad}, Directions(3)).ok
    assert taylor({"w": w}, lambda m: (m["w"] ** 2).sum(), {"w": 2 * w}, Directions(3)).ok


def test_taylor_refuses_a_loss_that_changes(model, grads, rng):
    with pytest.raises(ValueError, match="two calls of the loss differ"):
        taylor(model, lambda m: cubes(m) + rng.normal(), grads, np.random.default_rng(0))


def test_taylor_refuses_a_frozen_name_that_is_no_parameter(model, grads):
    with pytest.raises(ValueError, match="frozen names"):
        taylor(model, cubes, grads, np.random.default_rng(0), frozen={"E": True})


def test_taylor_is_not_fooled_by_a_tiny_loss(model, grads):
    wrong = {"W": 1e-15 * grads["W"], "b": -1e-15 * grads["b"]}
    assert not taylor(model, lambda m: 1e-15 * cubes(m), wrong, np.random.default_rng(0)).ok


def test_taylor_does_not_call_an_array_of_frozen_rows_exact(model, grads):
    report = taylor(model, cubes, grads, np.random.default_rng(0), frozen={"W": range(5), "b": True})
    assert not report.ok


def test_the_taylor_test_of_a_loss_that_is_zero_is_exact():
    x = np.arange(5.0)
    report = taylor({"w": np.zeros(5)}, lambda m: (m["w"] * x).sum(), {"w": x}, np.random.default_rng(0))
    assert report.ok and report.orders["w"] == np.inf


def test_remainders_of_a_square_are_the_steps_squared():
    """Along a unit vector |w + h v|^2 = |w|^2 + 2 h v.w + h^2: the remainder is h^2, then h^2 / 4, then h^2 / 16."""
    w = {"w": np.array([1.0, -2.0, 0.5])}
    report = taylor(w, lambda m: (m["w"] ** 2).sum(), {"w": 2 * w["w"]}, np.random.default_rng(0), h=0.5)
    assert report.remainders["w"] == pytest.approx([0.25, 0.25 / 4, 0.25 / 16], rel=1e-9)
    assert report.orders["w"] == pytest.approx(2, rel=1e-9)
    assert str(report) == (
        "Taylor, halving the step: RIGHT\n  w              falls 4.00-fold    2.5e-01 6.2e-02 1.6e-02"
    )


def test_directions_are_of_numbers_drawn_apart():
    """An error of +1 and -1 is not seen by a step that moves both alike."""
    w = {"w": np.array([1.0, 2.0])}
    wrong = 2 * w["w"] + [1, -1]
    assert not taylor(w, lambda m: (m["w"] ** 2).sum(), {"w": wrong}, np.random.default_rng(0))


def test_arrays_after_a_frozen_one_are_tried(model, grads):
    first, last = model
    report = taylor(model, cubes, {**grads, last: 1.1 * grads[last]}, np.random.default_rng(0), frozen={first: True})
    assert list(report.orders) == [last] and not report


def test_an_infinite_step_is_refused(model, grads):
    with pytest.raises(ValueError, match="h inf; want at least 1, and more than 0"):
        taylor(model, cubes, grads, np.random.default_rng(0), h=np.inf)
