"""Recommending to somebody who is not in the training data."""

import numpy as np
import pytest

from tests.widedeep.ranking.builders import V, optimizers, ranker
from widedeep.ranking.protocol import Sequences
from widedeep.ranking.recommend import recommend_for
from widedeep.ranking.train import fit


@pytest.fixture(scope="module")
def trained(split):
    model = ranker(split)
    fit(model, optimizers(), split.train, rng=np.random.default_rng(0), epochs=30, batch_size=32)
    return model


def test_a_stranger_gets_films_of_the_half_they_like(trained):
    low, high = [100, 102, 104], [115, 117, 119]
    for liked, own in ((low, range(100, 100 + V // 2)), (high, range(100 + V // 2, 100 + V))):
        got = recommend_for(trained, liked, k=4)
        assert all(s.item in own and s.item not in liked and s.because in liked for s in got)
        assert [s.logit for s in got] == sorted((s.logit for s in got), reverse=True)
        assert type(got[0].item) is int


def test_why_is_the_film_whose_absence_costs_most(trained):
    liked = [100, 103, 119]
    (s,) = recommend_for(trained, liked, k=1)
    columns = [trained.column_of[i] for i in liked]
    full = trained.scores(Sequences.of([columns], V))[0]
    without = [trained.scores(Sequences.of([columns[:i] + columns[i + 1 :]], V))[0] for i in range(3)]
    falls = [full[trained.column_of[s.item]] - w[trained.column_of[s.item]] for w in without]
    assert s.because == liked[int(np.argmax(falls))] and s.difference == pytest.approx(max(falls), abs=1e-5)


def test_exclude_leaves_films_out(trained):
    first = recommend_for(trained, [101], k=3)
    again = recommend_for(trained, [101], k=3, exclude=[first[0].item, 10**9])
    assert first[0].item not in [s.item for s in again] and again[0].item == first[1].item


@pytest.mark.parametrize(
    ("liked", "k", "message"),
    [
        ([], 3, "empty list"),
        ([100, 7], 3, r"unknown items \[7\]; the model knows 23, from 100 to 122"),
        ([100, 100], 3, "twice"),
        ([100], 0, "k 0; want 1 .. 22"),
        ([100], 23, "k 23"),
        ("100", 3, "one text"),
    ],
)
def test_a_bad_list_is_refused(trained, liked, k, message):
    with pytest.raises(ValueError, match=message):
        recommend_for(trained, liked, k)
