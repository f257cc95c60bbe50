"""Classes: which of K?  The answer is a = softmax(Z), and the loss is the cross-entropy.

    model = Classes(names, wide=WideClasses(...), deep=DeepClasses(...))
    train, validation = (class_labels(encoder.encode(t), t["colour"], names) for t in (rows, others))
    model.init_bias(train.labels)                       # each bias begins at the log of its class's share
    fit(model, optimizers, train, validation, rng=rng, epochs=20, loss=softmax_cross_entropy)

Only the last weights of the two towers differ: a column of them for each class.

Read before: mlp/losses.py, model.py, train.py        Read next: answers.py
"""
import warnings
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mlp.losses import softmax, softmax_cross_entropy
from mlp.sparse import Rows
from mlp.windows import Windows
from perceptron.activations import Array
from perceptron.neuron import numbers
from widedeep.batch import Batch
from widedeep.cells import cell, is_missing
from widedeep.deep import Deep
from widedeep.model import Tower, WideDeep
from widedeep.registry import register
from widedeep.rows import sum_rows
from widedeep.table import as_column
from widedeep.wide import Wide

B = TypeVar("B", bound=Batch)


@register("head")
class Classes(WideDeep):
    """Which of K?   a = softmax(Z), with a column of weights and a bias for each class.

    names : the K classes, in the order of the columns
    towers : WideClasses, DeepClasses, or your own, whose last weights w (..., K) have a column for each class
    """

    def __init__(self, names: Sequence[Hashable], dtype: npt.DTypeLike = np.float32, **towers: Tower):
        super().__init__(dtype, **towers)
        self.names = check_names("Classes", names)
        for name, tower in towers.items():
            w: Any = getattr(tower, "w", None)
            if w is None or w.ndim < 2 or w.shape[1] != len(self.names):
                raise ValueError(f"Classes: tower {name!r} is a {type(tower).__name__} with w "
                                 f"{None if w is None else w.shape}; want (..., {len(self.names)}), a column for each "
                                 "class, as WideClasses and DeepClasses have")
        self.b = np.zeros(len(self.names), dtype)                   # (K,)

    def init_bias(self, labels: Array) -> None:
        """The best constant answer to the labels (N, K) is each class's share; a row more for each, against log 0."""
        self.b[...] = np.log((np.sum(labels, axis=0) + 1) / (len(labels) + len(self.names)))

    def check_labels(self, who: str, labels: Array) -> None:
        """Raise ValueError unless labels are (N, K), a column for each class."""
        if labels.shape[1:] != (len(self.names),):
            raise ValueError(f"{who}: labels {labels.shape} for {len(self.names)} classes; want a column for each: "
                             "class_labels(batch, values, model.names)")

    def predict(self, batch: Batch) -> Array:
        """(N, K) probabilities."""
        return softmax(self.logits(batch))

    def most_likely(self, batch: Batch) -> list[Hashable]:
        """The name of each row's most probable class."""
        return [self.names[k] for k in self.logits(batch).argmax(axis=1)]

    def spec(self) -> dict[str, Any]:
        """What __init__ needs to build it again, but for the towers."""
        return {"names": self.names}


@register("tower")
class WideClasses(Wide):
    """The wide tower with a weight for each feature AND class, w (V, K).  n_features : V    classes : K"""

    w: Array

    def __init__(self, n_features: int, classes: int, dtype: npt.DTypeLike = np.float32):
        super().__init__(n_features, dtype)
        self.w = np.zeros((n_features, check_count("WideClasses", classes)), dtype)

    def forward(self, batch: Batch, rng: np.random.Generator | None = None) -> tuple[Array, Array]:
        """batch.wide (N, F) -> Z (N, K), and the ids for backward."""
        ids = batch.wide                                            # (N, F)
        return self.w.take(ids, axis=0).sum(axis=1), ids            # (N, K)  over the F features that are 1

    def backward(self, dz: Array, ids: Array) -> dict[str, Array | Rows]:
        """dZ (N, K) -> dw: each feature of a row gets the row's K errors."""
        errors = np.repeat(dz, ids.shape[1], axis=0)                # (N F, K)
        return {"w": sum_rows(ids.ravel(), errors, self.w)}

    def spec(self) -> dict[str, Any]:
        return super().spec() | {"classes": self.w.shape[1]}


@register("tower")
class DeepClasses(Deep):
    """The deep tower with a last column for each class, w (H, K); table and layers are shared by all of them.

    classes : K        the rest, and settings by name, as for Deep
    """

    def __init__(self, n_rows: int, d: int, inputs: tuple[int, int], hidden: Sequence[int], rng: np.random.Generator,
                 classes: int, dtype: npt.DTypeLike = np.float32, **settings: Any):
        super().__init__(n_rows, d, inputs, hidden, rng, dtype, **settings)
        H, K = len(self.w), check_count("DeepClasses", classes)
        w = rng.normal(0, 1 / np.sqrt(H), (H, K)).astype(dtype)     # (H, K)
        flat = np.concatenate([self.theta.flat[:-H], w.ravel()])    # w is the last of the tower's windows
        self.bind(Windows({**self.theta.shapes, "w": w.shape}, flat), self.E)

    def spec(self) -> dict[str, Any]:
        return super().spec() | {"classes": self.w.shape[1]}


def class_labels(batch: B, values: npt.ArrayLike, names: Sequence[Hashable]) -> B:
    """The batch with one-hot labels (N, K): column k is 1 where the row's value is names[k].

    values : (N,) each one of the names, or class numbers with names=range(K)
    Raises ValueError for another shape, or a value that is none of the names (so NaN too).
    """
    names = check_names("class_labels", names)
    found = as_column(values)
    if found.shape != (len(batch),):
        raise ValueError(f"class_labels: values {found.shape}; want ({len(batch)},), the class of each row")
    number = {name: k for k, name in enumerate(names)}
    known = [float("nan") if is_missing(value) else cell(value, "class_labels") for value in found]
    classes = np.array([number.get(value, -1) for value in known], np.intp)             # (N,)
    if (classes < 0).any():
        row = int(np.flatnonzero(classes < 0)[0])
        shown = ", ".join(map(repr, names[:8])) + (", ..." if len(names) > 8 else "")
        raise ValueError(f"class_labels: row {row} is {known[row]!r}, and the {len(names)} classes are {shown}")
    return replace(batch, labels=np.eye(len(names), dtype=batch.numbers.dtype)[classes])


def evaluate_classes(Z: Any, y: Any) -> dict[str, float]:
    """{"log_loss", "accuracy"} of logits Z (N, K) for one-hot labels y (N, K), in float64; log loss in nats a row.

    Warns where every row of Z sums to 1, as probabilities do.
    """
    Z, y = numbers("evaluate_classes", "logits", Z), numbers("evaluate_classes", "labels", y)
    if Z.ndim == 2 and Z.size and Z.min() >= 0 and np.allclose(Z.sum(axis=1), 1, atol=1e-4):
        warnings.warn("evaluate_classes: every row sums to 1, as probabilities do; want model.logits(batch), not "
                      "model.predict(batch)", stacklevel=2)
    loss, _ = softmax_cross_entropy(Z.astype(np.float64), y)
    return {"log_loss": float(loss), "accuracy": float((Z.argmax(axis=1) == y.argmax(axis=1)).mean())}


def check_names(who: str, names: Sequence[Hashable]) -> list[Hashable]:
    """The names as a list of plain values, two or more and none twice."""
    plain = [cell(name, who) for name in names]
    check_count(who, len(plain))
    if len(set(plain)) < len(plain):
        raise ValueError(f"{who}: a class stands twice among {plain}")
    return plain


def check_count(who: str, classes: int) -> int:
    if classes < 2:
        raise ValueError(f"{who}: {classes} classes; want at least 2, since one class leaves nothing to tell apart")
    return classes
