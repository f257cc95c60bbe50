"""Crosses: the product of features that are 0 or 1."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import bags
from tests.widedeep.small_columns import TABLE, active, encoder, wide
from widedeep import Bag, Buckets, Category, Cross, Encoder


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
