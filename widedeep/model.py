"""Wide & Deep: logits add, one error signal flows back.

    z  =  w_wide . [x, phi(x)]  +  w_deep . a_last  +  b         p = sigmoid(z)         Cheng et al. 2016, eq. 3

    dL/dz_wide = dL/dz_deep = dL/dz = (p - y) / N                addition copies the gradient

That last line is joint training: both towers learn from the error that their sum leaves.  An ensemble would give
each tower its own p - y instead.

Read before: wide.py, deep.py        Read next: train.py
"""
import copy
from collections.abc import Sequence
from itertools import product
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mlp.windows import flatten
from perceptron.activations import Array, sigmoid
from widedeep.batch import Batch, Ragged, check_is_batch, check_made_by
from widedeep.cells import shown
from widedeep.registry import register
from widedeep.wide import Wide


class Tower(Protocol):
    """What the composer needs of a tower: Wide and Deep have it, and a tower of your own may."""

    def params(self) -> dict[str, Any]: ...
    def frozen(self) -> dict[str, Any]: ...
    def forward(self, batch: Batch, rng: np.random.Generator | None = None) -> tuple[Array, Any]: ...
    def backward(self, dz: Array, cache: Any) -> dict[str, Any]: ...
    def astype(self, dtype: npt.DTypeLike) -> "Tower": ...
    def spec(self) -> dict[str, Any]: ...


@register("head")
class WideDeep:
    """WideDeep(wide=..., deep=...): towers by name, either alone too, plus the single bias b (1,)."""

    made_for = ""                                       # the fingerprint of the encoder of its training rows
    last_step: Any = None                        # see mlp/train.py, check_together

    def __init__(self, dtype: npt.DTypeLike = np.float32, **towers: Tower):
        if not towers or "bias" in towers:
            raise ValueError(f"WideDeep: towers {list(towers)}; want wide=..., deep=... or both; "
                             "the bias is the model's own")
        for name, tower in towers.items():
            if isinstance(tower, type) or not hasattr(tower, "forward"):
                raise ValueError(f"WideDeep: {name} is {shown(tower)}; want a tower, as {name}=Wide(encoder.n_wide)")
        self.towers = towers
        self.b = np.zeros(1, dtype)

    def params(self) -> dict[str, Any]:
        """Arrays in groups, one optimizer each: {"wide": {...}, "deep": {...}, "bias": {...}}."""
        return {name: tower.params() for name, tower in self.towers.items()} | {"bias": {"b": self.b}}

    def frozen(self) -> dict[str, Any]:
        """Rows that are not parameters, by the array's full name, for the gradient checker."""
        return {f"{name}.{array}": rows
                for name, tower in self.towers.items() for array, rows in tower.frozen().items()}

    def forward(self, batch: Batch, rng: np.random.Generator | None = None) -> tuple[Array, dict[str, Any]]:
        """Batch of N rows -> logits z (N, 1), and the towers' caches.  Dropout acts only where rng is given."""
        check_is_batch(type(self).__name__, batch)
        check_made_by(type(self).__name__, getattr(batch, "made_by", ""), self.made_for)
        z, caches = self.b, {}
        for name, tower in self.towers.items():
            z_tower, caches[name] = tower.forward(batch, rng)       # (N, 1)
            z = z + z_tower
        return z, caches

    def backward(self, dz: Array, caches: dict[str, Any]) -> dict[str, Any]:
        """dz (N, 1), the one error signal -> gradients under the names of params()."""
        grads = {name: tower.backward(dz, caches[name]) for name, tower in self.towers.items()}     # the same dz
        return grads | {"bias": {"b": dz.sum(axis=0)}}

    def logits(self, batch: Any) -> Array:
        """(N, 1); of a Ragged batch part by part, so that one long row does not widen all."""
        if not isinstance(batch, Ragged):
            return self.forward(batch)[0]
        found = [(rows, self.forward(part)[0]) for rows, part in batch.parts()]
        z = np.empty((len(batch), found[0][1].shape[1]), found[0][1].dtype)
        for rows, part in found:
            z[rows] = part
        return z

    def predict(self, batch: Batch) -> Array:
        """Serving: probabilities (N, 1).  Reads no labels and keeps no state."""
        return sigmoid(self.logits(batch))

    def check_labels(self, who: str, labels: Array) -> None:
        """A head whose answers have a range raises ValueError for labels beyond it; the loss checks labels 0 and 1."""

    def spec(self) -> dict[str, Any]:
        """What __init__ needs to build it again, but for the towers and the dtype: nothing."""
        return {}

    def astype(self, dtype: npt.DTypeLike) -> "WideDeep":
        """A copy of another dtype: float64 to check a model that was trained in float32."""
        other = copy.copy(self)
        other.towers = {name: tower.astype(dtype) for name, tower in self.towers.items()}
        other.b = self.b.astype(dtype)
        return other


def ensemble(models: Sequence[WideDeep], batch: Batch) -> Array:
    """The mean probability (N, 1) of models trained apart: what joint training is compared with."""
    if not isinstance(models, Sequence) or not models or len({type(model).predict for model in models}) > 1:
        raise ValueError("ensemble: want a list of models of one kind, one or more: ensemble([model, other], batch)")
    return np.mean([model.predict(batch) for model in models], axis=0)


def check_batch(who: str, model: WideDeep, batch: Batch) -> None:
    """Raise ValueError unless the batch has labels, finite numbers, and ids that the towers know."""
    if not isinstance(model, WideDeep):
        raise ValueError(f"{who}: the model is a {type(model).__name__}; want fit(model, optimizers, batch, ...)")
    check_is_batch(who, batch)
    if batch.labels is None or len(batch) == 0:
        raise ValueError(f"{who}: {len(batch)} rows, labels {'missing' if batch.labels is None else 'given'}; "
                         "encode(table, labels) of at least one row")
    if not np.isfinite(batch.numbers).all():
        row, column = np.argwhere(~np.isfinite(batch.numbers))[0]
        raise ValueError(f"{who}: numbers hold NaN or infinite values, first {batch.numbers[row, column]} in row "
                         f"{row}, column {column}; drop or fill those rows")
    check_made_by(who, batch.made_by, model.made_for)
    model.check_labels(who, batch.labels)
    arrays = dict(flatten(model.params()))
    for (name, tower), (_, part) in product(model.towers.items(), batch.parts()):
        ids = part.wide if isinstance(tower, Wide) else part.deep
        for table in tower.frozen():                                # the tables, which have a row 0
            size = len(arrays[f"{name}.{table}"])
            if ids.size and (ids.dtype.kind not in "iu" or ids.min() < 0 or ids.max() >= size):
                raise ValueError(f"{who}: {name} ids {ids.dtype} from {ids.min()} to {ids.max()}; want whole numbers "
                                 f"in 0 .. {size - 1}: was the batch made by another encoder?")


def check_rows(model: WideDeep, train: Batch, validation: Batch | None, patience: int | None) -> None:
    """Raise ValueError unless both are batches for this model, of one encoder, with more than one answer to learn."""
    check_batch("fit", model, train)
    if model.last_step is None and (train.labels == train.labels[0]).all():
        raise ValueError(f"fit: all labels are {', '.join(f'{y:g}' for y in train.labels[0])}; want both classes, "
                         "0 and 1, or more than one answer of another head")
    if validation is not None:
        check_batch("fit: validation", model, validation)
        check_made_by("fit: validation", validation.made_by, train.made_by, "training rows'")
    elif patience is not None:
        raise ValueError("fit: patience needs validation data: training loss alone cannot tell when to stop")



def check_sizes(model: WideDeep, encoder: Any) -> None:
    """Raise ValueError if a table has another number of rows than the encoder has ids."""
    arrays = dict(flatten(model.params()))
    for name, tower in model.towers.items():
        want = encoder.n_wide if isinstance(tower, Wide) else encoder.n_deep
        for table in tower.frozen():
            if (rows := len(arrays[f"{name}.{table}"])) != want:
                raise ValueError(f"{name}.{table} has {rows} rows, and the encoder {want} ids; want the encoder that "
                                 "the model was built for")
