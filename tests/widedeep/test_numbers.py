"""Numbers: scaled as the paper says, and by hand."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep import Encoder, Quantile, Standard
from widedeep.numbers import Number
from widedeep.table import Sheet


def numbers(column, train, serve=None):
    return (
        Encoder(numbers=[column]).fit(train).encode(train if serve is None else serve, dtype=np.float64).numbers[:, 0]
    )


def papers_value(x, train, n_q):
    """Cheng et al. 2016, section 4.1: x in the i-th of n_q quantiles becomes (i - 1) / (n_q - 1).  Quantile i ends at
    the smallest training value with at least i / n_q of the rows at or below it; the last has no end."""
    i = 1
    while i < n_q:
        end = next(v for v in sorted(train) if Fraction(sum(u <= v for u in train), len(train)) >= Fraction(i, n_q))
        if x <= end:
            break
        i += 1
    return (i - 1) / (n_q - 1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-9, 9), min_size=1, max_size=20), st.lists(st.integers(-12, 12), min_size=1), st.integers(2, 7)
)
def test_quantile_is_the_papers_normaliser(train, serve, n_q):
    got = numbers(Quantile("x", n_q), {"x": train}, {"x": serve})
    assert got.tolist() == [papers_value(x, train, n_q) for x in serve]


def test_quantile_by_hand():
    # four quantiles of 1 .. 8 end at 2, 4, 6: (i - 1) / 3
    got = numbers(Quantile("x", 4), {"x": np.arange(1, 9)}, {"x": [-99, 1, 2, 2.5, 4, 5, 8, 99]})
    np.testing.assert_allclose(got, np.array([0, 0, 0, 1, 1, 2, 3, 3]) / 3)


def test_standard_has_mean_0_and_spread_1_on_the_training_rows():
    x = {"x": np.array([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0])}  # mean 5, deviation 2
    np.testing.assert_allclose(numbers(Standard("x"), x, {"x": [5, 9, 1]}), [0, 2, -2], atol=1e-12)


def test_log1p_is_taken_before_the_mean():
    x = np.array([0.0, 1.0, 15.0, 40_000.0])
    log = np.log(1 + x)
    np.testing.assert_allclose(numbers(Standard("x", log1p=True), {"x": x}), (log - log.mean()) / log.std(), rtol=1e-12)


@pytest.mark.parametrize("low", [-1.0, -2.0])
def test_log1p_refuses_numbers_without_a_logarithm(low):
    with pytest.raises(ValueError, match="'x' holds .*above -1"):
        numbers(Standard("x", log1p=True), {"x": [low, 3.0]})
    assert np.isfinite(numbers(Standard("x", log1p=True), {"x": [-0.99, 3.0]})).all()


@pytest.mark.parametrize("constant", [3.0, 0.0, 0.1])  # the mean of three 0.1 is not quite 0.1
def test_a_constant_column_becomes_0(constant):
    got = numbers(Standard("x"), {"x": np.full(3, constant)}, {"x": [constant, constant + 1]})
    np.testing.assert_allclose(got, [0, 1], atol=1e-12)


def test_a_number_of_your_own_writes_what_numbers_do():
    number, sheet = Number("x"), Sheet({"x": [1.0]}, ["x"])
    for call in (number.fit, number.encode):
        with pytest.raises(NotImplementedError, match="a number writes this"):
            call(sheet)


@pytest.mark.parametrize("scale", [1.0, 3e-200, 1e-300, 1e200, 1e307])
def test_standard_of_numbers_of_any_size(scale):
    # their squares vanish or overflow: the spread was 0 (and the column NaN) or infinite (and the column 0)
    x = np.array([1.0, -1.0, 3.0, -3.0]) * scale
    np.testing.assert_allclose(numbers(Standard("x"), {"x": x}), np.array([1, -1, 3, -3]) / 5**0.5, rtol=1e-12)


def test_standard_of_numbers_too_small_for_a_spread():
    assert numbers(Standard("x"), {"x": np.array([0.0, 5e-324])}).tolist() == [0.0, 5e-324]


def test_quantile_has_a_hundred_levels_unless_told_otherwise():
    train = {"x": np.arange(1000.0)}
    usual, told = (numbers(column, train, train) for column in (Quantile("x"), Quantile("x", 100)))
    assert np.array_equal(usual, told) and len(np.unique(usual)) == 100


def test_two_levels_are_the_least():
    assert numbers(Quantile("x", 2), {"x": [1.0, 2.0]}, {"x": [1.0, 2.0]}).tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match="n_q 1; want at least 2"):
        Quantile("x", 1)
