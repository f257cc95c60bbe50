"""What a table of interactions is read as."""

import numpy as np
import pytest

from tests.widedeep.interactions.small_logs import views
from widedeep.interactions.log import Roles, function_of, latest, read_log

WHO = ("customer", "product")


def test_functions_of_people_and_items_are_sides_and_the_rest_is_said_to_be_left_out():
    log = read_log(views(), Roles(*WHO))
    assert set(log.people_sides.plans) == {"age"} and set(log.item_sides.plans) == {"kind"}
    assert log.titles[log.items.tolist().index("tea3")] == "The tea, no. 3"
    assert any(note.startswith("mood left out: neither") for note in log.notes)
    assert any(note.startswith("day says when") for note in log.notes) and log.time is not None
    for person, age in zip(log.people, log.people_sides.values["age"]):
        assert age == 20 + int(person[1:]) % 2 * 40 + int(person[1:]) // 2 % 5


def test_rows_are_by_person_and_time_and_a_pair_counts_at_its_latest_row():
    table = {"u": list("abab") + ["a"], "i": list("xyyz") + ["x"], "time": [3, 1, 2, 5, 9]}
    log = read_log(table, Roles("u", "i"))
    found = [(log.people[p], log.items[i], t) for p, i, t in zip(log.person, log.item, log.time)]
    assert found == [("a", "y", 2), ("a", "x", 9), ("b", "y", 1), ("b", "z", 5)]
    assert any("1 rows repeat a person and an item" in note for note in log.notes)
    assert latest(np.array([0, 0, 0]), np.array([1, 2, 1]), None).tolist() == [1, 2]


def test_a_rating_below_the_median_is_seen_and_not_liked():
    log = read_log(views(), Roles(*WHO, rating="stars"))
    stars = views()["stars"]
    assert log.liked.sum() == (stars >= np.median(stars)).sum() < len(stars) == len(log.item)
    assert read_log(views(), Roles(*WHO, rating="stars", least=2)).liked.sum() == (stars >= 2).sum()


def test_a_label_of_yes_and_no_says_what_is_liked():
    table = {**views(), "bought": np.where(views()["stars"] > 2, "yes", "no")}
    log = read_log(table, Roles(*WHO, label="bought"))
    assert log.liked.sum() == (views()["stars"] > 2).sum()


@pytest.mark.parametrize(
    "roles, words",
    [
        (Roles("customr", "product"), ["--user customr", "the table lacks it", "customer"]),
        (Roles("customer", "customer"), ["two roles"]),
        (Roles(*WHO, rating="name"), ["--rating name", "want numbers"]),
        (Roles(*WHO, rating="stars", least=9), ["--least 9", "from 1 to 5"]),
        (Roles(*WHO, time="kind"), ["--time kind", "2026-01-31"]),
        (Roles(*WHO, rating="stars", label="mood"), ["want one of the two"]),
        (Roles(*WHO, label="name"), ["'name'", "want two"]),
    ],
)
def test_roles_that_do_not_fit_are_told_by_option(roles, words):
    with pytest.raises(ValueError) as told:
        read_log(views(), roles)
    assert all(word in str(told.value) for word in words), told.value


def test_gaps_are_left_out_and_counted():
    table = views()
    table["customer"] = np.where(np.arange(len(table["customer"])) < 3, "", table["customer"])
    log = read_log(table, Roles(*WHO))
    assert any(note.startswith("3 rows left out") for note in log.notes) and "" not in log.people


def test_the_share_of_a_key_that_holds_its_commonest_value():
    share, rows = function_of(np.array([0, 0, 0, 1, 1]), np.array([2, 2, 0, 1, 1]))
    assert share == 4 / 5 and rows.tolist() == [0, 3]


def test_tables_of_nobody_and_of_two_items_are_refused():
    table = views()
    with pytest.raises(ValueError, match="no row has a customer and a product; are they the right columns"):
        read_log({**table, "customer": [""] * len(table["day"])}, Roles(*WHO))
    with pytest.raises(ValueError, match="--user customer, --item kind: 120 people and 2 items; want 2 and 3 at least"):
        read_log(table, Roles("customer", "kind"))
