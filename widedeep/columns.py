"""Columns: how a value of the table becomes the ids of the features that are 1.

A column learns on training rows (`fit`) and then gives every row its ids (`ids`), 1, 2, ... `size`; 0 means "nothing
known": a value not seen, seen too rarely, or no further value in a bag.  `value(id)` is the way back, so that every
weight can be read.

    Category   one value a row            occupation=student
    Buckets    a number, cut at quantiles age in [25, 31)
    Bag        several values a row       genres has Drama

(`@register` lets an archive find the class by its name again: registry.py.)

Read before: table.py        Read next: crosses.py
"""
from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import repeat
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.cells import refuse_other_spellings, shown
from widedeep.registry import register
from widedeep.table import Sheet


class Column:
    """What all columns share: a name, the table columns they read, and the number of ids they give."""

    def __init__(self, name: str, reads: tuple[str, ...]):
        if not isinstance(name, str):
            raise ValueError(f"{type(self).__name__}({shown(name)}): want the name of a column, a string")
        self.name, self.reads = name, reads
        self.size = 0                                               # ids 1 .. size; set by fit

    def fit(self, sheet: Sheet) -> None:
        raise NotImplementedError("a column writes this")

    def ids(self, sheet: Sheet) -> Array:
        """(N, slots) int32, 0 for nothing known."""
        raise NotImplementedError("a column writes this")

    def value(self, i: int) -> str:
        """The name of the feature with id i, 1 <= i <= size."""
        raise NotImplementedError("a column writes this")

    def state(self) -> dict[str, Any]:
        """Everything that fit learned, for an archive: strings, numbers, lists."""
        return dict(self.__dict__)

    def restore(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


class Vocabulary(Column):
    """Values that stand in training rows at least `min_count` times, the frequent ones first."""

    values: list[Hashable]
    several = False                                                 # may a row have more than one?

    def __init__(self, name: str, min_count: int = 1):
        if not isinstance(min_count, (int, np.integer)) or min_count < 1:
            kind = type(self).__name__
            raise ValueError(f"{kind}({name!r}): min_count {min_count!r}; want at least 1, a whole number")
        super().__init__(name, (name,))
        self.min_count = min_count
        self.values = []                                            # set by fit

    def learn(self, counts: Counter[Hashable]) -> None:
        numbers = [value for value in counts if not isinstance(value, str)]
        if len(numbers) < len(counts):                              # strings and numbers: is one spelled as both?
            refuse_other_spellings(self.name, numbers, counts, self.several)
        common = counts.most_common()                               # ties: in order of appearance
        self.restore({"values": [value for value, count in common if count >= self.min_count]})

    def restore(self, state: dict[str, Any]) -> None:
        super().restore(state)
        self.size = len(self.values)
        self.known = {value: i for i, value in enumerate(self.values, start=1)}

    def state(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "known"}

    def lookup(self, values: Sequence[Hashable]) -> Array:
        ids = np.fromiter(map(self.known.get, values, repeat(0)), np.int32, len(values))    # 0 for an unknown one
        strangers = {values[n] for n in np.flatnonzero(ids == 0).tolist()}
        refuse_other_spellings(self.name, strangers, self.known, self.several)
        return ids


@register("column")
class Category(Vocabulary):
    """A column of one value a row: strings, numbers, dates (cells.py).  "?" or "" is an ordinary value.

    name : the table's column        min_count : rarer values are not known (id 0)
    """

    def fit(self, sheet: Sheet) -> None:
        cells, codes = sheet.coded(self.name)
        self.learn(Counter(cells if codes is None else dict(zip(cells, np.bincount(codes).tolist()))))

    def ids(self, sheet: Sheet) -> Array:
        cells, codes = sheet.coded(self.name)
        ids = self.lookup(cells)
        return (ids if codes is None else ids[codes])[:, None]      # (N, 1)

    def value(self, i: int) -> str:
        return f"{self.name}={self.values[i - 1]}"


@register("column")
class Bag(Vocabulary):
    """A column of several values a row, such as genres: tuples or lists of them, or strings joined by `sep`.

    Each value of a row is a feature of its own; an empty bag has none.  Of joined strings, spaces around a value and
    empty parts count for nothing: "Drama, War," with sep="," has two values.
    """

    several = True

    def __init__(self, name: str, min_count: int = 1, sep: str | None = None):
        super().__init__(name, min_count)
        if sep is not None and (not isinstance(sep, str) or not sep):
            raise ValueError(f"Bag({name!r}): sep {sep!r}; want a separator such as '|', or None for tuples")
        self.sep = sep

    def fit(self, sheet: Sheet) -> None:
        self.learn(Counter(value for bag in self.bags(sheet) for value in bag))

    def ids(self, sheet: Sheet) -> Array:
        flat = self.lookup([value for bag in self.bags(sheet) for value in bag])        # all values, end to end
        return pack(np.repeat(np.arange(sheet.n), self.lengths(sheet)), flat, sheet.n)  # (N, longest bag)

    def bags(self, sheet: Sheet) -> list[tuple[Hashable, ...]]:
        return sheet.bags(self.name, self.sep)

    def lengths(self, sheet: Sheet) -> Array:
        """(N,) how many values each bag holds."""
        return np.fromiter(map(len, self.bags(sheet)), np.intp, sheet.n)

    def value(self, i: int) -> str:
        return f"{self.name} has {self.values[i - 1]}"


@register("column")
class Buckets(Column):
    """A number, cut at the quantiles of the training rows into at most n_q buckets.

    Equal numbers share a bucket, so a column that is mostly zeros gets fewer.   Cheng et al. 2016, section 4.1
    """

    def __init__(self, name: str, n_q: int = 10):
        if not isinstance(n_q, (int, np.integer)) or n_q < 2:
            raise ValueError(f"Buckets({name!r}): n_q {n_q!r}; want at least 2, since one bucket tells nothing")
        super().__init__(name, (name,))
        self.n_q = n_q
        self.cuts: list[float] = []                                 # ascending; cuts[i-2] <= x < cuts[i-1] in bucket i

    def fit(self, sheet: Sheet) -> None:
        x = sheet.numbers(self.name)
        cuts = np.unique(quantiles(x, self.n_q))
        self.cuts = cuts[cuts > x.min()].tolist()                   # a cut at the minimum would leave a bucket empty
        self.size = len(self.cuts) + 1

    def ids(self, sheet: Sheet) -> Array:
        x = sheet.numbers(self.name)
        return (1 + np.searchsorted(self.cuts, x, side="right")).astype(np.int32)[:, None]       # (N, 1)

    def value(self, i: int) -> str:
        edges = [np.format_float_positional(cut, trim="-") for cut in self.cuts]
        if i == 1:
            return f"{self.name} below {edges[0]}" if edges else f"{self.name} any"
        return f"{self.name} from {edges[-1]}" if i == self.size else f"{self.name} in [{edges[i - 2]}, {edges[i - 1]})"


def quantiles(x: Array, n_q: int) -> Array:
    """(n_q - 1,) cuts: the k-th is the least number with at least k / n_q of x (n,) at or below it."""
    k = np.arange(1, n_q)
    return np.sort(x)[-(-k * len(x) // n_q) - 1]                    # ceil(k n / n_q), in whole numbers: no rounding


def pack(rows: Array, ids: Array, n: int) -> Array:
    """(n, slots) int32: the known ids of each row side by side, padded with 0 up to the fullest row (or one slot).

    rows : (K,) ascending row numbers        ids : (K,) the id found there; 0 is left out
    """
    rows, ids = rows[ids > 0], ids[ids > 0]
    counts = np.bincount(rows, minlength=n)
    slots = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)        # 0, 1, ... within each row
    packed = np.zeros((n, max(1, counts.max(initial=1))), np.int32)
    packed[rows, slots] = ids
    return packed
