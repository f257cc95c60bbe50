"""The checker itself: it says right of the right, names what is wrong, and admits what it cannot judge."""

import numpy as np
import pytest

from mlp import MLP, Rows, Windows, l2_penalty, log_loss, squared_error
from mlp.gradcheck import check, taylor
from mlp.network import pre_activations
from perceptron import relu, sigmoid, tanh

METHODS = pytest.mark.parametrize("method", ["centred", "complex"])


def cubes(model):
    """A loss of two arrays, curved everywhere; its slopes are 3 W^2 and 3 b^2."""
    return (model["W"] ** 3).sum() + (model["b"] ** 3).sum()


@pytest.fixture
def model(rng):
    return {"W": rng.uniform(1, 2, (5, 3)), "b": rng.uniform(1, 2, 3)}


@pytest.fixture
def grads(model):
    return {name: 3 * w**2 for name, w in model.items()}


@pytest.fixture
def problem(rng):
    """A small network after its symmetric start (biases are not 0), its loss and its gradients."""
    net, X, y = MLP([5, 3, 1], rng, np.float64, hidden=tanh), rng.normal(size=(7, 5)), np.eye(7)[:, :1]
    net.theta.flat += rng.normal(0, 0.3, net.theta.flat.shape)
    z, caches = net.forward(X)
    return net, lambda m: log_loss(m.forward(X)[0], y)[0], net.backward(log_loss(z, y)[1], caches)[1]


# ---- right and wrong -----------------------------------------------------------------------------------------------


@METHODS
def test_right_on_a_right_gradient(problem, method):
    report = check(*problem, method=method)
    assert report and report.ok and [a.verdict for a in report.arrays] == ["right"] * 4
    assert [a.judged for a in report.arrays] == [15, 3, 3, 1]
    assert report.error < (1e-8 if method == "centred" else 1e-14)
    assert "RIGHT" in str(report) and "WRONG" not in str(report)


@METHODS
def test_a_dict_of_arrays_is_a_model(model, grads, method):
    assert check(model, cubes, grads, method=method).ok


@METHODS
def test_the_worst_entry_is_named_with_its_two_numbers(model, grads, method):
    grads["W"][3, 1] += 0.5
    grads["W"][0, 2] += 0.01
    report = check(model, cubes, grads, method=method)
    assert not report and [a.name for a in report.arrays if a.verdict == "wrong"] == ["W"]
    W = report["W"]
    assert W.worst == (3, 1)
    assert W.given == grads["W"][3, 1] and W.measured == pytest.approx(3 * model["W"][3, 1] ** 2, rel=1e-8)
    assert "worst [3, 1]: given" in str(report) and str(report).startswith(report.method + ": WRONG")


def test_the_error_is_relative_to_both_norms():
    # A = 2 and 2, G = 1 and 1: norm(A - G) = sqrt 2, norm A + norm G = 3 sqrt 2
    w = {"w": np.zeros(2)}
    assert check(w, lambda m: m["w"].sum(), {"w": np.full(2, 2.0)})["w"].error == pytest.approx(1 / 3, rel=1e-8)


@METHODS
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_verdict_does_not_depend_on_the_size_of_the_loss(problem, method, scale):
    net, loss, grads = problem
    grads.flat *= scale
    assert check(net, lambda m: scale * loss(m), grads, method=method).ok
    grads["0.b"][1] *= 1.001
    assert check(net, lambda m: scale * loss(m), grads, method=method)["0.b"].verdict == "wrong"


@METHODS
@pytest.mark.parametrize(
    "slip",
    [
        lambda g: -g,
        lambda g: g * 1.0001,
        lambda g: g[::-1],
        lambda g: np.zeros_like(g),
        lambda g: g * np.nan,
        lambda g: g / 0,
    ],
    ids=["minus", "0.01 % off", "reversed", "zero", "NaN", "infinite"],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_wrong_on_a_wrong_gradient(model, grads, method, slip):
    assert check(model, cubes, {**grads, "b": slip(grads["b"])}, method=method)["b"].verdict == "wrong"


@pytest.mark.parametrize("tolerance, verdict", [(1e-7, "wrong"), (1e-4, "right")])
def test_the_tolerance_can_be_moved(model, grads, tolerance, verdict):
    grads["W"] *= 1 + 2e-6
    assert check(model, cubes, grads, tolerance=tolerance)["W"].verdict == verdict


def test_the_step_can_be_chosen(model, grads):
    assert check(model, cubes, grads, h=1e-2, tolerance=1e-12).error > 1e-6 > check(model, cubes, grads).error


@METHODS
def test_a_single_nan_is_wrong(model, grads, method):
    grads["W"][2, 2] = np.nan
    report = check(model, cubes, grads, method=method)
    assert report["W"].verdict == "wrong" and report["b"].verdict == "right" and not report


def test_a_single_nan_is_named(model, grads):
    grads["W"][2, 2] = np.nan
    assert check(model, cubes, grads)["W"].worst == (2, 2)


@METHODS
def test_a_wrong_bias_of_5_beside_5000_weights_is_found(rng, method):  # slip C8
    model = {"W": rng.normal(size=(1000, 5)), "b": rng.normal(size=5)}
    X, G = rng.normal(size=(2, 1000)), rng.normal(size=(2, 5))

    def loss(m):
        return (G * (X @ m["W"] + m["b"])).sum()

    grads = {"W": X.T @ G, "b": G.sum(axis=0) * 1.01}
    whole = np.concatenate([(X.T @ G).ravel(), grads["b"]]), np.concatenate([(X.T @ G).ravel(), G.sum(axis=0)])
    assert np.linalg.norm(whole[0] - whole[1]) / np.linalg.norm(whole[0]) < 1e-3  # one norm would shrug
    report = check(model, loss, grads, method=method)
    assert report["W"].verdict == "right" and report["b"].verdict == "wrong"


def test_one_small_wrong_entry_among_many_right_ones_is_found():
    # norm(A - G) / (norm A + norm G) = 1e-6 / 63 = 1.6e-8 would pass; the entry itself is off by half
    c = np.append(np.ones(1000), 1e-6)
    given = np.append(np.ones(1000), 2e-6)
    report = check({"w": np.zeros(1001)}, lambda m: c @ m["w"], {"w": given})
    assert report["w"].verdict == "wrong" and report["w"].worst == (1000,) and report["w"].error < 1e-7


# ---- zero and tiny -------------------------------------------------------------------------------------------------


@METHODS
def test_zero_gradient_of_a_zero_slope_is_right(model, method):
    report = check(model, lambda m: (m["W"] ** 3).sum(), {"W": 3 * model["W"] ** 2, "b": np.zeros(3)}, method=method)
    assert report.ok and report["b"].error == 0 and report["b"].judged == 3


@METHODS
def test_zero_gradient_of_a_slope_is_wrong(model, grads, method):  # slip M7
    report = check(model, cubes, {**grads, "b": np.zeros(3)}, method=method)
    assert report["b"].verdict == "wrong" and report["b"].error == pytest.approx(1)


@METHODS
def test_a_gradient_where_there_is_no_slope_is_wrong(model, method):
    report = check(model, lambda m: (m["W"] ** 3).sum(), {"W": 3 * model["W"] ** 2, "b": np.ones(3)}, method=method)
    assert report["b"].verdict == "wrong"


def test_one_tiny_entry_beside_large_ones_is_no_alarm(model, grads):
    model["W"][0, 0], grads["W"][0, 0] = 1e-7, 3e-14
    assert check(model, cubes, grads).ok


@pytest.mark.parametrize("factor", [1, 3])
def test_gradients_below_rounding_are_unclear_not_right(factor):
    w = {"w": np.array([1.0, 2, 3])}
    report = check(w, lambda m: 1 + 1e-13 * (m["w"] ** 2).sum(), {"w": factor * 2e-13 * w["w"]})
    assert report["w"].verdict == "unclear" and not report.ok
    assert "smaller than rounding: multiply the loss" in str(report) and "NOT JUDGED" in str(report)


def test_the_complex_step_sees_what_rounding_hides():
    w = {"w": np.array([1.0, 2, 3])}

    def loss(m):
        return 1 + 1e-13 * (m["w"] ** 2).sum()

    assert check(w, loss, {"w": 2e-13 * w["w"]}, method="complex").ok
    assert check(w, loss, {"w": 3e-13 * w["w"]}, method="complex")["w"].verdict == "wrong"


# ---- kinks ---------------------------------------------------------------------------------------------------------


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


# ---- frozen, Rows, nested ------------------------------------------------------------------------------------------


@METHODS
def test_frozen_rows_are_left_out_and_said_so(model, grads, method):
    grads["W"][[0, 3]] = 99
    report = check(model, cubes, grads, method=method, frozen={"W": [0, 3]})
    assert report.ok and report["W"].frozen == 6 and report["W"].judged == 9
    assert "6 frozen, left out" in str(report)


@METHODS
def test_a_row_that_is_not_frozen_is_still_judged(model, grads, method):
    grads["W"][1] = 99
    assert check(model, cubes, grads, method=method, frozen={"W": [0, 3]})["W"].worst[0] == 1


def test_a_whole_array_can_be_frozen(model, grads):
    report = check(model, cubes, {**grads, "b": np.zeros(3)}, frozen={"b": True})
    assert report.ok and report["b"].verdict == "frozen" and report["b"].judged == 0


def test_everything_frozen_is_not_ok(model, grads):
    assert not check(model, cubes, grads, frozen={"W": True, "b": True}).ok


class Table:
    """A model that knows of its own frozen row."""

    def __init__(self):
        self.E = np.random.default_rng(1).uniform(1, 2, (5, 2))
        self.E[0] = 0

    def params(self):
        return {"E": self.E}

    def frozen(self):
        return {"E": [0]}


def lookups(table):
    return (table.E[[0, 2, 2, 4]] ** 3).sum()  # row 2 twice, row 0 is padding


def test_the_models_own_frozen_rows_are_left_out():
    table = Table()
    wrong_only_in_row_0 = 3 * table.E**2 * np.array([[0.0], [0], [2], [0], [1]])
    wrong_only_in_row_0[0] = 9
    report = check(table, lookups, {"E": wrong_only_in_row_0})
    assert report.ok and report["E"].frozen == 2


def test_rows_are_a_gradient():
    table = Table()
    right = Rows(np.array([2, 4]), 3 * table.E[[2, 4]] ** 2 * [[2.0], [1]])
    wrong = Rows(np.array([2, 4]), 3 * table.E[[2, 4]] ** 2)  # the repeat was dropped: slip E1
    assert check(table, lookups, {"E": right}).ok and taylor(table, lookups, {"E": right}, np.random.default_rng(0)).ok
    report = check(table, lookups, {"E": wrong})
    assert report["E"].verdict == "wrong" and report["E"].worst[0] == 2
    assert not taylor(table, lookups, {"E": wrong}, np.random.default_rng(0)).ok


def test_nested_arrays_are_named_by_their_path(model, grads):
    report = check({"deep": {"0": model}}, lambda m: cubes(m["deep"]["0"]), {"deep": {"0": grads}})
    assert report.ok and [a.name for a in report.arrays] == ["deep.0.W", "deep.0.b"]


def test_nested_arrays_take_the_complex_step(model, grads):
    assert check({"deep": model}, lambda m: cubes(m["deep"]), {"deep": grads}, method="complex").ok


def test_windows_take_the_complex_step(rng):
    theta = Windows({"W": (5, 3), "b": (3,)}, rng.normal(size=18))
    assert check(theta, lambda m: l2_penalty(m, 0.3)[0], l2_penalty(theta, 0.3)[1], method="complex").ok


# ---- refusals ------------------------------------------------------------------------------------------------------


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


def test_an_unknown_method_is_refused(model, grads):
    with pytest.raises(ValueError, match="method 'forward'; want 'centred' or 'complex'"):
        check(model, cubes, grads, method="forward")


def test_a_frozen_name_that_is_no_parameter_is_refused(model, grads):
    with pytest.raises(ValueError, match=r"frozen names \['E'\] are not parameters; those are \['W', 'b'\]"):
        check(model, cubes, grads, frozen={"E": True})


def test_a_loss_of_nan_is_called_that(model, grads):
    with pytest.raises(ValueError) as refused:
        check(model, lambda m: np.nan, grads)
    assert "differ" not in str(refused.value)


# ---- nothing is left moved -----------------------------------------------------------------------------------------


@METHODS
def test_weights_are_put_back_exactly(problem, method):  # slip C3
    net, loss, grads = problem
    before, given = net.theta.flat.tobytes(), grads.flat.tobytes()
    check(net, loss, grads, method=method)
    taylor(net, loss, grads, np.random.default_rng(0))
    assert net.theta.flat.tobytes() == before and grads.flat.tobytes() == given


@METHODS
def test_small_weights_too_are_put_back_exactly(method):
    # adding h and taking it away again would lose the digits of a weight that is far smaller than h
    model = {"W": np.array([1e-9, 3e-7, np.pi, -1 / 3]), "b": np.array([-7e-12])}
    before = {name: w.copy() for name, w in model.items()}
    check(model, cubes, {name: 3 * w**2 for name, w in model.items()}, method=method)
    assert all((model[name] == before[name]).all() for name in model)


def failing_at(call):
    calls = []

    def loss(model):
        calls.append(1)
        if len(calls) == call:
            raise ZeroDivisionError
        return cubes(model)

    return loss


@pytest.mark.parametrize("call", [3, 4, 20])
def test_weights_are_put_back_even_if_the_loss_raises(model, grads, call):
    before = {name: w.copy() for name, w in model.items()}
    with pytest.raises(ZeroDivisionError):
        check(model, failing_at(call), grads)
    assert all((model[name] == before[name]).all() for name in model)


def test_taylor_puts_weights_back_even_if_the_loss_raises(model, grads):
    before = {name: w.copy() for name, w in model.items()}
    with pytest.raises(ZeroDivisionError):
        taylor(model, failing_at(4), grads, np.random.default_rng(0))
    assert all((model[name] == before[name]).all() for name in model)


# ---- Taylor --------------------------------------------------------------------------------------------------------


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


# ---- why float64, and why a centred difference (exercises.md, part 2) ---------------------------------------------


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
