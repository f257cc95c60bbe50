"""Our compiled engine, widedeep.bridges.jax: the second and later epochs of one fit.

The rows are handed to JAX once, as jax-scan's are; order, weights and memories come from NumPy and go back each epoch.
"""

import numpy as np

from benchmarks.ours import WideDeepSide
from benchmarks.workloads import Problem
from widedeep.bridges.jax import Engine


class EngineSide(WideDeepSide):
    compiles = True

    def __init__(self, problem: Problem, form: str = "", threads: int = 1):
        super().__init__(problem, form, threads)
        self.engine = Engine(self.model, self.optimizers, self.batch, self.batch_size)

    def epoch(self, seed: int) -> float:
        return self.engine.epoch(np.random.default_rng(seed))


SIDES = {"widedeep": EngineSide}
