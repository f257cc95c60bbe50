"""The README's code runs; the commands, files and lines that the README and the pages of docs/ name exist."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = {path.name: path.read_text() for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))}
each_page = pytest.mark.parametrize("page", PAGES)


def test_the_taste_of_the_api_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


def test_the_examples_of_the_exports_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of libraries that are installed; the first makes the model of the others."""
    monkeypatch.chdir(tmp_path)
    first, *others = re.findall(r"```python\n(.*?)```", PAGES["exports.md"], re.DOTALL)
    made: dict[str, Any] = {}
    exec(compile(first, "exports.md", "exec"), made)
    libraries = {"onnxruntime": "model.onnx", "torch": "model.pt", "safetensors": "model.encoder.json"}
    for block, (library, file) in zip(others, libraries.items(), strict=True):
        assert library in block
        if importlib.util.find_spec(library) and (library != "onnxruntime" or importlib.util.find_spec("onnx")):
            exec(compile(block, "exports.md", "exec"), dict(made))
            assert Path(file).exists()


def test_the_examples_of_newcomers_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    blocks, made = re.findall(r"```python\n(.*?)```", PAGES["newcomers.md"], re.DOTALL), dict[str, Any]()
    assert len(blocks) == 3
    for block in blocks:
        exec(compile(block, "newcomers.md", "exec"), made)
    by_list, by_sides = ([int(line.split()[2]) for line in told.splitlines()[1:4]]
                         for told in capsys.readouterr().out.split("share  item")[1:])  # fmt: skip
    assert min(by_list) >= 15 > max(by_sides)
    assert len(PAGES["newcomers.md"].splitlines()) < 60


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_every_file_it_links_to_exists() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@each_page
def test_every_module_it_names_exists(page: str) -> None:
    for path in re.findall(r"`((?:perceptron|mlp|widedeep|tests|benchmarks)/[\w/]+\.py)`", PAGES[page]):
        assert (ROOT / path).exists(), path


@each_page
def test_every_command_it_names_exists(page: str) -> None:
    for module in re.findall(r"python -m ((?:perceptron|mlp|widedeep|benchmarks)[\w.]*)", PAGES[page]):
        assert importlib.util.find_spec(module) is not None, module


def test_where_is_names_lines_that_are_there() -> None:
    end = PAGES["design.md"].split("## Where is ...")[1]
    rows = re.findall(r"^\| ([^|]+) \| `([^`]+)` \| `([^`]+)` \|$", end, re.MULTILINE)
    assert len(rows) == 10 and end.strip().endswith("|")
    for _, path, line in rows:
        assert line in (ROOT / path).read_text(), (path, line)


def test_number_21_of_the_manual_is_an_exercise() -> None:
    from widedeep.exercises.calls import make_calls, plan
    from widedeep.exercises.judge import judge

    source = re.findall(r"```python\n(.*?)```", PAGES["exercises.md"], re.DOTALL)[0]
    page: dict[str, Any] = {}
    exec(compile(source, "exercises.md", "exec"), page)
    exercise, answer = page["EXERCISE"], {"np": page["np"]}
    exec(exercise.answers[0], answer)
    planned = plan(exercise, 0)
    assert judge(exercise, planned, make_calls(exercise, answer, planned))
    slip = {"softplus_backward": lambda dA, Z: dA.copy()}
    assert judge(exercise, planned, make_calls(exercise, slip, planned)).causes == ["A1"]
