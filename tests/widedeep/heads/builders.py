"""Builders that several tests here share."""

import numpy as np

from mlp.losses import softmax_cross_entropy, squared_error
from mlp.windows import flatten
from perceptron.losses import log_loss
from widedeep import Bag, Category, Cross, Deep, Encoder, Standard, Wide, WideDeep
from widedeep.heads.classes import Classes, DeepClasses, WideClasses, class_labels
from widedeep.heads.regression import Regression, number_labels

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


def learnable(rng, n=900):
    a, b = rng.integers(0, 6, n), rng.integers(0, 6, n)
    bags = np.empty(n, object)
    bags[:] = [(str(v),) for v in b]
    return {"a": a, "g": bags, "x": rng.normal(size=n)}, (a * b) % 3, 3 + np.cos(a + 2 * b)
