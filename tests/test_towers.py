"""Wide, Deep and the model that adds them: right gradients, in both forms of table, and one error signal for all."""

import copy
import pickle
from dataclasses import fields

import numpy as np
import pytest

from mlp import SGD, Rows, log_loss
from mlp.gradcheck import check, taylor
from mlp.windows import flatten
from perceptron import net_sum
from perceptron.logistic import LogisticNeuron
from widedeep import Bag, Category, Cross, Deep, Encoder, Standard, Wide, WideDeep, ensemble
from widedeep import deep as deep_module
from widedeep import rows as rows_module
from widedeep.deep import pre_activations

TOWERS = [("wide",), ("deep",), ("wide", "deep")]
any_towers = pytest.mark.parametrize("towers", TOWERS, ids="+".join)


def bags(*tuples):
    column = np.empty(len(tuples), object)
    column[:] = tuples
    return column


TABLE = {
    "a": np.array(["x", "y", "x", "z", "x", "y", "x"]),
    "g": bags(("p", "q"), (), ("p", "p", "r"), ("q",), (), ("r", "q", "p"), ("never",)),
    "h": bags((1,), (2, 1), (), (1, 2, 1), (2,), (), (3,)),
    "n": np.array([0.3, -1.2, 2.0, 0.7, -0.4, 1.1, -2.2]),
    "m": np.array([5.0, 1.0, 2.0, 8.0, 3.0, 1.5, 0.5]),
}  # fmt: skip
LABELS = np.array([[1], [0], [0], [1], [0], [1], [0]])  # N = 7, unbalanced
WEIGHTS = np.array([[0.5], [2.0], [1.0], [3.0], [0.2], [1.5], [0.7]])


@pytest.fixture
def encoder():
    """Learned on the rows below and one more, whose ids no row of the batch uses; "never" is not known."""
    learn = {name: np.concatenate([column[:6], column[:1]]) for name, column in TABLE.items()}
    learn["a"], learn["g"][6] = np.array([*TABLE["a"][:6], "unused"]), ("p",)
    likes = Bag("g")
    wide = [Category("a"), likes, Cross("a", likes)]
    return Encoder(wide, deep=[Category("a"), likes, Bag("h")], numbers=[Standard("n"), Standard("m")]).fit(learn)


@pytest.fixture
def batch(encoder, sealed):
    encoded = encoder.encode(TABLE, LABELS, dtype=np.float64)
    sealed(*(getattr(encoded, f.name) for f in fields(encoded)))  # writing into a batch is an error in every test
    return encoded


@pytest.fixture(params=["small", "large"])
def table(request, monkeypatch):
    """Tables of either form: with SMALL = 0 every table is large, and its gradient is Rows."""
    if request.param == "large":
        monkeypatch.setattr(rows_module, "SMALL", 0)
        monkeypatch.setattr(deep_module, "SMALL", 0)
    return request.param


def build(encoder, towers=("wide", "deep"), dtype=np.float64, dropout=0.0, seed=1):
    """After its symmetric start: no weight and no bias is 0, but for the row of id 0."""
    rng = np.random.default_rng(seed)
    made = {}
    if "wide" in towers:
        made["wide"] = Wide(encoder.n_wide, dtype)
    if "deep" in towers:
        made["deep"] = Deep(encoder.n_deep, 3, encoder.n_inputs, [7, 5], rng, dtype, dropout=dropout)
    model = WideDeep(dtype, **made)
    for name, w in flatten(model.params()):
        w += rng.normal(0, 0.5, w.shape).astype(dtype)
        if name in model.frozen():
            w[model.frozen()[name]] = 0
    return model


def loss_of(batch, dropout_seed=None, weights=None):
    def loss(model):
        rng = None if dropout_seed is None else np.random.default_rng(dropout_seed)
        return log_loss(model.forward(batch, rng)[0], batch.labels, weights)[0]

    return loss


def backward(model, batch, dropout_seed=None, weights=None):
    rng = None if dropout_seed is None else np.random.default_rng(dropout_seed)
    z, caches = model.forward(batch, rng)
    dz = log_loss(z, batch.labels, weights)[1]
    dz.flags.writeable = False
    return model.backward(dz, caches)


def dense(grads, params):
    shapes = {name: w.shape for name, w in flatten(params)}
    return {name: g.dense(shapes[name]) if isinstance(g, Rows) else g for name, g in flatten(grads)}


def sums(batch, dropout_seed=None):
    def pre(model):
        rng = None if dropout_seed is None else np.random.default_rng(dropout_seed)
        return pre_activations(model.forward(batch, rng)[1]["deep"]) if "deep" in model.towers else []

    return pre


# ---- gradients -----------------------------------------------------------------------------------------------------


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


def test_a_table_beyond_the_limit_gives_rows_and_they_are_right(batch, encoder):
    model = build(encoder)
    assert isinstance(backward(model, batch)["wide"]["w"], np.ndarray)
    wide, rng = Wide(2**16 + 1, np.float64), np.random.default_rng(0)
    deep = Deep(2**16 // 3 + 1, 3, encoder.n_inputs, [7, 5], rng, np.float64)
    wide.w[1:] = rng.normal(size=2**16)
    model = WideDeep(np.float64, wide=wide, deep=deep)
    grads = backward(model, batch)
    assert isinstance(grads["wide"]["w"], Rows) and isinstance(grads["deep"]["E"], Rows)
    assert grads["deep"]["E"].ids.tolist() == sorted({*batch.deep.ravel().tolist()} - {0})
    used = {"wide.w": np.unique(batch.wide), "deep.E": np.unique(batch.deep)}
    rest = {name: np.setdiff1d(np.arange(len(w)), used[name]) if name in used else []
            for name, w in flatten(model.params())}  # fmt: skip
    frozen = {name: np.append(rest[name], 0) for name in used}
    report = check(model, loss_of(batch), grads, method="complex", frozen=frozen)
    assert report and report.error < 1e-12, report


def test_both_forms_of_table_give_the_same_gradient(encoder, batch, monkeypatch):
    small = build(encoder)
    want = dense(backward(small, batch), small.params())
    monkeypatch.setattr(rows_module, "SMALL", 0)
    monkeypatch.setattr(deep_module, "SMALL", 0)
    large = build(encoder)
    got = dense(backward(large, batch), large.params())
    assert isinstance(backward(large, batch)["deep"]["E"], Rows) and got.keys() == want.keys()
    for name in want:
        np.testing.assert_allclose(got[name], want[name], rtol=1e-12, atol=1e-16, err_msg=name)


def test_an_id_that_no_row_uses_has_no_slope_and_id_0_neither(table, encoder, batch):
    model = build(encoder)
    grads = dense(backward(model, batch), model.params())
    for name, ids in (("wide.w", batch.wide), ("deep.E", batch.deep)):
        used = np.isin(np.arange(len(grads[name])), ids[ids > 0])
        assert not grads[name][~used].any()
        assert grads[name][used].any(axis=tuple(range(1, grads[name].ndim))).all()


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


def test_the_check_would_see_a_padding_row_that_was_trained(encoder, batch):
    model = build(encoder, ("wide",))
    grads = {name: g.copy() for name, g in flatten(backward(model, batch))}
    free = WideDeep(np.float64, wide=model.towers["wide"])
    free.frozen = dict
    nested = {"wide": {"w": grads["wide.w"]}, "bias": {"b": grads["bias.b"]}}
    assert check(free, loss_of(batch), nested)["wide.w"].worst == (0,)  # told nothing is frozen, it blames row 0


# ---- laws ----------------------------------------------------------------------------------------------------------


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


def test_dropout_acts_only_where_a_generator_is_given(encoder, batch):
    model = build(encoder, dropout=0.5)
    served = model.logits(batch)
    assert (model.forward(batch)[0] == served).all()
    assert (model.forward(batch, np.random.default_rng(0))[0] != served).any()
    assert (build(encoder).forward(batch, np.random.default_rng(0))[0] == build(encoder).logits(batch)).all()


# ---- the wide tower is a perceptron --------------------------------------------------------------------------------


def one_hot(ids, n):
    """The dense matrix that is never made: how often each feature stands in a row, id 0 left out."""
    X = np.zeros((len(ids), n))
    for n_row, row in enumerate(ids):
        for i in row[row > 0]:
            X[n_row, i] += 1
    return X


def test_wide_is_the_net_sum_of_a_perceptron_over_dense_zeros_and_ones(encoder, batch):
    model = build(encoder, ("wide",))
    X = one_hot(batch.wide, encoder.n_wide)
    want = net_sum(X, model.towers["wide"].w[:, None], model.b)
    np.testing.assert_allclose(model.logits(batch), want, rtol=1e-14)


def test_wide_with_a_sigmoid_is_logistic_regression(table, encoder, batch):
    model, lr = build(encoder, ("wide",)), 0.7
    wide, neuron = model.towers["wide"], LogisticNeuron(encoder.n_wide)
    wide.w[...] = model.b[...] = 0
    X, optimizer = one_hot(batch.wide, encoder.n_wide), SGD(lr)
    for _ in range(50):
        optimizer.step(model.params(), backward(model, batch))
    neuron.fit(X, LABELS, lr=lr, epochs=50)
    np.testing.assert_allclose(wide.w, neuron.W[:, 0], rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(model.b, neuron.b, rtol=1e-10)
    np.testing.assert_allclose(model.predict(batch), neuron.predict(X), rtol=1e-10)


# ---- the deep tower, slowly ----------------------------------------------------------------------------------------


def test_deep_is_the_rows_and_means_side_by_side_through_the_layers(table, encoder, batch):
    deep = build(encoder, ("deep",)).towers["deep"]
    p = dict(flatten(deep.params()))
    for n in range(7):
        inputs = [p["E"][batch.deep[n, 0]]]
        start = 1
        for width in batch.bags:
            known = [i for i in batch.deep[n, start : start + width] if i > 0]
            inputs.append(sum(p["E"][i] for i in known) / len(known) if known else np.zeros(3))
            start += width
        a = np.concatenate([*inputs, batch.numbers[n]])
        for layer in range(2):
            a = np.maximum(a @ p[f"mlp.{layer}.W"] + p[f"mlp.{layer}.b"], 0)
        np.testing.assert_allclose(deep.forward(batch)[0][n], a @ p["w"], rtol=1e-12)


@pytest.mark.parametrize(
    "columns",
    [
        {"deep": [Category("a")]},
        {"deep": [Bag("g")]},
        {"deep": [Bag("g"), Cross("a", Bag("h"))], "numbers": [Standard("n")]},
        {"numbers": [Standard("n")]},
    ],
    ids=["a column", "a bag", "a bag, an embedded cross, a number", "numbers alone"],
)
def test_a_deep_tower_of_other_inputs(table, columns):
    learned = Encoder(**columns).fit(TABLE)
    batch, model = learned.encode(TABLE, LABELS, dtype=np.float64), build(learned, ("deep",))
    report = check(model, loss_of(batch), backward(model, batch), method="complex")
    assert report, report


def test_rows_of_the_table_start_with_variance_one_over_d(rng):
    deep = Deep(5_000, 16, (1, 0), [3], rng)
    assert deep.E[1:].var() == pytest.approx(1 / 16, rel=0.02) and not deep.E[0].any()


@pytest.mark.parametrize("inputs, hidden", [((1, 0), []), ((0, 0), [3])], ids=["no layer", "nothing to see"])
def test_a_deep_tower_without_inputs_or_layers_is_refused(inputs, hidden, rng):
    with pytest.raises(ValueError, match="want at least one column or number"):
        Deep(5, 2, inputs, hidden, rng)


@pytest.mark.parametrize("n", [0, 1])
def test_a_wide_tower_without_features_is_refused(n):
    with pytest.raises(ValueError, match=f"{n} features.*wide columns"):
        Wide(n)


# ---- learning ------------------------------------------------------------------------------------------------------


def learn(model, batch, steps=3):
    optimizers = {name: SGD(0.5) for name in model.params()}
    for _ in range(steps):
        grads = backward(model, batch)
        for name, params in model.params().items():
            optimizers[name].step(params, grads[name])
    return {name: w.copy() for name, w in flatten(model.params())}


def test_the_row_of_id_0_never_moves(table, encoder, batch):
    model = build(encoder)
    moved = learn(model, batch, 10)
    assert moved["wide.w"][0] == 0 and not moved["deep.E"][0].any()
    assert moved["wide.w"][1:].all() and moved["deep.E"][1:].all()


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


# ---- towers together -----------------------------------------------------------------------------------------------


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


def test_an_ensemble_is_the_mean_of_probabilities(encoder, batch):
    one, other = build(encoder, ("wide",)), build(encoder, ("deep",), seed=2)
    want = (one.predict(batch) + other.predict(batch)) / 2
    np.testing.assert_allclose(ensemble([one, other], batch), want, rtol=1e-14)
    assert not np.allclose(want, 1 / (1 + np.exp(-(one.logits(batch) + other.logits(batch)) / 2)))  # not of logits
