"""Exact numbers: frequent amounts are categories of their own; the rest fall into buckets.

    x is one of the values seen >= min_count times      its own id               capital_gain=15024
    else                                                the quantile bucket      capital_gain in [3103, 5178)

Tax law makes amounts such as 15,024 occur hundreds of times, each with a meaning of its own, and quantile buckets
would merge all of them.  The buckets are cut at the quantiles of the training rows without an exact value, so an amount
never seen before shares a bucket with the rare amounts near it.

Read before: columns.py, crosses.py        Read next: missing.py
"""
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from perceptron.activations import Array
from widedeep.columns import Column, quantiles
from widedeep.crosses import Cross
from widedeep.registry import register
from widedeep.table import Sheet


@register("column")
class Exact(Column):
    """A number whose frequent values are categories, beside at most n_q buckets for the others.

    name : the table's column        min_count : a value seen as often in training rows is exact
    n_q : buckets of the rest; fewer if their numbers are equal, none if every training row has an exact value
        (a number never seen is then "nothing known", id 0)

    Raises ValueError if min_count or n_q is below 1; fit and ids, if a value is not a finite number.
    """

    def __init__(self, name: str, min_count: int = 3, n_q: int = 5):
        if min_count < 1 or n_q < 1:
            raise ValueError(f"Exact({name!r}): min_count {min_count}, n_q {n_q}; want at least 1 of both")
        super().__init__(name, (name,))
        self.min_count, self.n_q = min_count, n_q
        self.values: list[float] = []                               # exact values, ascending: ids 1 .. len(values)
        self.edges: list[float] = []                                # of the buckets, ascending; the two outer ones open

    def fit(self, sheet: Sheet) -> None:
        x = sheet.numbers(self.name)
        values, which, counts = np.unique(x, return_inverse=True, return_counts=True)
        self.values = values[counts >= self.min_count].tolist()
        rest = x[counts[which] < self.min_count]
        self.edges = []
        if len(rest):
            cuts = quantiles(rest, self.n_q)
            inner = np.unique(cuts[cuts > rest.min()])              # a cut at the minimum would leave a bucket empty
            self.edges = [float(rest.min()), *inner.tolist(), float(rest.max())]
        self.size = len(self.values) + max(len(self.edges) - 1, 0)

    def ids(self, sheet: Sheet) -> Array:
        """(N, 1) int32; 0 for a number that is not exact where there are no buckets."""
        x = sheet.numbers(self.name)
        if self.edges:
            bucket = len(self.values) + 1 + np.searchsorted(self.edges[1:-1], x, side="right")
        else:
            bucket = np.zeros(len(x), np.int64)
        if self.values:
            values = np.array(self.values)
            i = np.minimum(np.searchsorted(values, x), len(values) - 1)
            bucket = np.where(values[i] == x, i + 1, bucket)
        return bucket.astype(np.int32)[:, None]                     # (N, 1)

    def value(self, i: int) -> str:
        if i <= len(self.values):
            return f"{self.name}={self.values[i - 1]:.15g}"
        k = i - len(self.values) - 1                                # which bucket, from 0; the two outer ones are open
        left, right = (f"{edge:.15g}" for edge in self.edges[k:k + 2])
        if len(self.edges) == 2:
            return f"{self.name} another value"
        if k == 0:
            return f"{self.name} otherwise below {right}"
        last = i == self.size
        return f"{self.name} otherwise from {left}" if last else f"{self.name} otherwise in [{left}, {right})"


def pairs(columns: Sequence[Column | str], min_count: int = 1) -> list[Cross]:
    """Every pair of the columns as a cross, F (F - 1) / 2 of them; tuples seen `min_count` times are known.

    columns : columns, or names of columns of the same encoder
    """
    return [Cross(a, b, min_count=min_count) for a, b in combinations(columns, 2)]
