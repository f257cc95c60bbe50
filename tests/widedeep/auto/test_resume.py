"""A search that was killed goes on from its file, to the same model bit for bit."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from mlp.windows import flatten
from tests.widedeep.auto.small_tables import people, write
from tests.widedeep.auto.test_search import world
from widedeep import load
from widedeep.__main__ import main
from widedeep.auto import search as pages
from widedeep.auto.candidates import Candidate
from widedeep.auto.resume import Kept
from widedeep.auto.search import Clock, search

ROOT = Path(__file__).parents[3]
TINY = [Candidate("deep", hidden=(4,), epochs=2), Candidate("wide", alpha=0.05, pairs="no", epochs=2)]


class Killed(BaseException):
    """As if the process were gone."""


def found(label, kept=None, said=None, seed=0, candidates=TINY):
    encoder, answers, batch = world(label)
    clock = Clock(perf_counter(), perf_counter() + 1000)
    say = [].append if said is None else said.append
    return search(candidates, encoder, answers, batch, clock, seed, say, lambda: None, kept)


def bytes_of(model):
    return [(name, w.tobytes()) for name, w in flatten(model.params())]


def bits(of):
    return bytes_of(of.model), of.z.tobytes(), of.chosen, of.epochs


@pytest.mark.parametrize("label", ["number", "binary", "classes"])
def test_a_search_killed_again_and_again_finds_the_same_model(tmp_path, monkeypatch, label):
    right, path, train, taken = bits(found(label)), tmp_path / "s.npz", pages.train_member, []

    def killed(*arguments):
        if len(taken) % 5 == 4:
            taken.append("killed")
            raise Killed
        taken.append("trained")
        return train(*arguments)

    monkeypatch.setattr(pages, "train_member", killed)
    for _ in range(100):
        said = []
        try:
            again = found(label, Kept(path, resume=True), said)
        except Killed:
            continue
        break
    assert bits(again) == right and any("models are in" in line for line in said)
    members = sum(len(epochs) for epochs in again.epochs.values())
    assert taken.count("killed") >= 3 and taken.count("trained") == members  # none was trained twice


def test_the_file_of_another_search_is_refused_and_left(tmp_path):
    path = tmp_path / "s.npz"
    found("binary", Kept(path))
    before = path.read_bytes()
    for others in ({"seed": 1}, {"label": "classes"}, {"candidates": TINY[:1]}):
        with pytest.raises(ValueError, match="s.npz: .*of another search: other rows, columns, settings"):
            found(**{"label": "binary", "kept": Kept(path, resume=True), **others})
    with pytest.raises(ValueError, match="is there already; want --resume, to go on from it"):
        Kept(path)
    path.write_bytes(before[:-100])
    with pytest.raises(ValueError, match="s.npz: not a whole archive of train --checkpoint"):
        found("binary", Kept(path, resume=True))
    with pytest.raises(ValueError, match="s.npz"):
        load(path)


def test_a_full_disk_is_said_and_training_goes_on(tmp_path, monkeypatch):
    said, right = [], bits(found("binary", candidates=TINY[1:]))

    def full(path, write):
        raise OSError(28, f"{path}: not written (No space left on device); what was there before is as it was")

    monkeypatch.setattr("widedeep.auto.resume.write_beside", full)
    assert bits(found("binary", Kept(tmp_path / "s.npz"), said, candidates=TINY[1:])) == right
    assert any("no checkpoint: " in line and "No space left" in line and "goes on" in line for line in said)


def test_the_command_killed_for_good_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    data = write("t.csv", {name: people(120)[name] for name in ("age", "job", "income")})
    command = ["train", data, "--label", "income", "--budget", "60", "--checkpoint", "s.npz"]
    run = subprocess.Popen([sys.executable, "-m", "widedeep", *command], env={**os.environ, "PYTHONPATH": str(ROOT)},
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    end = time.monotonic() + 60
    while not Path("s.npz").exists() and time.monotonic() < end:
        time.sleep(0.02)
    run.send_signal(signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL and not Path("model.npz").exists()
    assert main(command) == 2
    assert "s.npz: is there already; want --resume" in capsys.readouterr().err
    with np.load("s.npz") as file:
        assert "0/z" in file.files
    monkeypatch.setattr("widedeep.auto.table_model.candidates_for", lambda n, encoder: TINY)
    assert main([*command, "--resume"]) == 2
    assert "s.npz: damaged, or not an archive of train --checkpoint: of another search" in capsys.readouterr().err
    Path("s.npz").unlink()
    assert main([*command, "--resume"]) == 0 and Path("s.npz").exists()  # nothing there yet: it begins
    first = Path("model.npz").read_bytes()
    assert main([*command, "--resume"]) == 0 and "models are in s.npz" in capsys.readouterr().out
    assert bytes_of(load("model.npz")[0]) == bytes_of(load(io.BytesIO(first))[0])
    assert main([*command[:4], "--resume"]) == 2 and "want --checkpoint FILE" in capsys.readouterr().err
