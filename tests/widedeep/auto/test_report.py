"""The report: whole, without a word from elsewhere, and its figures are those that the commands print."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from tests.widedeep.auto.small_tables import people, without, write
from widedeep.__main__ import main
from widedeep.auto.report import NAMES, best_threshold, judged

HEADS = {"income": "binary", "colour": "classes", "wage": "number"}
VOID = {"meta", "br", "line", "circle", "rect", "polyline"}


class Whole(HTMLParser):
    """Every element is closed, in order; texts by element."""

    def __init__(self):
        super().__init__()
        self.open, self.attributes, self.cells, self.texts = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_startendtag(self, tag, attrs):
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)
        if self.open and self.open[-1] in ("td", "th", "small", "b") and self.cells:
            self.cells[-1] += data


def parsed(path):
    page = Whole()
    page.feed(Path(path).read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


@pytest.fixture(scope="module", params=HEADS)
def trained(request, tmp_path_factory):
    """(label, folder with report.html, t.json, m.npz, t.csv)"""
    label, folder = request.param, tmp_path_factory.mktemp(request.param)
    table = without(people(), *(HEADS.keys() - {label}), "id")
    data = write(folder / "t.csv", table)
    arguments = [
        "--out",
        str(folder / "m.npz"),
        "--report",
        str(folder / "report.html"),
        "--json",
        str(folder / "t.json"),
    ]
    assert main(["train", data, "--label", label, "--budget", "3", *arguments]) == 0
    return label, folder


def test_it_is_one_whole_page_that_asks_for_nothing(trained) -> None:
    page = parsed(trained[1] / "report.html")
    text = (trained[1] / "report.html").read_text()
    assert "<script" not in text and "@import" not in text and "url(" not in text
    assert not [value for name, value in page.attributes if name in ("src", "href", "srcset", "data")]
    assert "viewport" in text and "@media print" in text and "nan" not in re.findall(r"\bnan\b", text.lower())


def test_figures_are_those_of_the_command(trained) -> None:
    page, told = parsed(trained[1] / "report.html"), json.loads((trained[1] / "t.json").read_text())
    rows = {page.cells[k].split(" (")[0]: page.cells[k + 1] for k in range(len(page.cells) - 1)}
    for metric, value in told["metrics"].items():
        assert rows[NAMES[metric]] == f"{value:.4f}"  # the first figure of its line is the model's
    assert any(f"{told['held_out']:,} of 400 rows" in text for text in page.texts)


def test_a_table_of_hits_and_misses_adds_up(trained) -> None:
    label, folder = trained
    if HEADS[label] == "number":
        pytest.skip("numbers have none")
    told = json.loads((folder / "t.json").read_text())
    text = (folder / "report.html").read_text()
    counts = [int(n.replace(",", "")) for n in re.findall(r'class="cell"[^>]*>([\d,]+)', text)]
    tables = 2 if HEADS[label] == "binary" else 1
    assert len(counts) == {"binary": 8, "classes": 9}[HEADS[label]]
    assert sum(counts) == tables * told["held_out"]
    size = 2 if HEADS[label] == "binary" else 3
    right = sum(counts[k * size + k] for k in range(size))
    assert right / told["held_out"] == pytest.approx(told["metrics"]["accuracy"], abs=2e-3)


def test_the_terms_of_the_explained_row_add_up_to_its_net_sum(trained) -> None:
    text = (trained[1] / "report.html").read_text().split("One row, explained")[1].split("<h2>Settings")[0]
    terms = [float(n) for n in re.findall(r'class="n">([+-][\d.]+)<', text)]
    assert len(terms) > 3 and sum(terms[:-1]) == pytest.approx(terms[-1], abs=0.001 * len(terms))
    assert f"{terms[-1]:+.3f}" in text.split("</p>")[0]


def test_the_model_is_the_same_with_and_without_a_report(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("t.csv", without(people(120), "colour", "wage", "id"))
    for name, more in (("a", ["--report", "r.html"]), ("b", [])):
        assert main(["train", "t.csv", "--label", "income", "--budget", "600", "--out", f"{name}.npz", *more]) == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()


def test_evaluate_writes_one_too(trained) -> None:
    label, folder = trained
    write(folder / "new.csv", without(people(100, seed=1), *(HEADS.keys() - {label}), "id"))
    assert main(["evaluate", str(folder / "m.npz"), str(folder / "new.csv"), "--report", str(folder / "new.html"),
                 "--json", str(folder / "e.json")]) == 0  # fmt: skip
    page, told = parsed(folder / "new.html"), json.loads((folder / "e.json").read_text())
    assert all(f"{value:.4f}" in page.cells for value in told["metrics"].values())
    assert "How it learned" not in "".join(page.texts) and "cannot know" in "".join(page.texts)


def test_the_same_seed_gives_the_same_page_but_for_the_seconds(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("t.csv", without(people(120), "colour", "wage", "id"))
    pages = []
    for name in ("a", "b"):
        assert main(["train", "t.csv", "--label", "income", "--budget", "600", "--report", f"{name}.html"]) == 0
        pages.append(re.sub(r"seconds of training</td><td class=\"feature\">\d+", "", Path(f"{name}.html").read_text()))
    assert pages[0] == pages[1]


def test_names_and_values_are_text_and_nothing_else(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    table = without(people(150), "colour", "wage", "id", "height")
    odd = {"<script>alert(1)</script>": table["job"], "a&b": table["age"],
           'in"come': np.where(table["income"] == ">50K", "<b>yes</b>", "no & no")}  # fmt: skip
    write("<t>.csv", odd)
    assert main(["train", "<t>.csv", "--label", 'in"come', "--budget", "2", "--report", "r.html"]) == 0
    text = Path("r.html").read_text()
    parsed("r.html")
    assert "<script" not in text and "<b>yes" not in text and "&lt;script&gt;" in text


@pytest.mark.parametrize(
    "options, words",
    [
        (["--report", "report.pdf"], "want a name that ends in .html"),
        (["--report", "folder.html"], "--report folder.html"),
        (["--report", "r.html", "--stream"], "of a table that is read in passes no row is kept"),
    ],
)
def test_bad_options_are_refused_before_training(tmp_path, monkeypatch, capsys, options, words) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.html").mkdir()
    write("t.csv", people(50))
    assert main(["train", "t.csv", "--label", "income", "--out", "m.npz", *options]) == 2
    assert words in capsys.readouterr().err and not Path("m.npz").exists()


def test_a_table_of_interactions_and_too_few_rows_are_refused(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    write("t.csv", without(people(60), "colour", "wage", "id"))
    assert main(["train", "t.csv", "--user", "age", "--item", "job", "--report", "r.html"]) == 2
    assert "--report is not for a table of interactions" in capsys.readouterr().err
    assert main(["train", "t.csv", "--label", "income", "--budget", "2", "--out", "m.npz"]) == 0
    write("few.csv", without(people(5), "colour", "wage", "id"))
    assert main(["evaluate", "m.npz", "few.csv", "--report", "r.html"]) == 2
    assert "--report: 5 rows with a label; want at least 20" in capsys.readouterr().err and not Path("r.html").exists()


def test_the_best_threshold_has_the_best_f1() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(200).round(2)  # with ties
    y = (rng.random(200) < p) * 1.0

    def f1(threshold):
        said = p >= threshold
        return 2 * (said & (y == 1)).sum() / (said.sum() + y.sum())

    assert f1(best_threshold(y, p)) == max(f1(threshold) for threshold in np.unique(p))


@pytest.mark.parametrize(
    "losses, words",
    [
        ((0.20, 0.25, 0.5), "Ahead of the line: its loss is 20.0% lower"),
        ((0.2499, 0.25, 0.5), "Hardly better than the line (+0.0% of its loss)"),
        ((0.26, 0.25, 0.5), "Behind the line, by 4.0% of its loss"),
        ((0.1, 0.0, 0.5), "Behind the line"),
        ((0.4999, 0.6, 0.5), "No better than the same answer for every row"),
    ],
)
def test_the_verdict_is_said_aloud(losses, words) -> None:
    assert words in judged(*losses, "line", "loss")


def test_labels_of_no_cause_are_said_to_have_none(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    write("t.csv", {"x": rng.normal(size=300).round(2), "y": rng.choice(["yes", "no"], 300)})
    assert main(["train", "t.csv", "--label", "y", "--budget", "2", "--report", "r.html"]) == 0
    assert "No better than the same answer for every row" in Path("r.html").read_text()


def test_every_used_kind_has_a_line_that_can_be_seen(trained) -> None:
    text = (trained[1] / "report.html").read_text().split("How it learned")[1].split("Heaviest weights")[0]
    chosen = json.loads((trained[1] / "t.json").read_text())["chosen"]
    labels = set(re.findall(r'<text class="c\d"[^>]*>([^<]+)</text>', text))
    assert labels == set(chosen) and 'points=""' not in text


@pytest.mark.parametrize("losses", [(0.0, 0.0, 0.0), (float("nan"), 0.3, 0.6), (0.69, 0.30, 0.69)])
def test_no_verdict_is_kinder_than_its_figures(losses) -> None:
    said = judged(*losses, "line", "loss")
    assert said.startswith("No better than the same answer for every row")
    assert ("take that one" in said) == (losses[1] < losses[2])


def test_a_row_of_odd_cells_can_be_explained_and_reported(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    table = without(people(200), "colour", "wage", "id", "remarks")
    table["age"] = ["unknown" if k % 6 == 0 else age for k, age in enumerate(table["age"])]
    write("t.csv", table)
    Path("c.toml").write_text(
        'label = "income"\nhead = "binary"\n[columns]\nage = {kind = "number", missing = true}\njob = "category"\n'
    )
    assert main(["train", "t.csv", "--columns", "c.toml", "--budget", "2", "--out", "m.npz", "--report", "r.html"]) == 0
    write("one.csv", {name: values[:1] for name, values in table.items()})
    assert main(["explain", "m.npz", "one.csv"]) == 0
    assert "note: age: 1 of 1 values are no numbers, as 'unknown'" in capsys.readouterr().err
    write("late.csv", {"age": ["unknown"] * 10_000 + [40] * 50, "job": ["cook"] * 10_050})
    assert main(["predict", "m.npz", "late.csv", "--out", "p.csv"]) == 0
    assert len(Path("p.csv").read_text().splitlines()) == 10_051


def test_labels_that_are_huge_or_all_alike_have_a_page(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=200).round(3)
    write("t.csv", {"x": x, "y": (2_000_000 + 2000 * x).round()})
    assert main(["train", "t.csv", "--label", "y", "--budget", "2", "--out", "m.npz", "--report", "r.html"]) == 0
    assert "2,002,000" in Path("r.html").read_text() and "2e+06" not in Path("r.html").read_text()
    for y in (1e20, -50.0):
        write("new.csv", {"x": x[:30], "y": [y] * 30})
        assert main(["evaluate", "m.npz", "new.csv", "--report", "e.html"]) == 0
