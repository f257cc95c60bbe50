"""python -m widedeep.explanations: what it prints, and one line where something is wrong."""

import re

import pytest

from widedeep.explanations.__main__ import main, main_groups, short_title


def test_main_groups_take_the_rarest_of_the_coloured():
    catalogue = [("Drama",)] * 9 + [("Sci-Fi", "Drama")] * 2 + [("Noir", "Drama")]
    assert main_groups(catalogue[8:], catalogue, most=2) == ["Drama", "Sci-Fi", "Sci-Fi", "Drama"]
    assert main_groups([(), ("Noir",), ("Drama",), ("Drama",)], catalogue, most=1) == [
        "other",
        "other",
        "Drama",
        "Drama",
    ]


def test_short_titles():
    assert short_title("Empire Strikes Back, The (1980)") == "The Empire Strikes Back"
    assert short_title("Bird in Hand, A (1990) (V)") == "A Bird in Hand"
    assert len(short_title("x" * 60)) <= 30


def test_the_command(tmp_path, capsys):
    assert main(["--data", "appstore", "--quick", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert re.search(r"\d  0\.\d{3}  \w", out) and ("memorized (" in out or "generalized (" in out)
    assert "all rows" in out and "Travel" in out and "of their history:" in out
    for name in ("map-appstore.png", "reliability-appstore.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG") and str(tmp_path / name) in out


def test_the_command_explains_a_row(tmp_path, capsys):
    assert main(["--data", "appstore", "--quick", "--row", "3", "--by", "age", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "Test row 3: user=" in out and "age in [" in out
    terms = out.split("are the sum of:")[1].split("\n\n")[0]
    total = float(re.search(r"The log-odds, ([+-][\d.]+)", out)[1])
    assert sum(float(term) for term in re.findall(r"^  ([+-][\d.]+)", terms, re.M)) == pytest.approx(total, abs=0.01)


@pytest.mark.parametrize(
    "argv, message",
    [
        (["--data", "appstore", "--user", "999999"], "--user 999999: unknown"),
        (["--data", "appstore", "--by", "colour"], "--by colour: appstore has no such column"),
        (["--data", "appstore", "--row", "7200"], "--row 7200: appstore has 7,200 test rows"),
        (["--data", "appstore", "--out", "/dev/null/x"], "cannot be made a folder"),
        (["--folder", "/nowhere"], "/nowhere"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(argv, message, capsys):
    assert main([*argv, "--quick"]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error and error.startswith("error: ") and "Traceback" not in error


@pytest.mark.parametrize(
    "argv",
    [
        ["--data", "adult", "--user", "3"],
        ["--row", "1", "--user", "3"],
        ["--top", "0"],
        ["--row", "-1"],
        ["--data", "x"],
    ],
)
def test_a_wrong_call_exits_with_2(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2 and "error:" in capsys.readouterr().err
