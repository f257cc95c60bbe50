"""Sparsity: weights counted by column."""

import numpy as np

from tests.widedeep.experiments.builders import encoders, run, small_appstore
from widedeep.experiments import sparsity
from widedeep.experiments.trial import values
from widedeep.model import WideDeep
from widedeep.wide import Wide


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
