"""The recipe of MovieLens learns, and every id has a name."""

import pytest

from tests.widedeep.recipes.builders import encode, train_recipe
from widedeep import evaluate, history
from widedeep.datasets import DataUnavailable, movielens


@pytest.mark.download
def test_the_recipe_for_movielens_learns_and_every_id_has_a_name():
    try:
        data = movielens.load()
    except DataUnavailable as error:
        pytest.skip(str(error))
    encoder, batches = encode(data)
    for n, name in ((encoder.n_wide, encoder.wide_name), (encoder.n_deep, encoder.deep_name)):
        assert len({name(i) for i in range(n)}) == n
    assert sum(map(len, history(data.table).values())) == 100_000
    model = train_recipe(data, ("wide", "deep"), encoder, batches, epochs=2)
    assert evaluate(model.logits(batches["test"]), batches["test"].labels)["auc"] > 0.75
