"""The search for settings reads no test row, and every other row validates once."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # benchmarks/ is not installed with the packages

from benchmarks import search
from widedeep.datasets import adult


@pytest.mark.parametrize("split", ["random", "official"])
def test_folds_hold_the_training_and_validation_rows_and_no_other(split):
    data = adult.load()
    cut = search.folds(data, split, 4)
    mine = np.concatenate([data.splits[split][part] for part in ("train", "validation")])
    held = [parts["validation"] for parts in cut.splits.values()]
    assert len(held) == 4 and sorted(np.concatenate(held)) == sorted(mine)
    for parts in cut.splits.values():
        assert sorted(np.concatenate([parts["train"], parts["validation"]])) == sorted(mine)
        assert parts["test"].tolist() == parts["validation"].tolist()


def test_settings_that_diverge_lose_and_do_not_stop_the_search(monkeypatch):
    class Diverges:
        def fit(self, *args, **settings):
            raise ValueError("the loss became nan")

    monkeypatch.setattr(search, "varied", lambda *args, **settings: Diverges())
    monkeypatch.setattr(search, "prepared", lambda *args: None)
    assert search.score(search.START, "random", 0, 4) == (np.inf, 0)


def test_the_search_keeps_what_is_better_and_stops_when_nothing_is(monkeypatch, capsys, tmp_path):
    class Now:  # no processes: the scores are made up
        def __init__(self, jobs):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def submit(self, score, choice, split, fold, k):
            loss = (
                1
                - 0.1 * (choice["lr"] == 0.02)
                - 0.05 * (choice["d"] == 16)
                - 0.00005 * (choice["embedding_decay"] == 0.1)
            )
            return type("Job", (), {"result": lambda self: (loss, 3)})()

    monkeypatch.setattr(search, "ProcessPoolExecutor", Now)
    assert search.main(["--folds", "2", "--json", str(tmp_path / "trials.json")]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-1].startswith("round 2: 0.85000") and "'lr': 0.02" in told[-1] and "'d': 16" in told[-1]
    assert "'embedding_decay': 0.0" in told[-1]  # a gain below --gain is none
