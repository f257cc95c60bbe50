"""Which arrays go with the settings: each weight has the shape that its tower's settings give, before it is allocated.

A rule's memory has the shape of what it moves.  The arrays of a kind of somebody's own are compared with what its class
builds (saving.py).

Read before: models.py        Read next: versions.py
"""
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from widedeep.archives.encoders import Sizes
from widedeep.archives.models import DTYPE, MEMORY, Shapes, head, rule, tower
from widedeep.archives.schema import Unfit, settings, want


def model(about: Mapping[str, Any], arrays: Mapping[str, Any], sizes: Sizes | None) -> None:
    """Check towers, head and optimizers, and that exactly their arrays are there.

    arrays : by the member's name, whatever has a dtype and a shape
    """
    settings(about["towers"], "towers")
    want(bool(about["towers"]), "towers", {}, "at least one tower")
    found: dict[str, dict[str, Any]] = {"bias": {}}
    for group in about["towers"]:
        want(group not in ("", "bias") and "/" not in group, "towers", group, "a name without / that is not bias")
        found[group] = {}
    for name, array in arrays.items():
        place, _, rest = name.partition("/")
        if place == "params":
            group = next((group for group in found if rest.startswith(f"{group}.")), "")
            want(bool(group), name, "an array", "an array of one of the towers")
            want(array.dtype.kind == "f", name, array.dtype, "real numbers")
            found[group][rest.removeprefix(f"{group}.")] = array
        else:
            want(place == "memory", name, "a member", "params/... or memory/...")
    DTYPE(about["dtype"], "dtype")
    for group, saved in about["towers"].items():
        shapes = tower(saved, f"towers.{group}", sizes)
        if shapes is not None:
            same(f"params/{group}", found[group], shapes, saved["spec"]["dtype"])
    biases = head(about.get("head", {"kind": "WideDeep", "spec": {}}), "head", about["towers"])
    if biases is not None:
        fits(about, sizes)
        same("params/bias", found["bias"], {"b": (biases,)}, about["dtype"])
    settings(about["optimizers"], "optimizers")
    for group, saved in about["optimizers"].items():
        want(group in found, "optimizers", group, f"one of {', '.join(found)}")
        rule(saved, f"optimizers.{group}")
    memory(about["optimizers"], {name: a for name, a in arrays.items() if name.startswith("memory/")}, found)


def fits(about: Mapping[str, Any], sizes: Sizes | None) -> None:
    """The head answers what the encoder says; a ranker's films are its catalogue's."""
    head, saved = about.get("head", {"kind": "WideDeep", "spec": {}}), about["encoder"]
    want(sizes is None or sizes.head in (None, head["kind"]), "head", head["kind"], f"{sizes and sizes.head}, for "
         "the label that the encoder names")
    if sizes is not None and sizes.head == "Classes":
        names = saved["state"]["answers"]["names"]
        want(head["spec"]["names"] == names, "head.names", head["spec"]["names"], "those of the label")
    if head["kind"] == "Ranker" or (sizes is not None and sizes.films is not None):
        here, there = ([its.get(name) for name in ("items", "half_lives")]
                       for its in (head["spec"], saved.get("state", {})))
        want(here == there, "head", head["kind"], "a Ranker, and a Catalogue of its films")


def same(where: str, arrays: Mapping[str, Any], shapes: Shapes, dtype: str) -> None:
    """The arrays have these names, shapes and this dtype."""
    if odd := arrays.keys() ^ shapes.keys():
        raise Unfit(f"{where}.{min(odd)} is {'missing' if min(odd) in shapes else 'no array of this tower'}; want "
                    f"{', '.join(sorted(shapes))}")
    for name, shape in shapes.items():
        came = arrays[name]
        want((came.shape, came.dtype) == (shape, np.dtype(dtype)), f"{where}.{name}", (came.shape, str(came.dtype)),
             f"{shape} of {dtype}, as the settings say")


def memory(rules: Mapping[str, Any], arrays: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]]) -> None:
    """memory/<group>/<array>/<i>: as many for each array as the rule keeps, of the shape of what it moves."""
    kept: dict[tuple[str, str], dict[str, Any]] = {}
    for name, array in arrays.items():
        parts = name.split("/")
        want(len(parts) == 4 and parts[1] in rules, name, "a member", "memory/<group>/<array>/<i> of an optimizer")
        kept.setdefault((parts[1], parts[2]), {})[parts[3]] = array
    for (group, name), its in kept.items():
        where, saved = f"memory/{group}/{name}", innermost(rules[group])
        want(sorted(its) == sorted(map(str, range(len(its)))), where, sorted(its), "0, 1, ... in order")
        moved = {key: w for key, w in found[group].items() if key == name or not name or key.startswith(f"{name}.")}
        want(bool(moved), where, name, f"an array of {group}: {', '.join(found[group])}")
        shape = moved[name].shape if name in moved else (sum(prod(w.shape) for w in moved.values()),)
        if (least := MEMORY.get(saved["rule"])) is not None:
            n = len(least) - (saved["rule"] == "FTRL" and saved["settings"]["blocks"] is None)
            want(len(its) == n, where, len(its), f"{n} arrays, as {saved['rule']} keeps")
        for i, array in its.items():
            dtypes = {w.dtype for w in moved.values()}
            fine = array.shape == shape and {array.dtype} == dtypes or (least is None and array.dtype.kind == "f")
            want(fine, f"{where}/{i}", (array.shape, str(array.dtype)), f"{shape}, as what it moves")
    for group, saved in rules.items():
        blocks = innermost(saved)["settings"].get("blocks") if innermost(saved)["rule"] == "FTRL" else None
        if blocks is not None:
            shapes = [w.shape for w in found[group].values()]
            want(shapes == [(sum(size for size, _ in blocks),)], f"optimizers.{group}.blocks", blocks,
                 f"as many features as the weights have, {shapes}")


def innermost(saved: Mapping[str, Any]) -> Mapping[str, Any]:
    """The rule that keeps the memory: of one around another, the other."""
    while saved["rule"] == "WeightDecay":
        saved = saved["settings"]["rule"]["optimizer"]
    return saved


def values(about: Mapping[str, Any], name: str, array: Any) -> None:
    """Finite; a sum of squares not below 0."""
    finite = np.isfinite(array)
    want(bool(finite.all()), name, float(array[~finite][0]) if not finite.all() else 0, "finite numbers alone")
    if name.startswith("memory/"):
        _, group, _, i = name.split("/")
        least = MEMORY.get(innermost(about["optimizers"][group])["rule"], ())
        low = least[int(i)] if int(i) < len(least) else -np.inf
        want(low == -np.inf or bool((array >= low).all()), name, float(array.min(initial=0)), f"numbers from {low:g}")
