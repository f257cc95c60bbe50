"""Ratings: test ratings change nothing but test figures."""

from dataclasses import replace

import numpy as np
import pytest

from mlp.windows import flatten
from tests.widedeep.small_movielens import RECIPE, small_movielens
from widedeep.experiments import ratings
from widedeep.experiments.trial import Setting
from widedeep.heads.regression import evaluate_numbers


def test_the_ratings_experiment(rng):
    data = small_movielens(rng)
    ticks = []
    setting = Setting(data, RECIPE, 1, 6)
    outcome = ratings.run(setting, lambda: ticks.append(1))
    assert len(ticks) == ratings.count(setting)
    assert outcome.summary["rows"] == {"train": 405, "validation": 45, "test": 150}  # 3/4, of it a tenth; 1/4
    found = {row["model"]: row for row in outcome.rows}
    assert set(found) == set(ratings.MODELS)
    p = np.random.default_rng(2024).permutation(600)
    y, mean = data.table["rating"][p[450:]], data.table["rating"][p[:405]].mean()
    assert found["mean"]["rmse"] == pytest.approx(np.sqrt(((y - mean) ** 2).mean()))
    for name in ("joint", "classes"):
        assert found[name]["rmse"] < 0.8 * found["mean"]["rmse"] and 0.5 < found[name]["auc"] <= 1
    assert {"model", "seed", "auc", "log_loss", "accuracy"} <= found["joint"].keys()
    assert any("joint" in line for line in ratings.table(outcome))


def test_test_ratings_change_nothing_but_test_figures(rng):
    """Turn every test rating round: batches, weights and validation figures stay, test figures do not."""
    data = ratings.cut(small_movielens(rng))
    other = {name: column.copy() for name, column in data.table.items()}
    rows = data.splits["ratings"]["test"]
    other["rating"][rows] = 6 - other["rating"][rows]
    twin = replace(data, table=other, labels=(other["rating"] >= 4).astype(np.float32)[:, None])
    made = []
    for one in (data, twin):
        ready = replace(RECIPE, split="ratings").prepare(one)
        stars = {part: one.rows("ratings", part)[0]["rating"][:, None].astype(float) for part in ratings.PARTS}
        model, batches, epoch = ratings.number_head(RECIPE, ready, stars, RECIPE.towers, 0, 3)
        made.append((model, batches, epoch, evaluate_numbers(model.predict(batches["test"]), stars["test"])))
    (a, batches, epoch, figures), (b, _, epoch_b, figures_b) = made
    assert epoch == epoch_b and figures != figures_b
    for (_, one), (_, two) in zip(flatten(a.params()), flatten(b.params())):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(a.predict(batches["test"]), b.predict(batches["test"]))
