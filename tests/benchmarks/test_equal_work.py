"""Equal work: one step, and one epoch, of ours, of plain PyTorch's and of JAX's are the same to rounding.

What the benchmark compares is only worth comparing if this holds.  It times float32; here float32 is compared where
that proves anything, with Adam.  AdaGrad's first steps divide a gradient by its own size: one that is 0 but for
rounding moves a weight by up to lr in one library and by less in another, and by step 15 a net sum has crossed its
ReLU's kink in one of them (even float32 and float64 of our own code then end an epoch 3.5e-4 apart in the loss).  So
AdaGrad and FTRL are compared in float64.
"""

import functools
import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # benchmarks/ is not installed with the packages

from benchmarks.ours import SIDES as OURS
from benchmarks.ours import wide_deep, with_weights
from benchmarks.worker import MODULES
from benchmarks.workloads import Problem, prepare
from perceptron.losses import log_loss

PEERS = {"torch-eager": "torch", "torch-fused": "torch", "jax-step": "jax", "jax-scan": "jax", "engine": "jax"}


@functools.cache
def problem_of(workload: str) -> Problem:
    return prepare(workload)


def peer(name: str, problem: Problem):
    library = PEERS[name]
    pytest.importorskip(library, reason=f"{library} is not installed: pip install -e '.[bench]'")
    module = importlib.import_module(f"benchmarks.{MODULES[name]}")
    if problem["kind"] not in module.SIDES:
        pytest.skip(f"{name} does not train a plain network")
    return module.SIDES[problem["kind"]](problem, name)


def train_loss(problem: Problem, weights: dict[str, np.ndarray]) -> float:
    """Of all training rows, in float64."""
    exact = problem.astype(np.float64)
    return log_loss(with_weights(wide_deep(exact), weights).logits(exact.as_batch()), exact["labels"])[0]


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize(
    "workload, dtype",
    [
        ("adult", np.float32),
        ("adult", np.float64),
        ("adult-ftrl", np.float64),
        ("mlp-20x32", np.float32),
        pytest.param("movielens", np.float32, marks=pytest.mark.download),  # has bags
        pytest.param("movielens-ftrl", np.float64, marks=pytest.mark.download),
    ],
)
def test_one_step_gives_the_same_weights(workload: str, dtype: type, name: str) -> None:
    problem = problem_of(workload).astype(dtype)
    problem = problem.rows(problem["batch"])  # an epoch of one batch
    theirs, ours = peer(name, problem), OURS[problem["kind"]](problem)
    assert theirs.epoch(0) == pytest.approx(ours.epoch(0), abs=1e-6)
    found, moved = theirs.weights(), 0.0
    for array, w in ours.weights().items():
        assert found[array].shape == w.shape
        np.testing.assert_allclose(found[array], w, rtol=0, atol=1e-5, err_msg=array)
        moved = max(moved, float(np.abs(w - problem.weights()[array]).max()))
    assert moved > 5e-4  # it was a step, and larger than what is tolerated


@pytest.mark.slow
@pytest.mark.parametrize("name", ["torch-eager", "jax-scan", "engine"])
@pytest.mark.parametrize("workload, dtype", [("adult", np.float32), ("adult", np.float64), ("adult-ftrl", np.float64)])
def test_after_one_epoch_the_loss_is_the_same(workload: str, dtype: type, name: str) -> None:
    problem = problem_of(workload).astype(dtype)
    theirs, ours = peer(name, problem), OURS[problem["kind"]](problem)
    assert theirs.epoch(0) == pytest.approx(ours.epoch(0), abs=1e-6)  # the mean over the epoch's steps
    assert train_loss(problem, theirs.weights()) == pytest.approx(train_loss(problem, ours.weights()), abs=1e-6)
