"""Parts that do not belong together are refused; what is sensible is allowed."""

import copy
import multiprocessing
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from mlp import MLP, SGD, AdaGrad, Adam, Momentum, log_loss
from mlp import fit as fit_network
from mlp.losses import squared_error
from mlp.train import begin_step
from tests.widedeep.three_towers import ratings
from widedeep import (
    EMA,
    FTRL,
    Category,
    Cross,
    Deep,
    Encoder,
    History,
    HistoryEncoder,
    OrdinalRegression,
    Recommender,
    Regression,
    Standard,
    Wide,
    WideDeep,
    ensemble,
    explain,
    fit,
    load,
    number_labels,
    optimizers_for,
    save,
    train_step,
)
from widedeep.experiments.warm import grow


def rows(seed, n=200, ids=20):
    """Labels are coin flips: nothing can be known about rows that were not trained on."""
    rng = np.random.default_rng(seed)
    return {"user": rng.integers(0, ids, n), "x": rng.normal(size=n)}, (rng.random((n, 1)) < 0.5) * 1.0


TABLE, LABELS = rows(0)


def learn(table=TABLE):
    columns = [Category("user")]
    return Encoder(wide=columns, deep=columns, numbers=[Standard("x")]).fit(table)


def build(encoder, seed=0):
    rng = np.random.default_rng(seed)
    deep = Deep(encoder.n_deep, 3, encoder.n_inputs, [4], rng)
    model = WideDeep(wide=Wide(encoder.n_wide), deep=deep)
    return model, optimizers_for(model, 32, lr=0.1)


def train(model, optimizers, batch, epochs=2, **more):
    return fit(model, optimizers, batch, rng=np.random.default_rng(0), epochs=epochs, batch_size=32, **more)


def one_line(caught):
    assert len(str(caught.value)) <= 300 and "\n" not in str(caught.value)


# ---- batch, model and encoder


def test_encoders_that_learned_the_same_have_one_fingerprint(tmp_path):
    one, two = learn(), learn({name: list(column) for name, column in TABLE.items()})
    other = learn({"user": TABLE["user"][::-1].copy(), "x": TABLE["x"]})  # another order: other ids
    model, optimizers = build(one)
    loaded = load(save(tmp_path / "m.npz", model, one, optimizers))[1]
    assert one.fingerprint == two.fingerprint == loaded.fingerprint == copy.deepcopy(one).fingerprint
    assert one.fingerprint != other.fingerprint and one.n_wide == other.n_wide
    assert one.encode(TABLE)[:3].made_by == one.fingerprint
    before = one.fingerprint
    assert one.fit(rows(1)[0]).fingerprint != before
    with pytest.raises(ValueError, match="nothing learned yet"):
        _ = Encoder(wide=[Category("user")]).fingerprint


USES = {
    "fit": lambda model, optimizers, batch, encoder: train(model, optimizers, batch),
    "step": lambda model, optimizers, batch, encoder: train_step(model, optimizers, batch),
    "predict": lambda model, optimizers, batch, encoder: model.predict(batch),
    "logits": lambda model, optimizers, batch, encoder: model.logits(batch),
    "ensemble": lambda model, optimizers, batch, encoder: ensemble([model], batch),
    "explain": lambda model, optimizers, batch, encoder: explain(model, encoder, batch),
    "save": lambda model, optimizers, batch, encoder: save("never.npz", model, encoder, optimizers),
    "recommender": lambda model, optimizers, batch, encoder: Recommender(model, encoder, {}, {}, {}),
    "float64": lambda model, optimizers, batch, encoder: model.astype(np.float64).predict(batch),
    "copy": lambda model, optimizers, batch, encoder: copy.deepcopy(model).predict(batch),
    "pickle": lambda model, optimizers, batch, encoder: pickle.loads(pickle.dumps(model)).predict(batch),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("size", [20, 30], ids=["as many ids", "more ids"])
def test_a_trained_model_takes_the_ids_of_one_encoder_only(use, size):
    encoder, other = learn(), learn(rows(5, ids=size)[0])
    model, optimizers = build(encoder)
    train(model, optimizers, encoder.encode(TABLE, LABELS))
    with pytest.raises(ValueError, match="another encoder") as caught:
        use(model, optimizers, other.encode(*rows(5, ids=size)), other)
    one_line(caught)
    if use not in (USES["save"], USES["recommender"]):
        use(model, optimizers, encoder.encode(TABLE, LABELS), encoder)


def test_training_and_validation_rows_come_from_one_encoder():
    encoder, other = learn(), learn(rows(5)[0])
    model, optimizers = build(encoder)
    with pytest.raises(ValueError, match="fit: validation: another encoder"):
        train(model, optimizers, encoder.encode(TABLE, LABELS), validation=other.encode(TABLE, LABELS))
    assert model.made_for == ""  # refused before anything happened


def test_reasons_are_named_by_the_encoder_of_the_batch():
    encoder, other = learn(), learn(rows(5)[0])
    model, _ = build(encoder)
    with pytest.raises(ValueError, match="explain: another encoder"):
        explain(model, other, encoder.encode(TABLE))


def test_a_loaded_model_takes_the_ids_of_its_own_encoder_only(tmp_path):
    encoder = learn()
    model, optimizers = build(encoder)
    again, same, _ = load(save(tmp_path / "m.npz", model, encoder, optimizers))
    again.predict(encoder.encode(TABLE)), again.predict(same.encode(TABLE))
    with pytest.raises(ValueError, match="another encoder"):
        again.predict(learn(rows(5)[0]).encode(TABLE))


# ---- optimizers


@pytest.mark.parametrize("rule", [FTRL, Adam, AdaGrad, Momentum])
def test_the_last_folds_optimizers_do_not_train_a_fresh_model(rule):
    encoder = learn()
    batch, unseen = encoder.encode(TABLE, LABELS), encoder.encode(*rows(1))
    model, _ = build(encoder)
    template, optimizers = copy.deepcopy(model), {name: rule(0.1) for name in model.params()}
    train(model, optimizers, batch)
    for fresh in (build(encoder)[0], template):
        for use in (train, lambda *args: train_step(*args)):
            before = fresh.logits(unseen)
            with pytest.raises(ValueError, match="memory of other steps") as caught:
                use(fresh, optimizers, unseen)
            one_line(caught)
            assert np.array_equal(fresh.logits(unseen), before)
    train(template, {name: rule(0.1) for name in model.params()}, unseen)


def test_a_copy_that_was_left_behind_does_not_go_on_with_them():
    encoder = learn()
    batch = encoder.encode(TABLE, LABELS)
    model, optimizers = build(encoder)
    train(model, optimizers, batch)
    behind, its_own = copy.deepcopy(model), copy.deepcopy(optimizers)
    train(model, optimizers, batch)
    with pytest.raises(ValueError, match="memory of other steps"):
        train(behind, optimizers, batch)
    train(behind, its_own, batch)
    assert np.array_equal(behind.logits(batch), model.logits(batch))


def test_pickled_together_they_go_on_together():
    encoder = learn()
    batch = encoder.encode(TABLE, LABELS)
    model, optimizers = build(encoder)
    train(model, optimizers, batch, validation=batch)
    twin, its_own = pickle.loads(pickle.dumps(model)), pickle.loads(pickle.dumps(optimizers))
    train(twin, its_own, batch)
    train(model, optimizers, batch)
    assert np.array_equal(twin.logits(batch), model.logits(batch))


def test_a_network_too_has_optimizers_of_its_own(rng):
    X = rng.normal(size=(40, 3))
    y = (X[:, :1] > 0) * 1.0
    adam = Adam(0.01)
    fit_network(MLP([3, 4, 1], rng), X, y, log_loss, adam, rng=rng, epochs=1)
    fresh = MLP([3, 4, 1], rng)
    with pytest.raises(ValueError, match="memory of other steps"):
        fit_network(fresh, X, y, log_loss, adam, rng=rng, epochs=1)
    fit_network(fresh, X, y, log_loss, SGD(0.01), rng=rng, epochs=1)


def test_a_memory_of_another_shape_is_named():
    rule = AdaGrad(0.1)
    rule.step({"w": np.zeros(3)}, {"w": np.ones(3)})
    with pytest.raises(ValueError, match=r"AdaGrad: memory \(3,\) for w \(4,\).*another model"):
        rule.step({"w": np.zeros(4)}, {"w": np.ones(4)})


def test_one_optimizer_does_not_serve_two_groups():
    encoder = learn()
    model, _ = build(encoder)
    with pytest.raises(ValueError, match="one optimizer for several groups"):
        train(model, dict.fromkeys(model.params(), Adam(0.01)), encoder.encode(TABLE, LABELS))


def test_the_last_folds_average_is_refused():
    encoder = learn()
    batch = encoder.encode(TABLE, LABELS)
    (model, optimizers), (fresh, new) = build(encoder), build(encoder)
    ema = EMA(model.params(), 0.9)
    train(model, optimizers, batch, ema=ema)
    with pytest.raises(ValueError, match=r"another model's weights; want EMA\(model.params"):
        train(fresh, new, batch, ema=ema)


def test_steps_of_two_processes_have_two_numbers():
    def number(_):
        network, rule = SimpleNamespace(last_step=None), SGD(0.1)
        begin_step(network, {"": rule})
        return network.last_step

    forked = multiprocessing.get_context("fork")
    queue = forked.SimpleQueue()
    workers = [forked.Process(target=lambda: queue.put(number(None))) for _ in range(2)]
    for worker in workers:
        worker.start()
    found = {queue.get() for _ in workers} | {number(None)}
    for worker in workers:
        worker.join()
    assert len(found) == 3


# ---- histories, growing, other columns


def test_a_history_encoder_keeps_what_it_learned(rng):
    """Folds that share a list of histories would move the ids of the first fold's encoder."""
    table, y = ratings(rng)
    columns, histories = Encoder(wide=["user"], deep=["item"]), [History("user", "item")]
    one = HistoryEncoder(columns, histories, [])
    one.fit_encode(table, y)
    before = one.encode(table)
    HistoryEncoder(columns, histories, []).fit_encode({name: column[:40] for name, column in table.items()}, 1 - y[:40])
    columns.fit({name: column[:9] for name, column in table.items()})
    after = one.encode(table)
    assert after.made_by == before.made_by and np.array_equal(after.deep, before.deep)
    assert np.array_equal(after.histories[0].entries, before.histories[0].entries)


@pytest.mark.parametrize("head", ["regression", "ordinal"])
def test_growing_keeps_the_head(head):
    encoder, larger = learn(), learn(rows(1, n=400, ids=30)[0])
    batch = number_labels(encoder.encode(TABLE), 1 + np.arange(200)[:, None] % 5)
    wide = Wide(encoder.n_wide)
    model = Regression(1, 5, wide=wide) if head == "regression" else OrdinalRegression((1, 2, 3, 4), wide=wide)
    model.init_bias(batch.labels)
    loss = squared_error if head == "regression" else model.loss(3, auxiliary_weight=0.3)
    optimizers = optimizers_for(model, 32)
    train(model, optimizers, batch, loss=loss)
    grown, rules = grow(model, encoder, larger, optimizers, rng=np.random.default_rng(0))
    known = {name: column[:20] for name, column in TABLE.items()}
    np.testing.assert_allclose(grown.predict(larger.encode(known)), model.predict(encoder.encode(known)), rtol=1e-5)
    train(grown, rules, number_labels(larger.encode(TABLE), batch.labels), loss=loss)


def test_growing_wants_the_encoder_that_made_the_model():
    encoder, other = learn(), learn(rows(5)[0])
    model, optimizers = build(encoder)
    train(model, optimizers, encoder.encode(TABLE, LABELS))
    with pytest.raises(ValueError, match="grow: another encoder"):
        grow(model, other, encoder, optimizers, rng=np.random.default_rng(0))


def test_growing_knows_whole_numbers_of_either_type():
    as_floats = {**TABLE, "user": TABLE["user"].astype(float)}
    encoder, larger = learn(), learn(as_floats)
    model, _ = build(encoder)
    model.towers["wide"].w[1:] = 1.0
    grown, _ = grow(model, encoder, larger, rng=np.random.default_rng(0))
    assert (grown.towers["wide"].w[1:] == 1).all()


class Lengths(Category):
    """A column of somebody's own, whose memory holds an array and a set."""

    def fit(self, sheet):
        super().fit(sheet)
        self.table, self.marks = np.arange(3000.0), {"a", "b", "c"}


def test_columns_of_your_own_have_fingerprints_by_their_contents():
    found = []
    for change in (None, None, 1500):
        encoder = Encoder(wide=[Lengths("user")]).fit(TABLE)
        if change is not None:
            encoder.wide[0].table[change] = -1
        found.append(encoder.fingerprint)
    assert found[0] == found[1] != found[2]
    HistoryEncoder(Encoder(wide=[Lengths("user")]), [History("user", "x")], []).fit_encode(TABLE, LABELS)


# ---- what is sensible


@pytest.mark.parametrize("change", ["new optimizers", "another rate", "another l1"])
def test_a_trained_model_goes_on_with(change):
    """The first step from where it stands: no jump, and the loss of its rows goes on falling."""
    encoder = learn()
    batch = encoder.encode(TABLE, LABELS)
    model, optimizers = build(encoder)
    first = train(model, optimizers, batch, epochs=5)[-1]["loss"]
    if change == "new optimizers":
        optimizers = optimizers_for(model, 32, lr=0.01)
    elif change == "another rate":
        optimizers["wide"].lr = optimizers["deep"].lr = 0.02
    else:
        optimizers["wide"].l1 = 0.01
    before = model.towers["wide"].w.copy()
    quiet = encoder.encode({"user": [-1], "x": [0.0]}, np.ones((1, 1)))  # a stranger: no gradient for any wide weight
    train_step(model, optimizers, quiet)
    np.testing.assert_allclose(model.towers["wide"].w, before, rtol=1e-5, atol=1e-7)
    assert train(model, optimizers, batch, epochs=5)[-1]["loss"] < first


def test_a_loaded_models_rate_may_change(tmp_path):
    encoder = learn()
    batch = encoder.encode(TABLE, LABELS)
    model, optimizers = build(encoder)
    train(model, optimizers, batch)
    again, _, rules = load(save(tmp_path / "m.npz", model, encoder, optimizers))
    rules["wide"].lr = 0.001
    optimizers["wide"].lr = 0.001  # changed before it is saved: the same
    late, _, late_rules = load(save(tmp_path / "m.npz", model, encoder, optimizers))
    for one, its in ((again, rules), (late, late_rules), (copy.deepcopy(model), copy.deepcopy(optimizers))):
        train_step(one, its, batch)
        moved = np.abs(one.towers["wide"].w - model.towers["wide"].w).max()
        assert 0 < moved < 0.01


def test_a_chunk_of_one_class_is_allowed_once_the_model_is_trained(tmp_path):
    encoder = learn()
    batch = encoder.encode(TABLE, LABELS)
    ones = batch[LABELS[:, 0] == 1]
    model, optimizers = build(encoder)
    with pytest.raises(ValueError, match="all labels are 1; want both classes"):
        train(model, optimizers, ones)
    train(model, optimizers, batch)
    before = model.predict(ones).mean()
    train(model, optimizers, ones)
    assert model.predict(ones).mean() > before
    again, _, rules = load(save(tmp_path / "m.npz", model, encoder, optimizers))
    train(again, rules, ones)


def test_a_cross_of_another_vocabulary_is_another_encoder():
    tables = [{"a": list("xyxy"), "b": list("pqqp")}, {"a": list("xyxy"), "b": list("pqpq")}]
    one, two = (Encoder(wide=[Cross("a", "b", min_count=1)]).fit(table) for table in tables)
    assert one.fingerprint != two.fingerprint
