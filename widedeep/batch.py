"""A batch: rows, encoded.  `batch[rows]` gathers some of them; that is all a mini-batch is.

Read next: encoder.py
"""
import json
from dataclasses import dataclass
from hashlib import blake2b
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
    made_by : the fingerprint of its encoder; "" for a batch made by hand
    """

    wide: Array
    deep: Array
    bags: tuple[int, ...]
    shares: Array
    numbers: Array
    labels: Any = None
    made_by: str = ""

    def __len__(self) -> int:
        return len(self.wide)

    def __getitem__(self, rows: Array) -> "Batch":
        """The rows with these numbers (or this slice, or where this mask (N,) is true), in this order."""
        rows = row_numbers(rows, len(self))
        return Batch(self.wide.take(rows, axis=0), self.deep.take(rows, axis=0), self.bags,
                     self.shares.take(rows, axis=0), self.numbers.take(rows, axis=0),
                     None if self.labels is None else self.labels.take(rows, axis=0), self.made_by)


def digest(learned: Any) -> str:
    """A fingerprint of what an encoder learned: 16 hexadecimal digits, the same for equal contents."""
    return blake2b(json.dumps(learned, default=repr).encode(), digest_size=8).hexdigest()


def check_made_by(who: str, made_by: str, fingerprint: str, of: str = "model's") -> None:
    """Raise ValueError if two fingerprints differ: ids mean something else to another encoder.  "" fits all."""
    if made_by and fingerprint and made_by != fingerprint:
        raise ValueError(f"{who}: another encoder ({made_by[:8]}) than the {of} ({fingerprint[:8]}), so that ids mean "
                         "other features; want batches, encoder.encode(table), of the one that trained the model")


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
