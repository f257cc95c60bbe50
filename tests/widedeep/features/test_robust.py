"""Robust numbers."""

import numpy as np
import pytest

from widedeep import Encoder, FillMedian, load, save
from widedeep.features.robust import Robust
from widedeep.model import WideDeep
from widedeep.table import Sheet
from widedeep.towers.linear import Linear


def encoded(train, x):
    number = Robust("x")
    number.fit(Sheet({"x": train}, ["x"]))
    return number.encode(Sheet({"x": np.asarray(x, float)}, ["x"]))


def test_the_middle_is_nearly_kept_and_nothing_gets_beyond_three():
    train = np.arange(101.0)  # quartiles 25, 50, 75
    found = encoded(train, [50, 55, 45, 1e9, -1e9, 1e300])
    assert found[0] == 0 and found[1] == -found[2] == pytest.approx(0.1, abs=1e-3)
    assert found[3] == pytest.approx(3) and found[4] == pytest.approx(-3)
    assert found[5] == pytest.approx(3)  # whose square overflows


def test_one_far_number_changes_nothing_for_the_others():
    train = np.arange(101.0)
    assert np.allclose(encoded(train, train), encoded(np.r_[train[:-1], 1e12], train), atol=0.02)


@pytest.mark.parametrize("train, x, want", [([4, 4, 4], [4, 5], [0, 0.949]), ([0] * 9 + [10], [10], [1.664])])
def test_equal_quartiles(train, x, want):
    assert encoded(np.array(train, float), x) == pytest.approx(want, abs=1e-3)


def test_an_archive_keeps_it(tmp_path):
    table = {"x": [1.0, 2.0, np.nan, 9.0]}
    encoder = Encoder(numbers=[FillMedian(Robust("x"))]).fit(table)
    _, again, _ = load(save(tmp_path / "m.npz", WideDeep(linear=Linear(1)), encoder))
    assert np.array_equal(again.encode(table).numbers, encoder.encode(table).numbers)
