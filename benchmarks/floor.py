"""The floor: an epoch's matrix products alone, forward and backward, into preallocated buffers.

No look-ups, no activations, no loss, no optimizer: nothing that trains this network with NumPy can be faster.
"""

import numpy as np

from benchmarks.ours import Side
from benchmarks.workloads import Problem


class Products(Side):
    def __init__(self, problem: Problem, form: str = "", threads: int = 1):
        weights = [w for name, w in problem.weights().items() if w.ndim == 2 and name != "deep.E"]
        self.inputs_learn = problem["kind"] == "widedeep"  # the embeddings need the gradient at the inputs
        full, rest = divmod(len(problem), problem["batch"])
        self.plan = [(full, Buffers(weights, problem["batch"]))]
        if rest:
            self.plan.append((1, Buffers(weights, rest)))

    def epoch(self, seed: int) -> None:
        for times, buffers in self.plan:
            for _ in range(times):
                buffers.products(self.inputs_learn)


class Buffers:
    def __init__(self, weights: list[np.ndarray], n: int):
        rng, dtype = np.random.default_rng(0), weights[0].dtype
        self.weights = weights
        self.outputs = [
            rng.normal(size=(n, H)).astype(dtype) for H in [len(weights[0])] + [w.shape[1] for w in weights]
        ]
        self.errors = [a.copy() for a in self.outputs]
        self.gradients = [np.empty_like(w) for w in weights]

    def products(self, inputs_learn: bool) -> None:
        A, dA = self.outputs, self.errors
        for i, W in enumerate(self.weights):
            np.matmul(A[i], W, out=A[i + 1])
        for i in reversed(range(len(self.weights))):
            np.matmul(A[i].T, dA[i + 1], out=self.gradients[i])
            if i or inputs_learn:
                np.matmul(dA[i + 1], self.weights[i].T, out=dA[i])


SIDES = {"widedeep": Products, "mlp": Products}
