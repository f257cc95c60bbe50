"""python -m perceptron: what it prints, and one line where something is wrong."""

import re
import subprocess
import sys

import pytest

from perceptron.__main__ import main


def test_the_command_tells_the_story(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    lines = {line.split(":")[0].strip(): line for line in out.splitlines() if "mistakes in each epoch" in line}
    assert "clean in epoch" in lines["AND"] and "clean in epoch" in lines["OR"]
    assert "still wrong after 100 epochs" in lines["XOR"] and lines["XOR"].split("   ")[0].endswith("...")
    for part in ("1 inputs", "2 weights and bias", "3 net sum", "4 activation", "sigmoid(z)"):
        assert part in out
    rows = [line.split() for line in out.splitlines() if line.startswith("   0 ") or line.startswith("   1 ")]
    assert [row[2] for row in rows] == ["0", "0", "0", "1"]  # AND's desired outputs
    assert [float(row[4]) > 0.5 for row in rows] == [False, False, False, True]


def test_the_drawing_adds_up(capsys):
    main([])
    out = capsys.readouterr().out
    products = [float(x) for x in re.findall(r"\* w\d = +\S+ +=\s+(\S+)", out)]
    bias, z = float(re.search(r"\+ b  = +(\S+)", out)[1]), float(re.search(r"z = +(\S+) -->", out)[1])
    assert len(products) == 2 and z == pytest.approx(sum(products) + bias)
    assert f"step(z) = {z >= 0:d}" in out


@pytest.mark.parametrize("options", [["--epochs", "0"], ["--epochs", "many"], ["--no-such-option"]])
def test_a_wrong_call_exits_with_2_and_a_line(options, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(options)
    assert stopped.value.code == 2
    assert "python -m perceptron: error:" in capsys.readouterr().err


def test_it_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "perceptron", "--epochs", "20"], capture_output=True, text=True)
    assert done.returncode == 0 and "still wrong after 20 epochs" in done.stdout and not done.stderr
