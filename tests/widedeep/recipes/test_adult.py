"""The recipe of Adult reaches the published accuracy."""

import pytest

from tests.widedeep.recipes.builders import encode, train_recipe
from widedeep import evaluate
from widedeep.datasets import adult


@pytest.mark.slow
def test_the_recipe_for_adult_reaches_the_published_accuracy():
    data = adult.load()
    encoder, batches = encode(data)
    model = train_recipe(data, ("wide", "deep"), encoder, batches, epochs=3)
    assert evaluate(model.logits(batches["test"]), batches["test"].labels)["accuracy"] > 0.86
