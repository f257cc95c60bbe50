"""Training, jointly: one forward pass, one error signal, every tower's optimizer.

Its twin for a plain network is mlp/train.py; read the two side by side.

Read before: model.py, ftrl.py        Read next: metrics.py
"""
import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from mlp.optimizers import AdaGrad, Optimizer
from mlp.train import Epoch, begin_step, check_counts, check_together, diverged, keep_freed_memory, minibatches
from mlp.windows import flatten
from perceptron.activations import Array
from perceptron.losses import log_loss
from widedeep.batch import Batch, weights_of
from widedeep.ftrl import FTRL
from widedeep.model import WideDeep, check_rows
from widedeep.wide import Wide

Optimizers = Mapping[str, Optimizer]                    # "wide", "deep", "bias" -> its own
Loss = Callable[..., tuple[float, Array]]               # z, y[, sample_weight, n] -> (value, dz): log_loss, ...


class WeightAverage(Protocol):
    """What fit asks of an average of the weights; training/ema.py has one."""

    def update(self) -> None: ...
    def apply(self) -> None: ...
    def applied(self) -> AbstractContextManager[None]: ...


@dataclass
class Progress:
    """How far training has come: what a checkpoint keeps beside weights, memories and the generator."""

    history: list[Epoch] = field(default_factory=list)  # of the epochs that are over
    total: float = 0.0                                  # the losses of the one under way
    best: float = np.inf
    best_epoch: int = 0
    kept: Any = None                                    # its weights


class Keeper(Protocol):
    """What fit asks of a checkpoint; training/checkpoint.py has one."""

    def begin(self, now: Progress, model: WideDeep, optimizers: Optimizers, rng: Any, ema: Any, run: Any) -> None: ...
    def steps(self, batches: Iterator[Any]) -> Iterator[Any]: ...


def optimizers_for(model: WideDeep, batch_size: int, *, alpha: float = 0.1, l1: float = 0.0, lr: float = 0.05
                   ) -> dict[str, Optimizer]:
    """The paper's pair: FTRL with L1 for the wide tower, AdaGrad for everything else.  (Its settings are not known.)

    alpha, l1 : FTRL's, per example        lr : AdaGrad's
    """
    if not isinstance(model, WideDeep):
        raise ValueError(f"optimizers_for: a {type(model).__name__} is no model; want a WideDeep, and batch_size")
    return {name: FTRL(alpha, l1=l1, batch_size=batch_size) if isinstance(model.towers.get(name), Wide) else AdaGrad(lr)
            for name in model.params()}


def train_step(model: WideDeep, optimizers: Optimizers, batch: Batch, rng: np.random.Generator | None = None,
               loss: Loss = log_loss, sample_weight: Array | None = None, mean_weight: float = 1.0) -> float:
    """One mini-batch; returns its mean loss before the step.

    sample_weight : (N, 1) how much each row counts        mean_weight : their mean over the whole training set.  The
        loss divides by N mean_weight; if it divided by the weights of the batch, a row would count more in a batch of
        light rows than in one of heavy rows
    """
    check_together("train_step", model, optimizers)
    begin_step(model, optimizers)
    weights = () if sample_weight is None else (sample_weight, len(batch) * mean_weight)
    z, caches = model.forward(batch, rng)                           # (N, 1)  every tower's logit, added, plus the bias
    value, dz = loss(z, batch.labels, *weights)                     # (N, 1)  dz = (p - y) / N, the one error signal
    grads = model.backward(dz, caches)                              # the same dz into every tower
    for name, params in model.params().items():                     # "wide" -> FTRL, "deep" and "bias" -> AdaGrad
        optimizers[name].step(params, grads[name])
    model.made_for = model.made_for or batch.made_by
    return value


def fit(model: WideDeep, optimizers: Optimizers, train: Batch, validation: Batch | None = None, *,
        rng: np.random.Generator, epochs: int, batch_size: int = 256, patience: int | None = None,
        ema: WeightAverage | None = None, report: Callable[[Epoch], Any] | None = None,
        loss: Loss = log_loss, validation_loss: Loss | None = None, sample_weight: Array | None = None,
        validation_weight: Array | None = None, checkpoint: Keeper | None = None,
        step: Callable[..., float] | None = None) -> list[Epoch]:
    """Train in place; return one record an epoch: {"epoch", "loss", "validation"}.

    rng : draws the order of the rows, and dropout
    validation : rows not trained on.  With it, the best epoch's weights (and optimizer memory) are restored at the
        end, and training stops after `patience` epochs without a better one (never, if None).
    ema : an average of the model's weights (training/ema.py).  It is what is validated, kept and left in the model.
    report : called with each epoch's record
    loss : what is descended; for labels other than 0 and 1 see heads/
    validation_loss : what validation rows are measured by, if not by the loss: (z, labels) -> (value, anything).  The
        record's "loss" and "validation" are then two different things
    sample_weight : (N, 1) how much each training row counts, >= 0 (training/class_weights.py)
    validation_weight : (N, 1) the same of validation rows, by which the best epoch is then chosen
    step : what a mini-batch does, if not train_step (bridges/dask.py has one for a cluster)
    checkpoint : Checkpoint(FILE) (training/checkpoint.py): a killed run, started again, goes on where its file is

    Raises ValueError if labels are missing, beyond the head's range, or of one class where the model is new; if ids
    are out of range, or batch, model and optimizers belong to different encoders or models; or a count is below 1.
    """
    check_rows(model, train, validation, patience)
    check_counts(rng, loss, report, epochs=epochs, batch_size=batch_size, patience=patience)
    check_optimizers(model, optimizers, ema)
    if not (checkpoint is None or hasattr(checkpoint, "begin")):
        raise ValueError(f"fit: checkpoint is {checkpoint!r}; want Checkpoint({str(checkpoint)!r}), of widedeep")
    validation_loss = loss if validation_loss is None else validation_loss
    step = train_step if step is None else step                     # looked up now: exercises/own.py replaces it
    sample_weight, mean_weight = weights_of("sample_weight", sample_weight, train, "loss", loss)
    validation_weight, _ = weights_of("validation_weight", validation_weight, validation, "validation_loss",
                                      validation_loss)
    keep_freed_memory()
    now = Progress()
    if checkpoint is not None:
        checkpoint.begin(now, model, optimizers, rng, ema, (train, validation, sample_weight, validation_weight,
                                                            batch_size, loss, validation_loss))

    for epoch in range(len(now.history) + 1, epochs + 1):
        good = snapshot(model, optimizers) if now.kept is None else now.kept
        batches = minibatches(len(train), batch_size, rng)
        for rows in batches if checkpoint is None else checkpoint.steps(batches):
            weight = None if sample_weight is None else sample_weight.take(rows, axis=0)
            now.total += step(model, optimizers, train[rows], rng, loss, weight, mean_weight) * len(rows)
            if ema is not None:
                ema.update()
        if not (np.isfinite(now.total) and all(np.isfinite(w).all() for _, w in flatten(model.params()))):
            restore(model, optimizers, good)
            raise ValueError(diverged("fit", now.total, epoch))
        record, now.total = {"epoch": epoch, "loss": float(now.total / len(train))}, 0.0
        if validation is not None:
            with nullcontext() if ema is None else ema.applied():
                weights = () if validation_weight is None else (validation_weight,)
                record["validation"] = float(validation_loss(model.logits(validation), validation.labels, *weights)[0])
                if record["validation"] < now.best:
                    now.best, now.best_epoch, now.kept = record["validation"], epoch, snapshot(model, optimizers)
            if not np.isfinite(record["validation"]):
                restore(model, optimizers, good)
                raise ValueError(f"fit: the validation loss became {record['validation']} in epoch {epoch}; lower the "
                                 "learning rate, or look for odd numbers in the validation rows")
        now.history.append(record)
        if report is not None:
            report(record)
        if patience is not None and epoch - now.best_epoch >= patience:
            break
    if now.kept is not None:
        restore(model, optimizers, now.kept)
    elif ema is not None:
        ema.apply()
    if ema is not None:                                         # the weights are not those the rules left
        for name, params in model.params().items():
            optimizers[name].rebase(params)
    return now.history


def snapshot(model: WideDeep, optimizers: Optimizers) -> Any:
    """Copies of every weight and of every optimizer's memory."""
    return ([w.copy() for _, w in flatten(model.params())],
            {name: copy.deepcopy(vars(optimizer)) for name, optimizer in optimizers.items()})


def restore(model: WideDeep, optimizers: Optimizers, kept: Any) -> None:
    weights, memories = kept
    for (_, w), value in zip(flatten(model.params()), weights):
        w[...] = value                                              # in place: names keep pointing at live arrays
    for name, memory in memories.items():
        vars(optimizers[name]).update(memory)


def check_optimizers(model: WideDeep, optimizers: Optimizers, ema: WeightAverage | None) -> None:
    """Raise ValueError unless each group has an optimizer of its own, and all belong to this model."""
    check_together("fit", model, optimizers)
    if missing := model.params().keys() - optimizers.keys():
        raise ValueError(f"fit: no optimizer for {sorted(missing)}; see optimizers_for")
    if len({id(optimizers[name]) for name in model.params()}) < len(model.params()):
        raise ValueError("fit: one optimizer for several groups, whose memories would mix; want one for each, as "
                         "optimizers_for(model, batch_size)")
    if ema is not None and not hasattr(ema, "update"):
        raise ValueError(f"fit: ema is {ema!r}; want an average of the weights: EMA(model.params(), 0.99)")
    live = [w for _, w in flatten(model.params())]
    if len(averaged := getattr(ema, "live", live)) != len(live) or any(a is not b for a, b in zip(averaged, live)):
        raise ValueError("fit: the average was made for another model's weights; want EMA(model.params(), decay)")
