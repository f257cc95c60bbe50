"""Training a ranker: every position of every sequence is an example.

    which film came here, given those before it?

A step is that of widedeep/train.py with another loss: forward, one error signal, backward, every tower's optimizer.  It
reads training sequences only: the hidden validation films serve to choose settings, never weights.

Read before: catalogue.py, losses.py        Read next: recommend.py
"""
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mlp.optimizers import Optimizer
from mlp.train import Epoch, begin_step, check_together, diverged, keep_freed_memory, minibatches
from mlp.windows import flatten
from perceptron.activations import Array
from widedeep.ranking.bags import bags_at
from widedeep.ranking.losses import Negatives, RankLoss, softmax_all
from widedeep.ranking.protocol import Sequences
from widedeep.ranking.ranker import Ranker
from widedeep.train import WeightAverage, restore, snapshot


def fit(model: Ranker, optimizers: Mapping[str, Optimizer], train: Sequences, loss: RankLoss = softmax_all, *,
        rng: np.random.Generator, epochs: int, batch_size: int = 512, keep: float = 1.0,
        negatives: tuple[Negatives, int] | None = None, report: Callable[[Epoch], Any] | None = None,
        ema: WeightAverage | None = None) -> list[Epoch]:
    """Train in place; return one record an epoch: {"epoch", "loss"}.

    rng : draws the order of the examples, dropout, the bags' films and the negatives
    keep : probability that a film stays in a bag in training
    negatives : the sampler, and how many for each example; pairwise and sampled_log_loss need it
    report : called with each epoch's record        ema : an EMA of the weights, which the model has at the end

    Raises ValueError if nobody has two films, a count is below 1, or the loss diverges.
    """
    places = examples(train)
    if len(places) == 0:
        raise ValueError("fit: nobody has two films: there is no film with others before it")
    if min(epochs, batch_size) < 1 or not 0 < keep <= 1:
        raise ValueError(f"fit: epochs {epochs}, batch_size {batch_size}, keep {keep}; want at least 1, 1, and (0, 1]")
    if missing := model.params().keys() - optimizers.keys():
        raise ValueError(f"fit: no optimizer for {sorted(missing)}")
    check_together("fit", model, optimizers)
    begin_step(model, optimizers)
    if negatives is None and loss is not softmax_all:
        raise ValueError(f"fit: {getattr(loss, '__name__', 'this loss')} wants negatives=(Negatives(...), m)")
    user = train.user
    have = None if negatives is None else train.matrix() > 0        # (U, V)  films that are no negatives
    keep_freed_memory()
    history: list[Epoch] = []
    for epoch in range(1, epochs + 1):
        good = snapshot(model, optimizers)
        total, shown = 0.0, train.reordered(rng)                    # films of the same second, shuffled
        for rows in minibatches(len(places), batch_size, rng):
            place = places[rows]
            drawn = None if negatives is None or have is None else negatives[0].draw(have[user[place]], negatives[1],
                                                                                     rng)
            batch = bags_at(shown, place, model.half_lives, keep, rng)
            Z, caches = model.forward(batch, rng)                   # (N, V)
            value, dZ = loss(Z, shown.items[place], drawn)          # (N, V)  the one error signal
            grads = model.backward(dZ, caches)
            for name, params in model.params().items():
                optimizers[name].step(params, grads[name])
            if ema is not None:
                ema.update()
            total += value * len(rows)
        if not (np.isfinite(total) and all(np.isfinite(w).all() for _, w in flatten(model.params()))):
            restore(model, optimizers, good)
            raise ValueError(diverged("fit", total, epoch))
        history.append({"epoch": epoch, "loss": float(total / len(places))})
        if report is not None:
            report(history[-1])
    if ema is not None:
        ema.apply()
    return history


def examples(train: Sequences) -> Array:
    """The positions that have a film of the same person before them."""
    first = np.zeros(len(train.items) + 1, bool)
    first[train.bounds[:-1]] = True
    return np.flatnonzero(~first[:-1])
