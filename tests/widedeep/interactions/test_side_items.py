"""The tower of sides: its gradients, and what it reads."""

import numpy as np
import pytest

from mlp.gradcheck import check
from widedeep.interactions.side_items import SideItems
from widedeep.ranking.bags import bags_of
from widedeep.ranking.losses import softmax_all
from widedeep.ranking.protocol import Sequences
from widedeep.ranking.ranker import Ranker

ITEM_SIDES = [[(0, 1.0)], [(0, 0.5), (1, 0.5)], [], [(1, 1.0)]]


def small(n_people=2, n_item=2):
    tower = SideItems(ITEM_SIDES if n_item else [[]] * 4, n_people, n_item)
    model = Ranker(np.array(list("abcd")), np.array([2, 1, 1, 1]), [5.0, np.inf], sides=tower).astype(np.float64)
    for w in model.towers["sides"].params().values():
        w += np.random.default_rng(0).normal(0, 0.5, w.shape)
    sides = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    of = Sequences.of([[0, 1], [3], []], 4)
    return model, bags_of(Sequences(of.items, of.bounds, 4, None, sides if n_people else None), model.half_lives)


@pytest.mark.parametrize("method", ["centred", "complex"])
@pytest.mark.parametrize("sizes", [(2, 2), (0, 2), (2, 0)])
def test_every_gradient(sizes, method):
    model, batch = small(*sizes)
    item = np.array([2, 0, 3])
    Z, caches = model.forward(batch)
    grads = model.backward(softmax_all(Z, item)[1], caches)
    report = check(model, lambda m: softmax_all(m.forward(batch)[0], item)[0], grads, method=method)
    assert report.ok, report


def test_it_is_the_cross_of_sides():
    model, batch = small()
    tower = model.towers["sides"]
    z = tower.forward(batch)[0]
    taste = batch.shares[-1] @ tower.T
    assert z[1, 0] == pytest.approx(tower.C[1, 0] + taste[1] @ tower.A @ tower.T[0])
    assert (z[2] == 0).all()  # nothing known: nothing added


def test_sides_of_neither_are_refused():
    with pytest.raises(ValueError, match="neither people nor items"):
        SideItems([[]], 0, 0)
