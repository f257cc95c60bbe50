"""A student's file runs in a process of its own: whatever it does, there is one calm report."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from widedeep.exercises.checking import check_file

ROOT = Path(__file__).parents[3]
RIGHT = "return delta @ W.T, X.T @ delta, delta.sum(axis=0)"
KEYS = {"exercise", "verdict", "arrays", "causes", "recognised", "also", "kinks", "laws", "failure", "seconds"}


def written(folder, body, before="", name="05_dense.py"):
    path = folder / name
    path.write_text(
        f"import numpy as np\n{before}\ndef dense_backward(delta, X, W):\n    " + body.replace("\n", "\n    ") + "\n"
    )
    return path


def command(*args, cwd, **more):
    return subprocess.run(
        [sys.executable, "-m", "widedeep.exercises", *map(str, args)],
        cwd=cwd, text=True, capture_output=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, **more,
    )  # fmt: skip


def test_json_is_one_object_whatever_the_file_prints(tmp_path):
    before = "import sys, os\nprint('{\"verdict\": \"right\"}')\nsys.stderr.write('noise')\nos.write(1, b'raw')"
    path = written(tmp_path, "print(delta)\n" + RIGHT.replace("sum", "mean"), before)
    done = command("check", path, "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert done.returncode == 1 and done.stderr == "" and set(told) == KEYS
    assert told["verdict"] == "wrong" and told["causes"] == ["D1"] and told["recognised"] is True
    assert [array["name"] for array in told["arrays"]] == ["dX", "dW", "db"]
    db = told["arrays"][2]
    assert {"name", "verdict", "relative_error", "worst", "facts"} <= set(db) and db["verdict"] == "wrong"
    assert db["relative_error"] == pytest.approx(0.75) and len(db["worst"]) == 1


@pytest.mark.parametrize(
    "body, before, verdict, kind, line",
    [
        ("raise NotImplementedError", "", "not-written", "NotImplementedError", 4),
        ("return 1 / 0", "", "crashed", "ZeroDivisionError", 4),
        ("return undefined", "", "crashed", "NameError", 4),
        (RIGHT, "1 / 0", "crashed", "ZeroDivisionError", 2),
        (RIGHT, "def f(:", "crashed", "SyntaxError", 2),
        (RIGHT, "exit()", "crashed", "SystemExit", 2),
        ("exit(0)", "", "crashed", "SystemExit", 4),
        (RIGHT, "import os\nos._exit(0)", "crashed", "ended", 0),
        (RIGHT, "import ctypes\nctypes.string_at(0)", "crashed", "ended", 0),
        ("import os\nos._exit(7)", "", "crashed", "ended", 0),
        ("while True:\n    pass", "", "timeout", "timeout", 4),
        (RIGHT, "while True: pass", "timeout", "timeout", 2),
        ("input()", "", "crashed", "EOFError", 4),
        ("def again(n): return again(n + 1)\nagain(0)", "", "crashed", "RecursionError", 4),
    ],
)
def test_a_failure_is_named_by_the_students_line(tmp_path, body, before, verdict, kind, line):
    report = check_file(written(tmp_path, body, before), "05_dense", limit=2.0)
    assert (report.verdict, report.failure.kind) == (verdict, kind)
    assert report.failure.line in (line, line + 1 if kind == "timeout" else line)
    text = str(report)
    assert "Traceback" not in text and all(len(row) <= 80 for row in text.splitlines())
    assert not line or verdict == "not-written" or f"line {report.failure.line}" in text


@pytest.mark.parametrize(
    "before",
    [
        "np.sum = np.mean = np.matmul = None\nnp.random.default_rng = None",
        "import widedeep.exercises.judge as j\nj.same = lambda *a, **k: True\nj.RIGHT = 1e9",
        "import widedeep.exercises.exercise as e\ne.Exercise.right = lambda self, case: {}",
        "import sys\nsys.exit = sys.modules['numpy'].savez = None",
        "import builtins\nbuiltins.abs = lambda x: 0",
    ],
)
def test_a_file_cannot_touch_the_judges_numbers(tmp_path, before):
    wrong = written(tmp_path, RIGHT.replace("delta.sum(axis=0)", "X.sum(axis=0)"), before)
    assert check_file(wrong, "05_dense").verdict != "right"


def test_a_file_is_left_as_it_was_and_nothing_is_written_beside_it(tmp_path):
    path = written(tmp_path, RIGHT)
    before = path.read_bytes()
    done = command("check", path, "--json", cwd=tmp_path)
    assert done.returncode == 0 and json.loads(done.stdout)["verdict"] == "right"
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["05_dense.py"]


def test_a_file_of_another_name_is_known_by_its_function(tmp_path):
    done = command("check", written(tmp_path, RIGHT, name="mine.py"), "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["exercise"] == "05_dense"


def test_a_file_without_the_function_is_refused(tmp_path):
    path = tmp_path / "05_dense.py"
    path.write_text("x = 1\n")
    done = command("check", path, "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["verdict"] == "refused" and done.returncode == 1
    assert "dense_backward" in command("check", path, cwd=tmp_path).stdout


@pytest.mark.parametrize(
    "args",
    [["check", "nope"], ["check", "nope.py"], ["frobnicate"], ["check", "5"], ["reset"], ["export", "--to", "pdf"],
     ["check", "--seed", "-1"], ["check", "--limit", "0"], ["report", "."], ["start", "file"]],
)  # fmt: skip
def test_a_wrong_call_ends_with_2_and_one_message(tmp_path, args):
    (tmp_path / "file").write_text("x")
    done = command(*args, cwd=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr and done.stderr.strip()


def test_from_start_to_green(tmp_path):
    assert "start" in command(cwd=tmp_path).stdout
    assert command("start", cwd=tmp_path).returncode == 0
    mine = tmp_path / "my_exercises"
    assert command("check", "5", cwd=tmp_path).returncode == 1
    path = mine / "05_dense.py"
    path.write_text(path.read_text().replace("raise NotImplementedError", RIGHT.replace("sum", "mean")))
    wrong = command("check", cwd=tmp_path)
    assert wrong.returncode == 1 and "[D1]" in wrong.stdout and "db" in wrong.stdout
    assert "0.142857" in command("why", "5", cwd=tmp_path).stdout
    told = [command("hint", "5", cwd=tmp_path).stdout for _ in range(5)]
    assert "Hint 1" in told[0] and "Hint 4" in told[3] and "Hint 4" in told[4] and len(set(told)) == 4
    early = command("answer", "5", cwd=tmp_path, input="")
    assert early.returncode == 1 and "def " not in early.stdout
    path.write_text(path.read_text().replace("mean", "sum"))
    right = command("check", "dense", cwd=tmp_path)
    assert right.returncode == 0 and "RIGHT" in right.stdout and "Next:" in right.stdout
    assert "def dense_backward" in command("answer", "5", cwd=tmp_path).stdout
    assert "right" in command("list", cwd=tmp_path).stdout
    assert command("start", cwd=tmp_path).stdout.startswith("0 files written")  # and nothing is overwritten
    (mine / ".exercises.json").unlink()  # lost: worked out anew
    assert command(cwd=tmp_path).stdout.startswith("1 of ")
    (mine / ".exercises.json").write_text("{broken")
    again = command(cwd=tmp_path)
    assert "1 of " in again.stdout and (mine / ".exercises.json.broken").read_text() == "{broken"
    kept = path.read_text()
    assert command("reset", "5", cwd=tmp_path).returncode == 0
    assert (mine / "05_dense.py.bak").read_text() == kept and "NotImplementedError" in path.read_text()


def test_three_tries_and_a_yes_show_the_answer(tmp_path):
    command("start", cwd=tmp_path)
    path = tmp_path / "my_exercises" / "05_dense.py"
    path.write_text(path.read_text().replace("raise NotImplementedError", RIGHT.replace("sum", "mean")))
    for _ in range(3):
        command("check", "5", cwd=tmp_path)
    assert "def " not in command("answer", "5", cwd=tmp_path, input="n\n").stdout
    assert "def dense_backward" in command("answer", "5", cwd=tmp_path, input="y\n").stdout


def test_the_report_of_a_class(tmp_path):
    for k, body in enumerate([RIGHT, RIGHT.replace("sum", "mean"), RIGHT.replace("sum", "mean"), "return 1 / 0"]):
        (tmp_path / f"student{k}").mkdir()
        written(tmp_path / f"student{k}", body)
    done = command("report", *sorted(tmp_path.glob("student*")), "--csv", "class.csv", cwd=tmp_path)
    assert done.returncode == 0 and "2 of 4" in done.stdout and "[D1]" in done.stdout
    rows = (tmp_path / "class.csv").read_text().splitlines()
    assert rows[0].startswith("student,exercise,verdict,causes") and len(rows) == 5
    assert "student1,05_dense,wrong,D1" in rows[2]


def test_an_interrupt_that_a_file_raises_is_its_own(tmp_path):
    file = tmp_path / "05_dense.py"
    file.write_text("def dense_backward(delta, X, W):\n    raise KeyboardInterrupt\n")
    report = check_file(file, "05_dense")
    assert report.verdict == "crashed" and report.failure.kind == "KeyboardInterrupt" and report.failure.line == 2
