"""More than one machine: widedeep.fit, with each step's gradient computed in parts by Dask's workers.

    from dask.distributed import Client                 pip install 'widedeep[distributed]'
    from widedeep.bridges.dask import fit
    fit(client, model, optimizers, train, validation, rng=rng, epochs=20, patience=3)

    dL/dw of a batch = sum over its parts of their dL/dw, each divided by the whole batch's N

The client holds the rows, the model and the optimizers.  In each step it sends every worker the parameters and a part
of the mini-batch, adds the gradients that come back in the order of the parts, and takes one step: so the model that
comes out is that of widedeep.fit, to rounding.  A part is a pure function of parameters and rows, both in the task:
what a lost worker was computing, Dask computes again on another.  Every step moves the whole parameters to each worker.

Read before: train.py, mlp/sparse.py
"""
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from mlp.sparse import Rows
from mlp.train import Epoch, begin_step, check_counts, minibatches
from mlp.windows import Windows
from perceptron.activations import Array
from perceptron.losses import log_loss
from widedeep.batch import Batch, check_made_by
from widedeep.model import WideDeep, check_batch
from widedeep.train import (
    Loss,
    Optimizers,
    WeightAverage,
    check_optimizers,
    check_takes,
    check_weights,
    restore,
    snapshot,
)

try:
    from dask.distributed import Client, wait
    from distributed.scheduler import KilledWorker
except ModuleNotFoundError as error:
    raise ImportError(f"widedeep.bridges.dask: {error.name} is not installed; want pip install "
                      "'widedeep[distributed]', or widedeep.fit, which needs NumPy alone") from None


def fit(client: Any, model: WideDeep, optimizers: Optimizers, train: Batch, validation: Batch | None = None, *,
        rng: np.random.Generator, epochs: int, batch_size: int = 256, patience: int | None = None,
        ema: WeightAverage | None = None, report: Callable[[Epoch], Any] | None = None,
        loss: Loss = log_loss, validation_loss: Loss | None = None, sample_weight: Array | None = None,
        validation_weight: Array | None = None, parts: int | None = None, timeout: float = 60.0) -> list[Epoch]:
    """widedeep.fit on a cluster: train in place; return one record an epoch.  Arguments not named here are its own.

    client : a dask.distributed.Client        parts : of each mini-batch, the number of workers if None
    timeout : seconds to wait for a step; then RuntimeError, and the model is as after the last whole step
    loss : takes the divisor n, as log_loss

    Raises ValueError as widedeep.fit does, and for a tower with dropout.
    """
    if not isinstance(client, Client):
        raise ValueError(f"fit: the client is a {type(client).__name__}; want a dask.distributed.Client, as "
                         "fit(Client(address), model, optimizers, batch, ...)")
    check_batch("fit", model, train)
    if model.last_step is None and (train.labels == train.labels[0]).all():
        raise ValueError(f"fit: all labels are {', '.join(f'{y:g}' for y in train.labels[0])}; want both classes, "
                         "0 and 1, or more than one answer of another head")
    if validation is not None:
        check_batch("fit: validation", model, validation)
        check_made_by("fit: validation", validation.made_by, train.made_by, "training rows'")
    elif patience is not None:
        raise ValueError("fit: patience needs validation data: training loss alone cannot tell when to stop")
    check_counts(rng, loss, report, epochs=epochs, batch_size=batch_size, patience=patience, parts=parts)
    sample_weight, mean_weight = check_weights("sample_weight", sample_weight, train)
    validation_weight, _ = check_weights("validation_weight", validation_weight, validation)
    check_optimizers(model, optimizers, ema)
    validation_loss = loss if validation_loss is None else validation_loss
    check_takes("loss", loss, train.labels, train.labels, sample_weight, mean_weight)
    if validation_weight is not None:
        check_takes("validation_loss", validation_loss, train.labels, train.labels, validation_weight)
    check_no_dropout(model, train)
    workers = len(client.scheduler_info(n_workers=-1)["workers"])
    if not workers:
        raise RuntimeError("fit: the cluster has no workers; start one, as dask worker ADDRESS")
    parts = workers if parts is None else parts
    history: list[Epoch] = []
    best, best_epoch, kept = np.inf, 0, None

    for epoch in range(1, epochs + 1):
        total = 0.0
        for rows in minibatches(len(train), batch_size, rng):
            value, grads = step(client, model, train, rows, parts, loss, sample_weight, mean_weight, timeout)
            begin_step(model, optimizers)
            for name, params in model.params().items():
                optimizers[name].step(params, grads[name])
            model.made_for = model.made_for or train.made_by
            total += value * len(rows)
            if ema is not None:
                ema.update()
        if not np.isfinite(total):
            raise ValueError(f"fit: the loss became {total} in epoch {epoch}; lower the learning rate")
        record = {"epoch": epoch, "loss": float(total / len(train))}
        if validation is not None:
            with nullcontext() if ema is None else ema.applied():
                weights = () if validation_weight is None else (validation_weight,)
                record["validation"] = float(validation_loss(model.logits(validation), validation.labels, *weights)[0])
                if record["validation"] < best:
                    best, best_epoch, kept = record["validation"], epoch, snapshot(model, optimizers)
            if not np.isfinite(record["validation"]):
                raise ValueError(f"fit: the validation loss became {record['validation']} in epoch {epoch}; lower the "
                                 "learning rate, or look for odd numbers in the validation rows")
        history.append(record)
        if report is not None:
            report(record)
        if patience is not None and epoch - best_epoch >= patience:
            break
    if kept is not None:
        restore(model, optimizers, kept)
    elif ema is not None:
        ema.apply()
    if ema is not None:                                         # the weights are not those the rules left
        for name, params in model.params().items():
            optimizers[name].rebase(params)
    return history


def search(client: Any, train_one: Callable[[Any], Any], settings: Sequence[Any]) -> list[Any]:
    """Hyper-parameter search: train_one(setting), on one worker each; the results in the order of the settings.

    train_one : a pure function of its setting, which seeds its own generator; returns what it measured
    """
    if not isinstance(client, Client) or not callable(train_one) or not len(settings):
        raise ValueError(f"search: {type(client).__name__}, {type(train_one).__name__}, {len(settings)} settings; want "
                         "a dask.distributed.Client, a function of one setting, and one setting or more")
    return client.gather([client.submit(train_one, setting, pure=False) for setting in settings])


def step(client: Any, model: WideDeep, train: Batch, rows: Array, parts: int, loss: Loss, sample_weight: Array | None,
         mean_weight: float, timeout: float) -> tuple[float, Any]:
    """(loss, gradients) of a mini-batch, computed in parts.  A part without rows is not sent."""
    shares = [share for share in np.array_split(rows, parts) if len(share)]
    futures = [client.submit(part_of_step, model, train[share], loss,
                             None if sample_weight is None else sample_weight[share], len(rows) * mean_weight,
                             pure=False) for share in shares]
    try:
        wait(futures, timeout)
        answers = client.gather(futures)
    except (TimeoutError, KilledWorker) as error:
        client.cancel(futures)
        raise RuntimeError(f"fit: a step was not done in {timeout:g} s ({type(error).__name__}), "
                           f"{len(client.scheduler_info(n_workers=-1)['workers'])} workers left; the model is as after "
                           "the last whole step: start workers and call fit again, or give a longer timeout") from None
    value, grads = answers[0]
    for more, others in answers[1:]:                            # in the order of the parts: the same sum each time
        value, grads = value + more, add(grads, others)
    return value, grads


def part_of_step(model: WideDeep, batch: Batch, loss: Loss, sample_weight: Array | None, n: float) -> tuple[float, Any]:
    """On a worker: the part's share of the loss and of the gradients, both divided by the whole batch's n."""
    z, caches = model.forward(batch)
    value, dz = loss(z, batch.labels, sample_weight, n)
    return value, model.backward(dz, caches)


def add(a: Any, b: Any) -> Any:
    """The sum of two gradients of one model: nested dicts of arrays, windows or touched rows."""
    if isinstance(a, Windows):
        return Windows(a.shapes, a.flat + b.flat)
    if isinstance(a, dict):
        return {name: add(a[name], b[name]) for name in a}
    if isinstance(a, Rows):
        ids, place = np.unique(np.concatenate([a.ids, b.ids]), return_inverse=True)
        sums = np.zeros((len(ids), *a.values.shape[1:]), a.values.dtype)
        np.add.at(sums, place, np.concatenate([a.values, b.values]))
        return Rows(ids, sums)
    return a + b


def check_no_dropout(model: WideDeep, train: Batch) -> None:
    """Raise ValueError for a tower that draws numbers: its masks would depend on the number of parts."""
    for name, tower in model.towers.items():
        rng = np.random.default_rng(0)
        before = rng.bit_generator.state
        tower.forward(train[np.arange(1)], rng)
        if rng.bit_generator.state != before:
            raise ValueError(f"fit: the tower {name} has dropout, whose masks are drawn for a whole batch and would "
                             "differ with the number of parts; want dropout=0, or widedeep.fit")
