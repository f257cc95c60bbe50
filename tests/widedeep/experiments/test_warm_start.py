"""Warm start: the gate, and days that follow each other."""

from tests.widedeep.experiments.builders import run, small_appstore
from tests.widedeep.small_sets import small_films
from widedeep.experiments import warm_start


def test_the_gate_lets_equals_pass():
    assert warm_start.promoted(0.5, 0.5) and warm_start.promoted(0.4, 0.5) and not warm_start.promoted(0.6, 0.5)


def test_broken_labels_do_not_pass_the_gate():
    rows = run("warm-start", small_appstore(), epochs=5).rows
    assert [row["promoted"] for row in rows if row["model"] == "warm, broken"] == [False]


def test_days_follow_each_other():
    before, after = (data.splits["ordered"] for data in warm_start.days(small_films()))
    time = small_films().table["timestamp"]
    assert set(before["train"]) | set(before["validation"]) < set(after["train"])
    assert time[after["train"]].max() <= time[after["validation"]].min()
    assert time[after["validation"]].max() <= time[after["test"]].min()
