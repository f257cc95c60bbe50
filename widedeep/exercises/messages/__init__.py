"""Every sentence that people see, by language and key: en/ and de/, a file for each exercise and one for the rest.

    common.toml       [ui], [facts], [laws], and the [causes] that any exercise may meet
    05_dense.toml     title, why, hints, and [causes] as they look in this exercise

A cause has two sentences: `says`, what it looks like, and `hint`, a law, a shape or a question that leads to it and
never holds the remedy.  Placeholders in braces are the exercise's sizes, {array} and {factor}.

Read next: ../report.py
"""
import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LANGUAGES = tuple(sorted(path.name for path in HERE.iterdir() if (path / "common.toml").exists()))


def language() -> str:
    """WIDEDEEP_LANGUAGE, or English."""
    wanted = os.environ.get("WIDEDEEP_LANGUAGE", "en")[:2]
    if wanted not in LANGUAGES:
        raise ValueError(f"WIDEDEEP_LANGUAGE {wanted!r}: there is {' and '.join(LANGUAGES)}")
    return wanted


@cache
def read(which: str, name: str) -> dict[str, Any]:
    """The table of one file: read("en", "05_dense")."""
    return tomllib.loads((HERE / which / f"{name}.toml").read_text(encoding="utf-8"))


def say(section: str, key: str, **values: Any) -> str:
    """A sentence of common.toml: say("facts", "ratio", c=0.5)."""
    text: str = read(language(), "common")[section][key]
    return text.format(**values)


def of_exercise(name: str, key: str) -> Any:
    """title, why or hints of an exercise."""
    return read(language(), name)[key]


def of_cause(exercise: str, cause: str, **values: Any) -> tuple[str, str]:
    """(says, hint) of a cause, as it looks in this exercise; a variant without a text of its own has its cause's."""
    own, common = (read(language(), name).get("causes", {}) for name in (exercise, "common"))
    for key in (cause, cause.split(".")[0]):
        for table in (own, common):
            if key in table:
                return table[key]["says"].format(**values), table[key]["hint"].format(**values)
    raise KeyError(f"{language()}: no text for cause {cause} of {exercise}")


def text_of_law(exercise: str, law: str) -> str:
    """A law in words: the exercise's own, or the common one."""
    text: str = {**read(language(), "common")["laws"], **read(language(), exercise).get("laws", {})}[law]
    return text
