"""Rows: equal ones are one row with a weight, and some are kept for validation.

    a row that stands there three times       one row, weight 3
    a row of weight 0                         no row

So a weight of 3 is what three equal rows are, exactly, also for vocabularies, cuts and the order of mini-batches (which
see a row once, whatever its weight); and equal rows never lie on both sides of the validation split.  The rows are
sorted, so that the order in which they came plays no part.

Read before: frames.py        Read next: kinds.py
"""
from collections.abc import Sequence

import numpy as np

from perceptron.activations import Array

FEWEST = 20                                             # fewer rows cannot say when to stop


def distinct(columns: Sequence[Array], weights: Array) -> tuple[Array, Array]:
    """(rows (K,), weights (K,)): one row number for each distinct row of positive weight, and what its equals weigh.

    columns : (N,) each, numbers or objects        weights : (N,)
    """
    kept = np.flatnonzero(weights > 0)
    codes = [codes_of(values[kept]) for values in columns]
    order = np.lexsort(codes[::-1])
    new = np.zeros(len(order), bool)
    new[:1] = True
    for code in codes:
        new[1:] |= np.diff(code[order]) != 0
    group = np.cumsum(new) - 1                                      # (N,) of the sorted rows
    rows: Array = kept[order]
    return rows[new], np.bincount(group, weights[rows], int(new.sum()))


def codes_of(values: Array) -> Array:
    """(N,) numbers that are equal, and ordered, as the values are; objects by their spelling."""
    if values.dtype.kind == "O":
        values = np.array([f"{type(value).__name__} {value!r}" for value in values])
    return np.unique(values, return_inverse=True)[1].ravel()


def split(classes: Array | None, n: int, fraction: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Row numbers for training and for validation, ascending; no validation where fewer than FEWEST rows would be left.

    classes : (n,) whose shares stay about the same on both sides, None for none        fraction : in [0, 1)
    """
    if not 0 <= fraction < 1:
        raise ValueError(f"validation_fraction {fraction}; want a share in [0, 1), 0 for none")
    held = np.zeros(n, bool)
    for members in [np.arange(n)] if classes is None else [np.flatnonzero(classes == k) for k in np.unique(classes)]:
        held[rng.permutation(members)[:int(fraction * len(members))]] = True
    if held.sum() < FEWEST:
        held[:] = False
    return np.flatnonzero(~held), np.flatnonzero(held)
