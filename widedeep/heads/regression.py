"""Regression: how much?  The answer is the net sum itself, a = z, and the loss is half the squared error.

    train, validation = (number_labels(encoder.encode(t), t["rating"][:, None]) for t in (rows, others))
    model = Regression(1, 5, wide=..., deep=...)
    model.init_bias(train.labels)                       # the bias begins at the best constant answer
    fit(model, optimizers, train, validation, rng=rng, epochs=20, loss=squared_error)

Read before: mlp/losses.py, model.py, train.py        Read next: classes.py
"""
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from perceptron.neuron import labels_code, numbers
from widedeep.batch import Batch
from widedeep.model import Tower, WideDeep
from widedeep.registry import register

B = TypeVar("B", bound=Batch)


@register("head")
class Regression(WideDeep):
    """How much?   a = z

    low, high : the least and the greatest answer there is, in the labels' unit; predict stays between them
    towers : as for WideDeep
    """

    def __init__(self, low: float, high: float, dtype: npt.DTypeLike = np.float32, **towers: Tower):
        if not low < high:
            raise ValueError(f"Regression: answers from {low} to {high}; want low < high")
        super().__init__(dtype, **towers)
        self.low, self.high = low, high

    def init_bias(self, labels: Array) -> None:
        """The best constant answer to the labels (N, 1) is their mean."""
        self.b[...] = np.mean(labels, axis=0)

    def check_labels(self, who: str, labels: Array) -> None:
        """Raise ValueError for labels that predict could never answer."""
        if labels.min() < self.low or labels.max() > self.high:
            low, high = min(labels.min(), self.low), max(labels.max(), self.high)
            raise ValueError(f"{who}: labels from {labels.min():g} to {labels.max():g}, and Regression answers from "
                             f"{self.low:g} to {self.high:g}; want Regression({low:g}, {high:g}, ...), or other labels")

    def predict(self, batch: Batch) -> Array:
        """(N, 1), in the labels' unit."""
        return np.clip(self.logits(batch), self.low, self.high)

    def spec(self) -> dict[str, Any]:
        """What __init__ needs to build it again, but for the towers."""
        return {"low": self.low, "high": self.high}


def number_labels(batch: B, y: npt.ArrayLike) -> B:
    """The batch with numbers y (N, 1) as its labels.  Raises ValueError for another shape, NaN or infinite numbers."""
    labels = np.asarray(y)
    if labels.shape != (len(batch), 1):
        hint = f"; make it a column with {labels_code(y)}" if labels.shape == (len(batch),) else ""
        raise ValueError(f"number_labels: labels {labels.shape}; want ({len(batch)}, 1), one row per example{hint}")
    if labels.dtype.kind not in "biuf":
        raise ValueError(f"number_labels: labels of dtype {labels.dtype}, such as {labels[0, 0]!r}; want numbers "
                         "(for names of classes: class_labels)")
    if not np.isfinite(labels).all():
        row = int(np.flatnonzero(~np.isfinite(labels[:, 0]))[0])
        raise ValueError(f"number_labels: row {row} is {labels[row, 0]}; want finite numbers: drop rows without one")
    with np.errstate(over="ignore"):                                # told below
        cast = labels.astype(batch.numbers.dtype)
    if not np.isfinite(cast).all():
        row = int(np.flatnonzero(~np.isfinite(cast[:, 0]))[0])
        raise ValueError(f"number_labels: row {row} is {labels[row, 0]}, beyond {cast.dtype}; want another unit, or "
                         "encode(table, dtype=np.float64)")
    return replace(batch, labels=cast)


def evaluate_numbers(a: Any, y: Any) -> dict[str, float]:
    """{"rmse", "mae"} of answers a (N, 1) to labels y (N, 1), in their unit, in float64."""
    a, y = numbers("evaluate_numbers", "answers", a), numbers("evaluate_numbers", "labels", y)
    if a.shape != y.shape or len(y) == 0:
        raise ValueError(f"evaluate_numbers: answers {a.shape}, labels {y.shape}; want (N, 1) both, N >= 1")
    error = a.astype(np.float64) - y                                # (N, 1)
    return {"rmse": float(np.sqrt((error ** 2).mean())), "mae": float(np.abs(error).mean())}
