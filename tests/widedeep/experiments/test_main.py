"""Every experiment: its rows, table and figure; the command."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.widedeep.experiments.builders import run, small_appstore
from tests.widedeep.small_sets import small_adult, small_films
from widedeep.datasets import Dataset, DataUnavailable, movielens
from widedeep.experiments import __main__ as command
from widedeep.experiments import cold_start, warm_start
from widedeep.experiments.trial import METRICS

SMALL = {"adult": small_adult, "appstore": small_appstore, "movielens": small_films}


CASES = [
    ("ablation", "adult"),
    ("ablation", "appstore"),
    ("small-wide", "movielens"),
    ("sparsity", "appstore"),
    ("warm-start", "movielens"),
    ("warm-start", "appstore"),
    ("cold-start", "movielens"),
    ("features", "adult"),
    ("leakage", "movielens"),
]


@pytest.mark.parametrize("name, source", CASES)
def test_rows_hold_the_keys_and_the_table_and_the_figure_are_made(name, source, tmp_path):
    outcome = run(name, SMALL[source](), seeds=2 if name == "ablation" else 1)
    told = json.loads(command.as_json({"experiment": name}, outcome))
    assert told["experiment"] == name and len(told["rows"]) == len(outcome.rows)
    for row in told["rows"]:
        assert {"model", "seed", *METRICS} <= row.keys()
        assert 0 <= row["auc"] <= 1 and 0 <= row["accuracy"] <= 1 and row["log_loss"] > 0
    assert all(len(line) < 140 for line in command.EXPERIMENTS[name].table(outcome))
    path = command.draw(command.EXPERIMENTS[name], outcome, tmp_path / "figure.png", name)
    assert path.read_bytes()[:4] == b"\x89PNG"


def rows_tested(name: str, data: Dataset) -> np.ndarray:
    """Which rows each experiment tests on."""
    if name == "warm-start":
        return warm_start.days(data)[1].splits["ordered"]["test"]
    if name == "cold-start":
        return np.concatenate(list(cold_start.held_out(data)[1].values()))
    return data.splits["random"]["test"]


@pytest.mark.parametrize("name, source", [case for case in CASES if case != ("ablation", "adult")])
def test_other_test_labels_change_test_metrics_and_nothing_else(name, source):
    """No weight, no epoch, no validation figure, no ranking of crosses may know a test label."""
    data = SMALL[source]()
    rows = rows_tested(name, data)
    labels = data.labels.copy()
    labels[rows] = 1 - labels[rows]
    before, after = run(name, data), run(name, replace(data, labels=labels))
    tested = {*METRICS, "seconds", "auc_known_page", "auc_elsewhere"}
    changed = 0
    for one, other in zip(before.rows, after.rows, strict=True):
        changed += one["log_loss"] != other["log_loss"]
        assert {k: v for k, v in one.items() if k not in tested} == {k: v for k, v in other.items() if k not in tested}
    assert changed == len(before.rows)
    for key in ("why", "crosses by gain", "carried, old, new", "rows"):
        assert before.summary.get(key) == after.summary.get(key)


def test_runs_repeat():
    data = small_appstore()
    one, other = run("ablation", data), run("ablation", data)
    for row in (*one.rows, *other.rows):
        row.pop("seconds", None)
    assert one.rows == other.rows


def test_the_command_writes_what_it_prints(tmp_path, capsys):
    paths = tmp_path / "out" / "a.json", tmp_path / "out" / "a.png"
    argv = ["ablation", "--data", "appstore", "--seeds", "1", "--epochs", "1"]
    assert command.main([*argv, "--json", str(paths[0]), "--plot", str(paths[1])]) == 0
    told = json.loads(paths[0].read_text())
    assert [told[key] for key in ("experiment", "data", "split", "seeds")] == ["ablation", "appstore", "random", 1]
    assert {row["model"] for row in told["rows"]} > {"wide", "deep", "joint", "ensemble"}
    joint = next(row for row in told["rows"] if row["model"] == "joint")
    assert f"{joint['auc']:.4f}" in capsys.readouterr().out and paths[1].stat().st_size > 1000


@pytest.mark.parametrize(
    "argv, told",
    [
        ([], "NAME"),
        (["nonsense"], "ablation"),
        (["ablation", "--seeds", "0"], "at least 1"),
        (["ablation", "--epochs", "-1"], "at least 1"),
        (["ablation", "--data", "iris"], "adult"),
        (["ablation", "--data", "movielens", "--split", "official"], "want random"),
        (["features", "--data", "movielens"], "want --data adult"),
        (["features", "--folder", "x"], "--folder is for MovieLens"),
        (["ablation", "--recipe", "movielens-ids", "--data", "adult"], "is for movielens"),
        (["warm-start", "--split", "random"], "want ordered"),
        (["leakage", "--plot", "a.png", "--out", "b"], "not allowed"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(argv, told, capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(argv)
    error = capsys.readouterr().err
    assert stopped.value.code == 2 and told in error and error.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_told_before_any_work(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert command.main(["features", "--out", str(tmp_path / "file" / "below")]) == 2
    assert "choose another" in capsys.readouterr().err


def test_movielens_out_of_reach(monkeypatch, capsys, tmp_path):
    def unreachable(folder=None, network=True):
        raise DataUnavailable("MovieLens-100K is not in the cache\n  and there is no network\nremedy: ...")

    monkeypatch.setattr(movielens, "load", unreachable)
    assert command.main(["leakage", "--out", str(tmp_path)]) == 2  # the app store has no clock
    assert command.main(["ablation", "--data", "movielens", "--out", str(tmp_path)]) == 2  # asked for by name
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2 and all("there is no network" in line for line in told)
    assert command.choose(command.parse(["cold-start"]), cold_start).name == "appstore"
    assert "instead of MovieLens" in capsys.readouterr().out
