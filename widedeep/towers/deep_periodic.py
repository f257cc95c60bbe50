"""The deep tower with periodic numbers: each number arrives as waves whose frequencies are learned.

    h_jk = cos(2 pi (f_jk x_j + s_jk))        k = 1 .. K waves of number j
    r_j  = h_j U_j + c_j                      e values of number j, beside x_j itself

A ReLU layer bends a number at a few places; a function with many steps in one number (the price of a house along its
longitude) wants many bends, which the waves have from the start.  Frequencies begin normal with spread `sigma`, in
periods per unit of x: with robust numbers (features/robust.py) a unit is the middle half of the rows.

    dU_j = h_j^T dr_j        dh_j = dr_j U_j^T        df_jk = sum_n dh_jk (-sin) 2 pi x_j

Read before: linear.py, features/periodic.py        Read next: heads/regression.py
Source: Gorishniy et al. 2022, "On Embeddings for Numerical Features"; the shift s is Holzmueller et al.'s, 2024.
"""
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp.dropout import dropout_mask
from mlp.windows import Windows
from perceptron.activations import Array
from widedeep.batch import Batch
from widedeep.deep import Deep
from widedeep.registry import register
from widedeep.rows import sum_dense, sum_sparse

WAVES = "f", "s", "U", "c"                              # the names of their arrays


@register("tower")
class DeepPeriodic(Deep):
    """Deep, whose first `periodic` numbers also arrive as waves.   The last weights w (H, outputs).

    periodic : P of the M numbers        waves : K of each        width : e values made of them
    sigma : spread of the first frequencies        outputs : 1, or the number of classes
    the rest, and settings by name, as for Deep
    """

    def __init__(self, n_rows: int, d: int, inputs: tuple[int, int], hidden: Sequence[int], rng: np.random.Generator,
                 periodic: int, waves: int = 16, width: int = 4, sigma: float = 0.3, outputs: int = 1,
                 dtype: npt.DTypeLike = np.float32, **settings: Any):
        C, M = inputs
        P, K, e = periodic, waves, width
        if not (0 <= P <= M and K >= 1 and e >= 1 and sigma > 0 and outputs >= 1):
            raise ValueError(f"DeepPeriodic: {P} of {M} numbers, {K} waves, width {e}, sigma {sigma}, {outputs} "
                             "outputs; want periodic <= numbers, sigma above 0, and at least 1 of the others")
        super().__init__(n_rows, d, (C, M + P * e), hidden, rng, dtype, **settings)
        self.inputs, self.sigma = (C, M), sigma
        H = len(self.w)
        parts = {"f": rng.normal(0, sigma, (P, 1, K)), "s": rng.uniform(0, 1, (P, 1, K)),
                 "U": rng.normal(0, 1 / np.sqrt(K), (P, K, e)), "c": np.zeros((P, 1, e)),
                 "w": rng.normal(0, 1 / np.sqrt(H), (H, outputs))}
        flat = np.concatenate([self.theta.flat[:-H], *(part.ravel() for part in parts.values())]).astype(dtype)
        shapes = {name: shape for name, shape in self.theta.shapes.items() if name != "w"}
        self.bind(Windows(shapes | {name: part.shape for name, part in parts.items()}, flat), self.E)

    def params(self) -> dict[str, Any]:
        """As Deep's, with f, s (P, 1, K), U (P, K, e) and c (P, 1, e)."""
        return self.theta if self.joined else super().params() | {name: self.theta[name] for name in WAVES}

    def forward(self, batch: Batch, rng: np.random.Generator | None = None) -> tuple[Array, Any]:
        """batch.deep (N, S), batch.numbers (N, M) -> z (N, outputs), and the cache for backward."""
        f, s, U, c = (self.theta[name] for name in WAVES)
        P = len(f)
        x = batch.numbers[:, :P].T[:, :, None]                      # (P, N, 1)
        angle = (2 * np.pi) * (x * f + s)                           # (P, N, K)
        angle = angle.astype(np.result_type(batch.numbers, f), copy=False)
        h = np.cos(angle)
        r = (h @ U + c).transpose(1, 0, 2).reshape(len(batch), -1)                      # (N, P e)
        V = self.look_up(batch)                                                         # (N, C, d)
        X = np.concatenate([V.reshape(len(batch), -1), batch.numbers, r], axis=1)       # (N, C d + M + P e)
        mask = dropout_mask(X, self.drop_inputs, rng) if rng is not None and self.drop_inputs else None
        a, caches = self.mlp.forward(X if mask is None else X * mask, rng)              # (N, H)
        return a @ self.w, (batch, caches, a, mask, x, angle, h)

    def backward(self, dz: Array, cache: Any) -> dict[str, Any]:
        """dz (N, outputs) -> gradients under the names of params()."""
        batch, caches, a, mask, x, angle, h = cache
        grads = self.theta.empty_like(np.result_type(dz, self.theta.flat))
        inner = {name.removeprefix("mlp."): g for name, g in grads.items() if name.startswith("mlp.")}
        np.matmul(a.T, dz, out=grads["w"])                                              # (H, outputs)
        dX, _ = self.mlp.backward(dz @ self.w.T, caches, inner)                         # (N, C d + M + P e)
        dX = dX if mask is None else dX * mask
        (C, M), d, (P, _, e) = self.inputs, self.E.shape[1], self.theta["c"].shape
        dr = dX[:, C * d + M:].reshape(len(dX), P, e).transpose(1, 0, 2)                     # (P, N, e)
        np.matmul(h.transpose(0, 2, 1), dr, out=grads["U"])                             # (P, K, e)
        np.sum(dr, axis=1, keepdims=True, out=grads["c"])
        dturns = (dr @ self.theta["U"].transpose(0, 2, 1)) * np.sin(angle)              # (P, N, K)
        dturns *= -2 * np.pi
        np.sum(dturns, axis=1, keepdims=True, out=grads["s"])
        np.sum(dturns * x, axis=1, keepdims=True, out=grads["f"])
        ids, dV = self.look_up_backward(dX[:, :C * d].reshape(len(dX), C, d), batch)    # (n,), (n, d)
        if self.joined:
            grads["E"][...] = 0
            sum_dense(ids, dV, grads["E"])
            return grads
        rest = {name: grads[name] for name in ("w", *WAVES)}
        return {"E": sum_sparse(ids, dV), "mlp": grads.view("mlp."), **rest}

    def spec(self) -> dict[str, Any]:
        P, K, e = self.theta["U"].shape
        return super().spec() | {"periodic": P, "waves": K, "width": e, "sigma": self.sigma,
                                 "outputs": self.w.shape[1]}
