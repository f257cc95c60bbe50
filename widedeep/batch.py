"""A batch: rows, encoded.  `batch[rows]` gathers some of them; that is all a mini-batch is.

Read next: encoder.py
"""
from dataclasses import dataclass
from typing import Any

import numpy as np

from perceptron.activations import Array


@dataclass(frozen=True)
class Batch:
    """N encoded rows.

    wide : (N, F) int32      ids of the wide features that are 1, padded with 0
    deep : (N, S) int32      rows of the embedding table: columns of one value first, a slot each; then each bag's slots
    bags : one number a bag  how many slots it has
    shares : (N, sum(bags))  of each of these slots: 1 / the number of known values in its bag; 0 for padding
    numbers : (N, M)         scaled numbers
    labels : (N, 1)          0 or 1; None when serving
    """

    wide: Array
    deep: Array
    bags: tuple[int, ...]
    shares: Array
    numbers: Array
    labels: Any = None

    def __len__(self) -> int:
        return len(self.wide)

    def __getitem__(self, rows: Array) -> "Batch":
        """The rows with these numbers (or this slice, or where this mask (N,) is true), in this order."""
        rows = row_numbers(rows, len(self))
        return Batch(self.wide.take(rows, axis=0), self.deep.take(rows, axis=0), self.bags,
                     self.shares.take(rows, axis=0), self.numbers.take(rows, axis=0),
                     None if self.labels is None else self.labels.take(rows, axis=0))


def row_numbers(rows: Any, n: int) -> Array:
    """(k,) which of n rows are meant by row numbers, a mask (n,), a slice, a list, or one number."""
    if isinstance(rows, np.ndarray) and rows.ndim == 1 and rows.dtype.kind in "iu":
        return rows                                                 # the usual case: a mini-batch
    if not isinstance(rows, slice):
        rows = np.asarray(rows)
        if rows.ndim > 1 or (rows.size and rows.dtype.kind not in "iub"):
            raise IndexError(f"rows {rows.dtype} {rows.shape}; want row numbers, a mask ({n},) or a slice")
        rows = rows if rows.size else np.zeros(0, np.intp)
    return np.atleast_1d(np.arange(n)[rows])
