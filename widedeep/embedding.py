"""Embeddings: one learned row of d numbers for each category; a bag gets the mean of its rows.

    V = E[ids]                      forward looks rows up
    dE[v] = sum of dV where v was   backward adds errors up

A look-up is the product of a one-hot row with E, without the multiplications by 0.

Read before: rows.py        Read next: deep.py
"""
import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from widedeep.batch import Batch


def initial_rows(n_rows: int, d: int, rng: np.random.Generator, dtype: npt.DTypeLike = np.float32) -> Array:
    """E (V, d), normal with Var = 1 / d; row 0, "nothing known", is zero and stays zero."""
    E = rng.normal(0, 1 / np.sqrt(d), (n_rows, d)).astype(dtype)
    E[0] = 0
    return E


def embed(E: Array, batch: Batch) -> Array:
    """E (V, d) and batch.deep (N, S) -> (N, C, d): a row for each column of one value, the mean of the rows for each bag.

    An empty bag gives zeros.
    """
    V = E.take(batch.deep, axis=0)                                  # (N, S, d)
    single = V.shape[1] - sum(batch.bags)
    columns, start = [V[:, :single]], single
    for k, slots in enumerate(batch.bags):
        total = V[:, start:start + slots].sum(axis=1, keepdims=True)                    # (N, 1, d)  padding adds row 0
        columns.append(total * batch.shares[:, k, None, None])      # (N, 1, d)  the mean over the known ones
        start += slots
    return np.concatenate(columns, axis=1) if batch.bags else V     # (N, C, d)


def spread(dC: Array, batch: Batch) -> Array:
    """The way back: dC (N, C, d), the errors of the columns -> dV (N, S, d), those of the slots."""
    if not batch.bags:
        return dC
    single = dC.shape[1] - len(batch.bags)
    slots = [dC[:, :single]]
    for k, n_slots in enumerate(batch.bags):
        share = dC[:, single + k, None] * batch.shares[:, k, None, None]                # (N, 1, d)  a mean divides
        slots.append(np.repeat(share, n_slots, axis=1))
    return np.concatenate(slots, axis=1)
