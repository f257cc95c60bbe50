"""Recipes: grades, splits by time, and which towers there are."""

from dataclasses import replace

import numpy as np
import pytest

from perceptron.losses import log_loss
from tests.widedeep.small_movielens import RECIPE, small_movielens
from tests.widedeep.small_sets import small_films
from widedeep import train_step
from widedeep.datasets.table import cut as in_three
from widedeep.experiments import warm_start
from widedeep.experiments.trial import Setting
from widedeep.recipes import BEST, RECIPES, varied


def test_a_recipe_names_its_towers():
    with pytest.raises(ValueError, match="dep"):
        RECIPES["appstore"].model(None, None, ("wide", "dep"))


def with_split(data, rng):
    parts = np.split(rng.permutation(len(data.labels)), [400, 500])
    return replace(data, splits={"random": dict(zip(("train", "validation", "test"), parts))})


def test_a_recipe_with_grades_gives_a_plain_model_that_never_saw_a_test_grade(rng):
    data, recipe = with_split(small_movielens(rng), rng), varied(RECIPE, training={"epochs": 3})
    rows, other = data.splits["random"]["test"], {name: column.copy() for name, column in data.table.items()}
    other["rating"][rows] = 6 - other["rating"][rows]
    twin = replace(data, table=other, labels=(other["rating"] >= 4).astype(np.float32)[:, None])
    (a, first), (b, second) = ((recipe.prepare(one), recipe.fit(recipe.prepare(one), seed=0)) for one in (data, twin))
    assert a.threshold == 3 and set(np.unique(a.train.labels)) == {1, 2, 3, 4, 5}
    assert set(np.unique(a.test.labels)) == {0, 1} and (a.test.labels != b.test.labels).any()
    assert first.history == second.history
    z = first.model.logits(a.test)
    assert z.shape == (len(rows), 1) and z.tolist() == second.model.logits(b.test).tolist()
    y = data.rows("random", "validation")[1]
    best = min(record["validation"] for record in first.history)  # judged by the question that counts, in nats
    assert best == pytest.approx(log_loss(first.model.logits(a.validation).astype(float), y)[0], rel=1e-4)
    train_step(first.model, first.optimizers, replace(a.test, labels=a.test.labels))  # and it can go on, as yes or no
    tenths = {**data.table, "rating": data.table["rating"] / 10}  # the same grades, not whole
    small = recipe.prepare(replace(data, table=tenths))
    assert recipe.fit(small, seed=0).model.logits(small.test).tolist() == z.tolist()
    apart = varied(recipe, labels={"grades": None, "auxiliary_weight": 0.0})
    assert (apart.fit(apart.prepare(data), seed=0).model.logits(a.test) != z).any()


def test_training_on_grades_starts_at_their_shares_and_hands_on_the_bias_of_the_question(rng, monkeypatch):
    data, recipe = with_split(small_movielens(rng), rng), varied(RECIPE, training={"ema": 0.0})
    seen = []

    def no_training(training, model, optimizers, train, *args, **settings):
        seen.append(model.b.copy())
        optimizers["bias"].step({"b": model.b}, {"b": np.arange(1, 5, dtype=np.float32)})  # a memory for each question
        return []

    monkeypatch.setattr("widedeep.recipes.recipe.train", no_training)
    prepared = recipe.prepare(data)
    found = recipe.fit(prepared, seed=0)
    share = (prepared.train.labels > [1, 2, 3, 4]).mean(axis=0)
    np.testing.assert_allclose(seen[0], np.log(share / (1 - share)), atol=0.05)
    m, v = found.optimizers["bias"].memory["b"]
    assert m.tolist() == [3] and v.tolist() == [9] and found.model.b.shape == (1,)


def test_a_recipe_refuses_grades_that_are_not_behind_the_labels(rng):
    data = with_split(small_movielens(rng), rng)
    with pytest.raises(ValueError, match="labels of train do not say whether 'age' is above some threshold"):
        varied(RECIPE, labels={"grades": "age"}).prepare(data)
    with pytest.raises(ValueError, match="no column 'stars' of grades; the table has user, "):
        varied(RECIPE, labels={"grades": "stars"}).prepare(data)
    with pytest.raises(ValueError, match="labels of dtype <U"):
        varied(RECIPE, labels={"grades": "occupation"}).prepare(data)
    for same in (0, 1):
        with pytest.raises(ValueError, match="labels of train do not say"):
            replace(varied(RECIPE, columns={"histories": False}), factors=None).prepare(
                replace(data, labels=np.full_like(data.labels, same))
            )
    wrong = {**data.table, "rating": data.table["rating"].copy()}
    wrong["rating"][data.splits["random"]["validation"][:3]] = 9
    with pytest.raises(ValueError, match="labels of validation do not say"):
        RECIPE.prepare(replace(data, table=wrong))


def test_a_split_by_time_wants_histories_that_look_back_only():
    data = small_films()
    order = np.argsort(data.table["timestamp"], kind="stable")
    data = replace(data, splits={"time": in_three(order, 0.8, 0.1)})
    small = {"deep": {"d": 4, "hidden": (4,)}, "factors": {"d": 4}}
    recipe = varied(BEST["movielens-time"], **small, training={"epochs": 1})
    with pytest.raises(ValueError, match="'time' is by time.*earlier='timestamp'.*movielens-time"):
        varied(recipe, columns={"earlier": None}).prepare(data)
    with pytest.raises(ValueError, match="'ordered' is by time"):  # warm-start's days
        warm_start.run(Setting(small_films(), varied(BEST["movielens"], **small), 1, 1), lambda: None)
    first = recipe.prepare(data).train  # the earliest row of all has no history and no statistics
    earliest = int(np.argmin(data.table["timestamp"][data.splits["time"]["train"]]))
    assert [bags.counts[earliest] for bags in first.histories] == [0, 0]
    assert first.numbers[earliest, -4] == first.numbers[earliest, -2] == 0  # evidence of user, of item
    recipe.fit(recipe.prepare(data), seed=0)


@pytest.mark.parametrize("grades", [None, "rating"])
def test_validation_rows_are_weighed_as_training_rows_are(rng, grades):
    weigh = {"labels": {"grades": grades, "sample_weight": lambda table, y: 1 + 9 * (table["item"] % 2)[:, None]}}
    data, recipe = with_split(small_movielens(rng), rng), varied(RECIPE, training={"epochs": 3}, **weigh)
    prepared = recipe.prepare(data)
    rows, y = data.rows("random", "validation")
    assert prepared.weights.shape == (400, 1)
    np.testing.assert_array_equal(prepared.validation_weights[:, 0], 1 + 9 * (rows["item"] % 2))
    trained = recipe.fit(prepared, seed=0)
    best = min(record["validation"] for record in trained.history)
    z = trained.model.logits(prepared.validation).astype(float)
    assert best == pytest.approx(log_loss(z, y, prepared.validation_weights.astype(float))[0], rel=1e-4)
    assert best != pytest.approx(log_loss(z, y)[0], rel=1e-3)


def test_a_product_tower_wants_its_settings(rng):
    data = with_split(small_movielens(rng), rng)
    recipe = replace(varied(RECIPE, labels={"grades": None}, columns={"histories": False}), factors=None)
    prepared = recipe.prepare(data)
    with pytest.raises(ValueError, match=r"Recipe: tower 'product' wants factors=FactorTower\(...\)"):
        recipe.model(prepared.encoder, rng, ["wide", "product"])
