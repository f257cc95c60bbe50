"""The exports, by nbgrader's and otter's own assign and autograde: stubs get no points, solutions get all.

Both tools are an extra, `pip install -e '.[grading]'`; without them these tests are skipped.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from widedeep.exercises.catalog import NAMES, find
from widedeep.exercises.export import export
from widedeep.exercises.finales import CHAPTERS

ROOT = Path(__file__).parents[3]
WRONG = "def dense_backward(delta, X, W):\n    return delta @ W.T, X.T @ delta, delta.mean(axis=0)\n"
pytestmark = pytest.mark.slow


def tool(name, *args, cwd):
    """Run a tool of this environment, and give what it printed."""
    there = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{there}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    done = subprocess.run([there / name, *map(str, args)], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def answered(path, wrong=()):
    """Put the worked answers into the cells of a student's notebook that hold stubs; a wrong one where asked."""
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        for name in NAMES:
            if cell["cell_type"] == "code" and f"def {find(name).functions[0].name}(" in source:
                assert "NotImplementedError" in source and "SOLUTION" not in source
                cell["source"] = WRONG if name in wrong else find(name).answers[0]
    path.write_text(json.dumps(notebook))


def test_nbgrader(tmp_path):
    pytest.importorskip("nbgrader")
    from nbgrader.api import Gradebook

    export("nbgrader", tmp_path / "source" / "ps1")
    (tmp_path / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "w"\n')
    tool("nbgrader", "generate_assignment", "ps1", "--create", cwd=tmp_path)
    for student, wrong in (("nobody", None), ("all", ()), ("almost", ("05_dense",))):
        folder = tmp_path / "submitted" / student / "ps1"
        shutil.copytree(tmp_path / "release" / "ps1", folder)
        for path in folder.glob("*.ipynb") if wrong is not None else ():
            answered(path, wrong)
    tool("nbgrader", "autograde", "ps1", "--create", cwd=tmp_path)
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as book:
        scores = {name: book.find_submission("ps1", name).score for name in ("nobody", "all", "almost")}
    assert scores == {"nobody": 0, "all": len(NAMES), "almost": len(NAMES) - 1}


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.file)
def test_otter(tmp_path, chapter):
    pytest.importorskip("otter")
    mine = [name for name in NAMES if chapter.first <= int(name[:2]) <= chapter.last]
    export("otter", tmp_path)
    notebook = f"{chapter.file}.ipynb"
    tool("otter", "assign", notebook, "dist", "--no-pdfs", cwd=tmp_path)
    grader = next((tmp_path / "dist" / "autograder").glob("*.zip"))
    for student, wrong, right in (
        ("nobody", None, 0),
        ("all", (), len(mine)),
        ("almost", ("05_dense",), len(mine) - 1),
    ):
        if student == "almost" and "05_dense" not in mine:
            continue
        folder = tmp_path / student
        folder.mkdir()
        shutil.copy(tmp_path / "dist" / "student" / notebook, folder)
        if wrong is not None:
            answered(folder / notebook, wrong)
        tool("otter", "run", notebook, "-a", grader, "-o", ".", cwd=folder)
        results = json.loads((folder / "results.json").read_text())
        points = sum(test.get("score", 0) for test in results["tests"])
        assert points == pytest.approx(right), (student, results)
