"""Fixtures that several tests here share."""

import pytest

from widedeep.datasets import appstore
from widedeep.explanations import usual_parts, verdicts
from widedeep.recipes import RECIPES


@pytest.fixture(scope="module")
def store():
    """A trained model of a world whose truth is known: (world, prepared, model, verdicts of the test rows)."""
    world = appstore.world(1)  # the rule was shaped on world 0
    recipe = RECIPES["appstore"]
    ready = recipe.prepare(world.dataset)
    model = recipe.fit(ready, None, 0).model
    usual = usual_parts(model, ready.encoder, ready.train)
    return world, ready, model, verdicts(model, ready.encoder, ready.test, usual)
