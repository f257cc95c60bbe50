"""A compiled engine: widedeep.fit, with a whole epoch as one call into JAX.

    from widedeep.bridges.jax import fit                pip install 'widedeep[jax]'
    fit(model, optimizers, train, validation, rng=rng, epochs=20, patience=3)

The arguments, the order of the rows, the dropout masks, the records and the model that comes out are those of
widedeep.fit: after each epoch weights, memories and counts of steps are written back into the NumPy model and its
optimizers, so that either loop can go on where the other stopped.  Where they differ: labels are checked before the
first step, and a tower, rule, loss or average that this engine does not know is refused by name.

The first epoch compiles, seconds for each new shape of a model or a batch; docs/speed.md says when that pays.  It runs
on a GPU where JAX sees one, else on the CPU.  Every step moves whole tables, also large ones.

Read before: train.py        Read next: jax_plan.py
"""
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from mlp.train import Epoch, begin_step, check_counts, diverged
from mlp.windows import flatten
from perceptron.activations import Array
from perceptron.losses import log_loss
from widedeep.batch import Batch, weights_of
from widedeep.bridges.jax_plan import Plan, check_known, plan_of
from widedeep.model import WideDeep, check_rows
from widedeep.train import Loss, Optimizers, WeightAverage, check_optimizers, restore, snapshot

try:
    from widedeep.bridges import jax_epoch
except ModuleNotFoundError as error:
    raise ImportError(f"widedeep.bridges.jax: {error.name} is not installed; want pip install 'widedeep[jax]', or "
                      "widedeep.fit, which needs NumPy alone") from None


def fit(model: WideDeep, optimizers: Optimizers, train: Batch, validation: Batch | None = None, *,
        rng: np.random.Generator, epochs: int, batch_size: int = 256, patience: int | None = None,
        ema: WeightAverage | None = None, report: Callable[[Epoch], Any] | None = None,
        loss: Loss = log_loss, validation_loss: Loss | None = None, sample_weight: Array | None = None,
        validation_weight: Array | None = None) -> list[Epoch]:
    """widedeep.fit, compiled: train in place; return one record an epoch: {"epoch", "loss", "validation"}.

    Every argument is that of widedeep.fit.  loss : log_loss, squared_error, softmax_cross_entropy or
        OrdinalRegression.loss(...)        validation_loss : any        ema : an EMA

    Raises ValueError as widedeep.fit does, and for what this engine does not know, before anything has moved.
    """
    check_rows(model, train, validation, patience)
    check_counts(rng, loss, report, epochs=epochs, batch_size=batch_size, patience=patience)
    check_optimizers(model, optimizers, ema)
    validation_loss = loss if validation_loss is None else validation_loss
    sample_weight, mean_weight = weights_of("sample_weight", sample_weight, train, "loss", loss)
    validation_weight, _ = weights_of("validation_weight", validation_weight, validation, "validation_loss",
                                      validation_loss)
    check_known(model, optimizers, loss, ema, train, validation)
    check_labels(model, loss, train, sample_weight)
    engine = Engine(model, optimizers, train, batch_size, loss, ema, sample_weight, mean_weight)
    held = None if validation is None else jax_epoch.rows_of(engine.plan, validation)
    history: list[Epoch] = []
    best, best_epoch, kept = np.inf, 0, None

    for epoch in range(1, epochs + 1):
        good = snapshot(model, optimizers) if kept is None else kept
        mean_loss = engine.epoch(rng)
        if not (np.isfinite(mean_loss) and all(np.isfinite(w).all() for _, w in flatten(model.params()))):
            restore(model, optimizers, good)
            raise ValueError(diverged("fit", mean_loss, epoch))
        record = {"epoch": epoch, "loss": mean_loss}
        if validation is not None:
            with nullcontext() if ema is None else ema.applied():
                weights = () if validation_weight is None else (validation_weight,)
                z = jax_epoch.logits(engine.plan, model, held)
                record["validation"] = float(validation_loss(z, validation.labels, *weights)[0])
                if record["validation"] < best:
                    best, best_epoch, kept = record["validation"], epoch, snapshot(model, optimizers)
            if not np.isfinite(record["validation"]):
                restore(model, optimizers, good)
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


class Engine:
    """The rows where JAX computes, and the model's epochs.  Between two epochs the model is an ordinary one."""

    def __init__(self, model: WideDeep, optimizers: Optimizers, train: Batch, batch_size: int, loss: Loss = log_loss,
                 ema: Any = None, sample_weight: Array | None = None, mean_weight: float = 1.0):
        self.model, self.optimizers, self.ema, self.batch_size = model, optimizers, ema, batch_size
        self.plan: Plan = plan_of(model, optimizers, train, loss, ema, sample_weight is not None)
        self.made_by, self.n, self.mean_weight = train.made_by, len(train), mean_weight
        self.rows = jax_epoch.rows_of(self.plan, train, train.labels, sample_weight)

    def epoch(self, rng: np.random.Generator) -> float:
        """All steps of one epoch; returns the mean loss."""
        model, optimizers = self.model, self.optimizers
        begin_step(model, optimizers)
        mean = jax_epoch.run(self.plan, model, optimizers, self.ema, self.rows, self.n, self.batch_size,
                             self.mean_weight, rng)
        model.made_for = model.made_for or self.made_by
        return mean


def check_labels(model: WideDeep, loss: Loss, train: Batch, sample_weight: Array | None) -> None:
    """Let the loss itself refuse labels of the wrong shape or value, before anything moves."""
    z = np.zeros((len(train), len(model.b)), model.b.dtype)
    loss(z, train.labels, *(() if sample_weight is None else (sample_weight,)))
