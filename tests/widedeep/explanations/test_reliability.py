"""Reliability: slices by hand, and errors by chance."""

import re

import numpy as np
import pytest

from tests.builders import bags
from widedeep.explanations import as_text, by_slice


def test_slices_by_hand():
    y = np.array([[1], [0], [1], [1], [0], [0]], float)
    p = np.array([[0.9], [0.1], [0.9], [0.5], [0.5], [0.1]])
    parts = by_slice(y, p, ["b", "a", "b", "a", "a", "c"], bins=2, least=2)
    assert [(one.value, one.rows) for one in parts] == [("all rows", 6), ("a", 3), ("b", 2)]
    a = parts[1]  # p .1 in the lower bin, .5 and .5 in the upper; ones: 0; 1 and 0
    assert (a.predicted, a.observed) == (pytest.approx(1.1 / 3), pytest.approx(1 / 3))
    assert a.error == pytest.approx((1 * 0.1 + 2 * 0.0) / 3)
    spread = np.sqrt(2 / np.pi) * (np.sqrt(0.1 * 0.9) + np.sqrt(2 * 0.25))
    assert a.chance == pytest.approx(spread / 3)
    text = as_text(parts, "letter").splitlines()
    assert len(text) == 4 and text[0].startswith("letter") and re.search(r"a +3 +0.367 +0.333 +\+0.033", text[2])


def test_a_row_counts_for_every_value_of_its_bag():
    y, p = np.ones((3, 1)), np.full((3, 1), 0.5)
    parts = by_slice(y, p, bags(("a", "b"), ("a", "a"), ()), least=1)
    assert [(one.value, one.rows) for one in parts] == [("all rows", 3), ("a", 2), ("b", 1)]
    with pytest.raises(ValueError, match="one value for each row"):
        by_slice(y, p, ["a", "b"])


def test_true_probabilities_err_by_chance_alone(rng):
    p = rng.random((2000, 1))
    errors = [by_slice((rng.random(p.shape) < p).astype(float), p, np.zeros(2000))[0].error for _ in range(40)]
    assert np.mean(errors) == pytest.approx(by_slice(np.ones((2000, 1)), p, np.zeros(2000))[0].chance, rel=0.1)
    wrong = by_slice((rng.random(p.shape) < p**2).astype(float), p, np.zeros(2000))[0]
    assert wrong.error > 4 * wrong.chance
