"""Hashing: columns without a vocabulary, that can still be read back.

    id = 1 + hash(text) mod buckets        hash = blake2b of the text's UTF-8 bytes, 8 bytes out, little-endian

A hash needs no list of known values, so a column of millions costs what its buckets cost.  The price is collisions:
two values may share a bucket, and then one weight serves both.  Two things show them: a bounded reverse map, from each
bucket to the `keep` most frequent values that fell into it in training rows; and the collision rate.

    education=Bachelors AND occupation=Sales  +0.83  (412 rows, 1 collision)

Why blake2b: Python's own hash() of a text differs from process to process, crc32 has 32 bits and maps texts that
differ alike to hashes that differ alike, and FNV-1a costs a Python loop over bytes.  blake2b (RFC 7693) is in every
Python's hashlib, is the same on every platform, and takes a microsecond; only distinct values are hashed.

A bucket that stayed empty in training is "nothing known", id 0: its row of an embedding table would be noise.

Read before: columns.py, crosses.py        Read next: periodic.py
"""
from collections import Counter
from collections.abc import Hashable, Iterable
from hashlib import blake2b
from math import prod
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.columns import Column, pack
from widedeep.crosses import Cross
from widedeep.registry import register
from widedeep.table import Sheet


def stable_hash(text: str) -> int:
    """A number in [0, 2^64), the same in every process and on every platform."""
    return int.from_bytes(blake2b(text.encode("utf-8"), digest_size=8).digest(), "little")


class ReverseMap:
    """The reverse map: which texts fell into which bucket, in how many training rows.

    buckets : how many there are        keep : texts remembered in each; its count of rows and texts is exact
    """

    def __init__(self, buckets: int, keep: int):
        self.buckets, self.keep = buckets, keep
        self.seen: dict[int, tuple[int, int, list[tuple[str, int]]]] = {}   # id -> rows, distinct texts, top of them

    def learn(self, texts: Iterable[str], counts: Iterable[int]) -> None:
        inside: dict[int, list[tuple[str, int]]] = {}
        for text, count in zip(texts, counts):
            inside.setdefault(1 + stable_hash(text) % self.buckets, []).append((text, int(count)))
        self.seen = {}
        for i, found in sorted(inside.items()):
            top = sorted(found, key=lambda pair: (-pair[1], pair[0]))[:self.keep]
            self.seen[i] = sum(count for _, count in found), len(found), top

    def id(self, text: str) -> int:
        """1 .. buckets, or 0 for a bucket that was empty in training."""
        i = 1 + stable_hash(text) % self.buckets
        return i if i in self.seen else 0

    @property
    def collisions(self) -> float:
        """The share of training rows whose bucket holds another value too."""
        rows = sum(rows for rows, _, _ in self.seen.values())
        return sum(rows for rows, texts, _ in self.seen.values() if texts > 1) / max(rows, 1)

    def value(self, i: int) -> str:
        """The bucket's most frequent text."""
        return self.seen[i][2][0][0] if i in self.seen else f"bucket {i}, empty in training"

    def line(self, i: int, weight: float) -> str:
        """value, weight, and with how many other values it shares the bucket."""
        rows, texts, _ = self.seen.get(i, (0, 1, []))
        others = texts - 1
        return f"{self.value(i)}  {weight:+.2f}  ({rows:,} row{'s' * (rows != 1)}, " \
               f"{others or 'no'} collision{'s' * (others != 1)})"

    def state(self) -> dict[str, Any]:
        return {"buckets": self.buckets, "keep": self.keep,
                "seen": [[i, rows, texts, top] for i, (rows, texts, top) in self.seen.items()]}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "ReverseMap":
        made = cls(state["buckets"], state["keep"])
        made.seen = {i: (rows, texts, [(text, count) for text, count in top]) for i, rows, texts, top in state["seen"]}
        return made


@register("column")
class Raw(Column):
    """A column's values as they stand in the table, known or not: a part of a HashedCross.  It gives no ids."""

    def __init__(self, name: str):
        super().__init__(name, (name,))

    def fit(self, sheet: Sheet) -> None:
        pass

    def ids(self, sheet: Sheet) -> Array:
        """(N, 1) zeros; raises for a missing value."""
        return np.zeros((len(sheet.cells(self.name)), 1), np.int32)


class HashedColumn(Column):
    """What both share: `codes` says which texts a table holds and where, the map gives them their ids."""

    map: ReverseMap

    def codes(self, sheet: Sheet) -> tuple[list[str], Array, Array]:
        """(distinct texts, rows (K,), which text (K,))."""
        raise NotImplementedError("a hashed column writes this")

    def fit(self, sheet: Sheet) -> None:
        counts: Counter[str] = Counter()
        for part in sheet.parts:
            texts, _, which = self.codes(part)
            counts.update(dict(zip(texts, np.bincount(which, minlength=len(texts)).tolist())))
        self.map.learn(counts.keys(), counts.values())

    def ids(self, sheet: Sheet) -> Array:
        """(N, slots) int32"""
        texts, rows, which = self.codes(sheet)
        table = np.array([self.map.id(text) for text in texts], np.int32)
        return pack(rows, table[which], sheet.n) if len(texts) else np.zeros((sheet.n, 1), np.int32)

    def value(self, i: int) -> str:
        return self.map.value(i)

    def line(self, i: int, weight: float) -> str:
        """education=Bachelors AND occupation=Sales  +0.83  (412 rows, 1 collision)"""
        return self.map.line(i, weight)

    @property
    def collisions(self) -> float:
        """The share of training rows whose bucket holds another value too."""
        return self.map.collisions

    def state(self) -> dict[str, Any]:
        return {"name": self.name, "reads": list(self.reads), "size": self.size, "map": self.map.state()}

    def restore(self, state: dict[str, Any]) -> None:
        self.__dict__.update(name=state["name"], reads=tuple(state["reads"]), size=state["size"],
                             map=ReverseMap.from_state(state["map"]))


@register("column")
class Hashed(HashedColumn):
    """A column of one value a row, hashed into `buckets`.  1, 1.0, True and "1" are the same
    text, and so the same value.

    name : the table's column        buckets : 2 or more        keep : values remembered in each bucket, 1 or more
    Raises ValueError for fewer of either; fit and ids, for a missing value.
    """

    def __init__(self, name: str, buckets: int, keep: int = 3):
        check(f"Hashed({name!r})", buckets, keep)
        super().__init__(name, (name,))
        self.size, self.map = buckets, ReverseMap(buckets, keep)

    def codes(self, sheet: Sheet) -> tuple[list[str], Array, Array]:
        texts, which = texts_of(Raw(self.name), sheet)
        return texts, np.arange(sheet.n), which[:, 0]


@register("column")
class HashedCross(HashedColumn, Cross):
    """AND of two columns or more, hashed into `buckets`: every tuple has an id, without a list of the known ones.

    parts : names of the table's columns, whose every value counts, or columns such as Buckets or Bag, whose known
        ids do
    buckets, keep : as for Hashed.  The text that is hashed is the cross's name in words: "a=1 AND b=2".
    Two values of one bag that fall into one bucket stand in the row twice, and count twice.
    """

    def __init__(self, *parts: Column | str, buckets: int, keep: int = 3):
        Cross.__init__(self, *(Raw(part) if isinstance(part, str) else part for part in parts))
        check(f"HashedCross({self.name})", buckets, keep)
        self.size, self.map = buckets, ReverseMap(buckets, keep)

    def codes(self, sheet: Sheet) -> tuple[list[str], Array, Array]:
        words, keys = [], np.zeros((sheet.n, 1), np.int64)
        known = np.ones((sheet.n, 1), bool)
        for part in self.parts:
            texts, which = texts_of(part, sheet)                    # (N, slots of the part), -1 for nothing
            words.append(texts)
            keys = (keys[:, :, None] * len(texts) + which[:, None, :]).reshape(sheet.n, -1)
            known = (known[:, :, None] & (which >= 0)[:, None, :]).reshape(sheet.n, -1)
        if prod(map(len, words)) > np.iinfo(np.int64).max:
            raise ValueError(f"{self.name}: too many tuples for a 64-bit number; cross fewer columns")
        rows, slots = np.nonzero(known)
        distinct, which = np.unique(keys[rows, slots], return_inverse=True)
        spelled = []
        for key in distinct.tolist():
            names = []
            for texts in reversed(words):
                key, digit = divmod(key, len(texts))
                names.append(texts[digit])
            spelled.append(" AND ".join(reversed(names)))
        return spelled, rows, which


def texts_of(part: Column, sheet: Sheet) -> tuple[list[str], Array]:
    """(distinct texts, which of them stands in each slot (N, slots), -1 for nothing known)."""
    if isinstance(part, Raw):
        values = sheet.cells(part.name)                             # refuses missing values
        known: dict[Hashable, int] = {value: i for i, value in enumerate(dict.fromkeys(values))}
        return [f"{part.name}={plain(value)}" for value in known], np.array([known[value] for value in values])[:, None]
    ids, which = np.unique(sheet.ids(part), return_inverse=True)
    which = which.reshape(sheet.ids(part).shape)
    if len(ids) and ids[0] == 0:
        ids, which = ids[1:], which - 1
    return [part.value(int(i)) for i in ids], which


def plain(value: Hashable) -> Hashable:
    """1.0 and True are spelled 1: pandas makes floats of whole numbers where a column had a gap."""
    return int(value) if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()) else value


def check(who: str, buckets: int, keep: int) -> None:
    if not all(isinstance(count, (int, np.integer)) for count in (buckets, keep)) or buckets < 2 or keep < 1:
        raise ValueError(f"{who}: buckets {buckets}, keep {keep}; want at least 2 and 1")
