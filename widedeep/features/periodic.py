"""Periodic features: a number as sines and cosines, so that a net of few layers can tell near values apart.

    sin(2 pi f u), cos(2 pi f u)        u in [0, 1]: the share of training rows below x        f = 1/2, 1, 2, 4, ...

The source learns f; here it is fixed.  On Adult these features add nothing to buckets (docs/accuracy.md,
`python -m widedeep.experiments features`).

Read before: numbers.py        Read next: robust.py
Source: Gorishniy et al. 2022, "On Embeddings for Numerical Features".
"""
import numpy as np

from perceptron.activations import Array
from widedeep.columns import quantiles
from widedeep.numbers import Quantile
from widedeep.registry import register
from widedeep.table import Sheet


@register("number")
class Periodic(Quantile):
    """One sine (shift 0) or cosine (shift 1/4) of a column: f periods from its least value to its greatest.

    Raises ValueError if f is not above 0.
    """

    def __init__(self, name: str, f: float, shift: float = 0.0, n_q: int = 100):
        if not f > 0:
            raise ValueError(f"Periodic({name!r}): f {f}; want more than 0")
        super().__init__(name, n_q)
        self.column, self.f, self.shift = name, f, shift
        self.name = f"{name} {'cos' if shift else 'sin'} {f:g}"

    def fit(self, sheet: Sheet) -> None:
        self.cuts = quantiles(sheet.numbers(self.column), self.n_q).tolist()

    def encode(self, sheet: Sheet) -> Array:
        i = np.searchsorted(self.cuts, sheet.numbers(self.column), side="left")         # 0 .. n_q - 1
        return np.sin(2 * np.pi * (self.f * i / (self.n_q - 1) + self.shift))


def periodic_features(name: str, n: int) -> list[Periodic]:
    """2 n numbers of a column: sine and cosine of f = 1/2, 1, 2, ..., 2^(n - 2)."""
    return [Periodic(name, 2.0 ** (k - 1), shift) for k in range(n) for shift in (0.0, 0.25)]
