"""The Taylor test: does the loss change as the gradient says, up to second order?

    R(h) = | L(x + h v) - L(x) - h g.v |        falls fourfold when h halves; with a wrong g, only twofold

Read before: slopes.py        Read next: mlp/train.py
"""
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlp.gradcheck.arguments import free_entries, frozen_rows, parameters_and_gradients, steady
from mlp.gradcheck.slopes import Loss


@dataclass
class TaylorReport:
    """For each array: the remainders R(h), R(h/2), R(h/4), ... and the order at which they fall (2 right, 1 wrong)."""

    remainders: dict[str, list[float]]
    orders: dict[str, float]                            # inf: no remainder at all, the loss is affine there ("exact")

    @property
    def ok(self) -> bool:
        return bool(self.orders) and all(order > 1.8 for order in self.orders.values())

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        lines = [f"Taylor, halving the step: {'RIGHT' if self.ok else 'WRONG'}"]
        for name, order in self.orders.items():
            told = "exact" if order == np.inf else f"falls {2 ** order:.2f}-fold"
            lines.append(f"  {name:<14} {told:<18} " + " ".join(f"{r:.1e}" for r in self.remainders[name]))
        return "\n".join(lines)


def taylor(model: Any, loss: Loss, grads: Any, rng: np.random.Generator, *, directions: int = 3,
           h: float = 1e-3, frozen: Mapping[str, Any] | None = None) -> TaylorReport:
    """The check for large models: a few losses an array, whatever its size.

    R(h) = | L(x + h v) - L(x) - h g.v | along `directions` random unit vectors v (normal, so that none is preferred).
    Second order, a fourfold fall when h halves, if g is right; first order, twofold, if it is not.  Each array is
    tried alone: a wrong bias of 5 numbers would hide behind 50,000 right weights.  An error of 1 part in 10,000
    shows, 1 in a million may hide behind the second order; check sees both.  Arguments as for check.
    """
    if not hasattr(rng, "normal"):
        raise ValueError(f"taylor: rng is a {type(rng).__name__}; want a generator: np.random.default_rng(0)")
    if directions < 1 or not 0 < h < np.inf:
        raise ValueError(f"taylor: directions {directions}, h {h}; want at least 1, and more than 0")
    params, given = parameters_and_gradients(model, grads)
    frozen = frozen_rows(model, params, frozen)
    base = steady(loss, model)
    remainders, orders = {}, {}
    for name, w in params.items():
        free = free_entries(w, frozen.get(name, False))
        if not free.any():
            continue
        kept, tried = w.copy(), []
        for _ in range(directions):
            v = rng.normal(size=w.shape) * free
            v /= np.linalg.norm(v)
            slope, R, largest = float((given[name] * v).sum()), [], abs(base)
            try:
                for step in (h, h / 2, h / 4):
                    w[...] = kept + step * v
                    moved = loss(model)
                    R.append(float(abs(moved - base - step * slope)))
                    largest = max(largest, abs(moved))
            finally:
                w[...] = kept
            floor = 1e-12 * largest + np.finfo(float).tiny          # less is rounding: the loss is affine along v
            tried.append((np.inf if R[0] < floor else float(np.log2(R[0] / max(R[2], floor / 16)) / 2), R))
        orders[name], remainders[name] = min(tried)
    return TaylorReport(remainders, orders)
