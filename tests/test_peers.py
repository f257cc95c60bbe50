"""Equal work: one step, and one epoch, of ours, of plain PyTorch's and of JAX's are the same to rounding.

What the benchmark compares is only worth comparing if this holds.  One step is compared in float32, in which it is
timed.  A whole epoch is compared in float64 and, with Adam, in float32 too.  With AdaGrad and FTRL float32 would prove
nothing: at step 15 rounding carries one net sum of one row over its ReLU's kink, AdaGrad's long first steps make 4e-3
of that in a weight, and even float32 and float64 of the same code end 3.5e-4 apart in the loss.
"""

import importlib

import numpy as np
import pytest

from benchmarks.ours import SIDES as OURS
from benchmarks.ours import wide_deep, with_weights
from benchmarks.workloads import Problem, prepare
from perceptron.losses import log_loss

PEERS = {"torch-eager": "torch", "torch-fused": "torch", "jax-step": "jax", "jax-scan": "jax"}


@pytest.fixture(scope="module")
def problems() -> dict[str, Problem]:
    return {name: prepare(name) for name in ("adult", "adult-ftrl", "mlp-20x32")}


def peer(name: str, problem: Problem):
    library = PEERS[name]
    pytest.importorskip(library, reason=f"{library} is not installed: pip install -e '.[bench]'")
    module = importlib.import_module(f"benchmarks.{library}_side")
    return module.SIDES[problem["kind"]](problem, name)


def train_loss(problem: Problem, weights: dict[str, np.ndarray]) -> float:
    """Of all training rows, in float64."""
    exact = problem.astype(np.float64)
    return log_loss(with_weights(wide_deep(exact), weights).logits(exact.as_batch()), exact["labels"])[0]


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("workload", ["adult", "adult-ftrl", "mlp-20x32"])
def test_one_step_gives_the_same_weights(problems: dict[str, Problem], workload: str, name: str) -> None:
    problem = problems[workload].rows(problems[workload]["batch"])  # an epoch of one batch
    theirs, ours = peer(name, problem), OURS[problem["kind"]](problem)
    assert theirs.epoch(0) == pytest.approx(ours.epoch(0), abs=1e-6)
    found, moved = theirs.weights(), 0.0
    for array, w in ours.weights().items():
        assert found[array].shape == w.shape
        np.testing.assert_allclose(found[array], w, rtol=0, atol=1e-5, err_msg=array)
        moved = max(moved, float(np.abs(w - problem.weights()[array]).max()))
    assert moved > 5e-4  # it was a step, and larger than what is tolerated


@pytest.mark.slow
@pytest.mark.parametrize("name", ["torch-eager", "jax-scan"])
@pytest.mark.parametrize("workload, dtype", [("adult", np.float32), ("adult", np.float64), ("adult-ftrl", np.float64)])
def test_after_one_epoch_the_loss_is_the_same(problems: dict[str, Problem], workload: str, dtype: type, name: str
                                              ) -> None:  # fmt: skip
    problem = problems[workload].astype(dtype)
    theirs, ours = peer(name, problem), OURS[problem["kind"]](problem)
    assert theirs.epoch(0) == pytest.approx(ours.epoch(0), abs=1e-6)  # the mean over the epoch's steps
    assert train_loss(problem, theirs.weights()) == pytest.approx(train_loss(problem, ours.weights()), abs=1e-6)
