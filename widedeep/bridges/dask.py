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
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

try:
    from dask.distributed import Client
    from distributed.scheduler import KilledWorker
except ImportError as error:
    raise ImportError(f"widedeep.bridges.dask: {error.name or 'distributed'} is not installed; want pip install "
                      "'widedeep[distributed]', or widedeep.fit, which needs NumPy alone") from None

from mlp.sparse import Rows
from mlp.train import Epoch, begin_step, check_counts, check_takes, check_together
from mlp.windows import Windows
from perceptron.activations import Array
from perceptron.losses import log_loss
from widedeep import train as chapter
from widedeep.batch import Batch
from widedeep.bridges.dask_parts import Drawn, Parts
from widedeep.model import WideDeep, check_batch
from widedeep.train import Loss, Optimizers


def fit(client: Any, model: WideDeep, optimizers: Optimizers, train: Any, validation: Batch | None = None, *,
        rng: np.random.Generator, epochs: int, loss: Loss = log_loss, parts: int | None = None, timeout: float = 60.0,
        **settings: Any) -> list[Epoch]:
    """widedeep.fit on a cluster: train in place; return one record an epoch.   settings : its other arguments

    client : a dask.distributed.Client        train : a Batch; or Parts (dask_parts.py), whose rows lie on the workers
    parts : of each mini-batch, the number of workers if None; of Parts, the partitions in which its rows lie
    timeout : seconds to wait for a step; then RuntimeError, and the model is as after the last whole step
    loss : takes the divisor n, as log_loss

    Raises ValueError as widedeep.fit does, and for a tower with dropout.
    """
    if not isinstance(client, Client):
        raise ValueError(f"fit: the client is a {type(client).__name__}; want a dask.distributed.Client, as "
                         "fit(Client(address), model, optimizers, batch, ...)")
    check_batch("fit", model, train)
    check_counts(rng, loss, None, epochs=epochs, parts=parts)
    check_takes("loss", loss, train.labels, train.labels, None, 1.0)
    workers = len(client.scheduler_info(n_workers=-1)["workers"])
    if not workers:
        raise RuntimeError("fit: the cluster has no workers; start one, as dask worker ADDRESS")
    row = np.arange(1)
    if isinstance(train, Parts):
        check_parts(client, model, train, validation, parts=parts, checkpoint=settings.get("checkpoint"))
        check_no_dropout(model, client.submit(take, train.batches[0], row, pure=False).result())
    else:
        check_no_dropout(model, train[row])

    def step(model: WideDeep, optimizers: Optimizers, batch: Batch, rng: Any, loss: Loss, sample_weight: Array | None,
             mean_weight: float) -> float:
        """train_step, whose gradients come from the workers."""
        check_together("fit", model, optimizers)
        value, grads = gradients(client, model, batch, parts or workers, loss, sample_weight, mean_weight, timeout)
        begin_step(model, optimizers)
        for name, params in model.params().items():
            optimizers[name].step(params, grads[name])
        model.made_for = model.made_for or batch.made_by
        return value

    return chapter.fit(model, optimizers, train, validation, rng=rng, epochs=epochs, loss=loss, step=step, **settings)


def search(client: Any, train_one: Callable[[Any], Any], settings: Sequence[Any]) -> list[Any]:
    """Hyper-parameter search: train_one(setting), on one worker each; the results in the order of the settings.

    train_one : a pure function of its setting, which seeds its own generator; returns what it measured
    """
    if not isinstance(client, Client) or not callable(train_one) or not len(settings):
        raise ValueError(f"search: {type(client).__name__}, {type(train_one).__name__}, {len(settings)} settings; want "
                         "a dask.distributed.Client, a function of one setting, and one setting or more")
    return client.gather([client.submit(train_one, setting, pure=False) for setting in settings])


def gradients(client: Any, model: WideDeep, batch: Batch, parts: int, loss: Loss, sample_weight: Array | None,
              mean_weight: float, timeout: float) -> tuple[float, Mapping[str, Any]]:
    """(loss, gradients) of a mini-batch, computed in parts.  A part without rows is not sent."""
    n = len(batch) * mean_weight
    if isinstance(batch, Drawn):                                    # the rows are there already
        shared = client.submit(itself, model, pure=False)           # sent once, and passed on from worker to worker
        futures = [client.submit(part_of_rows, shared, part, rows, loss,
                                 None if sample_weight is None else sample_weight[place], n, pure=False)
                   for part, rows, place in batch.by_part()]
    else:
        shares = [share for share in np.array_split(np.arange(len(batch)), parts) if len(share)]
        futures = [client.submit(part_of_step, model, batch[share], loss,
                                 None if sample_weight is None else sample_weight[share], n, pure=False)
                   for share in shares]
    try:
        answers = client.sync(gathered, client, futures, callback_timeout=timeout)
    except (TimeoutError, KilledWorker) as error:
        client.cancel(futures)
        raise RuntimeError(f"fit: a step came to nothing ({type(error).__name__}; waited at most {timeout:g} s), "
                           f"{len(client.scheduler_info(n_workers=-1)['workers'])} workers left; the model is as after "
                           "the last whole step: start workers and call fit again, or give a longer timeout") from None
    value, grads = answers[0]
    for more, others in answers[1:]:                            # in the order of the parts: the same sum each time
        value, grads = value + more, add(grads, others)
    return value, grads


async def gathered(client: Any, futures: list[Any]) -> list[Any]:
    return await client.gather(futures, asynchronous=True)


def part_of_step(model: WideDeep, batch: Batch, loss: Loss, sample_weight: Array | None, n: float) -> tuple[float, Any]:
    """On a worker: the part's share of the loss and of the gradients, both divided by the whole batch's n."""
    z, caches = model.forward(batch)
    value, dz = loss(z, batch.labels, sample_weight, n)
    return value, model.backward(dz, caches)


def part_of_rows(model: WideDeep, part: Batch, rows: Array, loss: Loss, sample_weight: Array | None, n: float
                 ) -> tuple[float, Any]:
    """The same, of these rows of a partition that lies on the worker."""
    return part_of_step(model, part[rows], loss, sample_weight, n)


def take(part: Batch, rows: Array) -> Batch:
    return part[rows]


def itself(model: WideDeep) -> WideDeep:
    return model


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


def check_parts(client: Any, model: WideDeep, train: Parts, validation: Any, **others: Any) -> None:
    """Raise ValueError for what only a Batch can do; and, on the workers, for rows that are not for this model."""
    if given := [name for name, value in others.items() if value is not None]:
        raise ValueError(f"fit: {' and '.join(given)} with rows that lie on the workers; want none, or the rows as a "
                         "Batch: train.gather(client)")
    if isinstance(validation, Parts):
        raise ValueError("fit: the validation rows lie on the workers; want a Batch, as validation.gather(client)")
    shared = client.submit(itself, model, pure=False)
    client.gather([client.submit(check_batch, "fit", shared, part, pure=False) for part in train.batches])


def check_no_dropout(model: WideDeep, row: Batch) -> None:
    """Raise ValueError for a tower that draws numbers: its masks would depend on the number of parts."""
    for name, tower in model.towers.items():
        rng = np.random.default_rng(0)
        before = rng.bit_generator.state
        tower.forward(row, rng)
        if rng.bit_generator.state != before:
            raise ValueError(f"fit: the tower {name} has dropout, whose masks are drawn for a whole batch and would "
                             "differ with the number of parts; want dropout=0, or widedeep.fit")
