"""The exercise notebooks: the committed ones are what export writes; they run unsolved, and solved to a learned end."""

import ast
import json
from pathlib import Path

import nbclient
import nbformat
import pytest

from widedeep.exercises.catalog import NAMES, find
from widedeep.exercises.export import export, names_of, with_solution
from widedeep.exercises.finales import CHAPTERS

ROOT = Path(__file__).parents[3]
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.file)


def sources(path):
    return [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(path.read_text())["cells"]]


def executed(path):
    """The notebook run; what each cell tagged `check` or `finale` shows."""
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    shown = {"check": [], "finale": []}
    for cell in notebook.cells:
        for tag in cell.metadata.get("tags", []):
            if tag in shown:
                shown[tag].append(
                    "".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in cell.outputs)
                )
    return shown


def test_every_exercise_is_in_one_chapter():
    assert [name for chapter in CHAPTERS for name in names_of(chapter)] == list(NAMES)


@each_chapter
def test_the_committed_notebooks_are_what_export_writes(tmp_path, chapter):
    export("ipynb", tmp_path)
    path = Path("notebooks") / "exercises" / f"{chapter.file}.ipynb"
    assert sources(ROOT / path) == sources(tmp_path / path.name), "export them again, execute, and save"


@each_chapter
def test_unsolved_it_runs_from_top_to_bottom(tmp_path, chapter):
    export("ipynb", tmp_path)
    shown = executed(tmp_path / f"{chapter.file}.ipynb")
    assert len(shown["check"]) == len(names_of(chapter))
    assert all("NOT WRITTEN YET" in text for text in shown["check"] + shown["finale"])


@each_chapter
def test_solved_all_is_right_and_learns(tmp_path, chapter):
    export("ipynb", tmp_path, solved=True)
    shown = executed(tmp_path / f"{chapter.file}.ipynb")
    assert all("RIGHT" in text and "NOT" not in text for text in shown["check"]) and shown["check"]
    (end,) = shown["finale"]
    learned = {
        "02_slope": "AND: 0 mistakes",
        "04_gradient_check": "[0. 1. 1. 0.]",
        "07_wide_and_deep": "that of pair 14",
    }
    assert learned[chapter.file] in end.replace("0.01", "0.").replace("0.99", "1."), end
    assert chapter.file != "02_slope" or "XOR: 0" not in end


@each_chapter
@pytest.mark.parametrize("to", ["nbgrader", "otter"])
def test_exports_are_notebooks_with_marks(tmp_path, to, chapter):
    export(to, tmp_path, seed=33)
    path = tmp_path / f"{chapter.file}.ipynb"
    nbformat.validate(nbformat.read(path, as_version=4))
    text = "\n".join(source for _, source in sources(path))
    mine = len(names_of(chapter))
    assert text.count("seed=33") == mine and text.count("BEGIN SOLUTION") >= mine
    assert "0.142857" not in text


@pytest.mark.parametrize("name", NAMES)
def test_a_solution_stands_in_the_place_of_the_stub(name):
    exercise = find(name)
    source = with_solution(exercise, "### BEGIN SOLUTION\n{}\n### END SOLUTION")
    names = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert names == [function.name for function in exercise.functions]
    assert "NotImplementedError" not in source and source.count("### BEGIN SOLUTION") == len(names)
