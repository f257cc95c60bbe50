"""Gradient checking: is a backward right?  The slope itself is the judge.

    centred difference   g_i ~ ( L(x + h e_i) - L(x - h e_i) ) / 2h          error O(h^2), and rounding O(1/h)
    complex step         g_i ~ Im L(x + i h e_i) / h,  h = 1e-20             no subtraction: exact to the last digits
    Taylor               | L(x + h v) - L(x) - h g.v |  falls fourfold when h halves; with a wrong g, only twofold

All three want float64: in float32 the best step leaves an error near 1e-4, and nothing can be told from that.

    rng = np.random.default_rng(0)
    network = MLP([5, 3, 1], rng, np.float64)
    X, y = rng.normal(size=(7, 5)), (rng.random((7, 1)) < 0.5) * 1.0
    z, caches = network.forward(X)
    grads = network.backward(log_loss(z, y)[1], caches)[1]
    print(check(network, lambda net: log_loss(net.forward(X)[0], y)[0], grads))

Read before: network.py, losses.py, optimizers.py        Read next: train.py
Sources: Martins, Sturdza and Alonso 2003 (complex step); CS231n notes, "Gradient checks".
"""
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mlp.optimizers import Rows
from mlp.windows import flatten
from perceptron.activations import Array

EPS = np.finfo(np.float64).eps
Loss = Callable[[Any], Any]                             # model (or dict of arrays) -> a number
Index = tuple[int, ...]


@dataclass
class ArrayReport:
    """What was found for one array.

    error : norm(A - G) / (norm A + norm G) over the judged entries, A given by backward and G measured
    worst : index of the entry furthest from its slope, relative to both, with its two numbers in `given`, `measured`
    kinks : (index, slope on the left, slope on the right) of entries with a ReLU kink within the step: not judged
    """

    name: str
    shape: tuple[int, ...]
    verdict: str                                        # "right" | "wrong" | "unclear" | "frozen"
    error: float = 0.0
    worst: Index = ()
    given: float = 0.0
    measured: float = 0.0
    judged: int = 0
    frozen: int = 0
    kinks: list[tuple[Index, float, float]] = field(default_factory=list)
    note: str = ""

    def __str__(self) -> str:
        line = f"{self.name:<14} {str(self.shape):<12} {self.verdict:<8}"
        if self.judged:
            line += f" error {self.error:.1e}, {self.judged} judged"
        if self.judged and self.verdict in ("wrong", "unclear"):
            at = ", ".join(map(str, self.worst))
            line += f"; worst [{at}]: given {self.given:.6g}, slope {self.measured:.6g}"
        for index, left, right in self.kinks[:1]:
            line += (f"; {len(self.kinks)} on a kink, not judged (first {list(index)}: "
                     f"slope {left:.3g} on its left, {right:.3g} on its right)")
        if self.frozen:
            line += f"; {self.frozen} frozen, left out"
        return line + self.note


@dataclass
class Report:
    """One line an array, and `ok`: every judged array is right, and at least one was judged."""

    method: str
    arrays: list[ArrayReport]

    @property
    def ok(self) -> bool:
        return all(a.verdict in ("right", "frozen") for a in self.arrays) and any(a.judged for a in self.arrays)

    @property
    def error(self) -> float:
        """The largest relative error of any array."""
        return max((a.error for a in self.arrays), default=0.0)

    def __bool__(self) -> bool:
        return self.ok

    def __getitem__(self, name: str) -> ArrayReport:
        return next(a for a in self.arrays if a.name == name)

    def __str__(self) -> str:
        verdict = "RIGHT" if self.ok else "WRONG" if any(a.verdict == "wrong" for a in self.arrays) else "NOT JUDGED"
        return "\n".join([f"{self.method}: {verdict}", *(f"  {a}" for a in self.arrays)])


def check(model: Any, loss: Loss, grads: Any, *, method: str = "centred", frozen: Mapping[str, Any] | None = None,
          pre_activations: Callable[[Any], list[Array]] | None = None, h: float | None = None,
          tolerance: float | None = None) -> Report:
    """Compare every gradient with the measured slope of the loss, entry by entry.

    model : anything with params() and, for the complex step, astype(dtype); or a plain dict of arrays.  Its arrays
        are moved by h and put back exactly.
    loss : loss(model) -> the loss, a number.  It must give the same number twice: hand a re-seeded generator to
        dropout.  For the complex step it is handed a complex copy of the model.
    grads : what backward gave, under the names of the parameters: arrays, Windows, Rows, nested or not
    method : "centred", or "complex" (h = 1e-20; where the loss has no np.abs, no norm and no comparison but of .real)
    frozen : {name: rows, or True for the whole array}: not parameters, left out and said so; joined with what
        model.frozen() gives, if the model has it
    pre_activations : pre_activations(model) -> the net sums Z before every ReLU.  With it an entry that looks wrong,
        whose step carries a net sum over 0, and which lies between the slopes on the left and on the right, is
        reported as a kink and not judged.
    h : the step; centred: 6e-6 max(1, |x|), the cube root of the rounding error.  It does not know the inputs: where
        those are in the thousands, standardise them, or make h as much smaller
    tolerance : on the relative error of an array; 1e-7 centred, 1e-12 complex

    Raises ValueError for parameters that are not float64, or names or shapes that differ, or a loss that changes.
    """
    if method not in ("centred", "complex"):
        raise ValueError(f"check: method {method!r}; want 'centred' or 'complex'")
    params = dict(flatten(arrays_of(model)))
    given = {name: g.dense(params[name].shape) if isinstance(g, Rows) and name in params else g
             for name, g in flatten(grads)}
    demand_float64(params, given)
    base, frozen = steady(loss, model), frozen_rows(model, params, frozen)
    if method == "complex":
        model = as_complex(model)
        params = dict(flatten(arrays_of(model)))
        h = h or 1e-20
    tolerance = tolerance or (1e-12 if method == "complex" else 1e-7)

    reports = []
    for name, w in params.items():
        out = np.zeros(w.shape, bool)                   # which entries are left out of the verdict
        rows = frozen.get(name, False)
        if rows is not False:
            out[... if rows is True else rows] = True
        report = ArrayReport(name, w.shape, "frozen", frozen=int(out.sum()))
        reports.append(report)
        measured, noise = np.zeros(w.shape), np.zeros(w.shape)
        for i in (tuple(map(int, index)) for index in np.argwhere(~out)):
            step = h or 6e-6 * max(1.0, abs(w[i]))
            if method == "complex":
                measured[i] = loss_at(model, loss, w, i, 1j * step).imag / step
                noise[i] = np.finfo(float).tiny
                continue
            plus, minus = loss_at(model, loss, w, i, step), loss_at(model, loss, w, i, -step)
            measured[i] = (plus - minus) / (2 * step)
            noise[i] = 10 * EPS * max(abs(plus), abs(minus)) / step
            close = abs(given[name][i] - measured[i]) <= noise[i] + 1e-6 * abs(measured[i])
            if pre_activations is not None and not close and crosses(model, pre_activations, w, i, step):
                left, right = (base - minus) / step, (plus - base) / step
                beyond = [(loss_at(model, loss, w, i, 2 * side * step) - at) / (side * step)    # clear of the kink
                          for side, at in ((-1, minus), (1, plus))]
                slack = 1e-3 * max(map(abs, beyond)) + 2 * noise[i]             # one-sided slopes err by O(h)
                if min(left, right, *beyond) - slack <= given[name][i] <= max(left, right, *beyond) + slack:
                    report.kinks.append((i, left, right))
                    out[i] = True
        if not out.all():
            judge(report, given[name], measured, noise, ~out, tolerance)
        elif report.kinks:
            report.verdict, report.note = "unclear", "; every entry sits on a kink: move the inputs"
    return Report("centred differences" if method == "centred" else "complex step", reports)


def judge(report: ArrayReport, given: Array, measured: Array, noise: Array, use: Array, tolerance: float) -> None:
    """Fill in the verdict on the entries `use`."""
    A, G, noise = given[use], measured[use], noise[use]
    apart = np.abs(A - G)
    size = np.maximum(np.abs(A), np.abs(G))
    real = apart > noise                                # differences that rounding cannot explain
    floor = 1e-8 * size.max() + 1e-300                  # entries 1e-8 of the largest are all rounding; never 0 / 0
    entry = np.where(real, apart / np.maximum(size, floor), 0)
    k = int(np.argmax(np.where(np.isfinite(apart), entry, np.inf)))
    report.judged = len(A)
    report.worst = tuple(int(v) for v in np.argwhere(use)[k])
    report.given, report.measured = float(A[k]), float(G[k])
    total = np.linalg.norm(A) + np.linalg.norm(G)
    report.error = float(np.linalg.norm(A - G) / total) if not size.max() <= noise.max() else 0.0     # NaN counts
    alone = entry.max() > max(1e-4, tolerance)          # one bad entry that the norm of many good ones would hide
    wrong = not np.isfinite(total) or (real.any() and (report.error > tolerance or alone))
    report.verdict = "wrong" if wrong else "right"
    if not wrong and A.any() and size.max() <= noise.max():
        report.verdict, report.note = "unclear", "; smaller than rounding: multiply the loss, or use the complex step"


def loss_at(model: Any, loss: Loss, w: Array, i: Index, move: complex) -> Any:
    """The loss with entry i of w moved, which is put back exactly, whatever happens."""
    kept = w[i]
    w[i] = kept + move
    try:
        return loss(model)
    finally:
        w[i] = kept


def crosses(model: Any, pre_activations: Callable[[Any], list[Array]], w: Array, i: Index, step: float) -> bool:
    """Does moving entry i by a step to either side carry a net sum over (or off) its kink at 0?"""
    def sides(move: float) -> list[Array]:
        return loss_at(model, lambda m: [np.sign(Z) for Z in pre_activations(m)], w, i, move)
    here = sides(0.0)
    return any(not np.array_equal(a, b) for move in (step, -step) for a, b in zip(here, sides(move)))


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
    params, given = dict(flatten(arrays_of(model))), dict(flatten(grads))
    given = {name: g.dense(params[name].shape) if isinstance(g, Rows) and name in params else g
             for name, g in given.items()}
    demand_float64(params, given)
    frozen = frozen_rows(model, params, frozen)
    base = steady(loss, model)
    remainders, orders = {}, {}
    for name, w in params.items():
        free = np.ones(w.shape, bool)
        rows = frozen.get(name, False)
        if rows is not False:
            free[... if rows is True else rows] = False
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


def demand_float64(params: dict[str, Array], given: dict[str, Array]) -> None:
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
