"""The linear tower: a weight for each number, and for each answer.   z = x w

What a table of numbers tells is often mostly a straight line.  Beside the wide tower, whose features are 0 or 1, these
weights say it exactly, and leave the deep tower what is bent.

Read before: wide.py, deep.py        Read next: deep_periodic.py
"""
import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from widedeep.batch import Batch
from widedeep.registry import register


@register("tower")
class Linear:
    """Weights w (M, K), zero at first.   n_numbers : M, of the encoder        outputs : K, 1 or a number of classes"""

    def __init__(self, n_numbers: int, outputs: int = 1, dtype: npt.DTypeLike = np.float32):
        if n_numbers < 1 or outputs < 1:
            raise ValueError(f"Linear: {n_numbers} numbers, {outputs} outputs; want at least 1 of both: "
                             "Linear(len(encoder.numbers))")
        self.w = np.zeros((n_numbers, outputs), dtype)

    def params(self) -> dict[str, Array]:
        return {"w": self.w}

    def frozen(self) -> dict[str, Any]:
        """Every weight is a parameter."""
        return {}

    def forward(self, batch: Batch, rng: np.random.Generator | None = None) -> tuple[Array, Array]:
        """batch.numbers (N, M) -> z (N, K), and the numbers for backward."""
        return batch.numbers @ self.w, batch.numbers

    def backward(self, dz: Array, numbers: Array) -> dict[str, Array]:
        """dz (N, K) -> dw (M, K)"""
        return {"w": numbers.T @ dz}

    def astype(self, dtype: npt.DTypeLike) -> "Linear":
        other = copy.copy(self)
        other.w = self.w.astype(dtype)
        return other

    def spec(self) -> dict[str, Any]:
        """What __init__ needs to build it again."""
        return {"n_numbers": len(self.w), "outputs": self.w.shape[1], "dtype": str(self.w.dtype)}
