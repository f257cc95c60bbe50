"""A small wide part: the cross that tells most comes first."""

import numpy as np

from widedeep.columns import Category
from widedeep.crosses import Cross
from widedeep.encoder import Encoder
from widedeep.experiments import small_wide
from widedeep.experiments.trial import with_crosses
from widedeep.recipes import RECIPES, varied


def test_the_cross_that_knows_comes_first(rng):
    a, b, c = rng.integers(0, 2, (3, 2000))
    table = {"a": a, "b": b, "c": c}
    columns = [Category("a"), Category("b"), Category("c")]
    crosses = [Cross("a", "c"), Cross("a", "b"), Cross("b", "c")]
    encoder = {"encoder": lambda: Encoder(wide=[*columns, *crosses], deep=columns)}
    recipe = varied(RECIPES["appstore"], columns=encoder)
    told = small_wide.ranked(recipe, table, (a ^ b)[:, None].astype(np.float32))
    assert next(iter(told)) == "a x b" and told["a x b"] > 0.4 > 100 * abs(told["a x c"])
    assert small_wide.counts(recipe) == [0, 1, 3]
    assert [column.name for column in with_crosses(recipe, ["a x b"]).columns.encoder().wide] == [
        "a",
        "b",
        "c",
        "a x b",
    ]
