"""Choosing columns: what each is, and which pairs cross."""

import time

import numpy as np
import pytest

from tests.widedeep.auto.small_tables import people, without
from widedeep.auto.answers import choose_answers
from widedeep.auto.choose import choose, kind_of
from widedeep.auto.plan import plan_of
from widedeep.table import as_column


def of(values, name="x"):
    return kind_of(name, as_column(values))


@pytest.mark.parametrize(
    "values, kind",
    [
        ([1.5, 2.5, np.nan, 7.1] * 30, "number"),
        (["1.5", "", "?", "7"] * 30, "number"),  # what a CSV with gaps brings
        (["1.5"] * 95 + ["unknown"] * 5, "number"),  # dirt
        (["00501", "10001", "02134"] * 30, "category"),  # codes
        ([True, False] * 30, "category"),
        (["a", "b", None] * 30, "category"),
        (["2020-01-05", "2021-07-09", ""] * 30, "date"),
        (["x|y", "y", "z|x"] * 30, "bag"),
        (list(range(7, 107)), "out"),  # an id
        ([float(i) * 1.37 for i in range(100)], "number"),
        ([3] * 90, "out"),
        ([None] * 90, "out"),
        ([f"user-{i}" for i in range(100)], "out"),
    ],
)
def test_what_a_column_is(values, kind):
    assert of(values).kind == kind


def test_amounts_that_repeat_are_exact_and_measurements_are_not():
    rng = np.random.default_rng(0)
    gains = np.where(rng.random(5000) < 0.9, 0, rng.choice([15024, 7688, 99999], 5000))
    assert of(gains).exact >= 1
    assert of(rng.normal(size=5000)).exact == 0


def test_the_pair_that_decides_together_is_the_strong_cross():
    rng, n = np.random.default_rng(0), 4000
    a, b, c = (rng.integers(0, 4, n) for _ in range(3))
    table = {name: np.array(list("pqrs"))[x] for name, x in (("a", a), ("b", b), ("c", c))}
    y = (rng.random(n) < np.where((a + b) % 2, 0.9, 0.1)).astype(int)
    answers, _, _ = choose_answers("y", y)
    plan = choose(table, answers, answers.desired(y))
    assert plan.crosses == (("a", "b"),)


def test_a_plan_reads_itself_again():
    import tomllib

    table = without(people(), "colour", "wage")
    label = as_column(table.pop("income"))
    answers, _, _ = choose_answers("income", label)
    plan = choose({name: as_column(values) for name, values in table.items()}, answers, answers.desired(label))
    again = plan_of(tomllib.loads(plan.toml()), "test")
    assert again.as_json() == plan.as_json() == plan_of(plan.as_json(), "test").as_json()


def test_names_with_quotes_and_spaces_survive_the_columns_file():
    import tomllib

    table = {'a "b" \\ c\n\x7f': as_column([1.5, 2.5] * 20), "é = [x] # y": as_column(["p", "q"] * 20)}
    answers, _, _ = choose_answers("y", np.arange(40) % 3 // 2)
    plan = choose(table, answers, answers.desired(np.arange(40) % 3 // 2))
    assert list(plan_of(tomllib.loads(plan.toml()), "test").columns) == list(table)


def test_pairs_of_shuffled_labels_are_not_crossed():
    rng, n = np.random.default_rng(0), 400
    table = {f"x{j}": rng.normal(size=n) for j in range(12)}
    plans = [choose(table, *of_labels(rng.integers(0, 2, n))) for _ in range(10)]
    assert sum(len(plan.crosses) + len(plan.weak) for plan in plans) <= 10  # of 660 pairs


def test_a_pair_of_places_is_the_strong_cross_though_their_numbers_repeat():
    rng, n = np.random.default_rng(0), 12_000
    place = {name: rng.integers(0, 800, n) / 100 for name in ("north", "east")}
    table = {**place, "age": rng.integers(1, 53, n), "other": rng.normal(size=n)}
    y = ((place["north"] // 2 + place["east"] // 2) % 2).astype(int)
    plan = choose(table, *of_labels(y))
    assert plan.crosses == (("north", "east"),)
    assert plan.columns["north"].exact == 0 and plan.columns["north"].buckets >= 10


def of_labels(y):
    answers, _, _ = choose_answers("y", y)
    return answers, answers.desired(y)


def test_74_numbers_are_chosen_in_seconds():
    rng, n = np.random.default_rng(0), 40_000
    table = {f"x{j}": rng.normal(size=n) for j in range(74)}
    y = (table["x0"] * table["x1"] > 0).astype(int)
    answers, _, _ = choose_answers("y", y)
    start = time.process_time()
    plan = choose(table, answers, answers.desired(y))
    assert plan.crosses[0] == ("x0", "x1") and time.process_time() - start < 10


@pytest.mark.parametrize(
    "values, head, words",
    [
        (["a", "b"] * 20, "binary", "two values"),
        ([0, 1, 2] * 20, "classes", "3 classes"),
        ([0.5, 1.5, 2.5] * 20, "number", "a number"),
        (list(range(40)), "number", "40 different numbers"),
    ],
)
def test_the_head_is_chosen_by_the_label(values, head, words):
    answers, known, why = choose_answers("y", as_column(values))
    assert answers.head == head and known.all() and words in why


def test_a_head_can_be_asked_for_and_a_wrong_one_is_refused():
    assert choose_answers("y", as_column([1, 2, 3] * 20), "number")[0].head == "number"
    with pytest.raises(ValueError, match="is no number"):
        choose_answers("y", as_column(["a", "b"] * 20), "number")
    with pytest.raises(ValueError, match="holds 3 values"):
        choose_answers("y", as_column(["a", "b", "c"] * 20), "binary")
    with pytest.raises(ValueError, match="--positive 'z'"):
        choose_answers("y", as_column(["a", "b"] * 20), positive="z")


@pytest.mark.parametrize("wrong, came", [("much", "'much'"), (np.nan, "nan"), ("1e999", "'1e999'")])
def test_a_label_of_another_kind_than_was_learned_is_refused(wrong, came):
    answers, _, _ = choose_answers("y", as_column(list(range(40))))
    with pytest.raises(ValueError, match=f"label 'y', row 1: {came} is no number; drop such rows"):
        answers.desired(as_column(np.array([3, wrong, 5], object)))
