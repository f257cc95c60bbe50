"""Columns: which values get ids, and how every id is read back."""

from fractions import Fraction
from math import ceil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import bags
from tests.widedeep.small_columns import active, encoder, wide
from widedeep import Bag, Buckets, Category, Encoder, Exact, Quantile
from widedeep.bridges.coded import coded
from widedeep.columns import Column
from widedeep.table import Sheet


def test_the_frequent_values_come_first_and_ties_in_order_of_appearance():
    learned = encoder(Category("c"), {"c": ["x", "b", "a", "b", "a"]})
    assert [learned.wide_name(i) for i in range(4)] == ["nothing known", "c=b", "c=a", "c=x"]


@pytest.mark.parametrize("least, known", [(1, "aaabbc"), (2, "aaabb"), (3, "aaa"), (4, "")])
def test_rarer_values_than_min_count_are_not_known(least, known):
    learned = encoder(Category("c", min_count=least), {"c": list("aaabbc")})
    assert [value for value, i in zip("aaabbc", learned.encode({"c": list("aaabbc")}).wide) if i > 0] == list(known)
    assert learned.n_wide == 1 + len(set(known))


def test_an_unseen_value_is_id_0():
    assert wide(Category("c"), {"c": ["a", "b"]}, {"c": ["b", "z", "a"]}).tolist() == [[2], [0], [1]]


def test_a_question_mark_is_an_ordinary_value():
    assert active(Category("c"), {"c": ["?", "a", "?"]}) == [["c=?"], ["c=a"], ["c=?"]]


def test_whole_numbers_and_truths_are_categories_too():
    assert active(Category("c"), {"c": np.array([7, -3, 7])}) == [["c=7"], ["c=-3"], ["c=7"]]
    assert active(Category("c"), {"c": np.array([True, False])}) == [["c=True"], ["c=False"]]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA], ids=["None", "NaN", "pd.NA"])
def test_a_missing_value_is_refused_with_its_row(missing):
    with pytest.raises(ValueError, match="'c', row 1: .*missing"):
        encoder(Category("c"), {"c": np.array(["a", missing], object)})


def test_nan_among_numbers_is_refused_in_training_and_in_serving():
    with pytest.raises(ValueError, match="'c', row 1: nan"):
        encoder(Category("c"), {"c": np.array([1.0, np.nan])})
    with pytest.raises(ValueError, match="'c', row 0: nan"):
        wide(Category("c"), {"c": [1.0]}, {"c": [np.nan]})


@pytest.mark.parametrize("column", [Category, Bag])
def test_min_count_below_1_is_refused(column):
    with pytest.raises(ValueError, match="min_count 0"):
        column("c", min_count=0)


def bucket_of(x, train, n_q):
    """Which bucket, slowly: 1 + the number of distinct cuts at or below x; cut k is the smallest value v of the
    training rows with k / n_q of them at or below v, unless that is the minimum."""
    ordered = sorted(train)
    cuts = {ordered[ceil(Fraction(k * len(ordered), n_q)) - 1] for k in range(1, n_q)} - {ordered[0]}
    return 1 + sum(cut <= x for cut in cuts)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-9, 9), min_size=1, max_size=30), st.lists(st.integers(-12, 12), min_size=1), st.integers(2, 7)
)
def test_buckets_are_those_of_a_slow_count(train, serve, n_q):
    got = wide(Buckets("x", n_q), {"x": train}, {"x": serve}).ravel().tolist()
    assert got == [bucket_of(x, train, n_q) for x in serve]


def test_a_cut_at_minus_zero_is_one_at_zero():
    """Which of the two equal numbers stood first decided a name: "x below -0"."""
    names = []
    for x in ([-1.0, 0.0, -0.0, 0.0], [-1.0, -0.0, 0.0, 0.0]):
        for column in (Buckets("x", 2), Exact("x", 2)):
            learned = encoder(column, {"x": x})
            names.append([learned.wide_name(i) for i in range(learned.n_wide)])
    assert names == [["nothing known", "x below 0", "x from 0"], ["nothing known", "x=0", "x another value"]] * 2


@pytest.mark.parametrize("n_q", [5, 20])  # 11 / 20 * 100 is 55.00000000000001 in floats
def test_buckets_hold_equally_many_of_100_numbers(n_q):
    # the cut belongs above: the lowest bucket has one fewer, the highest one more
    counts = np.bincount(wide(Buckets("x", n_q), {"x": np.arange(100.0)}).ravel())[1:]
    assert counts.tolist() == [100 // n_q - 1, *[100 // n_q] * (n_q - 2), 100 // n_q + 1]


@pytest.mark.parametrize("column", ["buckets", "quantile"])
def test_100_quantiles_of_100_numbers_are_the_numbers(column):
    x = {"x": np.arange(100.0)}
    if column == "buckets":
        assert wide(Buckets("x", 100), x).ravel().tolist() == [*range(1, 100), 99]
    else:
        got = Encoder(numbers=[Quantile("x", 100)]).fit(x).encode(x, dtype=np.float64).numbers[:, 0]
        np.testing.assert_allclose(got, np.arange(100) / 99, rtol=1e-15)


def test_equal_numbers_share_a_bucket_so_mostly_zeros_give_few():
    # of 19 cuts 18 are 0, the minimum; the other is at 95 %
    learned = encoder(Buckets("x", 20), {"x": np.r_[np.zeros(92), np.arange(1, 9)]})
    assert learned.n_wide == 3 and learned.encode({"x": [0, 0, 8]}).wide.ravel().tolist() == [1, 1, 2]
    assert encoder(Buckets("x", 4), {"x": [5, 5, 5]}).n_wide == 2  # a constant: one bucket


def test_numbers_beyond_the_training_rows_fall_into_the_outer_buckets():
    assert wide(Buckets("x", 4), {"x": np.arange(8)}, {"x": [-1e9, 0, 7, 1e9]}).ravel().tolist() == [1, 1, 4, 4]


def test_a_cut_belongs_to_the_bucket_above_it_and_stands_in_both_names():
    learned = encoder(Buckets("x", 2), {"x": [10, 20, 30, 40]})
    assert learned.encode({"x": [19.999, 20]}).wide.ravel().tolist() == [1, 2]
    assert "20" in learned.wide_name(1) and "20" in learned.wide_name(2)


def test_every_bucket_has_a_name_of_its_own():
    learned = encoder(Buckets("x", 4), {"x": 1_234_567 + np.arange(8)})
    assert len({learned.wide_name(i) for i in range(1, 5)}) == 4


@pytest.mark.parametrize("make", [Buckets, Quantile])
@pytest.mark.parametrize("n_q", [1, 0, -3])
def test_fewer_than_two_quantiles_are_refused(make, n_q):
    with pytest.raises(ValueError, match=f"n_q {n_q}; want at least 2"):
        make("x", n_q)


GENRES = bags(("Drama", "War"), (), ("Drama",), ["War", "Comedy"])


def test_each_value_of_a_bag_is_a_feature_of_its_own():
    assert active(Bag("g"), {"g": GENRES}) == [["g has Drama", "g has War"], [], ["g has Drama"],
                                               ["g has Comedy", "g has War"]]  # fmt: skip


def test_joined_strings_are_the_same_bags():
    joined = np.array(["Drama|War", "", "Drama", "War|Comedy"])
    assert active(Bag("g", sep="|"), {"g": joined}) == active(Bag("g"), {"g": GENRES})


def test_bags_are_no_categories():
    with pytest.raises(ValueError, match=r"'g' holds bags.*Bag\('g'\)"):
        encoder(Category("g"), {"g": GENRES})


def test_a_bag_is_padded_with_0_up_to_the_fullest_row():
    assert wide(Bag("g"), {"g": GENRES}).tolist() == [[1, 2], [0, 0], [1, 0], [2, 3]]


def test_a_longer_bag_in_serving_gets_more_slots():
    train, serve = {"g": bags(("a",), ("b",))}, {"g": bags(("b", "a", "z", "b"), ("z",))}
    assert wide(Bag("g"), train, serve).tolist() == [[2, 1, 2], [0, 0, 0]]


def test_rare_values_of_a_bag_are_not_known():
    assert active(Bag("g", min_count=2), {"g": bags(("a", "b"), ("a",))}) == [["g has a"], ["g has a"]]


def test_a_table_of_empty_bags_has_no_features_and_one_slot():
    assert wide(Bag("g"), {"g": bags((), ())}).tolist() == [[0], [0]]


def test_a_repeat_inside_a_bag_keeps_its_place():
    batch = Encoder(deep=[Bag("g")]).fit({"g": bags(("a", "a", "b"))}).encode({"g": bags(("a", "a", "b"))})
    assert batch.deep.tolist() == [[1, 1, 2]]


def test_words_without_a_separator_are_not_bags():
    with pytest.raises(ValueError, match=r"'g', row 0: 'Drama\|War' is not a bag.*sep"):
        encoder(Bag("g"), {"g": ["Drama|War"]})
    with pytest.raises(ValueError, match="'g', row 1: nan is not a bag"):
        encoder(Bag("g"), {"g": bags(("a",), float("nan"))})


@pytest.mark.parametrize("bad", [float("nan"), 5, None], ids=str)
def test_joined_strings_that_are_no_strings_are_refused(bad):
    with pytest.raises(ValueError, match="'g', row 1"):
        encoder(Bag("g", sep="|"), {"g": np.array(["a|b", bad], object)})


@pytest.mark.parametrize("bad", [float("nan"), None], ids=str)
def test_a_missing_value_inside_a_bag_is_refused(bad):
    with pytest.raises(ValueError, match="'g', row 0"):
        encoder(Bag("g"), {"g": bags(("a", bad))})


def test_a_column_of_your_own_writes_what_columns_do():
    column, sheet = Column("c", ("c",)), Sheet({"c": [1]}, ["c"])
    for call in (lambda: column.fit(sheet), lambda: column.ids(sheet), lambda: column.value(1)):
        with pytest.raises(NotImplementedError, match="a column writes this"):
            call()


def test_a_column_that_came_as_codes_is_the_column_itself():
    words, codes = np.array(["b", "a", "c"], object), np.array([1, 0, 1, 1, 2, 0, 1])
    column = coded(words, codes)
    assert column.distinct is not None
    plain, by_codes = (encoder(Category("c"), {"c": values}) for values in (words[codes], column))
    assert by_codes.fingerprint == plain.fingerprint and [by_codes.wide_name(i) for i in (1, 2)] == ["c=a", "c=b"]
    assert by_codes.encode({"c": column}).wide.tolist() == plain.encode({"c": words[codes]}).wide.tolist()
    assert wide(Category("c"), {"c": column}).tolist() == [[1], [2], [1], [1], [3], [2], [1]]


def test_a_coded_column_with_a_gap_is_refused_with_its_row():
    column = coded(np.array(["b", None], object), np.array([0, 0, 0, 1, 0]))
    assert column.distinct is not None
    with pytest.raises(ValueError, match="column 'c', row 3: a missing value"):
        encoder(Category("c"), {"c": column})


def test_ten_buckets_unless_told_otherwise():
    assert encoder(Buckets("n"), {"n": np.arange(100.0)}).n_wide == 1 + 10


def test_a_column_that_has_learned_nothing_has_no_ids():
    assert [column.size for column in (Category("c"), Bag("c"), Buckets("c"))] == [0, 0, 0]


def test_a_bucket_between_whole_numbers_is_named_by_whole_numbers():
    learned = encoder(Buckets("n", 4), {"n": [0.0, 10.0, 20.0, 30.5]})
    assert [learned.wide_name(i) for i in (1, 2, 3)] == ["n below 10", "n in [10, 20)", "n from 20"]
