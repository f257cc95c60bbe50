"""Bags as slices of one array, and the sum of their embeddings: what histories are made of.

    h(row) = 1 / sqrt |bag| * sum over the bag of E[entry]         sum pooling, divided by the root of the bag's size

The root, not the size: a sum of independent rows grows with the root of their number, so that long and short histories
have equal weight.  (With the mean, a history of 200 films is 14 times fainter than an embedding.)

All bags lie end to end in one array; a row needs three numbers, where its bag starts and stops, and which entry is left
out of it:

    entries   7 3 9 | 4 4 1 8 | 2 ...         start, stop   the slice of the row's user
              user 1  user 2    user 3        left_out      the row's own entry, if it was trained on

so that 100,000 rows cost a few MB (padded to the longest bag: 423 MB), and rows that share a bag compute its sum once.

Read before: embedding.py, rows.py        Read next: histories.py
"""
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from perceptron.activations import Array
from widedeep.rows import sum_dense


class InvertedIndex(NamedTuple):
    """From each id to the bags that hold it: the slices, inverted.  For bags that are whole groups.

    group : (K,) the number of the bag in which each position of `entries` lies, 0, 1, ...
    ids : (U,) all ids in any bag        begins : (U,), groups : (K,)  ids[k] is in groups[begins[k]:begins[k+1]]
    """

    group: Array
    ids: Array
    begins: Array
    groups: Array

    @classmethod
    def of(cls, entries: Array, group: Array) -> "InvertedIndex":
        order = np.argsort(entries, kind="stable")
        ids, begins = np.unique(entries[order], return_index=True)
        return cls(group, ids.astype(np.int32), begins, group[order])


@dataclass(frozen=True)
class Slices:
    """The bags of N rows, as slices of one array that all rows share.

    entries : (K,) int32     everything in any bag, end to end
    start, stop : (N,)       the row's bag is entries[start:stop] ...
    left_out : (N,) int32    ... without this id, once; 0 leaves nothing out
    inverted : None, or the inverted index, with which backward costs no more than forward
    """

    entries: Array
    start: Array
    stop: Array
    left_out: Array
    inverted: InvertedIndex | None = None

    def __getitem__(self, rows: Array) -> "Slices":
        return Slices(self.entries, self.start[rows], self.stop[rows], self.left_out[rows], self.inverted)

    @property
    def counts(self) -> Array:
        """(N,) how many entries each bag holds."""
        return self.stop - self.start - (self.left_out > 0)

    @cached_property
    def flat(self) -> tuple[Array, Array, Array, Array]:
        """The different bags of these rows: ids (n,) end to end; start, length (B,); and bag (N,), the row's, 1 .. B.

        Bag 0 is the empty one, which has no slice here: np.add.reduceat has no sum of nothing.
        """
        size = len(self.entries) + 1
        pairs, bag = np.unique(self.start * np.int64(size) + self.stop, return_inverse=True)    # one user, one slice
        start, stop = pairs // size, pairs % size
        full = stop > start
        bag = np.where(full, np.cumsum(full), 0)[bag.ravel()]       # (N,)
        start, lengths = start[full], (stop - start)[full]
        jump = np.repeat(start - begins(lengths), lengths)          # (n,)  from a position here to one in entries
        return self.entries.take(np.arange(len(jump)) + jump), start, lengths, bag

    def inside(self, row: int) -> list[int]:
        """The ids in the bag of one row, for reading."""
        ids: list[int] = self.entries[self.start[row]:self.stop[row]].tolist()
        if self.left_out[row]:
            ids.remove(int(self.left_out[row]))
        return ids


def begins(lengths: Array) -> Array:
    """Where each of some slices begins when they lie end to end."""
    return np.cumsum(lengths) - lengths


def sum_pool(E: Array, bags: Slices) -> Array:
    """E (V, d) -> h (N, d): each bag's sum, less the entry left out, / sqrt of its size.  Empty bags give 0."""
    ids, _, lengths, bag = bags.flat
    sums = np.zeros((1 + len(lengths), E.shape[1]), E.dtype)        # (1 + B, d)
    if len(lengths):
        np.add.reduceat(E.take(ids, axis=0), begins(lengths), axis=0, out=sums[1:])
    return (sums.take(bag, axis=0) - E.take(bags.left_out, axis=0)) * scales(bags, E)    # (N, d)


def sum_pool_backward(dH: Array, bags: Slices) -> tuple[Array, Array]:
    """dh (N, d) -> ids (n,) and errors (n, d) of every use of a row of E."""
    ids, start, lengths, bag = bags.flat
    dS = dH * scales(bags, dH)                                      # (N, d)
    sums = sum_dense(bag, dS, np.zeros((1 + len(lengths), dS.shape[1]), dS.dtype))      # (1 + B, d)  rows of one bag
    if bags.inverted is None:
        errors = np.repeat(sums[1:], lengths, axis=0)               # (n, d)  every position of every bag
    else:
        group, ids, begins, groups = bags.inverted                  # the same: an id's error, from all its bags
        dG = np.zeros((1 + group[-1], dS.shape[1]), dS.dtype)       # (G, d)  0 for groups that are not in the batch
        dG[group[start]] = sums[1:]
        errors = np.add.reduceat(dG.take(groups, axis=0), begins, axis=0)               # (U, d)
    return np.concatenate([ids, bags.left_out]), np.concatenate([errors, -dS])


def scales(bags: Slices, like: Array) -> Array:
    """(N, 1) 1 / sqrt |bag|, of the real dtype of `like`."""
    return (1 / np.sqrt(np.maximum(bags.counts, 1))).astype(like.real.dtype)[:, None]
