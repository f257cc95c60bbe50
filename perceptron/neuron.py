"""The perceptron: inputs, weights and bias, net sum, activation.

    z = x W + b        a = f(z)        error = a - y        W <- W - lr x^T error

Rosenblatt (1958) uses a step for f.  Keep an eye on a - y: the same difference starts backpropagation in mlp/ and
feeds both towers in widedeep/.

Read before: activations.py        Read next: losses.py
"""
from typing import Any

import numpy as np

from perceptron.activations import Activation, Array, step


def three_steps(x: Array, W: Array, b: Array, f: Activation) -> tuple[Array, Array, Array]:
    """One neuron and one example, slowly: multiply, add, activate.

    x : (D,) inputs        W : (D, 1) weights        b : (1,) bias
    Returns the products (D,), the net sum (1,) and the output (1,).
    """
    x, W, b = np.asarray(x), np.asarray(W), np.asarray(b)
    if x.shape != W.shape[:1]:
        raise ValueError(f"three_steps: x {x.shape} does not fit W {W.shape}; want one example ({len(W)},)")
    products = x * W[:, 0]                                          # 1. multiply each input by its weight
    z = products.sum(keepdims=True) + b                             # 2. add them up, and the bias: the net sum
    a = f(z)                                                        # 3. activate
    return products, z, a


def net_sum(X: Array, W: Array, b: Array) -> Array:
    """Steps 1 and 2 for many examples and many neurons at once.

        Z = X W + b

    Parameters
    ----------
    X : (N, D)   inputs, a row per example, standardised by the caller (zero mean, unit spread)
    W : (D, H)   weights, a column per neuron
    b : (H,)     biases, one per neuron

    Returns
    -------
    (N, H) net sums, in the unit of the activation's argument: for a sigmoid log-odds, log(p / (1 - p)).

    Raises
    ------
    ValueError
        X is not 2-D or does not fit W.  Unchecked, a 1-D X can broadcast into a plausible wrong answer.

    Source: Rosenblatt 1958.
    """
    X, W = numbers("net_sum", "X", X), numbers("net_sum", "W", W)
    W = W.astype(np.float64) if W.dtype.kind in "iub" else W
    if X.ndim != 2 or X.shape[1] != W.shape[0]:
        raise ValueError(f"net_sum: X {X.shape} does not fit W {W.shape}; want X (N, {W.shape[0]}), "
                         "one example per row (for a single example use x[None, :])")
    Z = X @ W                                                       # (N, H)  multiply and add
    Z += b                                                          # Z is ours: no second array
    return Z


class Perceptron:
    """One neuron: weights W (D, 1) and bias b (1,), both zero at first, and an activation.

    `fit` is Rosenblatt's rule.  It needs the step; for a slope to descend see logistic.py.
    """

    def __init__(self, n_inputs: int, activation: Activation = step):
        self.W = np.zeros((n_inputs, 1))
        self.b = np.zeros(1)
        self.activation = activation

    def net_sum(self, X: Array) -> Array:
        return net_sum(X, self.W, self.b)                           # (N, 1)

    def predict(self, X: Array) -> Array:
        return self.activation(self.net_sum(X))                     # (N, 1)

    def fit(self, X: Array, y: Array, lr: float = 1.0, epochs: int = 100) -> list[int]:
        """Learn from mistakes, one example at a time; stop after the first epoch without one.

        X : (N, D) inputs        y : (N, 1) labels, 0 or 1        lr : step size, > 0        epochs : at most, >= 1

        Returns the number of mistakes in each epoch.  The last is 0 if, and only if, the examples were separated:
        for separable ones that happens after at most (R / gamma)^2 mistakes (Novikoff 1962), for others never.
        Raises ValueError if X and y do not fit, a label is not 0 or 1, an input is not finite, epochs < 1 or lr <= 0.

        Source: Rosenblatt 1958.
        """
        X, y = check_examples("Perceptron.fit", X, y, epochs, lr)
        mistakes = []
        for _ in range(epochs):
            wrong = 0
            for n in range(len(X)):
                x = X[n:n + 1]                                      # (1, D)  a batch of one
                error = self.predict(x) - y[n:n + 1]                # (1, 1)  a - y: -1, 0 or +1
                self.W -= lr * x.T @ error                          # (D, 1)
                self.b -= lr * error[0]                             # (1,)    the bias is the weight of a constant 1
                wrong += int(error[0, 0] != 0)
            mistakes.append(wrong)
            if wrong == 0:
                break
        return mistakes


def check_examples(who: str, X: Array, y: Array, epochs: int, lr: float) -> tuple[Array, Array]:
    """Return X and y as float64, or raise ValueError saying what came and what was wanted."""
    X, labels = numbers(who, "X", X).astype(np.float64), numbers(who, "labels", y).astype(np.float64)
    if X.ndim != 2 or len(X) == 0:
        raise ValueError(f"{who}: X {X.shape}; want (N, D) with at least one row")
    if not np.isfinite(X).all():
        row, column = np.argwhere(~np.isfinite(X))[0]
        raise ValueError(f"{who}: X holds NaN or infinite numbers, first in row {row}, column {column}; "
                         "drop or fill such rows")
    check_labels(who, y, len(X))
    y = labels
    if epochs < 1:
        raise ValueError(f"{who}: epochs {epochs}; want at least 1")
    if not lr > 0:
        raise ValueError(f"{who}: lr {lr}; want more than 0")
    return X, y


def numbers(who: str, name: str, values: Any) -> Array:
    """Lists, frames and series as an array of numbers; an array of numbers as it is.  Raises ValueError for others."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "fciub":
        return values
    try:
        array = np.asarray(values)
        return array if array.dtype.kind in "fciub" else array.astype(np.float64)
    except (TypeError, ValueError) as error:
        hint = "; for two words (np.asarray(y) == word) * 1.0" if name == "labels" else ""
        raise ValueError(f"{who}: {name} of {type(values).__name__}: {str(error)[:90]}; want numbers, rows of one "
                         f"length{hint}") from None


def labels_code(y: Any, columns: int = 1) -> str:
    """Code that makes labels (N, columns) of the labels that came; "" where none is known."""
    shape, kind = np.shape(y), np.asarray(y).dtype.kind
    if columns == 1:
        return "" if len(shape) != 1 else "y[:, None]" if isinstance(y, np.ndarray) else "np.reshape(y, (-1, 1))"
    if len(shape) != 1 and shape[1:] != (1,) or kind not in "iuf":
        return ""
    flat = "y" if len(shape) == 1 else "np.ravel(y)"
    return f"np.eye({columns})[{flat if kind in 'iu' else 'np.ravel(y).astype(int)'}]"


def check_labels(who: str, y: Any, n: int) -> None:
    """Raise ValueError unless y is (n, 1) and every label is 0 or 1."""
    shape = np.shape(y)
    if shape != (n, 1):
        hint = f"; make it a column with {labels_code(y)}" if shape == (n,) else ""
        raise ValueError(f"{who}: labels {shape}; want ({n}, 1), one row per example{hint}")
    y = np.asarray(y)
    odd = y[(y != 0) & (y != 1)]
    if odd.size:
        raise ValueError(f"{who}: labels must be 0 or 1, and one is {odd.flat[0]}; "
                         "for labels -1 and +1 use (y + 1) / 2, for two words (y == word) * 1.0")
