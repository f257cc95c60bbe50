"""History columns: what else did this user rate, who else rated this film?   The paper's installed apps.

    bag of a row = the same user's training rows, without this one

An entry tells what and how: "liked film 50" and "not liked film 50" are two ids, with a row of E each.

Only training rows stand in a bag, and a training row never stands in its own, or the model would read the answer there.
(What is missing can still be inferred by a model that knows the whole group: see target_statistics.py.)
With `earlier` a bag ends before the row's moment; where the split is by time, anything else looks ahead.

Read before: columns.py, slices.py        Read next: target_statistics.py
Source: Cheng et al. 2016, section 4.1 (installed apps); Koren 2008 (the films a user rated, as a sum of rows).
"""
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from perceptron.neuron import check_labels
from widedeep.batch import Batch, row_numbers
from widedeep.columns import Category
from widedeep.features.slices import InvertedIndex, Slices
from widedeep.table import Sheet, Table


class Groups:
    """Training rows grouped by a key, each group in order of time; histories and target statistics both use it.

    key : the column whose equal values are a group        earlier : None, or a column of times
    """

    def __init__(self, key: str, earlier: str | None = None):
        self.key, self.earlier = Category(key), earlier
        self.reads = (key,) if earlier is None else (key, earlier)

    def fit(self, sheet: Sheet) -> Array:
        """Learn the groups; return the order (N,) that sorts the rows by group."""
        self.key.fit(sheet)
        group, time = self.read(sheet)
        order = np.lexsort((time, group))
        self.times = time[order]
        self.bounds = np.searchsorted(group[order], np.arange(self.key.size + 2))       # group i: [i] to [i + 1]
        return order

    def read(self, sheet: Sheet) -> tuple[Array, Array]:
        time = np.zeros(sheet.n) if self.earlier is None else sheet.numbers(self.earlier)
        return sheet.ids(self.key)[:, 0], time                      # (N,) 0 for a key not seen, (N,)

    def state(self) -> dict[str, Any]:
        return {"key": self.key.state(), "earlier": self.earlier, "times": self.times.tolist(),
                "bounds": self.bounds.tolist()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Groups":
        groups = cls(state["key"]["name"], state["earlier"])
        groups.key.restore(state["key"])
        groups.times, groups.bounds = np.array(state["times"], np.float64), np.array(state["bounds"], np.intp)
        return groups

    def slices(self, sheet: Sheet) -> tuple[Array, Array]:
        """start (N,), stop (N,): the row's group; where times count, only what is strictly earlier than the row."""
        group, time = self.read(sheet)
        start, stop = self.bounds[group], self.bounds[group + 1]    # group 0, a key not seen, is empty
        return start, stop if self.earlier is None else first_at(self.times, start, stop, time)


def first_at(times: Array, start: Array, stop: Array, t: Array) -> Array:
    """(N,) where in times[start:stop], ascending, the first at or after t stands.  Bisection, all rows at once."""
    low, high = start, stop
    while (low < high).any():
        middle = (low + high) // 2
        before = (low < high) & (times.take(middle, mode="clip") < t)
        low, high = np.where(before, middle + 1, low), np.where(before, high, np.minimum(high, middle))
    return low


class History:
    """History("user", "item"): the other films a user rated.  History("item", "user"): the others who rated a film.

    of : whose bag        what : what lies in it, apart by label        (both names of columns, read as categories)
    earlier : None, or a column of times: only what is strictly earlier than the row
    """

    def __init__(self, of: str, what: str, earlier: str | None = None):
        self.name = f"{of}'s {what}s" + (f" by {earlier}" if earlier else "")
        self.groups, self.what = Groups(of, earlier), Category(what)
        self.first = self.size = 0                                  # ids first + 1 .. first + size
        self.entries = np.zeros(0, np.int32)
        self.inverted: InvertedIndex | None = None

    def fit(self, table: Table, labels: npt.ArrayLike, first: int = 0) -> Slices:
        """Learn from training rows, labels (N, 1) 0 or 1; return THEIR bags, each row's own entry left out."""
        sheet = Sheet(table, dict.fromkeys((*self.groups.reads, self.what.name)))
        liked = np.asarray(labels)
        check_labels("History.fit", liked, sheet.n)
        order = self.groups.fit(sheet)
        self.what.fit(sheet)
        self.first, self.size = first, 2 * self.what.size           # of each value, two: not liked, liked
        entry = (first + 2 * sheet.ids(self.what)[:, 0] - 1 + liked[:, 0]).astype(np.int32)
        self.entries = entry[order]
        self.invert()
        return self.slices(sheet, entry if self.groups.earlier is None else np.zeros_like(entry))   # else not in it

    def invert(self) -> None:
        """Where bags are whole groups, also keep which groups hold an entry: backward reads them."""
        if self.groups.earlier is None:
            group = np.repeat(np.arange(len(self.groups.bounds) - 1), np.diff(self.groups.bounds))
            self.inverted = InvertedIndex.of(self.entries, group - 1)

    def bags(self, table: Table) -> Slices:
        """The bags of rows that were not trained on, whole.  Reads no labels."""
        sheet = Sheet(table, self.groups.reads)
        return self.slices(sheet, np.zeros(sheet.n, np.int32))

    def slices(self, sheet: Sheet, left_out: Array) -> Slices:
        return Slices(self.entries, *self.groups.slices(sheet), left_out, self.inverted)

    def state(self) -> dict[str, Any]:
        """Everything learned: of the training rows the ids of user and film, and liked or not; nothing else."""
        return {"groups": self.groups.state(), "what": self.what.state(), "first": self.first,
                "entries": self.entries.tolist()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "History":
        groups = Groups.from_state(state["groups"])
        history = cls(groups.key.name, state["what"]["name"], groups.earlier)
        history.groups, history.first = groups, state["first"]
        history.what.restore(state["what"])
        history.size, history.entries = 2 * history.what.size, np.array(state["entries"], np.int32)
        history.invert()
        return history

    def value(self, i: int) -> str:
        """The entry with id first + i, in words: "item=50 liked"."""
        return self.what.value((i + 1) // 2) + (" not liked" if i % 2 else " liked")


@dataclass(frozen=True)
class HistoryBatch(Batch):
    """A batch whose rows also have histories.  Gathering rows gathers slices; bags are built when they are summed."""

    histories: tuple[Slices, ...] = ()

    def __getitem__(self, rows: Array) -> "HistoryBatch":
        rows = row_numbers(rows, len(self))
        return HistoryBatch(**vars(super().__getitem__(rows)), histories=tuple(bags[rows] for bags in self.histories))


class Histories:
    """Several histories, whose ids follow those of an encoder's columns, so that one table serves all.

    first : the last id of the encoder's own columns (Encoder.n_deep - 1)
    """

    def __init__(self, histories: Sequence[History], first: int):
        self.histories, self.first = list(histories), first

    @property
    def n_rows(self) -> int:
        """Rows of a table that serves columns and histories, row 0 included."""
        return 1 + self.first + sum(history.size for history in self.histories)

    def fit(self, table: Table, labels: npt.ArrayLike, batch: Batch) -> HistoryBatch:
        """Learn from the training rows and join THEIR histories to their batch: no row is in its own."""
        first, bags = self.first, []
        for history in self.histories:
            bags.append(history.fit(table, labels, first))
            first += history.size
        return HistoryBatch(**vars(batch), histories=tuple(bags))

    def join(self, table: Table, batch: Batch) -> HistoryBatch:
        """Join histories to the batch of any other rows.  Reads no labels."""
        return HistoryBatch(**vars(batch), histories=tuple(history.bags(table) for history in self.histories))
