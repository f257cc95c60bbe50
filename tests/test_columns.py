"""Columns, crosses and numbers: what a value of the table becomes, and that every id can be read again."""

from fractions import Fraction
from itertools import product
from math import ceil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widedeep import Bag, Buckets, Category, Cross, Encoder, Quantile, Standard


def bags(*tuples):
    column = np.empty(len(tuples), object)
    column[:] = tuples
    return column


def wide(column, train, serve=None):
    """The ids (N, slots) that one column learned on `train` gives to `serve`."""
    return encoder(column, train).encode(train if serve is None else serve).wide


def encoder(column, train):
    return Encoder(wide=[column]).fit(train)


def active(column, train, serve=None):
    """For each row the sorted names of the features that are 1."""
    learned = encoder(column, train)
    ids = learned.encode(train if serve is None else serve).wide
    return [sorted(learned.wide_name(int(i)) for i in row if i) for row in ids]


# ---- Category ------------------------------------------------------------------------------------------------------


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


# ---- Buckets -------------------------------------------------------------------------------------------------------


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


# ---- Quantile and Standard -----------------------------------------------------------------------------------------


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


# ---- Bag -----------------------------------------------------------------------------------------------------------

GENRES = bags(("Drama", "War"), (), ("Drama",), ["War", "Comedy"])


def test_each_value_of_a_bag_is_a_feature_of_its_own():
    assert active(Bag("g"), {"g": GENRES}) == [["g has Drama", "g has War"], [], ["g has Drama"],
                                               ["g has Comedy", "g has War"]]  # fmt: skip


def test_joined_strings_are_the_same_bags():
    joined = np.array(["Drama|War", "", "Drama", "War|Comedy"])
    assert active(Bag("g", sep="|"), {"g": joined}) == active(Bag("g"), {"g": GENRES})


def test_a_list_of_tuples_is_a_column_of_bags_even_where_all_are_of_one_length():
    assert active(Bag("g"), {"g": [("a", "b"), ("b", "a")]}) == [["g has a", "g has b"]] * 2


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


# ---- Cross ---------------------------------------------------------------------------------------------------------

TABLE = {
    "a": np.array(["x", "y", "x", "x"]),
    "b": np.array([1, 1, 2, 1]),
    "c": np.array(["p", "q", "p", "q"]),
    "g": bags(("u", "v"), ("v",), (), ("v", "w")),
    "h": bags((1,), (1, 2), (2,), ()),
}


def test_a_cross_of_two_columns_is_one_feature_the_tuple():
    assert active(Cross("a", "b"), TABLE) == [["a=x AND b=1"], ["a=y AND b=1"], ["a=x AND b=2"], ["a=x AND b=1"]]


def test_a_cross_of_three_columns():
    assert active(Cross("a", "b", "c"), TABLE)[2:] == [["a=x AND b=2 AND c=p"], ["a=x AND b=1 AND c=q"]]


def test_a_cross_with_a_bag_has_one_feature_for_each_value_in_it():
    assert active(Cross("a", Bag("g")), TABLE) == [["a=x AND g has u", "a=x AND g has v"], ["a=y AND g has v"], [],
                                                   ["a=x AND g has v", "a=x AND g has w"]]  # fmt: skip


def test_a_cross_of_two_bags_has_every_pair():
    both, one = active(Cross(Bag("g"), Bag("h")), TABLE)[:2]
    assert both == ["g has u AND h has 1", "g has v AND h has 1"]
    assert one == ["g has v AND h has 1", "g has v AND h has 2"]
    assert active(Cross(Bag("g"), Bag("h")), TABLE)[2:] == [[], []]  # one of the two is empty


def test_a_cross_of_a_cross():
    assert active(Cross(Cross("a", "b"), Bag("g")), TABLE)[1] == ["a=y AND b=1 AND g has v"]


def test_a_cross_of_buckets_reads_their_name():
    assert all(" AND b=" in names[0] for names in active(Cross(Buckets("b", 2), Category("b")), TABLE))


def test_tuples_rarer_than_min_count_are_not_known():
    assert active(Cross("a", "b", min_count=2), TABLE) == [["a=x AND b=1"], [], [], ["a=x AND b=1"]]


def test_an_unseen_pair_of_seen_values_is_0_and_so_is_a_pair_with_an_unseen_value():
    serve = {"a": ["y", "z", "x"], "b": [2, 1, 1]}
    assert wide(Cross("a", "b"), TABLE, serve).tolist() == [[0], [0], [1]]


def test_pairs_are_not_confused_when_ids_would_join_to_the_same_digits():
    # a1 with b12 and a11 with b2 read the same when written side by side
    table = {"a": np.repeat(np.arange(12), 13), "b": np.tile(np.arange(13), 12)}
    assert sorted(wide(Cross("a", "b"), table).ravel()) == list(range(1, 157))


def test_more_tuples_than_a_64_bit_number_counts_are_refused():
    table = {f"c{i}": np.arange(2_000) for i in range(6)}  # 2001^6 > 2^63
    with pytest.raises(ValueError, match="more tuples than a 64-bit number.*min_count"):
        encoder(Cross(*table), table)


def test_a_cross_of_one_column_and_one_of_no_count_are_refused():
    with pytest.raises(ValueError, match="1 columns.*want at least 2"):
        Cross("a")
    with pytest.raises(ValueError, match="min_count 0"):
        Cross("a", "b", min_count=0)


bag = st.lists(st.integers(0, 3), max_size=3, unique=True).map(tuple)
row = st.tuples(st.integers(0, 2), bag, bag)


@settings(max_examples=80, deadline=None)
@given(st.lists(row, min_size=1, max_size=8), st.lists(row, min_size=1, max_size=8), st.integers(1, 2))
def test_phi_is_the_product_of_the_dense_features(train, serve, least):
    """Eq. 1 by brute force: x the 0/1 features, c_k picks a feature of each part, phi_k(x) = prod_i x_i^c_ki."""

    def table(rows):
        a, g, h = zip(*rows)
        return {"a": np.array(a), "g": bags(*g), "h": bags(*h)}

    def dense(rows):
        return np.array([[v == a for v in range(3)] + [v in g for v in range(4)] + [v in h for v in range(4)]
                         for a, g, h in rows], int)  # fmt: skip

    def phi(x, c):
        return np.prod(x ** np.array(c), axis=1)

    learned = Encoder(wide=[Cross("a", Bag("g"), Bag("h"), min_count=least)]).fit(table(train))
    ids = learned.encode(table(serve)).wide
    transformed = {}
    for a, g, h in product(range(3), range(4), range(4)):
        c = [int(i in (a, 3 + g, 7 + h)) for i in range(11)]
        if phi(dense(train), c).sum() >= least:
            transformed[f"a={a} AND g has {g} AND h has {h}"] = phi(dense(serve), c)
    assert learned.n_wide == 1 + len(transformed)
    for i in range(1, learned.n_wide):
        assert (ids == i).sum(axis=1).tolist() == transformed[learned.wide_name(i)].tolist()


# ---- tables --------------------------------------------------------------------------------------------------------


def test_equal_values_in_two_columns_stay_apart():
    learned = Encoder(wide=[Category("a"), Category("b")]).fit({"a": ["x", "y"], "b": ["y", "x"]})
    assert learned.encode({"a": ["x"], "b": ["x"]}).wide.tolist() == [[1, 4]]
    assert [learned.wide_name(i) for i in range(1, 5)] == ["a=x", "a=y", "b=y", "b=x"]


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
