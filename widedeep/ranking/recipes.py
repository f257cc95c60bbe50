"""The settings behind the figures, each chosen on the validation films, and how a model is built from them.

What helped, in about this order: recent films weighted more; EMA of the weights; weight decay; a hidden layer with
dropout; shuffling films of the same second in every epoch.  Beside a well-tuned deep tower, the wide tower adds less
than the differences between seeds.  The loss hardly matters: the pairwise loss and the log loss with 20 uniform
negatives rank as well as the softmax (one seed each).  Negatives sampled by popularity rank a little worse, with more
different films in lists.

Read before: train.py, widedeep/recipes/parts.py        Read next: __main__.py
"""
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mlp.optimizers import Optimizer
from mlp.train import Epoch
from perceptron.activations import Array
from widedeep.ranking import baselines
from widedeep.ranking.bags import bags_of
from widedeep.ranking.losses import Negatives, RankLoss, pairwise, sampled_log_loss, softmax_all
from widedeep.ranking.protocol import Sequences
from widedeep.ranking.ranker import Ranker
from widedeep.ranking.towers import DeepItems, WideItems
from widedeep.ranking.train import fit
from widedeep.recipes.parts import DeepTower, Training, WideTower, varied
from widedeep.recipes.training import train

Baseline = Callable[[Sequences], Array]                 # training sequences -> S (U, V)


@dataclass(frozen=True)
class BagSettings:
    """The input of a ranker.   half_lives : of the bags, in films; the wide tower reads the first
    keep : probability that a film stays in a bag in training
    """

    half_lives: tuple[float, ...] = (3.0, 15.0, 60.0)
    keep: float = 0.8


@dataclass(frozen=True)
class Objective:
    """The loss of a ranker.   loss : see losses.py
    negatives, power : how many for each example, sampled by popularity^power; the softmax needs none
    """

    loss: RankLoss = softmax_all
    negatives: int = 0
    power: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """One way to train a ranker.   towers : "wide", "deep" or both        the rest : as in widedeep/recipes"""

    towers: Sequence[str] = ("wide", "deep")
    bag: BagSettings = BagSettings()
    objective: Objective = Objective()
    wide: WideTower = WideTower(alpha=0.5, l1=0.3)
    deep: DeepTower = DeepTower(d=128, hidden=(256, 128), dropout=0.3, embedding_decay=0.5, layer_decay=0.05)
    training: Training = Training(lr=2e-3, adam=True, ema=0.997, batch_size=512, epochs=12, patience=0)


def train_ranker(recipe: Recipe, items: Array, rows: Sequences, seed: int, epochs: int | None = None,
                 report: Callable[[Epoch], Any] | None = None) -> Ranker:
    """A trained ranker; its weights are their EMA.

    items : (V,) names of the films        rows : training sequences, the only data read
    seed : of weights, order, bags, negatives        epochs : at most; None for the recipe's
    """
    rng = np.random.default_rng(seed)
    counts = np.bincount(rows.items, minlength=rows.n_items)
    towers: dict[str, Any] = {}
    rules: dict[str, Optimizer] = {"bias": recipe.training.rule()}
    if "wide" in recipe.towers:
        towers["wide"] = WideItems(rows.n_items)
        rules["wide"] = recipe.wide.rule(recipe.training.batch_size)
    if "deep" in recipe.towers:
        towers["deep"] = DeepItems(rows.n_items, len(recipe.bag.half_lives), recipe.deep.d, recipe.deep.hidden, rng,
                                   dropout=recipe.deep.dropout)
        rules["deep"] = recipe.training.rule({"mlp": recipe.deep.layer_decay, "": recipe.deep.embedding_decay})
    model = Ranker(items, counts, recipe.bag.half_lives, **towers)
    of = recipe.objective
    draws = (Negatives(counts, of.power), of.negatives) if of.negatives else None
    train(recipe.training, model, rules, rows, rng=rng, fit=fit, epochs=epochs, report=report, loss=of.loss,
          keep=recipe.bag.keep, negatives=draws)
    return model


def recent_ease(train: Sequences, half_life: float = 60.0, l2: float = 200.0) -> Array:
    """EASE, scored with a bag that weights the latest films most.  (Its W does not depend on time.)"""
    return baselines.ease(train.matrix(), l2, bags_of(train, [half_life]).shares[0])


BASELINES: dict[str, Baseline] = {
    "popularity": lambda train: baselines.popularity(train.matrix()),
    "neighbours": lambda train: baselines.neighbours(train.matrix(), 100),
    "EASE": lambda train: baselines.ease(train.matrix(), 200.0),
    "EASE, recent": recent_ease,
}

BOTH = Recipe()
DEEP = replace(BOTH, towers=("deep",))


def with_loss(loss: RankLoss, power: float = 0.0) -> Recipe:
    """The deep ranker with another loss, and 20 negatives for each example."""
    return replace(DEEP, objective=Objective(loss, 20, power))


RECIPES = {
    "wide": varied(replace(BOTH, towers=("wide",)), bag={"half_lives": (5.0,)}, wide={"alpha": 5.0, "l1": 0.05},
                   training={"ema": 0.99, "epochs": 8, "batch_size": 1024}),
    "deep, log loss": with_loss(sampled_log_loss),
    "deep, log loss, popular": with_loss(sampled_log_loss, power=0.75),
    "deep, pairs": with_loss(pairwise),
    "deep, pairs, popular": with_loss(pairwise, power=0.75),
    "deep": DEEP,
    "wide & deep": BOTH,
}
