"""The experiments on small data: their rows, their arithmetic by hand, their command line; nothing leaks."""

import copy
import json
from dataclasses import replace

import numpy as np
import pytest

from mlp.optimizers import AdaGrad, Adam
from widedeep.columns import Bag, Category
from widedeep.crosses import Cross
from widedeep.datasets import Dataset, DataUnavailable, adult, appstore, movielens
from widedeep.datasets.table import cut as in_three
from widedeep.deep import Deep
from widedeep.encoder import Encoder
from widedeep.experiments import __main__ as command
from widedeep.experiments import ablation, cold_start, features, leakage, paired, small_wide, sparsity, warm_start
from widedeep.experiments.trial import METRICS, Setting, mixed, trial, values, with_crosses
from widedeep.experiments.warm import grow
from widedeep.features.hashing import Hashed
from widedeep.features.periodic import Periodic, periodic_features
from widedeep.ftrl import FTRL
from widedeep.metrics import auc
from widedeep.model import WideDeep
from widedeep.recipes import BEST, RECIPES, FactorTower, varied
from widedeep.towers.matrix_factorization import MatrixFactorization
from widedeep.train import train_step
from widedeep.training.block_rates import block_rates
from widedeep.training.schedules import scheduled
from widedeep.training.weight_decay import WeightDecay
from widedeep.wide import Wide

# ---- small data


def small_adult() -> Dataset:
    data = adult.load()
    parts = data.splits["random"]
    return replace(data, splits={"random": {part: rows[:600] for part, rows in parts.items()}})


def small_appstore() -> Dataset:
    data = appstore.load()
    rows = np.random.default_rng(1).permutation(len(data.labels))[:1800]
    return cut(data, rows, [1200, 1500])


def small_films() -> Dataset:
    """Invented ratings in the columns of MovieLens, by pages of three in one second that resemble each other."""
    rng = np.random.default_rng(0)
    U, P, n = 40, 12, 3
    user, time = np.repeat(np.arange(U), P * n), np.repeat(np.arange(U * P) * 60, n)
    item = rng.integers(0, 50, U * P * n)
    liked = rng.random(U * P * n) < np.repeat(rng.choice([0.15, 0.85], U * P), n)
    table = {"user": user, "item": item, "age": 18 + user % 30, "year": 1950 + item, "timestamp": time}
    table |= {
        name: np.array(words)[user % 3]
        for name, words in (("gender", ["F", "M", "X"]), ("occupation", ["a", "b", "c"]))
    }
    table |= {"zip_area": np.array(list("0123"))[user % 4], "rating": np.where(liked, 4, 2)}
    table["genres"] = np.empty(len(user), object)
    table["genres"][:] = [("Drama",) if i % 2 else ("Comedy", "War") for i in item]
    data = Dataset(name="movielens", table=table, labels=liked[:, None].astype(np.float32), splits={}, citation="")
    return cut(data, rng.permutation(len(user)), [1000, 1200])


def cut(data: Dataset, rows: np.ndarray, places: list[int]) -> Dataset:
    parts = dict(zip(("train", "validation", "test"), np.split(np.arange(len(rows)), places)))
    table = {name: column[rows] for name, column in data.table.items()}
    return replace(data, table=table, labels=data.labels[rows], splits={"random": parts})


SMALL = {"adult": small_adult, "appstore": small_appstore, "movielens": small_films}
CASES = [
    ("ablation", "adult"),
    ("ablation", "appstore"),
    ("small-wide", "movielens"),
    ("sparsity", "appstore"),
    ("warm-start", "movielens"),
    ("warm-start", "appstore"),
    ("cold-start", "movielens"),
    ("features", "adult"),
    ("leakage", "movielens"),
]


def run(name: str, data: Dataset, seeds: int = 1, epochs: int = 1):
    ticks = []
    recipe = varied(RECIPES[data.name], training={"batch_size": 64})  # small data: more than one step an epoch
    experiment, setting = command.EXPERIMENTS[name], Setting(data, recipe, seeds, epochs)
    outcome = experiment.run(setting, lambda: ticks.append(1))
    assert len(ticks) == experiment.count(setting)
    return outcome


@pytest.mark.parametrize("name, source", CASES)
def test_rows_hold_the_keys_and_the_table_and_the_figure_are_made(name, source, tmp_path):
    outcome = run(name, SMALL[source](), seeds=2 if name == "ablation" else 1)
    told = json.loads(command.as_json({"experiment": name}, outcome))
    assert told["experiment"] == name and len(told["rows"]) == len(outcome.rows)
    for row in told["rows"]:
        assert {"model", "seed", *METRICS} <= row.keys()
        assert 0 <= row["auc"] <= 1 and 0 <= row["accuracy"] <= 1 and row["log_loss"] > 0
    assert all(len(line) < 140 for line in command.EXPERIMENTS[name].table(outcome))
    path = command.draw(command.EXPERIMENTS[name], outcome, tmp_path / "figure.png", name)
    assert path.read_bytes()[:4] == b"\x89PNG"


def rows_tested(name: str, data: Dataset) -> np.ndarray:
    """Which rows each experiment tests on."""
    if name == "warm-start":
        return warm_start.days(data)[1].splits["ordered"]["test"]
    if name == "cold-start":
        return np.concatenate(list(cold_start.held_out(data)[1].values()))
    return data.splits["random"]["test"]


@pytest.mark.parametrize("name, source", [case for case in CASES if case != ("ablation", "adult")])
def test_other_test_labels_change_test_metrics_and_nothing_else(name, source):
    """No weight, no epoch, no validation figure, no ranking of crosses may know a test label."""
    data = SMALL[source]()
    rows = rows_tested(name, data)
    labels = data.labels.copy()
    labels[rows] = 1 - labels[rows]
    before, after = run(name, data), run(name, replace(data, labels=labels))
    tested = {*METRICS, "seconds", "auc_known_page", "auc_elsewhere"}
    changed = 0
    for one, other in zip(before.rows, after.rows, strict=True):
        changed += one["log_loss"] != other["log_loss"]
        assert {k: v for k, v in one.items() if k not in tested} == {k: v for k, v in other.items() if k not in tested}
    assert changed == len(before.rows)
    for key in ("why", "crosses by gain", "carried, old, new", "rows"):
        assert before.summary.get(key) == after.summary.get(key)


def test_runs_repeat():
    data = small_appstore()
    one, other = run("ablation", data), run("ablation", data)
    for row in (*one.rows, *other.rows):
        row.pop("seconds", None)
    assert one.rows == other.rows


# ---- paired differences


def test_student_against_scipy():
    stats = pytest.importorskip("scipy.stats")
    for degrees in (*range(1, 40), 99, 1000):
        assert paired.student(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), abs=6e-4)
    with pytest.raises(ValueError, match="2 numbers"):
        paired.student(0)


def test_the_interval_over_seeds_by_hand():
    # d = 1, 2, 3: mean 2, sd 1, t(2 degrees) 4.303, half 4.303 / sqrt 3 = 2.4843
    found = paired.over_seeds(np.array([2.0, 4.0, 6.0]), np.array([1.0, 2.0, 3.0]))
    assert found == pytest.approx((2, 2 - 2.4843, 2 + 2.4843, 3, 3, 0), abs=1e-3)
    assert paired.over_seeds(np.array([1.0]), np.array([3.0])) == (-2, -2, -2, 1, 0, 1)
    same = paired.over_seeds(np.ones(3), np.ones(3))
    assert (same.above, same.below) == (0, 0)  # a tie is neither


def test_placements_by_hand():
    # positives 3, 1; negatives 2, 1: 3 is above both; 1 is above none and ties with one
    y = np.array([[1], [1], [0], [0]])
    positives, negatives = paired.placements(y, np.array([[3.0], [1.0], [2.0], [1.0]]))
    assert positives.tolist() == [1, 0.25] and negatives.tolist() == [0.5, 0.75]


def test_the_interval_of_auc_over_rows_against_the_definition(rng):
    y = (rng.random((60, 1)) < 0.4).astype(float)
    a, b = y + rng.normal(size=y.shape), y + 2 * rng.normal(size=y.shape)
    found = paired.auc_over_rows(y, [a], [b])
    assert found.mean == pytest.approx(auc(y, a) - auc(y, b), abs=1e-12)
    above = np.zeros((2, int(y.sum()), int((1 - y).sum())))  # [model, positive, negative]: is it above?
    for model, z in enumerate((a, b)):
        above[model] = z[y == 1][:, None] > z[y == 0][None, :]
    d = above[0] - above[1]
    variance = d.mean(axis=1).var(ddof=1) / d.shape[0] + d.mean(axis=0).var(ddof=1) / d.shape[1]
    assert found.high - found.mean == pytest.approx(1.96 * np.sqrt(variance), rel=1e-9)


def test_the_interval_of_log_loss_over_rows_by_hand():
    # y = 1, z = 0 costs ln 2; y = 1, z = ln 3 costs -ln 3/4: d = ln 3/2 on one row of two, 0 on the other
    y, d = np.ones((2, 1)), np.log(1.5)
    found = paired.loss_over_rows(y, [np.zeros((2, 1))], [np.array([[np.log(3)], [0.0]])])
    assert found.mean == pytest.approx(d / 2)
    assert found.high - found.mean == pytest.approx(1.96 * (d / np.sqrt(2)) / np.sqrt(2))


def test_the_ensemble_is_the_mean_probability():
    z = np.log([[3.0], [1 / 3]]), np.log([[1.0], [1.0]])  # p = 3/4, 1/4 and 1/2, 1/2
    row, mean = mixed(7, z, np.array([[1.0], [0.0]]), crosses=2)
    assert 1 / (1 + np.exp(-mean)) == pytest.approx(np.array([[5 / 8], [3 / 8]]))
    assert row["seed"] == 7 and row["crosses"] == 2 and row["auc"] == 1


# ---- growing


OLD = {"a": ["x", "y", "x", "z"], "c": list("mnmo"), "b": ["p", "p", "q", "q"], "bag": [("u", "v"), ("v",), (), ("u",)]}
NEW = {
    "a": ["w", "y", "y", "x"],
    "c": list("opqm"),
    "b": ["r", "q", "p", "p"],
    "bag": [("t", "v"), ("u",), (), ("v", "t")],
}
LABELS = np.array([[1.0], [0.0], [0.0], [1.0]])


def encoders(*more):
    a, b, bag = Category("a"), Category("b"), Bag("bag")
    both = Encoder(wide=[a, b, Cross(a, bag), *more], deep=[a, b, bag, *more])
    joined = {name: [*NEW[name], *OLD[name]] for name in OLD}
    return both, copy.deepcopy(both).fit(OLD), copy.deepcopy(both).fit(joined)


def trained(encoder, rng, adam=False):
    deep = Deep(encoder.n_deep, 3, encoder.n_inputs, (5,), rng)
    model = WideDeep(
        wide=Wide(encoder.n_wide), deep=deep, product=MatrixFactorization(encoder.n_deep, 2, [0], [1], rng)
    )
    make = Adam if adam else AdaGrad
    rules = {
        "wide": FTRL(0.3, batch_size=4, blocks=block_rates(encoder, 0.5)),
        "deep": WeightDecay(make(0.1), {"E": 0.1}),
    }
    rules |= {"product": make(0.1), "bias": make(0.1)}
    batch = encoder.encode(OLD, LABELS)
    for _ in range(5):
        train_step(model, rules, batch)
    return model, rules


@pytest.mark.parametrize("adam", [False, True])
def test_grown_for_the_same_encoder_it_goes_on_as_if_nothing_had_happened(rng, adam):
    _, encoder, _ = encoders(Hashed("c", 4))
    model, rules = trained(encoder, rng, adam)
    again, same = grow(model, encoder, encoder, rules, rng=rng)
    batch = encoder.encode(OLD, LABELS)
    for _ in range(3):
        assert again.logits(batch).tolist() == model.logits(batch).tolist()
        train_step(model, rules, batch)
        train_step(again, same, batch)
    assert same["deep"].memory is same["deep"].rule.memory and same["deep"].memory is not rules["deep"].memory


@pytest.mark.parametrize("small", [10**6, 0])
def test_rows_are_carried_by_name_with_their_memory(rng, monkeypatch, small):
    """Also where the table has outgrown the tower's vector (small = 0: from the grown model on)."""
    _, encoder, larger = encoders()
    model, rules = trained(encoder, rng)
    monkeypatch.setattr("widedeep.deep.SMALL", small)
    grown, new_rules = grow(model, encoder, larger, rules, rng=rng)
    assert grown.towers["deep"].joined == (small > 0)
    # the old rows, through either encoder, get the same logits: every name of theirs is known to both
    assert grown.logits(larger.encode(OLD)) == pytest.approx(model.logits(encoder.encode(OLD)), abs=1e-6)
    ids = {larger.wide_name(i): i for i in range(1, larger.n_wide)}
    w, n = grown.towers["wide"].w, new_rules["wide"].memory["w"][1]
    for i in range(1, encoder.n_wide):
        j = ids.pop(encoder.wide_name(i))
        assert w[j] == model.towers["wide"].w[i] and n[j] == rules["wide"].memory["w"][1][i]
    assert set(ids) == {
        "a=w",
        "b=r",
        "a=w AND bag has t",
        "a=w AND bag has v",
        "a=x AND bag has t",
        "a=y AND bag has u",
    }
    for i in ids.values():
        assert w[i] == 0 and n[i] == 0
    assert new_rules["wide"].memory["w"][2][ids["a=w"]] == 1 and new_rules["wide"].memory["w"][2][-1] == 0.5
    places = {larger.deep_name(i): i for i in range(larger.n_deep)}
    memory = new_rules["product"].memory["E"][0]
    i = next(i for i in range(encoder.n_deep) if encoder.deep_name(i) == "b=q")
    assert memory[places["b=q"]].tolist() == rules["product"].memory["E"][0][i].tolist()
    assert memory[places["b=r"]].tolist() == [0, 0] and grown.towers["product"].E[places["b=r"]].any()
    train_step(grown, new_rules, larger.encode(NEW, LABELS))


def test_growing_leaves_the_old_model_alone(rng):
    _, encoder, larger = encoders()
    model, rules = trained(encoder, rng)
    before, batch = model.logits(encoder.encode(OLD)), larger.encode(NEW, LABELS)
    kept = copy.deepcopy(rules["deep"].memory)
    grown, new_rules = grow(model, encoder, larger, rules, rng=rng)
    for _ in range(3):
        train_step(grown, new_rules, batch)
    assert model.logits(encoder.encode(OLD)).tolist() == before.tolist()
    assert all(m.tolist() == k.tolist() for m, k in zip(rules["deep"].memory[""], kept[""]))
    assert grow(model, encoder, larger, rng=rng)[1] == {}


def test_growing_refuses_other_columns(rng):
    both, encoder, _ = encoders()
    model, rules = trained(encoder, rng)
    other = Encoder(wide=[both.wide[0]], deep=both.deep).fit(OLD)
    with pytest.raises(ValueError, match="the wide columns of the two encoders differ"):
        grow(model, encoder, other, rules, rng=rng)


def test_the_gate_lets_equals_pass():
    assert warm_start.promoted(0.5, 0.5) and warm_start.promoted(0.4, 0.5) and not warm_start.promoted(0.6, 0.5)


def test_broken_labels_do_not_pass_the_gate():
    rows = run("warm-start", small_appstore(), epochs=5).rows
    assert [row["promoted"] for row in rows if row["model"] == "warm, broken"] == [False]


def test_days_follow_each_other():
    before, after = (data.splits["ordered"] for data in warm_start.days(small_films()))
    time = small_films().table["timestamp"]
    assert set(before["train"]) | set(before["validation"]) < set(after["train"])
    assert time[after["train"]].max() <= time[after["validation"]].min()
    assert time[after["validation"]].max() <= time[after["test"]].min()


# ---- the single experiments


def test_what_is_left_out_is_out():
    recipe = RECIPES["adult"]
    left = ablation.without("adult", recipe)
    assert {"crosses", "exact values", "embedding decay", "small embeddings", "average", "dropout", "pace", "L1"} < set(
        left
    )
    assert left["dropout"].deep.dropout == 0 and left["dropout"].training == recipe.training
    assert len(left["crosses"].columns.encoder().wide) == 12
    changed = left["exact values"].columns.encoder()
    assert [type(c).__name__ for c in changed.deep if c.name.startswith("capital")] == ["Buckets"] * 2
    assert len(changed.wide) == 12 + 66
    assert "product" not in left and "product" in ablation.without("movielens", replace(recipe, factors=FactorTower(4)))


def test_what_is_put_in_was_not_there():
    recipe = RECIPES["adult"]
    more = ablation.with_more("adult", recipe)
    assert set(more) == {*ablation.MORE, "survey weights"}
    assert "dropout of inputs" not in ablation.with_more("movielens", BEST["movielens-ids"])  # it is there already
    assert "survey weights" not in ablation.with_more("movielens", BEST["movielens-ids"])
    decayed = more["learning-rate decay"].training
    assert decayed.lr_decay == 0.8 and decayed.lr == recipe.training.lr
    y, people = np.array([[1.0], [0], [0], [0]]), np.array([1, 2, 3, 6])
    assert more["class weights"].labels.sample_weight({}, y)[:, 0] == pytest.approx([2, 2 / 3, 2 / 3, 2 / 3])
    assert more["survey weights"].labels.sample_weight({"fnlwgt": people}, y)[:, 0] == pytest.approx(
        [1 / 3, 2 / 3, 1, 2]
    )


def test_every_setting_put_in_reaches_the_training():
    """Each changes the trained weights of the tower that it is for, and of no other kind of setting's."""
    small = {"d": 4, "hidden": (4,), "dropout": 0.0}
    data, recipe = small_films(), varied(RECIPES["movielens"], deep=small, training={"patience": 0})
    trained = {}
    for name, other in {"as it is": recipe, **ablation.with_more("movielens", recipe)}.items():
        trained[name] = other.fit(other.prepare(data), seed=0, epochs=3).model
    z = {name: model.logits(recipe.prepare(data).test) for name, model in trained.items()}
    assert len({values.tobytes() for values in z.values()}) == len(z)
    wide, l2 = (np.abs(trained[name].towers["wide"].w).sum() for name in ("as it is", "L2 of wide weights"))
    layers, decayed = (
        sum(np.abs(layer.W).sum() for layer in trained[name].towers["deep"].mlp.layers)
        for name in ("as it is", "decay of the layers")
    )
    assert l2 < wide and decayed < layers


def test_the_second_epoch_is_the_first_at_a_lower_rate(rng):
    rates = []
    rules = {"deep": AdaGrad(0.5), "bias": AdaGrad(0.1)}
    after = scheduled(rules, lambda epoch: 0.8 ** (epoch - 1))
    for epoch in (1, 2, 3):
        rates.append((rules["deep"].lr, rules["bias"].lr))
        after({"epoch": epoch})
    assert rates == [pytest.approx((0.5 * f, 0.1 * f)) for f in (1, 0.8, 0.64)]
    recipe, seen = varied(RECIPES["adult"], training={"lr_decay": 0.8, "epochs": 3, "patience": 0}), []
    data = small_adult()
    found = recipe.fit(recipe.prepare(data), seed=0, report=lambda record: seen.append(record))
    assert found.optimizers["bias"].lr == pytest.approx(recipe.training.lr * 0.8 ** len(seen)) and len(seen) == 3
    with pytest.raises(ValueError, match="want factors above 0"):
        varied(recipe, training={"lr_decay": -1.0}).fit(recipe.prepare(data), seed=0)


def test_without_early_stopping_the_last_weights_stay():
    data = small_films()
    recipe = varied(RECIPES["movielens"], deep={"d": 4, "hidden": (4,)}, training={"patience": 0})
    prepared = recipe.prepare(data)
    found = trial("x", recipe, prepared, recipe.towers, seed=0, epochs=4)
    assert found.row["epoch"] == found.row["epochs"] == 4 and found.row["validation"] is None
    patient = varied(recipe, training={"patience": 4})
    same = patient.fit(prepared._replace(validation=prepared.train), seed=0, epochs=4)
    assert min(same.history, key=lambda record: record["validation"])["epoch"] == 4  # training loss still falls
    assert found.z == pytest.approx(same.model.logits(prepared.test).astype(float))


def test_a_split_by_time_wants_histories_that_look_back_only():
    data = small_films()
    order = np.argsort(data.table["timestamp"], kind="stable")
    data = replace(data, splits={"time": in_three(order, 0.8, 0.1)})
    small = {"deep": {"d": 4, "hidden": (4,)}, "factors": {"d": 4}}
    recipe = varied(BEST["movielens-time"], **small, training={"epochs": 1})
    with pytest.raises(ValueError, match="'time' is by time.*earlier='timestamp'.*movielens-time"):
        varied(recipe, columns={"earlier": None}).prepare(data)
    with pytest.raises(ValueError, match="'ordered' is by time"):  # warm-start's days
        warm_start.run(Setting(small_films(), varied(BEST["movielens"], **small), 1, 1), lambda: None)
    first = recipe.prepare(data).train  # the earliest row of all has no history and no statistics
    earliest = int(np.argmin(data.table["timestamp"][data.splits["time"]["train"]]))
    assert [bags.counts[earliest] for bags in first.histories] == [0, 0]
    assert first.numbers[earliest, -4] == first.numbers[earliest, -2] == 0  # evidence of user, of item
    recipe.fit(recipe.prepare(data), seed=0)


def test_the_cross_that_knows_comes_first(rng):
    a, b, c = rng.integers(0, 2, (3, 2000))
    table = {"a": a, "b": b, "c": c}
    columns = [Category("a"), Category("b"), Category("c")]
    crosses = [Cross("a", "c"), Cross("a", "b"), Cross("b", "c")]
    encoder = {"encoder": lambda: Encoder(wide=[*columns, *crosses], deep=columns)}
    recipe = varied(RECIPES["appstore"], columns=encoder)
    told = small_wide.ranked(recipe, table, (a ^ b)[:, None].astype(np.float32))
    assert next(iter(told)) == "a x b" and told["a x b"] > 0.4 > 100 * abs(told["a x c"])
    assert small_wide.counts(recipe) == [0, 1, 3]
    assert [column.name for column in with_crosses(recipe, ["a x b"]).columns.encoder().wide] == [
        "a",
        "b",
        "c",
        "a x b",
    ]


def test_weights_are_counted_by_column(rng):
    _, encoder, _ = encoders()
    model = WideDeep(wide=Wide(encoder.n_wide))
    model.towers["wide"].w[[1, 3, 4]] = 1.0  # a: ids 1 to 3; b: 4, 5; then the cross
    found = sparsity.weights(model, encoder)
    assert found["columns"] == {"a": [2, 3], "b": [1, 2], "a x bag": [0, 4]} and found["nonzero_wide"] == 3
    assert sparsity.archive(model, encoder) > 500


def test_enough_l1_makes_every_wide_weight_zero():
    rows = run("sparsity", small_appstore()).rows
    counts = values(rows, "nonzero_wide", model="wide")
    assert (np.diff(counts) <= 0).all() and counts[-1] == 0 < counts[0]


def test_held_out_users_and_films_are_in_no_training_row():
    data, kinds = cold_start.held_out(small_films())
    parts = data.splits["held-out"]
    for key, new, known in (("user", "new user", "new item"), ("item", "new item", "new user")):
        learned = set(data.table[key][np.concatenate([parts["train"], parts["validation"]])])
        assert not learned & set(data.table[key][kinds[new]]) and not learned & set(data.table[key][kinds["both new"]])
        assert len(set(data.table[key][kinds[known]]) - learned) == 0
    assert sum(map(len, kinds.values())) + len(parts["train"]) + len(parts["validation"]) == len(data.labels)


def test_around_by_hand():
    # user 1 rated at 10 (liked), 10 (not), 20 (liked), 30 (not); user 2 at 10 (liked)
    table = {"user": np.array([1, 1, 1, 1, 2]), "timestamp": np.array([10, 10, 20, 30, 10])}
    labels = np.array([[1.0], [0.0], [1.0], [0.0], [1.0]])
    around = leakage.Around(["earlier", "same second", "later"], k=1)
    found = around.fit(table, labels)
    counts = np.rint(np.expm1(found[:, 1::2])).tolist()  # how many, in each stretch
    assert counts == [[0, 1, 1], [0, 1, 1], [1, 0, 1], [1, 0, 0], [0, 0, 0]]
    two = np.log(2)
    assert found[0, ::2] == pytest.approx([0, -two, two])  # its page's other row was not liked, the next was
    assert found[3, ::2] == pytest.approx([two, 0, 0])
    other = around.encode({"user": np.array([1, 3]), "timestamp": np.array([10, 10])})
    assert np.rint(np.expm1(other[:, 1::2])).tolist() == [[0, 2, 1], [0, 0, 0]]  # a stranger has nothing around
    flipped = labels.copy()
    flipped[0] = 0
    assert leakage.Around(["same second"]).fit(table, flipped)[0].tolist() == found[0, 2:4].tolist()  # not its own
    assert leakage.Around(["same second"]).fit(table, flipped)[1].tolist() != found[1, 2:4].tolist()  # but its page's


def test_why_by_hand():
    table = {"user": np.array([1, 1, 1, 2]), "timestamp": np.array([5, 5, 6, 5])}
    data = Dataset(
        name="movielens",
        table=table,
        labels=np.array([[1.0], [1.0], [0.0], [0.0]], np.float32),
        splits={"random": {"train": np.arange(4)}},
        citation="",
    )
    found = leakage.why(data, "random")
    assert found["share a second"] == 0.5 and found["mean page"] == 2  # user 1's two at second 5; user 2 is another
    assert found["agree, same second"] == 1 and found["agree, same user"] == pytest.approx(1 / 3)
    assert found["agree, next in time"] == 0 and found["agree, anybody"] == pytest.approx(2 / 6)


def test_the_page_gives_the_answer_away_and_the_past_does_not():
    rows = run("leakage", small_films(), epochs=8).rows
    found = {row["model"]: row["auc"] for row in rows}
    assert found["+ same second"] > found["joint"] + 0.05 and found["+ same second"] > found["+ earlier"] + 0.05


def test_forms_of_a_number(rng):
    table = {name: np.array(["x", "y", "x"]) for name in features.CATEGORIES}
    table |= {name: np.array([1.0, 5.0, 9.0]) for name in features.NUMBERS}
    raw = features.FORMS["raw"]().fit(table).encode(table)
    assert raw.numbers[:, 0].tolist() == [1, 5, 9]
    assert features.FORMS["periodic"]().fit(table).encode(table).numbers.shape == (3, 5 * 8)
    assert features.FORMS["none"]().fit(table).encode(table).numbers.shape == (3, 0)


def test_waves_by_hand():
    x = {"x": np.arange(1, 6)}
    encoder = Encoder(numbers=[Periodic("x", 1.0, 0.25, n_q=5), *periodic_features("x", 2)[:2]]).fit(x)
    numbers = encoder.encode(x, dtype=np.float64).numbers
    assert numbers[:, 0] == pytest.approx([1, 0, -1, 0, 1], abs=1e-12)  # a cosine, one turn
    assert numbers[[0, -1], 1] == pytest.approx([0, np.sin(np.pi * 80 / 99)], abs=1e-12)  # 80 % lie below 5
    assert numbers.shape == (5, 3) and len({wave.name for wave in periodic_features("x", 4)}) == 8
    with pytest.raises(ValueError, match="more than 0"):
        Periodic("x", 0)


# ---- the command


def test_the_command_writes_what_it_prints(tmp_path, capsys):
    paths = tmp_path / "out" / "a.json", tmp_path / "out" / "a.png"
    argv = ["ablation", "--data", "appstore", "--seeds", "1", "--epochs", "1"]
    assert command.main([*argv, "--json", str(paths[0]), "--plot", str(paths[1])]) == 0
    told = json.loads(paths[0].read_text())
    assert [told[key] for key in ("experiment", "data", "split", "seeds")] == ["ablation", "appstore", "random", 1]
    assert {row["model"] for row in told["rows"]} > {"wide", "deep", "joint", "ensemble"}
    joint = next(row for row in told["rows"] if row["model"] == "joint")
    assert f"{joint['auc']:.4f}" in capsys.readouterr().out and paths[1].stat().st_size > 1000


@pytest.mark.parametrize(
    "argv, told",
    [
        ([], "NAME"),
        (["nonsense"], "ablation"),
        (["ablation", "--seeds", "0"], "at least 1"),
        (["ablation", "--epochs", "-1"], "at least 1"),
        (["ablation", "--data", "iris"], "adult"),
        (["ablation", "--data", "movielens", "--split", "official"], "want random"),
        (["features", "--data", "movielens"], "want --data adult"),
        (["features", "--folder", "x"], "--folder is for MovieLens"),
        (["ablation", "--recipe", "movielens-ids", "--data", "adult"], "is for movielens"),
        (["warm-start", "--split", "random"], "want ordered"),
        (["leakage", "--plot", "a.png", "--out", "b"], "not allowed"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(argv, told, capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(argv)
    error = capsys.readouterr().err
    assert stopped.value.code == 2 and told in error and error.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_told_before_any_work(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert command.main(["features", "--out", str(tmp_path / "file" / "below")]) == 2
    assert "choose another" in capsys.readouterr().err


def test_movielens_out_of_reach(monkeypatch, capsys, tmp_path):
    def unreachable(folder=None, network=True):
        raise DataUnavailable("MovieLens-100K is not in the cache\n  and there is no network\nremedy: ...")

    monkeypatch.setattr(movielens, "load", unreachable)
    assert command.main(["leakage", "--out", str(tmp_path)]) == 2  # the app store has no clock
    assert command.main(["ablation", "--data", "movielens", "--out", str(tmp_path)]) == 2  # asked for by name
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2 and all("there is no network" in line for line in told)
    assert command.choose(command.parse(["cold-start"]), cold_start).name == "appstore"
    assert "instead of MovieLens" in capsys.readouterr().out
