"""The exercises, one file each, in the order in which they are met."""
from functools import cache
from importlib import import_module
from pathlib import Path

from widedeep.exercises.exercise import Exercise

NAMES = tuple(sorted(path.stem[1:] for path in Path(__file__).parent.glob("e[0-9][0-9]_*.py")))


@cache
def find(name: str) -> Exercise:
    """The exercise of this name: "05_dense"."""
    found: Exercise = import_module(f"widedeep.exercises.catalog.e{name}").EXERCISE
    return found


def named(word: str) -> str:
    """The name that people mean by "05_dense", "05_dense.py", "5", "05" or "dense"; ValueError if there is none."""
    stem = Path(word).stem.lower()
    found = [name for name in NAMES if stem in (name, name[:2], name[:2].lstrip("0"), name[3:])]
    if not found:
        raise ValueError(f"no exercise is called {word!r}; there are {', '.join(NAMES)}")
    return found[0]
