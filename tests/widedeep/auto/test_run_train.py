"""Bad input of train and its neighbours: one clear line with the remedy, code 2, nothing half-written."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.widedeep.auto.small_tables import people, without, write
from widedeep import Encoder, Wide, WideDeep, load, save
from widedeep.__main__ import main
from widedeep.auto import search
from widedeep.auto.search import train_member

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(table, label="income", *options, budget="2"):
    data = write("t.csv", table)
    return main(["train", data, "--label", label, "--out", "m.npz", "--budget", budget, "--json", "t.json", *options])


def one_line(capsys, *words):
    """What went wrong stands in one line of stderr, with these words."""
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert len(lines) == 1 and all(word in lines[0] for word in words), lines
    return lines[0]


@pytest.mark.parametrize(
    "change, label, words",
    [
        ({}, "incom", ["the table lacks it", "income"]),
        ({"income": ["rich"] * 400}, "income", ["'rich' in every row", "want two values"]),
        ({"income": [f"x{i}" for i in range(400)]}, "income", ["a value of their own", "as an id has"]),
        ({"income": [""] * 400}, "income", ["every row lacks it"]),
        ({"income": [f"v{i % 60}" for i in range(400)]}, "income", ["60 different values", "at most 50"]),
        ({"age": [1] * 400, "height": [2] * 400, "job": ["x"] * 400}, "income", ["no column is left"]),
    ],
)
def test_a_label_or_table_that_nothing_can_be_learned_from(folder, capsys, change, label, words):
    assert train({**without(people(), "colour", "wage"), **change}, label) == 2
    one_line(capsys, *words)
    assert sorted(os.listdir(folder)) == ["t.csv"]


def test_too_few_rows_a_file_that_is_not_there_and_one_that_is_no_model(folder, capsys):
    assert train(people(12)) == 2
    one_line(capsys, "12 rows", "at least 20")
    assert main(["train", "none.csv", "--label", "income"]) == 2
    one_line(capsys, "none.csv", "is the path right, seen from the folder you are in?")
    for command in (["evaluate"], ["predict", "--out", "p.csv"], ["explain"]):
        assert main([command[0], "none.npz", "t.csv", *command[1:]]) == 2
        one_line(capsys, "none.npz", "widedeep train")
    assert main(["inspect", "t.csv"]) == 2
    one_line(capsys, "t.csv: a table, where a model is wanted")
    Path("m.zip").write_bytes(Path("t.csv").read_bytes())
    assert main(["inspect", "m.zip"]) == 2
    one_line(capsys, "m.zip", "not a whole archive")


def test_a_budget_too_small_for_one_epoch_says_what_there_was_time_for(folder, capsys):
    assert train(people(5000), budget="0.001") == 2
    one_line(capsys, "1 of the", "steps of one epoch", "--budget 10")
    assert sorted(os.listdir(folder)) == ["t.csv"]


@pytest.mark.parametrize(
    "text, words",
    [
        ("label = 'income'", ["head = None", "binary, classes, number"]),
        ("label = income", ["not TOML"]),
        ("label = 'income'\nhead = 'binary'\n[columns]\nshoes = {kind = 'number'}", ["'shoes'", "the table lacks"]),
        ("label = 'income'\nhead = 'binary'\n[columns]\nage = {kind = 'nummer'}", ["'nummer'", "number, category"]),
        ("label = 'income'\nhead = 'binary'\n[columns]\nage = {kind = 'number', bukets = 3}", ["'bukets'"]),
        ("label = 'income'\nhead = 'binary'\n[columns]\nage = {kind = 'number', buckets = '3'}", ["want a int"]),
        (
            "label = 'income'\nhead = 'binary'\n[columns]\nage = 'number'\n[crosses]\npairs = [['age', 'job']]",
            ["'job'"],
        ),
        ("label = 'income'\nhead = 'binary'\n[columns]\nincome = 'category'", ["the label 'income' among its columns"]),
        ("label = 'wage'\nhead = 'number'\n[columns]\nage = 'number'", ["--label income", "is for label 'wage'"]),
        ("label = 'income'\nhead = 'binary'\n[columns]\nage = '__import__(1)'", ["__import__(1)", "want one of"]),
    ],
)
def test_a_columns_file_that_is_wrong_is_told_where(folder, capsys, text, words):
    Path("c.toml").write_text(text)
    assert train(people(), "income", "--columns", "c.toml") == 2
    one_line(capsys, *words)
    assert not Path("m.npz").exists() and not Path("t.json").exists()


def test_a_column_that_gives_the_label_away_is_warned_of_by_name(folder, capsys):
    table = without(people(), "colour", "wage")
    table["tax_class"] = np.where(table["income"] == ">50K", "A", "B")
    assert train(table) == 0
    notes = json.loads(Path("t.json").read_text())["notes"]
    warned = [note for note in notes if note.startswith("WARNING")]
    assert len(warned) == 1 and "tax_class" in warned[0] and 'kind = "out"' in warned[0]


def test_text_and_ids_are_left_out_and_said_so(folder, capsys):
    table = without(people(), "colour", "wage")
    assert train({**table, "name": [f"P. {i}" for i in range(400)], "zip": [f"0{i % 40:04d}" for i in range(400)]}) == 0
    told = json.loads(Path("t.json").read_text())
    out = {name for name, column in told["columns"].items() if column["kind"] == "out"}
    assert out == {"id", "remarks", "name"} and told["columns"]["zip"]["kind"] == "category"
    assert any(note.startswith("id left out: a whole number of its own") for note in told["notes"])
    assert any(note.startswith("remarks left out: free text") for note in told["notes"])


def test_a_model_of_a_newer_version_is_refused(folder, capsys):
    assert train(without(people(), "colour", "wage")) == 0
    with np.load("m.npz") as archive:
        arrays = dict(archive)
    about = json.loads(arrays["about"].tobytes())
    arrays["about"] = np.frombuffer(json.dumps({**about, "version": 99}).encode(), np.uint8)
    np.savez("newer.npz", **arrays)
    assert main(["inspect", "newer.npz"]) == 2
    one_line(capsys, "newer version", "update the package")


def test_a_table_without_a_column_of_the_model_and_one_with_dirt(folder, capsys):
    table = without(people(), "colour", "wage")
    assert train(table) == 0
    write("less.csv", without(table, "age"))
    assert main(["predict", "m.npz", "less.csv", "--out", "p.csv"]) == 2
    one_line(capsys, "lacks 'age'")
    assert not Path("p.csv").exists()
    dirty = {**table, "age": ["unknown", "", "1e999", *table["age"][3:]], "job": ["", "king", *table["job"][2:]]}
    write("dirty.csv", dirty)
    assert main(["predict", "m.npz", "dirty.csv", "--out", "p.csv"]) == 0
    assert len(Path("p.csv").read_text().splitlines()) == 401
    assert main(["predict", "m.npz", "dirty.csv", "--out", "q.csv", "--id", "nr"]) == 2
    one_line(capsys, "--id nr", "the table lacks it")


def test_every_command_says_how_a_file_was_read(folder, capsys):
    table = without(people(200), "colour", "wage", "remarks")
    assert train(table) == 0
    lines = Path("t.csv").read_text().splitlines()
    ragged = [*lines[:9], lines[9] + ",one,more", *lines[10:]]
    Path("ragged.csv").write_text("\n".join(ragged) + "\n")
    Path("semi.csv").write_text("\n".join(line.replace(",", ";") for line in lines) + "\n")
    capsys.readouterr()
    for command in (["evaluate", "m.npz"], ["explain", "m.npz"], ["predict", "m.npz", "--out", "p.csv", "--id", "id"],
                    ["columns", "--label", "income"]):  # fmt: skip
        at = 1 if command[0] == "columns" else 2
        assert main([*command[:at], "semi.csv", *command[at:]]) == 0
        assert "note: read with semicolons between the values" in capsys.readouterr().err
        assert main([*command[:at], "ragged.csv", *command[at:]]) == 0
        assert "note: 1 line has another number of values" in capsys.readouterr().err
    assert len(Path("p.csv").read_text().splitlines()) == 200  # a header, and a row less
    Path("p.csv").unlink()
    assert main(["predict", "m.npz", "ragged.csv", "--out", "p.csv"]) == 2  # whose answers are they?
    one_line(capsys, "1 line has another number of values")
    assert not Path("p.csv").exists()


def test_whole_numbers_called_like_an_id_are_pointed_out(folder, capsys):
    table = without(people(300), "colour", "wage", "id")
    table["shop id"] = np.arange(300) // 3
    assert train(table) == 0
    assert "shop id is read as a number, though it is called like an id" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_model(folder):
    table = without(people(200), "colour", "income")
    assert train(table, "wage", budget="600") == 0  # no epoch is left out for want of time
    first = load("m.npz")[0]
    assert train(table, "wage", budget="600") == 0  # no epoch is left out for want of time
    again = load("m.npz")[0]
    assert all(np.array_equal(first.towers[name].w, again.towers[name].w) for name in first.towers)


@pytest.mark.skipif(os.name == "nt", reason="sends SIGINT")
def test_ctrl_c_keeps_the_best_so_far(folder):
    data = write("t.csv", without(people(20000), "colour", "income"))
    command = [sys.executable, "-m", "widedeep", "train", data, "--label", "wage", "--out", "m.npz", "--budget", "100"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"})  # fmt: skip
    line = ""
    while "loss" not in line:  # the first candidate is through
        line = running.stdout.readline()
        assert line or running.poll() is None
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 2 and "stopped by hand" in err and "kept in m.npz" in err and "Traceback" not in err
    assert main(["evaluate", "m.npz", data]) == 0


@pytest.mark.parametrize(
    "argv, words",
    [
        (["train", "t.csv"], "want --label COLUMN, the column to predict, or --columns FILE"),
        (["train", "t.csv", "--label", "y", "--budget", "0"], "--budget 0, --seed 0: want more than 0 seconds"),
        (["train", "t.csv", "--label", "y", "--seed", "-1"], "--seed -1: want more than 0 seconds, and a seed"),
        (["explain", "m.npz", "t.csv", "--rows", "0"], "--rows 0, --top 8: want at least 1 of both"),
        (["inspect", "m.npz", "--top", "-1"], "--top -1: want 0 or more"),
    ],
)
def test_a_call_that_cannot_be_meant_ends_with_2(folder, capsys, argv, words):
    assert main(argv) == 2 and words in capsys.readouterr().err


def test_columns_files_and_labels_that_are_not_there(folder, capsys):
    assert train(people(), "income", "--columns", "none.toml") == 2
    one_line(capsys, "none.toml: no such columns file", "widedeep columns DATA")
    assert main(["columns", "t.csv", "--label", "incom"]) == 2
    one_line(capsys, "label 'incom': the table lacks it; it has id, age")


def test_tables_to_evaluate_and_predict_that_do_not_fit_the_model(folder, capsys):
    table = without(people(), "colour", "wage")
    assert train(table) == 0
    write("unlabelled.csv", without(table, "income"))
    write("empty.csv", {**table, "income": [""] * 400})
    write("strange.csv", {**table, "income": ["much", *table["income"][1:]]})
    for file, words in (
        ("unlabelled.csv", "label 'income': the table lacks it; it has id, age"),
        ("empty.csv", "label 'income': every row lacks it"),
        ("strange.csv", "label 'income' holds 'much'; the model knows '>50K', '<=50K'"),
    ):
        assert main(["evaluate", "m.npz", file]) == 2
        one_line(capsys, words)
    write("named.csv", {**table, "probability": table["id"]})
    assert main(["predict", "m.npz", "named.csv", "--out", "p.csv", "--id", "probability"]) == 2
    one_line(capsys, "--id probability: a column of answers has the same name; rename it in named.csv")


def test_an_archive_without_a_plan_is_no_model_of_train(folder, capsys):
    encoder = Encoder(wide=["job"]).fit({"job": ["cook", "clerk"]})
    save("other.npz", WideDeep(wide=Wide(encoder.n_wide)), encoder)
    assert main(["inspect", "other.npz"]) == 2
    one_line(capsys, "other.npz: an archive of widedeep.save without a plan of its table", "widedeep train")


def test_stopped_by_hand_says_where_the_best_so_far_is(folder, capsys, monkeypatch):
    judged = []

    def stopping(*arguments):
        if judged:
            raise KeyboardInterrupt
        judged.append(train_member(*arguments))
        return judged[-1]

    monkeypatch.setattr(search, "train_member", stopping)
    assert train(without(people(), "colour", "wage")) == 2
    one_line(capsys, "stopped by hand after", "the best so far is kept in m.npz; run it again for the rest")
    assert main(["inspect", "m.npz"]) == 0
