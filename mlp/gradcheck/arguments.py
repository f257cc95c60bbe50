"""What the checks are handed, read and named: the loss a number, the gradients under the names of the parameters.

The first call of a check is where a slip shows: a loss that returns its pair, a backward without a return.  Each gets a
line that names it.

Read before: kinks.py        Read next: check.py
"""
from collections.abc import Mapping
from inspect import signature
from typing import Any

import numpy as np

from mlp.gradcheck.slopes import Loss
from mlp.sparse import Rows
from mlp.windows import flatten
from perceptron.activations import Array


def parameters_and_gradients(model: Any, grads: Any) -> tuple[dict[str, Array], dict[str, Array]]:
    """Both by the arrays' full names, Rows as whole arrays.  Raises ValueError unless they fit, in float64."""
    params = dict(flatten(arrays_of(model)))
    if not isinstance(grads, Mapping):
        raise ValueError(f"check: grads is {slip_of_gradients(grads)}")
    given = {name: g.dense(params[name].shape) if isinstance(g, Rows) and name in params else g
             for name, g in flatten(grads)}
    check_arrays(params, given)
    return params, {name: np.asarray(g) for name, g in given.items()}


def slip_of_gradients(grads: Any) -> str:
    if grads is None:
        return "None; does backward return the gradients?"
    if callable(grads):
        return "a function; want the gradients that it returns: call it"
    if isinstance(grads, tuple) and len(grads) == 2 and isinstance(grads[1], Mapping):
        return "a pair, as (dX, grads) of MLP.backward; want the gradients alone: backward(...)[1]"
    return f"a {type(grads).__name__}; want a dict of arrays, under the names of the parameters: {{'W': dW, 'b': db}}"


def arrays_of(model: Any) -> Any:
    """The parameters: of a dict of arrays itself, else params()."""
    if isinstance(model, Mapping):
        return model
    if not callable(getattr(model, "params", None)):
        hint = "; model first, then the loss" if callable(model) else ""
        raise ValueError(f"check: the model is a {type(model).__name__}; want something with params(), or a dict of "
                         f"arrays: {{'W': W, 'b': b}}{hint}")
    return model.params()


def as_complex(model: Any) -> Any:
    """A complex copy of a model, or of a dict of arrays, nested or not."""
    if isinstance(model, Mapping) and not hasattr(model, "astype"):
        return {name: as_complex(part) for name, part in model.items()}
    if not hasattr(model, "astype"):
        raise ValueError(f"check: the complex step wants a complex copy, and {type(model).__name__} has no "
                         "astype(dtype); use method='centred'")
    return model.astype(complex)


def steady(loss: Loss, model: Any) -> Any:
    """The loss, if it is a number and the same number twice."""
    if not callable(loss):
        raise ValueError(f"check: the loss is a {type(loss).__name__}; want a function of the model that computes it "
                         "anew: lambda net: log_loss(net.forward(X)[0], y)[0]")
    try:
        signature(loss).bind(model)
    except TypeError as error:
        raise ValueError(f"check: the loss takes other arguments ({error}); want one, the model: lambda net: ..."
                         ) from None
    except ValueError:                                              # a builtin that does not say what it takes
        pass
    base = loss(model)
    if (slip := slip_of_loss(base)) is not None:
        raise ValueError(f"check: the loss returned {slip}")
    if not np.isfinite(base):
        raise ValueError(f"check: the loss is {base}; want a finite number: smaller weights or inputs?")
    if base != loss(model):
        raise ValueError("check: two calls of the loss differ; hand in a generator that each call seeds anew")
    return base


def slip_of_loss(value: Any) -> str | None:
    """What is wrong with what a loss returned; None if it is a number."""
    if isinstance(value, (int, float, complex, np.number)) and not isinstance(value, bool):
        return None
    if value is None:
        return "None; is there a return?"
    if isinstance(value, tuple) and len(value) == 2 and np.ndim(value[0]) == 0:
        return "a pair, as (value, dz) of log_loss; want the number alone: log_loss(z, y)[0]"
    if isinstance(value, np.ndarray) and value.dtype.kind in "iufc":
        if value.ndim == 0:
            return None
        if value.size == 1:
            return f"an array {value.shape} of one number; want the number itself: loss.sum()"
        return f"an array {value.shape}, one loss a row? want one number: losses.mean()"
    return f"a {type(value).__name__}; want one number"


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
        try:
            free[... if rows is True else rows] = False
        except IndexError as error:
            raise ValueError(f"check: frozen rows {rows} of an array {w.shape}: {error}; want row numbers, or True for "
                             "the whole array") from None
    return free


def check_arrays(params: dict[str, Array], given: dict[str, Array]) -> None:
    """Raise ValueError unless gradients and parameters have the same names and shapes, all in float64."""
    if params.keys() != given.keys():
        raise ValueError(f"check: parameters and gradients differ in {sorted(params.keys() ^ given.keys())}")
    for name, w in params.items():
        if not isinstance(w, np.ndarray):
            raise ValueError(f"check: {name} is a {type(w).__name__}; want an array: np.array({name}, np.float64)")
        if given[name] is None:
            raise ValueError(f"check: the gradient of {name} is None; is a return missing, or a line in backward?")
        if w.dtype != np.float64:
            raise ValueError(f"check: {name} is {w.dtype}; want float64, since rounding would drown the slope: "
                             "use model.astype(np.float64), or create it with dtype=np.float64")
        g = np.asarray(given[name])
        if g.shape != w.shape:
            raise ValueError(f"check: {name} is {w.shape}, its gradient {g.shape}")
        if g.dtype != np.float64:
            raise ValueError(f"check: the gradient of {name} is {g.dtype}; want float64: is an input float32?")
