"""python -m mlp: the five steps, and one line where something is wrong."""

import subprocess
import sys

import pytest

from mlp.__main__ import main


def test_the_command_shows_the_five_steps_and_solves_xor(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    at = [out.index(f"\n{i}  ") if i > 1 else out.index("1  ") for i in range(1, 6)]
    assert at == sorted(at)
    for array in ("X (4, 2)", "0.W (2, 3)", "Z0 (4, 3)", "A1 (4, 1)", "dz (4, 1)", "d1.W (3, 1)", "d0.b (3,)"):
        assert array in out
    assert out.index("d1.W") < out.index("d0.W")  # from the output layer back
    table = [line.split() for line in out.splitlines()[-6:-2]]
    assert [(row[2], round(float(row[3]))) for row in table] == [("0", 0), ("1", 1), ("1", 1), ("0", 0)]
    assert "The desired output is achieved." in out


def test_the_command_says_when_it_is_not_there_yet(capsys):
    assert main(["--epochs", "1"]) == 1
    assert "Not there yet: more --epochs" in capsys.readouterr().out


def test_the_seed_is_of_the_weights(capsys):
    outs = [(main(["--epochs", "1", "--seed", seed]), capsys.readouterr().out)[1] for seed in ("1", "1", "2")]
    assert outs[0] == outs[1] != outs[2]


@pytest.mark.parametrize("options", [["--epochs", "0"], ["--seed", "-1"], ["--epochs", "few"], ["--no-such-option"]])
def test_a_wrong_call_exits_with_2_and_a_line(options, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(options)
    assert stopped.value.code == 2
    assert "python -m mlp: error:" in capsys.readouterr().err


def test_it_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "mlp", "--epochs", "1"], capture_output=True, text=True)
    assert done.returncode == 1 and "Keep repeating" in done.stdout and not done.stderr
