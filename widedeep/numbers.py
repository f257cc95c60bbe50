"""Numbers: how a number reaches the deep tower, scaled so that it can learn.

    Quantile   x goes through the training rows' empirical distribution; the i-th of n_q quantiles becomes
               (i - 1) / (n_q - 1), in [0, 1].   Cheng et al. 2016, section 4.1
    Standard   (x - mean) / standard deviation, of x or of log(1 + x)

Read before: columns.py        Read next: batch.py
"""
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from widedeep.cells import shown
from widedeep.columns import Column, quantiles
from widedeep.registry import register
from widedeep.table import Sheet


class Number:
    """What both share.  encode gives (N,) float64."""

    def __init__(self, name: str):
        if not isinstance(name, str):
            raise ValueError(f"{type(self).__name__}({shown(name)}): want the name of a column, a string")
        self.name, self.reads = name, (name,)

    def fit(self, sheet: Sheet) -> None:
        raise NotImplementedError("a number writes this")

    def encode(self, sheet: Sheet) -> Array:
        raise NotImplementedError("a number writes this")

    def state(self) -> dict[str, Any]:
        return dict(self.__dict__)

    def restore(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


@register("number")
class Quantile(Number):
    """The paper's normaliser.  Equal numbers get equal values; a number beyond the training rows gets 0 or 1."""

    def __init__(self, name: str, n_q: int = 100):
        if n_q < 2:
            raise ValueError(f"Quantile({name!r}): n_q {n_q}; want at least 2, since (i - 1) / (n_q - 1) divides by it")
        super().__init__(name)
        self.n_q = n_q
        self.cuts: list[float] = []                                 # (n_q - 1,) ascending, repeats kept

    def fit(self, sheet: Sheet) -> None:
        x = sheet.numbers(self.name)
        self.cuts = quantiles(x, self.n_q).tolist()

    def encode(self, sheet: Sheet) -> Array:
        i = 1 + np.searchsorted(self.cuts, sheet.numbers(self.name), side="left")       # 1 .. n_q
        return (i - 1) / (self.n_q - 1)


@register("number")
class Standard(Number):
    """Zero mean and unit spread on the training rows; log1p=True for long tails such as money, with x > -1."""

    def __init__(self, name: str, log1p: bool = False):
        super().__init__(name)
        self.log1p = log1p
        self.mean, self.spread = 0.0, 1.0

    def fit(self, sheet: Sheet) -> None:
        x = self.read(sheet)
        constant = x.min() == x.max()                               # becomes 0
        _, exponent = np.frexp(np.abs(x).max())                     # a power of two, so that no digit changes:
        unit = np.ldexp(x, -exponent)                               # squares of 1e200 overflow, those of 1e-200 vanish
        mean, spread = float(np.ldexp(unit.mean(), exponent)), float(np.ldexp(unit.std(), exponent))
        self.mean, self.spread = (float(x[0]), 1.0) if constant or spread == 0 else (mean, spread)

    def encode(self, sheet: Sheet) -> Array:
        return (self.read(sheet) - self.mean) / self.spread

    def read(self, sheet: Sheet) -> Array:
        x = sheet.numbers(self.name)
        if self.log1p and (x <= -1).any():
            raise ValueError(f"column {self.name!r} holds {x.min()}; log1p wants numbers above -1")
        return np.log1p(x) if self.log1p else x


def read_numbers(numbers: Sequence[Number], sheet: Sheet, dtype: npt.DTypeLike) -> Array:
    """(N, M), scaled.  Raises ValueError, naming column and row, for a number so far out that it becomes infinite."""
    with np.errstate(over="ignore"):                                # told below
        found = stack([number.encode(sheet) for number in numbers], sheet.n).astype(dtype)
    if not np.isfinite(found).all():
        row, k = np.argwhere(~np.isfinite(found))[0]
        name = numbers[k].reads[0]
        raise ValueError(f"column {name!r}, row {row}: {shown(sheet[name].tolist()[row])}, scaled, is beyond "
                         f"{found.dtype}; want a number nearer to those of the training rows, or Quantile({name!r}), "
                         "which cuts it off")
    return found


def stack(columns: Sequence[Array], n: int) -> Array:
    """(N, len(columns)), also for none."""
    return np.column_stack(columns) if columns else np.zeros((n, 0))


def check_columns(tower: str, columns: Any) -> None:
    """Raise ValueError unless `columns` is a list of what this part of the encoder holds."""
    if isinstance(columns, (str, Column, Number)) or not isinstance(columns, Iterable):
        code = repr(getattr(columns, "name", columns))
        code = code if isinstance(columns, str) else f"{type(columns).__name__}({code})"
        raise ValueError(f"Encoder: {tower} is {shown(columns)}; want a list: {tower}=[{code}]"[:300])
    for column in columns:
        name = str(getattr(column, "name", column))
        if tower == "numbers" and not isinstance(column, Number):
            raise ValueError(f"Encoder: numbers holds {shown(column)}; want Standard({name!r}), Quantile({name!r}), "
                             f"or another Number; categories go to wide=[{name!r}] and deep=[{name!r}]"[:300])
        if tower != "numbers" and not isinstance(column, (Column, str)):
            raise ValueError(f"Encoder: {tower} holds {shown(column)}; want columns, as Category({name!r}), or names; "
                             f"of a number Buckets({name!r}), and Standard({name!r}) in numbers"[:300])
