"""Fixtures that several tests here share."""

import numpy as np
import pytest

from mlp import MLP, log_loss
from perceptron import tanh


@pytest.fixture
def model(rng):
    return {"W": rng.uniform(1, 2, (5, 3)), "b": rng.uniform(1, 2, 3)}


@pytest.fixture
def grads(model):
    return {name: 3 * w**2 for name, w in model.items()}


@pytest.fixture
def problem(rng):
    """A small network after its symmetric start (biases are not 0), its loss and its gradients."""
    net, X, y = MLP([5, 3, 1], rng, np.float64, hidden=tanh), rng.normal(size=(7, 5)), np.eye(7)[:, :1]
    net.theta.flat += rng.normal(0, 0.3, net.theta.flat.shape)
    z, caches = net.forward(X)
    return net, lambda m: log_loss(m.forward(X)[0], y)[0], net.backward(log_loss(z, y)[1], caches)[1]
