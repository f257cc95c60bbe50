"""The ranker: scores are the sum of towers and bias."""

import numpy as np
import pytest

from tests.widedeep.ranking.builders import small, some_bags
from widedeep.ranking.protocol import Sequences
from widedeep.ranking.ranker import Ranker
from widedeep.ranking.towers import WideItems


def test_scores_are_the_sum_of_the_towers_and_the_bias(rng):
    model, batch = small(rng), some_bags(rng)
    apart = sum(tower.forward(batch)[0] for tower in model.towers.values()) + model.b
    assert model.forward(batch)[0] == pytest.approx(apart, abs=1e-12)
    n, j = 4, 2  # one entry by hand: B W
    by_hand = sum(batch.shares[0, n, i] * model.towers["wide"].W[i, j] for i in range(7))
    assert model.towers["wide"].forward(batch)[0][n, j] == pytest.approx(by_hand)


@pytest.mark.parametrize("counts", [[1, 2], [0, 0, 0]])
def test_counts_that_are_not_those_of_the_items_are_refused(counts):
    with pytest.raises(ValueError, match=f"Ranker: 3 items, {len(counts)} counts that sum to {sum(counts)}; want"):
        Ranker(np.arange(3), np.array(counts), (np.inf,), wide=WideItems(3))


def test_sequences_in_the_place_of_bags_are_refused(rng):
    with pytest.raises(ValueError, match="Ranker: want Bags of 7 films, as bags_of"):
        small(rng).forward(Sequences.of([[3, 1, 4]], 7))
