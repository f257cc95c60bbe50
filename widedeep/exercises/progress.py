"""Progress: what a student has tried, which hints were taken, what is right.

One file beside the student's, .exercises.json, written beside and renamed.  It is no more than a memory: lost or
broken, it is worked out anew from the student's files, but for the number of tries.

Read before: checking.py        Read next: __main__.py
"""
import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from widedeep.exercises.catalog import NAMES, find, named
from widedeep.exercises.judge import Report
from widedeep.saving import write_beside

STATE = ".exercises.json"
FOLDER = "my_exercises"                                 # where `start` puts them, if not told


@dataclass
class Progress:
    """Of one exercise.  green : the digest of the file that was right        seen : cause: how often, in a row"""

    verdict: str = "not-written"
    tries: int = 0
    hints: int = 0
    causes: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    green: str = ""
    answered: bool = False                              # the worked answer was shown before it was right
    words: list[str] = field(default_factory=list)      # what the student expected to change

    def record(self, report: Report, digest: str) -> None:
        self.tries += report.verdict != "not-written"
        self.verdict, self.causes = report.verdict, report.causes
        self.seen = {cause: self.seen.get(cause, 0) + 1 for cause in report.causes}
        self.green = digest if report else self.green


class Folder:
    """A student's folder: the files, and what was done with them."""

    def __init__(self, path: Path, keep: bool = False):
        """keep : leave an unreadable state where it is (for a lecturer, who only reads)"""
        self.path, self.keep = path, keep
        self.broken = ""                                # the name under which an unreadable state is kept
        self.exercises = self.read()

    @property
    def state(self) -> Path:
        return self.path / STATE

    def read(self) -> dict[str, Progress]:
        try:
            told = json.loads(self.state.read_text(encoding="utf-8"))
            return {name: Progress(**told["exercises"].get(name, {})) for name in NAMES}
        except FileNotFoundError:
            pass
        except (ValueError, TypeError, KeyError, AttributeError):
            if not self.keep:
                kept = spare(self.state, ".broken")
                os.replace(self.state, kept)
                self.broken = kept.name
        return {name: Progress() for name in NAMES}

    @property
    def lost(self) -> bool:
        """Are there files, and no state?"""
        return not self.state.exists() and any(self.file(name).exists() for name in NAMES)

    def save(self) -> None:
        told = {"version": 1, "exercises": {name: asdict(p) for name, p in self.exercises.items() if p != Progress()}}
        write_beside(self.state, lambda path: path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8"))

    def file(self, name: str) -> Path:
        return self.path / f"{name}.py"

    def write_stub(self, name: str) -> None:
        write_beside(self.file(name), lambda path: path.write_text(stub_of(name), encoding="utf-8"))

    def is_stub(self, name: str) -> bool:
        return self.file(name).read_text(encoding="utf-8", errors="replace") == stub_of(name)

    def is_green(self, name: str) -> bool:
        """Was it right, and is it still the same file?"""
        file = self.file(name)
        return bool(self.exercises[name].green) and file.exists() and digest(file) == self.exercises[name].green

    def next(self) -> str | None:
        return next((name for name in NAMES if not self.is_green(name)), None)

    def latest(self) -> str | None:
        """The exercise whose file was changed last."""
        there = [name for name in NAMES if self.file(name).exists()]
        return max(there, key=lambda name: self.file(name).stat().st_mtime_ns, default=None)


STUB_HEAD = '''# Exercise {number} of 20.  Read first: {reads}, then close it.
# Check: python -m widedeep.exercises check
import numpy as np

'''


def stub_of(name: str) -> str:
    return STUB_HEAD.format(number=find(name).number, reads=find(name).reads) + find(name).stub


def spare(path: Path, ending: str) -> Path:
    """A name beside `path` that is free: x.bak, x.bak2, ..."""
    names = (path.with_name(path.name + ending + (str(k) if k > 1 else "")) for k in range(1, 10_000))
    return next(name for name in names if not name.exists())


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def exercise_in(file: Path) -> str:
    """Which exercise is this file's?  By its name, or by the function that it defines."""
    import ast
    if file.stem in NAMES:
        return file.stem
    try:
        defined = {node.name for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, ast.FunctionDef)}
    except (SyntaxError, ValueError):
        defined = set()
    found = [name for name in NAMES if defined & {f.name for f in find(name).functions}]
    return found[0] if len(found) == 1 else named(file.stem)


def as_row(name: str, progress: Progress) -> dict[str, Any]:
    return {"exercise": name, "verdict": progress.verdict, "causes": progress.causes, "tries": progress.tries,
            "hints": progress.hints}
