"""Builders that several tests here share."""

import numpy as np

from mlp import SGD, Rows, log_loss
from mlp.windows import flatten
from tests.builders import bags
from widedeep import Deep, Wide, WideDeep

TABLE = {
    "a": np.array(["x", "y", "x", "z", "x", "y", "x"]),
    "g": bags(("p", "q"), (), ("p", "p", "r"), ("q",), (), ("r", "q", "p"), ("never",)),
    "h": bags((1,), (2, 1), (), (1, 2, 1), (2,), (), (3,)),
    "n": np.array([0.3, -1.2, 2.0, 0.7, -0.4, 1.1, -2.2]),
    "m": np.array([5.0, 1.0, 2.0, 8.0, 3.0, 1.5, 0.5]),
}  # fmt: skip


LABELS = np.array([[1], [0], [0], [1], [0], [1], [0]])  # N = 7, unbalanced


def build(encoder, towers=("wide", "deep"), dtype=np.float64, dropout=0.0, seed=1):
    """After its symmetric start: no weight and no bias is 0, but for the row of id 0."""
    rng = np.random.default_rng(seed)
    made = {}
    if "wide" in towers:
        made["wide"] = Wide(encoder.n_wide, dtype)
    if "deep" in towers:
        made["deep"] = Deep(encoder.n_deep, 3, encoder.n_inputs, [7, 5], rng, dtype, dropout=dropout)
    model = WideDeep(dtype, **made)
    for name, w in flatten(model.params()):
        w += rng.normal(0, 0.5, w.shape).astype(dtype)
        if name in model.frozen():
            w[model.frozen()[name]] = 0
    return model


def loss_of(batch, dropout_seed=None, weights=None):
    def loss(model):
        rng = None if dropout_seed is None else np.random.default_rng(dropout_seed)
        return log_loss(model.forward(batch, rng)[0], batch.labels, weights)[0]

    return loss


def backward(model, batch, dropout_seed=None, weights=None):
    rng = None if dropout_seed is None else np.random.default_rng(dropout_seed)
    z, caches = model.forward(batch, rng)
    dz = log_loss(z, batch.labels, weights)[1]
    dz.flags.writeable = False
    return model.backward(dz, caches)


def dense(grads, params):
    shapes = {name: w.shape for name, w in flatten(params)}
    return {name: g.dense(shapes[name]) if isinstance(g, Rows) else g for name, g in flatten(grads)}


def learn(model, batch, steps=3):
    optimizers = {name: SGD(0.5) for name in model.params()}
    for _ in range(steps):
        grads = backward(model, batch)
        for name, params in model.params().items():
            optimizers[name].step(params, grads[name])
    return {name: w.copy() for name, w in flatten(model.params())}
