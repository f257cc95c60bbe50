"""Kinds of answers: classes or numbers.   They say what labels, loss, head and the first bias are.

    answers                   labels                    loss                    head
    two classes               0 or 1                    log loss                WideDeep
    several classes           one-hot                   cross-entropy           Classes
    numbers                   (y - mean) / spread       half the squared error  Regression

Read before: estimator.py, heads/classes.py, heads/regression.py        Read next: sklearn.py
"""
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets

from mlp.losses import log_loss, softmax, softmax_cross_entropy, squared_error
from perceptron.activations import Array, sigmoid
from widedeep.bridges.estimator import Estimator, Rows
from widedeep.heads.classes import Classes, class_labels
from widedeep.heads.regression import Regression, number_labels
from widedeep.model import WideDeep

FAR = float(np.finfo(np.float32).max)                   # Regression's limits: none


class Classifier(Estimator):
    """Answers that are classes: class numbers inside, `classes_` outside."""

    class_weight: Any

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Any:
        """One epoch more.   classes : all that will ever come; needed in the first call, if its rows lack one"""
        return self.learn_more(X, y, sample_weight, classes)

    def read_answers(self, y: Array, weight: Array, reset: bool, classes: Any, more: bool) -> tuple[Array, Array]:
        check_classification_targets(y)
        if reset:
            self.classes_ = np.unique(y[weight > 0] if classes is None else np.asarray(classes))
        elif classes is not None and not np.array_equal(self.classes_, np.unique(classes)):
            raise ValueError(f"{type(self).__name__}.partial_fit: classes {list(classes)}; the first call had "
                             f"{self.classes_.tolist()}")
        if len(self.classes_) < 2:
            raise ValueError(f"{type(self).__name__}: the labels hold 1 class, {self.classes_.tolist()}; want at least "
                             "two classes" + ", or partial_fit(..., classes=...)" * more)
        known = np.isin(y, self.classes_) | (weight == 0)
        if not known.all():
            raise ValueError(f"{type(self).__name__}: a label is {y[~known][0]!r}; want one of the classes "
                             f"{self.classes_.tolist()}")
        answers = np.searchsorted(self.classes_, y)
        return answers, weight * self.weights_of_classes(answers, weight, more).take(answers, mode="clip")

    def weights_of_classes(self, answers: Array, weight: Array, more: bool) -> Array:
        """(K,)   "balanced": the classes weigh the same together, as training/class_weights.py says."""
        if self.class_weight is None:
            return np.ones(len(self.classes_))
        if isinstance(self.class_weight, Mapping):
            if strangers := self.class_weight.keys() - set(self.classes_.tolist()):
                raise ValueError(f"{type(self).__name__}: class_weight names {sorted(map(str, strangers))}; want "
                                 f"some of the classes {self.classes_.tolist()}")
            return np.array([float(self.class_weight.get(name, 1.0)) for name in self.classes_.tolist()])
        if self.class_weight != "balanced" or more:
            why = "which partial_fit cannot know: want a dict" if self.class_weight == "balanced" else \
                "want None, 'balanced', or a dict of class: weight"
            raise ValueError(f"{type(self).__name__}: class_weight {self.class_weight!r}; {why}")
        totals = np.bincount(answers[weight > 0], weight[weight > 0], len(self.classes_))
        return totals.sum() / (len(totals) * totals)

    def learn_scale(self, rows: Rows) -> None:
        """Classes have none."""

    def strata(self, rows: Rows) -> Array:
        return rows.answers

    def yes_no(self) -> bool:
        return len(self.classes_) == 2

    def outputs(self) -> int:
        return 1 if self.yes_no() else len(self.classes_)

    def loss(self) -> Any:
        return log_loss if self.yes_no() else softmax_cross_entropy

    def desired(self, rows: Rows) -> Array:
        """(n, 1) 0 or 1, or (n, K) one-hot"""
        return rows.answers[:, None] * 1.0 if self.yes_no() else np.eye(len(self.classes_))[rows.answers]

    def labelled(self, batch: Any, rows: Rows) -> Any:
        """The batch with the labels that the head wants."""
        if self.yes_no():
            return replace(batch, labels=self.desired(rows).astype(batch.numbers.dtype))
        return class_labels(batch, rows.answers, range(len(self.classes_)))

    def head(self, towers: Mapping[str, Any]) -> WideDeep:
        return WideDeep(**towers) if self.yes_no() else Classes(self.classes_.tolist(), **towers)

    def measures(self, rows: Rows) -> list[Array]:
        """What columns are measured by: is it this class?   (n, 1) for each, one of two"""
        return [(rows.answers == k)[:, None] * 1.0 for k in range(1 if self.yes_no() else 0, len(self.classes_))]

    def constant(self, rows: Rows) -> Array:
        """The logits (outputs,) of the classes' shares of the weights, each with a row more."""
        totals = np.bincount(rows.answers, rows.weight, len(self.classes_)) + rows.weight.mean()
        shares = np.log(totals / totals.sum())
        return shares[1:] - shares[:1] if self.yes_no() else shares


class Probabilities(Classifier):
    """Classes whose net sums are logits."""

    def predict_proba(self, X: Any) -> Array:
        """(N, K), in the order of classes_"""
        z = self.net_sums(self.serving(X))
        return np.hstack([sigmoid(-z), sigmoid(z)]) if self.yes_no() else softmax(z)

    def predict(self, X: Any) -> Array:
        """(N,) the most probable class"""
        p = self.predict_proba(X)                                   # which says what is missing where nothing is fitted
        return self.classes_[p.argmax(axis=1)]


class Regressor(Estimator):
    """Answers that are numbers, standardised inside: (y - label_mean_) / label_spread_."""

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """One epoch more."""
        return self.learn_more(X, y, sample_weight)

    def read_answers(self, y: Array, weight: Array, reset: bool, classes: Any, more: bool) -> tuple[Array, Array]:
        try:
            y = y.astype(np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"{type(self).__name__}: labels such as {y[0]!r}; want numbers. Unknown label type for "
                             "regression; for classes there are classifiers") from None
        return y, weight

    def predict(self, X: Any) -> Array:
        """(N,)"""
        z = self.net_sums(self.serving(X))[:, 0]
        return z * self.label_spread_ + self.label_mean_

    def strata(self, rows: Rows) -> None:
        return None

    def outputs(self) -> int:
        return 1

    def loss(self) -> Any:
        return squared_error

    def learn_scale(self, rows: Rows) -> None:
        """Learn mean and spread of the labels, by weight."""
        self.label_mean_ = float(np.average(rows.answers, weights=rows.weight))
        spread = float(np.sqrt(np.average((rows.answers - self.label_mean_) ** 2, weights=rows.weight)))
        self.label_spread_ = spread if spread > 1e-9 * abs(self.label_mean_) else 1.0

    def desired(self, rows: Rows) -> Array:
        return ((rows.answers - self.label_mean_) / self.label_spread_)[:, None]

    def labelled(self, batch: Any, rows: Rows) -> Any:
        """The batch with the labels that the head wants."""
        return number_labels(batch, self.desired(rows))

    def head(self, towers: Mapping[str, Any]) -> WideDeep:
        return Regression(-FAR, FAR, **towers)

    def measures(self, rows: Rows) -> list[Array]:
        """What columns are measured by: is it above the median?"""
        return [(rows.answers > np.median(rows.answers))[:, None] * 1.0]

    def constant(self, rows: Rows) -> Array:
        return np.zeros(1)
