"""The neuron of chapter 1 and the network of chapter 2, with weights of rows.

Both chapters' loops take every row as often as every other.  Rosenblatt's rule needs no other loop: a row of weight w
is learned at w times the step size.  A network's loss needs the weights in its mean, so its loop stands here again.

Read before: perceptron/neuron.py, mlp/train.py        Read next: estimator.py
"""
import copy
from typing import Any, NamedTuple

import numpy as np

from mlp.network import MLP
from mlp.optimizers import Optimizer
from mlp.penalty import l2_penalty
from mlp.train import Epoch, begin_step, check_together, diverged, keep_freed_memory, minibatches
from perceptron.activations import Array
from perceptron.neuron import Perceptron
from widedeep.batch import Batch


class Examples(NamedTuple):
    """X (N, D) inputs, y (N, K) labels, weight (N, 1)"""

    X: Array
    y: Array
    weight: Array


def dense(batch: Batch, n_wide: int) -> Array:
    """(N, n_wide - 1 + M): a 1 for each feature that a row has (0 for nothing known), then the numbers."""
    ones = np.zeros((len(batch), n_wide), batch.numbers.dtype)
    np.put_along_axis(ones, batch.wide, 1, axis=1)
    return np.concatenate([ones[:, 1:], batch.numbers], axis=1)


def learn_from_mistakes(neuron: Perceptron, rows: Examples, rng: np.random.Generator) -> int:
    """One epoch of Rosenblatt's rule, in a new order.  Returns the number of mistakes."""
    order, mistakes = rng.permutation(len(rows.X)), 0
    weight = rows.weight[order, 0]
    for run in np.split(order, np.flatnonzero(np.diff(weight)) + 1):            # rows of one weight, side by side
        mistakes += neuron.fit(rows.X[run], rows.y[run], lr=float(rows.weight[run[0], 0]), epochs=1)[0]
    return mistakes


def pocket(neuron: Perceptron, rows: Examples, rng: np.random.Generator, epochs: int, patience: int
           ) -> list[Epoch]:
    """Rosenblatt's rule, and the weights of the best epoch: whose mistakes on all rows weigh least.

    Where the rows cannot be separated the rule goes on for ever, and its last weights are no better than others.
    Source: Gallant 1990, "Perceptron-based learning algorithms" (the pocket algorithm, here by the epoch).
    """
    keep_freed_memory()
    history: list[Epoch] = []
    best, best_epoch, kept = np.inf, 0, (neuron.W.copy(), neuron.b.copy())
    for epoch in range(1, epochs + 1):
        mistakes = learn_from_mistakes(neuron, rows, rng)
        wrong = (rows.weight * (neuron.predict(rows.X) != rows.y)).sum() / rows.weight.sum()
        history.append({"epoch": epoch, "loss": float(wrong)})
        if wrong < best:
            best, best_epoch, kept = wrong, epoch, (neuron.W.copy(), neuron.b.copy())
        if mistakes == 0 or epoch - best_epoch >= patience:
            break
    neuron.W[...], neuron.b[...] = kept
    return history


def fit_network(network: MLP, optimizer: Optimizer, rows: Examples, validation: Examples | None, loss: Any, *,
                rng: np.random.Generator, epochs: int, batch_size: int, l2: float = 0.0, patience: int | None = None
                ) -> list[Epoch]:
    """mlp.train.fit with weights of rows: a step divides by its rows times the mean weight of all.

    validation : rows not trained on, by which the best epoch's weights are kept; None keeps the last
    patience : stop after as many epochs without a better one
    """
    check_together("fit", network, {"optimizer": optimizer})
    begin_step(network, {"optimizer": optimizer})
    params, mean = network.params(), float(rows.weight.mean(dtype=np.float64))
    history: list[Epoch] = []
    best, best_epoch, kept = np.inf, 0, None
    for epoch in range(1, epochs + 1):
        total, good = 0.0, params.flat.copy() if kept is None else kept
        memory = copy.deepcopy(vars(optimizer))
        for batch in minibatches(len(rows.X), batch_size, rng):
            z, caches = network.forward(rows.X.take(batch, axis=0), rng)
            value, dz = loss(z, rows.y.take(batch, axis=0), rows.weight.take(batch, axis=0), len(batch) * mean)
            _, grads = network.backward(dz, caches, need_dX=False)
            if l2:
                grads.flat += l2_penalty(params, l2)[1].flat
            optimizer.step(params, grads)
            total += value * len(batch)
        if not (np.isfinite(total) and np.isfinite(params.flat).all()):
            params.flat[...] = good
            vars(optimizer).update(memory)
            raise ValueError(diverged("fit", total, epoch))
        record = {"epoch": epoch, "loss": float(total / len(rows.X))}
        if validation is not None:
            record["validation"] = float(loss(network.forward(validation.X)[0], validation.y, validation.weight)[0])
            if record["validation"] < best:
                best, best_epoch, kept = record["validation"], epoch, params.flat.copy()
        history.append(record)
        if validation is not None and patience is not None and epoch - best_epoch >= patience:
            break
    if kept is not None:
        params.flat[...] = kept
    return history
