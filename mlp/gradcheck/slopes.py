"""Slopes: how fast does the loss change when one entry of one array is moved?

    centred difference   g_i ~ ( L(x + h e_i) - L(x - h e_i) ) / 2h          error O(h^2), and rounding O(1/h)
    complex step         g_i ~ Im L(x + i h e_i) / h,  h = 1e-20             no subtraction: exact to the last digits

The best h of the centred difference balances its two errors: the cube root of the rounding error, 6e-6.  The complex
step knows no such limit, but the loss has to be a function of complex numbers: no np.abs, no norm, and comparisons of
real parts alone.

Read before: mlp/network.py        Read next: kinks.py
Sources: Martins, Sturdza and Alonso 2003 (complex step); CS231n notes, "Gradient checks".
"""
import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from perceptron.activations import Array

EPS = np.finfo(np.float64).eps
Loss = Callable[[Any], Any]                             # model (or dict of arrays) -> a number
Index = tuple[int, ...]


def centred_difference(model: Any, loss: Loss, w: Array, i: Index, h: float) -> tuple[float, float, Any, Any]:
    """(slope, what rounding may add to it, the loss at +h, the loss at -h) for entry i of the array w."""
    plus, minus = loss_at(model, loss, w, i, h), loss_at(model, loss, w, i, -h)
    return (plus - minus) / (2 * h), 10 * EPS * max(abs(plus), abs(minus)) / h, plus, minus


def complex_step(model: Any, loss: Loss, w: Array, i: Index, h: float) -> tuple[float, float]:
    """(slope, what rounding may add to it) for entry i of the complex array w."""
    return loss_at(model, loss, w, i, 1j * h).imag / h, np.finfo(float).tiny


def loss_at(model: Any, loss: Loss, w: Array, i: Index, move: complex) -> Any:
    """The loss with entry i of w moved, which is put back exactly, whatever happens."""
    kept = w[i]
    w[i] = kept + move
    try:
        return copy.copy(loss(model))                               # the loss may be the very array that is moved
    finally:
        w[i] = kept
