"""Embeddings: one learned row of d numbers for each category; a bag gets the mean of its rows.

    V = E[ids]                      forward looks rows up
    dE[v] = sum of dV where v was   backward adds errors up

A look-up is the product of a one-hot row with E, without the multiplications by 0.

Read before: rows.py        Read next: deep.py
"""
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from widedeep.batch import Batch


def initial_rows(n_rows: int, d: int, rng: np.random.Generator, dtype: npt.DTypeLike = np.float32,
                 scale: float = 1.0) -> Array:
    """E (V, d), normal with Var = scale^2 / d; row 0, "nothing known", is zero and stays zero."""
    E = rng.normal(0, scale / np.sqrt(d), (n_rows, d)).astype(dtype)
    E[0] = 0
    return E


def embed(E: Array, batch: Batch) -> Array:
    """E (V, d) and batch.deep (N, S) -> (N, C, d): the row of each column of one value, the mean of the rows of a bag.

    An empty bag gives zeros.
    """
    V = E.take(batch.deep, axis=0)                                  # (N, S, d)
    if not batch.bags:
        return V                                                    # (N, C, d)  a slot is a column
    single = V.shape[1] - sum(batch.bags)
    columns = [V[:, :single]]
    for slots, shares in bag_slots(batch):
        columns.append(shares[:, None] @ V[:, slots])               # (N, 1, d)  (1, slots) @ (slots, d): the mean
    return np.concatenate(columns, axis=1)                          # (N, C, d)


def spread(dC: Array, batch: Batch) -> Array:
    """The way back: dC (N, C, d), the errors of the columns -> dV (N, S, d), those of the slots."""
    if not batch.bags:
        return dC
    single = dC.shape[1] - len(batch.bags)
    dV = np.empty((len(dC), batch.deep.shape[1], dC.shape[2]), dC.dtype)                # (N, S, d)
    dV[:, :single] = dC[:, :single]
    for k, (slots, shares) in enumerate(bag_slots(batch)):
        np.einsum("nl,nd->nld", shares, dC[:, single + k], out=dV[:, slots])            # each value gets its share
    return dV


def bag_slots(batch: Batch) -> Iterator[tuple[slice, Array]]:
    """For each bag, which slots of batch.deep are its own, and their shares (N, slots)."""
    start = single = batch.deep.shape[1] - sum(batch.bags)
    for width in batch.bags:
        yield slice(start, start + width), batch.shares[:, start - single:start - single + width]
        start += width
