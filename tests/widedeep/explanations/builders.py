"""Builders that several tests here share."""

import numpy as np

from mlp.windows import flatten
from tests.builders import bags
from widedeep import Bag, Category, Cross, Deep, Encoder, Standard, Wide, WideDeep


def shop(rng, n=60, dtype=np.float64):
    """A table of one bag, one category and a number; a model with random weights."""
    rows = {
        "has": bags(*(tuple(rng.choice(list("abcd"), k, replace=False).tolist()) for k in rng.integers(0, 4, n))),
        "item": rng.integers(10, 15, n),
        "x": rng.normal(size=n),
    }
    has, item = Bag("has"), Category("item")
    encoder = Encoder([item, Cross(has, item)], [item, has], [Standard("x")]).fit(rows)
    wide, deep = Wide(encoder.n_wide, dtype), Deep(encoder.n_deep, 4, encoder.n_inputs, (5,), rng, dtype)
    model = WideDeep(dtype, wide=wide, deep=deep)
    for name, w in flatten(model.params()):
        w += rng.normal(0, 1, w.shape).astype(dtype)
        if name in model.frozen():
            w[0] = 0
    return rows, encoder, model
