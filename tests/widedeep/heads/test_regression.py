"""Regression: numbers within a range."""

import numpy as np
import pytest

from mlp.losses import squared_error
from mlp.optimizers import Adam
from tests.widedeep.heads.builders import encoder_of, learnable, regression, shaken, table
from widedeep import Regression, Wide, fit, optimizers_for
from widedeep.heads.regression import evaluate_numbers, number_labels


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


def test_labels_that_it_never_answers_are_refused(rng):
    rows = table(rng)
    encoder = encoder_of(rows)
    batch = number_labels(encoder.encode(rows), np.arange(13.0)[:, None])
    model = Regression(1, 5, wide=Wide(encoder.n_wide))
    with pytest.raises(ValueError, match=r"fit: labels from 0 to 12, and Regression answers from 1 to 5; want"):
        fit(model, optimizers_for(model, 4), batch, rng=rng, epochs=1, loss=squared_error)
