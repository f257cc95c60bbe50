"""diagnose: which array of a whole model has a wrong gradient, which row of it, which entry?

    Im L(x + i h v) / h  =  g.v                 for a direction v: one evaluation, exact to the last digits

Whatever the number P of parameters, one direction compares the gradient that backward gave with the measured one over
as many entries as it touches: where they differ, g.v differs, unless chance makes v orthogonal to the mistake.  So each
array is tried with one direction; a wrong one is halved, and halved again, as a word is found in a dictionary: log2 of
its rows evaluations, then log2 of the row's entries.  Never more than 4 log2(P) in all.

The parts of one mistake are told from several by one last direction: all of the array but the row that was found.

Read before: mlp/gradcheck/taylor.py, mlp/gradcheck/arguments.py
Source: Martins, Sturdza and Alonso 2003 (complex step); the search is bisection.
"""
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlp.gradcheck.arguments import free_entries, frozen_rows, parameters_and_gradients, steady
from mlp.windows import flatten
from perceptron.activations import Array
from perceptron.losses import log_loss

H = 1e-20                                               # of the complex step
H_CENTRED = 6e-6


@dataclass
class ArrayOfModel:
    """What was found for one array.

    row, entry : the index along the first axis, and the whole index, of a wrong entry; None where the budget ended
    given, measured : the two numbers of that entry
    others : of the other rows "none" or "some" are wrong; "" where that was not asked
    """

    name: str
    shape: tuple[int, ...]
    verdict: str                                        # right | wrong | frozen
    row: int | None = None
    entry: tuple[int, ...] | None = None
    given: float = np.nan
    measured: float = np.nan
    others: str = ""

    def __str__(self) -> str:
        line = f"{self.verdict:<7} {self.name} {self.shape}"
        if self.verdict != "wrong":
            return line
        if self.row is None:
            return line + "\n          (not searched further: the evaluations are used up)"
        line += f"\n          row {self.row}" + (f", {self.others} of the other rows" if self.others else "")
        if self.entry is None:
            return line
        at = ",".join(map(str, self.entry))
        return line + f"\n          at [{at}]: given {self.given:.6g}, slope {self.measured:.6g}"


@dataclass
class ModelReport:
    """One line for each array.  evaluations : of the loss, at most 4 log2(parameters)"""

    arrays: list[ArrayOfModel]
    parameters: int
    method: str
    evaluations: int = 0
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return all(array.verdict != "wrong" for array in self.arrays)

    def __bool__(self) -> bool:
        return self.ok

    def __getitem__(self, name: str) -> ArrayOfModel:
        return next(array for array in self.arrays if array.name == name)

    def __str__(self) -> str:
        wrong = [array for array in self.arrays if array.verdict == "wrong"]
        head = "RIGHT" if self.ok else f"WRONG: {', '.join(array.name for array in wrong)}"
        return "\n".join([head, *(f"  {array}" for array in self.arrays),
                          f"  {self.parameters:,} parameters, {self.evaluations} evaluations of the loss, "
                          f"{self.seconds:.1f} s ({self.method})"])


def diagnose(model: Any, batch: Any, *, loss: Callable[..., tuple[Any, Array]] = log_loss, seed: int = 0
             ) -> ModelReport:
    """Compare a model's own backward with measured slopes, and find where it is wrong.

    model : a WideDeep with any head, an MLP, or anything with params(), forward, backward and astype; it is not moved
    batch : rows with labels; for an MLP the pair (X, y)
    loss : (z, labels) -> (value, dz), as the model was trained by

    Raises ValueError where there is nothing to compare: a batch without labels, gradients of other names or shapes, a
    loss that is no finite number.
    """
    start = time.perf_counter()
    batch, labels = parts_of(batch)
    exact = model.astype(np.float64)
    search = Search(exact, batch, labels, loss, np.random.default_rng(seed))
    report = search.run()
    report.seconds = time.perf_counter() - start
    return report


def parts_of(batch: Any) -> tuple[Any, Array]:
    if isinstance(batch, tuple) and len(batch) == 2:
        return np.asarray(batch[0], np.float64), np.asarray(batch[1], np.float64)
    labels = getattr(batch, "labels", None)
    if labels is None:
        raise ValueError(f"diagnose: a {type(batch).__name__} without labels; want encoder.encode(table, labels), or "
                         "(X, y) for an MLP")
    return batch, np.asarray(labels, np.float64)


class Search:
    """The evaluations, counted, and the bisection.  Every array is seen as a table: rows of entries."""

    def __init__(self, model: Any, batch: Any, labels: Array, loss: Any, rng: np.random.Generator):
        def value(m: Any) -> Any:
            return loss(m.forward(batch)[0], labels)[0]
        self.rng, self.value, self.evaluations = rng, value, 0
        self.base = float(steady(value, model))
        z, caches = model.forward(batch)
        grads = model.backward(loss(z, labels)[1], caches)
        params, given = parameters_and_gradients(model, grads[1] if isinstance(grads, tuple) else grads)
        frozen = frozen_rows(model, params, None)
        self.shapes = {name: w.shape for name, w in params.items()}
        self.given = {name: as_table(g) for name, g in given.items()}
        self.free = {name: as_table(free_entries(w, frozen.get(name, False))) for name, w in params.items()}
        self.parameters = sum(int(free.sum()) for free in self.free.values())
        self.budget = int(4 * np.log2(max(self.parameters, 2)))
        copied = as_complex(model, value)
        self.method, self.cost = ("complex step", 1) if copied is not None else ("centred differences", 2)
        self.model = model if copied is None else copied
        self.tables = {name: as_table(w) for name, w in flatten(self.model.params())}

    def run(self) -> ModelReport:
        reports = [ArrayOfModel(name, shape, "right" if self.free[name].any() else "frozen")
                   for name, shape in self.shapes.items()]
        for report in reports:
            if report.verdict == "right" and self.differs(report.name, np.arange(len(self.free[report.name]))):
                report.verdict = "wrong"
        wrong = [report for report in reports if report.verdict == "wrong"]
        for left, report in zip(range(len(wrong), 0, -1), wrong):           # each gets its share of what is left
            self.locate(report, self.evaluations + (self.budget - self.evaluations) // left)
        return ModelReport(reports, self.parameters, self.method, self.evaluations)

    def locate(self, report: ArrayOfModel, until: int) -> None:
        """Bisect the rows, then the row's entries, while there are evaluations left."""
        name, free, given = report.name, self.free[report.name], self.given[report.name]
        broken = np.argwhere(free & ~np.isfinite(given))
        if len(broken):                                 # NaN: no evaluation is needed
            report.row, column = map(int, broken[0])
            return self.tell(report, column, until)
        rows = np.flatnonzero(free.any(axis=1))
        report.row = self.bisect(rows, lambda some: self.differs(name, some), until)
        if report.row is None:
            return
        row = np.array([report.row])
        found = self.bisect(np.flatnonzero(free[report.row]), lambda some: self.differs(name, row, some), until)
        others = rows[rows != report.row]
        if len(others) and self.left(until, 2):
            report.others = "some" if self.differs(name, others) else "none"
        if found is not None:
            self.tell(report, found, until)

    def tell(self, report: ArrayOfModel, column: int, until: int) -> None:
        """The two numbers of the entry that was found."""
        assert report.row is not None
        given = self.given[report.name]
        flat = report.row * given.shape[1] + column
        report.entry = tuple(int(i) for i in np.unravel_index(flat, report.shape)) if report.shape else ()
        report.given = float(given[report.row, column])
        if self.left(until):
            report.measured = self.slope(report.name, np.array([report.row]), np.array([column]), np.ones((1, 1)))

    def bisect(self, items: Array, wrong: Callable[[Array], bool], until: int) -> int | None:
        """One of the items that is wrong, if it can be found with the evaluations that are left."""
        while len(items) > 1:
            if not self.left(until):
                return None
            half = len(items) // 2
            items = items[:half] if wrong(items[:half]) else items[half:]
        return int(items[0])

    def left(self, until: int, directions: int = 1) -> bool:
        return self.evaluations + directions * self.cost <= until

    def differs(self, name: str, rows: Array, columns: Array | None = None) -> bool:
        """Does the given gradient differ from the measured one in these rows (and columns)?"""
        columns = np.arange(self.given[name].shape[1]) if columns is None else columns
        at = np.ix_(rows, columns)
        free = self.free[name][at]
        given = self.given[name][at]
        if not np.isfinite(given[free]).all():
            return True
        v = self.rng.normal(size=free.shape) * free
        measured, told = self.slope(name, rows, columns, v), float((given * v)[free].sum())
        size = float(np.abs(given * v)[free].sum()) + abs(measured)
        noise = 1e-12 * size if self.cost == 1 else 1e-6 * size + 1e-9 * max(1.0, abs(self.base))
        return not abs(told - measured) <= noise

    def slope(self, name: str, rows: Array, columns: Array, v: Array) -> float:
        """g.v, measured; the entries are moved in place, and put back exactly."""
        w, at = self.tables[name], np.ix_(rows, columns)
        kept = w[at]
        self.evaluations += self.cost
        try:
            if self.cost == 1:
                w[at] = kept + 1j * H * v
                return float(self.value(self.model).imag) / H
            h = H_CENTRED / max(1.0, float(np.abs(v).max(initial=0)))
            w[at] = kept + h * v
            plus = self.value(self.model)
            w[at] = kept - h * v
            return float(plus - self.value(self.model)) / (2 * h)
        finally:
            w[at] = kept


def as_table(a: Array) -> Array:
    """The same memory as rows of entries; a vector has rows of one."""
    return a.reshape(len(a), -1) if a.ndim else a.reshape(1, 1)


def as_complex(model: Any, value: Callable[[Any], Any]) -> Any:
    """A complex copy whose loss is complex; None if the model or the loss cannot be."""
    try:
        copied = model.astype(complex)
        return copied if np.iscomplexobj(value(copied)) else None
    except (TypeError, ValueError, AttributeError):
        return None
