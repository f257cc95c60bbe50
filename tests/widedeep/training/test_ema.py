"""The moving average of the weights, by hand, and in fit."""

import numpy as np
import pytest

from mlp.windows import flatten
from tests.widedeep.three_towers import small
from widedeep import fit
from widedeep.training.ema import EMA


def test_the_average_by_hand():
    w = np.array([0.0])
    average = EMA({"w": w}, decay=0.1)
    w[...] = 11.0
    average.update()  # decay_1 = min(0.1, 1 / 11): 10 / 11 of the way
    np.testing.assert_allclose(average.means[0], [10.0])
    w[...] = 20.0
    average.update()  # decay_2 = 0.1: 9 / 10 of the way
    np.testing.assert_allclose(average.means[0], [19.0])


def test_the_average_is_applied_inside_the_with_and_gone_after_it():
    w = np.array([1.0])
    average = EMA({"deep": {"w": w}}, decay=0.5)
    w[...] = 3.0
    with pytest.raises(RuntimeError), average.applied():
        assert w.tolist() == [1.0]
        raise RuntimeError
    assert w.tolist() == [3.0]
    average.apply()
    assert w.tolist() == [1.0]


@pytest.mark.parametrize("decay", [-0.1, 1.0])
def test_a_decay_outside_0_to_1_is_refused(decay):
    with pytest.raises(ValueError, match="decay"):
        EMA({"w": np.zeros(1)}, decay)


def test_the_moving_average_is_what_is_left_and_ftrls_memory_agrees_with_it(rng):
    model, rules, _, batch = small(rng)
    average = EMA(model.params(), 0.9)
    fit(model, rules, batch, rng=rng, epochs=3, batch_size=32, ema=average)
    for mean, (_, w) in zip(average.means, flatten(model.params())):
        assert np.array_equal(mean, w)
    assert average.steps == 3 * 4
    w = model.towers["wide"].w.copy()
    nothing = np.zeros_like(w)
    rules["wide"].step({"w": model.towers["wide"].w}, {"w": nothing})  # computes w anew from zeta and n
    np.testing.assert_allclose(model.towers["wide"].w, w, atol=1e-5)


def test_the_average_is_what_is_validated(rng):
    model, rules, _, batch = small(rng)
    seen = []
    average = EMA(model.params(), 0.99)
    fit(model, rules, batch, batch, rng=rng, epochs=2, batch_size=32, ema=average, report=seen.append)
    with average.applied():
        from perceptron import log_loss

        averaged = float(log_loss(model.logits(batch), batch.labels)[0])
    assert averaged == pytest.approx(seen[-1]["validation"], abs=1e-6)


def test_a_model_in_the_place_of_its_weights_is_refused(rng):
    with pytest.raises(ValueError, match=r"EMA: a WideDeep; want its weights: EMA\(model.params\(\), 0.9\)"):
        EMA(small(rng)[0], 0.9)
