"""The roof: one command, every other one under it."""

import ast
import csv
import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from tests.widedeep.auto.small_tables import people, without, write
from widedeep.__main__ import COMMANDS, main
from widedeep.auto.reading import read_rows
from widedeep.auto.table_model import open_model

LABELS = {"binary": "income", "classes": "colour", "number": "wage"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """For each head: train, on files, as a person would."""
    folder, found = tmp_path_factory.mktemp("tables"), {}
    for head, label in LABELS.items():
        others = [name for name in LABELS.values() if name != label]
        data = write(folder / f"{head}.csv", without(people(), *others))
        new = write(folder / f"{head}-new.csv", without(people(200, seed=1), *others))
        model, told = str(folder / f"{head}.npz"), folder / f"{head}.json"
        positive = ["--positive", ">50K"] if head == "binary" else []
        code = main(["train", data, "--label", label, "--out", model, "--budget", "4", "--json", str(told), *positive])
        found[head] = {"code": code, "data": data, "new": new, "model": model, "json": json.loads(told.read_text())}
    return found


@pytest.mark.parametrize("head", LABELS)
def test_train_evaluate_predict_from_the_command_line(kept, head, tmp_path, capsys):
    of, label = kept[head], LABELS[head]
    names = {"binary": {"auc", "log_loss", "accuracy"}, "classes": {"log_loss", "accuracy"}, "number": {"rmse", "mae"}}
    assert of["code"] == 0 and of["json"]["rows"] == 400 and of["json"]["head"] == head
    assert set(of["json"]["metrics"]) == names[head] and of["json"]["model"] == of["model"]
    assert main(["evaluate", of["model"], of["new"], "--label", label, "--json", "-"]) == 0
    new = json.loads(capsys.readouterr().out)
    assert new["rows"] == 200 and set(new["metrics"]) == names[head]
    assert main(["predict", of["model"], of["new"], "--out", str(tmp_path / "p.csv"), "--id", "id"]) == 0
    with open(tmp_path / "p.csv") as file:
        answers = list(csv.DictReader(file))
    truth = people(200, seed=1)
    assert [int(row["id"]) for row in answers] == truth["id"].tolist()
    if head == "binary":
        p = np.array([float(row["probability"]) for row in answers])
        assert new["metrics"]["auc"] > 0.85
        assert np.mean((p > 0.5) == (truth["income"] == ">50K")) == pytest.approx(new["metrics"]["accuracy"])
    if head == "classes":
        p = np.array([[float(row[name]) for name in ("blue", "green", "red")] for row in answers])
        assert np.allclose(p.sum(axis=1), 1) and new["metrics"]["accuracy"] > 0.8
    if head == "number":
        error = np.array([float(row["prediction"]) for row in answers]) - truth["wage"]
        assert np.sqrt((error**2).mean()) == pytest.approx(new["metrics"]["rmse"], rel=1e-6)
        assert new["metrics"]["rmse"] < 0.5 * truth["wage"].std()


@pytest.mark.parametrize("head", LABELS)
def test_what_was_trained_is_exported_and_answers_elsewhere_what_predict_writes(kept, head, tmp_path, capsys):
    pytest.importorskip("onnx", reason="onnx is not installed: pip install 'widedeep[onnx]'")
    ort = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'widedeep[onnx]'")
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'widedeep[torch]'")
    pytest.importorskip("safetensors", reason="safetensors is not installed: pip install 'widedeep[safetensors]'")
    from widedeep.bridges.onnx import feeds
    from widedeep.bridges.safetensors import load_safetensors
    from widedeep.bridges.torch import take_back

    of, answers = kept[head], tmp_path / "answers.csv"
    for to in ("onnx", "torch", "safetensors"):
        assert main(["export", of["model"], "--to", to, "--out", str(tmp_path / f"model.{to}")]) == 0
    assert "output " in capsys.readouterr().out
    assert main(["predict", of["model"], of["new"], "--out", str(answers)]) == 0
    with open(answers) as file:
        want = np.array([[float(text) for text in row] for row in list(csv.reader(file))[1:]])
    rows, opened = read_rows(of["new"]), open_model(of["model"])
    session = ort.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    found = session.run(None, feeds(opened.encoder, rows))[0]
    assert found.shape == want.shape and np.ptp(want) > 0.5
    unit = opened.answers.spread if head == "number" else 1.0
    np.testing.assert_allclose(found, want, rtol=0, atol=1e-5 * unit)
    p = opened.model.predict(opened.encoder.encode(rows))
    np.testing.assert_allclose(p, want, rtol=0, atol=1e-5 * unit)
    take_back(opened.model, torch.load(tmp_path / "model.torch", weights_only=True))
    again, encoder, _ = load_safetensors(tmp_path / "model.safetensors")
    for model, reads in ((opened.model, opened.encoder), (again, encoder)):
        assert model.predict(reads.encode(rows)).tobytes() == p.tobytes()


@pytest.mark.parametrize("head", LABELS)
def test_inspect_and_explain_say_what_the_model_is(kept, head, capsys):
    of = kept[head]
    assert main(["inspect", of["model"], "--json", "-", "--top", "5"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["head"] == head and found["columns"]["job"]["kind"] == "category" and found["towers"]
    assert found["columns"]["id"]["kind"] == found["columns"]["remarks"]["kind"] == "out"
    assert main(["explain", of["model"], of["new"], "--rows", "2", "--json", "-"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert len(rows) == 2
    for row in rows:
        assert sum(term["weight"] for term in row["terms"]) == pytest.approx(row["net_sum"], abs=1e-9)
    if head == "binary":
        p = rows[0]["answer"]["probability"]
        assert np.log(p / (1 - p)) == pytest.approx(rows[0]["net_sum"])
    if head == "number":
        assert rows[0]["answer"]["prediction"] == pytest.approx(rows[0]["net_sum"])


def test_columns_prints_a_file_that_train_takes(kept, tmp_path, capsys):
    assert main(["columns", kept["binary"]["data"], "--label", "income"]) == 0
    text = capsys.readouterr().out
    assert '"job" = { kind = "category"' in text
    path = tmp_path / "columns.toml"
    lines = [line for line in text.splitlines() if not line.startswith('    ["') or '"height"' not in line]
    edited = "\n".join(lines).replace('"height" = { kind = "number"', '"height" = { kind = "out" } #')
    path.write_text(edited)
    out = str(tmp_path / "m.npz")
    told = str(tmp_path / "t.json")
    assert main(["train", kept["binary"]["data"], "--columns", str(path), "--out", out, "--budget", "3", "--json",
                 told]) == 0  # fmt: skip
    columns = json.loads((tmp_path / "t.json").read_text())["columns"]
    assert columns["height"]["kind"] == "out" and columns["age"]["kind"] == "number"


def test_help_teaches_with_an_example(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)
    for name in ("train", "evaluate", "predict", "explain", "inspect", "columns", "recommend", "completion"):
        assert main([name, "--help"]) == 0
        assert f"example:\n  {'eval' if name == 'completion' else f'widedeep {name}'}" in capsys.readouterr().out


def test_a_command_that_is_none_ends_with_2(capsys):
    assert main([]) == 2 and main(["tarin"]) == 2 and main(["train"]) == 2
    assert "no command is called 'tarin'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "ends, code, said", [("no such thing", 1, "no such thing\n"), (None, 0, ""), (2, 2, "")], ids=str
)
def test_a_command_that_ends_the_program_ends_only_itself(ends, code, said, monkeypatch, capsys):
    def run(rest):
        raise SystemExit(ends)

    monkeypatch.setattr("widedeep.__main__.import_module", lambda name: SimpleNamespace(main=run))
    assert main(["train"]) == code
    assert capsys.readouterr().err == said


def test_the_roof_imports_only_what_was_asked_for():
    program = (
        "import sys; from widedeep.__main__ import main; main(['completion', '--help']);"
        "print(sorted(m for m in sys.modules if m.startswith('widedeep.') or m == 'numpy'))"
    )
    done = subprocess.run([sys.executable, "-c", "import sys\nfrom widedeep.__main__ import main\nmain(['--help'])\n"
                           "print(sorted(m for m in sys.modules if m.split('.')[0] in ('numpy', 'widedeep')))"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert ast.literal_eval(done.stdout.splitlines()[-1]) == ["widedeep", "widedeep.__main__"]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    imported = ast.literal_eval(done.stdout.splitlines()[-1])
    assert not {"widedeep.demo", "widedeep.auto.search", "widedeep.experiments"} & set(imported)


@pytest.mark.parametrize("shell, line", [("bash", "complete -o filenames -F _widedeep widedeep"),
                                         ("zsh", "bashcompinit"), ("fish", "-l budget")])  # fmt: skip
def test_completion_knows_commands_and_options(shell, line, capsys):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert line in script and "evaluate" in script and "budget" in script
    if shell == "bash":
        typed = script + '\nCOMP_WORDS=(widedeep train --bu); COMP_CWORD=2; _widedeep; echo "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "-c", typed], capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["--budget"]
