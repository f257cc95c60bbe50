"""The ranker: scores are the sum of towers and bias."""

import pytest

from tests.widedeep.ranking.builders import small, some_bags


def test_scores_are_the_sum_of_the_towers_and_the_bias(rng):
    model, batch = small(rng), some_bags(rng)
    apart = sum(tower.forward(batch)[0] for tower in model.towers.values()) + model.b
    assert model.forward(batch)[0] == pytest.approx(apart, abs=1e-12)
    n, j = 4, 2  # one entry by hand: B W
    by_hand = sum(batch.shares[0, n, i] * model.towers["wide"].W[i, j] for i in range(7))
    assert model.towers["wide"].forward(batch)[0][n, j] == pytest.approx(by_hand)
