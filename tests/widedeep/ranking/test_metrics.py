"""Ranking metrics: those of a slow walk down the list."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from widedeep.ranking import metrics


def slow(scores, right, k):
    """By walking down each list."""
    sums = {"hr": 0.0, "ndcg": 0.0, "map": 0.0, "mrr": 0.0}
    for s, y in zip(scores, right):
        order = y[np.argsort(-s, kind="stable")][:k]
        places = [r for r, hit in enumerate(order, 1) if hit]
        most = min(k, y.sum())
        sums["hr"] += bool(places)
        sums["ndcg"] += sum(1 / np.log2(1 + r) for r in places) / sum(1 / np.log2(1 + r) for r in range(1, most + 1))
        sums["map"] += sum(n / r for n, r in enumerate(places, 1)) / most
        sums["mrr"] += 1 / places[0] if places else 0
    return {name: value / len(scores) for name, value in sums.items()}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.floats(0.05, 0.9))
def test_metrics_are_those_of_a_walk_down_the_list(seed, k, share):
    rng = np.random.default_rng(seed)
    right = rng.random((6, 9)) < share
    right[np.arange(6), rng.integers(0, 9, 6)] = True
    scores = rng.permuted(np.tile(np.arange(9.0), (6, 1)), axis=1)  # no ties
    assert metrics.at_k(scores, right, k) == pytest.approx(slow(scores, right, k), abs=1e-12)
    assert metrics.at_k(scores, right, k)["ndcg"] == pytest.approx(ndcg_score(right, scores, k=k), abs=1e-12)


def test_level_items_count_half():
    right = np.zeros((1, 9), bool)
    right[0, 4] = True
    got = metrics.at_k(np.zeros((1, 9)), right, 5)  # rank 1 + 8 / 2 = 5
    assert got == pytest.approx({"hr": 1, "ndcg": 1 / np.log2(6), "map": 1 / 5, "mrr": 1 / 5})
    assert metrics.at_k(np.zeros((1, 9)), right, 4)["hr"] == 0
    assert metrics.ranks(np.array([[3.0, 3, 1]]), np.array([[True, False, False]]))[1] == [1.5]


def test_with_one_right_item_map_is_mrr(rng, split):
    got = metrics.leave_one_out_figures(rng.normal(size=split.rated.shape), split.test, split.rated)
    assert got["map"] == got["mrr"] and got["map_all"] == got["mrr_all"]


def test_all_items_are_the_unrated_ones_and_the_hidden(rng, split):
    S = rng.normal(size=split.rated.shape)
    got = metrics.leave_one_out_figures(S, split.test, split.rated, k=3)
    hits = []
    for u, j in enumerate(split.test.item):
        rivals = S[u, ~split.rated[u]]
        hits.append((rivals > S[u, j]).sum() < 3)
    assert got["hr_all"] == pytest.approx(np.mean(hits)) and got["hr"] >= got["hr_all"]


def test_diversity_of_lists():
    lists = np.array([[1, 2], [2, 1], [1, 3], [5, 6]])
    assert metrics.diversity(lists) == {"lists": 3, "shared": 2, "items": 5}


def test_best_leaves_out_what_is_seen():
    S, seen = np.array([[1.0, 4, 3, 4]]), np.array([[False, True, False, False]])
    assert metrics.best(S, seen, 2).tolist() == [[3, 2]]
    with pytest.raises(ValueError, match=r"k 4; want 1 .. 3"):
        metrics.best(S, seen, 4)


@pytest.mark.parametrize(
    ("scores", "right", "message"),
    [
        (np.zeros((2, 3)), np.ones((2, 4), bool), "want"),
        (np.full((1, 3), np.nan), np.ones((1, 3), bool), "NaN"),
        (np.zeros((2, 3)), np.array([[True, False, False], [False] * 3]), "row 1 has no right item"),
        (np.array([[-np.inf, 1]]), np.array([[True, False]]), "must be a candidate"),
    ],
)
def test_metrics_refuse(scores, right, message):
    with pytest.raises(ValueError, match=message):
        metrics.at_k(scores, right)


def test_k_below_one_is_refused():
    with pytest.raises(ValueError, match="k 0"):
        metrics.at_k(np.zeros((1, 2)), np.array([[True, False]]), 0)


def test_scores_of_other_people_or_films_are_refused(split):
    for scores in (np.zeros((split.rated.shape[0], 3)), np.zeros((2, split.rated.shape[1]))):
        with pytest.raises(ValueError, match="want a row for each person, a column for each film"):
            metrics.leave_one_out_figures(scores, split.test, split.rated)
