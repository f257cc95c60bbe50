"""The gradient of a look-up: the errors of every place where a row was used, added up.

    dE[v] = sum over all places whose id is v of their error                        dE[0] = 0, id 0 is not a parameter

`dE[ids] += errors` would keep one of several repeats.

Read before: batch.py, mlp/optimizers.py        Read next: wide.py
"""
from functools import lru_cache
from math import prod

import numpy as np

from mlp.optimizers import Rows
from perceptron.activations import Array

SMALL = 2 ** 16         # numbers in a table up to which its whole gradient costs less than finding the rows touched


def sum_rows(ids: Array, errors: Array, table: Array) -> Array | Rows:
    """The gradient of a table: an array of its shape if it is small, else the Rows that were touched.

    ids : (n,) int, which row each place used        errors : (n, ...) what came back to each place
    table : (V, ...) only its shape counts
    """
    if table.size <= SMALL:
        return sum_whole(ids, errors, np.zeros(table.shape, errors.dtype))
    return sum_touched(ids, errors)


def sum_whole(ids: Array, errors: Array, dE: Array) -> Array:
    """Add the errors (n, ...) into dE (V, ...), handed in as zeros, and return it.  The cost of a step grows with V."""
    if not dE.flags.c_contiguous:
        raise ValueError("sum_whole: dE must lie row after row in memory; its flat view would be a copy")
    if dE.ndim > 1:                                                 # add numbers, not rows: ten times faster
        ids, errors = places(dE.shape).take(ids, axis=0).ravel(), errors.ravel()
    np.add.at(dE.reshape(-1), ids, errors)
    dE[0] = 0
    return dE


@lru_cache(maxsize=16)
def places(shape: tuple[int, ...]) -> Array:
    """Where each number of a table lies when the table is flat: 0, 1, 2, ... in its shape."""
    return np.arange(prod(shape)).reshape(shape)


def sum_touched(ids: Array, errors: Array) -> Rows:
    """The same, for the touched rows alone: sorting brings equal ids together.  The cost grows with n, not with V.

        ids 0 5 2 5 0 9        sorted 0 0 2 5 5 9        starts 2 3 5        lengths 1 2 1: only 5 has to be added up
    """
    pairs = np.sort(ids.astype(np.int64) << 32 | np.arange(len(ids)))           # (id, place) as one number
    ids, order = pairs >> 32, pairs & 0xFFFFFFFF                    # sorted; equal ids in the order of their places
    starts = np.flatnonzero(np.diff(ids, prepend=0))                # where a new id begins; the zeros in front do not
    lengths = np.diff(starts, append=len(ids))                      # (R,) how often each id stands there
    sums = errors.take(order[starts], axis=0)                       # (R, ...) most stand once: the error is the sum
    again = lengths > 1
    if again.any():
        order = order[len(ids) - lengths.sum():]                    # without the places of id 0,
        order = order[np.repeat(again, lengths)]                    # and of ids that stand once
        begins = np.cumsum(lengths[again]) - lengths[again]
        sums[again] = np.add.reduceat(errors.take(order, axis=0), begins, axis=0)
    return Rows(ids[starts], sums)
