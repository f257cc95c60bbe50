"""The check: every gradient of a model against the measured slope of its loss, entry by entry.

    error = norm(A - G) / (norm A + norm G)             A given by backward, G measured

An array is wrong if its error is too large, or if one entry is: a norm over many right entries would hide it.

Read before: slopes.py, kinks.py, arguments.py        Read next: taylor.py
"""
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mlp.gradcheck.arguments import (
    arrays_of,
    as_complex,
    free_entries,
    frozen_rows,
    parameters_and_gradients,
    steady,
)
from mlp.gradcheck.kinks import PreActivations, between_slopes, crosses
from mlp.gradcheck.slopes import Index, Loss, centred_difference, complex_step
from mlp.windows import flatten
from perceptron.activations import Array


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
          pre_activations: PreActivations | None = None, h: float | None = None,
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
    for name, value in (("h", h), ("tolerance", tolerance)):
        if value is not None and not 0 < value < np.inf:
            raise ValueError(f"check: {name} {value}; want more than 0, or None for the usual one")
    if pre_activations is not None and not callable(pre_activations):
        raise ValueError(f"check: pre_activations is a {type(pre_activations).__name__}; want a function: lambda net: "
                         "pre_activations(net.forward(X)[1])")
    params, given = parameters_and_gradients(model, grads)
    base, frozen = steady(loss, model), frozen_rows(model, params, frozen)
    if method == "complex":
        model = as_complex(model)
        params = dict(flatten(arrays_of(model)))
        if not np.iscomplexobj(loss(model)):
            raise ValueError("check: the loss of a complex model is real: its imaginary part got lost, in float(...), "
                             "np.abs or .real; leave those out, or use method='centred'")
    tolerance = tolerance or (1e-12 if method == "complex" else 1e-7)

    reports = []
    for name, w in params.items():
        g, free = given[name], free_entries(w, frozen.get(name, False))
        report = ArrayReport(name, w.shape, "frozen", frozen=int((~free).sum()))
        reports.append(report)
        measured, noise = np.zeros(w.shape), np.zeros(w.shape)
        for i in (tuple(map(int, index)) for index in np.argwhere(free)):
            if method == "complex":
                measured[i], noise[i] = complex_step(model, loss, w, i, h or 1e-20)
                continue
            step = h or 6e-6 * max(1.0, abs(w[i]))
            measured[i], noise[i], plus, minus = centred_difference(model, loss, w, i, step)
            close = abs(g[i] - measured[i]) <= noise[i] + 1e-6 * abs(measured[i])
            if pre_activations is not None and not close and crosses(model, pre_activations, w, i, step):
                sides = between_slopes(model, loss, w, i, step, g[i], (minus, base, plus), noise[i])
                if sides is not None:
                    report.kinks.append((i, *sides))
                    free[i] = False
        if free.any():
            judge(report, g, measured, noise, free, tolerance)
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
