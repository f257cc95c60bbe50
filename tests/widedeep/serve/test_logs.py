"""Logs: one line of JSON, whatever happens."""

import json

from widedeep.serve.logs import line, to_stderr, where


def test_a_line_is_json_and_one_line(capsys):
    to_stderr("info", "request", path="/predict\n", odd={1, 2})
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    found = json.loads(said)
    assert found["event"] == "request" and found["path"] == "/predict\n" and found["time"].endswith("Z")
    assert json.loads(line("error", "x", why="ü"))["why"] == "ü"


def test_where_is_the_innermost_place():
    try:
        json.loads("{")
    except ValueError as error:
        assert where(error).startswith("decoder.py:")
    assert where(ValueError()) == ""
