"""Learning-rate schedules, by hand, and in a recipe."""

import numpy as np
import pytest

from mlp.optimizers import SGD, AdaGrad, Adam
from tests.widedeep.small_sets import small_adult
from widedeep.ftrl import FTRL
from widedeep.recipes import RECIPES, varied
from widedeep.training.schedules import scheduled
from widedeep.training.weight_decay import WeightDecay


def test_a_schedule_sets_each_rate_from_the_first():
    optimizers = {"deep": WeightDecay(Adam(0.2), {}), "bias": SGD(0.4), "wide": FTRL(0.5)}
    seen = []
    report = scheduled(optimizers, lambda epoch: 0.5 ** (epoch - 1), seen.append)
    for epoch in (1, 2):
        report({"epoch": epoch})
    assert (optimizers["deep"].lr, optimizers["bias"].lr, optimizers["wide"].lr) == (0.05, 0.1, 0.5)
    assert seen == [{"epoch": 1}, {"epoch": 2}]


def test_a_schedule_reaches_the_rule_inside_decay():
    decay = WeightDecay(SGD(0.5), {})
    decay.lr = 0.1
    w = np.ones(2)
    decay.step({"w": w}, {"w": np.ones(2)})
    np.testing.assert_allclose(w, 0.9)
    assert decay.steps == 1


def test_the_second_epoch_is_the_first_at_a_lower_rate(rng):
    rates = []
    rules = {"deep": AdaGrad(0.5), "bias": AdaGrad(0.1)}
    after = scheduled(rules, lambda epoch: 0.8 ** (epoch - 1))
    for epoch in (1, 2, 3):
        rates.append((rules["deep"].lr, rules["bias"].lr))
        after({"epoch": epoch})
    assert rates == [pytest.approx((0.5 * f, 0.1 * f)) for f in (1, 0.8, 0.64)]
    recipe, seen = varied(RECIPES["adult"], training={"lr_decay": 0.8, "epochs": 3, "patience": 0}), []
    data = small_adult()
    found = recipe.fit(recipe.prepare(data), seed=0, report=lambda record: seen.append(record))
    assert found.optimizers["bias"].lr == pytest.approx(recipe.training.lr * 0.8 ** len(seen)) and len(seen) == 3
    with pytest.raises(ValueError, match="want factors above 0"):
        varied(recipe, training={"lr_decay": -1.0}).fit(recipe.prepare(data), seed=0)
