"""Silent bugs: every slip that keeps the shapes is trained once, the check finds it, and some of them train."""

from dataclasses import replace

import numpy as np
import pytest

from widedeep.datasets import adult
from widedeep.experiments import silent_bugs
from widedeep.experiments.trial import Setting
from widedeep.recipes import RECIPES


@pytest.fixture
def few(monkeypatch):
    """Three slips, one of which is seen at once, on few rows."""
    names = ("right", "11 D1 db1", "11 M12 dW1", "16 O3.uphill")
    every = silent_bugs.bugs()
    monkeypatch.setattr(silent_bugs, "bugs", lambda: [bug for bug in every if bug.name in names])
    monkeypatch.setattr(silent_bugs, "EPOCHS", 3)
    monkeypatch.setattr(silent_bugs, "ROWS", 1500)


def test_the_experiment(few):
    data = adult.load()
    rows = np.random.default_rng(0).permutation(len(data.labels))[:4000]
    parts = {"train": rows[:2000], "validation": rows[2000:2500], "test": rows[2500:]}
    data = replace(data, splits={**data.splits, "random": parts})
    ticks = []
    setting = Setting(data, RECIPES["adult"], 2)
    outcome = silent_bugs.run(setting, lambda: ticks.append(1))
    assert len(ticks) == silent_bugs.count(setting) == 2 * 4
    assert set(outcome.summary) == {"11 D1 db1", "11 M12 dW1", "16 O3.uphill"}
    assert all(row["says"] for row in outcome.summary.values()), "the check names each"
    silent = silent_bugs.unnoticed(outcome.summary)
    assert "11 D1 db1" in silent and "16 O3.uphill" not in silent
    lines = silent_bugs.table(outcome)
    assert "the check names 3" in lines[1] + lines[2] and any(line.startswith("*16 O3.uphill") for line in lines)


def test_the_right_network_is_that_of_the_exercises():
    """One step of training, by hand: the slopes of exercise 11, the step of exercise 16."""
    names = [bug.name for bug in silent_bugs.bugs()]
    assert names[0] == "right" and len(names) == len(set(names)) > 60
    assert {bug.exercise for bug in silent_bugs.bugs()} == {"", *silent_bugs.EXERCISES}
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 3)), (rng.normal(size=(200, 1)) > 0) * 1.0
    y[X[:, 0] > 0] = 1
    logits = silent_bugs.train(silent_bugs.bugs()[0], X, y, 0)
    assert ((logits(X) > 0) == y).mean() > 0.7
