"""A recommender of a small shop whose truth is known."""

import numpy as np
import pytest

from tests.widedeep.interactions.small_logs import TASTES, views
from widedeep import load, save
from widedeep.interactions import training
from widedeep.interactions.hiding import hide
from widedeep.interactions.log import Roles, read_log
from widedeep.interactions.suggesting import Recommending, columns_of, for_newcomer, for_person, near, suggest
from widedeep.interactions.training import train_log

ROLES = Roles("customer", "product")


@pytest.fixture(scope="module")
def trained():
    return train_log(views(), ROLES, budget=8)


@pytest.fixture(scope="module")
def found(trained, tmp_path_factory):
    model, shop, _ = load(save(tmp_path_factory.mktemp("shop") / "m.npz", trained.model, trained.shop))
    return Recommending(model, shop, trained.metrics, trained.judged)


def test_it_is_far_better_than_popularity(trained):
    assert trained.judged["popularity"]["hr"] < 0.75
    assert trained.metrics["hr"] > 0.95 and trained.metrics["ndcg"] > trained.judged["popularity"]["ndcg"] + 0.2
    assert set(trained.judged) == {"popularity", "EASE", "deep"}
    assert trained.shop.about["sides"] == {"people": {"age": "number"}, "items": {"kind": "category"}}


def test_nothing_seen_is_recommended_and_the_taste_comes_first(found):
    table = views()
    for person in ("c000", "c001", "c017"):
        had = set(table["product"][table["customer"] == person])
        taste = TASTES[int(person[1:]) % 2]
        got = for_person(found, person, 20)
        assert not had & {one.item for one in got} and len(got) == 20 - len(had)
        assert all(one.item.startswith(taste) for one in got[:3])
        assert all(one.because.startswith(f"The {taste}") for one in got[:3])
    assert sum(one.share for one in got) < 1


def test_a_newcomer_needs_a_list_alone_by_id_or_title(found):
    got = for_newcomer(found, ["tool1", "the TOOL, no. 2"], 3)
    assert all(one.item.startswith("tool") and one.item not in ("tool1", "tool2") for one in got)
    assert got == for_newcomer(found, ["tool1", "tool2"], 3)


def test_of_somebody_with_nothing_but_sides_the_taste_is_known(found):
    """Their age alone: 22 drinks tea, 62 wants tools."""
    for age, taste in ((22, "tea"), (62, "tool")):
        sides = found.shop.sides.read({"age": np.array([age])})
        assert [one.item.startswith(taste) for one in suggest(found, [], [], sides, 4)] == [True] * 4


def test_of_very_many_names_those_that_begin_alike_are_near():
    known = [f"{letter}{k}" for letter in "ab" for k in range(4000)]
    assert "'a10'" in near("a10x", known) and "'b" not in near("a10x", known)
    assert near("zz", known) == ", as 'a0', 'a1', 'a2'"


def test_strangers_are_told_with_the_nearest_spelling(found):
    with pytest.raises(ValueError, match="--user 'c01': unknown among 120 people; near it are 'c101'"):
        for_person(found, "c01", 3)
    with pytest.raises(ValueError, match="--likes 'toolx': unknown among 20 items; near it are 'tool"):
        columns_of(found.shop, ["tea1", "toolx"])
    with pytest.raises(ValueError, match="nothing is left"):
        suggest(found, [0], range(20), None, 3)


def test_what_was_rated_low_is_not_recommended_again_either(found):
    log = read_log(views(), Roles("customer", "product", rating="stars"))
    kept = hide(log, None, 0)
    assert {len(seen) for seen in kept.seen} <= {4, 5, 6, 7}
    for group in (kept.choose, kept.measure):
        for person, item in zip(group.people, group.item):
            mine = kept.train.items[kept.train.bounds[person] : kept.train.bounds[person + 1]]
            rows = np.flatnonzero((log.person == person) & log.liked)
            assert item not in mine and item == log.item[rows[-1]] and len(mine) == len(rows) - 1
    assert not set(kept.choose.people) & set(kept.measure.people)


def test_too_few_people_and_too_small_a_budget_are_said():
    table = views(8)
    with pytest.raises(ValueError, match="8 people have two liked items or more; want 20"):
        train_log(table, ROLES)
    said = []
    least = train_log(views(), ROLES, budget=0.001, say=said.append)
    assert any("no time for one epoch" in line for line in said) and least.metrics["hr"] > 0.8


def test_the_archive_answers_as_the_model_did(trained, found):
    batch = trained.shop.encode({"liked": [["tea1", "tea2", "never"], []]})
    again = found.shop.encode({"liked": [["tea1", "tea2", "never"], []]})
    assert np.array_equal(trained.model.predict(batch), found.model.predict(again))
    assert found.shop.fingerprint == trained.shop.fingerprint


def test_a_budget_too_small_for_one_epoch_says_what_there_was_time_for(monkeypatch):
    monkeypatch.setattr(training, "EASE_ITEMS", 0)  # too many items for it
    with pytest.raises(ValueError, match=r"--budget 1e-06: there was time for 1 steps of the \d+ of one epoch"):
        train_log(views(), ROLES, budget=1e-6)
