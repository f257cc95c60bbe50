"""Histories: the bag of the definition, and no row in its own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.widedeep.ratings import ratings, rows_of, world
from widedeep.features.histories import History, HistoryBatch, first_at
from widedeep.features.target_statistics import TargetStatistics


def words(history, bags, row):
    return sorted(history.value(i - history.first) for i in bags.inside(row))


def slow(table, y, row, trained, of, what, earlier):
    """The bag of one row of `table`, from the rows `trained`, by the definition."""
    bag = []
    for other in trained:
        same = table[of][other] == table[of][row] and other != row
        if same and (earlier is None or table[earlier][other] < table[earlier][row]):
            bag.append(f"{what}={table[what][other]} " + ("liked" if y[other, 0] else "not liked"))
    return sorted(bag)


@pytest.mark.parametrize("earlier", [None, "time"])
@pytest.mark.parametrize("of, what", [("user", "item"), ("item", "user")])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999))
def test_a_bag_is_that_of_the_definition(of, what, earlier, seed):
    table, y = ratings(seed=seed)
    trained, others = np.arange(15), np.arange(15, 23)
    history = History(of, what, earlier)
    bags = history.fit(rows_of(table, trained), y[trained], first=4)
    for row in trained:
        assert words(history, bags, row) == slow(table, y, row, trained, of, what, earlier)
    bags = history.bags(rows_of(table, others))
    for k, row in enumerate(others):
        assert words(history, bags, k) == slow(table, y, row, trained, of, what, earlier)


def test_a_bag_by_hand():
    table = {"user": ["ann", "ann", "ann", "bob"], "item": ["x", "y", "z", "y"]}
    history = History("user", "item")
    bags = history.fit(table, np.array([[1.0], [0.0], [1.0], [1.0]]))
    assert words(history, bags, 0) == ["item=y not liked", "item=z liked"]
    assert words(history, bags, 3) == []
    assert bags.counts.tolist() == [2, 2, 2, 0]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 5), max_size=6), min_size=1, max_size=5), st.integers(-1, 6))
def test_bisection_finds_what_searchsorted_finds(groups, t):
    groups = [sorted(group) for group in groups]
    bounds = np.cumsum([0, *map(len, groups)])
    times = np.array([time for group in groups for time in group], float)
    if len(times):
        got = first_at(times, bounds[:-1], bounds[1:], np.full(len(groups), float(t)))
        assert got.tolist() == [b + np.searchsorted(g, t) for b, g in zip(bounds, groups)]


def features(table, y, trained, others, earlier=None):
    """Every feature of every row that other ratings go into: bags in words, and statistics."""
    bags, numbers = [], []
    for history in (History("user", "item", earlier), History("item", "user", earlier)):
        mine, theirs = history.fit(rows_of(table, trained), y[trained]), history.bags(rows_of(table, others))
        bags.append(
            [words(history, mine, k) for k in range(len(trained))]
            + [words(history, theirs, k) for k in range(len(others))]
        )
    for statistics in (TargetStatistics("user", earlier=earlier), TargetStatistics("item", earlier=earlier)):
        numbers.append(
            np.concatenate(
                [statistics.fit(rows_of(table, trained), y[trained]), statistics.encode(rows_of(table, others))]
            )
        )
    return [list(row) for row in zip(*bags)], np.concatenate(numbers, axis=1)


@pytest.mark.parametrize("earlier", [None, "time"])
@pytest.mark.parametrize("row", range(0, 15, 2))
def test_a_training_rows_own_label_is_not_in_its_own_features(earlier, row):
    table, y = ratings()
    trained, others = np.arange(15), np.arange(15, 23)
    bags, numbers = features(table, y, trained, others, earlier)
    flipped = y.copy()
    flipped[row] = 1 - y[row]
    after_bags, after_numbers = features(table, flipped, trained, others, earlier)
    assert after_bags[row] == bags[row]
    assert (after_numbers[row] == numbers[row]).all()


def test_but_it_is_in_those_of_others():
    table, y = ratings()
    flipped = y.copy()
    flipped[0] = 1 - y[0]
    before, after = (features(table, labels, np.arange(15), np.arange(15, 23)) for labels in (y, flipped))
    assert before[0] != after[0] and (before[1] != after[1]).any()


def test_later_ratings_never_count_in_the_earlier_mode():
    table, y = ratings()
    flipped = np.where((table["time"] >= 3)[:, None], 1 - y, y)
    before, after = (features(table, labels, np.arange(15), np.arange(15, 23), "time") for labels in (y, flipped))
    for row in np.flatnonzero(table["time"] <= 3):
        assert before[0][row] == after[0][row] and (before[1][row] == after[1][row]).all()


def test_gathering_rows_keeps_their_histories():
    _, batch, *_ = world()
    some = batch[np.array([4, 4, 9])]
    assert isinstance(some, HistoryBatch) and len(some) == 3
    assert [bags.inside(1) for bags in some.histories] == [bags.inside(4) for bags in batch.histories]
    assert isinstance(batch[:3], HistoryBatch)
    for rows, same in ((4, 4), (-1, len(batch) - 1), ([4], 4)):
        one = batch[rows]
        assert len(one) == 1 and [b.inside(0) for b in one.histories] == [b.inside(same) for b in batch.histories]


def test_a_row_of_somebody_unknown_has_empty_bags():
    _, _, encoder, histories, *_ = world()
    other = {"user": np.array([99]), "item": np.array([99]), "time": np.array([0])}
    batch = histories.join(other, encoder.encode(other))
    assert [bags.counts.tolist() for bags in batch.histories] == [[0], [0]]
