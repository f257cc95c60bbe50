"""Baselines: what a straight line reaches on the same columns, and what no column at all does.

    z = sum of w over a row's values + x . u + b        minimise  sum of losses + C^-1 (|w|^2 + |u|^2) / 2,  C = 1

The loss is convex, so Newton's method finds the one minimum: each step solves  H d = -g  by conjugate gradients, which
want H only as a product with a vector, and H v is a forward and a backward pass as any other.  This is scikit-learn's
LogisticRegression (of numbers, Ridge) on one-hot columns.

Read before: search.py, table_encoder.py        Read next: svg.py
Source: Nocedal and Wright 2006, algorithm 7.1 (line search Newton-CG).
"""
from dataclasses import dataclass

import numpy as np

from mlp.losses import softmax
from perceptron.activations import Array, sigmoid
from widedeep.auto.answers import Answers
from widedeep.auto.search import FOLDS, folds_of
from widedeep.auto.table_encoder import TableEncoder
from widedeep.encoder import Encoder
from widedeep.numbers import stack

MOST_ROWS = 50_000                                      # that a straight line is fitted to
STEPS, PRODUCTS = 50, 200                               # at most: of Newton's, and of conjugate gradients in each


@dataclass(frozen=True)
class Rows:
    """ids : (N, slots) of categories, 0 for none        x : (N, D) scaled numbers        size : ids 0 .. size - 1"""

    ids: Array
    x: Array
    size: int

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: Array) -> "Rows":
        return Rows(self.ids[rows], self.x[rows], self.size)

    @classmethod
    def of(cls, encoder: TableEncoder, table: object) -> "Rows":
        """Categories and bags by their values, numbers and dates scaled; no buckets, no crosses."""
        kinds = {name: kind for name, kind in encoder.plan.kinds().items() if kind in ("category", "bag")}
        columns = [column for column in encoder.deep if column.name in kinds]
        sheet = encoder.sheet(table)                                # type: ignore[arg-type]
        ids, _ = Encoder.blocks(sheet, columns)
        return cls(ids, stack([number.encode(sheet) for number in encoder.numbers], sheet.n),
                   1 + sum(column.size for column in columns))

    def forward(self, theta: Array) -> Array:
        """(N, K) of theta (size + D + 1, K): weights of ids, of numbers, and the bias; id 0 has none."""
        w, u, b = theta[:self.size], theta[self.size:-1], theta[-1]
        return w[self.ids].sum(axis=1) + self.x @ u + b

    def backward(self, error: Array) -> Array:
        """The gradient of theta, for the gradient (N, K) of the net sums."""
        of = np.repeat(np.arange(len(self)), self.ids.shape[1])
        w = np.stack([np.bincount(self.ids.ravel(), e[of], self.size) for e in error.T], axis=1)
        w[0] = 0
        return np.concatenate([w, self.x.T @ error, error.sum(axis=0, keepdims=True)])


def straight_line(rows: Rows, desired: Array, head: str, price: float = 1.0) -> Array:
    """theta (size + D + 1, K) of the least loss.   desired : (N, K), 0 or 1, one-hot, or numbers

    price : of the squared weights, 1 / C; the bias has none
    """
    theta = np.zeros((rows.size + rows.x.shape[1] + 1, desired.shape[1]))
    prices = np.full((len(theta), 1), price)
    prices[-1] = 0

    def cost(theta: Array) -> float:
        z = rows.forward(theta)
        return losses(z, desired, head) + float((prices * theta ** 2).sum()) / 2

    now = cost(theta)
    for _ in range(STEPS):
        p = expected(rows.forward(theta), head)
        g = rows.backward(p - desired) + prices * theta
        if np.abs(g).max() <= 1e-6 * len(rows):
            break

        def product(v: Array, p: Array = p) -> Array:               # H v
            return rows.backward(change(p, rows.forward(v), head)) + prices * v
        d, size = conjugate_gradients(product, -g), 1.0
        while (trial := cost(theta + size * d)) > now + 1e-4 * size * float((g * d).sum()) and size > 1e-10:
            size /= 2
        theta, now = theta + size * d, trial
    return theta


def conjugate_gradients(product: object, right: Array) -> Array:
    """x with product(x) = right, nearly."""
    x, r = np.zeros_like(right), right.copy()
    d, square = r.copy(), float((r ** 2).sum())
    goal = min(0.25, square ** 0.25) ** 2 * square * 1e-2           # the nearer the minimum, the more exactly
    for _ in range(PRODUCTS):
        if square <= goal:
            break
        h = product(d)                                              # type: ignore[operator]
        step = square / float((d * h).sum())
        x += step * d
        r -= step * h
        before, square = square, float((r ** 2).sum())
        d = r + square / before * d
    return x


def losses(z: Array, y: Array, head: str) -> float:
    """Added up over rows."""
    if head == "number":
        return float(((z - y) ** 2).sum()) / 2
    if head == "binary":
        return float((np.logaddexp(0, z) - y * z).sum())
    most = z.max(axis=1, keepdims=True)
    total = most + np.log(np.exp(z - most).sum(axis=1, keepdims=True))
    return float(total.sum() - (y * z).sum())


def expected(z: Array, head: str) -> Array:
    """What the net sums (N, K) say of the labels; minus the labels, the gradient of the loss."""
    return z if head == "number" else sigmoid(z) if head == "binary" else softmax(z)


def change(p: Array, v: Array, head: str) -> Array:
    """How `expected` moves as the net sums move by v."""
    if head == "number":
        return v
    return p * (1 - p) * v if head == "binary" else p * (v - (p * v).sum(axis=1, keepdims=True))


def left_out(rows: Rows, desired: Array, answers: Answers, seed: int) -> Array:
    """(N, K) net sums of a straight line for rows that it was not fitted to: FOLDS lines, each for a fifth."""
    z, rng = np.empty(desired.shape), np.random.default_rng(seed)
    fold = folds_of(desired, answers.head != "number", seed)
    for k in range(FOLDS):
        train, held = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        if len(train) > MOST_ROWS:
            train = np.sort(rng.choice(train, MOST_ROWS, replace=False))
        z[held] = rows[held].forward(straight_line(rows[train], desired[train], answers.head))
    return z
