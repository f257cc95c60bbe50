"""The course: each notebook is what its text makes, runs offline, tells right from wrong, and keeps the beats."""

import ast
import importlib
import importlib.util
import json
import re
from pathlib import Path

import nbclient
import nbformat
import pytest

from widedeep.course.turns import texts

ROOT = Path(__file__).parent.parent
spec = importlib.util.spec_from_file_location("build_notebooks", ROOT / "notebooks" / "build.py")
build = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build)

NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
TEXTS = sorted(build.TEXT.glob("*.md"))
COURSE = [path for path in TEXTS if path.stem[:2].isdigit()]
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}-{path.stem}")
each_text = pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
each_sitting = pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)


def numbers_apart(text: str) -> tuple[str, list[float]]:
    """A printed text without its numbers and its spaces, and the numbers: two runs may differ in a last digit."""
    found = re.findall(r"\d[\d,_]*\.?\d*(?:e[-+]?\d+)?", text)
    return re.sub(r"[\s+-]+", "", re.sub(r"\d[\d,_]*\.?\d*(?:e[-+]?\d+)?", "#", text)), [
        float(number.replace(",", "").replace("_", "")) for number in found
    ]


def read(path):
    """The committed notebook of a text, or a notebook itself."""
    return nbformat.read(ROOT / "notebooks" / f"{path.stem}.ipynb" if path.suffix == ".md" else path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def tagged(cells, tag):
    return [cell for cell in cells if tag in tags(cell)]


def printed(cell):
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


# ---- the text and the notebook --------------------------------------------------------------------------------------


def test_eleven_sittings_and_each_notebook_has_its_text():
    assert [path.stem[:2] for path in COURSE] == [f"{n:02d}" for n in range(11)]
    assert {path.stem for path in NOTEBOOKS if path.parent.name == "notebooks"} == {path.stem for path in TEXTS}


@each_text
def test_text_and_notebook_are_in_step(path):
    made, kept = build.from_text(path), read(path)
    assert [(c.cell_type, c.source, tags(c)) for c in made.cells] == [
        (c.cell_type, c.source, tags(c)) for c in kept.cells
    ], f"python notebooks/build.py {path.stem}"


@each_text
def test_it_runs_offline_gives_the_committed_outputs_and_tells_right_from_wrong(path, tmp_path):
    """One run: behind every "your turn" stands a cell with answers, a right one, a wrong one, and nonsense."""
    notebook, kept = build.from_text(path), read(path)
    mine = [cell.source for cell in notebook.cells]
    notebook.cells = [
        c for cell in notebook.cells for c in ([cell, answered(cell)] if "your-turn" in tags(cell) else [cell])
    ]
    build.run_offline(notebook, tmp_path)  # raises CellExecutionError with the cell's traceback
    for cell in notebook.cells:
        if "answered" in tags(cell):
            right, wrong, odd = printed(cell).split("-----\n")
            assert right == "RIGHT\n" and wrong.startswith("NOT YET\nHint: ") and odd.startswith("NOT YET"), cell.source
    run = [cell for cell in notebook.cells if "answered" not in tags(cell)]
    assert [cell.source for cell in run] == mine
    for new, old in zip(run, kept.cells):
        if new.cell_type == "code" and "varies" not in tags(new):
            words, numbers = numbers_apart(printed(new))
            kept_words, kept_numbers = numbers_apart(printed(old))
            assert words == kept_words, f"stale: python notebooks/build.py {path.stem}\n{new.source}"
            assert numbers == pytest.approx(kept_numbers, rel=0.05, abs=0.02), new.source
            pictures = [[o.output_type for o in cell.outputs if "data" in o] for cell in (new, old)]
            assert pictures[0] == pictures[1], new.source


def answered(cell):
    """The cell's call of turn, with the worked answer, with one that has to miss, and with something odd."""
    (call,) = (
        ast.get_source_segment(cell.source, node)
        for node in ast.parse(cell.source).body
        if isinstance(node, ast.Expr) and getattr(getattr(node.value, "func", None), "id", "") == "turn"
    )
    text = texts()[re.match(r'turn\("([\d.]+)"', call)[1]]
    source = "\nprint('-----')\n".join(f"mine = {mine}\n{call}" for mine in (text["answer"], text["wrong"], "object()"))
    return nbformat.v4.new_code_cell(source, metadata={"tags": ["answered"]})


def test_a_stale_number_is_seen():
    words, numbers = numbers_apart("loss 0.568, 5,125 weights\n  +1.39")
    assert words == "loss#,#weights#" and numbers == [0.568, 5125, 1.39]
    assert numbers_apart("loss  0.571")[0] == numbers_apart("loss 0.568")[0] != numbers_apart("l 1")[0]
    assert [0.568] != pytest.approx([0.62], rel=0.05, abs=0.02)


def test_the_run_has_no_network(tmp_path):
    reach = "import urllib.request\nurllib.request.urlopen('http://example.com', timeout=5)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(reach)])
    with pytest.raises(nbclient.exceptions.CellExecutionError):
        build.run_offline(notebook, tmp_path)


# ---- every notebook ------------------------------------------------------------------------------------------------


@each_notebook
def test_committed_outputs_are_there_small_and_without_error(path):
    cells = code_cells(path)
    assert cells and all(cell.execution_count for cell in cells if cell.source.strip()), "execute it and save"
    outputs = [output for cell in cells for output in cell.outputs]
    assert outputs, "people read the outputs on the web"
    for output in outputs:
        assert output.output_type != "error"
        assert output.get("name") != "stderr", output.text
    assert path.stat().st_size < 500_000


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
def test_code_lines_fit_on_a_projector(path):
    most = 120 if path.parent.name == "exercises" else 112  # whose docstrings are those of the files to write
    lines = [line for cell in code_cells(path) for line in cell.source.splitlines()]
    assert lines and [line for line in lines if len(line) > most] == []


@each_notebook
def test_the_seed_stands_in_the_first_code_cell(path):
    first = code_cells(path)[0].source
    assert "import" in first and "rng = np.random.default_rng(0)" in first


# ---- the beats ------------------------------------------------------------------------------------------------------


def sections(path):
    """{number: cells} of the numbered sections."""
    found, number = {}, None
    for cell in read(path).cells:
        heading = re.search(r"^## (\S+)", cell.source, re.M) if cell.cell_type == "markdown" else None
        if heading:
            number = heading[1] if re.fullmatch(r"\d+\.\d+", heading[1]) else None
        if number:
            found.setdefault(number, []).append(cell)
    return found


@each_sitting
def test_each_section_asks_for_a_guess_shows_something_and_asserts_it(path):
    found = sections(path)
    assert all(number.startswith(f"{int(path.stem[:2])}.") for number in found)
    for number, cells in found.items():
        prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        code = [cell for cell in cells if cell.cell_type == "code" and "answers" not in tags(cell)]
        if code:
            assert "**Guess first.**" in prose, number
            assert any("assert " in cell.source for cell in code), number
    turns = [number for number, cells in found.items() if any("your-turn" in tags(cell) for cell in cells)]
    assert len(turns) >= len(found) - 2


@each_sitting
def test_it_says_what_it_needs_and_how_long_it_takes(path):
    opening = read(path).cells[0].source
    assert re.search(r"(Read `|You need)", opening)
    assert re.search(r"About (\d+) minutes to read", opening), "how long to read"
    assert re.search(r"to run", opening)
    assert int(re.search(r"About (\d+) minutes to read", opening)[1]) <= 45


@each_text
def test_each_picture_has_its_words(path):
    cells = read(path).cells
    for k, cell in enumerate(cells):
        if cell.cell_type == "code" and any("image/png" in output.get("data", {}) for output in cell.outputs):
            nexts = [c.source for c in cells[k + 1 : k + 3] if c.cell_type == "markdown"]
            assert any("*Picture: " in text for text in nexts), cell.source


@each_sitting
def test_it_ends_with_three_questions_whose_answers_are_folded_and_checked(path):
    cells = read(path).cells
    (asked,) = (cell for cell in cells if "<details>" in cell.source)
    assert asked.source.count("<details><summary>Answer</summary>") == 3
    (check,) = tagged(cells, "answers")
    assert check.source.count("assert ") >= 3 and "the three answers hold" in printed(check)
    assert cells.index(asked) == len(cells) - 2 and cells[-1] is check


def decimals(text):
    text = text.replace("CC BY 4.0", "").replace("above $50,000", "")  # a licence, and what Adult asks
    return set(re.findall(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\w,]|\.\d)|(?<![\w.,])\d*\.\d+(?![\w.]|\.\d)", text))


@each_text
def test_every_number_in_the_prose_is_made_or_asserted_by_a_cell(path):
    cells = read(path).cells
    made = "\n".join(cell.source + printed(cell) for cell in cells if cell.cell_type == "code")
    numbers = sections(path).keys()
    for cell in cells:
        if cell.cell_type == "markdown":
            for number in decimals(cell.source) - set(numbers):
                plain = number.replace(",", "").lstrip("0")
                assert plain in made.replace(",", "").replace("_", ""), f"{number} in: {cell.source[:200]}"


def test_the_test_of_numbers_can_fail():
    assert decimals("from 0.693 to 25,200 rows (see 3.8), -1.5, in 1958") == {"0.693", "25,200", "3.8", "1.5"}


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

ARTICLE = {  # (sitting, tag of the markdown cell): words that the cell must hold
    ("00_map", "article: suggest relevant items"): ("recommend",),
    ("00_map", "article: memorization and generalization"): ("capture both memorization and generalization",),
    ("01_perceptron", "article: four parts"): (
        "Input value", "Weights and Bias", "Net sum", "Activation Function", "calculates a weighted sum", "blurs",
    ),
    ("01_perceptron", "article: multiply and add and apply"): ("multiplied", "added", "weighted sum", "applied"),
    ("01_perceptron", "article: bias is the intercept"): ("intercept",),
    ("02_slope", "article: wide is a single-layer perceptron"): ("single layer perceptron", "wide"),
    ("02_slope", "article: generalized linear model"): (
        "generalized linear model", "threshold", "sigmoid", "log loss", "blurs",
    ),
    ("03_backpropagation", "article: deep is an MLP"): (
        "multi-layer perceptron", "deep", "backward propagation of errors", "essence",
    ),
    ("03_backpropagation", "article: directed graph"): ("feed-forward", "directed graph"),
    ("03_backpropagation", "article: step 1"): ("Inputs X arrive through the preconnected path",),
    ("03_backpropagation", "article: step 2"): ("Real weights W, usually randomly selected",),
    ("03_backpropagation", "article: step 3"): (
        "The output of every neuron", "input layer", "hidden layers", "output layer",
    ),
    ("03_backpropagation", "article: step 4"): ("error in the outputs", "Actual Output", "Desired Output"),
    ("03_backpropagation", "article: step 5"): ("Travel back from the output layer to the hidden layer",),
    ("03_backpropagation", "article: keep repeating"): ("Keep repeating until the desired output is achieved",),
    ("04_gradient_check", "article: gradient of a loss function"): ("slope",),
    ("05_memorizing", "article: sparse inputs"): ("sparse inputs", "one-hot"),
    ("05_memorizing", "article: wide is a single-layer perceptron"): (
        "single layer perceptron", "generalized linear model",
    ),
    ("05_memorizing", "article: memorization"): ("cross-product feature transformations", "AND"),
    ("05_memorizing", "article: effective and interpretable"): ("effective and interpretable",),
    ("06_generalizing", "article: deep component is an MLP"): (
        "The deep learning component is an MLP", "generalization",
    ),
    ("07_wide_and_deep", "article: fusing both"): ("fusing both",),
    ("07_wide_and_deep", "article: memorization and generalization"): ("ensemble",),
    ("08_recommending", "article: recommend with reasons"): ("recommend(user, k)",),
}  # fmt: skip


@pytest.mark.parametrize("place", ARTICLE, ids=lambda place: f"{place[0][:2]} {place[1]}")
def test_each_idea_of_the_article_has_its_place(place):
    stem, tag = place
    cells = tagged([c for c in read(build.TEXT / f"{stem}.md").cells if c.cell_type == "markdown"], tag)
    assert len(cells) == 1
    for words in ARTICLE[place]:
        assert words in cells[0].source, words


# ---- your turn -----------------------------------------------------------------------------------------------------


@each_text
def test_your_turns_are_waiting_and_each_has_a_number_of_its_own(path):
    turns = tagged(code_cells(path), "your-turn")
    numbers = [re.search(r'turn\("([\d.]+)"', cell.source)[1] for cell in turns]
    assert len(set(numbers)) == len(numbers) and set(numbers) <= set(texts())
    assert all(cell.source.startswith("mine = ...") for cell in turns)
    assert all(printed(cell).startswith("NOT WRITTEN YET") for cell in turns)


def test_every_turn_is_asked_somewhere():
    asked = {number for path in TEXTS for number in re.findall(r'turn\("([\d.]+)"', path.read_text())}
    assert asked == set(texts())
