"""Builders that several tests here share."""

import numpy as np

from widedeep import fit
from widedeep.recipes import RECIPES


def train_recipe(data, towers, encoder, batches, epochs=None):
    recipe, rng = RECIPES[data.name], np.random.default_rng(0)
    model, optimizers = recipe.model(encoder, rng, towers)
    fit(model, optimizers, batches["train"], batches["validation"], rng=rng, epochs=epochs or recipe.training.epochs,
        batch_size=recipe.training.batch_size, patience=recipe.training.patience)  # fmt: skip
    return model


def encode(data):
    recipe = RECIPES[data.name]
    encoder = recipe.columns.encoder().fit(data.rows(recipe.split, "train")[0])
    parts = ("train", "validation", "test")
    return encoder, {part: encoder.encode(*data.rows(recipe.split, part)) for part in parts}
