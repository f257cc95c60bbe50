"""What columns and numbers may say of themselves: the fields of every kind, and how they hang together.

    Category      size = how many values                Buckets     size = cuts + 1, the cuts ascending

Of a kind of your own only its author knows the fields: there it is checked that no setting takes the place of a method.

Read before: schema.py, registry.py        Read next: encoders.py
"""
from collections.abc import Callable, Mapping
from typing import Any

from widedeep.archives.schema import (
    Check,
    Unfit,
    cells,
    check,
    exactly,
    flag,
    listing,
    maybe,
    number,
    numbers,
    settings,
    text,
    want,
    whole,
)
from widedeep.registry import find

State = dict[str, Any]
HAS_BAGS, CROSSES = ("Bag", "BagWithMissing"), ("Cross", "HashedCross")         # crosses: encoders.py


def fields(state: Any, where: str, its: Mapping[str, Check]) -> None:
    """A name, the table's column of the same name, and `its` own."""
    check(state, where, {"name": text, "reads": listing(text, 1, 1), **its})
    if "column" not in its or its["column"] is not text:
        want(state["reads"] == [state["name"]], f"{where}.reads", state["reads"], f"[{state['name']!r}]")


def size_is(state: State, where: str, size: int) -> None:
    want(state["size"] == size, f"{where}.size", state["size"], str(size))


def category(state: Any, where: str) -> None:
    fields(state, where, {"size": whole(), "min_count": whole(1), "values": cells})
    size_is(state, where, len(state["values"]))


def bag(state: Any, where: str, **more: Check) -> None:
    its = {"size": whole(), "min_count": whole(1), "values": cells, "sep": maybe(text), **more}
    fields(state, where, its)
    want(state["sep"] != "", f"{where}.sep", "", "a separator")
    size_is(state, where, len(state["values"]) + (state["seen"] if more else 0))


def bag_with_missing(state: Any, where: str) -> None:
    bag(state, where, seen=flag)


def buckets(state: Any, where: str) -> None:
    fields(state, where, {"size": whole(), "n_q": whole(2), "cuts": numbers(ascending="strictly")})
    size_is(state, where, len(state["cuts"]) + 1)


def exact(state: Any, where: str) -> None:
    fields(state, where, {"size": whole(), "min_count": number(1), "n_q": number(1),
                          "values": numbers(ascending="strictly"), "edges": numbers(ascending="weakly")})
    want(len(state["edges"]) != 1, f"{where}.edges", state["edges"], "none or at least two")
    size_is(state, where, len(state["values"]) + max(len(state["edges"]) - 1, 0))


def hashed(state: Any, where: str) -> None:
    fields(state, where, {"size": whole(2), "map": reverse_map})
    size_is(state, where, state["map"]["buckets"])


def reverse_map(state: Any, where: str) -> None:
    check(state, where, {"buckets": whole(2), "keep": whole(1), "seen": listing(seen)})
    ids = [entry[0] for entry in state["seen"]]
    want(ids == sorted(set(ids)) and (not ids or ids[-1] <= state["buckets"]), f"{where}.seen", ids,
         f"ids from 1 to {state['buckets']}, ascending")
    for i, entry in enumerate(state["seen"]):
        want(1 <= len(entry[3]) <= state["keep"] and len(entry[3]) <= entry[2], f"{where}.seen[{i}]", entry,
             f"[id, rows, texts, 1 to {state['keep']} of the texts]")


def seen(entry: Any, where: str) -> None:
    fine = isinstance(entry, list) and len(entry) == 4 and isinstance(entry[3], list)
    want(fine, where, entry, "[id, rows, texts, [[text, rows], ...]]")
    for count in entry[:3]:
        whole(1)(count, where)
    for top in entry[3]:
        want(isinstance(top, list) and len(top) == 2, where, top, "[text, rows]")
        text(top[0], where)
        whole(1)(top[1], where)


def with_missing(state: Any, where: str) -> None:
    fields(state, where, {"size": whole(), "seen": flag, "learned": flag, "column": wrapped})
    inner, size = state["column"], 0
    if state["learned"]:
        want(inner["kind"] not in (*HAS_BAGS, *CROSSES, "Raw", "WithMissing"), f"{where}.column.kind", inner["kind"],
             "a column of one value")
        kind(inner, f"{where}.column", "column")
        size = inner["state"]["size"]
        want(inner["state"].get("name") == state["name"], f"{where}.column.state.name", inner["state"].get("name"),
             repr(state["name"]))
    size_is(state, where, size + state["seen"])


def wrapped(value: Any, where: str) -> None:
    check(value, where, {"kind": text, "state": settings})


def standard(state: Any, where: str) -> None:
    fields(state, where, {"log1p": flag, "mean": number(), "spread": number(0, above=True)})


def quantile(state: Any, where: str, **more: Check) -> None:
    fields(state, where, {"n_q": whole(2), "cuts": numbers(ascending="weakly"), **more})
    want(len(state["cuts"]) == state["n_q"] - 1, f"{where}.cuts", state["cuts"], f"{state['n_q'] - 1} numbers")


def periodic(state: Any, where: str) -> None:
    quantile(state, where, column=text, f=number(0, above=True), shift=number())
    want(state["reads"] == [state["column"]], f"{where}.reads", state["reads"], f"[{state['column']!r}]")


def was_missing(state: Any, where: str) -> None:
    fields(state, where, {"column": text, "seen": flag})
    want(state["reads"] == [state["column"]], f"{where}.reads", state["reads"], f"[{state['column']!r}]")


def fill_median(state: Any, where: str) -> None:
    check(state, where, {"name": text, "reads": listing(text, 1, 1), "median": number(), "number": wrapped})
    inner = state["number"]
    want(inner["kind"] not in ("FillMedian", "WasMissing"), f"{where}.number.kind", inner["kind"], "a plain number")
    kind(inner, f"{where}.number", "number")
    for name in ("name", "reads"):
        want(inner["state"].get(name) == state[name], f"{where}.{name}", state[name], "that of the number inside")


def robust(state: Any, where: str) -> None:
    fields(state, where, {"centre": number(), "width": number(0, above=True)})


def raw(state: Any, where: str) -> None:
    fields(state, where, {"size": exactly(0)})


COLUMNS: dict[str, Callable[..., None]] = {
    "Category": category, "Bag": bag, "BagWithMissing": bag_with_missing, "Buckets": buckets, "Exact": exact,
    "Hashed": hashed, "WithMissing": with_missing, "Raw": raw}
NUMBERS: dict[str, Callable[..., None]] = {
    "Standard": standard, "Quantile": quantile, "Periodic": periodic, "FillMedian": fill_median,
    "WasMissing": was_missing, "Robust": robust}


def kind(saved: State, where: str, *groups: str) -> None:
    """A column or number by its kind; one of somebody's own by what every kind has to keep."""
    known = {"column": COLUMNS, "number": NUMBERS}
    for group in groups:
        if saved["kind"] in known[group]:
            return known[group][saved["kind"]](saved["state"], f"{where}.state")
    others = {*COLUMNS, *NUMBERS, *CROSSES} - {name for group in groups for name in known[group]}
    want(saved["kind"] not in others, f"{where}.kind", saved["kind"], f"a {' or '.join(groups)}")
    own(saved, where, *groups)


def registered(name: str, where: str, *groups: str) -> Any:
    """The class of this name; Unfit if there is none."""
    try:
        return find(name, *groups)
    except ValueError as error:
        raise Unfit(f"{where}: {error}") from None


def own(saved: State, where: str, *groups: str) -> None:
    """A kind of somebody's own: its settings are attributes, and none of them takes the place of a method."""
    its, state = registered(saved["kind"], f"{where}.kind", *groups), saved["state"]
    for name in state:
        taken = name.startswith("__") or hasattr(getattr(its, name, None), "__get__")
        want(not taken, f"{where}.state", name, f"settings; that is a method of {saved['kind']}")
    if "size" in state:
        whole()(state["size"], f"{where}.state.size")
