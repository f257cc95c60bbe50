"""Answers: yes or no, one of several classes, or a number.   They say what labels, loss, head and figures are.

    head        labels                    loss                    model
    binary      0 or 1                    log loss                WideDeep
    classes     one-hot                   cross-entropy           Classes
    number      (y - mean) / spread       half the squared error  Regression

`widedeep train` (auto/answers.py) and scikit-learn's estimators (bridges/answers.py) read labels in their own ways, and
then mean the same by them.

Read before: classes.py, regression.py        Read next: ordinal.py
"""
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlp.losses import log_loss, softmax, softmax_cross_entropy, squared_error
from perceptron.activations import Array, sigmoid
from widedeep.heads.classes import Classes, evaluate_classes
from widedeep.heads.regression import Regression, evaluate_numbers
from widedeep.metrics import evaluate
from widedeep.model import WideDeep

FAR = float(np.finfo(np.float32).max)                   # Regression's limits: none


@dataclass(frozen=True)
class Answers:
    """head : "binary", "classes" or "number"
    names : of the classes; of a yes or no (0's, 1's)        mean, spread, low, high : of numbers
    """

    head: str
    names: tuple[Hashable, ...] = ()
    mean: float = 0.0
    spread: float = 1.0
    low: float = 0.0
    high: float = 0.0

    @property
    def outputs(self) -> int:
        return len(self.names) if self.head == "classes" else 1

    @property
    def loss(self) -> Any:
        return {"binary": log_loss, "classes": softmax_cross_entropy, "number": squared_error}[self.head]

    def coded(self, y: Array) -> Array:
        """(N, K) float64: 0 or 1, one-hot, or standardised numbers.   y : (N,) class numbers, or numbers"""
        if self.head == "number":
            return ((y - self.mean) / self.spread)[:, None]
        return np.eye(len(self.names))[y] if self.head == "classes" else y[:, None] * 1.0

    def new_model(self, towers: Mapping[str, Any]) -> WideDeep:
        """A model of these towers, with the best constant answer still to be set."""
        if self.head == "number":
            return Regression(-FAR, FAR, **towers)
        return Classes(self.names, **towers) if self.head == "classes" else WideDeep(**towers)

    def constant(self, desired: Array, weight: Array | None = None) -> Array:
        """(K,) net sums of the best constant answer to (N, K), a row more for each class.   weight : (N,), 1 each"""
        if self.head == "number":
            return np.average(desired, axis=0, weights=weight)
        weight = np.ones(len(desired)) if weight is None else weight / weight.mean()
        share = (weight @ desired + 1) / (len(desired) + max(2, desired.shape[1]))
        found: Array = np.log(share) if self.head == "classes" else np.log(share / (1 - share))
        return found

    def finished(self, towers: Mapping[str, Any], b: Array) -> WideDeep:
        """The model of trained towers and biases (K,); numbers in their own unit from here on."""
        if self.head != "number":
            model = self.new_model(towers)
            model.b[...] = b
            return model
        for tower in towers.values():
            tower.w[...] *= self.spread
        model = Regression(self.low, self.high, **towers)
        model.b[...] = b * self.spread + self.mean
        return model

    def figures(self, z: Array, desired: Array) -> dict[str, float]:
        """auc, log_loss, accuracy; log_loss, accuracy; or rmse, mae, of net sums (N, K) as training has them."""
        z = np.asarray(z, np.float64)
        if self.head == "number":
            z = np.clip(z * self.spread + self.mean, self.low, self.high)
            return evaluate_numbers(z, desired * self.spread + self.mean)
        if self.head == "classes":
            return evaluate_classes(z, desired)
        if desired.min() == desired.max():                          # no AUC without both
            p = sigmoid(z)
            return {"log_loss": float(log_loss(z, desired)[0]), "accuracy": float(((p > 0.5) == desired).mean())}
        return evaluate(np.where(z == 0, -1e-12, z), desired)

    def probabilities(self, z: Array) -> Array:
        """(N, classes) of net sums (N, K)."""
        return softmax(z) if self.head == "classes" else np.hstack([sigmoid(-z), sigmoid(z)])

    def questions(self, desired: Array) -> list[Array]:
        """What columns are measured by, (N,) each: the label, or whether it is this class (the 6 most frequent)."""
        most = np.argsort(-desired.sum(axis=0), kind="stable")[:6] if self.head == "classes" else [0]
        return [desired[:, k] for k in most]
