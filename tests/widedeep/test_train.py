"""Training both towers: a step by hand, early stopping, and what fit refuses."""

from dataclasses import replace

import numpy as np
import pytest

from mlp import SGD, AdaGrad, log_loss, minibatches
from mlp.windows import flatten
from tests.builders import memories
from tests.widedeep.clicks import TOWERS
from tests.widedeep.three_towers import small
from widedeep import (
    EMA,
    FTRL,
    Bag,
    Category,
    Cross,
    Deep,
    Encoder,
    Standard,
    Wide,
    WideDeep,
    evaluate,
    fit,
    optimizers_for,
    train_step,
)


def world(rng, n=400):
    """Two columns, a bag and a number; one pair is an exception, the number bends the odds."""
    a, b, x = rng.choice(list("pqrs"), n), rng.choice(list("uvw"), n), rng.normal(size=n)
    g = np.empty(n, object)
    g[:] = [tuple(rng.choice(list("klm"), k, False).tolist()) for k in rng.integers(0, 4, n)]
    logit = 4.0 * ((a == "p") & (b == "u")) + 2 * np.sin(2 * x) - 1
    return {"a": a, "b": b, "x": x, "g": g}, (rng.random(n) < 1 / (1 + np.exp(-logit)))[:, None].astype(np.float32)


@pytest.fixture(scope="module")
def data():
    table, labels = world(np.random.default_rng(0))
    encoder = Encoder([Category("a"), Cross("a", "b")], [Category("a"), Category("b"), Bag("g")], [Standard("x")])
    batch = encoder.fit({name: column[:300] for name, column in table.items()}).encode(table, labels)
    return encoder, batch[:300], batch[300:]


def build(encoder, towers=("wide", "deep"), seed=1, dropout=0.2, l1=0.0):
    made = {}
    if "wide" in towers:
        made["wide"] = Wide(encoder.n_wide)
    if "deep" in towers:
        rng = np.random.default_rng(seed)
        made["deep"] = Deep(encoder.n_deep, 4, encoder.n_inputs, [8, 5], rng, dropout=dropout)
    model = WideDeep(**made)
    return model, optimizers_for(model, 32, l1=l1)


def train(data, *, seed=2, towers=("wide", "deep"), **settings):
    encoder, rows, validation = data
    model, optimizers = build(encoder, towers)
    settings = {"validation": validation, "epochs": 6, "batch_size": 32} | settings
    return model, optimizers, fit(model, optimizers, rows, rng=np.random.default_rng(seed), **settings)


def weights(model):
    return {name: w.tobytes() for name, w in flatten(model.params())}


def test_a_step_is_forward_loss_backward_and_every_towers_optimizer(data):
    encoder, rows, _ = data
    model, optimizers = build(encoder)
    twin, others = build(encoder)
    for _ in range(3):
        loss = train_step(model, optimizers, rows[:40], np.random.default_rng(5))
        z, caches = twin.forward(rows[:40], np.random.default_rng(5))
        value, dz = log_loss(z, rows[:40].labels)
        grads = twin.backward(dz, caches)
        for name, params in twin.params().items():
            others[name].step(params, grads[name])
        assert loss == value
    assert weights(model) == weights(twin)


@pytest.mark.parametrize("towers", TOWERS, ids="+".join)
def test_the_papers_pair_of_optimizers(data, towers):
    model, optimizers = build(data[0], towers, l1=3.2)
    assert list(optimizers) == [*towers, "bias"]
    assert all(type(rule) is (FTRL if name == "wide" else AdaGrad) for name, rule in optimizers.items())
    if "wide" in towers:
        assert optimizers["wide"].l1 == pytest.approx(3.2 / 32)  # per example, and 32 of them make a mean


@pytest.mark.parametrize("towers", TOWERS, ids="+".join)
def test_each_tower_alone_and_both_learn(data, towers):
    model, _, records = train(data, towers=towers)
    assert records[-1]["loss"] < records[0]["loss"]
    base = data[2].labels.mean()
    assert records[-1]["validation"] < -(base * np.log(base) + (1 - base) * np.log(1 - base))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(data):
    one, other, third = train(data), train(data), train(data, seed=3)
    assert weights(one[0]) == weights(other[0]) and one[2] == other[2]
    assert memories(one[1]) == memories(other[1])
    assert weights(one[0]) != weights(third[0])


def test_training_stays_float32_and_leaves_the_batch_alone(data, sealed):
    encoder, rows, validation = data
    copied = rows[np.arange(len(rows))]
    sealed(*vars(copied).values())
    model, _, _ = train((encoder, copied, validation))
    assert all(w.dtype == np.float32 for _, w in flatten(model.params()))


def test_records_hold_the_epoch_and_both_losses_and_go_to_report(data):
    told = []
    model, _, records = train(data, report=told.append, epochs=3)
    assert told == records and [r["epoch"] for r in records] == [1, 2, 3]
    assert all(set(r) == {"epoch", "loss", "validation"} for r in records)
    best = min(r["validation"] for r in records)
    assert evaluate(model.logits(data[2]), data[2].labels)["log_loss"] == pytest.approx(best, rel=1e-5)
    assert all(set(r) == {"epoch", "loss"} for r in train(data, validation=None, epochs=2)[2])


def test_the_loss_of_an_epoch_is_the_mean_over_its_rows_short_batch_included(data):
    encoder, rows, _ = data
    model, _ = build(encoder, dropout=0)
    still = {name: SGD(1e-300) for name in model.params()}  # nothing moves, so every batch sees one model
    record = fit(model, still, rows, rng=np.random.default_rng(0), epochs=1, batch_size=128)[0]
    assert record["loss"] == pytest.approx(float(log_loss(model.logits(rows), rows.labels)[0]), rel=1e-5)


def overfit(data, **settings):
    """The validation labels are the opposite of the truth, so each epoch is worse than the first."""
    encoder, rows, validation = data
    return train((encoder, rows, replace(validation, labels=1 - validation.labels)), **settings)


def test_the_best_epochs_weights_and_memory_come_back(data):
    model, optimizers, records = overfit(data, epochs=5)
    assert min(records, key=lambda record: record["validation"])["epoch"] == 1 < len(records)
    once, memory, _ = overfit(data, epochs=1)
    assert weights(model) == weights(once) and memories(optimizers) == memories(memory)
    assert {name: rule.steps for name, rule in optimizers.items()} == {
        name: rule.steps for name, rule in memory.items()
    }
    assert weights(train(data, epochs=5, validation=None)[0]) != weights(once)


@pytest.mark.parametrize("patience, epochs", [(1, 2), (3, 4), (None, 7)])
def test_training_stops_after_so_many_epochs_without_a_better_one(data, patience, epochs):
    assert len(overfit(data, epochs=7, patience=patience)[2]) == epochs


def test_after_the_best_epoch_came_back_the_weights_are_still_live(data):
    model, optimizers, _ = overfit(data, epochs=3)
    before = weights(model)
    train_step(model, optimizers, data[1])
    assert all(weights(model)[name] != before[name] for name in before)


def test_validation_rows_are_not_trained_on(data):
    encoder, rows, validation = data
    with_rows = train(data, epochs=2)[0]
    other = train((encoder, rows, validation[::2]), epochs=2)[0]
    assert weights(with_rows) == weights(other)


def spoiled(batch, **changes):
    return replace(batch, **{name: change(getattr(batch, name).copy()) for name, change in changes.items()})


def put(value):
    def change(array):
        array[3, 0] = value
        return array

    return change


BAD_ROWS = {
    "no labels": ({"labels": lambda y: None}, "labels missing"),
    "all 0": ({"labels": np.zeros_like}, "all labels are 0; want both"),
    "all 1": ({"labels": np.ones_like}, "all labels are 1; want both"),
    "wide id too large": ({"wide": put(10**6)}, "wide ids .* to 1000000; .*another encoder"),
    "wide id below 0": ({"wide": put(-1)}, "wide ids int32 from -1"),
    "deep id too large": ({"deep": put(10**6)}, "deep ids .* to 1000000; .*another encoder"),
    "deep id below 0": ({"deep": put(-1)}, "deep ids int32 from -1"),
    "wide ids of floats": ({"wide": lambda ids: ids.astype(float)}, "wide ids float64"),
    "deep ids of floats": ({"deep": lambda ids: ids.astype(float)}, "deep ids float64"),
    "NaN": ({"numbers": put(np.nan)}, "NaN or infinite"),
    "infinite": ({"numbers": put(np.inf)}, "NaN or infinite"),
}


@pytest.mark.parametrize("where", ["rows", "validation"])
@pytest.mark.parametrize("changes, words", BAD_ROWS.values(), ids=BAD_ROWS)
def test_rows_that_cannot_be_learned_from_are_refused_before_anything_moves(data, where, changes, words):
    if where == "validation" and "want both" in words:
        return  # one class is enough to measure a log loss
    encoder, rows, validation = data
    bad = spoiled(rows if where == "rows" else validation, **changes)
    model, optimizers = build(encoder)
    before = weights(model)
    rows, validation = (bad, validation) if where == "rows" else (rows, bad)
    who = "fit: " if where == "rows" else "fit: validation: "
    with pytest.raises(ValueError, match=f"^{who}.*{words}"):
        fit(model, optimizers, rows, validation, rng=np.random.default_rng(0), epochs=1)
    assert weights(model) == before


def test_no_rows_are_refused(data):
    with pytest.raises(ValueError, match="0 rows"):
        train((data[0], data[1][:0], data[2]))


def test_a_wide_model_does_not_mind_deep_ids_that_it_never_reads(data):
    encoder, rows, _ = data
    model, optimizers = build(encoder, ("wide",))
    assert fit(model, optimizers, spoiled(rows, deep=put(10**6)), rng=np.random.default_rng(0), epochs=1)


@pytest.mark.parametrize("name", ["epochs", "batch_size", "patience"])
@pytest.mark.parametrize("value", [0, -1])
def test_counts_below_1_are_refused(data, name, value):
    with pytest.raises(ValueError, match=f"fit: {name} {value}; want at least 1"):
        train(data, **{name: value})


def test_patience_without_validation_is_refused(data):
    with pytest.raises(ValueError, match="patience needs validation"):
        train(data, validation=None, patience=2)


@pytest.mark.parametrize("group", ["wide", "deep", "bias"])
def test_a_missing_optimizer_is_refused(data, group):
    encoder, rows, _ = data
    model, optimizers = build(encoder)
    del optimizers[group]
    with pytest.raises(ValueError, match=rf"no optimizer for \['{group}'\].*optimizers_for"):
        fit(model, optimizers, rows, rng=np.random.default_rng(0), epochs=1)


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


def test_weighted_epochs_are_their_steps_one_by_one(data):
    """Each batch divides by its rows times the mean weight of all rows, and each epoch's loss begins at 0."""
    encoder, rows, validation = data
    count = np.random.default_rng(5).uniform(0, 4, (len(rows), 1))
    model, rules, records = train(data, epochs=3, validation=None, sample_weight=count)
    (by_hand, its), rng, losses = build(encoder), np.random.default_rng(2), []
    for _ in range(3):
        total = 0.0
        for part in minibatches(len(rows), 32, rng):
            total += train_step(by_hand, its, rows[part], rng, log_loss, count[part], count.mean()) * len(part)
        losses.append(total / len(rows))
    for (_, w), wanted in zip(flatten(model.params()), flatten(by_hand.params())):
        np.testing.assert_allclose(w, wanted[1], rtol=1e-4, atol=1e-6)  # fit keeps the weights in float32
    assert [record["loss"] for record in records] == pytest.approx(losses, rel=1e-6)


def test_a_keeper_is_begun_with_the_run_and_has_every_step_pass_through(data):
    class Keeper:
        def begin(self, *run):
            self.run, self.passed = run, []

        def steps(self, batches):
            for rows in batches:
                self.passed.append(rows)
                yield rows

    encoder, rows, validation = data
    (model, rules), keeper, rng = build(encoder), Keeper(), np.random.default_rng(2)
    average = EMA(model.params(), 0.0)  # of the last step alone
    count, theirs = np.ones((len(rows), 1), np.float32), np.full((len(validation), 1), 2, np.float32)
    fit(model, rules, rows, validation, rng=rng, epochs=2, batch_size=32, sample_weight=count, validation_weight=theirs,
        checkpoint=keeper, ema=average)  # fmt: skip
    now, *parts, settings = keeper.run
    assert len(now.history) == 2 and all(a is b for a, b in zip(parts, (model, rules, rng, average), strict=True))
    assert settings[0] is rows and settings[1] is validation and settings[4:] == (32, log_loss, log_loss)
    assert np.array_equal(settings[2], count) and np.array_equal(settings[3], theirs)
    assert len(keeper.passed) == 2 * 10 and sorted(np.concatenate(keeper.passed[:10])) == list(range(300))
    other, rules = build(encoder)
    fit(other, rules, rows, validation, rng=np.random.default_rng(2), epochs=2, batch_size=32, sample_weight=count,
        validation_weight=theirs, ema=EMA(other.params(), 0.0))  # fmt: skip
    assert weights(model) == weights(other)


def test_the_step_and_the_measure_of_validation_rows_may_be_others(data):
    calls = []

    def step(model, optimizers, batch, rng, loss, weight, mean_weight):
        calls.append((len(batch), loss, weight, mean_weight))
        return 0.5

    model, _, records = train(data, epochs=1, step=step, validation_loss=lambda z, y: (z.shape[0] + y.shape[0], None))
    assert calls == [(32, log_loss, None, 1.0)] * 9 + [(12, log_loss, None, 1.0)]
    assert records == [{"epoch": 1, "loss": 0.5, "validation": 200.0}]
    assert weights(model) == weights(build(data[0])[0])  # this step moves nothing


def test_a_loss_has_to_take_weights_and_what_to_divide_by_where_rows_are_weighted(data):
    def of_three(z, y, w):
        return log_loss(z, y, w)

    ones, theirs = np.ones((300, 1)), np.ones((100, 1))
    with pytest.raises(ValueError, match="fit: loss takes no weights"):
        train(data, epochs=1, sample_weight=ones, loss=of_three)
    plain, weighted = (train(data, epochs=1, **options)[2] for options in ({}, {"validation_weight": theirs}))
    measured = train(data, epochs=1, validation_weight=theirs, validation_loss=of_three)[2]
    assert plain[0]["validation"] == pytest.approx(weighted[0]["validation"], rel=1e-6)
    assert measured == weighted


def test_a_fit_that_diverges_gives_the_best_epochs_weights_back(data):
    encoder, rows, validation = data
    model, rules = build(encoder)
    seen, kept = [], []

    def loss(z, y):
        value, dz = log_loss(z, y)
        return (value if len(seen) < 3 else np.nan), dz  # the weights stay finite

    def measure(z, y):
        return [0.7, 0.5, 0.6, 0.4][len(seen)], None

    def report(record):
        seen.append(record)
        kept.append(weights(model))

    with pytest.raises(ValueError, match="the loss became nan in epoch 4"):
        fit(model, rules, rows, validation, rng=np.random.default_rng(2), epochs=9, batch_size=32, loss=loss,
            validation_loss=measure, report=report)  # fmt: skip
    assert weights(model) == kept[1] != kept[2]


def test_an_id_just_beyond_the_table_is_refused(data):
    encoder, rows, _ = data
    model, rules = build(encoder)
    wide = rows.wide.copy()
    wide[5, 0] = encoder.n_wide
    with pytest.raises(
        ValueError, match=f"wide ids int32 from 1 to {encoder.n_wide}; want .* in 0 .. {encoder.n_wide - 1}"
    ):
        fit(model, rules, replace(rows, wide=wide), rng=np.random.default_rng(0), epochs=1)
    wide[5, 0] = encoder.n_wide - 1
    fit(model, rules, replace(rows, wide=wide), rng=np.random.default_rng(0), epochs=1)


def test_weights_of_validation_rows_are_checked_too(data):
    with pytest.raises(ValueError, match="validation_weight.*one weight a row"):
        train(data, validation_weight=np.ones((3, 1)))
    with pytest.raises(ValueError, match="validation_loss takes no weights"):
        train(data, validation_weight=np.ones((100, 1)), validation_loss=lambda z, y: (1.0, None))


def test_defaults_are_what_they_say(data):
    encoder, rows, _ = data
    model, _ = build(encoder)
    for options, (alpha, l1, lr) in (({}, (0.1, 0.0, 0.05)), ({"alpha": 0.3, "l1": 2.0, "lr": 0.7}, (0.3, 2.0, 0.7))):
        rules = optimizers_for(model, 32, **options)
        assert vars(rules["wide"]) == vars(FTRL(alpha, l1=l1, batch_size=32))
        assert vars(rules["deep"]) == vars(rules["bias"]) == vars(AdaGrad(lr))
    ends = []
    for options in ({}, {"mean_weight": 1.0}):
        model, rules = build(encoder)
        train_step(model, rules, rows, None, log_loss, np.ones((300, 1)), **options)
        ends.append(weights(model))
    assert ends[0] == ends[1]
    table, labels = world(np.random.default_rng(1), 1100)
    many, ends = encoder.encode(table, labels), []
    for options in ({}, {"batch_size": 256}):
        model, rules = build(encoder)
        fit(model, rules, many, rng=np.random.default_rng(0), epochs=1, **options)
        ends.append(weights(model))
    assert ends[0] == ends[1]


def test_rows_of_another_encoder_are_refused_by_fit_itself(data):
    encoder, rows, validation = data
    model, rules, _ = train(data, epochs=1)
    with pytest.raises(ValueError, match=r"^fit: another encoder \(ffff\) than the model's"):
        fit(model, rules, replace(rows, made_by="ffff"), rng=np.random.default_rng(0), epochs=1)
    with pytest.raises(ValueError, match="^fit: validation: another encoder .* than the model's"):
        fit(model, rules, rows, replace(validation, made_by="ffff"), rng=np.random.default_rng(0), epochs=1)


@pytest.mark.parametrize("row, column", [(0, 0), (7, 0)])
def test_the_first_number_that_is_not_finite_is_named(data, row, column):
    _, rows, _ = data
    numbers = rows.numbers.copy()
    numbers[[row, 9], column] = np.nan, np.inf
    model, rules = build(data[0])
    with pytest.raises(ValueError, match=f"first nan in row {row}, column {column}; drop or fill those rows"):
        fit(model, rules, replace(rows, numbers=numbers), rng=np.random.default_rng(0), epochs=1)


def test_validation_rows_may_have_weights(data):
    _, _, validation = data
    count = np.random.default_rng(6).uniform(0, 4, (len(validation), 1))
    model, _, records = train(data, epochs=1, validation_weight=count)
    weighted = log_loss(model.logits(validation), validation.labels, count)[0]
    assert records[0]["validation"] == pytest.approx(weighted, rel=1e-6)
    assert weighted != pytest.approx(log_loss(model.logits(validation), validation.labels)[0], rel=1e-3)


@pytest.mark.parametrize("validated", [True, False])
def test_the_average_is_validated_left_in_the_model_and_trained_on(data, validated):
    encoder, rows, validation = data
    model, rules = build(encoder, l1=0.01)
    average = EMA(model.params(), 0.9)
    records = fit(model, rules, rows, validation if validated else None, rng=np.random.default_rng(2), epochs=1,
                  batch_size=32, ema=average)  # fmt: skip
    assert all(np.array_equal(w, mean) for (_, w), mean in zip(flatten(model.params()), average.means))
    if validated:
        loss = log_loss(model.logits(validation), validation.labels)[0]
        assert records[0]["validation"] == pytest.approx(float(loss), rel=1e-6)
    w = model.towers["wide"].w.copy()
    rules["wide"].step(model.params()["wide"], {"w": np.zeros_like(w)})  # its memory has followed: nothing jumps
    assert np.count_nonzero(w) > 0
    np.testing.assert_allclose(model.towers["wide"].w, w, rtol=1e-4, atol=1e-7)


def test_an_epoch_that_is_no_better_is_not_the_best(data):
    encoder, rows, validation = data
    model, _ = build(encoder)
    rules = {name: SGD(1e-30) for name in model.params()}
    records = fit(model, rules, rows, validation, rng=np.random.default_rng(2), epochs=9, patience=2)
    assert len({record["validation"] for record in records}) == 1 and len(records) == 3


def test_what_stands_for_a_part_of_fit_by_mistake_is_refused(data, tmp_path):
    with pytest.raises(ValueError, match="optimizers_for: a Encoder is no model; want a WideDeep, and batch_size"):
        optimizers_for(data[0], 32)
    for part, wrong, words in [
        ("ema", 0.99, r"ema is 0.99; want an average of the weights: EMA\(model.params\(\), 0.99\)"),
        ("checkpoint", "run.npz", r"checkpoint is 'run.npz'; want Checkpoint\('run.npz'\)"),
        ("sample_weight", -np.ones((len(data[1]), 1)), "sample_weight from -1.0 to -1.0; want 0 or more, finite"),
    ]:
        with pytest.raises(ValueError, match=f"fit: {words}"):
            train(data, **{part: wrong})


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_a_loss_that_diverges_is_named_with_its_epoch(data):
    encoder, rows, validation = data
    for those, words in (
        (validation, "validation loss became (inf|nan) in epoch 1"),
        (None, "loss became (inf|nan) in"),
    ):
        model, optimizers = build(encoder)
        optimizers |= {"deep": SGD(1e38), "bias": SGD(1e38)}
        with pytest.raises(ValueError, match=f"fit: the {words}.*; lower the learning rate"):
            fit(model, optimizers, rows, those, rng=np.random.default_rng(0), epochs=3, batch_size=len(rows))
