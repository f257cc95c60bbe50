"""What the pages that go further must hold: no row sees itself, averages fit their memory, archives keep every rule."""

import numpy as np
import pytest

from mlp.gradcheck import taylor
from mlp.optimizers import SGD, AdaGrad, Adam, Momentum, Rows
from mlp.windows import flatten
from widedeep import (
    EMA,
    FTRL,
    Category,
    Cross,
    Deep,
    Encoder,
    History,
    HistoryEncoder,
    MatrixFactorization,
    TargetStatistics,
    WeightDecay,
    Wide,
    WideDeep,
    class_weights,
    fit,
    load,
    save,
)
from widedeep.recipes import RECIPES
from widedeep.rows import sum_dense
from widedeep.training.block_rates import block_rates


def ratings(rng, n=120):
    table = {"user": rng.integers(0, 12, n), "item": rng.integers(0, 15, n)}
    return table, (rng.random((n, 1)) < 0.5) * 1.0


def remembering():
    columns = [Category("user"), Category("item")]
    return HistoryEncoder(
        Encoder(wide=columns, deep=columns),
        [History("user", "item"), History("item", "user")],
        [TargetStatistics("user"), TargetStatistics("item")],
    )


def test_no_training_row_sees_its_own_label(rng):
    table, y = ratings(rng)
    before = remembering().fit_encode(table, y)
    for k in (0, 7, 119):
        other = y.copy()
        other[k] = 1 - other[k]
        after = remembering().fit_encode(table, other)
        np.testing.assert_allclose(before.numbers[k], after.numbers[k], atol=1e-6)
        for a, b in zip(before.histories, after.histories):
            assert sorted(a.inside(k)) == sorted(b.inside(k))
        assert np.abs(before.numbers - after.numbers).max() > 0.01  # somebody else does see it


def test_other_rows_are_encoded_without_their_labels(rng):
    table, y = ratings(rng)
    encoder = remembering()
    encoder.fit_encode(table, y)
    some, labels = {name: column[:20] for name, column in table.items()}, y[:20]
    a, b = encoder.encode(some, labels), encoder.encode(some, 1 - labels)
    assert np.array_equal(a.numbers, b.numbers)
    assert [bags.inside(3) for bags in a.histories] == [bags.inside(3) for bags in b.histories]
    assert encoder.n_inputs == (4, 4)
    assert encoder.deep_name(encoder.encoder.n_deep) == f"item={encoder.history_columns[0].what.values[0]} not liked"
    assert encoder.n_deep == encoder.encoder.n_deep + 2 * 15 + 2 * 12


def test_groups_of_one_size_do_not_explode():
    users = np.repeat(np.arange(500), 11)
    y = (np.random.default_rng(0).random((len(users), 1)) < 0.5) * 1.0
    statistics = TargetStatistics("user")
    statistics.fit({"user": users}, y)
    assert np.abs(statistics.encode({"user": users[:50]})).max() < 10


def small(rng, **rules):
    columns = [Category("user"), Category("item")]
    table, y = ratings(rng)
    encoder = Encoder(wide=[*columns, Cross("user", "item")], deep=columns).fit(table)
    batch = encoder.encode(table, y)
    model = WideDeep(
        wide=Wide(encoder.n_wide),
        deep=Deep(encoder.n_deep, 3, encoder.n_inputs, [5], rng, scale=0.1),
        product=MatrixFactorization(encoder.n_deep, 2, [0], [1], rng),
    )
    rules = {
        "wide": FTRL(0.1, l1=0.1, batch_size=32, blocks=block_rates(encoder, 0.5)),
        "deep": WeightDecay(AdaGrad(0.1), {"E": 0.1}),
        "product": WeightDecay(Adam(0.01), {"E": 0.1}),
        "bias": Momentum(0.01),
    } | rules
    return model, rules, encoder, batch


def test_the_running_average_is_what_is_left_and_ftrls_memory_agrees_with_it(rng):
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


def test_an_archive_keeps_every_tower_and_every_rule(rng, tmp_path):
    model, rules, encoder, batch = small(rng)
    fit(model, rules, batch, rng=np.random.default_rng(1), epochs=2, batch_size=32)
    path = save(tmp_path / "model.npz", model, encoder, rules)
    again, same_encoder, same_rules = load(path)
    assert same_rules["deep"].memory is same_rules["deep"].rule.memory
    fit(model, rules, batch, rng=np.random.default_rng(2), epochs=2, batch_size=32)
    fit(again, same_rules, batch, rng=np.random.default_rng(2), epochs=2, batch_size=32)
    assert np.array_equal(model.logits(batch), again.logits(batch))
    with pytest.raises(TypeError, match="training rows"):
        save(tmp_path / "no.npz", model, remembering(), rules)


def test_scale_shrinks_the_first_embeddings():
    ends = [Deep(50, 4, (1, 0), [3], np.random.default_rng(0), scale=s).E for s in (1.0, 0.05)]
    np.testing.assert_allclose(ends[0] * 0.05, ends[1], rtol=1e-5)


def test_a_schedule_reaches_the_rule_inside_decay():
    decay = WeightDecay(SGD(0.5), {})
    decay.lr = 0.1
    w = np.ones(2)
    decay.step({"w": w}, {"w": np.ones(2)})
    np.testing.assert_allclose(w, 0.9)
    assert decay.steps == 1


def test_decay_looks_before_it_moves():
    E = np.ones((3, 2))
    with pytest.raises(KeyError):
        WeightDecay(SGD(0.1), {"E": 1.0}).step({"E": E}, {"F": E})
    assert (E == 1).all()


def test_rows_are_put_back_whatever_the_memory_looks_like():
    for table in (np.zeros((6, 4, 8))[:, :, :4], np.zeros((6, 4), order="F"), np.zeros((6, 8))[:, ::2]):
        ones = np.ones((1, *table.shape[1:]))
        SGD(1.0).step(table, Rows(np.array([1]), ones))
        assert table.sum() == -ones.size and (table[1] == -1).all()
    with pytest.raises(ValueError, match="row after row"):
        sum_dense(np.array([1]), np.ones((1, 4)), np.zeros((6, 4), order="F"))


@pytest.mark.parametrize("left, right", [([0, 0], [1]), ([-1], [2]), ([0], [0]), ([], [1])])
def test_product_refuses_places_twice_negative_or_none(left, right, rng):
    with pytest.raises(ValueError, match="each once"):
        MatrixFactorization(9, 4, left, right, rng)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Adam(b1=1),
        lambda: Adam(b2=2),
        lambda: AdaGrad(0.1, eps=0),
        lambda: SGD(np.inf),
        lambda: FTRL(np.inf),
        lambda: Momentum(0.1, mu=1),
        lambda: WeightDecay(SGD(0.1), {"E": np.nan}),
        lambda: FTRL(blocks=[(3, np.inf)]),
    ],
)
def test_rates_that_cannot_be_are_refused(make):
    with pytest.raises(ValueError):
        make()


def test_the_taylor_test_of_a_loss_that_is_zero_is_exact():
    x = np.arange(5.0)
    report = taylor({"w": np.zeros(5)}, lambda m: (m["w"] * x).sum(), {"w": x}, np.random.default_rng(0))
    assert report.ok and report.orders["w"] == np.inf


def test_a_recipe_names_its_towers():
    with pytest.raises(ValueError, match="dep"):
        RECIPES["appstore"].model(None, None, ("wide", "dep"))


def test_both_classes_weigh_the_same_and_together_n():
    y = np.array([[1.0], [0.0], [0.0], [0.0]])
    w = class_weights(y)
    assert w[:, 0] == pytest.approx([2, 2 / 3, 2 / 3, 2 / 3])
    assert w.sum() == pytest.approx(4)
    with pytest.raises(ValueError, match="both classes"):
        class_weights(np.ones((3, 1)))


def test_a_row_of_weight_two_is_a_row_that_stands_twice_and_one_of_weight_zero_is_none(rng):
    weights = np.array([2.0, 0.0, 1.0] * 40)[:, None]
    ends = []
    for weighted in (True, False):
        model, rules, _, batch = small(np.random.default_rng(3), wide=SGD(0.1), deep=SGD(0.1), product=SGD(0.1))
        repeated = np.repeat(np.arange(120), weights[:, 0].astype(int))
        rows, count = (batch, weights) if weighted else (batch[repeated], None)
        fit(model, rules, rows, rng=np.random.default_rng(0), epochs=2, batch_size=200, sample_weight=count)
        ends.append(model.logits(batch))
    np.testing.assert_allclose(*ends, atol=1e-5)
    with pytest.raises(ValueError, match="one weight a row"):
        fit(model, rules, batch, rng=rng, epochs=1, sample_weight=np.ones((3, 1)))


def test_a_gradient_that_nobody_fills_is_nan_and_the_check_is_red_even_after_a_right_run(monkeypatch):
    from mlp import MLP, log_loss
    from mlp.dense import Dense
    from mlp.gradcheck import check

    rng = np.random.default_rng(0)
    network = MLP([3, 4, 1], rng, np.float64)
    X, y = rng.normal(size=(7, 3)), (rng.random((7, 1)) < 0.5) * 1.0

    def judged():
        z, caches = network.forward(X)
        grads = network.backward(log_loss(z, y)[1], caches)[1]
        return grads, check(network, lambda net: log_loss(net.forward(X)[0], y)[0], grads)

    assert judged()[1].ok

    def renames(self, dA, cache, dW, db, need_dX=True):
        X, Z, A = cache
        delta = dA * self.activation.slope(Z, A)
        np.matmul(X.T, delta, out=dW)
        db = delta.sum(axis=0)  # noqa: F841  a new name; the window stays as it was
        return delta @ self.W.T

    monkeypatch.setattr(Dense, "backward", renames)
    grads, report = judged()
    assert np.isnan(grads["0.b"]).all() and report["0.b"].verdict == report["1.b"].verdict == "wrong"


def test_the_demos_line_of_reasons_names_every_tower_and_adds_up():
    import re

    from widedeep import Reasons
    from widedeep.commands.wording import terms_of

    wide = [(f"feature {k}", weight) for k, weight in enumerate((0.5, -0.25, 0.25, 0.25, 0.5))]
    reasons = Reasons(wide, 1.0, -0.5, 3.0, {"product": 1.25})
    line = "; ".join(terms_of(reasons, None))
    assert "+1.25 product part" in line
    assert sum(float(term) for term in re.findall(r"[+-]\d\.\d\d", line)) == pytest.approx(reasons.logit)
