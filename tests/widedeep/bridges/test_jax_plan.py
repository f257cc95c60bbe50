"""What the compiled engine does not know is named, with what to use instead; without JAX, too."""

import copy
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from mlp import AdaGrad, Adam, Momentum
from mlp.windows import flatten
from perceptron.losses import log_loss
from tests.widedeep.three_towers import small
from widedeep import EMA, FTRL, Category, Deep, Encoder, OrdinalRegression, WeightDecay, Wide, WideDeep, optimizers_for
from widedeep.batch import Ragged
from widedeep.bridges.jax_plan import check_known, loss_plan, plan_of
from widedeep.rows import SMALL
from widedeep.towers.with_history import DeepWithHistory


class Mine(Adam):
    """Moves as Adam, until somebody overrides update."""


class Doubled(WideDeep):
    def forward(self, batch, rng=None):
        z, caches = super().forward(batch, rng)
        return 2 * z, caches


class Mean:
    def update(self): ...
    def apply(self): ...
    def applied(self): ...


@pytest.fixture
def start(rng):
    model, rules, _, batch = small(rng)
    return model, rules, log_loss, None, batch


def test_what_it_knows_is_let_through(start):
    check_known(*start)
    model = OrdinalRegression((1, 2), wide=start[0].towers["wide"])
    check_known(model, optimizers_for(model, 1), model.loss(1, 0.3), EMA(model.params(), 0.9), start[-1])


def test_a_tower_a_head_a_rule_a_loss_and_an_average_are_named(start, rng):
    model, rules, loss, _, batch = start
    deep = DeepWithHistory(20, 3, (4, 2), [5], rng)
    bent = copy.deepcopy(model)
    bent.towers["deep"].mlp.activations[0] = np.tanh
    cases = [
        ((bent, rules, loss, None), "tower 'deep' has activations other than relu.*widedeep.fit"),
        ((model.astype(np.float16), rules, loss, None), "'wide' has weights that are not float32 or float64"),
        ((WideDeep(deep=deep), rules, loss, None), "tower 'deep', DeepWithHistory, is not known.*want widedeep.fit"),
        ((Doubled(**model.towers), rules, loss, None), "Doubled has a forward or backward of its own.*widedeep.fit"),
        ((model, rules | {"deep": Mine(0.1)}, loss, None), "rule of 'deep', Mine, is not known.*FTRL.*widedeep.fit"),
        ((model, rules | {"wide": WeightDecay(FTRL(0.1), {"": 0.1})}, loss, None), "'wide', FTRL inside WeightDecay"),
        ((model, rules, lambda z, y: (0.0, z), None), "loss <lambda> is not known.* log_loss.*widedeep.fit"),
        ((model, rules, loss, Mean()), "average Mean is not known here; want EMA.*widedeep.fit"),
    ]  # fmt: skip
    for arguments, words in cases:
        with pytest.raises(ValueError, match=words) as raised:
            check_known(*arguments, batch)
        assert "\n" not in str(raised.value)
    assert not any(rule.memory for rule in rules.values())


@pytest.mark.parametrize("kind", [Adam, Momentum])
def test_a_lazy_rule_is_refused_where_it_would_be_another_rule(rng, kind):
    for rows, fine in ((100, True), (SMALL + 1, False)):
        model = WideDeep(wide=Wide(rows))
        known = (model, {"wide": kind(0.1, lazy=True), "bias": AdaGrad(0.1)}, log_loss, None)
        if fine:
            check_known(*known)
        else:
            with pytest.raises(ValueError, match="wide.w is a large table.*lazy=False, or widedeep.fit"):
                check_known(*known)


def test_rows_of_which_a_few_are_very_long_are_refused(start):
    model, rules, *_, batch = start
    halves = np.arange(60), np.arange(60, 120)
    ragged = Ragged.of(halves, [batch[rows] for rows in halves], batch.labels)
    with pytest.raises(ValueError, match="padded to the longest; want widedeep.fit for it"):
        check_known(model, rules, log_loss, None, batch, ragged)


def test_a_plan_has_every_array_once_and_can_be_a_key(start):
    model, rules, loss, ema, batch = start
    plan = plan_of(model, rules, batch, loss, ema, weighted=False)
    assert [array.name for array in plan.arrays] == [name for name, _ in flatten(model.params())]
    assert {array.name for array in plan.arrays if array.frozen} == {"wide.w", "deep.E", "product.E"}
    assert plan.rules == ("ftrl", "adagrad", "adam", "momentum")
    assert {array.name: array.group for array in plan.arrays if array.decays} == {"deep.E": 1, "product.E": 2}
    assert [array.memories for array in plan.arrays if array.name in ("wide.w", "product.E", "bias.b")] == [3, 2, 1]
    again = plan_of(model, rules, replace(batch), loss, ema, weighted=False)
    assert hash(again) == hash(plan) and again == plan
    assert plan_of(model, rules | {"bias": AdaGrad(0.1)}, batch, loss, ema, weighted=False) != plan


def test_dropout_masks_stand_in_the_order_in_which_they_are_drawn(rng):
    encoder = Encoder(deep=[Category("a")]).fit({"a": [1, 2, 3]})
    batch = encoder.encode({"a": [1]}, np.ones((1, 1)))
    deep = Deep(encoder.n_deep, 4, encoder.n_inputs, [8, 6, 5], rng, dropout=0.2, drop_inputs=0.1)
    model = WideDeep(deep=deep)
    (tower,) = plan_of(model, optimizers_for(model, 1), batch, log_loss, None, False).towers
    assert tower.masks == ((0, 4, 0.1), (1, 8, 0.2), (2, 6, 0.2)) and tower.layers == 3


def test_the_ordinal_loss_gives_its_thresholds_and_weights():
    model = OrdinalRegression((1, 2, 3), wide=Wide(5))
    assert loss_plan(model.loss(2, auxiliary_weight=0.5)) == ("ordinal", (1.0, 2.0, 3.0), (0.5, 1.0, 0.5))


def test_where_jax_is_missing_one_line_says_what_to_install():
    program = """
import sys
sys.modules["jax"] = None
try:
    import widedeep.bridges.jax
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == ("widedeep.bridges.jax: jax is not installed; want pip install 'widedeep[jax]', or "
                           "widedeep.fit, which needs NumPy alone\n")  # fmt: skip
