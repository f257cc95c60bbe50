"""Kinds of answers, as scikit-learn reads them: classes and their weights, or numbers; `answers_` is what they mean.

Read before: estimator.py, heads/answers.py        Read next: sklearn.py
"""
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets

from perceptron.activations import Array
from widedeep.bridges.estimator import Estimator, Rows
from widedeep.heads.answers import Answers


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

    def meant(self, rows: Rows) -> Answers:
        names = tuple(self.classes_.tolist())
        return Answers("binary" if len(names) == 2 else "classes", names)

    def strata(self, rows: Rows) -> Array:
        return rows.answers


class Probabilities(Classifier):
    """Classes whose net sums are logits."""

    def predict_proba(self, X: Any) -> Array:
        """(N, K), in the order of classes_"""
        z = self.net_sums(self.serving(X))                          # which says what is missing where nothing is fitted
        return self.answers_.probabilities(z)

    def predict(self, X: Any) -> Array:
        """(N,) the most probable class"""
        p = self.predict_proba(X)
        return self.classes_[p.argmax(axis=1)]


class Regressor(Estimator):
    """Answers that are numbers, standardised inside."""

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
        return z * self.answers_.spread + self.answers_.mean

    def strata(self, rows: Rows) -> None:
        return None

    def meant(self, rows: Rows) -> Answers:
        """With mean and spread of the labels, by weight."""
        mean = float(np.average(rows.answers, weights=rows.weight))
        spread = float(np.sqrt(np.average((rows.answers - mean) ** 2, weights=rows.weight)))
        return Answers("number", (), mean, spread if spread > 1e-9 * abs(mean) else 1.0)
