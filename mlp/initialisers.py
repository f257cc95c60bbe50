"""Initialisers: where the weights start.

All zeros would give every neuron of a layer the same output, the same gradient and the same step for ever: they could
never become different.  Randomness breaks the symmetry, and its spread keeps the size of the signal from layer to
layer.  Biases may start at zero.

Read before: dense.py        Read next: dropout.py
"""
from typing import Any

import numpy as np

from perceptron.activations import Array


def he(D: int, H: int, rng: np.random.Generator) -> Array:
    """Normal, Var(W) = 2 / D, (D, H): for ReLU, which silences half of the neurons.   He et al. 2015, eq. 10"""
    return rng.normal(0, np.sqrt(2 / D), (D, H))


def glorot(D: int, H: int, rng: np.random.Generator) -> Array:
    """Uniform, Var(W) = 2 / (D + H), (D, H): for tanh, sigmoid and logits.   Glorot and Bengio 2010, eq. 16"""
    limit = np.sqrt(6 / (D + H))
    return rng.uniform(-limit, limit, (D, H))


def check_generator(who: str, rng: Any) -> None:
    """Raise ValueError unless rng draws numbers."""
    if not hasattr(rng, "permutation"):
        raise ValueError(f"{who}: rng is {rng!r}; want a generator: np.random.default_rng(0)"[:300])
