"""Leakage: the page gives the answer away, the past does not."""

import numpy as np
import pytest

from tests.widedeep.experiments.builders import run
from tests.widedeep.small_sets import small_films
from widedeep.datasets import Dataset
from widedeep.experiments import leakage


def test_around_by_hand():
    # user 1 rated at 10 (liked), 10 (not), 20 (liked), 30 (not); user 2 at 10 (liked)
    table = {"user": np.array([1, 1, 1, 1, 2]), "timestamp": np.array([10, 10, 20, 30, 10])}
    labels = np.array([[1.0], [0.0], [1.0], [0.0], [1.0]])
    around = leakage.Around(["earlier", "same second", "later"], k=1)
    found = around.fit(table, labels)
    counts = np.rint(np.expm1(found[:, 1::2])).tolist()  # how many, in each stretch
    assert counts == [[0, 1, 1], [0, 1, 1], [1, 0, 1], [1, 0, 0], [0, 0, 0]]
    two = np.log(2)
    assert found[0, ::2] == pytest.approx([0, -two, two])  # its page's other row was not liked, the next was
    assert found[3, ::2] == pytest.approx([two, 0, 0])
    other = around.encode({"user": np.array([1, 3]), "timestamp": np.array([10, 10])})
    assert np.rint(np.expm1(other[:, 1::2])).tolist() == [[0, 2, 1], [0, 0, 0]]  # a stranger has nothing around
    flipped = labels.copy()
    flipped[0] = 0
    assert leakage.Around(["same second"]).fit(table, flipped)[0].tolist() == found[0, 2:4].tolist()  # not its own
    assert leakage.Around(["same second"]).fit(table, flipped)[1].tolist() != found[1, 2:4].tolist()  # but its page's


def test_why_by_hand():
    table = {"user": np.array([1, 1, 1, 2]), "timestamp": np.array([5, 5, 6, 5])}
    data = Dataset(
        name="movielens",
        table=table,
        labels=np.array([[1.0], [1.0], [0.0], [0.0]], np.float32),
        splits={"random": {"train": np.arange(4)}},
        citation="",
    )
    found = leakage.why(data, "random")
    assert found["share a second"] == 0.5 and found["mean page"] == 2  # user 1's two at second 5; user 2 is another
    assert found["agree, same second"] == 1 and found["agree, same user"] == pytest.approx(1 / 3)
    assert found["agree, next in time"] == 0 and found["agree, anybody"] == pytest.approx(2 / 6)


def test_the_page_gives_the_answer_away_and_the_past_does_not():
    rows = run("leakage", small_films(), epochs=8).rows
    found = {row["model"]: row["auc"] for row in rows}
    assert found["+ same second"] > found["joint"] + 0.05 and found["+ same second"] > found["+ earlier"] + 0.05
