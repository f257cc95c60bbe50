"""Small worlds for a network: XOR again, and two spirals that no straight line tells apart."""
import numpy as np

from perceptron.activations import Array
from perceptron.data import INPUTS, XOR

__all__ = ["INPUTS", "XOR", "two_spirals"]


def two_spirals(n: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """n points on each of two spirals wound into each other.  Returns X (2n, 2), y (2n, 1)."""
    t = np.sqrt(rng.random((n, 1))) * 2.2 * np.pi                               # (n, 1)  angle, in radians
    arm = np.hstack([np.cos(t), np.sin(t)]) * t / (2.2 * np.pi)                 # (n, 2)
    X = np.vstack([arm, -arm]) + rng.normal(0, noise, (2 * n, 2))
    return X, np.repeat([[0.0], [1.0]], n, axis=0)
