"""The ranker's towers: every gradient is the slope."""

import copy
import pickle

import numpy as np
import pytest

from mlp.gradcheck import check
from mlp.network import pre_activations
from perceptron.activations import identity, relu, tanh
from tests.widedeep.ranking.builders import optimizers, ranker, small, some_bags
from widedeep.ranking import losses
from widedeep.ranking.towers import DeepItems
from widedeep.ranking.train import fit


@pytest.mark.parametrize("method", ["centred", "complex"])
@pytest.mark.parametrize("activation", [tanh, identity])
@pytest.mark.parametrize("loss", [losses.softmax_all, losses.pairwise, losses.sampled_log_loss])
def test_every_gradient_of_the_ranker(rng, sealed, method, activation, loss):
    model, batch = small(rng, activation=activation), some_bags(rng)
    item = np.array([3, 4, 3, 6, 6])  # repeats
    negatives = rng.integers(0, 7, (5, 3))
    sealed(batch.shares, batch.had, item, negatives)
    Z, caches = model.forward(batch)
    _, dZ = loss(Z, item, negatives)
    sealed(dZ)
    grads = model.backward(dZ, caches)
    report = check(model, lambda m: loss(m.forward(batch)[0], item, negatives)[0], grads, method=method)
    assert report.ok, report


def test_gradients_through_relu_and_dropout(rng):
    model, batch, item = small(rng, activation=relu, dropout=0.3), some_bags(rng), np.arange(5)

    def loss(m):
        return losses.softmax_all(m.forward(batch, np.random.default_rng(5))[0], item)[0]

    Z, caches = model.forward(batch, np.random.default_rng(5))
    grads = model.backward(losses.softmax_all(Z, item)[1], caches)
    report = check(
        model,
        loss,
        grads,
        pre_activations=lambda m: pre_activations(m.forward(batch, np.random.default_rng(5))[1]["deep"][1]),
    )
    assert report.ok, report


@pytest.mark.parametrize("other", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_learns(rng, split, other):
    model = other(ranker(split))
    before = model.scores(split.train)
    fit(model, optimizers(), split.train, rng=rng, epochs=1)
    assert not np.allclose(before, model.scores(split.train))
    assert model.towers["deep"].E.base is not None


@pytest.mark.parametrize("sizes", [(0, 1, 2, [3]), (7, 0, 2, [3]), (7, 1, 0, [3]), (7, 1, 2, [])], ids=str)
def test_a_tower_without_films_bags_width_or_layers_is_refused(sizes, rng):
    with pytest.raises(ValueError, match="DeepItems: {} items, {} bags, d {}, .*; want at least one".format(*sizes)):
        DeepItems(*sizes, rng)
