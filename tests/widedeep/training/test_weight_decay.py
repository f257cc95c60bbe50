"""Decoupled weight decay, by hand."""

import copy

import numpy as np
import pytest

from mlp.optimizers import SGD, AdaGrad, Adam
from widedeep.training.weight_decay import WeightDecay


def test_decay_shrinks_and_then_the_rule_steps():
    params = {"E": np.array([[1.0, 2.0]]), "w": np.array([3.0])}
    grads = {"E": np.array([[0.5, 0.0]]), "w": np.array([1.0])}
    WeightDecay(SGD(0.1), {"E": 2.0}).step(params, grads)
    np.testing.assert_allclose(params["E"], [[0.8 * 1 - 0.1 * 0.5, 0.8 * 2]])  # 1 - lr rate = 0.8
    np.testing.assert_allclose(params["w"], [3 - 0.1])  # not named: not shrunk


def test_the_first_name_that_fits_counts():
    params = {name: np.array([1.0]) for name in ("E", "mlp.0.W", "w")}
    grads = {name: np.zeros(1) for name in params}
    WeightDecay(SGD(0.1), {"E": 5.0, "mlp.": 1.0, "": 2.0}).step(params, grads)
    assert [round(float(w[0]), 9) for w in params.values()] == [0.5, 0.9, 0.8]


def test_decay_is_not_in_the_gradient_that_adam_sees():
    w = {"E": np.array([4.0])}
    rule = WeightDecay(Adam(0.1), {"E": 1.0})
    rule.step(w, {"E": np.array([1e-3])})  # Adam's first step is lr, whatever the gradient
    np.testing.assert_allclose(w["E"], [4 * 0.9 - 0.1], rtol=1e-4)
    np.testing.assert_allclose(rule.memory["E"][0], [1e-3])


def test_a_copy_of_the_pair_goes_on_alone():
    w = {"E": np.array([1.0])}
    pair = WeightDecay(AdaGrad(0.1), {"E": 1.0})
    pair.step(w, {"E": np.array([1.0])})
    other = copy.deepcopy(pair)
    other.step({"E": np.array([1.0])}, {"E": np.array([1.0])})
    assert pair.memory["E"][0].tolist() == [1.0] and other.memory["E"][0].tolist() == [2.0]


@pytest.mark.parametrize("rate", [-1.0, 10.0, 11.0])
def test_a_decay_that_turns_weights_over_is_refused(rate):
    with pytest.raises(ValueError, match="want rate >= 0"):
        WeightDecay(SGD(0.1), {"E": rate})


def test_decay_looks_before_it_moves():
    E = np.ones((3, 2))
    with pytest.raises(KeyError):
        WeightDecay(SGD(0.1), {"E": 1.0}).step({"E": E}, {"F": E})
    assert (E == 1).all()


def test_the_pair_has_one_memory_whichever_way_it_is_set():
    pair = WeightDecay(AdaGrad(0.1), {"": 0.1})
    pair.step({"w": np.ones(2)}, {"w": np.ones(2)})
    assert pair.memory is pair.rule.memory and list(pair.memory) == ["w"]
    pair.memory = {}
    assert pair.rule.memory == {}
