"""Columns in the graph: from an input (N, 1) to ids (N, slots), 0 for nothing known, as columns.py has it.

    Category    LabelEncoder: text or number -> id
    Buckets     1 + how many cuts are at or below x
    Bag         StringSplit, then LabelEncoder
    Cross       the parts' ids as digits of one number, then LabelEncoder: the keys of crosses.py

Read before: onnx_graph.py, columns.py, crosses.py        Read next: onnx_numbers.py
"""
import re
from typing import Any

import numpy as np

from widedeep.auto.reading import GAPS
from widedeep.bridges.onnx_graph import Graph, as_float32
from widedeep.bridges.onnx_inputs import MISSING, Input, spelled
from widedeep.columns import Bag, Buckets, Category
from widedeep.crosses import Cross
from widedeep.features.missing import BagWithMissing, WithMissing

BLANK = r"[\s\p{Z}\x0b\x1c-\x1f\x85]*"                  # what str.strip leaves nothing of
UNKNOWN = f"(?i){BLANK}({'|'.join(map(re.escape, sorted(GAPS)))}){BLANK}"               # texts that say: not known


def raw(graph: Graph, given: Input) -> str:
    """A TableEncoder's input as its columns read it (auto/reading.py): texts that say so are missing, "", and numbers
    that are not finite, NaN."""
    graph.at = given.name
    if not given.text:
        return graph.add("Where", graph.add("IsInf", given.name), graph.constant(np.nan), given.name)
    graph.strings(f"column {given.name!r}, a text of a table,")
    says_so = graph.add("RegexFullMatch", given.name, pattern=UNKNOWN)
    return graph.add("Where", says_so, graph.text(""), given.name)


class Ids:
    """The ids of each column, made once, wherever it stands."""

    def __init__(self, graph: Graph, inputs: dict[str, Input]):
        self.graph, self.inputs = graph, inputs
        self.made: dict[int, tuple[str, bool]] = {}

    def of(self, column: Any) -> tuple[str, bool]:
        """The name of its ids (N, slots) int64, and whether there may be several slots."""
        if id(column) not in self.made:
            self.made[id(column)] = self.make(column)
        return self.made[id(column)]

    def make(self, column: Any) -> tuple[str, bool]:
        if isinstance(column, Cross):
            return self.cross(column)                               # its parts are made first
        self.graph.at = column.name
        if isinstance(column, Bag):
            return self.bag(column), True
        name = column.reads[0]
        if isinstance(column, WithMissing):
            return self.with_missing(name, column), False
        return self.single(name, column), False

    def single(self, name: str, column: Any) -> str:
        """Category, Buckets, Exact."""
        graph, x = self.graph, self.inputs[name].value
        if isinstance(column, Category) and self.inputs[name].text:
            return graph.look_up(x, distinct(name, [spelled(value) for value in column.values]), "strings")
        if isinstance(column, Category):
            return graph.look_up(x, [float(value) for value in column.values], "floats")     # type: ignore[arg-type]
        if isinstance(column, Buckets):
            return self.bucket(x, column.cuts, 1)
        exact = graph.look_up(x, as_float32(f"Exact({name!r})", column.values).tolist(), "floats")
        if not column.edges:
            return exact
        rest = self.bucket(x, column.edges[1:-1], len(column.values) + 1)
        return graph.add("Where", graph.add("Greater", exact, graph.constant(0, np.int64)), exact, rest)

    def bucket(self, x: str, cuts: list[float], first: int) -> str:
        """first + how many cuts are at or below x."""
        graph = self.graph
        first_id = graph.constant([[first]], np.int64)
        reached = graph.add("GreaterOrEqual", x, graph.constant(cuts))                  # (N, cuts)
        return graph.add("Add", graph.count(reached), first_id)

    def with_missing(self, name: str, column: WithMissing) -> str:
        graph, gap = self.graph, self.gap(name)
        known = self.single(name, column.column) if column.learned else graph.constant([[0]], np.int64)
        return graph.add("Where", gap, graph.constant([[column.size if column.seen else 0]], np.int64), known)

    def gap(self, name: str) -> str:
        """(N, 1) of truths: is the value missing?  As features/missing.py has it, also of bags."""
        given = self.inputs[name]
        if not given.text:
            return self.graph.add("IsNaN", given.value)
        self.graph.strings(f"column {name!r}, of texts that may be missing,")
        joined = any(bag.sep is not None for bag in given.bags)     # in the table: then a blank text is missing, too
        blank = BLANK if joined or not given.sep else MISSING
        return self.graph.add("RegexFullMatch", given.value, pattern=f"{blank}|{MISSING}" if joined else blank)

    def bag(self, column: Bag) -> str:
        """(N, 1 + longest bag); the first slot is of a missing one, so that no row is without a slot."""
        graph, name, text = self.graph, column.name, self.inputs[column.name].value
        graph.strings(f"column {name!r}, a bag,")
        split = graph.add("StringSplit", text, delimiter=self.inputs[name].sep, outputs=2)     # (N, 1, longest)
        keys = distinct(name, [spelled(value) for value in column.values])
        ids = list(range(1, len(keys) + 1))
        if column.sep is not None and column.sep.strip():           # "Drama, War": a space beside the separator
            keys = [before + key + after for before in ("", " ") for after in ("", " ") for key in keys]
            ids *= 4
        split = graph.add("Squeeze", split, graph.constant([1], np.int64))
        known = graph.encode(split, keys, ids, "strings") if keys else graph.look_up(split, [], "strings")
        seen = isinstance(column, BagWithMissing) and column.seen
        gap = graph.encode(text, [MISSING], [column.size if seen else 0], "strings")    # (N, 1)
        return graph.add("Concat", gap, known, axis=1)

    def cross(self, column: Cross) -> tuple[str, bool]:
        graph = self.graph
        keys, several = self.of(column.parts[0])
        for part, base in zip(column.parts[1:], column.radix()[1:]):
            ids, more = self.of(part)
            graph.at = column.name
            both = several and more                                 # each slot of the one with each of the other
            if both:
                keys = graph.add("Unsqueeze", keys, graph.constant([2], np.int64))      # (N, S, 1)
                ids = graph.add("Unsqueeze", ids, graph.constant([1], np.int64))        # (N, 1, slots of the part)
            keys = graph.add("Add", graph.add("Mul", keys, graph.constant(base, np.int64)), ids)
            keys = graph.add("Flatten", keys, axis=1) if both else keys
            several |= more
        graph.at = column.name
        return graph.look_up(keys, column.known.tolist(), "int64s"), several       # no known key has a digit 0


def distinct(name: str, keys: list[str]) -> list[str]:
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"onnx: column {name!r} has two values that are spelled {twice!r}; want strings, or numbers")
    return keys
