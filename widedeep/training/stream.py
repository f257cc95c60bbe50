"""Streaming: more rows than memory.  They come in windows, in the file's order: each encoded, shuffled and forgotten.

    for table, labels in read():                        a window: W rows
        batch = encoder.encode(table, labels)
        for rows in minibatches(len(batch), 256, rng):  its rows in a new order
            train_step(model, optimizers, batch[rows], rng)

A window is all that is shuffled: rows that lie far apart in the file never meet in a mini-batch.  A file sorted by its
label, or by time, wants to be shuffled before.  Where all rows are one window this is widedeep.fit, bit for bit.

Read before: train.py, checkpoint.py        Read next: class_weights.py
"""
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from mlp.train import Epoch, check_counts, diverged, keep_freed_memory, minibatches
from mlp.windows import flatten
from perceptron.activations import Array
from perceptron.losses import log_loss
from widedeep.batch import Batch
from widedeep.model import WideDeep, check_batch
from widedeep.train import (
    Keeper,
    Loss,
    Optimizers,
    Progress,
    WeightAverage,
    check_optimizers,
    restore,
    snapshot,
    train_step,
)

Window = tuple[Mapping[str, Any], Array]                # W rows: a table, and labels (W, K)


def fit_stream(model: WideDeep, optimizers: Optimizers, encoder: Any, read: Callable[[], Iterable[Window]], n: int, *,
               rng: np.random.Generator, epochs: int, batch_size: int = 256, validation: Batch | None = None,
               ema: WeightAverage | None = None, report: Callable[[Epoch], Any] | None = None, loss: Loss = log_loss,
               checkpoint: Keeper | None = None, step: Callable[..., float] = train_step) -> list[Epoch]:
    """Train in place; return one record an epoch: {"epoch", "loss", "validation"}.

    read : called once an epoch; gives the windows, the same ones each time        n : rows in all of them together
    checkpoint : a Checkpoint, which counts windows here: a killed run goes on with the next one
    the rest : as of widedeep.fit.  With validation rows the best epoch's weights are restored at the end

    Raises ValueError for rows that the encoder or the model refuses, or if there are not n of them.
    """
    check_counts(rng, loss, report, epochs=epochs, batch_size=batch_size, n=n)
    check_optimizers(model, optimizers, ema)
    if validation is not None:
        check_batch("fit_stream: validation", model, validation)
    step = train_step if step is None else step
    keep_freed_memory()
    now = Progress()
    if checkpoint is not None:
        rows = SimpleNamespace(made_by=encoder.fingerprint) if validation is None else validation
        checkpoint.begin(now, model, optimizers, rng, ema, (rows, n, batch_size, loss))

    for epoch in range(len(now.history) + 1, epochs + 1):
        good = snapshot(model, optimizers) if now.kept is None else now.kept
        seen: list[int] = []                                        # rows of each window, also of those taken before
        windows = counted(read(), seen)
        for table, labels in windows if checkpoint is None else checkpoint.steps(windows):
            batch = replace(encoder.encode(table, dtype=model.b.dtype), labels=labels.astype(model.b.dtype))
            check_batch("fit_stream", model, batch)
            for chosen in minibatches(len(batch), batch_size, rng):
                now.total += step(model, optimizers, batch[chosen], rng, loss) * len(chosen)
                if ema is not None:
                    ema.update()
        if sum(seen) != n:
            raise ValueError(f"fit_stream: {sum(seen):,} rows came in epoch {epoch}; want {n:,} each time: has the "
                             "file changed?")
        if not (np.isfinite(now.total) and all(np.isfinite(w).all() for _, w in flatten(model.params()))):
            restore(model, optimizers, good)
            raise ValueError(diverged("fit_stream", now.total, epoch))
        record, now.total = {"epoch": epoch, "loss": float(now.total / n)}, 0.0
        if validation is not None:
            with nullcontext() if ema is None else ema.applied():
                record["validation"] = float(loss(model.logits(validation), validation.labels)[0])
                if record["validation"] < now.best:
                    now.best, now.best_epoch, now.kept = record["validation"], epoch, snapshot(model, optimizers)
        now.history.append(record)
        if report is not None:
            report(record)
    if now.kept is not None:
        restore(model, optimizers, now.kept)
    elif ema is not None:
        ema.apply()
    if ema is not None:                                             # the weights are not those the rules left
        for name, params in model.params().items():
            optimizers[name].rebase(params)
    return now.history


def counted(windows: Iterable[Window], seen: list[int]) -> Iterator[Window]:
    for window in windows:
        seen.append(len(window[1]))
        yield window


def regrouped(chunks: Iterable[Mapping[str, Array]], size: int) -> Iterator[dict[str, Array]]:
    """Tables of any lengths as tables of `size` rows each, in order; the last has what is left."""
    waiting: list[Mapping[str, Array]] = []
    n = 0
    for chunk in chunks:
        waiting.append(chunk)
        n += len(next(iter(chunk.values())))
        if n >= size:
            joined = end_to_end(waiting)
            for start in range(0, n - size + 1, size):
                yield {name: column[start:start + size] for name, column in joined.items()}
            waiting, n = [{name: column[n - n % size:] for name, column in joined.items()}], n % size
    if n:
        yield end_to_end(waiting)


def end_to_end(tables: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
