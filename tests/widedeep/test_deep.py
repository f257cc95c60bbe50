"""The deep tower: rows and means side by side, through the layers."""

import numpy as np
import pytest

from mlp import log_loss
from mlp.gradcheck import check
from mlp.windows import flatten
from tests.widedeep.probe import LABELS, TABLE, backward, build, loss_of
from widedeep import Bag, Category, Cross, Deep, Encoder, Standard, WideDeep
from widedeep.deep import pre_activations


def test_scale_shrinks_the_first_embeddings():
    ends = [Deep(50, 4, (1, 0), [3], np.random.default_rng(0), scale=s).E for s in (1.0, 0.05)]
    np.testing.assert_allclose(ends[0] * 0.05, ends[1], rtol=1e-5)


def test_dropout_acts_only_where_a_generator_is_given(encoder, batch):
    model = build(encoder, dropout=0.5)
    served = model.logits(batch)
    assert (model.forward(batch)[0] == served).all()
    assert (model.forward(batch, np.random.default_rng(0))[0] != served).any()
    assert (build(encoder).forward(batch, np.random.default_rng(0))[0] == build(encoder).logits(batch)).all()


def test_gradients_through_dropped_inputs_are_the_measured_slopes(table, encoder, batch):
    deep = Deep(encoder.n_deep, 3, encoder.n_inputs, [5, 4], np.random.default_rng(0), np.float64, drop_inputs=0.4)
    model = WideDeep(np.float64, deep=deep)
    z, caches = model.forward(batch, np.random.default_rng(6))
    mask = caches["deep"][3]
    assert 0 < (mask == 0).mean() < 1
    grads = model.backward(log_loss(z, batch.labels)[1], caches)
    report = check(
        model,
        lambda m: log_loss(m.forward(batch, np.random.default_rng(6))[0], batch.labels)[0],
        grads,
        method="complex",
    )
    assert report.ok, report
    assert all(np.abs(g.values if hasattr(g, "values") else g).max() > 1e-4 for _, g in flatten(grads))


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


@pytest.mark.parametrize("inputs, hidden", [((1, 0), []), ((0, 0), [3])], ids=["no layer", "nothing to see"])
def test_a_deep_tower_without_inputs_or_layers_is_refused(inputs, hidden, rng):
    with pytest.raises(ValueError, match="want at least one column or number"):
        Deep(5, 2, inputs, hidden, rng)


def test_pre_activations_are_the_net_sums_of_every_layer(encoder, batch):
    deep = build(encoder, ("deep",)).towers["deep"]
    _, cache = deep.forward(batch)
    X = np.concatenate([deep.look_up(batch).reshape(len(batch), -1), batch.numbers], axis=1)
    found = pre_activations(cache)
    assert len(found) == len(deep.hidden)
    for layer, Z in zip(deep.mlp.layers, found):
        np.testing.assert_allclose(Z, X @ layer.W + layer.b, rtol=1e-5, atol=1e-6)
        X = np.maximum(Z, 0)


@pytest.mark.parametrize("n_rows, inputs, hidden", [([5], (1, 0), [3]), (5, 1, [3]), (5, (1, 0), 3)])
def test_arguments_of_another_kind_are_refused(n_rows, inputs, hidden, rng):
    with pytest.raises(ValueError, match=r"Deep: n_rows .*; want a number, a pair and a list: Deep\(encoder.n_deep, 8"):
        Deep(n_rows, 2, inputs, hidden, rng)


def test_the_tower_starts_in_its_own_dtype_and_its_last_layer_with_variance_one_over_h():
    deep = Deep(3, 2, (1, 0), [4000], np.random.default_rng(0), np.float64)
    assert deep.w.mean() == pytest.approx(0, abs=0.002) and deep.w.var() == pytest.approx(1 / 4000, rel=0.1)
    for w in (deep.E, deep.w, deep.mlp.layers[0].W):
        assert w.dtype == np.float64 and (w != w.astype(np.float32)).any()


@pytest.mark.parametrize("weights, dz", [("f4", "f8"), ("f8", "f4")])
def test_gradients_take_the_wider_dtype_of_weights_and_error_signal(table, encoder, batch, weights, dz):
    deep = Deep(encoder.n_deep, 3, encoder.n_inputs, [4], np.random.default_rng(0), weights)
    z, cache = deep.forward(batch)
    assert deep.backward(np.ones(z.shape, dz), cache)["w"].dtype == np.float64
