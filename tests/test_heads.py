"""Regression and classes on the same two towers: gradients, labels, and that the error signal is a - y each time."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from mlp.gradcheck import check
from mlp.losses import softmax_cross_entropy, squared_error
from mlp.optimizers import Adam
from mlp.windows import flatten
from perceptron.losses import log_loss
from widedeep import (
    Bag,
    Category,
    Cross,
    Deep,
    Encoder,
    Standard,
    Wide,
    WideDeep,
    explain,
    fit,
    load,
    optimizers_for,
    save,
    train_step,
)
from widedeep.datasets import Dataset
from widedeep.experiments import ratings
from widedeep.experiments.trial import Setting
from widedeep.heads.classes import Classes, DeepClasses, WideClasses, class_labels, evaluate_classes
from widedeep.heads.ordinal import OrdinalRegression
from widedeep.heads.regression import Regression, evaluate_numbers, number_labels
from widedeep.recipes import BEST, varied
from widedeep.training.ema import EMA

COLOURS = ["red", "green", "blue"]


def table(rng, n=13):
    """Thirteen rows with repeated values, and bags of 0 to 2."""
    bags = np.empty(n, object)
    bags[:] = [tuple(rng.choice(list("xyz"), k, replace=False).tolist()) for k in rng.integers(0, 3, n)]
    return {"a": rng.integers(0, 5, n), "g": bags, "x": rng.normal(size=n)}


def encoder_of(rows):
    a, g = Category("a"), Bag("g")
    return Encoder([a, g, Cross(a, g)], [a, g], [Standard("x")]).fit(rows)


def shaken(model, rng):
    """Away from zeros and symmetry, id 0 left alone."""
    for name, w in flatten(model.params()):
        w += rng.normal(0, 0.5, w.shape).astype(w.dtype)
        if name in model.frozen():
            w[0] = 0
    return model


def regression(encoder, rng, dtype=np.float64, hidden=(7, 5)):
    return Regression(
        1,
        5,
        dtype,
        wide=Wide(encoder.n_wide, dtype),
        deep=Deep(encoder.n_deep, 3, encoder.n_inputs, hidden, rng, dtype),
    )


def classes(encoder, rng, dtype=np.float64, names=COLOURS, hidden=(7, 5)):
    return Classes(
        names,
        dtype,
        wide=WideClasses(encoder.n_wide, len(names), dtype),
        deep=DeepClasses(encoder.n_deep, 3, encoder.n_inputs, hidden, rng, len(names), dtype),
    )


def heads(rng):
    """(model, batch with labels, loss, a) of every head; a(z) is what the error signal compares with y."""
    rows = table(rng)
    encoder = encoder_of(rows)
    plain = encoder.encode(rows, dtype=np.float64)
    towers = {
        "wide": Wide(encoder.n_wide, np.float64),
        "deep": Deep(encoder.n_deep, 3, encoder.n_inputs, (7, 5), rng, np.float64),
    }
    binary = encoder.encode(rows, (rng.random((13, 1)) < 0.5).astype(float), np.float64)
    stars = number_labels(plain, rng.integers(1, 6, (13, 1)))
    colours = class_labels(plain, np.array(COLOURS)[rng.integers(0, 3, 13)], COLOURS)
    return [
        (shaken(WideDeep(np.float64, **towers), rng), binary, log_loss, lambda m, b: m.predict(b)),
        (shaken(regression(encoder, rng), rng), stars, squared_error, lambda m, b: m.logits(b)),
        (shaken(classes(encoder, rng), rng), colours, softmax_cross_entropy, lambda m, b: m.predict(b)),
    ]


@pytest.mark.parametrize("which", range(3), ids=["yes or no", "number", "classes"])
@pytest.mark.parametrize("method, limit", [("centred", 1e-7), ("complex", 1e-12)])
def test_gradients(rng, which, method, limit):
    model, batch, loss, _ = heads(rng)[which]
    z, caches = model.forward(batch)
    grads = model.backward(loss(z, batch.labels)[1], caches)
    report = check(model, lambda m: loss(m.forward(batch)[0], batch.labels)[0], grads, method=method)
    assert report.ok and report.error < limit, report


@pytest.mark.parametrize("which", range(3), ids=["yes or no", "number", "classes"])
def test_the_error_signal_is_a_minus_y(rng, which):
    model, batch, loss, a = heads(rng)[which]
    _, dz = loss(model.logits(batch), batch.labels)
    np.testing.assert_allclose(dz * len(batch), a(model, batch) - batch.labels, atol=1e-14)


def ordered(rng, dtype=np.float64):
    """(model, batch with grades 1 to 5) of 13 rows."""
    rows = table(rng)
    encoder = encoder_of(rows)
    towers = regression(encoder, rng, dtype).towers
    batch = number_labels(encoder.encode(rows, dtype=dtype), rng.integers(1, 6, (13, 1)))
    return shaken(OrdinalRegression((1, 2, 3, 4), dtype, **towers), rng), batch


@pytest.mark.parametrize("method, limit", [("centred", 1e-7), ("complex", 1e-12)])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradients_of_ordered_grades(rng, method, limit, weighted):
    model, batch = ordered(rng)
    loss, weights = model.loss(3, auxiliary_weight=0.3), (rng.random((13, 1)),) if weighted else ()
    z, caches = model.forward(batch)
    assert z.shape == (13, 4)
    dz = loss(z, batch.labels, *weights)[1]
    report = check(
        model, lambda m: loss(m.logits(batch), batch.labels, *weights)[0], model.backward(dz, caches), method=method
    )
    assert report.ok and report.error < limit, report
    alone = model.backward(np.where(np.arange(4) == 2, dz, 0), caches)  # the towers hear of one question only
    assert not check(model, lambda m: loss(m.logits(batch), batch.labels, *weights)[0], alone, method=method)


def test_the_ordered_loss_is_a_sum_of_log_losses(rng):
    model, batch = ordered(rng)
    z, y = model.logits(batch), batch.labels
    apart = [log_loss(z[:, k : k + 1], y > level) for k, level in enumerate((1, 2, 3, 4))]
    value, dz = model.loss(3, auxiliary_weight=0.3)(z, y)
    assert value == pytest.approx(apart[2][0] + 0.3 * (apart[0][0] + apart[1][0] + apart[3][0]))
    np.testing.assert_allclose(dz, np.hstack([c * d for c, (_, d) in zip((0.3, 0.3, 1, 0.3), apart)]), atol=1e-15)
    assert model.validation_loss(3)(z, y)[0] == apart[2][0]
    weights = rng.random((13, 1))
    weighted = [log_loss(z[:, k : k + 1], y > level, weights)[0] for k, level in enumerate((1, 2, 3, 4))]
    assert model.loss(1, auxiliary_weight=2.0)(z, y, weights)[0] == pytest.approx(weighted[0] + 2 * sum(weighted[1:]))


def test_one_question_of_ordered_grades_is_the_plain_model(rng):
    """With no weight on the others, training is that of yes or no, step by step; asks(3) shares towers and bias."""
    model, batch = ordered(rng)
    plain = WideDeep(np.float64, **copy.deepcopy(model.towers))
    plain.b[...] = model.b[2]
    yes_or_no = replace(batch, labels=(batch.labels > 3).astype(float))
    rules, plain_rules = ({name: Adam(0.01) for name in plain.params()} for _ in range(2))
    for _ in range(5):
        train_step(model, rules, batch, loss=model.loss(3, auxiliary_weight=0.0))
        train_step(plain, plain_rules, yes_or_no)
    asked = model.at_threshold(3)
    np.testing.assert_allclose(asked.logits(batch), plain.logits(batch), rtol=1e-12)
    assert asked.logits(batch).tolist() == model.logits(batch)[:, 2:3].tolist()
    model.b += 1
    assert asked.b[0] == model.b[2]


def test_ordered_grades_start_at_their_shares():
    model = OrdinalRegression((1, 2, 3), wide=Wide(2))
    model.init_bias(np.array([[1], [2], [2], [4]]))
    np.testing.assert_allclose(model.b, np.log([4 / 2, 2 / 4, 2 / 4]), rtol=1e-6)


def test_labels_of_yes_or_no_are_not_taken_for_grades(rng):
    model, batch = ordered(rng)
    yes_or_no = (batch.labels > 3).astype(float)
    with pytest.raises(ValueError, match=r"\[0, 0, 0, 0\] of 13 grades are above .* not labels 0 and 1"):
        model.init_bias(yes_or_no)
    with pytest.raises(ValueError, match="no grade is above 3; want grades"):
        model.validation_loss(3)(model.logits(batch), yes_or_no)
    with pytest.raises(ValueError, match="4 logits a row; want one, as model.at_threshold"):
        explain(model, encoder_of(table(rng)), batch)


def test_ordered_grades_refuse_what_does_not_fit(rng):
    for levels in ((), (2, 1), (1, 1), (np.nan,), (1, 1 + 1e-9)):  # the last two are one in float32
        with pytest.raises(ValueError, match="want one or more, finite, ascending"):
            OrdinalRegression(levels, wide=Wide(2))
    model, batch = ordered(rng)
    with pytest.raises(ValueError, match="threshold 5 is none of"):
        model.at_threshold(5)
    with pytest.raises(ValueError, match="auxiliary_weight -1"):
        model.loss(3, auxiliary_weight=-1)
    with pytest.raises(ValueError, match=r"grades \(13,\); want \(13, 1\)"):
        model.loss(3, auxiliary_weight=1)(model.logits(batch), batch.labels[:, 0])
    with pytest.raises(ValueError, match=r"sample_weight \(4,\); want \(13, 1\)"):
        model.loss(3, auxiliary_weight=1)(model.logits(batch), batch.labels, np.ones(4))


def test_grades_that_are_not_whole_are_on_the_right_side_of_their_level(rng):
    """float32's .1 is more than float64's .1."""
    grades = rng.choice([0.1, 0.2, 0.3, 0.4, 0.7, 0.8], (50, 1))
    y, model = grades.astype(np.float32), OrdinalRegression((0.1, 0.2, 0.7), wide=Wide(2))
    above = [(grades > level).sum() for level in (0.1, 0.2, 0.7)]
    for kept in (y, grades):  # whichever way the labels are kept
        assert model.above(kept).sum(axis=0).tolist() == above
        assert OrdinalRegression((0.1, 0.2, 0.7), np.float64, wide=Wide(2)).above(grades).sum(axis=0).tolist() == above
    z = np.zeros((50, 3), np.float32)
    assert model.loss(0.2, auxiliary_weight=0.0)(z, y)[1].sum() == pytest.approx(0.5 - above[1] / 50, abs=1e-6)
    assert model.validation_loss(0.2)(z, y)[1].sum() == pytest.approx(0.5 - above[1] / 50, abs=1e-6)
    assert model.at_threshold(0.7).b.shape == (1,)


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


def test_read_only_inputs(rng, sealed):
    for model, batch, loss, _ in heads(rng):
        sealed(batch.wide, batch.deep, batch.shares, batch.numbers, batch.labels)
        z, caches = model.forward(batch)
        _, dz = loss(z, batch.labels)
        sealed(z, dz)
        model.backward(dz, caches)


def test_the_start_is_the_best_constant(rng):
    rows = table(rng)
    encoder = encoder_of(rows)
    batch = encoder.encode(rows, dtype=np.float64)
    model = Regression(1, 5, np.float64, wide=Wide(encoder.n_wide, np.float64))
    model.init_bias(np.array([[1.0], [2.0], [5.0], [4.0]]))
    np.testing.assert_allclose(model.predict(batch), 3)  # (1 + 2 + 5 + 4) / 4
    model = Classes(COLOURS, np.float64, wide=WideClasses(encoder.n_wide, 3, np.float64))
    model.init_bias(np.eye(3)[[0, 0, 0, 1, 1]])
    np.testing.assert_allclose(model.predict(batch)[0], [4 / 8, 3 / 8, 1 / 8])  # counts 3, 2, 0, one more each


def test_answers_stay_between_low_and_high(rng):
    rows = table(rng)
    encoder = encoder_of(rows)
    model = shaken(regression(encoder, rng), rng)
    batch = encoder.encode(rows, dtype=np.float64)
    model.b[...] = 100
    assert (model.predict(batch) == 5).all()
    model.b[...] = -100
    assert (model.predict(batch) == 1).all()
    assert (model.logits(batch) < -50).all()  # the logit itself, which the loss sees, is not cut


def learnable(rng, n=900):
    a, b = rng.integers(0, 6, n), rng.integers(0, 6, n)
    bags = np.empty(n, object)
    bags[:] = [(str(v),) for v in b]
    return {"a": a, "g": bags, "x": rng.normal(size=n)}, (a * b) % 3, 3 + np.cos(a + 2 * b)


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


def test_numbers_are_learned(rng):
    rows, _, y = learnable(rng)
    encoder = encoder_of(rows)
    batch = number_labels(encoder.encode(rows), y[:, None])
    model = regression(encoder, rng, np.float32, (16,))
    model.init_bias(batch.labels)
    optimizers = optimizers_for(model, 32) | {"deep": Adam(1e-2)}
    fit(model, optimizers, batch[300:], batch[:300], rng=rng, epochs=15, batch_size=32, loss=squared_error)
    after = evaluate_numbers(model.predict(batch[:300]), batch[:300].labels)
    assert after["rmse"] < 0.15 and after["mae"] < after["rmse"]  # the labels' spread is 0.7


def test_a_step_takes_the_loss_it_is_given(rng):
    model, batch, loss, _ = heads(rng)[2]
    optimizers = {name: Adam(1e-2) for name in model.params()}
    value = loss(model.logits(batch), batch.labels)[0]
    assert train_step(model, optimizers, batch, loss=loss) == value
    assert loss(model.logits(batch), batch.labels)[0] < value


def test_forgetting_the_loss_is_told(rng):
    model, batch, *_ = heads(rng)[1]
    with pytest.raises(ValueError, match="labels must be 0 or 1"):
        fit(model, optimizers_for(model, 5), batch, rng=rng, epochs=1)
    model, batch, *_ = heads(rng)[2]
    with pytest.raises(ValueError, match=r"logits|want"):
        fit(model, optimizers_for(model, 5), number_labels(batch, np.arange(13.0)[:, None]), rng=rng, epochs=1)


def test_copies_learn_and_casts_keep_the_head(rng):
    for model, batch, loss, _ in heads(rng)[1:]:
        single = model.astype(np.float32)
        assert type(single) is type(model) and single.predict(batch).shape == model.predict(batch).shape
        twin = copy.deepcopy(model)
        before = loss(twin.logits(batch), batch.labels)[0]
        for _ in range(20):
            train_step(twin, {name: Adam(1e-2) for name in twin.params()}, batch, loss=loss)
        assert loss(twin.logits(batch), batch.labels)[0] < before
        assert loss(model.logits(batch), batch.labels)[0] == before


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


def test_an_archive_keeps_the_head(rng, tmp_path):
    rows = table(rng)
    encoder = encoder_of(rows)
    numbers = regression(encoder, rng, np.float32)
    for model in (numbers, classes(encoder, rng, np.float32), OrdinalRegression((1, 2, 4), **numbers.towers)):
        shaken(model, rng)
        optimizers = optimizers_for(model, 4)
        again, _, _ = load(save(tmp_path / "model.npz", model, encoder, optimizers))
        batch = encoder.encode(rows)
        assert type(again) is type(model) and again.spec() == model.spec()
        np.testing.assert_array_equal(again.predict(batch), model.predict(batch))


@pytest.mark.parametrize(
    "y, message",
    [
        (np.arange(13.0), r"labels \(13,\); want \(13, 1\).*y\[:, None\]"),
        (np.where(np.arange(13) == 4, np.nan, 1.0)[:, None], "row 4 is nan"),
        (np.where(np.arange(13) == 6, np.inf, 1.0)[:, None], "row 6 is inf"),
        (np.array(["3"] * 13)[:, None], "want numbers"),
        (np.ones((12, 1)), r"want \(13, 1\)"),
    ],
)
def test_wrong_numbers(rng, y, message):
    rows = table(rng)
    with pytest.raises(ValueError, match=message):
        number_labels(encoder_of(rows).encode(rows), y)


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


def test_one_class_or_one_number_leaves_nothing_to_learn(rng):
    for model, batch, loss, _ in heads(rng)[1:]:
        same = batch[np.zeros(13, np.intp)]
        with pytest.raises(ValueError, match="all labels are"):
            fit(model, optimizers_for(model, 5), same, rng=rng, epochs=1, loss=loss)


def test_wrong_models(rng):
    encoder = encoder_of(table(rng))
    with pytest.raises(ValueError, match="want low < high"):
        Regression(5, 1, wide=Wide(encoder.n_wide))
    with pytest.raises(ValueError, match="at least 2"):
        WideClasses(encoder.n_wide, 1)
    with pytest.raises(ValueError, match="at least 2"):
        DeepClasses(encoder.n_deep, 3, encoder.n_inputs, (5,), rng, 1)
    for towers in ({"wide": Wide(encoder.n_wide)}, {"wide": WideClasses(encoder.n_wide, 4)}):
        with pytest.raises(ValueError, match=r"tower 'wide' is a Wide.*want \(..., 3\)"):
            Classes(COLOURS, **towers)
    with pytest.raises(ValueError, match="stands twice"):
        Classes(["a", "a"], wide=WideClasses(encoder.n_wide, 2))


def test_figures_by_hand():
    found = evaluate_numbers(np.array([[1.0], [3.0], [5.0]]), np.array([[1.0], [4.0], [3.0]]))
    assert found["rmse"] == pytest.approx(np.sqrt(5 / 3)) and found["mae"] == pytest.approx(1.0)  # errors 0, 1, 2
    found = evaluate_classes(np.log([[0.5, 0.25, 0.25], [0.2, 0.2, 0.6]]), np.eye(3)[[0, 1]])
    assert found["log_loss"] == pytest.approx(-(np.log(0.5) + np.log(0.2)) / 2) and found["accuracy"] == 0.5
    with pytest.raises(ValueError, match="want"):
        evaluate_numbers(np.zeros(3), np.zeros((3, 1)))


def small_movielens(rng, n=600):
    """Ratings that nobody gave, in MovieLens' columns."""
    user, item = rng.integers(1, 31, n), rng.integers(1, 21, n)
    genres = np.empty(n, object)
    genres[:] = [("Drama",) if i % 2 else ("Drama", "War") for i in item]
    rating = np.clip(np.rint(3 + np.sin(user) + np.cos(item) + rng.normal(0, 0.5, n)), 1, 5).astype(int)
    table = {
        "user": user,
        "item": item,
        "age": 20 + user,
        "year": 1970 + item,
        "gender": np.where(user % 2, "F", "M"),
        "occupation": np.where(user % 3, "writer", "doctor"),
        "zip_area": (user % 5).astype(str),
        "title": np.array([f"Film {i}" for i in item]),
        "genres": genres,
        "rating": rating,
    }
    labels = (rating >= 4).astype(np.float32)[:, None]
    return Dataset(name="movielens", table=table, labels=labels, splits={}, citation="invented")


RECIPE = varied(
    BEST["movielens"],
    deep={"d": 4, "hidden": (8,)},
    factors={"d": 4},
    training={"batch_size": 32, "lr": 1e-2},
)


def test_the_ratings_experiment(rng):
    data = small_movielens(rng)
    ticks = []
    setting = Setting(data, RECIPE, 1, 6)
    outcome = ratings.run(setting, lambda: ticks.append(1))
    assert len(ticks) == ratings.count(setting)
    assert outcome.summary["rows"] == {"train": 405, "validation": 45, "test": 150}  # 3/4, of it a tenth; 1/4
    found = {row["model"]: row for row in outcome.rows}
    assert set(found) == set(ratings.MODELS)
    p = np.random.default_rng(2024).permutation(600)
    y, mean = data.table["rating"][p[450:]], data.table["rating"][p[:405]].mean()
    assert found["mean"]["rmse"] == pytest.approx(np.sqrt(((y - mean) ** 2).mean()))
    for name in ("joint", "classes"):
        assert found[name]["rmse"] < 0.8 * found["mean"]["rmse"] and 0.5 < found[name]["auc"] <= 1
    assert {"model", "seed", "auc", "log_loss", "accuracy"} <= found["joint"].keys()
    assert any("joint" in line for line in ratings.table(outcome))


def with_split(data, rng):
    parts = np.split(rng.permutation(len(data.labels)), [400, 500])
    return replace(data, splits={"random": dict(zip(("train", "validation", "test"), parts))})


def test_a_recipe_with_grades_gives_a_plain_model_that_never_saw_a_test_grade(rng):
    data, recipe = with_split(small_movielens(rng), rng), varied(RECIPE, training={"epochs": 3})
    rows, other = data.splits["random"]["test"], {name: column.copy() for name, column in data.table.items()}
    other["rating"][rows] = 6 - other["rating"][rows]
    twin = replace(data, table=other, labels=(other["rating"] >= 4).astype(np.float32)[:, None])
    (a, first), (b, second) = ((recipe.prepare(one), recipe.fit(recipe.prepare(one), seed=0)) for one in (data, twin))
    assert a.threshold == 3 and set(np.unique(a.train.labels)) == {1, 2, 3, 4, 5}
    assert set(np.unique(a.test.labels)) == {0, 1} and (a.test.labels != b.test.labels).any()
    assert first.history == second.history
    z = first.model.logits(a.test)
    assert z.shape == (len(rows), 1) and z.tolist() == second.model.logits(b.test).tolist()
    y = data.rows("random", "validation")[1]
    best = min(record["validation"] for record in first.history)  # judged by the question that counts, in nats
    assert best == pytest.approx(log_loss(first.model.logits(a.validation).astype(float), y)[0], rel=1e-4)
    train_step(first.model, first.optimizers, replace(a.test, labels=a.test.labels))  # and it can go on, as yes or no
    tenths = {**data.table, "rating": data.table["rating"] / 10}  # the same grades, not whole
    small = recipe.prepare(replace(data, table=tenths))
    assert recipe.fit(small, seed=0).model.logits(small.test).tolist() == z.tolist()
    apart = varied(recipe, labels={"grades": None, "auxiliary_weight": 0.0})
    assert (apart.fit(apart.prepare(data), seed=0).model.logits(a.test) != z).any()


def test_training_on_grades_starts_at_their_shares_and_hands_on_the_bias_of_the_question(rng, monkeypatch):
    data, recipe = with_split(small_movielens(rng), rng), varied(RECIPE, training={"ema": 0.0})
    seen = []

    def no_training(training, model, optimizers, train, *args, **settings):
        seen.append(model.b.copy())
        optimizers["bias"].step({"b": model.b}, {"b": np.arange(1, 5, dtype=np.float32)})  # a memory for each question
        return []

    monkeypatch.setattr("widedeep.recipes.recipe.train", no_training)
    prepared = recipe.prepare(data)
    found = recipe.fit(prepared, seed=0)
    share = (prepared.train.labels > [1, 2, 3, 4]).mean(axis=0)
    np.testing.assert_allclose(seen[0], np.log(share / (1 - share)), atol=0.05)
    m, v = found.optimizers["bias"].memory["b"]
    assert m.tolist() == [3] and v.tolist() == [9] and found.model.b.shape == (1,)


def test_a_recipe_refuses_grades_that_are_not_behind_the_labels(rng):
    data = with_split(small_movielens(rng), rng)
    with pytest.raises(ValueError, match="labels of train do not say whether 'age' is above some threshold"):
        varied(RECIPE, labels={"grades": "age"}).prepare(data)
    with pytest.raises(ValueError, match="no column 'stars' of grades; the table has user, "):
        varied(RECIPE, labels={"grades": "stars"}).prepare(data)
    with pytest.raises(ValueError, match="labels of dtype <U"):
        varied(RECIPE, labels={"grades": "occupation"}).prepare(data)
    for same in (0, 1):
        with pytest.raises(ValueError, match="labels of train do not say"):
            replace(varied(RECIPE, columns={"histories": False}), factors=None).prepare(
                replace(data, labels=np.full_like(data.labels, same))
            )
    wrong = {**data.table, "rating": data.table["rating"].copy()}
    wrong["rating"][data.splits["random"]["validation"][:3]] = 9
    with pytest.raises(ValueError, match="labels of validation do not say"):
        RECIPE.prepare(replace(data, table=wrong))


def test_test_ratings_change_nothing_but_test_figures(rng):
    """Turn every test rating round: batches, weights and validation figures stay, test figures do not."""
    data = ratings.cut(small_movielens(rng))
    other = {name: column.copy() for name, column in data.table.items()}
    rows = data.splits["ratings"]["test"]
    other["rating"][rows] = 6 - other["rating"][rows]
    twin = replace(data, table=other, labels=(other["rating"] >= 4).astype(np.float32)[:, None])
    made = []
    for one in (data, twin):
        ready = replace(RECIPE, split="ratings").prepare(one)
        stars = {part: one.rows("ratings", part)[0]["rating"][:, None].astype(float) for part in ratings.PARTS}
        model, batches, epoch = ratings.number_head(RECIPE, ready, stars, RECIPE.towers, 0, 3)
        made.append((model, batches, epoch, evaluate_numbers(model.predict(batches["test"]), stars["test"])))
    (a, batches, epoch, figures), (b, _, epoch_b, figures_b) = made
    assert epoch == epoch_b and figures != figures_b
    for (_, one), (_, two) in zip(flatten(a.params()), flatten(b.params())):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(a.predict(batches["test"]), b.predict(batches["test"]))
