"""A quantity as a table, and numbers in words."""

import numpy as np
import pytest

from widedeep.trace.quantity import Quantity, Stop, as_words, plain


@pytest.mark.parametrize(
    "shape, down, table",
    [
        ((1, 5), (), (1, 5)),
        ((1, 5), ("a", "b", "c", "d", "e"), (5, 1)),
        ((5,), ("a", "b", "c", "d", "e"), (5, 1)),
        ((5,), (), (1, 5)),
        ((3, 2), ("a", "b", "c"), (3, 2)),
        ((1, 3, 2), ("a", "b", "c"), (3, 2)),
        ((4, 1), ("a", "b", "c", "d"), (4, 1)),
        ((1, 1), (), (1, 1)),
    ],
)
def test_one_example_lies_down_where_its_entries_have_names(shape, down, table):
    array = np.arange(float(np.prod(shape))).reshape(shape)
    found = Quantity("x", "x = x", array, down).table()
    assert found.shape == table and found.ravel().tolist() == array.ravel().tolist()


@pytest.mark.parametrize(
    "x, words",
    [(0.0, "0"), (0.12344, "+0.1234"), (-3.2e-5, "-3.2e-05"), (0.001, "+0.0010"), (99.99991, "+99.9999"),
     (1234.56, "+1234.6"), (-123456.0, "-1.2e+05"), (np.int32(42), "42"), (np.float32(-0.5), "-0.5000")],
)  # fmt: skip
def test_words(x, words):
    assert as_words(x) == words and plain(x) == words.lstrip("+")


def test_words_are_short_and_within_their_last_digit(rng):
    for x in rng.normal(size=200) * 10.0 ** rng.integers(-7, 7, 200):
        assert len(as_words(x)) <= 8 and float(as_words(x)) == pytest.approx(x, rel=0.06)


def test_a_stop_has_a_number():
    assert Stop(3, 2, "", "", [], ()).number == "3.2"
