"""A sparse gradient: the rows of a table that a batch touched, and nothing about the others.

    dense    [[0 0] [3 1] [0 0] [0 0] [2 5]]        sparse    ids [1 4]    values [[3 1] [2 5]]

A batch looks up some hundred rows of an embedding table of a million; all other rows have a gradient of 0.

Read before: dense.py        Read next: optimizers.py
"""
from typing import NamedTuple

import numpy as np

from perceptron.activations import Array


class Rows(NamedTuple):
    """Gradient of a table, for the rows that the batch touched.  Each id stands once: repeats are already summed."""

    ids: Array          # (R,) int, no repeats
    values: Array       # (R, ...) one row of gradient for each id

    def dense(self, shape: tuple[int, ...]) -> Array:
        """The same gradient as an array as long as the table, 0 in every other row."""
        whole = np.zeros(shape, self.values.dtype)
        whole[self.ids] = self.values
        return whole


def put_rows(table: Array, ids: Array, rows: Array) -> None:
    """table[ids] = rows, three times faster: each row is moved as one item, not number by number."""
    if not table.flags.c_contiguous:                                # a view of it would be a copy
        table[ids] = rows
    elif rows.size:
        row = np.dtype((np.void, rows[0].nbytes))
        np.put(table.reshape(len(table), -1).view(row), ids, rows.reshape(len(rows), -1).view(row))
