"""The check: right where the gradient is right, wrong where it is wrong, and the entry named."""

import warnings

import numpy as np
import pytest

from mlp import Rows, Windows, l2_penalty
from mlp.gradcheck import check, taylor
from mlp.gradcheck.check import ArrayReport, Report, judge
from tests.mlp.gradcheck.builders import METHODS, cubes


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


def test_an_unknown_method_is_refused(model, grads):
    with pytest.raises(ValueError, match="method 'forward'; want 'centred' or 'complex'"):
        check(model, cubes, grads, method="forward")


# ---- what is printed -----------------------------------------------------------------------------------------------

ENTRY = {"error": 0.25, "worst": (3, 1), "given": 1.5, "measured": 2.0, "judged": 9}
KINKS = [((0, 1), 0.0, 2.0), ((0, 2), 1.0, 3.0)]


@pytest.mark.parametrize(
    "report, line",
    [
        (ArrayReport("W", (5, 3), "right", **ENTRY), "W              (5, 3)       right    error 2.5e-01, 9 judged"),
        (
            ArrayReport("W", (5, 3), "wrong", **ENTRY),
            "W              (5, 3)       wrong    error 2.5e-01, 9 judged; worst [3, 1]: given 1.5, slope 2",
        ),
        (ArrayReport("b", (3,), "unclear", **ENTRY, frozen=6, kinks=KINKS, note="; so"),
         "b              (3,)         unclear  error 2.5e-01, 9 judged; worst [3, 1]: given 1.5, slope 2; 2 on a kink, "
         "not judged (first [0, 1]: slope 0 on its left, 2 on its right); 6 frozen, left out; so"),
        (ArrayReport("b", (3,), "unclear", kinks=KINKS[:1]),
         "b              (3,)         unclear ; 1 on a kink, not judged (first [0, 1]: slope 0 on its left, 2 on its "
         "right)"),
        (ArrayReport("b", (3,), "frozen", frozen=3), "b              (3,)         frozen  ; 3 frozen, left out"),
    ],
    ids=["right", "wrong", "everything", "kinks alone", "frozen"],
)  # fmt: skip
def test_the_line_of_an_array(report, line):
    assert str(report) == line


@pytest.mark.parametrize(
    "verdicts, judged, word",
    [
        (["right", "frozen"], 1, "RIGHT"),
        (["right", "wrong", "unclear"], 1, "WRONG"),
        (["right", "unclear"], 1, "NOT JUDGED"),
        (["frozen", "frozen"], 0, "NOT JUDGED"),
    ],
)
def test_a_report_is_its_verdict_and_a_line_for_each_array(verdicts, judged, word):
    arrays = [ArrayReport("W", (1,), verdict, judged=judged) for verdict in verdicts]
    assert str(Report("complex step", arrays)).split("\n") == [f"complex step: {word}", *(f"  {a}" for a in arrays)]


def test_a_report_of_nothing_has_no_error_and_is_not_ok():
    assert Report("complex step", []).error == 0 and not Report("complex step", [])


# ---- at the edge of rounding ---------------------------------------------------------------------------------------


def test_a_difference_as_large_as_rounding_is_explained_by_it():
    for noise, verdict in ((1.0, "right"), (0.999, "wrong")):
        report = ArrayReport("w", (1,), "frozen")
        judge(report, np.array([2.0]), np.array([1.0]), np.array([noise]), np.array([True]), 1e-7)
        assert report.verdict == verdict and report.error == pytest.approx(1 / 3)


def test_a_gradient_as_small_as_rounding_is_not_called_right():
    report = ArrayReport("w", (1,), "frozen")
    judge(report, np.array([1.0]), np.array([0.0]), np.array([1.0]), np.array([True]), 1e-7)
    assert report.verdict == "unclear"


@pytest.mark.parametrize(
    "given, tolerance", [(2.0, 0.5), (1 + 2.0**-20, 2.0**-20 / (2 + 2.0**-20))], ids=["entry", "norm"]
)
def test_an_error_that_is_the_tolerance_is_tolerated(given, tolerance):
    for factor, verdict in ((1, "right"), (0.999, "wrong")):
        report = ArrayReport("w", (1,), "frozen")
        judge(report, np.array([given]), np.ones(1), np.zeros(1), np.array([True]), factor * tolerance)
        assert report.verdict == verdict


def test_the_complex_step_tolerates_a_part_of_1e12_and_differences_one_of_1e7(model, grads):
    grads["W"] *= 1 + 2e-8
    differences, steps = check(model, cubes, grads), check(model, cubes, grads, method="complex")
    assert differences.ok and differences.error > 1e-9 and differences.method == "centred differences"
    assert not steps.ok and steps.method == "complex step"
    assert check(model, cubes, grads)["W"].shape == model["W"].shape


def test_the_step_grows_with_the_weight():
    w = {"w": np.array([1e6, -3e5])}
    report = check(w, lambda m: (m["w"] ** 2).sum(), {"w": 2 * w["w"]})
    assert report.ok and report["w"].error < 1e-9
    assert check(w, lambda m: (m["w"] ** 2).sum(), {"w": 2.001 * w["w"]})["w"].verdict == "wrong"


@METHODS
def test_no_slope_anywhere_is_right_without_a_warning(method):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = check({"w": np.ones(2)}, lambda m: 0 * m["w"].sum(), {"w": np.zeros(2)}, method=method)
    assert report.ok and report["w"].judged == 2
