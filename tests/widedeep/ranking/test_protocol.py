"""The protocol: which films are hidden, and their rivals."""

import numpy as np
import pytest

from tests.widedeep.ranking.builders import V, world
from widedeep.ranking.protocol import Sequences, leave_one_out


def test_the_last_film_tests_and_the_one_before_validates_equal_times_in_file_order():
    user = np.array([2, 1, 2, 1, 2, 1, 2, 1])
    item = np.array([7, 8, 9, 7, 8, 5, 5, 9])
    time = np.array([4, 1, 4, 1, 4, 1, 0, 0])
    s = leave_one_out(user, item, time, items=np.arange(5, 12), negatives=2)
    assert s.users.tolist() == [1, 2] and s.items.tolist() == [5, 6, 7, 8, 9, 10, 11]
    assert s.items[s.test.item].tolist() == [5, 8]  # the last of the equals in the file
    assert s.items[s.validation.item].tolist() == [7, 9]
    assert s.items[s.train.items].tolist() == [9, 8, 5, 7] and s.train.bounds.tolist() == [0, 2, 4]


def test_films_of_one_second_come_in_any_order_and_no_others(rng, split):
    train, seen = split.train, set()
    for _ in range(30):
        other = train.reordered(rng)
        seen.add(tuple(other.items.tolist()))
        for u in range(len(train)):
            mine = slice(train.bounds[u], train.bounds[u + 1])
            assert sorted(zip(train.times[mine], train.items[mine])) == sorted(
                zip(other.times[mine], other.items[mine])
            )
    assert len(seen) > 1 and (np.diff(train.times)[np.diff(train.user) == 0] >= 0).all()
    assert Sequences.of([[1, 0]], 2).reordered(rng).items.tolist() == [1, 0]


def test_candidates_are_those_of_the_published_recipe():
    user, item, time = world(3)
    s = leave_one_out(user, item, time, negatives=5)
    rng = np.random.default_rng(7)
    for hidden in (s.test, s.validation):  # one generator, test first
        for u, name in enumerate(np.unique(user)):
            unseen = np.setdiff1d(np.unique(item), item[user == name])
            assert s.items[hidden.candidates[u, 1:]].tolist() == rng.choice(unseen, 5, replace=False).tolist()
    assert (s.test.candidates[:, 0] == s.test.item).all()
    assert not np.take_along_axis(s.rated, s.test.candidates[:, 1:], axis=1).any()


def test_parts_are_disjoint_and_together_everything(split):
    X = split.train.matrix()
    u = np.arange(len(X))
    assert X[u, split.test.item].sum() == X[u, split.validation.item].sum() == 0
    assert (split.test.item != split.validation.item).all()
    X[u, split.test.item] = X[u, split.validation.item] = 1
    assert (X == split.rated).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda u, i, t: (u[:-1], i, t), r"want \(N,\) each"),
        (lambda u, i, t: (np.append(u, 99), np.append(i, 101), np.append(t, 0)), "user 99 has fewer than 3"),
        (lambda u, i, t: (np.append(u, u[0]), np.append(i, i[0]), np.append(t, 0)), "1 ratings repeat"),
        (lambda u, i, t: (u, np.where(i == i[0], 7, i), t), "not in the catalogue, as 7"),
        (lambda u, i, t: ([*u[:-1].tolist(), "9"], i, t), "user holds strings and numbers; want one kind"),
        (lambda u, i, t: (u, i, np.append(t[:-1] * 1.0, np.nan)), "time of float64, 1 of them missing"),
        (lambda u, i, t: (u, i, t.astype(str)), "time of <U.*; want numbers or dates, none missing"),
    ],
)
def test_a_bad_table_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        leave_one_out(*change(*world()), items=np.arange(100, 100 + V), negatives=3)


def test_too_few_rivals_are_refused():
    with pytest.raises(ValueError, match="fewer than 99 unrated"):
        leave_one_out(*world())
    with pytest.raises(ValueError, match="negatives 0"):
        leave_one_out(*world(), negatives=0)
