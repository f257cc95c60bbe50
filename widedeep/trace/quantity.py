"""A quantity: one number or array of the trace, with its symbol, its equation and its shape.

A stop is what is looked at together: some quantities of one of the five steps, and the parts of the graph where they
are.  As tables, arrays of one example lie down where their entries have names: X (1, 13) is 13 lines.

Read before: recording.py        Read next: steps.py
"""
from typing import NamedTuple

import numpy as np

from perceptron.activations import Array


class Quantity(NamedTuple):
    """symbol, equation : as in docs/design.md        array : as it was recorded
    down, across : the names of the table's lines and of its columns, none where both are ()
    code : the full name of the parameter that it is, or whose gradient or memory it is
    mixed : the columns are different things side by side, so that each has colours of its own
    """

    symbol: str
    equation: str
    array: Array
    down: tuple[str, ...] = ()
    across: tuple[str, ...] = ()
    code: str = ""
    mixed: bool = False

    def table(self) -> Array:
        """Two-dimensional: a line for each name of `down`, or for each row of the array."""
        if self.down:
            return self.array.reshape(len(self.down), -1)
        return self.array.reshape(-1, self.array.shape[-1]) if self.array.ndim > 1 else self.array.reshape(1, -1)


class Stop(NamedTuple):
    """step, part : 3, 2 is the second stop of the article's step 3        way : "forward", "back", or "weights", where
        nothing flows
    text : what happens here, in words        parts : of the graph, those that are looked at (graph.py)
    """

    step: int
    part: int
    title: str
    text: str
    quantities: list[Quantity]
    parts: tuple[str, ...]
    way: str = "forward"

    @property
    def number(self) -> str:
        return f"{self.step}.{self.part}"


def as_words(x: float | int) -> str:
    """A number in at most eight characters: +0.1234, -3.2e-05, 0; whole numbers, as ids, without a sign."""
    if isinstance(x, (int, np.integer)) or x == 0:
        return str(int(x))
    return f"{x:+.4f}" if 0.001 <= abs(x) < 100 else f"{x:+.1f}" if 100 <= abs(x) < 10_000 else f"{x:+.1e}"


def plain(x: float) -> str:
    """The same without a plus: of a probability, a loss, a rate."""
    return as_words(x).removeprefix("+")
