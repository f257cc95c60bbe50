"""Builders that several tests here share."""

import copy

import numpy as np

from tests.widedeep.small_sets import cut
from widedeep.columns import Bag, Category
from widedeep.crosses import Cross
from widedeep.datasets import Dataset, appstore
from widedeep.encoder import Encoder
from widedeep.experiments import __main__ as command
from widedeep.experiments.trial import Setting
from widedeep.recipes import RECIPES, varied


def small_appstore() -> Dataset:
    data = appstore.load()
    rows = np.random.default_rng(1).permutation(len(data.labels))[:1800]
    return cut(data, rows, [1200, 1500])


def run(name: str, data: Dataset, seeds: int = 1, epochs: int = 1):
    ticks = []
    recipe = varied(RECIPES[data.name], training={"batch_size": 64})  # small data: more than one step an epoch
    experiment, setting = command.EXPERIMENTS[name], Setting(data, recipe, seeds, epochs)
    outcome = experiment.run(setting, lambda: ticks.append(1))
    assert len(ticks) == experiment.count(setting)
    return outcome


OLD = {"a": ["x", "y", "x", "z"], "c": list("mnmo"), "b": ["p", "p", "q", "q"], "bag": [("u", "v"), ("v",), (), ("u",)]}


NEW = {
    "a": ["w", "y", "y", "x"],
    "c": list("opqm"),
    "b": ["r", "q", "p", "p"],
    "bag": [("t", "v"), ("u",), (), ("v", "t")],
}


def encoders(*more):
    a, b, bag = Category("a"), Category("b"), Bag("bag")
    both = Encoder(wide=[a, b, Cross(a, bag), *more], deep=[a, b, bag, *more])
    joined = {name: [*NEW[name], *OLD[name]] for name in OLD}
    return both, copy.deepcopy(both).fit(OLD), copy.deepcopy(both).fit(joined)
