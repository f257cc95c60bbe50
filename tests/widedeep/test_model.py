"""The model: gradients of both towers are the measured slopes, and logits add."""

import copy
import pickle

import numpy as np
import pytest

from mlp import log_loss
from mlp.gradcheck import check, taylor
from mlp.windows import flatten
from tests.widedeep.probe import LABELS, TABLE, backward, build, dense, learn, loss_of
from widedeep import Regression, Wide, WideDeep, ensemble
from widedeep.deep import pre_activations

TOWERS = [("wide",), ("deep",), ("wide", "deep")]


any_towers = pytest.mark.parametrize("towers", TOWERS, ids="+".join)


WEIGHTS = np.array([[0.5], [2.0], [1.0], [3.0], [0.2], [1.5], [0.7]])


def sums(batch, dropout_seed=None):
    def pre(model):
        rng = None if dropout_seed is None else np.random.default_rng(dropout_seed)
        return pre_activations(model.forward(batch, rng)[1]["deep"]) if "deep" in model.towers else []

    return pre


def test_the_probe_holds_what_makes_mistakes_visible(encoder, batch):
    assert encoder.n_wide > 7 and set(range(1, encoder.n_wide)) - set(batch.wide.ravel().tolist())  # an unused id
    assert set(range(1, encoder.n_deep)) - set(batch.deep.ravel().tolist())
    assert (batch.deep == 0).any() and (batch.wide == 0).any()  # padding
    assert any(len(set(row[row > 0])) < len(row[row > 0]) for row in batch.deep)  # a repeat inside a bag
    ids, counts = np.unique(batch.deep[:, 1:], return_counts=True)
    assert (counts[ids > 0] > 1).any()  # and across bags
    assert not batch.deep[1, 1 : 1 + batch.bags[0]].any()  # an empty bag
    assert not batch.deep[6, 1 : 1 + batch.bags[0]].any()  # an unknown one


@any_towers
@pytest.mark.parametrize("dropout, weights", [(0.0, None), (0.4, None), (0.0, WEIGHTS), (0.4, WEIGHTS)])
def test_gradients_are_the_measured_slopes(table, towers, dropout, weights, encoder, batch):
    model = build(encoder, towers, dropout=dropout)
    grads, loss = backward(model, batch, 3, weights), loss_of(batch, 3, weights)
    centred = check(model, loss, grads, pre_activations=sums(batch, 3))
    exact = check(model, loss, grads, method="complex")
    assert centred, centred
    assert exact, exact
    assert centred.error < 1e-7 and exact.error < 1e-12
    along = taylor(model, loss, grads, np.random.default_rng(0), h=1e-4)
    assert along, along


@any_towers
def test_gradients_of_a_fresh_model_too(table, towers, encoder, batch):
    model = WideDeep(np.float64, **build(encoder, towers).towers)
    for name, w in flatten(model.params()):
        if name == "wide.w":
            w[...] = 0
    assert check(model, loss_of(batch), backward(model, batch), method="complex").error < 1e-12


def test_float32_is_refused_with_the_mend(table, encoder, batch):
    model = build(encoder, dtype=np.float32)
    with pytest.raises(ValueError, match=r"float32.*model\.astype\(np\.float64\)"):
        check(model, loss_of(batch), backward(model, batch))
    mended = model.astype(np.float64)
    assert check(mended, loss_of(batch), backward(mended, batch), pre_activations=sums(batch))


def test_float32_gradients_are_float32_and_near_those_of_float64(table, encoder):
    batch = encoder.encode(TABLE, LABELS)
    model = build(encoder, dtype=np.float32)
    grads = dense(backward(model, batch), model.params())
    exact = dense(backward(model.astype(np.float64), batch), model.params())
    for name, g in grads.items():
        assert g.dtype == np.float32, name
        np.testing.assert_allclose(g, exact[name], rtol=1e-3, atol=1e-6)


@any_towers
def test_backward_is_linear_in_the_error_signal(table, towers, encoder, batch, rng):
    model = build(encoder, towers)
    _, caches = model.forward(batch)
    dz = rng.normal(size=(7, 1))
    one, two, none = (dense(model.backward(c * dz, caches), model.params()) for c in (1, 2, 0))
    for name in one:
        np.testing.assert_allclose(two[name], 2 * one[name], rtol=1e-12)
        assert not none[name].any()


def test_the_gradient_of_a_batch_is_the_sum_of_its_rows(table, encoder, batch, rng):
    model, dz = build(encoder), rng.normal(size=(7, 1))
    whole = dense(model.backward(dz, model.forward(batch)[1]), model.params())
    parts = [dense(model.backward(dz[n : n + 1], model.forward(batch[n : n + 1])[1]), model.params()) for n in range(7)]
    for name in whole:
        np.testing.assert_allclose(sum(part[name] for part in parts), whole[name], rtol=1e-10, atol=1e-14)


@any_towers
def test_backward_twice_gives_fresh_and_equal_gradients(table, towers, encoder, batch):
    model = build(encoder, towers)
    before = {name: w.copy() for name, w in flatten(model.params())}
    first = dense(backward(model, batch), model.params())
    kept = {name: g.copy() for name, g in first.items()}
    second = dense(backward(model, batch), model.params())
    for name in first:
        assert first[name].tolist() == kept[name].tolist() == second[name].tolist()
        assert not np.shares_memory(first[name], second[name])
        assert not np.shares_memory(first[name], dict(flatten(model.params()))[name])
    assert all((w == before[name]).all() for name, w in flatten(model.params()))


@any_towers
def test_a_forward_in_between_changes_no_backward(table, towers, encoder, batch):
    model = build(encoder, towers, dropout=0.4)
    z, caches = model.forward(batch, np.random.default_rng(0))
    want = dense(model.backward(np.ones((7, 1)), caches), model.params())
    model.forward(batch[np.array([6, 5, 1])], np.random.default_rng(9))
    got = dense(model.backward(np.ones((7, 1)), caches), model.params())
    assert all(got[name].tolist() == want[name].tolist() for name in want)


COPIES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "astype": lambda model: model.astype(np.float64),
}


@any_towers
@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copy_learns_like_the_original_and_apart_from_it(table, towers, copied, encoder, batch):
    model = build(encoder, towers, dropout=0.2)
    other = copied(model)
    start = {name: w.copy() for name, w in flatten(model.params())}
    learned = learn(other, batch)
    assert all((w == start[name]).all() for name, w in flatten(model.params()))  # the original stood still
    assert (other.logits(batch) != model.logits(batch)).any()  # the copy moved what it sees
    want = learn(model, batch)
    assert all(learned[name].tolist() == want[name].tolist() for name in want)
    assert (other.logits(batch) == model.logits(batch)).all()


@any_towers
def test_astype_changes_every_array_and_keeps_the_numbers(table, towers, encoder, batch):
    model = build(encoder, towers, dtype=np.float32)
    exact = model.astype(np.float64)
    for (name, w), (_, v) in zip(flatten(model.params()), flatten(exact.params())):
        assert w.dtype == np.float32 and v.dtype == np.float64 and (w == v).all(), name
    assert exact.frozen() == model.frozen()


def test_logits_add_and_there_is_one_bias(table, encoder, batch):
    model = build(encoder)
    wide, deep = (model.towers[name].forward(batch)[0] for name in ("wide", "deep"))
    np.testing.assert_allclose(model.logits(batch), wide + deep + model.b, rtol=1e-14)
    assert sum(w.shape == (1,) for _, w in flatten(model.params())) == 1
    np.testing.assert_allclose(model.predict(batch), 1 / (1 + np.exp(-model.logits(batch))), rtol=1e-12)


def test_the_same_error_signal_enters_both_towers(table, encoder, batch):
    """Joint training: a tower's gradient is that of the tower with the other one's logit held constant."""
    model = build(encoder)
    grads = backward(model, batch)
    for name, other in (("wide", "deep"), ("deep", "wide")):
        constant = model.towers[other].forward(batch)[0] + model.b
        tower = model.towers[name]

        def loss(tower, constant=constant):
            return log_loss(tower.forward(batch)[0] + constant, batch.labels)[0]

        report = check(tower, loss, grads[name], method="complex")
        assert report and report.error < 1e-12, report


class Slope:
    """A third tower of somebody else: c times the first number, with nothing from this package but the agreement."""

    def __init__(self, dtype=np.float64):
        self.c = np.full(1, 0.5, dtype)

    def params(self):
        return {"c": self.c}

    def frozen(self):
        return {}

    def forward(self, batch, rng=None):
        return self.c * batch.numbers[:, :1], batch

    def backward(self, dz, cache):
        return {"c": (dz * cache.numbers[:, :1]).sum(axis=0)}

    def astype(self, dtype):
        other = Slope()
        other.c = self.c.astype(dtype)
        return other


def test_three_towers_learn_together(table, encoder, batch):
    model = WideDeep(np.float64, **build(encoder).towers, slope=Slope())
    report = check(model, loss_of(batch), backward(model, batch), method="complex")
    assert report and report["slope.c"].judged == 1, report
    before = model.towers["slope"].c.copy()
    assert (learn(model, batch)["slope.c"] != before).all()


def test_no_towers_and_a_tower_called_bias_are_refused(encoder):
    with pytest.raises(ValueError, match="want wide=..., deep=... or both"):
        WideDeep()
    with pytest.raises(ValueError, match="the bias is the model's own"):
        WideDeep(bias=Wide(3))
    for wrong in (Wide, encoder):
        with pytest.raises(ValueError, match=r"WideDeep: wide is .*; want a tower, as wide=Wide\(encoder.n_wide\)"):
            WideDeep(wide=wrong)


@pytest.mark.parametrize("models", ["none", "nothing", "one", "kinds"])
def test_an_ensemble_is_a_list_of_models_of_one_kind(encoder, batch, models):
    wide = build(encoder, ("wide",))
    kinds = [wide, Regression(1, 5, np.float64, **wide.towers)]
    models = {"none": [], "nothing": None, "one": wide, "kinds": kinds}[models]
    with pytest.raises(ValueError, match="ensemble: want a list of models of one kind, one or more"):
        ensemble(models, batch)


def test_an_ensemble_is_the_mean_of_probabilities(encoder, batch):
    one, other = build(encoder, ("wide",)), build(encoder, ("deep",), seed=2)
    want = (one.predict(batch) + other.predict(batch)) / 2
    np.testing.assert_allclose(ensemble([one, other], batch), want, rtol=1e-14)
    assert not np.allclose(want, 1 / (1 + np.exp(-(one.logits(batch) + other.logits(batch)) / 2)))  # not of logits
