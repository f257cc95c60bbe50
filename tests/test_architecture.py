"""perceptron -> mlp -> widedeep, never back; the core imports NumPy and the standard library alone."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RANK = {"perceptron": 0, "mlp": 1, "widedeep": 2}
MAY_DRAW = {"plots.py", "demo.py", "threads.py", "__main__.py"}  # periphery: may import other packages
FILES = sorted(path for package in RANK for path in (ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_the_ladder_only(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    for name in imported(path):
        top = name.split(".")[0]
        if top in RANK:
            assert RANK[top] <= RANK[package], f"{path} imports {name}"
        elif path.name not in MAY_DRAW:
            assert top == "numpy" or top in sys.stdlib_module_names, f"{path} imports {name}"


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name in RANK], ids=lambda p: str(p.relative_to(ROOT)))
def test_the_core_never_uses_the_periphery(path: Path) -> None:
    periphery = set("plots demo datasets recipes __main__ data propose explanations threads commands".split())
    if path.stem in periphery:
        return
    for name in imported(path):
        parts = name.split(".")
        assert not (parts[0] in RANK and periphery & set(parts[1:])), f"{path} imports {name}"


def test_the_check_sees_a_step_back(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("def f():\n    from widedeep.model import WideDeep\n")
    assert "widedeep.model" in imported(bad)


def test_every_public_name_has_a_home() -> None:
    import widedeep

    assert sorted(name for names in widedeep.HOME.values() for name in names.split()) == sorted(widedeep.__all__)
    for name in widedeep.__all__:
        assert getattr(widedeep, name) is not None


def test_every_file_of_the_reading_order_names_the_next_one() -> None:
    order = []
    for package in RANK:
        listed = re.findall(r"^    (\w+\.py)  ", (ROOT / package / "__init__.py").read_text(), re.MULTILINE)
        order += [ROOT / package / name for name in listed]
    assert len(order) > 30
    for here, after in zip(order, order[1:]):
        name = after.name if after.parent == here.parent else f"{after.parent.name}/{after.name}"
        assert f"Read next: {name}" in (ast.get_docstring(ast.parse(here.read_text())) or ""), f"{here} -> {name}"
