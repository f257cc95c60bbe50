"""Optimizers: a rule that moves ONE array, applied to every array that a model names.

Gradients come in three forms, told apart in `Optimizer._walk` and nowhere else:

    an array            moved whole
    Windows             many named arrays in one vector, moved whole, at once
    Rows(ids, values)   some rows of a table: they and their memory are taken out, moved, put back

With Rows the cost of a step grows with the batch, not with the table.  For SGD and AdaGrad the result is the same as
moving the whole table, because a gradient of 0 changes nothing.  Momentum and Adam keep moving a row that was touched
earlier, so they move the whole table, unless lazy=True asks for the cheaper, different rule by name.

Read before: windows.py, sparse.py        Read next: gradcheck/slopes.py
"""
from math import sqrt
from typing import Any

import numpy as np

from mlp.sparse import Rows, put_rows
from mlp.windows import Windows
from perceptron.activations import Array


class Optimizer:
    """The walk over names, and the memory, written once.  A rule adds start() and update()."""

    __slots__ = ("__dict__", "__weakref__", "last_step")    # last_step is no setting: see mlp/train.py, check_together
    lazy = True         # may rows that the batch did not touch be passed over?
    last_step: Any

    def __init__(self, lr: float):
        if not 0 < lr < np.inf:
            raise ValueError(f"{type(self).__name__}: learning rate {lr}; want more than 0, and finite")
        self.lr = float(lr)
        self.steps = 0                                              # taken so far, each counted once, not once an array
        self.memory: dict[str, tuple[Array, ...]] = {}              # what start() made, by the array's name

    def step(self, params: Any, grads: Any) -> None:
        """Move everything in params, IN PLACE.

        params : an array, Windows, or a dict of such, nested or not        grads : the same names
        Raises KeyError if the names differ, ValueError if a shape does, before anything has moved.
        """
        check_fit("", params, grads)
        self.steps += 1
        self._walk("", params, grads)

    def _walk(self, name: str, params: Any, grads: Any) -> None:
        if isinstance(params, Windows):
            self._move(name, params.flat, flat_gradient(params, grads))
        elif isinstance(params, dict):
            for key in params:
                self._walk(f"{name}.{key}" if name else key, params[key], grads[key])
        elif isinstance(grads, Rows) and self.lazy:
            ids, g = grads
            memory = self._memory(name, params)
            w, *rows = (table.take(ids, axis=0) for table in (params, *memory))         # take out
            self.update(w, g, *rows)                                # the same rule
            for table, moved in zip((params, *memory), (w, *rows)):
                put_rows(table, ids, moved)                         # put back
        else:
            self._move(name, params, grads.dense(params.shape) if isinstance(grads, Rows) else grads)

    def _move(self, name: str, w: Array, g: Array) -> None:
        self.update(w, g, *self._memory(name, w))

    def _memory(self, name: str, w: Array) -> tuple[Array, ...]:
        if name not in self.memory:
            self.memory[name] = self.start(w)
        memory = self.memory[name]
        if memory and memory[0].shape != w.shape:
            raise ValueError(f"{type(self).__name__}: memory {memory[0].shape} for {name or 'weights'} {w.shape}: that "
                             "of another model; want a new optimizer")
        return memory

    def follow(self, params: Any) -> None:
        """After a setting has changed: correct a memory from which the weights are computed (FTRL's)."""

    def rebase(self, params: Any) -> None:
        """After somebody else has set the weights: correct a memory from which they are computed (FTRL's)."""

    def start(self, w: Array) -> tuple[Array, ...]:
        """The memory of an array that has not been moved yet."""
        return ()

    def update(self, w: Array, g: Array, *memory: Array) -> None:
        """Move w in place, given its gradient g; both and each array of memory have the same shape."""
        raise NotImplementedError("a rule writes this")


def check_fit(name: str, params: Any, grads: Any) -> None:
    """Raise unless the gradients have the names and the shapes of the parameters."""
    if isinstance(params, Windows) and isinstance(grads, Windows) and params.shapes is grads.shapes:
        return                                                      # made by params.empty_like(): the usual case
    if isinstance(params, dict):
        if params.keys() != grads.keys():
            raise KeyError(f"params and grads differ in {sorted(params.keys() ^ grads.keys())}")
        for key in params:
            check_fit(f"{name}.{key}" if name else key, params[key], grads[key])
    elif isinstance(grads, Rows):
        low, high = grads.ids.min(initial=0), grads.ids.max(initial=0)
        if low < 0 or high >= len(params):
            raise ValueError(f"{name or 'table'}: ids {low} to {high}; want 0 .. {len(params) - 1}")
        if grads.values.shape != (len(grads.ids), *params.shape[1:]):
            raise ValueError(f"{name or 'table'}: rows {grads.values.shape} for {len(grads.ids)} ids of {params.shape}")
    elif grads.shape != params.shape:
        raise ValueError(f"{name or 'weights'}: gradient {grads.shape} for weights {params.shape}")


def flat_gradient(params: Windows, grads: Any) -> Array:
    """The gradients of all windows as one vector in the order of the parameters."""
    if isinstance(grads, Windows) and (params.shapes is grads.shapes or list(params) == list(grads)):
        return grads.flat
    return np.concatenate([np.ravel(grads[key]) for key in params])


def in_range(fine: bool, who: str, **settings: float) -> None:
    if not fine:
        raise ValueError(f"{who}: {settings}; want rates of memory in [0, 1) and eps above 0")


class SGD(Optimizer):
    """w <- w - lr g"""

    def update(self, w: Array, g: Array) -> None:                               # type: ignore[override]
        w -= self.lr * g


class Momentum(Optimizer):
    """v <- mu v + g,  w <- w - lr v        Polyak 1964; Sutskever et al. 2013 with lr outside v"""

    def __init__(self, lr: float, mu: float = 0.9, lazy: bool = False):
        super().__init__(lr)
        in_range(0 <= mu < 1, "Momentum", mu=mu)
        self.mu, self.lazy = mu, lazy

    def start(self, w: Array) -> tuple[Array, ...]:
        return (np.zeros_like(w),)

    def update(self, w: Array, g: Array, v: Array) -> None:                     # type: ignore[override]
        v *= self.mu
        v += g
        w -= self.lr * v


class AdaGrad(Optimizer):
    """s <- s + g^2,  w <- w - lr g / (sqrt(s) + eps)        Duchi et al. 2011, section 1.1 (diagonal)"""

    def __init__(self, lr: float, eps: float = 1e-8):
        super().__init__(lr)
        in_range(eps > 0, "AdaGrad", eps=eps)
        self.eps = eps

    def start(self, w: Array) -> tuple[Array, ...]:
        return (np.zeros_like(w),)

    def update(self, w: Array, g: Array, s: Array) -> None:                     # type: ignore[override]
        s += g * g
        root = np.sqrt(s)
        root += self.eps
        np.divide(g, root, out=root)                                # one buffer, no second array
        root *= self.lr
        w -= root


class Adam(Optimizer):
    """m <- b1 m + g,  v <- b2 v + g^2,  w <- w - lr m' / (sqrt(v') + eps)        Kingma and Ba 2015, Algorithm 1

    with the means m' = m (1 - b1) / (1 - b1^t) and v' = v (1 - b2) / (1 - b2^t), t the number of steps.  The paper
    keeps (1 - b1) m and (1 - b2) v; as plain sums they cost two passes less, and the factors are single numbers.
    """

    def __init__(self, lr: float = 1e-3, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8, lazy: bool = False):
        super().__init__(lr)
        in_range(0 <= b1 < 1 and 0 <= b2 < 1 and eps > 0, "Adam", b1=b1, b2=b2, eps=eps)
        self.b1, self.b2, self.eps, self.lazy = b1, b2, eps, lazy

    def start(self, w: Array) -> tuple[Array, ...]:
        return np.zeros_like(w), np.zeros_like(w)

    def update(self, w: Array, g: Array, m: Array, v: Array) -> None:           # type: ignore[override]
        m *= self.b1
        m += g
        v *= self.b2
        v += g * g
        mean_m = (1 - self.b1) / (1 - self.b1 ** self.steps)        # m' = mean_m m
        root_v = sqrt((1 - self.b2) / (1 - self.b2 ** self.steps))  # sqrt(v') = root_v sqrt(v)
        root = np.sqrt(v)
        root += self.eps / root_v
        np.divide(m, root, out=root)                                # one buffer, no second array
        root *= self.lr * mean_m / root_v
        w -= root
