"""Training from a file in passes: the columns as in memory, every row once, and a killed run goes on bit for bit."""

import json
from collections import Counter

import numpy as np
import pytest

from widedeep import Category, WithMissing
from widedeep.auto import stream
from widedeep.auto.reading import read_chunks, read_rows
from widedeep.auto.run_train import main
from widedeep.auto.stream import ROW, collected, learn, numbered, survey, train_stream
from widedeep.auto.table_encoder import TableEncoder
from widedeep.auto.table_model import open_model, train_table

N = 600
draw = np.random.default_rng(0)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    city, job, age = draw.choice(list("abcdef"), N), draw.choice(["x", "y", ""], N), draw.normal(40, 10, N)
    p = 0.2 + 0.5 * ((city < "d") & (job == "x")) + 0.2 * (age > 45)
    rich = np.where(draw.random(N) < p, "yes", "no")
    rich[:3] = ""  # rows without a label
    lines = [f"{k},{city[k]},{job[k]},{age[k]:.2f},{rich[k]}" for k in range(N)]
    path = tmp_path_factory.mktemp("stream") / "people.csv"
    path.write_text("id,city,job,age,rich\n" + "\n".join(lines) + "\n")
    return path


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    monkeypatch.setattr(stream, "WINDOW", 64)
    monkeypatch.setattr("widedeep.auto.reading.find_spec", lambda name: None)  # the reader that needs no pyarrow


def test_with_pyarrow_it_is_the_same_file(path, monkeypatch):
    plain = survey(path, "rich", 0)
    monkeypatch.undo()
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(stream, "WINDOW", 64)
    found = survey(path, "rich", 0)
    assert found.rows == plain.rows and found.counts == plain.counts
    assert found.sample[ROW].tolist() == plain.sample[ROW].tolist()
    assert found.sample["age"].tolist() == plain.sample["age"].astype(float).tolist()


def weights(model):
    return {name: np.asarray(tower.w).tobytes() for name, tower in model.towers.items()} | {"b": model.b.tobytes()}


def test_the_survey_counts_every_row_and_draws_a_sample(path, monkeypatch):
    table = read_rows(path, print)
    found = survey(path, "rich", 0)
    assert found.rows == N and sorted(found.sample[ROW]) == list(range(N))
    assert found.sample[ROW].tolist() != list(range(N))
    assert found.counts["city"] == Counter(table["city"].tolist())
    assert found.counts["job"][None] == (table["job"] == "").sum() and "age" not in found.counts
    monkeypatch.setattr(stream, "SAMPLE", 100)
    few = survey(path, "rich", 0)
    assert few.rows == N and len(set(few.sample[ROW].tolist())) == 100
    assert (few.sample["city"] == table["city"][few.sample[ROW]]).all()
    assert few.counts == found.counts
    assert few.sample[ROW].tolist() == found.sample[ROW][:100].tolist()


def test_every_row_is_as_likely_in_the_sample_wherever_it_stands(path, monkeypatch):
    monkeypatch.setattr(stream, "SAMPLE", 60)
    places = np.concatenate([survey(path, "rich", seed).sample[ROW] for seed in range(20)])
    shares = np.histogram(places, bins=6, range=(0, N))[0] / len(places)
    assert np.abs(shares - 1 / 6).max() < 0.05  # three standard deviations: 3 sqrt(1/6 5/6 / 1200) = .03


def test_rare_values_are_forgotten_before_frequent_ones(path, monkeypatch):
    monkeypatch.setattr(stream, "MOST", 2)
    counts = survey(path, "rich", 0).counts["city"]
    assert len(counts) < 6 and max(counts.values()) > 60


def test_an_encoder_that_saw_all_rows_is_the_one_of_the_table_in_memory(path):
    """But for the order of equally frequent values, which is that of the file in one and of the sample in the other."""
    table = read_rows(path, print)
    found = survey(path, "rich", 0)
    plan = train_table(table, "rich", budget=2).plan
    answers = train_table(table, "rich", plan=plan, budget=1).answers
    whole, learned = TableEncoder.by(plan, answers), TableEncoder.by(plan, answers)
    whole.fit({name: column for name, column in table.items() if name != "rich"})
    learn(learned, found.sample, found.counts)
    for a, b in zip(whole.columns, learned.columns):
        assert a.name == b.name and getattr(a, "size", 0) == getattr(b, "size", 0)
        if isinstance(getattr(a, "column", a), Category):
            assert set(getattr(a, "column", a).values) == set(getattr(b, "column", b).values)


def test_a_value_that_the_sample_lacks_is_learned(path, monkeypatch):
    monkeypatch.setattr(stream, "SAMPLE", 100)
    found = survey(path, "rich", 0)
    found.counts["city"]["never drawn"] = 50
    table = {name: column for name, column in read_rows(path, print).items()}
    best = train_table(table, "rich", budget=2)
    encoder = TableEncoder.by(best.plan, best.answers)
    learn(encoder, found.sample, found.counts)
    city = next(column for column in encoder.columns if column.name == "city")
    assert "never drawn" in getattr(city, "column", city).values
    job = next(column for column in encoder.columns if column.name == "job")
    assert isinstance(job, WithMissing) and job.seen and job.size == job.column.size + 1


def test_a_model_of_every_row_but_those_held_out(path, monkeypatch):
    monkeypatch.setattr(stream, "SAMPLE", 300)
    said, windows = [], []
    found = train_stream(path, "rich", budget=3, epochs=2, say=said.append, report=lambda: windows.append(1))
    held = found.encoder.about["held_out"]
    assert 50 <= held <= 60 and found.rows == N - 3 - held
    assert len(windows) == 2 * -(-found.rows // 64)
    assert found.metrics["auc"] > 0.6
    n, again = found.evaluate(read_rows(path, print))
    assert n == N - 3 and again["auc"] > 0.65
    assert any("pass 2 over" in line for line in said)


class Killed(Exception):
    pass


@pytest.mark.parametrize("at", [0, 3, 11])
def test_a_killed_run_goes_on_bit_for_bit(path, tmp_path, at):
    """The choice is kept beside the checkpoint: how much there was time for differs from run to run."""
    file = tmp_path / "run.npz"
    windows = iter(range(at))

    def die():
        if next(windows, None) is None:
            raise Killed

    asked = {"budget": 2, "epochs": 2}
    with pytest.raises(Killed):
        train_stream(path, "rich", checkpoint=file, report=die, **asked)
    begun = (tmp_path / "run.npz.begun.npz").read_bytes()
    (tmp_path / "whole.npz.begun.npz").write_bytes(begun)
    whole = train_stream(path, "rich", checkpoint=tmp_path / "whole.npz", resume=True, **asked)
    said = []
    again = train_stream(path, "rich", checkpoint=file, resume=True, say=said.append, **asked)
    assert said[0] == f"going on from {file}"
    assert weights(again.model) == weights(whole.model) and again.metrics == whole.metrics


def test_a_checkpoint_of_another_file_is_refused(path, tmp_path):
    asked = {"budget": 2, "epochs": 1, "checkpoint": tmp_path / "run.npz"}
    train_stream(path, "rich", **asked)
    other = tmp_path / "other.csv"
    other.write_text(path.read_text() + "9,a,x,1,yes\n")
    with pytest.raises(ValueError, match="begun.npz: of a run on .*people.csv of .* bytes; want the same file"):
        train_stream(other, "rich", resume=True, **asked)


def test_on_the_command_line(path, tmp_path, capsys):
    arguments = [str(path), "--label", "rich", "--out", str(tmp_path / "m.npz"), "--budget", "2", "--stream"]
    assert main([*arguments, "--epochs", "1", "--json", str(tmp_path / "m.json")]) == 0
    said = json.loads((tmp_path / "m.json").read_text())
    assert said["rows"] + said["held_out"] == N - 3 and said["metrics"]["auc"] > 0.5
    assert open_model(tmp_path / "m.npz").answer(read_rows(path, print))["probability"].shape == (N,)
    with pytest.raises(SystemExit):
        main([*arguments, "--epochs", "0"])
    assert "--epochs 0: want at least 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text, words",
    [
        ("", r"line 1 holds \[\]; want a name of its own"),
        ("a,a\n1,2\n", "want a name of its own for each column"),
        ("a,b\n1,2\n1,2,3\n", "at line 3 or before: 3 values, .* for 2 columns"),
        ('a,b\n1,"2\n', "line 2: not a CSV of UTF-8 text"),
        ("a,b\n", "no rows; want a header line and some"),
        ("a,b\n1,2\n", "label 'rich': the table lacks it; it has a, b"),
    ],
    ids=["empty", "twice", "ragged", "quotes", "no rows", "no label"],
)
def test_what_cannot_be_read_is_refused(tmp_path, text, words):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(ValueError, match=words):
        survey(tmp_path / "x.csv", "rich", 0)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(OSError, match="cannot open .*gone.csv: No such file"):
        list(read_chunks(tmp_path / "gone.csv", 10))


def test_rows_by_their_numbers(path):
    rows = np.array([599, 0, 63, 64, 300])
    found = collected(path, rows)
    assert found[ROW].tolist() == rows.tolist() and (found["id"] == rows.astype(str)).all()
    assert [len(chunk[ROW]) for chunk in numbered(path)] == [64] * 9 + [24]
