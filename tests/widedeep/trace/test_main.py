"""python -m widedeep.trace: what it prints and writes, and one line where something is wrong."""

import json
import re

import numpy as np
import pytest

from widedeep.trace import small as small_module
from widedeep.trace.__main__ import main


@pytest.fixture(autouse=True)
def few_rows(monkeypatch):
    monkeypatch.setattr(small_module, "ROWS", 1_000)


@pytest.mark.parametrize("data", ["appstore", "adult"])
def test_text_page_and_json_tell_the_same(data, tmp_path, capsys):
    page, numbers = tmp_path / "a" / "page.html", tmp_path / "numbers.json"
    assert main(["--data", data, "--row", "3", "--html", str(page), "--json", str(numbers)]) == 0
    out = capsys.readouterr().out
    assert "Test row 3: " in out and f"page: {page}" in out and f"every number: {numbers}" in out
    found = json.loads(numbers.read_text(encoding="utf-8"))
    assert set(found) == {"data", "row", "label", "seed", "trained_on", "values", "steps"}
    assert (found["data"], found["row"], found["trained_on"], found["seed"]) == (data, 3, 1_000, 0)
    html = page.read_text(encoding="utf-8")
    assert html.startswith("<!DOCTYPE html>") and html.endswith("</html>\n")
    by_symbol = {q["symbol"]: q["values"] for stop in found["steps"] for q in stop["quantities"]}
    p, y, dz = (np.ravel(by_symbol[name])[0] for name in ("p", "y", "dz"))
    assert dz == pytest.approx(p - y, abs=1e-6) and y == found["label"]
    assert f"=  {p:.4f}\n" in out and f">{p:.4f}</td>" in html
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["numbers.json", "page.html"]


def test_the_default_is_an_instructive_row_of_the_app_store(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    assert "A generated app store" in out and re.search(r"Test row \d+: title=", out)
    assert [int(n) for n in re.findall(r"^STEP (\d)\.", out, re.M)] == [1, 2, 3, 4, 5]


def test_json_alone_on_stdout(capsys):
    assert main(["--row", "0", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["row"] == 0


def test_the_same_seed_gives_the_same_and_another_another(capsys):
    found = []
    for seed in ("0", "0", "1"):
        assert main(["--row", "0", "--json", "-", "--seed", seed]) == 0
        found.append(json.loads(capsys.readouterr().out)["steps"])
    assert found[0] == found[1] != found[2]


@pytest.mark.download
def test_movielens_is_named_as_not_to_be_passed_on(tmp_path, capsys):
    assert main(["--data", "movielens", "--row", "0", "--html", str(tmp_path / "x.html")]) == 0
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert "may not be redistributed" in capsys.readouterr().out and "may not be redistributed" in page
    assert "rating=" not in page and "occupation=" in page


@pytest.mark.parametrize(
    "argv, message",
    [
        (["--row", "7200"], "--row 7200: appstore has 7,200 test rows, 0 to 7199"),
        (["--html", "/dev/null/x.html"], "cannot be made a folder"),
        (["--html", "."], "--html . is a folder; name a file"),
        (["--json", "."], "--json . is a folder; name a file"),
        (["--folder", "/nowhere"], "/nowhere"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(argv, message, capsys):
    assert main(argv) == 2
    error = capsys.readouterr().err.strip()
    assert message in error and error.startswith("error: ") and "Traceback" not in error


@pytest.mark.parametrize("argv", [["--data", "x"], ["--row", "-1"], ["--row", "x"], ["--seed", "-1"],
                                  ["--data", "adult", "--folder", "."]])  # fmt: skip
def test_a_wrong_call_exits_with_2(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2 and "error:" in capsys.readouterr().err


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path, capsys, monkeypatch):
    page = tmp_path / "page.html"
    page.write_text("old")
    monkeypatch.setattr("os.replace", lambda *a: (_ for _ in ()).throw(OSError("the disk is full")))
    assert main(["--row", "0", "--html", str(page)]) == 2
    assert "the disk is full" in capsys.readouterr().err
    assert page.read_text() == "old" and [path.name for path in tmp_path.iterdir()] == ["page.html"]
