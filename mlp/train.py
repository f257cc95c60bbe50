"""Training: keep repeating until the desired output is achieved.

An epoch shows every example once, in a new order, some at a time.  Its twin for wide & deep, widedeep/train.py, is
written out beside it on purpose: reading the two together is the lesson.

Read before: optimizers.py        Read next: widedeep/cells.py
"""
import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from inspect import signature
from typing import Any

import numpy as np

from mlp.initialisers import check_generator
from mlp.network import MLP
from mlp.optimizers import Optimizer
from mlp.penalty import l2_penalty
from perceptron.activations import Array
from perceptron.neuron import labels_code, numbers

Loss = Callable[[Array, Array], tuple[float, Array]]
Epoch = dict[str, float]                                # {"epoch": 1, "loss": ..., "validation": ...}
STEPS = itertools.count(int.from_bytes(os.urandom(6), "big"))     # with the process's id, another for every step


def minibatches(n: int, size: int, rng: np.random.Generator) -> Iterator[Array]:
    """Row numbers 0..n-1 in a new order, `size` at a time; the last batch takes what is left."""
    order = rng.permutation(n)
    for start in range(0, n, size):
        yield order[start:start + size]


def fit(network: MLP, X: Array, y: Array, loss: Loss, optimizer: Optimizer, *, rng: np.random.Generator,
        epochs: int, batch_size: int = 32, l2: float = 0.0, validation: tuple[Array, Array] | None = None,
        patience: int | None = None, tolerance: float = 0.0,
        report: Callable[[Epoch], Any] | None = None) -> list[Epoch]:
    """Train in place; return one record an epoch.

    X : (N, D) inputs        y : (N, K) labels        loss : log_loss, softmax_cross_entropy or squared_error
    rng : draws the order of the examples, and dropout
    l2 : strength of the penalty on weights
    validation : (X, y) not trained on.  With it, the weights of the best epoch are restored at the end, and
        training stops after `patience` epochs without a better one (never, if None).
    tolerance : stop when the mean training loss of an epoch is at or below it: the desired output is achieved
    report : called with each epoch's record, for progress bars and logs

    Raises ValueError if X and y do not fit, a number is not finite, or a count is below 1, or the loss diverges.
    """
    X, y = check("fit", X, y, network)
    if validation is not None:
        if not isinstance(validation, (tuple, list)) or len(validation) != 2:
            raise ValueError(f"fit: validation is a {type(validation).__name__}; want a pair, validation=(X, y)")
        validation = check("fit: validation", *validation, network)
    elif patience is not None:
        raise ValueError("fit: patience needs validation data: training loss alone cannot tell when to stop")
    check_counts(rng, loss, report, epochs=epochs, batch_size=batch_size, patience=patience)
    check_together("fit", network, {"optimizer": optimizer})
    begin_step(network, {"optimizer": optimizer})
    params = network.params()
    keep_freed_memory()
    history: list[Epoch] = []
    best, best_epoch, best_weights = np.inf, 0, None

    for epoch in range(1, epochs + 1):
        total, good = 0.0, params.flat.copy() if best_weights is None else best_weights
        for rows in minibatches(len(X), batch_size, rng):
            z, caches = network.forward(X.take(rows, axis=0), rng)  # steps 1 and 3
            value, dz = loss(z, y.take(rows, axis=0))               # step 4: the error signal
            _, grads = network.backward(dz, caches, need_dX=False)  # step 5: travel back
            if l2:
                grads.flat += l2_penalty(params, l2)[1].flat
            optimizer.step(params, grads)                           # step 5: adjust the weights
            total += value * len(rows)
        if not (np.isfinite(total) and np.isfinite(params.flat).all()):
            params.flat[...] = good
            raise ValueError(diverged("fit", total, epoch))
        record = {"epoch": epoch, "loss": float(total / len(X))}
        if validation is not None:
            record["validation"] = float(loss(network.forward(validation[0])[0], validation[1])[0])
            if record["validation"] < best:
                best, best_epoch, best_weights = record["validation"], epoch, params.flat.copy()
        history.append(record)
        if report is not None:
            report(record)
        if record["loss"] <= tolerance or (patience is not None and epoch - best_epoch >= patience):
            break
    if best_weights is not None:
        params.flat[...] = best_weights
    return history


def diverged(who: str, total: float, epoch: int) -> str:
    """What a fit says that stopped; it has set the weights back to the last good ones: the best epoch's, or the last's.

    The loss of a step is measured before it: after the very last one the loss is finite and the weights may not be.
    """
    what = "the weights, and not the loss, became infinite or NaN" if np.isfinite(total) else f"the loss became {total}"
    return f"{who}: {what} in epoch {epoch}; lower the learning rate (the weights are the last good ones again)"


def check_together(who: str, network: Any, optimizers: Mapping[str, Optimizer]) -> None:
    """Raise ValueError if an optimizer's memory is of other steps than the network's.

    With the memory of another network the first steps would be taken in its place: FTRL even computes the weights from
    it, so that a fresh model would know the rows that the other one was trained on.  Copies keep the number.
    """
    if not isinstance(optimizers, Mapping):
        raise ValueError(f"{who}: optimizers is a {type(optimizers).__name__}; want one for each group, as "
                         "optimizers_for(model, batch_size) gives")
    for name, optimizer in optimizers.items():
        if not isinstance(optimizer, Optimizer):
            raise ValueError(f"{who}: {name!r} is a {type(optimizer).__name__}; want an optimizer, as Adam(1e-3)")
        its_own = getattr(optimizer, "last_step", None) in (None, network.last_step)
        if not its_own and any(optimizer.memory.values()):
            raise ValueError(f"{who}: {name!r}, {type(optimizer).__name__}, holds the memory of other steps than this "
                             "model's last: of another model, or of a copy; want a new optimizer, as "
                             "optimizers_for(model, batch_size), or those that were copied with the model")


def keep_freed_memory() -> None:
    """Have the C library keep the memory that one step frees for the next, instead of handing it back each time.

    A page that was handed back and asked for again is filled with zeros by the system first: some hundred pages a step
    cost as much as the step's arithmetic.  glibc keeps up to twice the largest block that was ever freed, so free a
    large one.  It is not touched, so it takes no memory; other C libraries take no notice.
    """
    np.empty(16 * 2 ** 20, np.uint8)


def begin_step(network: Any, optimizers: Mapping[str, Optimizer]) -> None:
    """Number the step that they take together."""
    network.last_step = step = os.getpid(), next(STEPS)
    for optimizer in optimizers.values():
        optimizer.last_step = step


def check_counts(rng: Any, loss: Any, report: Any, **counts: Any) -> None:
    """Raise ValueError unless counts are whole and at least 1, rng is a generator, loss and report are functions."""
    for name, count in counts.items():
        if count is not None and not (isinstance(count, (int, np.integer)) and count >= 1):
            raise ValueError(f"fit: {name} {count!r}; want at least 1, a whole number")
    check_generator("fit", rng)
    if not callable(loss):
        raise ValueError(f"fit: the loss is a {type(loss).__name__}; want a function, as log_loss")
    if report is not None and not callable(report):
        raise ValueError(f"fit: report is a {type(report).__name__}; want a function of each epoch's record, as print")


def check_takes(what: str, loss: Callable[..., Any], *arguments: Any) -> None:
    """Raise ValueError if a loss does not take weights."""
    try:
        signature(loss).bind(*arguments)
    except TypeError as error:
        raise ValueError(f"fit: {what} takes no weights ({error}); want {what}(z, y, sample_weight, n), as log_loss, "
                         "which divides by n where that is given") from None


def check(who: str, X: Any, y: Any, network: MLP) -> tuple[Array, Array]:
    """As arrays.  Raise ValueError unless X (N, inputs) and y (N, outputs) fit the network, hold a row, are finite."""
    if not hasattr(network, "sizes"):
        raise ValueError(f"{who}: the network is a {type(network).__name__}; want fit(network, X, y, loss, optimizer)")
    X, y, came = numbers(who, "X", X), numbers(who, "labels", y), y
    want_X, want_y = (len(X), network.sizes[0]), (len(X), network.sizes[-1])
    if X.shape != want_X or y.shape != want_y or len(X) == 0:
        hint = f"; labels want {code}?" if y.shape != want_y and (code := labels_code(came, want_y[1])) else ""
        raise ValueError(f"{who}: X {X.shape}, y {y.shape}; want (N, {want_X[1]}) and (N, {want_y[1]}), N >= 1{hint}")
    for name, array in (("X", X), ("y", y)):
        if not np.isfinite(array).all():
            row, column = np.argwhere(~np.isfinite(array))[0]
            raise ValueError(f"{who}: {name} holds NaN or infinite numbers, first {array[row, column]} in row {row}, "
                             f"column {column}; drop or fill those rows")
    return X, y
