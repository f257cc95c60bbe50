"""Class weights: both classes count the same, in batches of every size."""

import numpy as np
import pytest

from mlp import SGD
from mlp.losses import squared_error
from perceptron.losses import log_loss
from tests.widedeep.three_towers import small
from widedeep import (
    Category,
    Encoder,
    OrdinalRegression,
    Wide,
    WideDeep,
    class_weights,
    fit,
    number_labels,
    optimizers_for,
    train_step,
)


def test_both_classes_weigh_the_same_and_together_n():
    y = np.array([[1.0], [0.0], [0.0], [0.0]])
    w = class_weights(y)
    assert w[:, 0] == pytest.approx([2, 2 / 3, 2 / 3, 2 / 3])
    assert w.sum() == pytest.approx(4)
    with pytest.raises(ValueError, match="both classes"):
        class_weights(np.ones((3, 1)))


def rare(n=8_000):
    """One row in 200 is a 1; the column tells nothing."""
    rng = np.random.default_rng(0)
    table = {"a": rng.integers(0, 3, n)}
    y = (np.arange(n) % 200 == 0)[:, None] * 1.0
    return Encoder(wide=[Category("a")]).fit(table).encode(table, y), y


@pytest.mark.parametrize("size", [16, 64, 256, 2048])
def test_the_mean_probability_is_a_half_whatever_the_size_of_a_batch(size):
    """Divided by the weights of each batch it was .079 with 16 rows a batch, and .408 with 256 (pytorch 50528)."""
    batch, y = rare()
    model = WideDeep(np.float64, wide=Wide(4, np.float64))
    optimizers = {"wide": SGD(0.02), "bias": SGD(0.02)}
    fit(model, optimizers, batch, rng=np.random.default_rng(0), epochs=1 + size // 8, batch_size=size,
        sample_weight=class_weights(y))  # fmt: skip
    assert model.predict(batch).mean() == pytest.approx(0.5, abs=0.03)


def test_the_gradients_of_an_epoch_add_up_to_that_of_all_rows():
    """A step that is tiny leaves the weights where they are: then the mean of its batches is the whole."""
    batch, y = rare(1000)
    w = 7 * np.random.default_rng(1).random((1000, 1)).astype(np.float32)
    model = WideDeep(np.float64, wide=Wide(4, np.float64))
    z, caches = model.forward(batch)
    whole = model.backward(log_loss(z, y, w.astype(np.float64))[1], caches)["wide"]["w"]
    rate = 1e-9
    for size in (8, 100, 1000):
        model = WideDeep(np.float64, wide=Wide(4, np.float64))
        record = fit(model, {"wide": SGD(rate), "bias": SGD(rate)}, batch, rng=np.random.default_rng(0), epochs=1,
                     batch_size=size, sample_weight=w)[0]  # fmt: skip
        np.testing.assert_allclose(-model.towers["wide"].w / rate * size / 1000, whole, rtol=1e-5, atol=1e-12)
        assert record["loss"] == pytest.approx(log_loss(z, y, w.astype(np.float64))[0])


@pytest.mark.parametrize("head", ["labels", "numbers", "grades"])
def test_the_scale_of_all_weights_does_not_matter(head, rng):
    model, _, _, batch = small(rng)
    towers = {"wide": model.towers["wide"]}
    w = rng.random((120, 1)) + 0.1
    ends = []
    for scale in (1.0, 50.0):
        towers["wide"].w[...] = 0
        if head == "grades":
            data = number_labels(batch, np.arange(120)[:, None] % 3)
            model = OrdinalRegression((0, 1), **towers)
            loss = model.loss(1, auxiliary_weight=0.5)
        else:
            data, model = batch, WideDeep(**towers)
            loss = log_loss if head == "labels" else squared_error
        fit(model, {"wide": SGD(0.1), "bias": SGD(0.1)}, data, rng=np.random.default_rng(0), epochs=2, batch_size=16,
            loss=loss, sample_weight=scale * w)  # fmt: skip
        ends.append(model.logits(data))
    np.testing.assert_allclose(*ends, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", ["log loss", "squared error", "grades"])
def test_a_loss_divides_by_n_where_n_is_given(loss, rng):
    """So that parts of a whole add up, each with the whole's divisor."""
    z, w = rng.normal(size=(10, 1)), rng.random((10, 1))
    if loss == "grades":
        model = OrdinalRegression((0, 1), wide=Wide(3))
        f, z, y = model.loss(1, auxiliary_weight=0.5), rng.normal(size=(10, 2)), np.arange(10)[:, None] % 3
    else:
        f, y = log_loss if loss == "log loss" else squared_error, (rng.random((10, 1)) < 0.5) * 1.0
    value, dz = f(z, y, w, 7.0)
    parts = [f(z[rows], y[rows], w[rows], 7.0) for rows in (slice(0, 3), slice(3, 10))]
    assert value == pytest.approx(sum(part[0] for part in parts))
    np.testing.assert_allclose(dz, np.concatenate([part[1] for part in parts]))
    assert value == pytest.approx(f(z, y, w)[0] * w.sum() / 7)


def test_a_step_alone_divides_by_its_rows_and_the_mean_weight():
    batch, y = rare(400)
    for mean, want in ((1.0, 3.0), (3.0, 1.0), (6.0, 0.5)):
        model = WideDeep(np.float64, wide=Wide(4, np.float64))
        value = train_step(model, optimizers_for(model, 10), batch[:10], sample_weight=np.full((10, 1), 3.0),
                           mean_weight=mean)  # fmt: skip
        assert value == pytest.approx(want * np.log(2))


def test_the_best_epoch_is_chosen_by_weighted_validation_rows():
    """keras 5616.  Weight on the ones alone: the best epoch is the one that says 1 most."""
    batch, y = rare(1000)
    for wanted in (0, 1):
        model = WideDeep(wide=Wide(4))
        weight = (y == wanted) * 1.0
        records = fit(model, {"wide": SGD(0.5), "bias": SGD(0.5)}, batch, batch, rng=np.random.default_rng(0), epochs=6,
                      validation_weight=weight, sample_weight=class_weights(y))  # fmt: skip
        losses = [record["validation"] for record in records]
        assert min(losses) == pytest.approx(log_loss(model.logits(batch), y, weight)[0], rel=1e-5)


@pytest.mark.parametrize(
    "weights, words",
    [
        (np.ones((3, 1)), r"sample_weight \(3, 1\); want \(400, 1\), one weight a row"),
        (np.ones(400), r"\(400,\).*np.reshape\(weights, \(-1, 1\)\)"),
        (np.full((400, 1), -1.0), "from -1.0 to -1.0; want 0 or more"),
        (np.full((400, 1), np.nan), "from nan to nan; want 0 or more, finite"),
        (np.zeros((400, 1)), "not all 0"),
    ],
)
def test_weights_that_make_no_sense_are_refused(weights, words):
    batch, _ = rare(400)
    model = WideDeep(wide=Wide(4))
    for name, more in (("sample_weight", {}), ("validation_weight", {"validation": batch})):
        with pytest.raises(ValueError, match=words.replace("sample_weight", name)):
            fit(model, optimizers_for(model, 10), batch, rng=np.random.default_rng(0), epochs=1, **more,
                **{name: weights})  # fmt: skip
    with pytest.raises(ValueError, match=r"validation_weight .*; want \(0, 1\)"):
        fit(model, optimizers_for(model, 10), batch, rng=np.random.default_rng(0), epochs=1,
            validation_weight=np.ones((400, 1)))  # fmt: skip


def test_a_loss_that_takes_no_weights_is_named_before_the_training():
    batch, y = rare(400)
    model = WideDeep(wide=Wide(4))
    for name, weight in (("loss", "sample_weight"), ("validation_loss", "validation_weight")):
        with pytest.raises(ValueError, match=rf"fit: {name} takes no weights .*want {name}\(z, y, sample_weight, n\)"):
            fit(model, optimizers_for(model, 10), batch, batch, rng=np.random.default_rng(0), epochs=1,
                **{name: lambda z, y: log_loss(z, y), weight: np.ones((400, 1))})  # fmt: skip
