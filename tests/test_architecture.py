"""The house: chapters never look back, chapter 3 knows nothing of what lies beyond it, every page names the next."""

import ast
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RANK = {"perceptron": 0, "mlp": 1, "widedeep": 2}
FILES = sorted(path for package in RANK for path in (ROOT / package).rglob("*.py"))
PERIPHERY = {"data", "drawing", "plots", "__main__", "demo"}  # of the chapters: commands, pictures, small data sets
INSIDE = {"gradcheck", "archives"}  # folders of a chapter that belong to it
CORE = [path for path in FILES if path.relative_to(ROOT).parts[1] in INSIDE or path.parent.name in RANK]
CORE = [path for path in CORE if path.stem not in PERIPHERY]
BEYOND = sorted({path.parent.name for path in (ROOT / "widedeep").glob("*/__init__.py")} - INSIDE)
ARCHIVES_MAY_IMPORT = {"widedeep.archives", "widedeep.registry", "perceptron.activations"}
MAY_IMPORT = {  # each package of widedeep: the other ones that its files may import; all may import the chapter
    "datasets": set(),
    "features": {"datasets", "commands.exit_codes"},  # propose.py is a command, too
    "towers": {"features"},
    "heads": set(),
    "training": set(),
    "newcomers": {"features"},
    "bridges": {"features", "towers", "heads", "training", "commands.exit_codes"}  # export.py is a command, too,
    | {"auto.table_encoder", "auto.reading"},  # and exports what `widedeep train` makes
    "auto": {"bridges", "datasets", "features", "towers", "heads", "training", "commands", "interactions.run_train"},
    "interactions": {"auto", "features", "recipes", "ranking", "training", "commands"},
    "recipes": {"datasets", "features", "towers", "heads", "training"},
    "ranking": {"datasets", "recipes", "commands"},
    "commands": {"datasets", "recipes", "bridges"},
    "experiments": {"datasets", "features", "towers", "heads", "training", "recipes", "commands", "exercises"},
    "exercises": {"commands"},
    "explanations": {"datasets", "recipes", "commands"},
    "trace": {"datasets", "recipes", "commands"},
    "serve": {"datasets", "features", "heads", "recipes", "ranking", "interactions", "commands"}
    | {"auto.table_encoder", "auto.reading"},
    "course": {"explanations", "commands"},  # its pictures: the principal plane, and labels that are kept apart
}
LIBRARIES = {  # which files may import more than NumPy and the standard library: commands and pictures, by name
    "plots.py": {"matplotlib"},
    "drawing.py": {"matplotlib"},
    "flow.py": {"matplotlib"},
    "comparison_plot.py": {"matplotlib"},
    "__main__.py": {"matplotlib", "tqdm"},
    "comparison.py": {"tqdm"},
    "run_train.py": {"tqdm"},
    "blas_threads.py": {"threadpoolctl"},
    "explore.py": {"matplotlib", "ipywidgets"},
    **dict.fromkeys(("jax.py", "jax_forward.py", "jax_rules.py", "jax_epoch.py"), {"jax"}),
    "frames.py": {"narwhals"},  # the bridges, each under an extra of its own
    "tables.py": {"pyarrow"},
    "estimator.py": {"sklearn"},
    "answers.py": {"sklearn"},
    "sklearn.py": {"sklearn"},
    "onnx_graph.py": {"onnx"},
    "torch.py": {"torch"},
    "dask.py": {"dask", "distributed"},
    "dask_parts.py": {"dask", "pyarrow"},
    "safetensors.py": {"safetensors"},
    "app.py": {"fastapi", "starlette"},  # serving: the routes, and the process
    "server.py": {"uvicorn"},
}
name_of = {"ids": lambda path: str(path.relative_to(ROOT))}


def imported(path: Path) -> set[str]:
    """Every module that the file imports, wherever the statement stands; relative ones by their full names."""
    names: set[str] = set()
    package = path.relative_to(ROOT).parent.parts if path.is_relative_to(ROOT) else ()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            stem = (
                ".".join([*package[: len(package) - node.level + 1], node.module or ""]) if node.level else node.module
            )
            names |= {f"{stem}.{alias.name}" for alias in node.names} | {str(stem)}
    return names


@pytest.mark.parametrize("path", FILES, **name_of)
def test_imports_go_down_the_ladder_only(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    for name in imported(path):
        top = name.split(".")[0]
        if top in RANK:
            assert RANK[top] <= RANK[package], f"{path} imports {name}"
        else:
            allowed = {"numpy", *LIBRARIES.get(path.name, ())}
            assert top in allowed or top in sys.stdlib_module_names, f"{path} imports {name}"


@pytest.mark.parametrize("path", CORE, **name_of)
def test_the_core_imports_numpy_the_standard_library_and_the_core_alone(path: Path) -> None:
    if path.name == "__init__.py" and path.parent.name == "widedeep":
        return  # the one door: it imports nothing before a name is asked for (below)
    for name in imported(path):
        parts = name.split(".")
        assert parts[0] in {"numpy", *RANK} or parts[0] in sys.stdlib_module_names, f"{path} imports {name}"
        if parts[0] in RANK:
            assert not PERIPHERY & set(parts[1:2]), f"{path} imports {name}"
            assert parts[0] != "widedeep" or not set(BEYOND) & set(parts[1:2]), f"{path} imports {name}"


def test_the_checks_of_archives_stand_below_what_they_check() -> None:
    """They know kinds by name: a reader that imported what it judges could not be read alone."""
    for path in (ROOT / "widedeep" / "archives").glob("*.py"):
        for name in imported(path):
            ours = name.split(".")[0] in RANK
            assert not ours or ".".join(name.split(".")[:2]) in ARCHIVES_MAY_IMPORT, f"{path} imports {name}"


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name in BEYOND], **name_of)
def test_packages_import_those_below_them_alone(path: Path) -> None:
    mine = path.parent.name
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "widedeep" and parts[1:2] and parts[1] in BEYOND and parts[1] != mine:
            allowed = MAY_IMPORT[mine]
            assert parts[1] in allowed or ".".join(parts[1:3]) in allowed or parts[1:] == ["commands"], (
                f"{path}: {name}"
            )
        assert parts[:2] != ["widedeep", "demo"], f"{path} imports {name}"


def test_exit_codes_stand_on_the_standard_library_alone() -> None:
    names = imported(ROOT / "widedeep" / "commands" / "exit_codes.py")
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_the_checks_see_a_step_back_and_a_step_up(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("def f():\n    from widedeep.model import WideDeep\n    from widedeep import features\n")
    assert {"widedeep.model", "widedeep.features"} <= imported(bad)


def test_the_chapter_is_small() -> None:
    pages = sorted(set((ROOT / "widedeep").glob("*.py")) - {ROOT / "widedeep" / "__main__.py"})  # the roof is no page
    assert len(pages) <= 20, [page.name for page in pages]
    long = {str(path.relative_to(ROOT)): n for path in CORE if (n := len(path.read_text().splitlines())) > 200}
    assert long == {}


def test_the_chapter_trains_saves_and_loads_without_what_lies_beyond_it(tmp_path: Path) -> None:
    """A copy of the tree without those packages."""
    ignore = shutil.ignore_patterns("__pycache__", *BEYOND)
    shutil.copytree(ROOT / "widedeep", tmp_path / "widedeep", ignore=ignore)
    for package in ("perceptron", "mlp"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    assert [path.name for path in (tmp_path / "widedeep").iterdir() if path.is_dir()] == ["archives"]
    program = """
import sys
sys.meta_path = [f for f in sys.meta_path if f.__module__.startswith("_frozen_importlib")]    # no editable install
import numpy as np
import widedeep
from widedeep import (Bag, Buckets, Category, Cross, Deep, Encoder, Standard, Wide, WideDeep, fit, load, optimizers_for,
                      save)
assert widedeep.__file__.startswith(FOLDER)
rng = np.random.default_rng(0)
table = {"a": list("xyzx" * 10), "n": np.arange(40.0), "g": [("p",), ("p", "q"), (), ("r",)] * 10}
y = (np.arange(40)[:, None] % 2) * 1.0
columns = [Category("a"), Buckets("n", 4), Bag("g")]
encoder = Encoder(wide=[*columns, Cross("a", "g")], deep=columns, numbers=[Standard("n")]).fit(table)
batch = encoder.encode(table, y)
model = WideDeep(wide=Wide(encoder.n_wide), deep=Deep(encoder.n_deep, 3, encoder.n_inputs, [5], rng))
optimizers = optimizers_for(model, 8)
records = fit(model, optimizers, batch, batch, rng=rng, epochs=3, batch_size=8)
assert records[-1]["loss"] < records[0]["loss"]
again, same, rules = load(save(FOLDER + "/model.npz", model, encoder, optimizers))
assert again.predict(same.encode(table)).tobytes() == model.predict(batch).tobytes() and set(rules) == set(optimizers)
try:
    widedeep.EMA
except ModuleNotFoundError:
    print("alone")
"""
    program = program.replace("FOLDER", repr(str(tmp_path)))
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True,
                          env={"PYTHONPATH": str(tmp_path), "PATH": ""})  # fmt: skip
    assert done.stdout.strip() == "alone", done.stderr


def test_importing_widedeep_imports_nothing_else() -> None:
    program = "import sys; before = set(sys.modules); import widedeep; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    new = set(ast.literal_eval(done.stdout))
    assert "widedeep" in new and not any(name.split(".")[0] in ("numpy", "perceptron", "mlp") for name in new), new
    assert not any(name.startswith("widedeep.") for name in new), new


def test_every_public_name_has_a_home() -> None:
    import widedeep

    assert sorted(name for names in widedeep.HOME.values() for name in names.split()) == sorted(widedeep.__all__)
    for name in widedeep.__all__:
        assert getattr(widedeep, name) is not None
    tree = ast.parse((ROOT / "widedeep" / "__init__.py").read_text())
    typed = {f"{node.module}.{alias.name}" for node in ast.walk(tree)
             if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("widedeep.")
             for alias in node.names}  # fmt: skip
    assert typed == {f"widedeep.{module}.{name}" for module, names in widedeep.HOME.items() for name in names.split()}


def test_names_of_before_lead_to_todays_with_a_warning() -> None:
    import widedeep

    assert {"Average", "Decay", "Product", "RememberingEncoder", "Statistics"} == set(widedeep.RENAMED)
    for old, new in widedeep.RENAMED.items():
        with pytest.warns(DeprecationWarning, match=f"widedeep.{old} is called {new} now"):
            assert getattr(widedeep, old) is getattr(widedeep, new)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert widedeep.EMA.__name__ == "EMA"
    with pytest.raises(AttributeError, match="no attribute 'Pace'"):
        widedeep.Pace  # noqa: B018


def reading_order() -> list[Path]:
    """Every page, as the docstrings of the packages list them."""
    order: list[Path] = []
    for package in ("perceptron", "mlp", "widedeep", *(f"widedeep/{p}" for p in
                    ("features", "towers", "heads", "training", "recipes"))):  # fmt: skip
        order += pages(ROOT / package)
    return order


def pages(folder: Path) -> list[Path]:
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    found: list[Path] = []
    for name in re.findall(r"^    (\w+\.py|gradcheck/) +\S", docstring, re.MULTILINE):
        found += [folder / name] if name.endswith(".py") else pages(folder / name)
    return found


def test_every_file_of_the_reading_order_names_the_next_one() -> None:
    order = reading_order()
    assert len(order) > 55 and all(page.exists() for page in order)
    assert len(tables := pages(ROOT / "widedeep" / "auto")) > 8
    assert len(shop := pages(ROOT / "widedeep" / "interactions")) > 5
    for here, after in [*zip(order, order[1:]), *zip(tables, tables[1:]), *zip(shop, shop[1:])]:
        name = after.name if after.parent == here.parent else f"{after.parent.name}/{after.name}"
        assert f"Read next: {name}" in (ast.get_docstring(ast.parse(here.read_text())) or ""), f"{here} -> {name}"


def test_every_page_stands_in_the_docstring_of_its_package() -> None:
    for package in (
        "mlp",
        "mlp/gradcheck",
        "widedeep",
        "widedeep/archives",
        *(f"widedeep/{name}" for name in BEYOND if name != "datasets"),
    ):
        folder = ROOT / package
        docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
        for path in folder.iterdir():
            if path.suffix == ".py" and path.stem not in ("__init__", "__main__"):
                named = path.name in docstring or path.stem.replace("_", "-") in docstring or path.stem == "demo"
                assert named, f"{package}/__init__.py does not name {path.name}"
            elif (path / "__init__.py").exists():
                assert f"{path.name}/" in docstring, f"{package}/__init__.py does not name {path.name}/"


def test_tests_lie_as_the_house_lies() -> None:
    """tests/mlp/test_dense.py tests mlp/dense.py, test_main.py __main__.py; what is in properties/ tests all."""
    of_a_whole = {
        "test_slips",
        "test_heads",
        "test_equal_work",
        "test_together",
        "test_checks_removed",
        "test_catalog",
        "test_red",
        "test_grading",
        "test_texts",
    }
    for path in sorted((ROOT / "tests").glob("*/**/test_*.py")):
        page = path.relative_to(ROOT / "tests").with_name(path.stem.removeprefix("test_") + ".py")
        page = page.with_name("__main__.py") if page.stem == "main" else page
        assert (ROOT / page).exists() or path.stem in of_a_whole or path.parent.name == "properties", (
            f"{path} tests no file"
        )
