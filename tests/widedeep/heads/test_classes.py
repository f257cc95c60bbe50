"""Classes: softmax over the two towers."""

import numpy as np
import pytest

from mlp.gradcheck import check
from mlp.losses import softmax_cross_entropy
from mlp.windows import flatten
from tests.widedeep.heads.builders import COLOURS, classes, encoder_of, heads, learnable, shaken, table
from widedeep import Category, Encoder, Wide, WideDeep, fit, optimizers_for, train_step
from widedeep.heads.classes import Classes, DeepClasses, WideClasses, class_labels, evaluate_classes
from widedeep.training.ema import EMA


def test_a_wrong_gradient_of_the_classes_is_seen(rng):
    model, batch, loss, _ = heads(rng)[2]
    z, caches = model.forward(batch)
    dz = loss(z, batch.labels)[1]
    grads = model.backward(dz[:, [1, 0, 2]], caches)  # two classes swapped on the way back
    assert not check(model, lambda m: loss(m.forward(batch)[0], batch.labels)[0], grads)


def test_two_classes_are_the_logistic_head(rng):
    """softmax(z, 0) = sigmoid(z): a wide tower of two classes has p of yes = sigmoid of the difference."""
    rows = table(rng)
    encoder = encoder_of(rows)
    batch = encoder.encode(rows, dtype=np.float64)
    two = shaken(Classes(["no", "yes"], np.float64, wide=WideClasses(encoder.n_wide, 2, np.float64)), rng)
    one = WideDeep(np.float64, wide=Wide(encoder.n_wide, np.float64))
    one.towers["wide"].w[...] = two.towers["wide"].w[:, 1] - two.towers["wide"].w[:, 0]
    one.b[...] = two.b[1] - two.b[0]
    np.testing.assert_allclose(two.predict(batch)[:, 1:], one.predict(batch), atol=1e-14)


def test_classes_learn_a_rule_that_needs_both_columns(rng):
    rows, k, _ = learnable(rng)
    encoder = encoder_of(rows)
    batch = class_labels(encoder.encode(rows), np.array(COLOURS)[k], COLOURS)
    model = classes(encoder, rng, np.float32, hidden=(16,))
    model.init_bias(batch.labels)
    before = evaluate_classes(model.logits(batch[:300]), batch[:300].labels)
    average = EMA(model.params(), 0.9)
    history = fit(
        model,
        optimizers_for(model, 32),
        batch[300:],
        batch[:300],
        rng=rng,
        epochs=12,
        batch_size=32,
        ema=average,
        loss=softmax_cross_entropy,
    )
    after = evaluate_classes(model.logits(batch[:300]), batch[:300].labels)
    assert after["accuracy"] > 0.95 > before["accuracy"] and after["log_loss"] < 0.3
    assert after["log_loss"] == pytest.approx(min(r["validation"] for r in history), abs=1e-5)
    named = model.most_likely(batch[:300])
    assert np.mean([name == COLOURS[j] for name, j in zip(named, k)]) == pytest.approx(after["accuracy"])


def test_a_large_table_gives_rows(rng):
    """Beyond rows.SMALL the towers hand over Rows; they must say the same as the dense gradient."""
    rows = {"a": rng.integers(0, 30_000, 40)}
    encoder = Encoder([Category("a")], [Category("a")]).fit({"a": np.arange(30_000)})
    batch = class_labels(encoder.encode(rows), rng.integers(0, 3, 40), range(3))
    model = Classes(
        range(3),
        np.float32,
        wide=WideClasses(encoder.n_wide, 3),
        deep=DeepClasses(encoder.n_deep, 4, encoder.n_inputs, (5,), rng, 3),
    )
    z, caches = model.forward(batch)
    dz = softmax_cross_entropy(z, batch.labels)[1]
    grads = model.backward(dz, caches)
    dense = np.zeros((encoder.n_wide, 3), np.float32)
    np.add.at(dense, batch.wide[:, 0], dz)
    np.testing.assert_allclose(grads["wide"]["w"].dense(dense.shape), dense, atol=1e-7)
    train_step(model, optimizers_for(model, 40), batch, loss=softmax_cross_entropy)


def test_spec_builds_the_towers_again(rng):
    encoder = encoder_of(table(rng))
    model = classes(encoder, rng)
    for name, kind, extra in (("wide", WideClasses, {}), ("deep", DeepClasses, {"rng": rng})):
        again = kind(**model.towers[name].spec(), **extra)
        assert {n: w.shape for n, w in flatten(again.params())} == {
            n: w.shape for n, w in flatten(model.towers[name].params())
        }


@pytest.mark.parametrize(
    "values, names, message",
    [
        (np.r_[np.zeros(12, int), 3], range(3), "row 12 is 3, and the 3 classes are 0, 1, 2"),
        (np.r_[np.zeros(12, int), -1], range(3), "row 12 is -1"),
        (np.r_[np.zeros(12), np.nan], range(3), "row 12 is nan"),
        (np.r_[np.zeros(12), 0.5], range(3), "row 12 is 0.5"),
        (np.array(["red"] * 12 + ["pink"]), COLOURS, "row 12 is 'pink'.*'red', 'green', 'blue'"),
        (np.zeros((13, 1), int), range(3), r"values \(13, 1\); want \(13,\)"),
        (np.zeros(13, int), [0], "1 classes; want at least 2"),
        (np.zeros(13, int), [0, 1, 1], "stands twice"),
    ],
)
def test_wrong_classes(rng, values, names, message):
    rows = table(rng)
    with pytest.raises(ValueError, match=message):
        class_labels(encoder_of(rows).encode(rows), values, names)
