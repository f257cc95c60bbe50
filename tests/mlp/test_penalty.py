"""L2: its price and its gradient."""

import numpy as np
import pytest

from mlp import Windows, l2_penalty
from mlp.gradcheck import check
from tests.mlp.builders import LIMIT, METHODS, D, awake


@METHODS
def test_the_penalty_alone_is_the_slope(method, rng):
    net = awake([D, 3, 2], rng)
    report = check(net, lambda m: l2_penalty(m.params(), 0.7)[0], l2_penalty(net.params(), 0.7)[1], method=method)
    assert report.ok and report.error < LIMIT[method]


def test_l2_by_hand():
    # l2 / 2 * (1 + 4 + 9 + 16) = 0.1 / 2 * 30 = 1.5, the biases 5 and 6 are free
    theta = Windows({"W": (2, 2), "b": (2,)}, np.array([1.0, -2, 3, -4, 5, 6]))
    price, grads = l2_penalty(theta, 0.1)
    assert price == pytest.approx(1.5) and grads.flat.tolist() == pytest.approx([0.1, -0.2, 0.3, -0.4, 0, 0])
    assert theta.flat.tolist() == [1, -2, 3, -4, 5, 6]


def test_l2_adds_up_over_all_matrices():
    theta = Windows({"a": (1, 1), "b": (1,), "c": (1, 1)}, np.array([2.0, 7, 3]))
    assert l2_penalty(theta, 2.0)[0] == pytest.approx(4 + 9)
