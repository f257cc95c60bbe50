"""Target statistics, leave-one-out: how many others rated this film, and how well was it liked?   Two numbers a key.

    n = training rows of the same key, without this row        s = how many of them were liked

    evidence = log (s + a) / (n - s + a)                        the log-odds of being liked; 0 where nothing is known
    size     = log (1 + n), standardised over the training rows

The pseudo-count a keeps the evidence of few rows near 0.  If the row itself were counted, the evidence would hold the
answer, and the model would learn to read it there: excellent in training, useless after.  With `earlier` only rows
strictly before the row's moment count; where the split is by time, anything else looks ahead.

Leave-one-out keeps the answer out of the feature.  But a model that also knows the whole group (by the user's id, say)
can infer it from what is missing: on labels that are coin flips it reaches AUC 1 on training rows, and 1/2 on others.
Weight decay and early stopping limit that; `earlier` is free of it (Prokhorenkova et al. 2018 on target leakage).

Statistics over a user's neighbours in TIME are left out on purpose: people rated whole pages within one second, so that
a neighbour's rating tells which page it was, and the page tells the answer.

Read before: histories.py        Read next: history_encoder.py
"""
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from perceptron.neuron import check_labels
from widedeep.batch import Batch
from widedeep.features.histories import Groups
from widedeep.table import Sheet, Table

B = TypeVar("B", bound=Batch)


class TargetStatistics:
    """key : the column whose equal values are a group        a > 0 : pseudo-count on either side
    earlier : None, or a column of times: only what is strictly earlier than the row
    """

    def __init__(self, key: str, a: float = 1.0, earlier: str | None = None):
        if not a > 0:
            raise ValueError(f"TargetStatistics({key!r}): pseudo-count {a}; want more than 0, or log 0 comes up")
        self.groups, self.a = Groups(key, earlier), a
        self.mean, self.spread = 0.0, 1.0

    def fit(self, table: Table, labels: npt.ArrayLike) -> Array:
        """Learn from training rows, labels (N, 1) 0 or 1; return THEIR numbers (N, 2), each without its own label."""
        sheet = Sheet(table, self.groups.reads)
        liked = np.asarray(labels, np.float64)
        check_labels("TargetStatistics.fit", liked, sheet.n)
        order = self.groups.fit(sheet)
        self.sums = np.concatenate([[0], np.cumsum(liked[order, 0])])                   # (N + 1,) liked before place i
        inside = self.groups.earlier is None                        # in its own group, unless only the past is
        n, s = self.count(sheet)
        n, s = (n - 1, s - liked[:, 0]) if inside else (n, s)
        size = np.log1p(n)
        self.mean, self.spread = float(size.mean()), 1.0                     # of counts: reads no label
        if size.max() > size.min():                                 # the deviation of equal numbers is rounding
            self.spread = float(size.std())
        return self.numbers(n, s)

    def encode(self, table: Table) -> Array:
        """The numbers (N, 2) of rows that were not trained on.  Reads no labels."""
        return self.numbers(*self.count(Sheet(table, self.groups.reads)))

    def state(self) -> dict[str, Any]:
        return {"groups": self.groups.state(), "a": self.a, "sums": self.sums.tolist(), "mean": self.mean,
                "spread": self.spread}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "TargetStatistics":
        groups = Groups.from_state(state["groups"])
        statistics = cls(groups.key.name, state["a"], groups.earlier)
        statistics.groups, statistics.sums = groups, np.array(state["sums"], np.float64)
        statistics.mean, statistics.spread = state["mean"], state["spread"]
        return statistics

    def count(self, sheet: Sheet) -> tuple[Array, Array]:
        start, stop = self.groups.slices(sheet)
        return stop - start, self.sums[stop] - self.sums[start]     # (N,) rows, (N,) liked ones

    def numbers(self, n: Array, s: Array) -> Array:
        return np.column_stack([np.log((s + self.a) / (n - s + self.a)), (np.log1p(n) - self.mean) / self.spread])


def with_numbers(batch: B, numbers: Sequence[Array]) -> B:
    """The batch with more numbers (N, k) beside its own."""
    joined = np.concatenate([batch.numbers, *numbers], axis=1)
    return replace(batch, numbers=joined.astype(batch.numbers.dtype))
