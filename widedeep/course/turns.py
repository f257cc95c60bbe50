"""Your turn: the small questions of the notebooks.

    mine = ...                                   # your turn: a number
    turn("1.1", mine, lambda m: m == 3)

prints NOT WRITTEN YET, RIGHT, or NOT YET with a hint, and never stops a notebook.  `mine = "?"` shows the answer.
Hints and answers stand in turns.toml, so that nobody reads them by accident; each answer is run by the tests.
"""
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any


@cache
def texts() -> dict[str, dict[str, str]]:
    """{number of the section: {"hint", "answer", "wrong"}}; `wrong` is an answer that has to miss, for the tests."""
    return tomllib.loads(Path(__file__).with_name("turns.toml").read_text(encoding="utf-8"))


def turn(number: str, mine: Any, right: Callable[[Any], Any]) -> None:
    """Say how an answer fares.

    number : of the section, as "1.1"        right : the answer -> is it right?  It may raise: then it is not

    Raises ValueError for a number that turns.toml does not hold.
    """
    if number not in texts():
        raise ValueError(f"turn: there is no {number!r}; there are {', '.join(texts())}")
    text = texts()[number]
    if mine is ...:
        print("NOT WRITTEN YET")
        return
    if isinstance(mine, str) and mine == "?":
        print(f"The worked answer:  mine = {text['answer']}")
        return
    try:
        verdict = "RIGHT" if right(mine) else "NOT YET"
    except Exception as error:
        verdict = f"NOT YET: {type(error).__name__}: {error}"
    print(verdict if verdict == "RIGHT" else f'{verdict}\nHint: {text["hint"]}\n(mine = "?" shows the worked answer.)')
