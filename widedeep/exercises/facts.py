"""Facts: what can be said of a wrong array by itself, without a guess at its cause.

A fact is a key of messages/ and the values of its sentence.  Facts are true of the numbers on the first probe, to 1e-6.

Read before: counterfactuals.py        Read next: judge.py
"""
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.exercises.counterfactuals import same

Fact = tuple[str, dict[str, Any]]


def facts(A: Array, G: Array) -> list[Fact]:
    """A returned, G right."""
    if A.shape != G.shape:
        return list(of_shape(A, G))
    if not np.isfinite(A).all():
        at = np.argwhere(~np.isfinite(A))
        return [("not_finite", {"n": len(at), "size": A.size, "at": at[0].tolist()})]
    if not A.any():
        return [("zero", {})]
    found = list(of_values(A, G))
    if found and found[0][0] in ("ratio", "nearly"):
        return found
    wrong = apart(A, G) > 1e-6
    return [*found, *of_places(wrong)]


def of_shape(A: Array, G: Array) -> Any:
    yield "shape", {"came": list(A.shape), "want": list(G.shape)}
    if A.size == G.size and A.ndim and same(np.sort(A.ravel()), np.sort(G.ravel())):
        yield "numbers_right", {}
    if A.ndim == G.ndim + 1 and any(same(A.sum(axis=axis), G) for axis in range(A.ndim)):
        yield "not_summed", {}


def of_values(A: Array, G: Array) -> Any:
    ratio = float((A * G).sum() / (G * G).sum()) if G.any() else 0.0
    if ratio and same(A, ratio * G) and (A.size > 1 or abs(ratio - 1) <= 1e-3):     # any number is a ratio of one other
        yield ("ratio", {"c": ratio}) if abs(ratio - 1) > 1e-3 else ("nearly", {"error": relative_error(A, G)})
        return
    if A.size > 1 and same(A, np.full_like(A, A.flat[0])):
        yield "constant", {"value": float(A.flat[0])}
    if A.size > 1 and same(np.sort(A.ravel()), np.sort(G.ravel())):
        yield "permuted", {}
    if same(np.abs(A), np.abs(G)):
        yield "signs", {"n": int((np.sign(A) != np.sign(G)).sum()), "size": A.size}
    if A.ndim == 2 and len(A) > 1 and same(A, np.tile(A[0], (len(A), 1))):
        yield "rows_equal", {}
    if A.ndim == 2 and min(A.shape) > 1:
        for axis, key in ((1, "factor_by_row"), (0, "factor_by_column")):
            along = (A * G).sum(axis=axis, keepdims=True) / np.maximum((G * G).sum(axis=axis, keepdims=True), 1e-300)
            if same(A, along * G):
                yield key, {"factors": [round(float(c), 4) for c in along.ravel()[:6]] + ["..."] * (along.size > 6)}
    zeros, should = A == 0, G == 0
    if (zeros & ~should).any():
        yield "zeros", {"n": int((zeros & ~should).sum()), "size": A.size}
    if (should & ~zeros).any():
        yield "not_zeros", {"n": int((should & ~zeros).sum())}


def of_places(wrong: Array) -> Any:
    """Which entries, which rows."""
    if wrong.any() and not wrong.all():
        yield "some", {"n": int(wrong.sum()), "size": wrong.size}
        if wrong.ndim == 2 and min(wrong.shape) > 1:
            for axis, key in ((1, "rows"), (0, "columns")):
                bad = np.flatnonzero(wrong.any(axis=axis))
                if len(bad) < wrong.shape[1 - axis]:
                    yield key, {"which": ", ".join(map(str, bad[:8]))}


def apart(A: Array, G: Array) -> Array:
    """How far each entry is from what it should be, relative to the larger of the two (or 1e-8 of the largest)."""
    floor = 1e-8 * np.abs(G).max(initial=0) + 1e-300
    with np.errstate(all="ignore"):
        found = np.abs(A - G) / np.maximum(np.maximum(np.abs(A), np.abs(G)), floor)
    return np.where(np.isfinite(found), found, np.inf)


def relative_error(A: Array, G: Array) -> float:
    """norm(A - G) / (norm A + norm G); 0 if both are 0, inf if A is not finite."""
    total = float(np.linalg.norm(A) + np.linalg.norm(G))
    if not np.isfinite(total):
        return np.inf
    return float(np.linalg.norm(A - G) / total) if total else 0.0
