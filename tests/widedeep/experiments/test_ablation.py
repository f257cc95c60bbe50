"""Ablation: what is left out is out, what is put in was not there."""

from dataclasses import replace

import numpy as np
import pytest

from tests.widedeep.small_sets import small_films
from widedeep.experiments import ablation
from widedeep.recipes import BEST, RECIPES, FactorTower, varied


def test_what_is_left_out_is_out():
    recipe = RECIPES["adult"]
    left = ablation.without("adult", recipe)
    assert {"crosses", "exact values", "embedding decay", "small embeddings", "average", "dropout", "pace", "L1"} < set(
        left
    )
    assert left["dropout"].deep.dropout == 0 and left["dropout"].training == recipe.training
    assert len(left["crosses"].columns.encoder().wide) == 12
    changed = left["exact values"].columns.encoder()
    assert [type(c).__name__ for c in changed.deep if c.name.startswith("capital")] == ["Buckets"] * 2
    assert len(changed.wide) == 12 + 66
    assert "product" not in left and "product" in ablation.without("movielens", replace(recipe, factors=FactorTower(4)))


def test_what_is_put_in_was_not_there():
    recipe = RECIPES["adult"]
    more = ablation.with_more("adult", recipe)
    assert set(more) == {*ablation.MORE, "survey weights"}
    assert "dropout of inputs" not in ablation.with_more("movielens", BEST["movielens-ids"])  # it is there already
    assert "survey weights" not in ablation.with_more("movielens", BEST["movielens-ids"])
    decayed = more["learning-rate decay"].training
    assert decayed.lr_decay == 0.8 and decayed.lr == recipe.training.lr
    y, people = np.array([[1.0], [0], [0], [0]]), np.array([1, 2, 3, 6])
    assert more["class weights"].labels.sample_weight({}, y)[:, 0] == pytest.approx([2, 2 / 3, 2 / 3, 2 / 3])
    assert more["survey weights"].labels.sample_weight({"fnlwgt": people}, y)[:, 0] == pytest.approx(
        [1 / 3, 2 / 3, 1, 2]
    )


def test_every_setting_put_in_reaches_the_training():
    """Each changes the trained weights of the tower that it is for, and of no other kind of setting's."""
    small = {"d": 4, "hidden": (4,), "dropout": 0.0}
    data, recipe = small_films(), varied(RECIPES["movielens"], deep=small, training={"patience": 0})
    trained = {}
    for name, other in {"as it is": recipe, **ablation.with_more("movielens", recipe)}.items():
        trained[name] = other.fit(other.prepare(data), seed=0, epochs=3).model
    z = {name: model.logits(recipe.prepare(data).test) for name, model in trained.items()}
    assert len({values.tobytes() for values in z.values()}) == len(z)
    wide, l2 = (np.abs(trained[name].towers["wide"].w).sum() for name in ("as it is", "L2 of wide weights"))
    layers, decayed = (
        sum(np.abs(layer.W).sum() for layer in trained[name].towers["deep"].mlp.layers)
        for name in ("as it is", "decay of the layers")
    )
    assert l2 < wide and decayed < layers
