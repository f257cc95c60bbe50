"""Every notebook runs top to bottom without a network; its committed outputs are whole; its exercises judge rightly."""

import ast
import contextlib
import importlib
import io
import json
import re
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)

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
    assert {"01_perceptron", "02_backpropagation", "04_gradient_check_exercises"} <= set(stems)


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
    for cell in code_cells(path):
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


# ---- the gradient exercises: right answers green, every classic slip red ---------------------------------------------

EXERCISES = ROOT / "notebooks" / "04_gradient_check_exercises.ipynb"
ARGUMENTS = {"dense_backward": "delta, X, W", "log_loss_backward": "z, y", "embedding_backward": "dA, ids, E"}
SIGMOID = "p = 1 / (1 + np.exp(-z))\n"
ZEROS = "dE = np.zeros(E.shape)\n"
PILE = "pile = globals().setdefault('pile of W', np.zeros(W.shape))\n"

RIGHT = {
    "dense_backward": [
        "return delta @ W.T, X.T @ delta, delta.sum(axis=0)",
        "return [np.einsum('nh,dh->nd', delta, W), np.einsum('nd,nh->dh', X, delta), np.ones(len(X)) @ delta]",
        "dX, dW, db = np.zeros(X.shape), np.zeros(W.shape), np.zeros(W.shape[1])\nfor x, e, out in zip(X, delta, dX):\n"
        "    dW += np.outer(x, e)\n    db += e\n    out += W @ e\nreturn dX, dW, db",
    ],
    "log_loss_backward": [
        SIGMOID + "return (p - y) / len(z)",
        "p = np.exp(z) / (1 + np.exp(z))\nreturn np.where(y == 1, -(1 - p), p) / z.shape[0]",
        SIGMOID + "dp = -(y / p - (1 - y) / (1 - p)) / len(z)\nreturn dp * p * (1 - p)",
    ],
    "embedding_backward": [
        ZEROS + "np.add.at(dE, ids, dA)\nreturn dE",
        ZEROS + "for row, g in zip(ids, dA):\n    for i, v in zip(row, g):\n        dE[i] += v\nreturn dE",
        "return np.eye(len(E))[ids.ravel()].T @ dA.reshape(-1, E.shape[1])",
    ],
}

WRONG = {
    "dense_backward": {
        "db is a mean": "return delta @ W.T, X.T @ delta, delta.mean(axis=0)",
        "db sums over the units": "return delta @ W.T, X.T @ delta, delta.sum(axis=1)",
        "db sums over everything": "return delta @ W.T, X.T @ delta, np.full(W.shape[1], delta.sum())",
        "db is not summed": "return delta @ W.T, X.T @ delta, delta",
        "db is the last row": "return delta @ W.T, X.T @ delta, delta[-1].copy()",
        "db keeps a dimension": "return delta @ W.T, X.T @ delta, delta.sum(axis=0, keepdims=True)",
        "db is a number": "return delta @ W.T, X.T @ delta, delta.sum()",
        "db is zero": "return delta @ W.T, X.T @ delta, np.zeros(W.shape[1])",
        "dX by the wrong axis": "return delta @ W, X.T @ delta, delta.sum(axis=0)",
        "dX by W reshaped": "return delta @ W.reshape(W.shape[1], -1), X.T @ delta, delta.sum(axis=0)",
        "dX ignores delta": "return np.ones_like(delta) @ W.T, X.T @ delta, delta.sum(axis=0)",
        "dX averages over rows": "return 0 * X + (delta @ W.T).mean(axis=0), X.T @ delta, delta.sum(axis=0)",
        "dW transposed": "return delta @ W.T, delta.T @ X, delta.sum(axis=0)",
        "dW reshaped": "return delta @ W.T, (delta.T @ X).reshape(W.shape), delta.sum(axis=0)",
        "dW over N": "return delta @ W.T, X.T @ delta / len(X), delta.sum(axis=0)",
        "dW from one row": "return delta @ W.T, X[:1].T @ delta[:1], delta.sum(axis=0)",
        "minus": "return -delta @ W.T, -X.T @ delta, -delta.sum(axis=0)",
        "float32": "return [g.astype(np.float32) for g in (delta @ W.T, X.T @ delta, delta.sum(axis=0))]",
        "another order": "return X.T @ delta, delta.sum(axis=0), delta @ W.T",
        "two of three": "return delta @ W.T, X.T @ delta",
        "nothing returned": "dX = delta @ W.T",
        "written into delta": "delta /= len(X)\nreturn delta @ W.T, X.T @ delta, delta.sum(axis=0)",
        "written into W": "W -= 0.1 * X.T @ delta\nreturn delta @ W.T, X.T @ delta, delta.sum(axis=0)",
        "piles up": PILE + "pile += X.T @ delta\nreturn delta @ W.T, pile, delta.sum(axis=0)",
        "one entry by 0.1 %": "dW = X.T @ delta\ndW[2, 1] *= 1.001\nreturn delta @ W.T, dW, delta.sum(axis=0)",
        "crash": "return undefined",
        "text": "return 'dX', 'dW', 'db'",
        "not a number": "return delta @ W.T, X.T @ delta / np.float64('nan'), delta.sum(axis=0)",
    },
    "log_loss_backward": {
        "y - p": SIGMOID + "return (y - p) / len(z)",
        "1/N missing": SIGMOID + "return p - y",
        "1/N twice": SIGMOID + "return (p - y) / len(z) ** 2",
        "1/2": SIGMOID + "return (p - y) / len(z) / 2",
        "sigmoid's slope left in": SIGMOID + "return (p - y) * p * (1 - p) / len(z)",
        "dL/dp handed on": SIGMOID + "return (p - y) / (p * (1 - p)) / len(z)",
        "z - y": "return (z - y) / len(z)",
        "labels -1 and 1": SIGMOID + "return (p - (2 * y - 1)) / len(z)",
        "only the positives": SIGMOID + "return np.where(y == 1, p - y, 0) / len(z)",
        "yes or no": "return ((z >= 0) - y) / len(z)",
        "a sign inside": SIGMOID + "return -(y / p + (1 - y) / (1 - p)) * p * (1 - p) / len(z)",
        "y forgotten": SIGMOID + "return p / len(z)",
        "absolute": SIGMOID + "return np.abs(p - y) / len(z)",
        "sigmoid of -z": "return (1 / (1 + np.exp(z)) - y) / len(z)",
        "shape (N, N)": SIGMOID + "return (p - y[:, 0]) / len(z)",
        "(N, N), averaged": SIGMOID + "return (p - y[:, 0]).mean(axis=1, keepdims=True) / len(z)",
        "shape (N,)": SIGMOID + "return ((p - y) / len(z))[:, 0]",
        "float32": SIGMOID + "return ((p - y) / len(z)).astype(np.float32)",
        "eps in the logarithm": SIGMOID + "return (-y / (p + 1e-3) + (1 - y) / (1 - p + 1e-3)) * p * (1 - p) / len(z)",
        "written into z": "z -= y\nreturn z / len(z)",
        "written into y": SIGMOID + "y *= -1\nreturn (p + y) / len(z)",
        "loss and slope": SIGMOID + "return 0.0, (p - y) / len(z)",
        "a number": SIGMOID + "return float((p - y).mean())",
        "not a number": "with np.errstate(all='ignore'):\n    return np.log(z * 0 - 1)",
    },
    "embedding_backward": {
        "assigned": ZEROS + "dE[ids] = dA\nreturn dE",
        "repeats lost by +=": ZEROS + "dE[ids] += dA\nreturn dE",
        "repeats lost within a row": ZEROS + "for row, g in zip(ids, dA):\n    dE[row] += g\nreturn dE",
        "divided by the counts": ZEROS
        + "np.add.at(dE, ids, dA)\nn = np.bincount(ids.flat, minlength=len(E))\nreturn dE / np.maximum(n, 1)[:, None]",
        "divided by F": ZEROS + "np.add.at(dE, ids, dA / ids.shape[1])\nreturn dE",
        "only the first column": ZEROS + "np.add.at(dE, ids[:, 0], dA[:, 0])\nreturn dE",
        "columns swapped": ZEROS + "np.add.at(dE, ids[:, ::-1], dA)\nreturn dE",
        "shifted by one": ZEROS + "np.add.at(dE, ids - 1, dA)\nreturn dE",
        "row 0 dropped": ZEROS + "np.add.at(dE, ids, dA)\ndE[0] = 0\nreturn dE",
        "upstream ignored": ZEROS + "np.add.at(dE, ids, 1.0)\nreturn dE",
        "minus": ZEROS + "np.subtract.at(dE, ids, dA)\nreturn dE",
        "mean over the batch": ZEROS + "np.add.at(dE, ids, dA / len(ids))\nreturn dE",
        "the table is added": "dE = E.copy()\nnp.add.at(dE, ids, dA)\nreturn dE",
        "unused rows not cleared": "dE = np.full(E.shape, 1e-3)\nnp.add.at(dE, ids, dA)\nreturn dE",
        "as long as the largest id": "dE = np.zeros((ids.max() + 1, E.shape[1]))\nnp.add.at(dE, ids, dA)\nreturn dE",
        "shape of the lookup": "return dA.copy()",
        "only the rows looked up": "dE = np.zeros(E.shape)\nnp.add.at(dE, ids, dA)\nreturn dE[np.unique(ids)]",
        "float32": "dE = np.zeros(E.shape, np.float32)\nnp.add.at(dE, ids, dA)\nreturn dE",
        "whole numbers": "dE = np.zeros(E.shape, int)\nnp.add.at(dE, ids, dA.astype(int))\nreturn dE",
        "written into E": "np.add.at(E, ids, -0.1 * dA)\nreturn E",
        "E moved by -=": "E[ids] -= dA\nreturn E",
        "piles up": PILE.replace("W", "E") + "np.add.at(pile, ids, dA)\nreturn pile",
        "nothing returned": ZEROS + "np.add.at(dE, ids, dA)",
        "crash": ZEROS + "dE[ids.max() + len(E)] = 0\nreturn dE",
    },
}


def with_answers(answers):
    """Run notebook 4 with the exercise cells replaced; return the verdicts' texts by function, and the finale's."""
    cells = code_cells(EXERCISES)
    sources, places = [cell.source for cell in cells], {}
    for i, cell in enumerate(cells):
        if "exercise" in cell.metadata.get("tags", []):
            name = re.match(r"def (\w+)\(", cell.source)[1]
            assert cell.source.count("raise NotImplementedError") == 1
            assert "check" in cells[i + 1].metadata["tags"], "each function cell is followed by its check cell"
            places[name] = i
            if name in answers:
                body = answers[name].replace("\n", "\n    ")
                sources[i] = f"def {name}({ARGUMENTS[name]}):\n    {body}"
    assert list(places) == list(RIGHT)
    told = run_cells(sources)
    return {name: told[i + 1] for name, i in places.items()}, told[-1]


def test_unsolved_says_not_written():
    verdicts, finale = with_answers({})
    assert all(text.startswith("NOT WRITTEN YET") for text in verdicts.values())
    assert finale.startswith("NOT WRITTEN YET")
    assert not any("RIGHT" in printed(cell) for cell in tagged(code_cells(EXERCISES), "check")), "commit it unsolved"


@pytest.mark.parametrize("k", range(3))
def test_right_answers_are_green_however_they_are_written(k):
    verdicts, finale = with_answers({name: bodies[k] for name, bodies in RIGHT.items()})
    for text in verdicts.values():
        assert text.startswith("RIGHT") and "WRONG" not in text and " wrong " not in text
    assert finale.startswith("RIGHT")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # wrong slopes let the finale's numbers overflow
@pytest.mark.parametrize("name, slip", [(name, slip) for name, slips in WRONG.items() for slip in slips])
def test_each_slip_is_red_without_an_exception(name, slip):
    verdicts, _ = with_answers({other: RIGHT[other][0] for other in RIGHT} | {name: WRONG[name][slip]})
    assert verdicts[name].startswith("WRONG")
    assert "RIGHT" not in verdicts[name]
    assert all(verdicts[other].startswith("RIGHT") for other in RIGHT if other != name)


@pytest.mark.parametrize("name", RIGHT)
def test_a_check_run_again_draws_new_numbers_and_judges_the_same(name):
    cells = code_cells(EXERCISES)
    i = next(i for i, cell in enumerate(cells) if cell.source.startswith(f"def {name}("))
    setup, seen = [cell.source for cell in cells[:3]], set()
    bodies = [(body, "RIGHT") for body in RIGHT[name]] + [(body, "WRONG") for body in WRONG[name].values()]
    for body, verdict in bodies:
        source = f"def {name}({ARGUMENTS[name]}):\n    " + body.replace("\n", "\n    ")
        again = run_cells([*setup, source, *[cells[i + 1].source] * 10])[-10:]
        assert all(text.startswith(verdict) for text in again), body
        seen |= set(again)
    assert len(seen) > 10 * len(WRONG[name]) / 2


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_red_names_the_array_and_the_index():
    verdicts, _ = with_answers({name: next(iter(slips.values())) for name, slips in WRONG.items()})
    assert re.search(r"\n  b .* wrong .*worst \[\d\]: given .*, slope ", verdicts["dense_backward"])
    assert re.search(r"\n  X .* right .*\n  W .* right ", verdicts["dense_backward"])
    assert re.search(r"\n  z .* wrong .*worst \[\d, 0\]", verdicts["log_loss_backward"])
    assert re.search(r"\n  E .* wrong .*worst \[\d, \d\]", verdicts["embedding_backward"])
    verdicts, _ = with_answers(
        {
            "dense_backward": WRONG["dense_backward"]["db keeps a dimension"],
            "log_loss_backward": WRONG["log_loss_backward"]["not a number"],
            "embedding_backward": WRONG["embedding_backward"]["float32"],
        }
    )
    assert "b is (3,), its gradient (1, 3)" in verdicts["dense_backward"]
    assert "dz is not finite at index [0, 0]" in verdicts["log_loss_backward"]
    assert "float32" in verdicts["embedding_backward"]
