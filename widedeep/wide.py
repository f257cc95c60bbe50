"""The wide tower: a perceptron over sparse inputs.  This is what memorizes.

    z_wide = w . [x, phi(x)]        x and phi(x) are 0 or 1, and almost all 0       Cheng et al. 2016, section 3.1

A product with 0 adds nothing and a product with 1 is the weight itself: so the net sum is the sum of the weights of the
features that are 1.  No dense matrix, no multiplying by 0; the AND of a cross happened in the encoder.  (A value that
stands twice in a bag counts twice.)

Read before: perceptron/neuron.py, rows.py        Read next: ftrl.py
"""
import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp.sparse import Rows
from perceptron.activations import Array
from widedeep.batch import Batch
from widedeep.registry import register
from widedeep.rows import sum_rows


@register("tower")
class Wide:
    """One weight for each feature, w (V,), zero at first as FTRL wants.  The bias belongs to the composer.

    n_features : V, id 0 included (Encoder.n_wide)
    """

    def __init__(self, n_features: int, dtype: npt.DTypeLike = np.float32):
        if not isinstance(n_features, (int, np.integer)):
            raise ValueError(f"Wide: n_features is a {type(n_features).__name__}; want a number: Wide(encoder.n_wide)")
        if n_features < 2:
            raise ValueError(f"Wide: {n_features} features, id 0 included; want at least 2: "
                             "has the encoder wide columns?")
        self.w = np.zeros(n_features, dtype)

    def params(self) -> dict[str, Array]:
        return {"w": self.w}

    def frozen(self) -> dict[str, Any]:
        """Not a parameter: the weight of id 0."""
        return {"w": 0}

    def forward(self, batch: Batch, rng: np.random.Generator | None = None) -> tuple[Array, Array]:
        """batch.wide (N, F) -> z (N, 1), and the ids for backward."""
        ids = batch.wide                                            # (N, F)  ids of the ones, padded with 0; w[0] = 0
        ones = np.ones((ids.shape[1], 1), self.w.dtype)             # (F, 1)  a product with ones is the sum, but faster
        return self.w.take(ids) @ ones, ids                         # (N, 1)  (N, F) @ (F, 1)

    def backward(self, dz: Array, ids: Array) -> dict[str, Array | Rows]:
        """dz (N, 1) -> dw: each feature of a row gets the row's error, times its input, which is 1."""
        errors = np.repeat(dz, ids.shape[1])                        # (N F,)
        return {"w": sum_rows(ids.ravel(), errors, self.w)}

    def astype(self, dtype: npt.DTypeLike) -> "Wide":
        other = copy.copy(self)
        other.w = self.w.astype(dtype)
        return other

    def spec(self) -> dict[str, Any]:
        """What __init__ needs to build it again."""
        return {"n_features": len(self.w), "dtype": str(self.w.dtype)}
