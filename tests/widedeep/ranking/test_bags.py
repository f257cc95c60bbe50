"""Bags of earlier films, by hand."""

import numpy as np
import pytest

from widedeep.ranking.bags import bags_at, bags_of
from widedeep.ranking.protocol import Sequences
from widedeep.ranking.train import examples


def test_bags_by_hand():
    sequences = Sequences.of([[3, 1, 4], [5, 3, 2, 6]], 7)
    bags = bags_at(sequences, np.array([0, 2, 6]), [1.0, np.inf])
    want = np.zeros((2, 3, 7))  # place 0: nothing before
    want[0, 1, [1, 3]] = 2 / 3, 1 / 3  # place 2: film 1 is the latest, half as much for 3
    want[0, 2, [2, 3, 5]] = 4 / 7, 2 / 7, 1 / 7  # place 6 is the other person's last: nothing of the first person
    want[1, 1, [1, 3]] = 1 / 2
    want[1, 2, [2, 3, 5]] = 1 / 3
    assert bags.shares == pytest.approx(want) and (bags.had == (want[0] > 0)).all()
    whole = bags_of(sequences, [np.inf])
    assert whole.shares[0, 1, [5, 3, 2, 6]] == pytest.approx(np.full(4, 1 / 4)) and whole.had.sum() == 7


def test_a_film_of_long_ago_has_no_share_rather_than_a_tiny_one():
    bags = bags_of(Sequences.of([list(range(100))], 100), [4.0, np.inf])
    shares = bags.shares[0, 0]
    assert (shares[:19] == 0).all() and (shares[19:] > 1e-8).all() and bags.had.all()  # 2^-20 at age 80
    assert bags.shares[1, 0] == pytest.approx(np.full(100, 1 / 100))


def test_dropped_films_leave_shares_that_sum_to_one(rng, split):
    bags = bags_at(split.train, examples(split.train), [3.0], 0.5, rng)
    sums = bags.shares[0].sum(axis=1)
    assert np.all((abs(sums - 1) < 1e-6) | (sums == 0)) and (bags.shares[0] > 0).sum() < 0.6 * bags.had.sum()


def test_no_film_stands_in_its_own_bag_nor_a_later_one(split):
    places = examples(split.train)
    bags = bags_at(split.train, places, [3.0])
    for n, place in enumerate(places):
        u = split.train.user[place]
        assert not bags.had[n, split.train.items[place : split.train.bounds[u + 1]]].any()


def test_half_lives_are_refused():
    with pytest.raises(ValueError, match="half-lives"):
        bags_of(Sequences.of([[0]], 2), [0.0])
