"""Robust numbers: centred at the median, divided by the width of the middle, and bent where they lie far out.

    u = (x - median) / (2 q)        q: half the distance between the quartiles        r(u) = u / sqrt(1 + (u / 3)^2)

r is nearly u in the middle and stays between -3 and 3, so that one number of a million among hundreds neither squeezes
the others together, as a mean and a spread would, nor tears at the weights.  Where the quartiles are equal, q comes
from the least and the greatest number.

Read before: numbers.py        Read next: slices.py
Source: Holzmueller et al. 2024, "Better by default", appendix A (robust scaling and smooth clipping).
"""
import numpy as np

from perceptron.activations import Array
from widedeep.numbers import Number
from widedeep.registry import register
from widedeep.table import Sheet

FAR = 3.0                                               # no number gets beyond


@register("number")
class Robust(Number):
    """A number between -3 and 3, most of them between -1 and 1."""

    def __init__(self, name: str):
        super().__init__(name)
        self.centre, self.width = 0.0, 1.0

    def fit(self, sheet: Sheet) -> None:
        x = sheet.numbers(self.name)
        low, self.centre, high = (float(q) for q in np.quantile(x, (0.25, 0.5, 0.75)))
        width = high - low if high > low else float(x.max() - x.min()) / 2
        self.width = width if width > 0 else 1.0                    # a constant becomes 0

    def encode(self, sheet: Sheet) -> Array:
        u = (sheet.numbers(self.name) - self.centre) / self.width
        u = np.clip(u, -1e100, 1e100)                               # squares of 1e200 overflow, and 1e300 became 0
        return u / np.sqrt(1 + (u / FAR) ** 2)
