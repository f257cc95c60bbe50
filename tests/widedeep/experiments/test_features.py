"""Forms of a number."""

import numpy as np

from widedeep.experiments import features


def test_forms_of_a_number(rng):
    table = {name: np.array(["x", "y", "x"]) for name in features.CATEGORIES}
    table |= {name: np.array([1.0, 5.0, 9.0]) for name in features.NUMBERS}
    raw = features.FORMS["raw"]().fit(table).encode(table)
    assert raw.numbers[:, 0].tolist() == [1, 5, 9]
    assert features.FORMS["periodic"]().fit(table).encode(table).numbers.shape == (3, 5 * 8)
    assert features.FORMS["none"]().fit(table).encode(table).numbers.shape == (3, 0)
