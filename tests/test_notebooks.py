"""Every notebook runs top to bottom without a network; its committed outputs are whole; its exercises judge rightly."""

import ast
import contextlib
import importlib
import io
import json
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}-{path.stem}")

NO_NETWORK = """
import socket
def _refuse(*args, **kwargs):
    raise OSError("a notebook reached for the network")
for _name in ("connect", "connect_ex"):
    setattr(socket.socket, _name, _refuse)
socket.create_connection = socket.getaddrinfo = _refuse
"""


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def tagged(cells, tag):
    return [cell for cell in cells if tag in cell.metadata.get("tags", [])]


def printed(cell):
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


# ---- every notebook ------------------------------------------------------------------------------------------------


def test_the_glob_found_the_notebooks():
    stems = [path.stem for path in NOTEBOOKS]
    assert {"01_perceptron", "02_backpropagation", "03_wide_and_deep"} <= set(stems)


def run_offline(notebook, folder, monkeypatch):
    """Execute in a folder of its own, with an empty cache, and sockets and proxies that lead nowhere."""
    cache = folder / "empty-cache"
    cache.mkdir()
    monkeypatch.setenv("WIDEDEEP_CACHE", str(cache))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # for subprocesses, which the seal does not reach
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    notebook.cells.insert(0, nbformat.v4.new_code_cell(NO_NETWORK))
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()


@each_notebook
def test_it_runs_top_to_bottom_offline(path, tmp_path, monkeypatch):
    run_offline(read(path), tmp_path, monkeypatch)  # raises CellExecutionError with the cell's traceback


def test_the_run_has_no_network(tmp_path, monkeypatch):
    reach = "import urllib.request\nurllib.request.urlopen('http://example.com', timeout=5)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(reach)])
    with pytest.raises(nbclient.exceptions.CellExecutionError):
        run_offline(notebook, tmp_path, monkeypatch)


@each_notebook
def test_committed_outputs_are_there_small_and_without_error(path):
    cells = code_cells(path)
    assert cells and all(cell.execution_count for cell in cells if cell.source.strip()), "execute it and save"
    outputs = [output for cell in cells for output in cell.outputs]
    assert outputs, "people read the outputs on the web"
    for output in outputs:
        assert output.output_type != "error"
        assert output.get("name") != "stderr", output.text
    assert path.stat().st_size < 400_000


@each_notebook
def test_nothing_of_one_machine_or_one_run_is_committed(path):
    text = path.read_text()
    for word in ("/work/", "/tmp/", "/home/", "/root/", "/Users/", "site-packages", "iopub.execute_input", " at 0x"):
        assert word not in text, word
    notebook = json.loads(text)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"


@each_notebook
def test_code_cells_are_short(path):
    for cell in code_cells(path) if path.parent.name != "exercises" else ():  # whose docstrings state the mathematics
        assert len([line for line in cell.source.splitlines() if line.strip()]) <= 12, cell.source


@each_notebook
def test_the_seed_stands_in_the_first_code_cell(path):
    first = code_cells(path)[0].source
    assert "import" in first and "rng = np.random.default_rng(0)" in first


def names_defined_in(source):
    """Names that top-level statements bind: def, class, =, for, with ... but not import."""
    names = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        else:
            names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names


def names_of_the_packages():
    """What the packages export, and every public function and class of the first two chapters' core files."""
    names = {"INPUTS", "AND", "OR", "XOR"}
    for package in ("perceptron", "mlp", "widedeep"):
        names |= set(getattr(importlib.import_module(package), "__all__", ()))
    for path in [*(ROOT / "perceptron").glob("*.py"), *(ROOT / "mlp").rglob("*.py")]:
        if path.name != "__main__.py":
            names |= {
                node.name
                for node in ast.parse(path.read_text()).body
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            }
    return names


@each_notebook
def test_it_redefines_no_name_of_the_packages(path):
    if path.parent.name == "exercises":
        return  # that is what they are for
    used = {name for cell in code_cells(path) for name in names_defined_in(cell.source)}
    assert sorted(used & names_of_the_packages()) == []


def test_the_test_of_names_can_fail():
    assert {"net_sum", "Dense", "check", "log_loss"} <= names_of_the_packages()
    assert names_defined_in("def net_sum(X):\n    pass\nstep = 1\nfor y in ():\n    z = 2\nfrom mlp import Dense") == {
        "net_sum",
        "step",
        "y",
        "z",
    }


# ---- the article's ideas have their places ---------------------------------------------------------------------------

ARTICLE = {  # (notebook, tag of the markdown cell): words that the cell must hold
    ("01_perceptron", "article: four parts"): (
        "Input value",
        "Weights and Bias",
        "Net sum",
        "Activation Function",
        "calculates a weighted sum",
        "blurs",
    ),
    ("01_perceptron", "article: multiply and add and apply"): ("multiplied", "added", "weighted sum", "applied"),
    ("01_perceptron", "article: bias is the intercept"): ("intercept",),
    ("01_perceptron", "article: wide is a single-layer perceptron"): ("single layer perceptron", "wide"),
    ("01_perceptron", "article: generalized linear model"): (
        "generalized linear model",
        "threshold",
        "sigmoid",
        "log loss",
        "blurs",
    ),
    ("01_perceptron", "article: sparse inputs"): ("sparse inputs", "one-hot"),
    ("01_perceptron", "article: memorization through crosses"): (
        "cross-product feature transformations",
        "effective and interpretable",
        "memorization",
    ),
    ("02_backpropagation", "article: deep is an MLP"): (
        "multi-layer perceptron",
        "deep",
        "backward propagation of errors",
    ),
    ("02_backpropagation", "article: directed graph"): ("feed-forward", "directed graph"),
    ("02_backpropagation", "article: step 1"): ("Inputs X arrive through the preconnected path",),
    ("02_backpropagation", "article: step 2"): ("Real weights W, usually randomly selected",),
    ("02_backpropagation", "article: step 3"): (
        "The output of every neuron",
        "input layer",
        "hidden layers",
        "output layer",
    ),
    ("02_backpropagation", "article: step 4"): ("error in the outputs", "Actual Output", "Desired Output"),
    ("02_backpropagation", "article: step 5"): ("Travel back from the output layer to the hidden layer",),
    ("02_backpropagation", "article: keep repeating"): ("Keep repeating until the desired output is achieved",),
    ("03_wide_and_deep", "article: sparse inputs"): ("sparse inputs",),
    ("03_wide_and_deep", "article: wide is a single-layer perceptron"): (
        "single layer perceptron",
        "generalized linear model",
    ),
    ("03_wide_and_deep", "article: memorization"): ("cross-product feature transformations", "AND"),
    ("03_wide_and_deep", "article: effective and interpretable"): ("effective and interpretable",),
    ("03_wide_and_deep", "article: deep component is an MLP"): ("The deep learning component is an MLP",),
    ("03_wide_and_deep", "article: fusing both"): ("fusing both",),
    ("03_wide_and_deep", "article: recommend with reasons"): ("recommend(user, k)",),
}


@pytest.mark.parametrize("place", ARTICLE, ids=lambda place: f"{place[0][:2]} {place[1]}")
def test_each_idea_of_the_article_has_its_place(place):
    stem, tag = place
    cells = tagged([c for c in read(ROOT / "notebooks" / f"{stem}.ipynb").cells if c.cell_type == "markdown"], tag)
    assert len(cells) == 1
    for words in ARTICLE[place]:
        assert words in cells[0].source, words


# ---- cells run one by one, so that answers can be put in ------------------------------------------------------------


def run_cells(sources):
    """What each cell prints, run in one namespace, as a kernel would."""
    namespace, told = {"__name__": "__main__"}, []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLBACKEND", "Agg")
        import matplotlib.pyplot as plt

        patch.setattr(plt, "show", lambda: plt.close("all"))
        with plt.rc_context():
            for source in sources:
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    exec(compile(source, "<cell>", "exec"), namespace)
                told.append(out.getvalue())
    return told


# the age with the largest logit depends on the last bits of the training: asked of the model itself
AGE = (
    "16 + int(deep.logits(encoder.encode({{'installed': bags(*[('Tea Timer',)] * 60), 'age': np.arange(16, 76)}} | "
    "take(data.items, np.full(60, place[swing[0]])))).arg{}())"
)
TURNS = {  # notebook: (a right answer, a wrong one) for each `mine = ...`, in order
    "01_perceptron": [
        ("(1, -1, -0.5)", "(1, 1, -1.5)"),
        ("(64, 4)", "(4, 64)"),
        ("2.197", "0.9"),
        ("-18", "18"),
        ("(1, -2, -1)", "(3, 0, 1)"),
        ("lambda x1, x2: x1 * x2", "lambda x1, x2: x1 - x2"),
        ("4", "2"),
        ("-0.5", "0.5"),
        ("0.693", "2"),
        ("3", "4"),
    ],
    "02_backpropagation": [
        ("352", "320"),
        ("41", "51"),
        ("np.ones((3, 2))", "np.ones((2, 3))"),
        ("0.04", "0.2"),
        ("(0, 0, 0)", "(0.5, 0.5, 0.5)"),
        ("-1", "1"),
        ("(1, 5, -2)", "(1, 3, 2)"),
        ("2_000_000", "1_000_000"),
        ("1e-14", "1e-8"),
        ("0.3", "0.0"),
        ("2", "3"),
        ("0.001", "0.1"),
        ("-0.171", "0.171"),
    ],
    "03_wide_and_deep": [
        ("6320", "6400"),
        ("2.5", "1.5"),
        ("6", "5"),
        ("3", "2"),
        ("101", "100"),
        (AGE.format("max"), AGE.format("min")),
        ("(-0.05, -0.05)", "(-0.2, -0.2)"),
        ("40.0", "0.0"),
        ("0.05", "0.65"),
        ("0.82", "0.6"),
        ("'Soup Season'", "'Tea Timer'"),
    ],
}


@pytest.mark.parametrize("stem", TURNS)
def test_your_turn_tells_right_from_wrong_and_never_stops_the_notebook(stem):
    cells = code_cells(ROOT / "notebooks" / f"{stem}.ipynb")
    turns = [i for i, cell in enumerate(cells) if "your-turn" in cell.metadata.get("tags", [])]
    assert len(turns) == len(TURNS[stem])
    assert all(printed(cells[i]).startswith("NOT WRITTEN YET") for i in turns)
    for answers, verdict in ((0, "RIGHT"), (1, "NOT YET"), ("object()", "NOT YET")):
        sources = [cell.source for cell in cells]
        for i, pair in zip(turns, TURNS[stem]):
            assert sources[i].startswith("mine = ...")
            answer = answers if isinstance(answers, str) else pair[answers]
            sources[i] = sources[i].replace("mine = ...", f"mine = {answer}", 1)
        told = run_cells(sources)
        assert [told[i].split(":")[0].strip() for i in turns] == [verdict] * len(turns)
