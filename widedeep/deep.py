"""The deep tower: rows of an embedding table, side by side with the numbers, into an MLP.  This is what generalizes.

    a = MLP([columns, numbers])        z_deep = w_deep . a      Cheng et al. 2016, eq. 2 and the second term of eq. 3

All columns share one table, each a block of rows, so that one look-up serves them all.

Read before: embedding.py, mlp/network.py        Read next: model.py
"""
import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp.dropout import dropout_mask
from mlp.initialisers import check_generator
from mlp.network import MLP, Caches
from mlp.network import pre_activations as mlp_pre_activations
from mlp.windows import Windows
from perceptron.activations import Array, relu
from widedeep.batch import Batch
from widedeep.embedding import embed, initial_rows, spread
from widedeep.registry import register
from widedeep.rows import SMALL, sum_dense, sum_sparse

Cache = tuple[Batch, Caches, Array, Array | None]


@register("tower")
class Deep:
    """The last step, w_deep . a, has no bias: the composer owns the only one.

    n_rows : rows of the table, row 0 included (Encoder.n_deep)        d : numbers in a row
    inputs : (embedded columns C, numbers M) (Encoder.n_inputs)        hidden : units of each ReLU layer, at least one
    dropout : chance that a hidden neuron of the MLP is silenced while training        drop_inputs : that an input is
    scale : of the first embeddings; well below 1 they start near 0, and a rare value says little until it is learned
    """

    def __init__(self, n_rows: int, d: int, inputs: tuple[int, int], hidden: Sequence[int], rng: np.random.Generator,
                 dtype: npt.DTypeLike = np.float32, *, dropout: float = 0.0, drop_inputs: float = 0.0,
                 scale: float = 1.0):
        check_generator("Deep", rng)
        if not (isinstance(n_rows, (int, np.integer)) and np.shape(inputs) == (2,) and np.ndim(hidden) == 1):
            raise ValueError(f"Deep: n_rows {type(n_rows).__name__}, inputs {inputs}, hidden {hidden}; want a number, "
                             "a pair and a list: Deep(encoder.n_deep, 8, encoder.n_inputs, [64, 32], rng)"[:300])
        C, M = inputs
        if not len(hidden) or C * d + M < 1:
            raise ValueError(f"Deep: {C} columns, {M} numbers, hidden {list(hidden)}; "
                             "want at least one column or number, and one layer")
        self.inputs, self.hidden, self.drop_inputs, self.scale = (C, M), list(hidden), drop_inputs, scale
        E = initial_rows(n_rows, d, rng, dtype, scale)
        self.mlp = MLP([C * d + M, *hidden], rng, dtype, output=relu, dropout=dropout)
        w = rng.normal(0, 1 / np.sqrt(hidden[-1]), (hidden[-1], 1))                     # (H, 1)
        shapes = {f"mlp.{name}": shape for name, shape in self.mlp.params().shapes.items()} | {"w": w.shape}
        parts = [self.mlp.params().flat, w.ravel().astype(dtype)]
        self.joined = E.size <= SMALL                    # a small table lies in the tower's vector, and moves with it
        if self.joined:
            shapes, parts = {"E": E.shape, **shapes}, [E.ravel(), *parts]
        self.bind(Windows(shapes, np.concatenate(parts)), E)

    def bind(self, theta: Windows, E: Array) -> None:
        self.theta, self.E = theta, theta["E"] if self.joined else E
        self.w = theta["w"]
        self.mlp.bind(theta.view("mlp."))

    def params(self) -> dict[str, Any]:
        """{"E": (V, d), "mlp.0.W": ..., "w": (H, 1)}: one vector, or for a large table two things: it and the rest."""
        return self.theta if self.joined else {"E": self.E, "mlp": self.mlp.params(), "w": self.w}

    def frozen(self) -> dict[str, Any]:
        """Not parameters: the row of id 0."""
        return {"E": 0}

    def forward(self, batch: Batch, rng: np.random.Generator | None = None) -> tuple[Array, Cache]:
        """batch.deep (N, S), batch.numbers (N, M) -> z (N, 1), and the cache for backward."""
        V = self.look_up(batch)                                                         # (N, C, d)
        X = np.concatenate([V.reshape(len(batch), -1), batch.numbers], axis=1)          # (N, C d + M)
        mask = dropout_mask(X, self.drop_inputs, rng) if rng is not None and self.drop_inputs else None
        X = X if mask is None else X * mask
        a, caches = self.mlp.forward(X, rng)                                            # (N, H)
        return a @ self.w, (batch, caches, a, mask)                                     # (N, 1)

    def backward(self, dz: Array, cache: Cache) -> dict[str, Any]:
        """dz (N, 1) -> gradients under the names of params()."""
        batch, caches, a, mask = cache
        grads = self.theta.empty_like(np.result_type(dz, self.theta.flat))
        inner = {name.removeprefix("mlp."): g for name, g in grads.items() if name.startswith("mlp.")}
        np.matmul(a.T, dz, out=grads["w"])                                              # (H, 1)
        da = dz * self.w[:, 0] if dz.shape[1] == 1 else dz @ self.w.T                   # (N, H)  dz w^T
        dX, _ = self.mlp.backward(da, caches, inner)                                    # (N, C d + M)
        dX = dX if mask is None else dX * mask
        C, d = self.inputs[0], self.E.shape[1]
        ids, dV = self.look_up_backward(dX[:, :C * d].reshape(len(dX), C, d), batch)           # (n,), (n, d)
        if self.joined:
            grads["E"][...] = 0
            sum_dense(ids, dV, grads["E"])
            return grads
        return {"E": sum_sparse(ids, dV), "mlp": grads.view("mlp."), "w": grads["w"]}

    def look_up(self, batch: Batch) -> Array:
        """The rows of every column, (N, C, d).  A tower with more inputs than columns overrides it."""
        return embed(self.E, batch)

    def look_up_backward(self, dC: Array, batch: Batch) -> tuple[Array, Array]:
        """The way back: dC (N, C, d) -> ids (n,) and errors (n, d) of every use of a row of E."""
        return batch.deep.ravel(), spread(dC, batch).reshape(-1, self.E.shape[1])

    def astype(self, dtype: npt.DTypeLike) -> "Deep":
        other = copy.copy(self)
        other.mlp = copy.copy(self.mlp)
        other.bind(self.theta.astype(dtype), self.E.astype(dtype))
        return other

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A copied or unpickled tower's windows are windows of its own vector, or it would not learn."""
        self.__dict__.update(state)
        self.bind(self.theta, self.E)

    def spec(self) -> dict[str, Any]:
        """What __init__ needs to build it again, but for the generator."""
        return {"n_rows": len(self.E), "d": self.E.shape[1], "inputs": list(self.inputs), "hidden": self.hidden,
                "dropout": self.mlp.dropout, "drop_inputs": self.drop_inputs, "scale": self.scale,
                "dtype": str(self.E.dtype)}


def pre_activations(cache: Cache) -> list[Array]:
    """Every ReLU's net sums, for the gradient checker."""
    return mlp_pre_activations(cache[1])
