"""The encoder: from a table of values to a batch of ids, the same way in training and in serving.

It learns vocabularies, cuts and means on training rows only.  Each column owns a block of ids, so that equal values in
two columns stay apart:

    id      0          1 .. 7            8 .. 28         29 ...
            nothing    age (7 buckets)   genres (21)     occupation x genres
            known

Read before: columns.py, crosses.py, numbers.py        Read next: rows.py
"""
import copy
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from perceptron.neuron import check_labels
from widedeep.batch import Batch, Ragged, digest
from widedeep.columns import Bag, Category, Column
from widedeep.crosses import Cross, slots_of
from widedeep.numbers import Number, check_columns, read_numbers, stack
from widedeep.registry import find, name_of, register
from widedeep.table import Sheet, Table


@register("encoder")
class Encoder:
    """wide : columns and crosses of the wide tower        deep : columns to embed        numbers : Quantile or Standard

    One object may stand in both towers and in crosses; it is fitted and read once.  The encoder fits copies.  In wide
    and deep a name stands for the column of that name, or else for a Category, as in Cross.
    """

    def __init__(self, wide: Sequence[Column | str] = (), deep: Sequence[Column | str] = (),
                 numbers: Sequence[Number] = ()):
        for tower, columns in (("wide", wide), ("deep", deep), ("numbers", numbers)):
            check_columns(tower, columns)
            names = [column if isinstance(column, str) else column.name for column in columns]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"Encoder: {tower} names {twice} twice; give each column once")
        if not (wide or deep or numbers):
            raise ValueError("Encoder: no columns; want wide=[...], deep=[...] or numbers=[...]")
        wide, deep, numbers = copy.deepcopy((wide, deep, numbers))  # the caller's stay unfitted
        named: dict[str, Column] = {column.name: column for column in (*deep, *wide)
                                    if isinstance(column, Column) and not isinstance(column, Cross)}
        self.wide, by_name = ([named.setdefault(column, Category(column)) if isinstance(column, str) else column
                               for column in columns] for columns in (wide, deep))
        self.deep = sorted(by_name, key=lambda column: isinstance(column, (Bag, Cross)))  # bags come last: see Batch
        self.numbers = list(numbers)
        self.columns: list[Any] = []                    # every column once, a cross after its parts
        for column in (*self.wide, *self.deep):
            self.add(column, named)
        self.columns += [number for number in self.numbers if number not in self.columns]
        self.fitted = False

    def add(self, column: Column, named: dict[str, Column]) -> None:
        if isinstance(column, Cross):
            parts = [named.setdefault(part, Category(part)) if isinstance(part, str) else part for part in column.given]
            for part in parts:
                self.add(part, named)
            column.resolve(tuple(parts))
        if column not in self.columns:
            self.columns.append(column)

    @property
    def n_wide(self) -> int:
        """Ids of the wide tower, id 0 included: the length of its weights."""
        return 1 + sum(column.size for column in self.wide)

    @property
    def n_deep(self) -> int:
        """Rows of the embedding table, row 0 included."""
        return 1 + sum(column.size for column in self.deep)

    @property
    def n_inputs(self) -> tuple[int, int]:
        """What the deep tower sees of a row: (embedded columns, numbers)."""
        return len(self.deep), len(self.numbers)

    def fit(self, table: Table) -> "Encoder":
        """Learn from training rows.  Raises ValueError for unknown, unequal or empty columns, or numbers not finite."""
        sheet = self.sheet(table)
        for column in self.columns:
            column.fit(sheet)
        self.fitted = True
        self.__dict__.pop("fingerprint", None)
        return self

    @cached_property
    def fingerprint(self) -> str:
        """A digest of all that was learned.  Batches carry it, and a model accepts those of one encoder only."""
        if not self.fitted:
            raise ValueError("Encoder: nothing learned yet; call fit(training rows) first")
        return digest(self.learned(lambda column: type(column).__name__))

    def encode(self, table: Table, labels: npt.ArrayLike | None = None, dtype: npt.DTypeLike = np.float32
               ) -> Batch | Ragged:
        """N rows of the table, with labels (N, 1), 0 or 1, when training.  Raises ValueError as fit does."""
        if not self.fitted:
            raise ValueError("Encoder.encode: call fit(training rows) first")
        sheet = self.sheet(table)
        if labels is not None:
            check_labels("Encoder.encode", labels, sheet.n)
            labels = np.asarray(labels).astype(dtype)
        if len(sheet.parts) == 1:
            return self.encode_sheet(sheet, labels, dtype)
        read_numbers(self.numbers, sheet, dtype)                    # read whole, so that an error names the row
        for column in self.columns:
            if not isinstance(column, (Bag, Cross, Number)):
                sheet.ids(column)
        return Ragged.of([part.rows for part in sheet.parts],
                         [self.encode_sheet(part, None, dtype) for part in sheet.parts], labels)

    def encode_sheet(self, sheet: Sheet, labels: Any, dtype: npt.DTypeLike) -> Batch:
        wide, _ = self.blocks(sheet, self.wide)
        deep, widths = self.blocks(sheet, self.deep)
        single = sum(not isinstance(column, (Bag, Cross)) for column in self.deep)
        bags, start, shares = widths[single:], single, []
        for width in bags:
            known = deep[:, start:start + width] > 0                # (N, slots of this bag)
            shares.append(known / np.maximum(known.sum(axis=1, keepdims=True), 1))
            start += width
        return Batch(wide, deep, tuple(bags), stack(shares, sheet.n).astype(dtype),
                     read_numbers(self.numbers, sheet, dtype), labels, self.fingerprint)

    @property
    def reads(self) -> list[str]:
        """The table's columns that encoding reads."""
        return list(dict.fromkeys(name for column in self.columns for name in column.reads))

    def sheet(self, table: Table) -> Sheet:
        sheet = Sheet(table, self.reads)
        if any(isinstance(column, Bag) for column in self.columns):
            sheet.split(slots_of(sheet, [*self.wide, *self.deep]))
        return sheet

    @staticmethod
    def blocks(sheet: Sheet, columns: Sequence[Column]) -> tuple[Array, list[int]]:
        """Ids (N, slots) of all columns side by side, each moved to its own block; and each column's slots."""
        parts, offset = [np.zeros((sheet.n, 0), np.int32)], 0
        for column in columns:
            ids = sheet.ids(column)
            parts.append(np.where(ids > 0, ids + np.int32(offset), 0))
            offset += column.size
        return np.concatenate(parts, axis=1), [part.shape[1] for part in parts[1:]]

    def wide_name(self, i: int) -> str:
        """The wide feature with id i, in words: "occupation=student AND genres has Drama"."""
        return self.name(self.wide, i)

    def deep_name(self, i: int) -> str:
        """The row i of the embedding table, in words."""
        return self.name(self.deep, i)

    @staticmethod
    def name(columns: Sequence[Column], i: int) -> str:
        if i == 0:
            return "nothing known"
        rest = i
        for column in columns:
            if 0 < rest <= column.size:
                return column.value(rest)
            rest -= column.size
        raise ValueError(f"id {i} is out of range; want 0 .. {i - rest}" if i > 0 else f"id {i}: want 0 or more")

    def state(self) -> dict[str, Any]:
        """Everything learned, as JSON can hold it.  Raises TypeError for a column whose kind is not registered."""
        return self.learned(lambda column: name_of(column, "column", "number"))

    def learned(self, kind: Callable[[Any], str]) -> dict[str, Any]:
        def where(columns: Sequence[Any]) -> list[int]:
            return [self.columns.index(column) for column in columns]
        columns = [{"kind": kind(c), "state": c.state(), "parts": where(getattr(c, "parts", ()))}
                   for c in self.columns]
        return {"columns": columns, "wide": where(self.wide), "deep": where(self.deep), "numbers": where(self.numbers)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        columns: list[Any] = []
        for saved in state["columns"]:
            kind = find(saved["kind"], "column", "number")
            column = kind.__new__(kind)                             # restore takes the place of __init__
            column.restore(saved["state"])
            if saved["parts"]:
                column.parts = column.given = tuple(columns[i] for i in saved["parts"])
            columns.append(column)
        encoder = cls(*([columns[i] for i in state[tower]] for tower in ("wide", "deep", "numbers")))
        encoder.fitted = True
        return encoder
