"""A dense layer: H perceptrons side by side, sharing their inputs.

    Z = X W + b        A = f(Z)

    delta = dA * f'(Z)        dW = X^T delta        db = 1^T delta        dX = delta W^T

Three gradients, one for each input of X W + b.  A bias is the weight of an input that is always 1.

Read before: perceptron/neuron.py        Read next: initialisers.py
"""
import numpy as np

from perceptron.activations import Activation, Array
from perceptron.neuron import net_sum

Cache = tuple[Array, Array, Array]                      # X, Z, A: what backward needs of forward


class Dense:
    """Owns W (D, H) and b (H,), which may be windows into a larger vector; remembers nothing about the batch."""

    def __init__(self, W: Array, b: Array, activation: Activation):
        self.W, self.b, self.activation = W, b, activation

    def forward(self, X: Array) -> tuple[Array, Cache]:
        """X (N, D) -> A (N, H), and the cache for backward."""
        Z = net_sum(X, self.W, self.b)                  # (N, H)
        A = self.activation(Z)                          # (N, H)
        return A, (X, Z, A)

    def backward(self, dA: Array, cache: Cache, dW: Array, db: Array, need_dX: bool = True) -> Array | None:
        """Fill dW (D, H) and db (H,) in place (`db = ...` would only rename); return dX (N, D).

        dA : (N, H) the gradient at the outputs
        need_dX : False returns None: below the first layer nothing learns, and the product takes time.
        """
        X, Z, A = cache
        delta = dA * self.activation.slope(Z, A)        # (N, H)  through f
        np.matmul(X.T, delta, out=dW)                   # (D, H)  (D, N) @ (N, H): sums over examples
        np.matmul(np.ones(len(X), delta.dtype), delta, out=db)      # (H,)  (N,) @ (N, H): delta.sum(axis=0), faster
        return delta @ self.W.T if need_dX else None    # (N, D)  the gradient at the outputs of the layer below
