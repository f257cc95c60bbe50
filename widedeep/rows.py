"""The gradient of a look-up: the sum of the errors of every use of a row.

    dE[v] = sum over all uses of row v of their error                             dE[0] = 0, id 0 is not a parameter

`dE[ids] += errors` would keep one of several repeats.

Read before: batch.py, mlp/optimizers.py        Read next: wide.py
"""
from functools import lru_cache
from math import prod

import numpy as np

from mlp.sparse import Rows
from perceptron.activations import Array

SMALL = 2 ** 16         # up to so many numbers, a table's dense gradient costs less than finding the rows touched


def sum_rows(ids: Array, errors: Array, table: Array) -> Array | Rows:
    """The gradient of a table: an array of its shape if it is small, else the Rows that were touched.

    ids : (n,) int, the row of each use        errors : (n, ...) the error of each use
    table : (V, ...) only its shape counts
    """
    if table.size <= SMALL:
        return sum_dense(ids, errors, np.zeros(table.shape, errors.dtype))
    return sum_sparse(ids, errors)


def sum_dense(ids: Array, errors: Array, dE: Array) -> Array:
    """Add the errors (n, ...) into dE (V, ...), handed in as zeros, and return it.  The cost of a step grows with V."""
    if not dE.flags.c_contiguous:
        raise ValueError("sum_dense: dE must lie row after row in memory; its flat view would be a copy")
    if dE.ndim > 1:                                                 # add numbers, not rows: ten times faster
        ids, errors = flat_indices(dE.shape).take(ids, axis=0).ravel(), errors.ravel()
    np.add.at(dE.reshape(-1), ids, errors)
    dE[0] = 0
    return dE


@lru_cache(maxsize=16)
def flat_indices(shape: tuple[int, ...]) -> Array:
    """The position of each number of a table in its flat array: 0, 1, 2, ... in its shape."""
    return np.arange(prod(shape)).reshape(shape)


def sum_sparse(ids: Array, errors: Array) -> Rows:
    """The same, for the touched rows alone: sorting brings equal ids together.  The cost grows with n, not with V.

        ids 0 5 2 5 0 9        sorted 0 0 2 5 5 9        starts 2 3 5        lengths 1 2 1: only 5 has to be added up
    """
    pairs = np.sort(ids.astype(np.int64) << 32 | np.arange(len(ids)))           # (id, position) as one number
    ids, order = pairs >> 32, pairs & 0xFFFFFFFF                    # sorted; equal ids in the order of their positions
    starts = np.flatnonzero(np.diff(ids, prepend=0))                # where a new id begins; the zeros in front do not
    lengths = np.diff(starts, append=len(ids))                      # (R,) how often each id stands there
    sums = errors.take(order[starts], axis=0)                       # (R, ...) most stand once: the error is the sum
    again = lengths > 1
    if again.any():
        order = order[len(ids) - lengths.sum():]                    # without the positions of id 0,
        order = order[np.repeat(again, lengths)]                    # and of ids that stand once
        begins = np.cumsum(lengths[again]) - lengths[again]
        sums[again] = np.add.reduceat(errors.take(order, axis=0), begins, axis=0)
    return Rows(ids[starts], sums)
