"""A dense layer: its backward is the measured slope."""

import numpy as np

from mlp.dense import Dense
from mlp.gradcheck import check
from perceptron import tanh
from tests.mlp.builders import LIMIT, METHODS, D, N, every_activation


@METHODS
@every_activation
def test_dense_backward_is_the_slope(f, method, rng, sealed):
    X, W, b, g = rng.normal(size=(N, D)), rng.normal(size=(D, 3)), rng.normal(size=3), rng.normal(size=(N, 3))
    model = {"X": X, "W": W, "b": b}

    def loss(m):
        return (g * Dense(m["W"], m["b"], f).forward(m["X"])[0]).sum()

    frozen = [a.copy() for a in (X, W, b, g)]
    sealed(frozen)
    layer, dW, db = Dense(frozen[1], frozen[2], f), np.full((D, 3), np.nan), np.full(3, np.nan)
    cache = layer.forward(frozen[0])[1]
    sealed(cache)
    dX = layer.backward(frozen[3], cache, dW, db)
    report = check(model, loss, {"X": dX, "W": dW, "b": db}, method=method)
    assert report.ok and report.error < LIMIT[method], report


def test_where_nothing_below_learns_there_is_no_dX(rng):
    layer, X = Dense(rng.normal(size=(D, 3)), rng.normal(size=3), tanh), rng.normal(size=(N, D))
    cache, g = layer.forward(X)[1], rng.normal(size=(N, 3))
    full, without = ([np.empty((D, 3)), np.empty(3)] for _ in range(2))
    assert layer.backward(g, cache, *full).shape == (N, D)
    assert layer.backward(g, cache, *without, need_dX=False) is None
    assert np.array_equal(full[0], without[0]) and np.array_equal(full[1], without[1])
