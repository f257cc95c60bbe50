"""What encoders may say of themselves: crosses of columns, which column is where, histories, and the sizes that follow.

    Cross         keys ascending, each made of ids that the parts have
    Encoder       every column used; a cross behind its parts; bags last in the deep tower
    histories     groups that lie end to end, entries that are ids, sums that grow by 0 or 1

Read before: columns.py        Read next: tables.py
"""
from collections.abc import Iterable, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from widedeep.archives.columns import (
    COLUMNS,
    CROSSES,
    HAS_BAGS,
    NUMBERS,
    State,
    category,
    kind,
    reverse_map,
    size_is,
)
from widedeep.archives.schema import Check, check, listing, maybe, number, numbers, settings, text, want, whole

TOWERS = ("wide", "deep", "numbers")


class Sizes(NamedTuple):
    """What the towers have to fit; None where a kind of somebody's own leaves it open."""

    n_wide: int | None
    n_deep: int | None
    columns: int                                        # embedded ones
    numbers: int
    histories: int = 0
    head: str | None = None                             # that answers what the encoder says the label is
    films: int | None = None                            # of a catalogue
    bags: int = 0


def cross(saved: State, where: str, parts: Sequence[State]) -> None:
    """Its name and what it reads are its parts'; its keys are numbers whose digits are ids of theirs."""
    hashes, where = saved["kind"] == "HashedCross", f"{where}.state"
    its: dict[str, Check] = {"map": reverse_map} if hashes else {
        "min_count": number(1), "known": numbers(kinds=(int,), ascending="strictly")}
    check(saved["state"], where, {"name": text, "reads": listing(text), "size": whole(), **its})
    state = saved["state"]
    want(len(parts) >= 2, f"{where}.parts", len(parts), "two parts or more")
    names = [part["state"].get("name") for part in parts]
    want(state["name"] == " x ".join(map(str, names)), f"{where}.name", state["name"], " x ".join(map(str, names)))
    reads = list(dict.fromkeys(name for part in parts for name in part["state"].get("reads", [])))
    want(state["reads"] == reads, f"{where}.reads", state["reads"], str(reads))
    if hashes:
        return size_is(state, where, state["map"]["buckets"])
    size_is(state, where, len(state["known"]))
    sizes = [part["state"].get("size") for part in parts]
    if None in sizes or not state["known"]:
        return
    radix = [size + 1 for size in sizes]
    want(prod(radix) <= 2 ** 63 - 1, where, radix, "fewer tuples than a 64-bit number can count")
    keys = np.array(state["known"], np.int64)
    for base in reversed(radix):
        keys, digits = np.divmod(keys, base)
        want(bool((digits > 0).all()), f"{where}.known", state["known"], "keys made of the parts' ids")
    want(not keys.any(), f"{where}.known", state["known"], f"keys below {prod(radix)}")


def encoder(state: Any, where: str, **more: Check) -> Sizes:
    """The chapter's encoder; more : the settings of one that is built on it."""
    check(state, where, {"columns": listing(entry), **dict.fromkeys(TOWERS, listing(whole())), **more})
    columns, used = state["columns"], {i for tower in TOWERS for i in state[tower]}
    for i, saved in enumerate(columns):
        here = f"{where}.columns[{i}]"
        listing(whole(0, i - 1))(saved["parts"], f"{here}.parts")
        used.update(saved["parts"])
        want(saved["kind"] in CROSSES or not saved["parts"] or own_kind(saved), f"{here}.parts", saved["parts"], "none")
        if saved["kind"] in CROSSES:
            parts = [columns[k] for k in saved["parts"]]
            want(saved["kind"] != "Cross" or all(part["kind"] != "Raw" for part in parts), f"{here}.parts", "Raw",
                 "columns with ids")
            cross(saved, here, parts)
        else:
            kind(saved, here, "column", "number")
        for part in saved["parts"]:
            want(columns[part]["kind"] not in NUMBERS, f"{here}.parts", part, "a column")
    want(used == set(range(len(columns))), f"{where}.columns", sorted(used), f"each of the {len(columns)} used")
    for tower in TOWERS:
        kinds = [columns[i]["kind"] for i in state[tower]]
        wrong = (*COLUMNS, *CROSSES) if tower == "numbers" else (*NUMBERS, "Raw")
        want(len(set(state[tower])) == len(kinds) and not set(kinds) & set(wrong), f"{where}.{tower}", kinds,
             "each column once, and numbers in numbers alone")
    several = [columns[i]["kind"] in (*HAS_BAGS, *CROSSES) for i in state["deep"]]
    want(several == sorted(several) or any(map(own_kind, columns)), f"{where}.deep", state["deep"],
         "bags and crosses last")
    n_wide, n_deep = (total(columns[i] for i in state[tower]) for tower in ("wide", "deep"))
    return Sizes(n_wide, n_deep, len(state["deep"]), len(state["numbers"]))


def entry(saved: Any, where: str) -> None:
    check(saved, where, {"kind": text, "state": settings, "parts": listing(whole())})


def own_kind(saved: State) -> bool:
    return saved["kind"] not in (*COLUMNS, *NUMBERS, *CROSSES)


def total(columns: Iterable[State]) -> int | None:
    sizes = [saved["state"].get("size") if not own_kind(saved) else None for saved in columns]
    return None if None in sizes else 1 + sum(size or 0 for size in sizes)


def groups(state: Any, where: str) -> None:
    """Training rows grouped by a key: where each group begins, and the rows' times."""
    check(state, where, {"key": category, "earlier": maybe(text), "times": numbers(1),
                         "bounds": numbers(2, kinds=(int,), ascending="weakly")})
    bounds, times, size = state["bounds"], state["times"], state["key"]["size"]
    fine = len(bounds) == size + 2 and bounds[:2] == [0, 0] and bounds[-1] == len(times)
    want(fine, f"{where}.bounds", bounds, f"{size + 2} numbers from 0, 0 to {len(times)}")
    inside = np.diff(np.array(times, np.float64)) >= 0
    starts = np.array([b for b in bounds if 0 < b < len(times)], np.intp)
    inside[starts - 1] = True
    want(bool(inside.all()), f"{where}.times", times, "times that ascend within each group")


def history(state: Any, where: str) -> None:
    check(state, where, {"groups": groups, "what": category, "first": whole(),
                         "entries": numbers(1, kinds=(int,))})
    first, n = state["first"], len(state["groups"]["times"])
    x = np.array(state["entries"], np.int64)
    fine = len(x) == n and x.min() > first and x.max() <= first + 2 * state["what"]["size"]
    want(fine, f"{where}.entries", state["entries"], f"{n} ids from {first + 1} to {first + 2 * state['what']['size']}")


def statistics(state: Any, where: str) -> None:
    check(state, where, {"groups": groups, "a": number(0, above=True), "sums": numbers(ascending="weakly"),
                         "mean": number(), "spread": number(0, above=True)})
    sums, n = state["sums"], len(state["groups"]["times"])
    fine = len(sums) == n + 1 and sums[0] == 0 and max(np.diff(sums)) <= 1
    want(fine, f"{where}.sums", sums, f"{n + 1} counts from 0")


def history_encoder(state: Any, where: str) -> Sizes:
    sizes: list[Sizes] = []
    check(state, where, {"encoder": lambda inner, there: sizes.append(encoder(inner, there)),
                         "histories": listing(history), "statistics": listing(statistics)})
    inner, n_deep = sizes[0], sizes[0].n_deep
    for i, part in enumerate(state["histories"]):
        if n_deep is not None:
            want(part["first"] == n_deep - 1, f"{where}.histories[{i}].first", part["first"], str(n_deep - 1))
            n_deep += 2 * part["what"]["size"]
    return Sizes(inner.n_wide, n_deep, inner.columns, inner.numbers + 2 * len(state["statistics"]),
                 len(state["histories"]))
