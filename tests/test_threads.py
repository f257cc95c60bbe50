"""Threads: sixteen that predict, explain and recommend at once, and four that train, give what one alone gives."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from mlp.windows import flatten
from tests.widedeep.probe import LABELS, TABLE, build
from widedeep import (
    Bag,
    Category,
    Cross,
    Deep,
    Encoder,
    Recommender,
    Standard,
    Wide,
    WideDeep,
    explain,
    fit,
    optimizers_for,
)

ENCODER = Encoder(wide=["a"], deep=["a"], numbers=[Standard("n")]).fit(TABLE)
BATCH = ENCODER.encode(TABLE, LABELS)


def trained(seed):
    model = build(ENCODER, dtype=np.float32, dropout=0.3, seed=seed)
    fit(model, optimizers_for(model, 2), BATCH, rng=np.random.default_rng(seed), epochs=30, batch_size=2)
    return b"".join(w.tobytes() for _, w in flatten(model.params()))


def test_sixteen_threads_encode_and_predict_what_one_does():
    model = build(ENCODER)
    parts = [{name: column[k % 7 :] for name, column in TABLE.items()} for k in range(160)]

    def answer(table):
        return model.predict(ENCODER.encode(table)).tobytes()

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(answer, parts)) == [answer(table) for table in parts]


def test_sixteen_threads_explain_what_one_does():
    """Also through one encoder that is new: its fingerprint is computed at the first use, by whoever comes first."""
    model = build(ENCODER)
    fit(model, optimizers_for(model, 2), BATCH, rng=np.random.default_rng(0), epochs=3, batch_size=2)
    parts = [{name: column[k % 7 :] for name, column in TABLE.items()} for k in range(96)]
    want = [explain(model, ENCODER, ENCODER.encode(table)) for table in parts]
    again = Encoder.from_state(ENCODER.state())
    with ThreadPoolExecutor(16) as pool:
        for encoder in (ENCODER, again):
            assert list(pool.map(lambda table, e=encoder: explain(model, e, e.encode(table)), parts)) == want


def recommender(n=400):
    """Trained on ratings of 30 people and 25 items, with a bag, a cross and a column of the moment."""
    rng = np.random.default_rng(0)
    users = {"user": np.arange(30), "age": rng.integers(18, 70, 30) * 1.0}
    items = {
        "item": np.array([f"i{k}" for k in range(25)]),
        "title": np.array([f"Item {k}" for k in range(25)]),
        "tags": np.fromiter([tuple(rng.choice(list("pqrs"), k % 4).tolist()) for k in range(25)], object, 25),
    }
    u, i = rng.integers(0, 30, n), rng.integers(0, 25, n)
    table = {name: column[u] for name, column in users.items()} | {name: column[i] for name, column in items.items()}
    table["hour"] = rng.choice(["day", "night"], n)
    user, tags = Category("user"), Bag("tags")
    encoder = Encoder([user, "item", Cross(user, tags), Cross("hour", tags)], [user, "item", tags], [Standard("age")])
    batch = encoder.fit(table).encode(table, (rng.random((n, 1)) < 0.5) * 1.0)
    model = WideDeep(wide=Wide(encoder.n_wide), deep=Deep(encoder.n_deep, 4, encoder.n_inputs, [8], rng))
    fit(model, optimizers_for(model, 64), batch, rng=rng, epochs=2, batch_size=64)
    seen = {k: set(items["item"][rng.integers(0, 25, k % 5)].tolist()) for k in range(30)}
    return Recommender(model, encoder, users, items, seen)


def test_sixteen_threads_recommend_what_one_does():
    shop = recommender()
    asked = [(user, 1 + user % 7, {"hour": hour}) for user in range(30) for hour in ("day", "night")] * 2

    def answer(question):
        user, k, context = question
        return shop.recommend(user, k, context)

    want = [answer(question) for question in asked]
    assert len({tuple(r.item for r in found) for found in want}) > 30  # people and hours are told apart
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(answer, asked)) == want


def test_models_trained_at_once_are_those_trained_alone():
    seeds = [1, 1, 2, 3]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(trained, seeds)) == [trained(seed) for seed in seeds]
