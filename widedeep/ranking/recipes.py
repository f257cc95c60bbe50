"""The settings behind the figures, each chosen on the validation films, and how a model is built from them.

What helped, in about this order: recent films counting more; the running average of the weights; decay of the weights;
a hidden layer with dropout; a new order for films of one second in every epoch.  The wide tower beside a well set deep
one adds less than the seeds differ by.  The loss hardly matters: pairs and log loss with 20 uniform negatives rank as
well as the softmax (one seed each); negatives drawn by popularity a little worse, with more different films in lists.

Read before: train.py        Read next: __main__.py
"""
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mlp.optimizers import Adam, Optimizer
from mlp.train import Epoch
from perceptron.activations import Array
from widedeep.averaging import Average
from widedeep.decay import Decay
from widedeep.ftrl import FTRL
from widedeep.ranking import baselines
from widedeep.ranking.bags import bags_of
from widedeep.ranking.losses import Negatives, RankLoss, pairwise, sampled_log_loss, softmax_all
from widedeep.ranking.protocol import Sequences
from widedeep.ranking.ranker import Ranker
from widedeep.ranking.towers import DeepItems, WideItems
from widedeep.ranking.train import fit

Baseline = Callable[[Sequences], Array]                 # training sequences -> S (U, V)


@dataclass(frozen=True)
class Recipe:
    """One way to train a ranker.

    towers : "deep", "wide" or both            half_lives : of the bags, in films; the wide tower reads the first
    d, hidden : embedding, layers              keep : chance that a film stays in a bag        dropout : of neurons
    lr, decay : Adam's rate for deep and bias, and the decoupled decay of the deep tower's weights
    alpha, l1 : FTRL's, for the wide tower     average : of the weights, see averaging.py
    negatives, power : how many an example, drawn by which power of popularity; the softmax needs none
    """

    towers: Sequence[str] = ("wide", "deep")
    loss: RankLoss = softmax_all
    half_lives: Sequence[float] = (3.0, 15.0, 60.0)
    d: int = 128
    hidden: Sequence[int] = (256, 128)
    keep: float = 0.8
    dropout: float = 0.3
    lr: float = 2e-3
    decay: float = 0.5
    alpha: float = 0.5
    l1: float = 0.3
    average: float = 0.997
    epochs: int = 12
    batch_size: int = 512
    negatives: int = 0
    power: float = 0.0


def train_ranker(recipe: Recipe, items: Array, train: Sequences, seed: int,
                 report: Callable[[Epoch], Any] | None = None) -> Ranker:
    """A trained ranker; it serves the running average of its weights.

    items : (V,) names of the films        train : the only thing read        seed : of weights, order, bags, negatives
    """
    rng = np.random.default_rng(seed)
    counts = np.bincount(train.items, minlength=train.n_items)
    towers: dict[str, Any] = {}
    if "wide" in recipe.towers:
        towers["wide"] = WideItems(train.n_items)
    if "deep" in recipe.towers:
        towers["deep"] = DeepItems(train.n_items, len(recipe.half_lives), recipe.d, recipe.hidden, rng,
                                   dropout=recipe.dropout)
    model = Ranker(items, counts, recipe.half_lives, **towers)
    optimizers: dict[str, Optimizer] = {"wide": FTRL(recipe.alpha, l1=recipe.l1, batch_size=recipe.batch_size),
                                        "deep": Decay(Adam(recipe.lr), {"mlp": recipe.decay / 10, "": recipe.decay}),
                                        "bias": Adam(recipe.lr)}
    average = Average(model.params(), recipe.average)
    draws = (Negatives(counts, recipe.power), recipe.negatives) if recipe.negatives else None
    fit(model, optimizers, train, recipe.loss, rng=rng, epochs=recipe.epochs, batch_size=recipe.batch_size,
        keep=recipe.keep, negatives=draws, report=report, after_step=average.update)
    average.apply()
    return model


def recent_ease(train: Sequences, half_life: float = 60.0, l2: float = 200.0) -> Array:
    """EASE, whose weights know no time, asked with a bag in which the latest films count most."""
    return baselines.ease(train.matrix(), l2, bags_of(train, [half_life]).shares[0])


BASELINES: dict[str, Baseline] = {
    "popularity": lambda train: baselines.popularity(train.matrix()),
    "neighbours": lambda train: baselines.neighbours(train.matrix(), 100),
    "EASE": lambda train: baselines.ease(train.matrix(), 200.0),
    "EASE, recent": recent_ease,
}

BOTH = Recipe()
DEEP = replace(BOTH, towers=("deep",))
RECIPES = {
    "wide": replace(BOTH, towers=("wide",), half_lives=(5.0,), alpha=5.0, l1=0.05, average=0.99, epochs=8,
                    batch_size=1024),
    "deep, log loss": replace(DEEP, loss=sampled_log_loss, negatives=20),
    "deep, log loss, popular": replace(DEEP, loss=sampled_log_loss, negatives=20, power=0.75),
    "deep, pairs": replace(DEEP, loss=pairwise, negatives=20),
    "deep, pairs, popular": replace(DEEP, loss=pairwise, negatives=20, power=0.75),
    "deep": DEEP,
    "wide & deep": BOTH,
}
