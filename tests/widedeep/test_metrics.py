"""Metrics against scikit-learn, ties included, and what each of them refuses."""

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from perceptron import sigmoid
from widedeep import accuracy, auc, calibration, evaluate


def column(*values):
    return np.array(values, float)[:, None]


def rows(score):
    return st.lists(st.tuples(st.integers(0, 1), score), min_size=2, max_size=40).map(
        lambda pairs: (column(*(y for y, _ in pairs)), column(*(s for _, s in pairs)))
    )


# ---- AUC -----------------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(rows(st.integers(-3, 3) | st.floats(-1e6, 1e6)))
def test_auc_is_that_of_scikit_learn_ties_included(pair):
    y, score = pair
    assume(0 < y.sum() < len(y))
    assert auc(y, score) == pytest.approx(sk.roc_auc_score(y.ravel(), score.ravel()), abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(rows(st.integers(-3, 3)))
def test_auc_is_the_chance_that_a_positive_stands_above_a_negative_ties_half(pair):
    y, score = pair
    assume(0 < y.sum() < len(y))
    pairs = [(p > q) + (p == q) / 2 for p in score[y == 1] for q in score[y == 0]]
    assert auc(y, score) == pytest.approx(sum(pairs) / len(pairs), abs=1e-12)


def test_auc_by_hand():
    y = column(0, 0, 1, 1)
    assert auc(y, column(1, 2, 3, 4)) == 1 and auc(y, column(4, 3, 2, 1)) == 0 and auc(y, column(5, 5, 5, 5)) == 0.5
    assert auc(y, column(1, 3, 2, 4)) == 0.75  # of four pairs one is the wrong way round


def test_auc_sees_order_alone(rng):
    y, z = (rng.random((500, 1)) < 0.3).astype(float), rng.normal(size=(500, 1))
    assert auc(y, z) == auc(y, sigmoid(z)) == auc(y, 3 * z - 7) == pytest.approx(1 - auc(y, -z))


@pytest.mark.parametrize("label", [0, 1])
def test_auc_of_one_class_is_refused(label):
    with pytest.raises(ValueError, match=f"all 3 labels are {label}"):
        auc(np.full((3, 1), label), column(1, 2, 3))


# ---- accuracy and log loss -----------------------------------------------------------------------------------------


def test_accuracy_is_that_of_scikit_learn(rng):
    y, p = (rng.random((300, 1)) < 0.4).astype(float), rng.random((300, 1))
    assert accuracy(y, p) == pytest.approx(sk.accuracy_score(y.ravel(), (p >= 0.5).ravel()), abs=1e-15)


def test_one_half_says_one():
    assert accuracy(column(1, 0), column(0.5, 0.5)) == 0.5 and accuracy(column(1), column(0.5)) == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_evaluate_is_scikit_learns_three_numbers_of_the_logits(rng, dtype):
    y, z = (rng.random((400, 1)) < 0.4).astype(dtype), rng.normal(0, 3, (400, 1)).astype(dtype)
    p = sigmoid(z.astype(float))
    got = evaluate(z, y)
    assert list(got) == ["auc", "log_loss", "accuracy"] and all(type(value) is float for value in got.values())
    assert got["auc"] == pytest.approx(sk.roc_auc_score(y.ravel(), z.ravel()), abs=1e-12)
    assert got["log_loss"] == pytest.approx(sk.log_loss(y.ravel(), p.ravel()), rel=1e-12)
    assert got["accuracy"] == pytest.approx(sk.accuracy_score(y.ravel(), (p >= 0.5).ravel()), abs=1e-15)


def test_evaluate_has_a_finite_log_loss_where_probabilities_round_to_0():
    assert evaluate(column(-1000, 1000), column(1, 0))["log_loss"] == 1000


# ---- calibration ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bins", [1, 7, 10, 50])
def test_calibration_is_that_of_scikit_learn(rng, bins):
    p = rng.beta(0.5, 2, (600, 1))
    y = (rng.random((600, 1)) < p**2).astype(float)
    found = calibration(y, p, bins)
    observed, predicted = calibration_curve(y.ravel(), p.ravel(), n_bins=bins)
    np.testing.assert_allclose(found.observed, observed, rtol=1e-12)
    np.testing.assert_allclose(found.predicted, predicted, rtol=1e-12)
    assert found.counts.sum() == 600 and (found.counts > 0).all()


def test_calibration_and_its_error_by_hand():
    # bins of width 1/2: p .1, .3 (mean .2; one of two came: .5) and .9 (came: 1); bin error (2 * .3 + 1 * .1) / 3
    found = calibration(column(0, 1, 1), column(0.1, 0.3, 0.9), bins=2)
    np.testing.assert_allclose(found.predicted, [0.2, 0.9])
    assert found.observed.tolist() == [0.5, 1] and found.counts.tolist() == [2, 1]
    assert found.error == pytest.approx(0.7 / 3)


def test_empty_bins_are_left_out_and_p_of_1_belongs_to_the_last():
    found = calibration(column(0, 1, 1, 0), column(0, 1, 1, 0.97), bins=10)
    np.testing.assert_allclose(found.predicted, [0, 0.99])
    assert found.counts.tolist() == [1, 3] and found.error == pytest.approx(3 / 4 * (0.99 - 2 / 3))


@pytest.mark.parametrize(
    "p, bins", [((0.1, 1.1), 10), ((-0.1, 0.5), 10), ((0.1, 0.5), 0)], ids=["above 1", "below 0", "no bins"]
)
def test_calibration_wants_probabilities_and_bins(p, bins):
    with pytest.raises(ValueError, match=f"calibration: {bins} bins"):
        calibration(column(0, 1), column(*p), bins)


# ---- refusals ------------------------------------------------------------------------------------------------------

every_metric = pytest.mark.parametrize("metric", [auc, accuracy, calibration, lambda y, z: evaluate(z, y)],
                                       ids=["auc", "accuracy", "calibration", "evaluate"])  # fmt: skip


@every_metric
@pytest.mark.parametrize(
    "y, score",
    [
        (np.array([0, 1, 1]), column(0.1, 0.2, 0.3)),
        (column(0, 1, 1), np.array([0.1, 0.2, 0.3])),
        (column(0, 1), column(0.1, 0.2, 0.3)),
        (column(0, 1, 1), np.ones((3, 2))),
        (np.ones((0, 1)), np.ones((0, 1))),
    ],
    ids=["labels (N,)", "scores (N,)", "lengths", "(N, 2)", "nothing"],
)
def test_shapes_that_differ_are_refused(metric, y, score):
    with pytest.raises(ValueError, match=r"want \("):
        metric(y, score)


@every_metric
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(metric, bad):
    with pytest.raises(ValueError, match="NaN or infinite.*learning rate"):
        metric(column(0, 1), column(0.5, bad))


@every_metric
@pytest.mark.parametrize("label", [-1, 2, np.nan])
def test_labels_are_0_or_1(metric, label):
    with pytest.raises(ValueError, match="0 or 1"):
        metric(column(0, label), column(0.5, 0.2))


@every_metric
def test_inputs_are_not_written_into(metric, sealed):
    y, score = column(0, 1, 1), column(0.9, 0.2, 0.4)
    sealed(y, score)
    assert metric(y, score) is not None


@pytest.mark.parametrize(
    "z, warned",
    [((0, 1), True), ((0.2, 0.7), True), ((-1e-9, 1), False), ((0, 1.5), False), ((0.5, 0.5), False), ((0, 0), False)],
)
def test_logits_that_look_like_probabilities_are_asked_about_and_no_others(z, warned):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        evaluate(column(*z), column(0, 1))
    assert [w.category for w in caught] == [UserWarning] * warned


def test_ten_bins_unless_told_otherwise(rng):
    p, y = rng.random((500, 1)), np.arange(500)[:, None] % 2 * 1.0
    assert (
        np.array_equal(calibration(y, p).counts, calibration(y, p, 10).counts) and len(calibration(y, p).counts) == 10
    )
