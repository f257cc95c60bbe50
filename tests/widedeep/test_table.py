"""A table: what may be one, and what is refused with its row."""

import numpy as np
import pandas as pd
import pytest

from tests.widedeep.small_columns import TABLE, active
from widedeep import Bag, Buckets, Category, Cross, Encoder, Quantile, Standard


def number_users(name):
    return {
        "Buckets": lambda: Encoder(wide=[Buckets(name)]),
        "Quantile": lambda: Encoder(numbers=[Quantile(name)]),
        "Standard": lambda: Encoder(numbers=[Standard(name)]),
    }


@pytest.mark.parametrize("make", number_users("x").values(), ids=number_users("x"))
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(make, bad):
    with pytest.raises(ValueError, match="'x', row 2: .*want finite"):
        make().fit({"x": [1.0, 2.0, bad]})
    with pytest.raises(ValueError, match="'x', row 0: .*want finite"):
        make().fit({"x": [1.0, 2.0]}).encode({"x": [bad]})


@pytest.mark.parametrize("make", number_users("x").values(), ids=number_users("x"))
def test_words_are_not_numbers(make):
    with pytest.raises(ValueError, match="'x', row 0: .*is not a number.*Category"):
        make().fit({"x": ["old", "young"]})


def test_a_list_of_tuples_is_a_column_of_bags_even_where_all_are_of_one_length():
    assert active(Bag("g"), {"g": [("a", "b"), ("b", "a")]}) == [["g has a", "g has b"]] * 2


def test_a_data_frame_is_a_table():
    def make():
        return Encoder(
            wide=[Category("a"), Cross("a", Bag("g"))], deep=[Bag("g"), Category("c")], numbers=[Standard("b")]
        )

    frame = pd.DataFrame({name: list(column) for name, column in TABLE.items()}, index=[7, 5, 3, 1])
    one, other = make().fit(TABLE), make().fit(frame)
    assert one.state() == other.state()
    mine, yours = one.encode(TABLE), other.encode(frame)
    for name in ("wide", "deep", "shares", "numbers"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(yours, name))
