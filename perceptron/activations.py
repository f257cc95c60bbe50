"""Activations: what a neuron does with its net sum.                                  Read next: neuron.py

An activation is a pair, f and its slope.  slope(z, a) may use a = f(z), which the forward pass has computed already.
Both take an array of any shape and give one of the same shape.  They accept complex z too, because a gradient check in
chapter 2 (mlp/gradcheck/) calls them with complex numbers: that is why they compare z.real, which is z itself where z
is real.
"""
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Activation:
    """a = f(z), with slope(z, a) = f'(z)."""

    name: str
    f: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]

    def __call__(self, z: Array) -> Array:
        return self.f(np.asarray(z))


# Plain functions with names, not lambdas: an object made of them can be pickled.

def _step(z: Array) -> Array:
    return (z.real >= 0) * np.ones((), z.dtype)


def _step_slope(z: Array, a: Array) -> Array:
    return np.zeros_like(z)                             # flat on both sides: nothing to descend


def _identity(z: Array) -> Array:
    return z


def _identity_slope(z: Array, a: Array) -> Array:
    return np.ones_like(z)


def _sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z), written so that the exponent is never positive: exact in both tails."""
    positive = z.real >= 0
    e = np.exp(np.where(positive, -z, z))               # e^-|z|
    return np.where(positive, 1, e) / (1 + e)


def _sigmoid_slope(z: Array, a: Array) -> Array:
    return a * _sigmoid(-z)                             # a (1 - a); but 1 - a would lose its digits where a is near 1


def _tanh(z: Array) -> Array:
    return np.tanh(z)


def _tanh_slope(z: Array, a: Array) -> Array:
    return 1 - a * a


def _relu(z: Array) -> Array:
    """max(z, 0).  (NumPy compares with an array of zeros faster than with the number 0.)"""
    return z * (z.real > 0) if z.dtype.kind == "c" else np.maximum(z, np.zeros(z.shape, z.dtype))


def _relu_slope(z: Array, a: Array) -> Array:
    return z.real > 0                                   # 0 at the kink: one of the values between 0 and 1 it could have


step = Activation("step", _step, _step_slope)
identity = Activation("identity", _identity, _identity_slope)
sigmoid = Activation("sigmoid", _sigmoid, _sigmoid_slope)
tanh = Activation("tanh", _tanh, _tanh_slope)
relu = Activation("relu", _relu, _relu_slope)
