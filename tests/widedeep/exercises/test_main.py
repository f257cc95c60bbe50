"""The command in this process: a wrong call is one message, with what is wrong and what would be right."""

import pytest

from widedeep import exercises
from widedeep.exercises.__main__ import main


@pytest.fixture
def started(tmp_path, monkeypatch):
    """A folder that holds my_exercises, and a file."""
    monkeypatch.chdir(tmp_path)
    assert main(["start"]) == 0
    (tmp_path / "file").write_text("x")
    return tmp_path


@pytest.mark.parametrize(
    "argv, words",
    [
        (["check", "--seed", "-1"], "--seed -1: want 0 or more"),
        (["report", ".", "--seed", "-1"], "--seed -1: want 0 or more"),
        (["check", "--limit", "0"], "--limit 0: want more than 0 and less than 3600 seconds"),
        (["why", "--limit", "nan"], "--limit nan: want more than 0 and less than 3600 seconds"),
    ],
)
def test_a_number_that_cannot_be_is_told_with_the_usage(argv, words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2 and words in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv, words",
    [
        (["list", "--dir", "elsewhere"], "elsewhere"),
        (["start", "file"], "file is a file; want a folder for the exercises"),
        (["check", "nope.py"], "there is no file nope.py"),
        (["hint", "nope"], "no exercise is called 'nope'; there are 01_net_sum, "),
        (["check", "5"], "05_dense.py; `python -m widedeep.exercises reset 05_dense` writes the stub again"),
        (["report", "my_exercises", "."], ". holds no exercise; want a folder for each student: 01_net_sum.py"),
    ],
)
def test_a_wrong_call_is_one_line(started, argv, words, capsys):
    (started / "my_exercises" / "05_dense.py").unlink()
    capsys.readouterr()
    assert main(argv) == 2
    told = capsys.readouterr()
    assert words in told.err and told.err.count("\n") == 1 and told.out == ""


def test_an_unknown_language_is_told_in_a_line(started, monkeypatch, capsys):
    monkeypatch.setenv("WIDEDEEP_LANGUAGE", "xx")
    capsys.readouterr()
    assert main([]) == 2
    assert "WIDEDEEP_LANGUAGE 'xx': there is de and en" in capsys.readouterr().err


def test_a_name_that_the_package_has_not_is_told():
    with pytest.raises(AttributeError, match="module 'widedeep.exercises' has no attribute 'grade'"):
        exercises.grade  # noqa: B018
