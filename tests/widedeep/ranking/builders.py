"""Builders that several tests here share."""

import numpy as np

from mlp.optimizers import Adam
from perceptron.activations import tanh
from widedeep.ranking.bags import Bags, bags_at
from widedeep.ranking.protocol import Sequences
from widedeep.ranking.ranker import Ranker
from widedeep.ranking.towers import DeepItems, WideItems

V = 23  # films


def world(seed=0, people=40, films=V, low=5, high=12):
    """user, item, time: people like one of two halves of the catalogue; films are named 100, 101, ..."""
    rng = np.random.default_rng(seed)
    rows = []
    for u in range(people):
        half = np.arange(films // 2) if u % 2 else np.arange(films // 2, films)
        chosen = rng.choice(half, min(len(half) - 1, rng.integers(low, high)), replace=False)
        rows += [(u + 1, 100 + i, int(t)) for i, t in zip(chosen, rng.integers(0, 50, len(chosen)))]
    user, item, time = np.array(rows)[rng.permutation(len(rows))].T
    return user, item, time


def small(rng, dtype=np.float64, half_lives=(2.0, np.inf), hidden=(5, 3), activation=tanh, wide=True, dropout=0.0):
    """A ranker of 7 films with both towers, moved off its symmetric start."""
    towers = {"deep": DeepItems(7, len(half_lives), 2, hidden, rng, dtype, activation=activation, dropout=dropout)}
    if wide:
        towers["wide"] = WideItems(7, dtype)
        towers["wide"].W[...] = rng.normal(size=(7, 7))
    model = Ranker(np.arange(7), np.arange(7), half_lives, dtype, **towers)
    model.b += rng.normal(size=7)
    return model


def some_bags(rng, half_lives=(2.0, np.inf)):
    """Five examples of two people; an empty bag and films that stand in several bags among them."""
    sequences = Sequences.of([[3, 1, 4], [5, 3, 2, 6]], 7)
    bags = bags_at(sequences, np.array([0, 2, 5, 6, 6]), half_lives)
    return Bags(bags.shares.astype(np.float64), bags.had)


def optimizers(lr=0.02):
    return {name: Adam(lr) for name in ("deep", "wide", "bias")}


def ranker(split, seed=0, wide=True):
    rng = np.random.default_rng(seed)
    towers = {"deep": DeepItems(V, 2, 6, [8], rng)} | ({"wide": WideItems(V)} if wide else {})
    return Ranker(split.items, split.train.matrix().sum(axis=0), (3.0, np.inf), **towers)
