"""Bags as slices: their sums, and the inverted index."""

import numpy as np

from tests.widedeep.ratings import ratings
from widedeep.features.histories import History
from widedeep.features.slices import sum_pool


def test_the_sum_is_divided_by_the_root_and_an_empty_bag_gives_zeros():
    table = {"user": [1, 1, 1, 2], "item": [1, 2, 3, 2]}
    history = History("user", "item")
    bags = history.fit(table, np.array([[1.0], [0.0], [1.0], [1.0]]))
    E = np.arange(14.0).reshape(7, 2)  # item 2: ids 1, 2; item 1: 3, 4; item 3: 5, 6
    by_hand = (E[bags.inside(0)[0]] + E[bags.inside(0)[1]]) / np.sqrt(2)
    np.testing.assert_allclose(sum_pool(E, bags)[0], by_hand)
    assert sum_pool(E, bags)[3].tolist() == [0, 0]
    np.testing.assert_allclose(sum_pool(E, bags[np.array([3, 0, 0])]), [[0, 0], by_hand, by_hand])


def test_backward_by_the_inverted_index_is_the_plain_one(rng):
    from dataclasses import replace

    from widedeep.features.slices import sum_pool_backward

    table, y = ratings()
    for history in (History("user", "item"), History("item", "user")):
        bags = history.fit(table, y)[np.array([0, 3, 3, 7, 22, 14])]
        dh = rng.normal(size=(6, 3))
        whole = []
        for form in (bags, replace(bags, inverted=None)):
            dE = np.zeros((history.size + 1, 3))
            np.add.at(dE, sum_pool_backward(dh, form)[0], sum_pool_backward(dh, form)[1])
            whole.append(dE[1:])
        np.testing.assert_allclose(*whole, atol=1e-12)
