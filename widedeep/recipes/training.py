"""Training by settings: the one function that trains, whichever model and loop.

Read before: parts.py, train.py        Read next: recipe.py
"""
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import widedeep.train
from mlp.optimizers import Optimizer
from mlp.train import Epoch
from widedeep.recipes.parts import Training
from widedeep.training.ema import EMA
from widedeep.training.schedules import scheduled


def train(settings: Training, model: Any, optimizers: Mapping[str, Optimizer], *data: Any, rng: np.random.Generator,
          fit: Callable[..., list[Epoch]] = widedeep.train.fit, epochs: int | None = None,
          report: Callable[[Epoch], Any] | None = None, **more: Any) -> list[Epoch]:
    """Train a model in place, with EMA, schedule and patience as the settings say; one record an epoch.

    data : what `fit` takes after the optimizers: training rows, and validation rows for those that have them
    fit : the loop, widedeep.train.fit or the ranker's        epochs : at most; None for the settings'
    more : further arguments of fit, as loss and sample_weight
    """
    ema = EMA(model.params(), settings.ema) if settings.ema else None
    if settings.lr_decay != 1:
        report = scheduled(optimizers, lambda epoch: settings.lr_decay ** (epoch - 1), report)
    if settings.patience:
        more["patience"] = settings.patience
    return fit(model, optimizers, *data, rng=rng, epochs=settings.epochs if epochs is None else epochs,
               batch_size=settings.batch_size, ema=ema, report=report, **more)
