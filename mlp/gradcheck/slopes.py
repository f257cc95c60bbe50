"""Slopes: how fast does the loss change when one entry of one array is moved?

    centred difference   g_i ~ ( L(x + h e_i) - L(x - h e_i) ) / 2h          error O(h^2), and rounding O(1/h)
    complex step         g_i ~ Im L(x + i h e_i) / h,  h = 1e-20             no subtraction: exact to the last digits

The best h of the centred difference balances its two errors: the cube root of the rounding error, 6e-6.  The complex
step knows no such limit, but the loss has to be a function of complex numbers: no np.abs, no norm, and comparisons of
real parts alone.

Read before: mlp/network.py        Read next: kinks.py
Sources: Martins, Sturdza and Alonso 2003 (complex step); CS231n notes, "Gradient checks".
"""
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mlp.sparse import Rows
from mlp.windows import flatten
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
        return loss(model)
    finally:
        w[i] = kept


def parameters_and_gradients(model: Any, grads: Any) -> tuple[dict[str, Array], dict[str, Array]]:
    """Both by the arrays' full names, Rows as whole arrays.  Raises ValueError unless they fit, in float64."""
    params = dict(flatten(arrays_of(model)))
    given = {name: g.dense(params[name].shape) if isinstance(g, Rows) and name in params else g
             for name, g in flatten(grads)}
    check_arrays(params, given)
    return params, given


def arrays_of(model: Any) -> Any:
    return model if isinstance(model, Mapping) else model.params()


def as_complex(model: Any) -> Any:
    """A complex copy of a model, or of a dict of arrays, nested or not."""
    if isinstance(model, Mapping) and not hasattr(model, "astype"):
        return {name: as_complex(part) for name, part in model.items()}
    return model.astype(complex)


def steady(loss: Loss, model: Any) -> Any:
    """The loss, if it is a number and the same number twice."""
    base = loss(model)
    if not np.isfinite(base):
        raise ValueError(f"check: the loss is {base}; want a finite number: smaller weights or inputs?")
    if base != loss(model):
        raise ValueError("check: two calls of the loss differ; hand in a generator that each call seeds anew")
    return base


def frozen_rows(model: Any, params: dict[str, Array], frozen: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the model freezes by itself, and what the caller does."""
    found = {**(model.frozen() if hasattr(model, "frozen") else {}), **(frozen or {})}
    if unknown := found.keys() - params.keys():
        raise ValueError(f"check: frozen names {sorted(unknown)} are not parameters; those are {sorted(params)}")
    return found


def free_entries(w: Array, rows: Any) -> Array:
    """Which entries of w are parameters, bool.   rows : that are not; True for the whole array, False for none"""
    free = np.ones(w.shape, bool)
    if rows is not False:
        free[... if rows is True else rows] = False
    return free


def check_arrays(params: dict[str, Array], given: dict[str, Array]) -> None:
    """Raise ValueError unless gradients and parameters have the same names and shapes, all in float64."""
    if params.keys() != given.keys():
        raise ValueError(f"check: parameters and gradients differ in {sorted(params.keys() ^ given.keys())}")
    for name, w in params.items():
        if w.dtype != np.float64:
            raise ValueError(f"check: {name} is {w.dtype}; want float64, since rounding would drown the slope: "
                             "use model.astype(np.float64), or create it with dtype=np.float64")
        g = np.asarray(given[name])
        if g.shape != w.shape:
            raise ValueError(f"check: {name} is {w.shape}, its gradient {g.shape}")
        if g.dtype != np.float64:
            raise ValueError(f"check: the gradient of {name} is {g.dtype}; want float64: is an input float32?")
