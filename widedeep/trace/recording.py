"""The record: every number of one step, heard while train_step takes it.

Nothing is computed twice.  The model, its towers and the layers of its MLP are each put behind a Listening, which
passes on what it is asked and keeps what went in and came out; then train_step runs as it always does, on a copy.

Read before: train.py, small.py        Read next: quantity.py
"""
import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from mlp.optimizers import Optimizer
from mlp.sparse import Rows
from mlp.windows import Windows, flatten
from perceptron.activations import Array, sigmoid
from perceptron.losses import log_loss
from widedeep.batch import Batch, check_is_batch
from widedeep.model import WideDeep
from widedeep.train import train_step


class Listening:
    """A model, a tower or a layer, which does the work; this keeps what passes."""

    def __init__(self, inside: Any):
        self.inside = inside

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inside, name)

    def forward(self, *given: Any) -> Any:
        self.out, self.cache = self.inside.forward(*given)
        return self.out, self.cache

    def backward(self, error: Array, *given: Any) -> Any:
        self.error, self.sent = error, self.inside.backward(error, *given)
        return self.sent


class Record(NamedTuple):
    """One step on one row, N = 1.  Arrays of parameters are whole, under their full names: "deep.mlp.0.W".

    forward : z_wide, V (1, C, d), X (1, C d + M), Z0, A0, Z1, A1 ... (1, H), z_deep, z, p (1, 1)
    loss : L, a number
    errors : dz (1, 1); z_wide, z_deep, the errors that reached the towers; A0, delta0, A1, delta1 ... (1, H), at a
        layer's outputs and at its net sums; X (1, C d + M), V (S, d): of each use of a row of E
    before, grads, after : parameters, the gradient of the loss with respect to them, and where the step moved them
    memory, memory_after : of the optimizers: (zeta, n) of FTRL, (s,) of AdaGrad
    again : as forward, of the same row after the step        loss_again : its loss then
    """

    batch: Batch
    forward: dict[str, Array]
    loss: float
    errors: dict[str, Array]
    before: dict[str, Array]
    grads: dict[str, Array]
    after: dict[str, Array]
    memory: dict[str, list[Array]]
    memory_after: dict[str, list[Array]]
    again: dict[str, Array]
    loss_again: float


def record(model: WideDeep, optimizers: Mapping[str, Optimizer], batch: Batch) -> Record:
    """Take one step on a batch of one row, on copies, and keep every number.

    model : of a wide and a deep tower        optimizers : those that trained it        batch : one row, with its label
    Raises ValueError for another number of rows, no label, other towers, or optimizers that have not made a step.
    """
    check_is_batch("record", batch)
    if len(batch) != 1 or batch.labels is None:
        raise ValueError(f"record: {len(batch)} rows, labels {'missing' if batch.labels is None else 'given'}; want "
                         "one row: encoder.encode(table, labels)[:1]")
    if set(model.towers) != {"wide", "deep"} or model.last_step is None:
        raise ValueError(f"record: towers {', '.join(model.towers)}, "
                         f"{'no step made' if model.last_step is None else 'trained'}; want a WideDeep of wide=... and "
                         "deep=..., after fit(model, optimizers, ...)")
    model, optimizers = copy.deepcopy((model, optimizers))          # the caller's stay where they are
    before, memory = weights_of(model), memory_of(model, optimizers)
    wide, deep = Listening(model.towers["wide"]), Listening(model.towers["deep"])
    layers: Any = [Listening(layer) for layer in deep.mlp.layers]
    deep.mlp.layers, model.towers = layers, {"wide": wide, "deep": deep}
    whole: Any = Listening(model)

    loss = train_step(whole, optimizers, batch)                     # what is recorded is this step

    grads = {name: g.dense(before[name].shape) if isinstance(g, Rows) else g for name, g in flatten(whole.sent)}
    forward, dX = outputs_of(whole, wide, deep, layers), layers[0].sent                 # dX (1, C d + M)
    V = forward["V"]
    errors = {"dz": whole.error, "z_wide": wide.error, "z_deep": deep.error, "X": dX,
              "V": deep.look_up_backward(dX[:, :V.size].reshape(V.shape), batch)[1]}    # (S, d)
    for i, layer in enumerate(layers):
        errors |= {f"A{i}": layer.error, f"delta{i}": grads[f"deep.mlp.{i}.b"][None]}   # one row: db is delta
    after, memory_after = weights_of(model), memory_of(model, optimizers)
    z, _ = whole.forward(batch)                                     # once more, through the moved weights
    return Record(batch, forward, float(loss), errors, before, grads, after, memory, memory_after,
                  outputs_of(whole, wide, deep, layers), float(log_loss(z, batch.labels)[0]))


def outputs_of(whole: Any, wide: Any, deep: Any, layers: Any) -> dict[str, Array]:
    """What was heard on the last way forward."""
    X, (C, _), d = layers[0].cache[0], deep.inputs, deep.E.shape[1]
    heard = {"z_wide": wide.out, "V": X[:, :C * d].reshape(1, C, d), "X": X}
    for i, layer in enumerate(layers):
        heard |= {f"Z{i}": layer.cache[1], f"A{i}": layer.cache[2]}                     # (1, H)
    return heard | {"z_deep": deep.out, "z": whole.out, "p": sigmoid(whole.out)}        # (1, 1)


def weights_of(model: WideDeep) -> dict[str, Array]:
    """Copies, by full name."""
    return {name: w.copy() for name, w in flatten(model.params())}


def memory_of(model: WideDeep, optimizers: Mapping[str, Optimizer]) -> dict[str, list[Array]]:
    """Copies of the optimizers' memory, by the full name of the array that it belongs to."""
    found: dict[str, list[Array]] = {}
    for group, arrays in model.params().items():
        for name, part in ({"": arrays} if isinstance(arrays, Windows) else arrays).items():
            if name not in optimizers[group].memory:
                raise ValueError(f"record: the optimizer of {group} has no memory yet; want those that trained the "
                                 "model, after fit(model, optimizers, ...)")
            for kept in optimizers[group].memory[name]:
                whole = Windows(part.shapes, kept.copy()) if isinstance(part, Windows) else kept.copy()
                for full, array in flatten(whole, f"{group}.{name}" if name else group):
                    found.setdefault(full, []).append(array)
    return found


def used(ids: Array) -> Array:
    """The ids that stand in a row of a batch, each once, in their order, without 0."""
    return np.array(list(dict.fromkeys(ids.ravel()[ids.ravel() > 0].tolist())), np.intp)
