"""Threads: sixteen that predict at once, and two that train, give what one alone gives."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from mlp.windows import flatten
from tests.widedeep.probe import LABELS, TABLE, build
from widedeep import Encoder, Standard, fit, optimizers_for

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


def test_models_trained_at_once_are_those_trained_alone():
    seeds = [1, 1, 2, 3]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(trained, seeds)) == [trained(seed) for seed in seeds]
