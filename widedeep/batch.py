"""A batch: rows, encoded.  `batch[rows]` gathers some of them; that is all a mini-batch is.

Read next: encoder.py
"""
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from mlp.train import check_takes
from perceptron.activations import Array
from widedeep.cells import shown


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

    def parts(self) -> Iterator[tuple[Any, "Batch"]]:
        """(row numbers, batch) of parts to be computed one by one: all rows at once.  (See Ragged.)"""
        yield slice(None), self

    def whole(self) -> "Batch":
        """All rows in one array each, as they are here.  (See Ragged.)"""
        return self


@dataclass(frozen=True)
class Ragged:
    """A batch in which a few rows are much longer than the others: parts of rows of about one length, padded apart.

    Gathering a mini-batch pads its rows to the longest of them, so that memory follows the number of values; the whole
    arrays (wide, deep, shares), padded to the longest row of all, are made only if somebody reads them.

    part, place : (N,)       each row's part, and its number there        the rest : as for Batch
    """

    pieces: tuple[Batch, ...]
    part: Array
    place: Array
    numbers: Array
    labels: Any = None
    made_by: str = ""

    @classmethod
    def of(cls, rows: Sequence[Array], pieces: Sequence[Batch], labels: Any) -> "Ragged":
        """rows : of each piece, the numbers of its rows"""
        order = np.argsort(np.concatenate(rows))
        sizes = [len(piece) for piece in pieces]
        part, place = np.repeat(np.arange(len(pieces)), sizes), np.concatenate([np.arange(size) for size in sizes])
        numbers = np.concatenate([piece.numbers for piece in pieces])
        return cls(tuple(pieces), part[order], place[order], numbers[order], labels, pieces[0].made_by)

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, rows: Any) -> Batch:
        rows = row_numbers(rows, len(self))
        part, place = self.part[rows], self.place[rows]
        used = np.unique(part)
        found = [self.pieces[k][place[part == k]] for k in used] or [self.pieces[0][np.arange(0)]]
        order = np.argsort(np.concatenate([np.flatnonzero(part == k) for k in used])) if len(used) else slice(0)
        bags = tuple(map(max, *(piece.bags for piece in found))) if len(found) > 1 else found[0].bags
        width = max(piece.wide.shape[1] for piece in found)
        single = found[0].deep.shape[1] - sum(found[0].bags)
        deep = [np.hstack([piece.deep[:, :single], widened(piece.deep[:, single:], piece.bags, bags)])
                for piece in found]
        return Batch(np.concatenate([widened(piece.wide, (piece.wide.shape[1],), (width,)) for piece in found])[order],
                     np.concatenate(deep)[order], bags,
                     np.concatenate([widened(piece.shares, piece.bags, bags) for piece in found])[order],
                     self.numbers[rows], None if self.labels is None else self.labels[rows], self.made_by)

    def parts(self) -> Iterator[tuple[Any, Batch]]:
        """(row numbers, rows of about one length), several times."""
        for k in range(len(self.pieces)):
            rows = np.flatnonzero(self.part == k)
            yield rows, self[rows]

    def whole(self) -> Batch:
        """All rows, padded to the longest."""
        return self[np.arange(len(self))]

    wide = property(lambda self: self.whole().wide)
    deep = property(lambda self: self.whole().deep)
    shares = property(lambda self: self.whole().shares)
    bags = property(lambda self: self.whole().bags)


def widened(ids: Array, have: Sequence[int], want: Sequence[int]) -> Array:
    """Blocks of columns side by side, have[k] of the k-th, each padded with 0 on its right to want[k]."""
    if tuple(have) == tuple(want):
        return ids
    wider, start, at = np.zeros((len(ids), sum(want)), ids.dtype), 0, 0
    for mine, theirs in zip(have, want):
        wider[:, at:at + mine] = ids[:, start:start + mine]
        start, at = start + mine, at + theirs
    return wider


def digest(learned: Any) -> str:
    """A fingerprint of what an encoder learned: 16 hexadecimal digits, the same for equal contents."""
    return blake2b(json.dumps(learned, default=contents).encode(), digest_size=8).hexdigest()


def contents(value: Any) -> Any:
    """What JSON does not know, by its contents, as a column of your own may hold it."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (set, frozenset)):
        return sorted(map(repr, value))
    return [type(value).__name__, vars(value)] if hasattr(value, "__dict__") else repr(value)


def check_is_batch(who: str, batch: Any) -> None:
    """Raise ValueError for what is no batch, as a table."""
    if not isinstance(batch, (Batch, Ragged)) and not hasattr(batch, "shares"):         # the ranker's bags have shares
        raise ValueError(f"{who}: a {type(batch).__name__}, {shown(batch)}, is no batch; want encoder.encode(table), "
                         "or to train encoder.encode(table, labels)")


def check_made_by(who: str, made_by: str, fingerprint: str, of: str = "model's") -> None:
    """Raise ValueError if two fingerprints differ: ids mean something else to another encoder.  "" fits all."""
    if made_by and fingerprint and made_by != fingerprint:
        raise ValueError(f"{who}: another encoder ({made_by[:8]}) than the {of} ({fingerprint[:8]}), so that ids mean "
                         "other features; want batches, encoder.encode(table), of the one that trained the model")


def check_weights(what: str, weight: Any, batch: Batch | None) -> tuple[Array | None, float]:
    """(weights (N, 1), their mean), or (None, 1).  Raises ValueError unless they are >= 0, one a row, not all 0."""
    if weight is None:
        return None, 1.0
    weight = np.asarray(weight, np.float64 if batch is None else batch.numbers.dtype)
    if batch is None or weight.shape != (len(batch), 1):
        hint = "; np.reshape(weights, (-1, 1)) is a column" if weight.ndim == 1 else ""
        raise ValueError(f"fit: {what} {weight.shape}; want ({len(batch or ())}, 1), one weight a row{hint}")
    if not (np.isfinite(weight).all() and weight.min() >= 0 and weight.any()):
        raise ValueError(f"fit: {what} from {weight.min()} to {weight.max()}; want 0 or more, finite, and not all 0")
    return weight, float(weight.mean(dtype=np.float64))


def weights_of(what: str, weight: Any, batch: Batch | None, name: str, loss: Callable[..., Any]
               ) -> tuple[Array | None, float]:
    """As check_weights.  Raises ValueError, too, where the loss of this name takes no weights."""
    weight, mean = check_weights(what, weight, batch)
    if weight is not None:
        check_takes(name, loss, weight, weight, weight, *((mean,) if name == "loss" else ()))
    return weight, mean


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
