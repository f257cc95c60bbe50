"""The schema: the words in which settings are described.   text, whole(1), number(0, 1), listing(text), ...

A check is a function of a value and of the place where it stands; it returns nothing, or raises Unfit with the place,
what came and what was wanted:

    check(spec, "towers.deep.spec", {"n_rows": whole(1), "dropout": number(0, 1, below=True)})

Read before: digest.py        Read next: columns.py
"""
import reprlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Check = Callable[[Any, str], None]


class Unfit(ValueError):
    """A part of an archive that is not what it should be."""


def want(fine: bool, where: str, value: Any, wanted: str) -> None:
    if not fine:
        raise Unfit(f"{where} is {reprlib.repr(value)}; want {wanted}")


def check(value: Any, where: str, fields: Mapping[str, Check]) -> None:
    """A dict of exactly these names, each as its check wants it."""
    want(isinstance(value, dict), where, value, f"the settings {', '.join(fields)}")
    if odd := value.keys() ^ fields.keys():
        what = "lacks" if min(odd - value.keys(), default="") else "has the unknown setting"
        raise Unfit(f"{where} {what} {reprlib.repr(min(odd - value.keys(), default=min(odd)))}; want exactly "
                    f"{', '.join(fields) or 'nothing'}")
    for name, its in fields.items():
        its(value[name], f"{where}.{name}")


def settings(value: Any, where: str) -> None:
    want(isinstance(value, dict), where, value, "settings")


def text(value: Any, where: str) -> None:
    want(isinstance(value, str) and encodes(value), where, value, "text")


def encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:                          # half of a pair of surrogates: no text that could be printed
        return False
    return True


def flag(value: Any, where: str) -> None:
    want(isinstance(value, (bool, int)) and value in (0, 1), where, value, "true or false")


def mapping(inner: Check) -> Check:
    def check_mapping(value: Any, where: str) -> None:
        settings(value, where)
        for name, part in value.items():
            text(name, where)
            inner(part, f"{where}.{name}")
    return check_mapping


def figure(value: Any, where: str) -> None:
    """A number for people, which may be infinite or none at all."""
    fine = isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool))
    want(fine, where, value, "a number")


def whole(least: int = 0, most: int = 2 ** 63 - 1) -> Check:
    def check_whole(value: Any, where: str) -> None:
        fine = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        want(fine, where, value, f"a whole number from {least} to {most}")
    return check_whole


def number(low: float = -np.inf, high: float = np.inf, *, above: bool = False, below: bool = False,
           infinite: bool = False) -> Check:
    """A number in [low, high]; `above` and `below` leave the end out."""
    def check_number(value: Any, where: str) -> None:
        fine = is_number(value) and (infinite or np.isfinite(float(value))) and low <= value <= high
        fine = fine and not (above and value == low) and not (below and value == high)
        wanted = f"{'above' if above else 'from'} {low:g} {'to below' if below else 'to'} {high:g}"
        want(fine, where, value, "a finite number" if (low, high) == (-np.inf, np.inf) else f"a number {wanted}")
    return check_number


def is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return value == value and (isinstance(value, float) or abs(value) < 2 ** 1023)      # a float of the same size


def maybe(inner: Check) -> Check:
    def check_maybe(value: Any, where: str) -> None:
        if value is not None:
            inner(value, where)
    return check_maybe


def one_of(*known: str) -> Check:
    def check_one(value: Any, where: str) -> None:
        want(isinstance(value, str) and value in known, where, value, f"one of {', '.join(known)}")
    return check_one


def exactly(wanted: Any) -> Check:
    def check_exactly(value: Any, where: str) -> None:
        want(type(value) is type(wanted) and value == wanted, where, value, repr(wanted))
    return check_exactly


def listing(inner: Check, least: int = 0, most: int = 2 ** 63) -> Check:
    def check_listing(value: Any, where: str) -> None:
        want(isinstance(value, list) and least <= len(value) <= most, where, value,
             f"a list of {least} to {most}" if most < 2 ** 63 else f"a list of {least} or more")
        for i, part in enumerate(value):
            inner(part, f"{where}[{i}]")
    return check_listing


def cells(value: Any, where: str) -> None:
    """Different values of a column: text and numbers, as one list."""
    fine = isinstance(value, list) and set(map(type, value)) <= {str, int, float, bool}
    want(fine, where, value, "a list of text and numbers")
    want(encodes("".join(cell for cell in value if isinstance(cell, str))), where, value, "text that can be printed")
    rest = as_array([cell for cell in value if not isinstance(cell, str)], np.float64, where)
    want(bool(np.isfinite(rest).all()) and len(set(value)) == len(value), where, value, "finite and different values")


def numbers(least: int = 0, most: int = 2 ** 63, kinds: tuple[type, ...] = (int, float), ascending: str = "") -> Check:
    """A list of finite numbers, checked as one array.  ascending : "" for any order, "weakly", "strictly" """
    def check_numbers(value: Any, where: str) -> None:
        want(isinstance(value, list) and least <= len(value) <= most and set(map(type, value)) <= set(kinds), where,
             value, f"a list of {'whole ' * (float not in kinds)}numbers, {least} or more")
        x = as_array(value, np.float64 if float in kinds else np.int64, where)
        want(bool(np.isfinite(x).all()), where, value, "finite numbers")
        fine = not ascending or bool((x[1:] > x[:-1]).all() if ascending == "strictly" else (x[1:] >= x[:-1]).all())
        want(fine, where, value, f"numbers that ascend, {ascending}")
    return check_numbers


def as_array(value: list[Any], dtype: Any, where: str) -> Any:
    try:
        return np.array(value, dtype)
    except OverflowError:
        raise Unfit(f"{where} is {reprlib.repr(value)}; want numbers of 64 bits") from None


def pair(first: Check, second: Check) -> Check:
    def check_pair(value: Any, where: str) -> None:
        want(isinstance(value, list) and len(value) == 2, where, value, "a pair")
        first(value[0], f"{where}[0]")
        second(value[1], f"{where}[1]")
    return check_pair
