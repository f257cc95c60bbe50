"""Matrix factorization: the dot product of a person's factors and a film's.   A third tower, beyond the paper.

    z = <P[user], Q[item]> = sum_k P[user]_k Q[item]_k

    dP[user] = dz Q[item]        dQ[item] = dz P[user]        each gets the error times what it was multiplied by

An MLP needs many neurons to approximate a product; here it is one line.  A model of this tower alone is the classical
matrix factorization.  A side may have several columns: their rows are added first, so that a new user still has an age.

    z = < sum of the rows of the one side's columns, sum of the rows of the other's >

Read before: deep.py        Read next: with_history.py
Source: Koren, Bell and Volinsky 2009; Rendle 2010 (the general form, every pair of columns).
"""
import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp.dropout import dropout_mask
from perceptron.activations import Array
from widedeep.batch import Batch
from widedeep.embedding import embed, spread
from widedeep.registry import register
from widedeep.rows import sum_rows

Cache = tuple[Batch, Array, Array, Any, tuple[int, ...]]


@register("tower")
class MatrixFactorization:
    """One table E for both sides, since each column has its own block of rows: P and Q lie in it.

    n_rows : rows of the table, row 0 included (Encoder.n_deep)        d : numbers in a row
    left, right : positions of the two sides' columns among the embedded ones (Encoder.deep)
    sd : standard deviation of the first rows; small, for the product of two of them to start near 0
    dropout : chance that one of the d terms of the sum is left out while training
    """

    def __init__(self, n_rows: int, d: int, left: Sequence[int], right: Sequence[int], rng: np.random.Generator,
                 dtype: npt.DTypeLike = np.float32, *, sd: float = 0.1, dropout: float = 0.0):
        sides = [*left, *right]
        if not left or not right or len(set(sides)) < len(sides) or min(sides) < 0 or d < 1:
            raise ValueError(f"MatrixFactorization: left {list(left)}, right {list(right)}, d {d}; "
                             "want positions of columns, each once, some on each side, and d at least 1")
        self.left, self.right, self.sd, self.dropout = list(left), list(right), sd, dropout
        self.E = rng.normal(0, sd, (n_rows, d)).astype(dtype)                       # (V, d)
        self.E[0] = 0

    def params(self) -> dict[str, Any]:
        return {"E": self.E}

    def frozen(self) -> dict[str, Any]:
        """Not parameters: the row of id 0."""
        return {"E": 0}

    def forward(self, batch: Batch, rng: np.random.Generator | None = None) -> tuple[Array, Cache]:
        """batch.deep (N, S) -> z (N, 1), and the cache for backward."""
        C = self.look_up(batch)                                     # (N, C, d)
        P = C[:, self.left].sum(axis=1)                             # (N, d)
        Q = C[:, self.right].sum(axis=1)                            # (N, d)
        mask = dropout_mask(P, self.dropout, rng) if rng is not None and self.dropout else None
        PQ = P * Q if mask is None else P * Q * mask                # (N, d)
        return PQ.sum(axis=1, keepdims=True), (batch, P, Q, mask, C.shape)       # (N, 1)

    def backward(self, dz: Array, cache: Cache) -> dict[str, Any]:
        """dz (N, 1) -> dE: each side's row gets the error times the other side's."""
        batch, P, Q, mask, shape = cache
        dPQ = dz if mask is None else dz * mask                     # (N, 1) or (N, d)
        dC = np.zeros(shape, np.result_type(dz, self.E))            # (N, C, d)
        dC[:, self.left] = (dPQ * Q)[:, None]                       # (N, d) to every column of the side
        dC[:, self.right] = (dPQ * P)[:, None]
        return {"E": sum_rows(*self.look_up_backward(dC, batch), self.E)}

    def look_up(self, batch: Batch) -> Array:
        """The rows of every column, (N, C, d); as in Deep."""
        return embed(self.E, batch)

    def look_up_backward(self, dC: Array, batch: Batch) -> tuple[Array, Array]:
        """The way back: dC (N, C, d) -> ids (n,) and errors (n, d) of every use of a row of E."""
        return batch.deep.ravel(), spread(dC, batch).reshape(-1, self.E.shape[1])

    def astype(self, dtype: npt.DTypeLike) -> "MatrixFactorization":
        other = copy.copy(self)
        other.E = self.E.astype(dtype)
        return other

    def spec(self) -> dict[str, Any]:
        """What __init__ needs to build it again, but for the generator."""
        return {"n_rows": len(self.E), "d": self.E.shape[1], "left": self.left, "right": self.right,
                "sd": self.sd, "dropout": self.dropout, "dtype": str(self.E.dtype)}
