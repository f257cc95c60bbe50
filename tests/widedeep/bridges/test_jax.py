"""The compiled engine does NumPy's work: the same weights, memories, steps, records and draws, to rounding.

Compared in float64, as in tests/benchmarks/test_equal_work.py: in float32 a gradient that is 0 but for rounding is
divided by its own size by AdaGrad and Adam, and moves a weight by up to lr in one program and by less in the other.
"""

import copy
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("jax", reason="JAX is not installed: pip install 'widedeep[jax]'")

import widedeep.train
from mlp import SGD, AdaGrad, Adam, Momentum, softmax_cross_entropy, squared_error
from mlp.windows import flatten
from tests.widedeep.probe import build
from tests.widedeep.three_towers import small
from widedeep import (
    EMA,
    FTRL,
    Category,
    Classes,
    Deep,
    DeepClasses,
    Encoder,
    MatrixFactorization,
    OrdinalRegression,
    Regression,
    WeightDecay,
    Wide,
    WideClasses,
    WideDeep,
    class_labels,
    optimizers_for,
    scheduled,
)
from widedeep.bridges import jax_forward
from widedeep.bridges.jax import fit
from widedeep.bridges.jax_epoch import compiled_epoch, one_share
from widedeep.datasets import adult, movielens
from widedeep.recipes import RECIPES


def trained(how, model, rules, train, validation=None, *, seed=3, decay=None, **settings):
    """Everything that a fit leaves behind.  how : the fit of each of several calls, one after the other"""
    model, rules = copy.deepcopy((model, rules))
    rng, ema = np.random.default_rng(seed), EMA(model.params(), decay) if decay else None
    history = []
    for one in how:
        history += one(model, rules, train, validation, rng=rng, ema=ema, **settings)
    return {
        "weights": {name: w.copy() for name, w in flatten(model.params())},
        "memories": {
            f"{group} {name} {i}": part
            for group, rule in rules.items()
            for name, memory in rule.memory.items()
            for i, part in enumerate(memory)
        },
        "steps": {group: rule.steps for group, rule in rules.items()},
        "means": [] if ema is None else [mean.copy() for mean in ema.means],
        "averaged": None if ema is None else ema.steps,
        "history": history,
        "next draw": rng.random(),
        "made for": model.made_for,
    }


def assert_same(a, b, atol=1e-5):
    for kind in ("weights", "memories"):
        assert a[kind].keys() == b[kind].keys()
        for name, w in a[kind].items():
            np.testing.assert_allclose(w, b[kind][name], rtol=1e-7, atol=atol, err_msg=f"{kind} {name}")
    for mean, other in zip(a["means"], b["means"], strict=True):
        np.testing.assert_allclose(mean, other, rtol=0, atol=atol)
    for kind in ("steps", "averaged", "next draw", "made for"):
        assert a[kind] == b[kind], kind
    assert len(a["history"]) == len(b["history"])
    for record, other in zip(a["history"], b["history"]):
        assert list(record) == list(other)
        assert record == pytest.approx(other, abs=1e-6)


def both(model, rules, train, validation=None, atol=1e-5, **settings):
    """NumPy's fit and the engine's, from the same start; what they leave is equal, and not what they began with."""
    ours = trained([widedeep.train.fit], model, rules, train, validation, **settings)
    theirs = trained([fit], model, rules, train, validation, **settings)
    assert_same(theirs, ours, atol)
    before = dict(flatten(model.params()))
    moved = max(np.abs(w - before[name]).max() for name, w in ours["weights"].items())
    assert moved > 100 * atol, moved
    return ours


def exact(model, rules, batch):
    """In float64, labels and numbers too."""
    return model.astype(np.float64), rules, replace(batch, numbers=batch.numbers.astype(np.float64),
                                                    shares=batch.shares.astype(np.float64))  # fmt: skip


@pytest.fixture
def towers(rng):
    model, rules, _, batch = small(rng)
    return exact(model, rules, batch)


def test_three_towers_under_five_rules_with_decay_and_blocks(towers):
    both(*towers, epochs=3, batch_size=32)


FIVE = [SGD(0.3), Momentum(0.1), AdaGrad(0.1), Adam(0.01), FTRL(0.3, l1=0.2, l2=0.1)]


@pytest.mark.parametrize("rule", FIVE, ids=lambda rule: type(rule).__name__)
def test_each_rule_on_every_array(towers, rule):
    model, _, batch = towers
    both(model, {name: copy.deepcopy(rule) for name in model.params()}, batch, epochs=2, batch_size=50)


def test_the_large_form_of_tables(towers, table):
    model, rules, batch = towers
    both(model, rules | {"product": Adam(0.01)}, batch, epochs=2, batch_size=32)


def test_averages_validation_patience_and_row_weights(towers, rng):
    model, rules, batch = towers
    weight = rng.random((len(batch), 1)) + 0.5
    held = replace(batch[np.arange(40)], labels=1 - batch.labels[:40])  # what is learned makes these worse
    found = both(model, rules, batch, held, epochs=12, batch_size=32, patience=2, decay=0.9, sample_weight=weight,
                 validation_weight=weight[:40])  # fmt: skip
    assert len(found["history"]) < 12  # it stopped early, and restored an epoch before its last
    assert found["steps"]["wide"] == 4 * (len(found["history"]) - 2)


@pytest.mark.parametrize("settings", [{"dropout": 0.3}, {"drop_inputs": 0.4}, {"dropout": 0.3, "drop_inputs": 0.4}])
def test_dropout_has_the_masks_of_the_same_generator(towers, rng, settings):
    model, rules, batch = towers
    columns, d = model.towers["deep"].inputs[0], 4
    n_rows = len(model.towers["deep"].E)
    deep = Deep(n_rows, d, (columns, 0), [6, 5, 4], rng, np.float64, **settings)
    product = MatrixFactorization(n_rows, 3, [0], [1], rng, np.float64, dropout=0.5)
    both(WideDeep(np.float64, wide=model.towers["wide"], deep=deep, product=product), rules, batch, epochs=2,
         batch_size=32)  # fmt: skip


def test_bags_and_numbers(encoder, batch):
    model = build(encoder)
    both(model, optimizers_for(model, 3, l1=0.1), batch, batch, epochs=4, batch_size=3)


def test_bags_whose_values_have_different_shares(encoder, batch, rng):
    """No encoder gives them; a batch made by hand may."""
    shares = batch.shares * rng.random(batch.shares.shape)
    by_hand = replace(batch, shares=shares)
    assert one_share(batch).shape == (len(batch), len(batch.bags)) and one_share(by_hand) is shares
    both(build(encoder), optimizers_for(build(encoder), 3, l1=0.1), by_hand, epochs=4, batch_size=3)


@pytest.mark.parametrize("size", [1, 7, 120, 500])
def test_batches_that_divide_the_rows_or_not_or_hold_all(towers, size):
    both(*towers, epochs=1, batch_size=size)


@pytest.mark.parametrize("towers_of", [("wide",), ("deep",)])
def test_a_tower_alone(towers, towers_of):
    model, rules, batch = towers
    alone = WideDeep(np.float64, **{name: model.towers[name] for name in towers_of})
    both(alone, {name: rules[name] for name in alone.params()}, batch, batch, epochs=2, batch_size=32)


def test_one_epoch_here_and_one_there_are_two_of_either(towers):
    numpy = widedeep.train.fit
    for decay in (None, 0.9):
        settings = {"epochs": 1, "batch_size": 32, "decay": decay}
        two = trained([numpy, numpy], *towers, **settings)
        for how in ([fit, numpy], [numpy, fit], [fit, fit]):
            assert_same(trained(how, *towers, **settings), two)


def test_the_report_sees_the_model_of_its_epoch_and_may_change_the_rates(towers):
    model, rules, batch = towers
    seen = {}
    for how in (widedeep.train.fit, fit):
        mine, own = copy.deepcopy((model, rules))

        def look(record, mine=mine, own=own, how=how):
            seen.setdefault(how, []).append(mine.towers["deep"].w.copy())
            own["wide"].l1 *= 2  # FTRL's memory follows

        how(mine, own, batch, rng=np.random.default_rng(0), epochs=4, batch_size=32,
            report=scheduled(own, lambda epoch: 0.5 ** (epoch - 1), look))  # fmt: skip
        seen[how].append(mine.towers["wide"].w)
    ours, theirs = seen.values()
    assert len(ours) == 5
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-9)


def heads(rng):
    n = 90
    table = {"a": rng.integers(0, 7, n), "b": rng.integers(0, 5, n)}
    columns = [Category("a"), Category("b")]
    encoder = Encoder(wide=columns, deep=columns).fit(table)
    batch = encoder.encode(table, dtype=np.float64)
    deep = (encoder.n_deep, 3, encoder.n_inputs, [5], rng)
    grades = rng.integers(1, 6, (n, 1)) * 1.0
    names = ["x", "y", "z"]
    classes = class_labels(batch, np.array(names)[rng.integers(0, 3, n)], names)
    model = Classes(names, np.float64, wide=WideClasses(encoder.n_wide, 3, np.float64),
                    deep=DeepClasses(*deep, 3, np.float64))  # fmt: skip
    yield model, classes, {"loss": softmax_cross_entropy}
    wide = Wide(encoder.n_wide, np.float64)
    yield Regression(1, 5, np.float64, wide=wide, deep=Deep(*deep, np.float64)), replace(batch, labels=grades), {
        "loss": squared_error}  # fmt: skip
    model = OrdinalRegression((1, 2, 3, 4), np.float64, wide=wide, deep=Deep(*deep, np.float64))
    yield model, replace(batch, labels=grades), {
        "loss": model.loss(3, auxiliary_weight=0.3), "validation_loss": model.validation_loss(3)}  # fmt: skip


@pytest.mark.parametrize("weighted", [False, True])
def test_the_other_heads_and_their_losses(rng, weighted):
    for model, batch, losses in heads(rng):
        weight = {"sample_weight": rng.random((len(batch), 1))} if weighted else {}
        both(model, optimizers_for(model, 20, l1=0.1), batch, batch, epochs=2, batch_size=20, **losses, **weight)


def recipe_start(name, data, seed=0):
    """The recipe's fresh model in float64, its rules, its rows and how it trains."""
    recipe = RECIPES[name]
    prepared = recipe.prepare(data)
    model, rules = recipe.model(prepared.encoder, np.random.default_rng(seed))
    settings = {"batch_size": recipe.training.batch_size, "decay": recipe.training.ema}
    if prepared.threshold is not None:
        model = OrdinalRegression((1, 2, 3, 4), np.float32, **model.towers)
        model.init_bias(prepared.train.labels)
    model, rules, train = exact(model, rules, prepared.train)
    if prepared.threshold is not None:
        settings |= {"loss": model.loss(prepared.threshold, 0.3),
                     "validation_loss": model.validation_loss(prepared.threshold)}  # fmt: skip
    return model, rules, train, prepared.validation, settings


@pytest.mark.slow
def test_an_epoch_of_adults_recipe():
    """FTRL by blocks, AdaGrad, weight decay, dropout, EMA: all that the demo trains with."""
    model, rules, train, validation, settings = recipe_start("adult", adult.load())
    assert model.towers["deep"].mlp.dropout and settings["decay"] and rules["wide"].blocks
    both(model, rules, train, validation, epochs=1, **settings)


@pytest.mark.slow
@pytest.mark.download
def test_an_epoch_of_movielens_recipe():
    """Ordinal regression on the stars, Adam, bags, dropped inputs, EMA."""
    model, rules, train, validation, settings = recipe_start("movielens", movielens.load())
    assert train.bags and model.towers["deep"].drop_inputs and settings["decay"]
    both(model, rules, train, validation, epochs=1, **settings)


@pytest.mark.slow
def test_an_epoch_of_adult_in_float32(rng):
    data = adult.load()
    names = ["education", "occupation", "relationship"]
    encoder = Encoder(wide=names, deep=names).fit(data.rows("random", "train")[0])
    batch = encoder.encode(*data.rows("random", "train"))
    model = WideDeep(wide=Wide(encoder.n_wide), deep=Deep(encoder.n_deep, 8, encoder.n_inputs, [64, 32], rng))
    both(model, {name: Adam(1e-3) for name in model.params()}, batch, epochs=1)


def test_labels_of_another_loss_are_refused_before_anything_moves(towers):
    model, rules, batch = towers
    with pytest.raises(ValueError, match="log_loss: label"):
        fit(model, rules, replace(batch, labels=batch.labels * 3), rng=np.random.default_rng(0), epochs=1)
    assert not any(rule.memory for rule in rules.values()) and model.last_step is None


def test_a_loss_that_diverges_is_said_in_the_words_of_fit(towers):
    model, _, batch = towers
    words = []
    for how in (widedeep.train.fit, fit):
        mine = copy.deepcopy(model)
        with pytest.raises(ValueError, match="lower the learning rate") as raised, np.errstate(all="ignore"):
            how(mine, {name: SGD(1e200) for name in mine.params()}, batch, rng=np.random.default_rng(0), epochs=3)
        words.append(str(raised.value))
    assert words[0] == words[1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch_size": 2.5},
        {"rng": 3},
        {"report": "print"},
        {"patience": 2},
        {"loss": "log_loss"},
        {"sample_weight": [1.0]},
        {"sample_weight": np.full((120, 1), -1.0)},
        {"validation_weight": np.ones((120, 1))},
        {"ema": 0.9},
        {"loss": lambda z, y: (0.0, z), "sample_weight": np.ones((120, 1))},
    ],
    ids=lambda wrong: " ".join(wrong),
)
def test_bad_arguments_are_refused_in_the_words_of_fit(towers, wrong):
    words = []
    for how in (widedeep.train.fit, fit):
        with pytest.raises(ValueError) as raised:
            how(*copy.deepcopy(towers), **({"rng": np.random.default_rng(0), "epochs": 1} | wrong))
        words.append(str(raised.value))
    assert words[0] == words[1]


def test_bad_rows_rules_and_batches_are_refused_in_the_words_of_fit(towers):
    model, rules, batch = towers
    one = Adam(0.1)
    for wrong in (
        (batch, rules, batch),
        (model, list(rules), batch),
        (model, {name: rule for name, rule in rules.items() if name != "bias"}, batch),
        (model, dict.fromkeys(rules, one), batch),
        (model, rules, replace(batch, labels=None)),
        (model, rules, replace(batch, labels=np.ones_like(batch.labels))),
        (model, rules, replace(batch, deep=batch.deep + 1000)),
        (model, rules, batch, replace(batch, made_by="another")),
        (model, rules, {"user": [1]}),
    ):
        words = []
        for how in (widedeep.train.fit, fit):
            with pytest.raises(ValueError) as raised:
                how(*wrong, rng=np.random.default_rng(0), epochs=1)
            words.append(str(raised.value))
        assert words[0] == words[1]


def test_other_settings_compile_once_for_a_shape(towers):
    """Another rate, another l1, another decay: the same program."""
    model, rules, batch = towers
    fit(*copy.deepcopy((model, rules)), batch, rng=np.random.default_rng(0), epochs=2, batch_size=32)
    before = compiled_epoch._cache_size()
    other = rules | {"wide": FTRL(0.5, l1=0.9, batch_size=32, blocks=rules["wide"].blocks),
                     "deep": WeightDecay(AdaGrad(0.2), {"E": 0.3})}  # fmt: skip
    fit(copy.deepcopy(model), other, batch, rng=np.random.default_rng(0), epochs=2, batch_size=32)
    assert compiled_epoch._cache_size() == before


def test_a_validation_loss_that_is_not_finite_is_said_in_the_words_of_fit(towers):
    model, rules, batch = towers
    words = []
    for how in (widedeep.train.fit, fit):
        with pytest.raises(ValueError, match="the validation loss became nan in epoch 1; lower") as raised:
            how(*copy.deepcopy((model, rules, batch, batch)), rng=np.random.default_rng(0), epochs=2,
                validation_loss=lambda z, y: (np.nan, z))  # fmt: skip
        words.append(str(raised.value))
    assert words[0] == words[1]


@pytest.mark.parametrize("far", [1e4, 1e8])
def test_softmax_far_out_is_numpys(far):
    """In float32 log(2) vanishes beside 1e8: two equal logits gave two probabilities of 1."""
    Z = np.array([[far, far, -far], [-far, -far, -far]], np.float32)
    y = np.eye(3, dtype=np.float32)[[1, 2]]
    value, dZ = jax_forward.softmax_cross_entropy(Z, y, np.ones((2, 1), np.float32), 2.0)
    want, error = softmax_cross_entropy(Z, y)
    np.testing.assert_allclose(value, want, rtol=1e-6)
    np.testing.assert_allclose(dZ, error, atol=1e-7)
    np.testing.assert_allclose(dZ[0], [0.25, -0.25, 0], atol=1e-7)
