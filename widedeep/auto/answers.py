"""Answers: yes or no, one of several classes, or a number.   They say what labels, loss, head and figures are.

    head        labels                    loss                    model
    binary      0 or 1                    log loss                WideDeep
    classes     one-hot                   cross-entropy           Classes
    number      (y - mean) / spread       half the squared error  Regression; at the end in y's unit

Read before: heads/classes.py, heads/regression.py        Read next: plan.py
"""
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mlp.losses import log_loss, softmax, softmax_cross_entropy, squared_error
from perceptron.activations import Array, sigmoid
from widedeep.auto.reading import as_numbers, as_texts, gaps
from widedeep.heads.classes import Classes, evaluate_classes
from widedeep.heads.regression import Regression, evaluate_numbers
from widedeep.metrics import evaluate
from widedeep.model import WideDeep
from widedeep.table import as_column

MOST_CLASSES = 50
FEW_NUMBERS = 10                                        # whole numbers of so few values are classes
YES = {"1", "yes", "y", "true", "t", "positive", "pos"}


@dataclass(frozen=True)
class Answers:
    """label : the column        head : "binary", "classes" or "number"
    names : of the classes, texts; of a yes or no (0's, 1's)        mean, spread, low, high : of numbers
    """

    label: str
    head: str
    names: tuple[str, ...] = ()
    mean: float = 0.0
    spread: float = 1.0
    low: float = 0.0
    high: float = 0.0

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> "Answers":
        return cls(**{**state, "names": tuple(state["names"])})

    def state(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def outputs(self) -> int:
        return len(self.names) if self.head == "classes" else 1

    @property
    def loss(self) -> Any:
        return {"binary": log_loss, "classes": softmax_cross_entropy, "number": squared_error}[self.head]

    def desired(self, values: Any) -> Array:
        """(N, K) float64: 0 or 1, one-hot, or standardised numbers.  Raises ValueError for a label never seen."""
        y = self.read(values)
        if self.head == "number":
            return ((y - self.mean) / self.spread)[:, None]
        return np.eye(len(self.names))[y] if self.head == "classes" else y[:, None] * 1.0

    def read(self, values: Any) -> Array:
        """(N,) class numbers, or numbers in their unit."""
        values = as_column(values)
        if self.head == "number":
            y = as_numbers(values)
            if not np.isfinite(y).all():
                row = int(np.flatnonzero(~np.isfinite(y))[0])
                raise ValueError(f"label {self.label!r}, row {row}: {values[row]!r} is no number; drop such rows")
            return y
        number = {name: k for k, name in enumerate(self.names)}
        texts = as_texts(values).tolist()
        strange = [text for text in texts if text not in number]
        if strange:
            raise ValueError(f"label {self.label!r} holds {strange[0]!r}; the model knows "
                             f"{', '.join(map(repr, self.names[:8]))}: drop rows with other labels, or train again")
        return np.array([number[text] for text in texts], np.intp)

    def new_model(self, towers: Mapping[str, Any]) -> WideDeep:
        """A model of these towers, with the best constant answer still to be set."""
        if self.head == "number":
            far = float(np.finfo(np.float32).max)
            return Regression(-far, far, **towers)
        return Classes(self.names, **towers) if self.head == "classes" else WideDeep(**towers)

    def constant(self, desired: Array) -> Array:
        """(K,) net sums of the best constant answer to (N, K), a row more for each class."""
        if self.head == "number":
            return desired.mean(axis=0)
        share = (desired.sum(axis=0) + 1) / (len(desired) + max(2, desired.shape[1]))
        return np.log(share) if self.head == "classes" else np.log(share / (1 - share))

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

    def standardised(self, z: Array) -> Array:
        """Net sums of a finished model as training has them."""
        return (z - self.mean) / self.spread if self.head == "number" else z

    def columns(self, z: Array) -> dict[str, Array]:
        """What predict writes, of a finished model's net sums (N, K)."""
        z = np.asarray(z, np.float64)
        if self.head == "number":
            return {"prediction": np.clip(z[:, 0], self.low, self.high)}
        if self.head == "binary":
            return {"probability": sigmoid(z)[:, 0]}
        return dict(zip(self.names, softmax(z).T))

    def questions(self, desired: Array) -> list[Array]:
        """What columns are measured by, (N,) each: the label, or whether it is this class (the 6 most frequent)."""
        most = np.argsort(-desired.sum(axis=0), kind="stable")[:6] if self.head == "classes" else [0]
        return [desired[:, k] for k in most]


def choose_answers(label: str, values: Array, head: str | None = None, positive: str | None = None
                   ) -> tuple[Answers, Array, str]:
    """(answers, (N,) bool: the rows that have a label, why), by what the label's column holds.

    head, positive : as a person said
    Raises ValueError for a label of one value, of values that are all different, or that is not what `head` says.
    """
    known = ~gaps(values)
    if not known.any():
        raise ValueError(f"label {label!r}: every row lacks it; name another column with --label")
    found, x = values[known], as_numbers(values[known])
    counts = Counter(as_texts(found).tolist())
    if len(counts) == 1:
        raise ValueError(f"label {label!r} is {next(iter(counts))!r} in every row; want two values at least: is it the "
                         "right column, and are these all rows?")
    numeric, whole = bool(np.isfinite(x).all()), bool((x == np.round(x)).all())
    if head is None:
        few = len(counts) <= FEW_NUMBERS and len(counts) <= max(2, len(found) / 10)
        head = "number" if numeric and not (len(counts) == 2 or (whole and few)) else \
            "binary" if len(counts) == 2 else "classes"
    if head == "number":
        if not numeric:
            odd = found[~np.isfinite(x)][0]
            raise ValueError(f"label {label!r} holds {odd!r}, which is no number; want numbers, or --head classes")
        spread = float(x.std())
        answers = Answers(label, head, (), float(x.mean()), spread if spread > 0 else 1.0, float(x.min()),
                          float(x.max()))
        return answers, known, f"{len(counts):,} different numbers from {x.min():g} to {x.max():g}: a number"
    if len(counts) == len(found):
        raise ValueError(f"label {label!r}: all {len(found):,} rows have a value of their own, as an id has; want a "
                         "label that rows share, or numbers")
    if head == "binary":
        if len(counts) != 2:
            raise ValueError(f"label {label!r} holds {len(counts)} values; want two for a yes or no, or --head classes")
        if positive is not None and positive not in counts:
            raise ValueError(f"--positive {positive!r}: label {label!r} holds {' and '.join(map(repr, counts))}")
        yes = positive or next((name for name in counts if name.lower() in YES), None) or min(counts, key=rarer(counts))
        no = next(name for name in counts if name != yes)
        return Answers(label, head, (no, yes)), known, f"two values: yes or no; {yes!r} is 1 ({counts[yes]:,} rows)"
    if len(counts) > MOST_CLASSES:
        raise ValueError(f"label {label!r} holds {len(counts)} different values; want at most {MOST_CLASSES} classes: "
                         "merge the rare ones, or name another column")
    names = sorted(counts, key=lambda name: (float(name), name)) if numeric else sorted(counts)
    return Answers(label, head, tuple(names)), known, f"{len(names)} different values: one of {len(names)} classes"


def rarer(counts: Mapping[str, int]) -> Any:
    return lambda name: (counts[name], name)


