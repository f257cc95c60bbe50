"""The trace as text, and as JSON.

Read before: steps.py        Read next: colours.py
"""
import textwrap
from collections.abc import Sequence
from typing import Any

from widedeep.trace.quantity import Quantity, Stop, as_words, plain
from widedeep.trace.steps import ARTICLE

WIDTH, NAME, CELL = 118, 56, 10                         # of a line, at most of a name in it, of a number


def as_text(stops: Sequence[Stop]) -> str:
    """The five steps, each with its stops."""
    lines: list[str] = []
    for stop in stops:
        if stop.part == 1:
            title = f"STEP {stop.step}.  {ARTICLE[stop.step]}"
            lines += ["", title, "=" * len(title)]
        lines += ["", f"{stop.number}  {stop.title}", textwrap.fill(stop.text, WIDTH, initial_indent="     ",
                                                                    subsequent_indent="     ")]
        for quantity in stop.quantities:
            lines += ["", *lines_of(quantity)]
    return "\n".join(lines[1:]) + "\n"


def lines_of(quantity: Quantity) -> list[str]:
    """Its symbol, shape and equation in one line, then the numbers, under and beside their names."""
    table, down, across = quantity.table(), quantity.down, quantity.across
    head = f"     {quantity.symbol} {shape(quantity)}   {quantity.equation}"
    if table.size == 1 and not down:
        return [f"{head}  =  {(plain if unsigned(quantity) else as_words)(table[0, 0])}"]
    width = min(NAME, WIDTH - 7 - CELL * table.shape[1], max(map(len, down), default=0))
    lines = [head]
    if across:
        lines.append(" " * (7 + width) + "".join(f"{name:>{CELL}}" for name in across))
    for k, row in enumerate(table):
        name = shortened(down[k], width) if down else ""
        lines.append(f"       {name:<{width}}" + "".join(f"{as_words(x):>{CELL}}" for x in row))
    return lines


def unsigned(quantity: Quantity) -> bool:
    """Never below 0: probabilities, labels, losses."""
    return quantity.symbol.rstrip("'") in ("p", "y", "L")


def shape(quantity: Quantity) -> str:
    """The array's own, as in NumPy; a loss is a number."""
    return "number" if quantity.symbol.startswith("L") else str(quantity.array.shape)


def shortened(name: str, most: int) -> str:
    """The name, its longest part cut until it is short enough: "a=Alpha.. AND b=Beta".  Three letters always stay."""
    parts = name.split(" AND ")
    keep = [len(part) for part in parts]
    while len(short := " AND ".join(part if n == len(part) else part[:n].rstrip() + ".."
                                    for part, n in zip(parts, keep))) > most and max(keep) > 3:
        keep[keep.index(max(keep))] -= 1
    return short


def as_json(stops: Sequence[Stop]) -> list[dict[str, Any]]:
    """[{"step", "part", "title", "text", "quantities": [{"symbol", "equation", "shape", "values", "down", "across",
    "parameter"}]}], the values nested as the array is; parameter is null where it is none."""
    return [{"step": stop.step, "part": stop.part, "title": stop.title, "text": stop.text,
             "quantities": [{"symbol": q.symbol, "equation": q.equation, "shape": list(q.array.shape),
                             "values": q.array.tolist(), "down": list(q.down), "across": list(q.across),
                             "parameter": q.code or None} for q in stop.quantities]} for stop in stops]
