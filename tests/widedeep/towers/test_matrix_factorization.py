"""Matrix factorization: a sum of products."""

import numpy as np
import pytest

from widedeep import Category, Encoder
from widedeep.towers.matrix_factorization import MatrixFactorization


def test_the_product_is_a_sum_of_products():
    encoder = Encoder(deep=[Category("user"), Category("item")]).fit({"user": [1, 2], "item": [7, 7]})
    batch = encoder.encode({"user": [2, 1, 3], "item": [7, 7, 7]})
    tower = MatrixFactorization(encoder.n_deep, 2, [0], [1], np.random.default_rng(0))
    tower.E[1:] = [[1, 2], [3, 4], [10, 100]]  # users 1 and 2, item 7
    assert tower.forward(batch)[0].tolist() == [[430], [210], [0]]  # 3*10 + 4*100, 1*10 + 2*100, an unknown user


@pytest.mark.parametrize("left, right, d", [([], [1], 2), ([0], [0], 2), ([0], [1], 0)])
def test_a_product_without_two_sides_is_refused(left, right, d):
    with pytest.raises(ValueError, match="some on each side"):
        MatrixFactorization(4, d, left, right, np.random.default_rng(0))


@pytest.mark.parametrize("left, right", [([0, 0], [1]), ([-1], [2]), ([0], [0]), ([], [1])])
def test_product_refuses_places_twice_negative_or_none(left, right, rng):
    with pytest.raises(ValueError, match="each once"):
        MatrixFactorization(9, 4, left, right, rng)
