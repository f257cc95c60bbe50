"""A trial: the ensemble, and training without early stopping."""

import numpy as np
import pytest

from tests.widedeep.small_sets import small_films
from widedeep.experiments.trial import mixed, trial
from widedeep.recipes import RECIPES, varied


def test_the_ensemble_is_the_mean_probability():
    z = np.log([[3.0], [1 / 3]]), np.log([[1.0], [1.0]])  # p = 3/4, 1/4 and 1/2, 1/2
    row, mean = mixed(7, z, np.array([[1.0], [0.0]]), crosses=2)
    assert 1 / (1 + np.exp(-mean)) == pytest.approx(np.array([[5 / 8], [3 / 8]]))
    assert row["seed"] == 7 and row["crosses"] == 2 and row["auc"] == 1


def test_without_early_stopping_the_last_weights_stay():
    data = small_films()
    recipe = varied(RECIPES["movielens"], deep={"d": 4, "hidden": (4,)}, training={"patience": 0})
    prepared = recipe.prepare(data)
    found = trial("x", recipe, prepared, recipe.towers, seed=0, epochs=4)
    assert found.row["epoch"] == found.row["epochs"] == 4 and found.row["validation"] is None
    patient = varied(recipe, training={"patience": 4})
    same = patient.fit(prepared._replace(validation=prepared.train), seed=0, epochs=4)
    assert min(same.history, key=lambda record: record["validation"])["epoch"] == 4  # training loss still falls
    assert found.z == pytest.approx(same.model.logits(prepared.test).astype(float))
