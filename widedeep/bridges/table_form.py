"""The form of a text table: its encoding, what stands between the values, and its header, told by looking at the file.

Read before: datasets/table.py        Read next: tables.py
"""
import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SAMPLE = 2 ** 18                                        # characters by which the form is told
BETWEEN = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
WHOLE = r"[+-]?(?:0|[1-9][0-9]*)"
FLOAT = rf"{WHOLE}(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|[+-]?\.[0-9]+(?:[eE][+-]?[0-9]+)?|[+-]?(?:inf|Inf)"
Say = Callable[[str], Any]


@dataclass(frozen=True)
class Form:
    """How a text file is written.   names : of the columns        index : the first one is pandas' row numbers"""

    encoding: str
    delimiter: str
    names: tuple[str, ...]
    header: bool
    index: bool


def look(path: Path, header: bool, names: Sequence[str] | None) -> Form:
    """What stands between the values, by the first lines; the encoding, by all of them."""
    encoding = encoding_of(path)
    with open(path, encoding=encoding, newline="") as file:
        text = file.read(SAMPLE)
    delimiter, records = max((records_of(text, between) for between in BETWEEN), key=lambda found: usual(found[1]))
    first = records[0]
    if header:
        numbers = [cell for cell in first if re.fullmatch(FLOAT, cell.strip())]
        if numbers:
            raise ValueError(f"{path}: line 1 looks like a row, since {numbers[0]!r} is a number; want a line with the "
                             "names of the columns, or header=False")
        found = [name.strip() for name in first]
    else:
        found = list(names) if names is not None else [f"column {k}" for k in range(1, len(first) + 1)]
        if len(found) != len(first):
            raise ValueError(f"{path}: {len(found)} names for {len(first)} columns")
    index = header and found[0] == "" and len(found) > 1
    bad = sorted({repr(name) for name in found[index:] if not name or found.count(name) > 1})
    if bad:
        raise ValueError(f"{path}: every column needs a name of its own; empty or given twice: {', '.join(bad)}")
    return Form(encoding, delimiter, tuple(found), header, index)


def encoding_of(path: Path) -> str:
    """UTF-8 if the whole file is; else Windows-1252, or Latin-1 where it has bytes that stand for nothing there."""
    with open(path, "rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        for encoding in ("utf-8-sig", "cp1252"):
            file.seek(0)
            decoder = codecs.getincrementaldecoder(encoding)()
            try:
                while block := file.read(2 ** 20):
                    decoder.decode(block)
                decoder.decode(b"", True)
                return encoding
            except UnicodeDecodeError:
                continue
    return "latin-1"


def records_of(text: str, delimiter: str) -> tuple[str, list[list[str]]]:
    """(the delimiter, the first hundred records that it gives; the last may be cut)."""
    found: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text), delimiter=delimiter):
            if record:
                found.append(record)
            if len(found) == 100:
                break
    except csv.Error:
        return delimiter, [[text[:80]]]
    return delimiter, found or [[""]]


def usual(records: list[list[str]]) -> tuple[bool, int]:
    """How good a reading is: do nearly all records have the usual number of values, and how many is that?"""
    lengths = Counter(map(len, records))
    length, times = lengths.most_common(1)[0]
    return length > 1 and times >= 0.8 * len(records), length


def tell(form: Form, say: Say) -> None:
    if form.delimiter != ",":
        say(f"read with {BETWEEN[form.delimiter]} between the values")
    if form.encoding not in ("utf-8", "utf-8-sig"):
        say(f"read as {form.encoding}: the file is no UTF-8")
    if form.index:
        say("the first column has no name and is left out: row numbers, as pandas writes them")
