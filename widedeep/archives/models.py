"""What towers, heads and rules may say of themselves.   A tower's settings also give the shape of each of its arrays.

Read before: tables.py        Read next: arrays.py
"""
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from widedeep.archives.columns import registered
from widedeep.archives.encoders import Sizes
from widedeep.archives.schema import (
    Check,
    cells,
    check,
    flag,
    listing,
    maybe,
    number,
    numbers,
    one_of,
    pair,
    settings,
    text,
    want,
    whole,
)

Shapes = dict[str, tuple[int, ...]]
SHARE = number(0, 1, below=True)                        # of dropout
ABOVE = number(0, above=True)
DTYPE = one_of("float16", "float32", "float64", "float128", "longdouble")
WIDE = {"n_features": whole(2), "dtype": DTYPE}
DEEP = {"n_rows": whole(1), "d": whole(0), "inputs": listing(whole(), 2, 2), "hidden": listing(whole(1), 1),
        "dropout": SHARE, "drop_inputs": SHARE, "scale": number(0), "dtype": DTYPE}
FACTORS = {"n_rows": whole(1), "d": whole(1), "left": listing(whole(), 1), "right": listing(whole(), 1),
           "sd": number(0), "dropout": SHARE, "dtype": DTYPE}
CLASSES = {"classes": whole(2)}
LINEAR = {"n_numbers": whole(1), "outputs": whole(1), "dtype": DTYPE}
WAVES = {"periodic": whole(), "waves": whole(1), "width": whole(1), "sigma": number(0, above=True), "outputs": whole(1)}
ITEMS = {"n_items": whole(1), "dtype": DTYPE}
SIDES = {"item_sides": listing(listing(pair(whole(), number()))), "n_people": whole(), "n_item": whole(),
         "dtype": DTYPE}
TOWERS: dict[str, dict[str, Check]] = {
    "Wide": WIDE, "WideClasses": WIDE | CLASSES, "Deep": DEEP, "DeepClasses": DEEP | CLASSES, "DeepWithHistory": DEEP,
    "MatrixFactorization": FACTORS, "MatrixFactorizationWithHistory": FACTORS,
    "Linear": LINEAR, "DeepPeriodic": DEEP | WAVES, "WideItems": ITEMS, "SideItems": SIDES,
    "DeepItems": ITEMS | {"bags": whole(1), "d": whole(1), "hidden": listing(whole(1), 1), "dropout": SHARE}}
HEADS: dict[str, dict[str, Check]] = {
    "WideDeep": {}, "Regression": {"low": number(infinite=True), "high": number(infinite=True)},
    "Classes": {"names": cells}, "OrdinalRegression": {"thresholds": numbers(1, ascending="strictly")},
    "Ranker": {"items": cells, "counts": numbers(1), "half_lives": listing(maybe(ABOVE), 1)}}
RATE = {"lr": number(0), "steps": whole()}
PART = number(0, 1, below=True)


def optimizer(saved: Any, where: str) -> None:
    check(saved, where, {"optimizer": rule})


def rates(value: Any, where: str) -> None:
    settings(value, where)
    for name, rate in value.items():
        text(name, where)
        number(0)(rate, f"{where}.{name}")


def block(value: Any, where: str) -> None:
    want(isinstance(value, list) and len(value) == 2, where, value, "[features, factor]")
    whole()(value[0], where)
    ABOVE(value[1], where)


RULES: dict[str, dict[str, Check]] = {
    "SGD": RATE, "Momentum": RATE | {"mu": PART, "lazy": flag}, "AdaGrad": RATE | {"eps": ABOVE},
    "Adam": RATE | {"b1": PART, "b2": PART, "eps": ABOVE, "lazy": flag},
    "FTRL": RATE | {"lr": ABOVE, "beta": ABOVE, "l1": number(0), "l2": number(0), "blocks": maybe(listing(block, 1))},
    "WeightDecay": RATE | {"rule": optimizer, "rates": rates}}
MEMORY: dict[str, tuple[float, ...]] = {                # of each array that a rule keeps, the least number in it
    "SGD": (), "Momentum": (-np.inf,), "AdaGrad": (0,), "Adam": (-np.inf, 0), "FTRL": (-np.inf, 0, 0)}


def rule(saved: Any, where: str) -> None:
    check(saved, where, {"rule": text, "settings": settings})
    if saved["rule"] in RULES:
        check(saved["settings"], f"{where}.settings", RULES[saved["rule"]])
    else:
        registered(saved["rule"], f"{where}.rule", "rule")


def tower(saved: Any, where: str, sizes: Sizes | None) -> Shapes | None:
    """Check the settings; return the shape of each array, or None for a kind of somebody's own."""
    check(saved, where, {"kind": text, "spec": settings})
    kind, spec, where = saved["kind"], saved["spec"], f"{where}.spec"
    if kind not in TOWERS:
        registered(kind, where, "tower")
        return None
    check(spec, where, TOWERS[kind])
    if "n_items" in spec or "item_sides" in spec:
        return items(spec, where, sizes)
    want(sizes is None or sizes.films is None, where, kind, "a tower that reads a catalogue's bags")
    if kind == "Linear":
        M = spec["n_numbers"] if sizes is None else sizes.numbers
        want(spec["n_numbers"] == M, where, spec["n_numbers"], f"{M} numbers, as the encoder gives")
        return {"w": (M, spec["outputs"])}
    ids = None if sizes is None else sizes.n_wide if "n_features" in spec else sizes.n_deep
    rows = spec["n_features" if "n_features" in spec else "n_rows"]
    want(ids in (None, rows), where, rows, f"{ids} rows, as the encoder has ids")
    last = (spec["classes"],) if "classes" in spec else ()
    if "n_features" in spec:
        return {"w": (rows, *last)}
    C, M = (None, None) if sizes is None else (sizes.columns, sizes.numbers)
    if sizes is not None and kind.endswith("WithHistory"):
        want(sizes.histories > 0, where, kind, "an encoder with histories")
        C = sizes.columns + sizes.histories
    d = spec["d"]
    if "left" in spec:
        sides = [*spec["left"], *spec["right"]]
        fine = len(set(sides)) == len(sides) and (C is None or max(sides) < C)
        want(fine, where, sides, f"columns below {C}, each once")
        return {"E": (rows, d)}
    want(C is None or spec["inputs"] == [C, M], where, spec["inputs"], f"inputs [{C}, {M}], as the encoder gives")
    C, M = spec["inputs"]
    units = [C * d + M, *spec["hidden"]]
    if "periodic" not in spec:
        return {"E": (rows, d), "w": (units[-1], *(last or (1,))), **layers(units)}
    P, K, e = (spec[name] for name in ("periodic", "waves", "width"))
    want(P <= M, where, P, f"at most {M} periodic numbers")
    units[0] += P * e
    return {"E": (rows, d), "w": (units[-1], spec["outputs"]), "f": (P, 1, K), "s": (P, 1, K), "U": (P, K, e),
            "c": (P, 1, e), **layers(units)}


def layers(units: Sequence[int]) -> Shapes:
    shapes: Shapes = {}
    for i, (D, H) in enumerate(zip(units, units[1:])):
        shapes |= {f"mlp.{i}.W": (D, H), f"mlp.{i}.b": (H,)}
    return shapes


def items(spec: Mapping[str, Any], where: str, sizes: Sizes | None) -> Shapes:
    """The towers of a ranker, which read a catalogue's bags."""
    V: int = spec["n_items"] if "n_items" in spec else len(spec["item_sides"])
    films, K = (V, None) if sizes is None else (sizes.films, sizes.bags)
    want(V == films, where, V, f"{films or 'no'} films, as the encoder has")
    if "item_sides" in spec:
        G, F = spec["n_people"], spec["n_item"]
        beyond = [f for sides in spec["item_sides"] for f, _ in sides if f >= F]
        want(not beyond and G + F > 0, where, beyond or (G, F), f"sides below {F}, of people or of items")
        return {name: shape for name, shape in (("C", (G, V)), ("A", (F, F))) if 0 not in shape}
    if "hidden" not in spec:
        return {"W": (V, V)}
    want(K in (None, spec["bags"]), where, spec["bags"], f"{K} bags, as the encoder gives")
    d, hidden = spec["d"], spec["hidden"]
    return {"E": (V, d), "Q": (V, hidden[-1]), **layers([spec["bags"] * d, *hidden])}


def head(saved: Any, where: str, towers: Mapping[str, Any]) -> int | None:
    """Check the settings; return how many biases there are, None for a head of somebody's own."""
    check(saved, where, {"kind": text, "spec": settings})
    kind, spec, where = saved["kind"], saved["spec"], f"{where}.spec"
    if kind not in HEADS:
        registered(kind, where, "head")
        return None
    check(spec, where, HEADS[kind])
    if kind == "Regression":
        want(spec["low"] < spec["high"], where, spec, "low < high")
    if kind == "Ranker":
        counts, V = spec["counts"], len(spec["items"])
        want(len(counts) == V and min(counts) >= 0 < sum(counts), f"{where}.counts", counts, f"{V} counts, not all 0")
    biases = len(spec.get("names", spec.get("thresholds", spec.get("items", [0]))))
    want(kind != "Classes" or biases > 1, where, spec, "two classes or more")
    logits = biases if kind in ("Classes", "Ranker") else 1
    for name, its in towers.items():
        fine = its["kind"] not in TOWERS or logits_of(its) == (logits, kind == "Ranker")
        want(fine, f"towers.{name}", its["kind"], "a tower of one logit" if kind not in ("Classes", "Ranker") else
             f"a tower for {biases} {'classes' if kind == 'Classes' else 'films'}")
    return biases


def logits_of(tower: Mapping[str, Any]) -> tuple[int, bool]:
    """How many net sums it gives, and whether they are of films."""
    spec = tower["spec"]
    films = len(spec["item_sides"]) if "item_sides" in spec else spec.get("n_items")
    return spec.get("classes", spec.get("outputs", films or 1)), films is not None
