"""export: the exercises as notebooks: plain, for nbgrader, and for otter.

    ipynb       a stub and a check for each exercise, a notebook for each chapter; these stand in notebooks/exercises/
    nbgrader    the same with the worked answer between ### BEGIN SOLUTION marks, and a graded cell for each exercise
    otter       the same in otter's marks

The graded cells hold no expected numbers, so that visible tests give nothing away; hidden ones differ by their seed.

Read before: messages/__init__.py        Read next: handed_in.py
Source: nbgrader's cell metadata, schema version 3; otter assign, notebook format of version 5.
"""
import ast
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from widedeep.exercises.catalog import NAMES, find
from widedeep.exercises.exercise import Exercise
from widedeep.exercises.finales import CHAPTERS, Chapter
from widedeep.exercises.messages import of_exercise
from widedeep.saving import write_beside

Cell = dict[str, Any]


def export(to: str, out: Path, seed: int = 20, solved: bool = False) -> list[Path]:
    """Write a notebook for each chapter; the paths.   solved : with worked answers instead of stubs (ipynb alone)"""
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for chapter in CHAPTERS:
        text = json.dumps(notebook(to, chapter, seed, solved), indent=1, ensure_ascii=False) + "\n"
        paths.append(write_beside(out / f"{chapter.file}.ipynb", partial(Path.write_text, data=text, encoding="utf-8")))
    return paths


def names_of(chapter: Chapter) -> list[str]:
    return [name for name in NAMES if chapter.first <= int(name[:2]) <= chapter.last]


def notebook(to: str, chapter: Chapter, seed: int, solved: bool) -> Cell:
    cells = list(opening(to, chapter))
    for name in names_of(chapter):
        cells += FORMS[to](find(name), seed, solved)
    if to == "ipynb":
        cells += [markdown(chapter.closing), code(chapter.finale, tags=["finale"])]
    for k, cell in enumerate(cells):
        cell["id"] = f"{chapter.file}-{k:02d}"
    return {"cells": cells, "nbformat": 4, "nbformat_minor": 5,
            "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                         "language_info": {"name": "python"}}}


def opening(to: str, chapter: Chapter) -> Iterator[Cell]:
    if to == "otter":
        yield raw(f"# ASSIGNMENT CONFIG\nname: {chapter.file}\nexport_cell: false\nsave_environment: false\n"
                  "check_all_cell: false")
    yield markdown(f"# {chapter.title}\n\n{chapter.opening}")
    yield code("import numpy as np\n\nfrom widedeep.exercises import check\n\nrng = np.random.default_rng(0)")


def statement(exercise: Exercise) -> str:
    hints = "\n".join(f"<details><summary>hint {k}</summary>\n\n{hint}\n\n</details>"
                      for k, hint in enumerate(of_exercise(exercise.name, "hints"), 1))
    return (f"## {int(exercise.number)}. {of_exercise(exercise.name, 'title')}\n\n*Read first: `{exercise.reads}`, "
            f"then close it.*  {of_exercise(exercise.name, 'why')}\n\n{hints}")


def call(exercise: Exercise, seed: int = 0, end: str = "") -> str:
    """check(sigmoid, sigmoid_slope)"""
    options = (f", seed={seed}" if seed else "") + end
    return f"check({', '.join(f.name for f in exercise.functions)}{options})"


def as_ipynb(exercise: Exercise, seed: int, solved: bool) -> list[Cell]:
    source = exercise.answers[0] if solved else exercise.stub
    return [markdown(statement(exercise)), code(source.strip(), tags=["exercise"]),
            code(call(exercise), tags=["check"])]


def as_nbgrader(exercise: Exercise, seed: int, solved: bool) -> list[Cell]:
    answer = with_solution(exercise, "### BEGIN SOLUTION\n{}\n### END SOLUTION")
    tests = (f"{call(exercise, end=', strict=True')}\n### BEGIN HIDDEN TESTS\n"
             f"{call(exercise, seed, ', strict=True')}\n### END HIDDEN TESTS")
    graded = {"schema_version": 3, "task": False}
    return [markdown(statement(exercise)),
            code(answer, nbgrader=graded | {"grade": False, "solution": True, "locked": False,
                                            "grade_id": f"answer_{exercise.name}"}),
            code(tests, nbgrader=graded | {"grade": True, "solution": False, "locked": True, "points": 1,
                                           "grade_id": f"test_{exercise.name}"})]


def as_otter(exercise: Exercise, seed: int, solved: bool) -> list[Cell]:
    answer = with_solution(exercise, "# BEGIN SOLUTION NO PROMPT\n{}\n# END SOLUTION\n\"\"\" # BEGIN PROMPT\n"
                                     "raise NotImplementedError\n\"\"\"; # END PROMPT")
    tests = [f'""" # BEGIN TEST CONFIG\npoints: {points}\nhidden: {hidden}\n""" # END TEST CONFIG\n'
             f"{call(exercise, chosen, ', strict=True')}.verdict"
             for points, hidden, chosen in ((0.5, "false", 0), (0.5, "true", seed))]
    return [raw(f"# BEGIN QUESTION\nname: q{exercise.name}"), markdown(statement(exercise)), raw("# BEGIN SOLUTION"),
            code(answer), raw("# END SOLUTION"), raw("# BEGIN TESTS"), *map(expecting_right, tests), raw("# END TESTS"),
            raw("# END QUESTION")]


FORMS = {"ipynb": as_ipynb, "nbgrader": as_nbgrader, "otter": as_otter}


def with_solution(exercise: Exercise, marks: str) -> str:
    """The stub, with the body of the worked answer between marks where it raises NotImplementedError."""
    stub, source = exercise.stub.strip(), exercise.answers[0].strip()
    for node in ast.parse(source).body:
        assert isinstance(node, ast.FunctionDef), f"{exercise.name}: the worked answer holds functions alone"
        lines = source.splitlines()[node.body[0].lineno - 1:node.end_lineno]
        body = indent(marks.format(dedent("\n".join(lines))), "    ")
        head, tail = stub.split(f"def {node.name}(", 1)
        stub = head + f"def {node.name}(" + tail.replace("    raise NotImplementedError", body, 1)
    return stub


def markdown(text: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {}, "source": lines_of(text)}


def raw(text: str) -> Cell:
    return {"cell_type": "raw", "metadata": {}, "source": lines_of(text)}


def code(text: str, **metadata: Any) -> Cell:
    return {"cell_type": "code", "execution_count": None, "metadata": metadata, "outputs": [], "source": lines_of(text)}


def expecting_right(text: str) -> Cell:
    """A test cell as if it had been run: otter compares what a student's run gives with the outputs it finds."""
    result = {"output_type": "execute_result", "execution_count": 1, "metadata": {},
              "data": {"text/plain": ["'right'"]}}
    return code(text) | {"execution_count": 1, "outputs": [result]}


def lines_of(text: str) -> list[str]:
    return text.splitlines(keepends=True)
