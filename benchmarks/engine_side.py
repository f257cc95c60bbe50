"""Our compiled engine: widedeep.bridges.jax.fit, called as ours is, checks included."""

import numpy as np

from benchmarks.ours import WideDeepSide
from benchmarks.workloads import Problem
from widedeep.bridges.jax import fit


class EngineSide(WideDeepSide):
    compiles = True

    def __init__(self, problem: Problem, form: str = "", threads: int = 1):
        super().__init__(problem, form, threads)

    def epoch(self, seed: int) -> float:
        rng = np.random.default_rng(seed)
        (record,) = fit(self.model, self.optimizers, self.batch, rng=rng, epochs=1, batch_size=self.batch_size)
        return record["loss"]


SIDES = {"widedeep": EngineSide}
