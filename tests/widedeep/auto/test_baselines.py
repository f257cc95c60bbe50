"""The straight line is scikit-learn's; its products with the Hessian are the gradient's slope."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from widedeep.auto.answers import choose_answers
from widedeep.auto.baselines import Rows, change, expected, left_out, losses, straight_line
from widedeep.auto.plan import Plan
from widedeep.auto.table_encoder import TableEncoder
from widedeep.features.column_plans import ColumnPlan

HEADS = "binary", "classes", "number"


def problem(head, n=300, seed=0):
    """(rows, desired, one-hot columns beside the numbers)"""
    rng = np.random.default_rng(seed)
    ids = np.stack([rng.integers(0, 4, n), rng.integers(4, 9, n)], axis=1)  # id 0: nothing known
    x = rng.normal(size=(n, 3))
    onehot = np.zeros((n, 9))
    for slot in ids.T:
        onehot[np.arange(n), slot] = 1
    z = onehot @ rng.normal(size=(9, 3)) + x @ rng.normal(size=(3, 3))
    if head == "number":
        desired = z[:, :1] + rng.normal(size=(n, 1))
    elif head == "binary":
        desired = (rng.random((n, 1)) < 1 / (1 + np.exp(-z[:, :1]))) * 1.0
    else:
        desired = np.eye(3)[(z + rng.gumbel(size=z.shape)).argmax(axis=1)]
    return Rows(ids, x, 9), desired, np.hstack([onehot[:, 1:], x])


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("price", [1.0, 0.01])
def test_it_is_scikit_learns(head, price) -> None:
    rows, desired, X = problem(head)
    z = rows.forward(straight_line(rows, desired, head, price))
    if head == "number":
        want = Ridge(alpha=price, tol=1e-10).fit(X, desired).predict(X).reshape(z.shape)
    else:
        y = desired.argmax(axis=1) if head == "classes" else desired[:, 0]
        model = LogisticRegression(C=1 / price, tol=1e-10, max_iter=10_000).fit(X, y)
        want = model.predict_proba(X) if head == "classes" else model.predict_proba(X)[:, 1:]
        z = expected(z, head)
    np.testing.assert_allclose(z, want, atol=2e-5)


@pytest.mark.parametrize("head", HEADS)
def test_gradient_and_curvature_are_slopes(head) -> None:
    rows, desired, _ = problem(head, n=40)
    rng = np.random.default_rng(1)
    theta, v = rng.normal(size=(2, 13, desired.shape[1]))
    theta[0] = v[0] = 0
    h = 1e-6

    def gradient(theta):
        return rows.backward(expected(rows.forward(theta), head) - desired)

    def loss(theta):
        return losses(rows.forward(theta), desired, head)

    slope = (loss(theta + h * v) - loss(theta - h * v)) / (2 * h)
    assert slope == pytest.approx((gradient(theta) * v).sum(), rel=1e-6)
    bent = (gradient(theta + h * v) - gradient(theta - h * v)) / (2 * h)
    p = expected(rows.forward(theta), head)
    np.testing.assert_allclose(rows.backward(change(p, rows.forward(v), head)), bent, rtol=1e-5, atol=1e-5)
    wrong = rows.backward(change(p, rows.forward(v), head) * 1.01)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(wrong, bent, rtol=1e-5, atol=1e-5)


def test_a_line_that_separates_the_classes_ends_too() -> None:
    rows = Rows(np.zeros((20, 1), int), np.linspace(-1, 1, 20)[:, None], 1)
    theta = straight_line(rows, (rows.x > 0) * 1.0, "binary", price=1e-6)
    assert np.isfinite(theta).all() and ((rows.forward(theta) > 0) == (rows.x > 0)).all()


def test_rows_are_scored_by_lines_that_have_not_seen_them() -> None:
    """Labels without any cause: a line that had seen them would be better than the mean."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    answers, _, _ = choose_answers("y", y.astype(str).astype(object))
    rows = Rows(np.arange(1, 201)[:, None], np.zeros((200, 0)), 201)  # a weight of its own for each row
    z = left_out(rows, y[:, None] * 1.0, answers, 0)
    best_constant = np.full((200, 1), np.log(y.mean() / (1 - y.mean())))
    assert losses(z, y[:, None] * 1.0, "binary") >= losses(best_constant, y[:, None] * 1.0, "binary")
    np.testing.assert_array_equal(z, left_out(rows, y[:, None] * 1.0, answers, 0))


def test_it_reads_the_models_columns_without_buckets_and_crosses() -> None:
    table = {"age": [20.0, 30.0, np.nan, 50.0], "job": ["a", "b", "a", None], "day": ["2024-01-01"] * 3 + [""]}
    plans = {"age": ColumnPlan("number", missing=True), "job": ColumnPlan("category"), "day": ColumnPlan("date")}
    answers, _, _ = choose_answers("y", np.array(["n", "y", "n", "y", "y"], object))
    encoder = TableEncoder.by(Plan("y", "binary", plans, (("age", "job"),)), answers).fit(table)
    rows = Rows.of(encoder, table)
    assert rows.ids.tolist() == [[1], [2], [1], [3]] and rows.size == 4  # a, b, and "job missing"
    assert rows.x.shape == (4, 3)  # age, days, age missing
