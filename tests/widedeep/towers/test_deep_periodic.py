"""The deep tower with waves: its gradients, its archive, and what it can fit that a plain one cannot."""

import numpy as np
import pytest

from mlp.gradcheck import check
from mlp.losses import softmax_cross_entropy, squared_error
from mlp.optimizers import Adam
from widedeep import Category, Classes, Encoder, Quantile, Regression, class_labels, fit, load, number_labels, save
from widedeep.deep import Deep, pre_activations
from widedeep.towers.deep_periodic import DeepPeriodic


@pytest.fixture
def world(rng):
    table = {"job": list("abcab" * 3), "x": rng.normal(size=15), "y": rng.normal(size=15)}
    encoder = Encoder(deep=[Category("job")], numbers=[Quantile("x"), Quantile("y")]).fit(table)
    return encoder, encoder.encode(table, dtype=np.float64)


def tower(encoder, rng, outputs=1, **settings):
    return DeepPeriodic(encoder.n_deep, 3, encoder.n_inputs, [6, 4], rng, 1, 5, 2, outputs=outputs, **settings)


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("method", ["centred", "complex"])
def test_every_gradient_is_the_slope(world, rng, method, small, monkeypatch):
    encoder, batch = world
    if not small:
        monkeypatch.setattr("widedeep.deep.SMALL", 1)  # the table apart from the tower's vector
        monkeypatch.setattr("widedeep.rows.SMALL", 1)
    labelled = class_labels(batch, np.arange(15) % 3, range(3))
    model = Classes("pqr", np.float64, deep=tower(encoder, rng, 3, dropout=0.2, drop_inputs=0.1, dtype=np.float64))

    def forward(m):
        return m.forward(labelled, np.random.default_rng(5))  # the same dropout each time

    z, caches = forward(model)
    grads = model.backward(softmax_cross_entropy(z, labelled.labels)[1], caches)
    kinks = (lambda m: pre_activations(forward(m)[1]["deep"])) if method == "centred" else None

    def loss(m):
        return softmax_cross_entropy(forward(m)[0], labelled.labels)[0]

    assert check(model, loss, grads, method=method, pre_activations=kinks)
    for name in ("f", "s", "U", "c"):
        kept = grads["deep"][name].copy()
        grads["deep"][name][...] *= 1.01
        assert not check(model, loss, grads, method=method, pre_activations=kinks), name
        grads["deep"][name][...] = kept


def test_no_periodic_number_is_a_plain_deep_tower(world, rng):
    encoder, batch = world
    waves = DeepPeriodic(encoder.n_deep, 3, encoder.n_inputs, [6, 4], rng, 0)
    plain = Deep(encoder.n_deep, 3, encoder.n_inputs, [6, 4], rng)
    plain.theta.flat[...] = np.concatenate([waves.theta[name].ravel() for name in plain.theta])
    assert np.allclose(waves.forward(batch)[0], plain.forward(batch)[0])
    dz = np.ones((15, 1))
    a, b = waves.backward(dz, waves.forward(batch)[1]), plain.backward(dz, plain.forward(batch)[1])
    assert all(np.allclose(a[name], b[name]) for name in b)


def test_waves_fit_many_bends_where_a_plain_tower_does_not():
    x = np.linspace(-1, 1, 400)
    y = np.sin(25 * x)[:, None]
    losses = {}
    for name in ("plain", "waves"):
        rng = np.random.default_rng(0)
        encoder = Encoder(numbers=[Quantile("x", 400)]).fit({"x": x})
        batch = number_labels(encoder.encode({"x": x}), y)
        deep = DeepPeriodic(1, 1, (0, 1), [24], rng, int(name == "waves"), sigma=4.0)
        model = Regression(-2, 2, deep=deep)
        rules = {"deep": Adam(0.01), "bias": Adam(0.01)}
        losses[name] = fit(model, rules, batch, rng=rng, epochs=40, batch_size=32, loss=squared_error)[-1]["loss"]
    assert losses["waves"] < 0.02 < 0.1 < losses["plain"]


def test_an_archive_keeps_it_and_a_copy_learns_alone(world, rng, tmp_path):
    encoder, batch = world
    model = Regression(-9, 9, deep=tower(encoder, rng))
    again, same, _ = load(save(tmp_path / "m.npz", model, encoder))
    assert np.array_equal(again.logits(batch), model.logits(batch))
    copied = model.astype(np.float64)
    copied.towers["deep"].theta["f"][...] += 1
    assert np.array_equal(again.logits(batch), model.logits(batch))


@pytest.mark.parametrize("settings", [{"periodic": 3}, {"periodic": 1, "waves": 0}, {"periodic": 1, "sigma": 0.0}])
def test_settings_are_checked(settings, rng):
    with pytest.raises(ValueError, match="want periodic <= numbers"):
        DeepPeriodic(4, 2, (1, 2), [3], rng, **settings)
