"""Builders that several tests here share."""

import numpy as np
import pytest

from mlp import MLP, log_loss, softmax_cross_entropy, squared_error
from perceptron import identity, relu, sigmoid, tanh

N, D = 7, 5


LIMIT = {"centred": 1e-7, "complex": 1e-12}


METHODS = pytest.mark.parametrize("method", LIMIT)


LOSSES = {
    "log_loss": (log_loss, 1),
    "softmax_cross_entropy": (softmax_cross_entropy, 4),
    "squared_error": (squared_error, 4),
}


every_loss = pytest.mark.parametrize("loss, K", LOSSES.values(), ids=LOSSES)


every_activation = pytest.mark.parametrize("f", [relu, tanh, sigmoid, identity], ids=lambda f: f.name)


def labels(loss, K, rng):
    """Labels of every kind, unbalanced."""
    if loss is log_loss:
        return np.array([[1.0], [0], [0], [1], [0], [0], [0]])
    return np.eye(4)[[0, 3, 1, 1, 2, 1, 1]] if loss is softmax_cross_entropy else rng.normal(size=(N, K))


def awake(sizes, rng, **options):
    """A float64 network away from its start: no bias is 0."""
    net = MLP(sizes, rng, np.float64, **options)
    net.theta.flat += rng.normal(0, 0.3, net.theta.flat.shape)
    return net
