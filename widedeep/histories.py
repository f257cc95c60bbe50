"""History columns: what else did this user rate, who else rated this film?   The paper's installed apps.

    h(row) = 1 / sqrt |bag| * sum over the bag of E[entry]         bag = the same user's training rows, without this one

The root, not the size: independent rows add up to a sum that grows with the root of their number, so that long and
short histories speak equally loud.  (With the mean, a history of 200 films is 14 times fainter than an embedding.)

An entry tells what and how: "liked film 50" and "not liked film 50" are two ids, with a row of E each.  All bags lie
end to end in one array; a row needs three numbers, where its bag starts and stops, and what to take out:

    entries   7 3 9 | 4 4 1 8 | 2 ...         start, stop   the slice of the row's user
              user 1  user 2    user 3        own           the row's own entry, if it was trained on

so that 100,000 rows cost a few MB (padded to the longest bag: 423 MB), and rows that share a bag add it up once.

Only training rows stand in a bag, and a training row never stands in its own, or the model would read the answer there.
(What is missing can still be inferred by a model that knows the whole group: see statistics.py.)
With `earlier` a bag ends before the row's moment: the only honest form where the split is by time.

Read before: columns.py, embedding.py        Read next: statistics.py
Source: Cheng et al. 2016, section 4.1 (installed apps); Koren 2008 (the films a user rated, as a sum of rows).
"""
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from perceptron.neuron import check_labels
from widedeep.batch import Batch, row_numbers
from widedeep.columns import Category, Sheet, Table
from widedeep.deep import Deep
from widedeep.embedding import embed, spread
from widedeep.product import Product
from widedeep.rows import sum_whole


class Turned(NamedTuple):
    """Where each id stands: the lists behind the bags, turned round.  For bags that are whole groups.

    group : (K,) whose bag a place of `entries` is in, 0, 1, ...
    ids : (U,) all ids in any bag        begins : (U,), groups : (K,)  ids[k] is in groups[begins[k]:begins[k+1]]
    """

    group: Array
    ids: Array
    begins: Array
    groups: Array

    @classmethod
    def of(cls, entries: Array, group: Array) -> "Turned":
        order = np.argsort(entries, kind="stable")
        ids, begins = np.unique(entries[order], return_index=True)
        return cls(group, ids.astype(np.int32), begins, group[order])


@dataclass(frozen=True)
class Slices:
    """The bags of N rows, as slices of one array that all rows share.

    entries : (K,) int32     everything in any bag, end to end
    start, stop : (N,)       the row's bag is entries[start:stop] ...
    own : (N,) int32         ... without this id, once; 0 takes nothing out
    turned : None, or the same the other way round, which makes the way back as cheap as the way there
    """

    entries: Array
    start: Array
    stop: Array
    own: Array
    turned: Turned | None = None

    def __getitem__(self, rows: Array) -> "Slices":
        return Slices(self.entries, self.start[rows], self.stop[rows], self.own[rows], self.turned)

    @property
    def counts(self) -> Array:
        """(N,) how many entries each bag holds."""
        return self.stop - self.start - (self.own > 0)

    @cached_property
    def flat(self) -> tuple[Array, Array, Array, Array]:
        """The different bags of these rows: ids (n,) end to end; start, length (B,); and bag (N,), the row's, 1 .. B.

        Bag 0 is the empty one and stands nowhere, because np.add.reduceat cannot add up nothing.
        """
        size = len(self.entries) + 1
        pairs, bag = np.unique(self.start * np.int64(size) + self.stop, return_inverse=True)    # one user, one slice
        start, stop = pairs // size, pairs % size
        full = stop > start
        bag = np.where(full, np.cumsum(full), 0)[bag.ravel()]       # (N,)
        start, lengths = start[full], (stop - start)[full]
        jump = np.repeat(start - begins(lengths), lengths)          # (n,)  from a place in the heap to one in entries
        return self.entries.take(np.arange(len(jump)) + jump), start, lengths, bag

    def inside(self, row: int) -> list[int]:
        """The ids in the bag of one row, for reading."""
        ids: list[int] = self.entries[self.start[row]:self.stop[row]].tolist()
        if self.own[row]:
            ids.remove(int(self.own[row]))
        return ids


def begins(lengths: Array) -> Array:
    """Where each of some stretches begins when they lie end to end."""
    return np.cumsum(lengths) - lengths


def add_rows(E: Array, bags: Slices) -> Array:
    """E (V, d) -> h (N, d): the sum of each bag's rows, less the own one, by its root.  Empty bags give zeros."""
    ids, _, lengths, bag = bags.flat
    sums = np.zeros((1 + len(lengths), E.shape[1]), E.dtype)        # (1 + B, d)
    if len(lengths):
        np.add.reduceat(E.take(ids, axis=0), begins(lengths), axis=0, out=sums[1:])
    return (sums.take(bag, axis=0) - E.take(bags.own, axis=0)) * scales(bags, E)        # (N, d)


def add_errors(dH: Array, bags: Slices) -> tuple[Array, Array]:
    """The way back: dh (N, d) -> ids (n,) and errors (n, d) of every place where a row of E was used."""
    ids, start, lengths, bag = bags.flat
    dS = dH * scales(bags, dH)                                      # (N, d)
    sums = sum_whole(bag, dS, np.zeros((1 + len(lengths), dS.shape[1]), dS.dtype))      # (1 + B, d)  rows of one bag
    if bags.turned is None:
        errors = np.repeat(sums[1:], lengths, axis=0)               # (n, d)  every place of every bag
    else:
        group, ids, begins, groups = bags.turned                    # the same: an id's error, from all its bags
        dG = np.zeros((1 + group[-1], dS.shape[1]), dS.dtype)       # (G, d)  0 for groups that are not in the batch
        dG[group[start]] = sums[1:]
        errors = np.add.reduceat(dG.take(groups, axis=0), begins, axis=0)               # (U, d)
    return np.concatenate([ids, bags.own]), np.concatenate([errors, -dS])


def scales(bags: Slices, like: Array) -> Array:
    """(N, 1) 1 / sqrt |bag|, of the real dtype of `like`."""
    return (1 / np.sqrt(np.maximum(bags.counts, 1))).astype(like.real.dtype)[:, None]


class Groups:
    """Training rows put together by a key, in each group by time.  What histories.py and statistics.py both stand on.

    key : the column whose equal values are a group        earlier : None, or a column of times
    """

    def __init__(self, key: str, earlier: str | None = None):
        self.key, self.earlier = Category(key), earlier
        self.reads = (key,) if earlier is None else (key, earlier)

    def fit(self, sheet: Sheet) -> Array:
        """Learn the groups; return the order (N,) that lays the rows group by group."""
        self.key.fit(sheet)
        group, time = self.read(sheet)
        order = np.lexsort((time, group))
        self.times = time[order]
        self.bounds = np.searchsorted(group[order], np.arange(self.key.size + 2))       # group i: [i] to [i + 1]
        return order

    def read(self, sheet: Sheet) -> tuple[Array, Array]:
        time = np.zeros(sheet.n) if self.earlier is None else sheet.numbers(self.earlier)
        return sheet.ids(self.key)[:, 0], time                      # (N,) 0 for a key not seen, (N,)

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
        self.turned: Turned | None = None

    def fit(self, table: Table, labels: npt.ArrayLike, first: int = 0) -> Slices:
        """Learn from training rows, labels (N, 1) 0 or 1; return THEIR bags, each row's own entry taken out."""
        sheet = Sheet(table, dict.fromkeys((*self.groups.reads, self.what.name)))
        liked = np.asarray(labels)
        check_labels("History.fit", liked, sheet.n)
        order = self.groups.fit(sheet)
        self.what.fit(sheet)
        self.first, self.size = first, 2 * self.what.size           # of each value, two: not liked, liked
        entry = (first + 2 * sheet.ids(self.what)[:, 0] - 1 + liked[:, 0]).astype(np.int32)
        self.entries = entry[order]
        if self.groups.earlier is None:
            self.turned = Turned.of(self.entries, sheet.ids(self.groups.key)[order, 0] - 1)
        return self.slices(sheet, entry if self.groups.earlier is None else np.zeros_like(entry))   # else not in it

    def bags(self, table: Table) -> Slices:
        """The bags of rows that were not trained on, whole.  Reads no labels."""
        sheet = Sheet(table, self.groups.reads)
        return self.slices(sheet, np.zeros(sheet.n, np.int32))

    def slices(self, sheet: Sheet, own: Array) -> Slices:
        return Slices(self.entries, *self.groups.slices(sheet), own, self.turned)

    def value(self, i: int) -> str:
        """The entry with id first + i, in words: "item=50 liked"."""
        return self.what.value((i + 1) // 2) + (" not liked" if i % 2 else " liked")


@dataclass(frozen=True)
class HistoryBatch(Batch):
    """A batch whose rows also have histories.  Gathering rows gathers slices; bags are built when they are added up."""

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


class Remembers:
    """Mixed into a tower: after the encoder's columns come the histories, a column each, in the same table."""

    E: Array

    def look_up(self, batch: Batch) -> Array:
        sums = [add_rows(self.E, bags)[:, None] for bags in histories_of(batch)]
        return np.concatenate([embed(self.E, batch), *sums], axis=1)                   # (N, C + K, d)

    def give_back(self, dC: Array, batch: Batch) -> tuple[Array, Array]:
        bags = histories_of(batch)
        C = dC.shape[1] - len(bags)
        places = [(batch.deep.ravel(), spread(dC[:, :C], batch).reshape(-1, dC.shape[2]))]
        places += [add_errors(dC[:, C + k], bag) for k, bag in enumerate(bags)]
        ids, errors = zip(*places)
        return np.concatenate(ids), np.concatenate(errors)          # (n,), (n, d)


def histories_of(batch: Batch) -> tuple[Slices, ...]:
    if not isinstance(batch, HistoryBatch):
        raise ValueError("a tower with histories wants a HistoryBatch: Histories.fit(...) for the training rows, "
                         "Histories.join(...) for others")
    return batch.histories


class DeepWithHistory(Remembers, Deep):
    """Deep(histories.n_rows, d, (C + K, M), ...) for C columns, K histories and M numbers."""


class ProductWithHistory(Remembers, Product):
    """Product(histories.n_rows, d, left, right, ...), where C, C + 1, ... are the places of the histories.

    The user's side <P[user] + history of the user, Q[item] + history of the item>: Koren 2008 (SVD++), on both sides.
    """
