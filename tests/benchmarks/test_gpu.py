"""The GPU benchmark runs with whatever is there, and says what it did not measure, and why."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # benchmarks/ is not installed with the packages

from benchmarks import gpu


def said(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_side_says_what_it_is_its_loss_and_a_line_for_each_size(capsys):
    assert gpu.child("NumPy, 1 thread", 20, [(8, 16), (4, 16)]) == 0
    about, loss, *cells = said(capsys)
    assert about["about"].startswith("NumPy ") and 0.6 < loss["loss"] < 0.8
    assert [cell["cell"] for cell in cells] == ["4 x 16", "8 x 16"]  # the least work first
    assert all(cell["ms"] >= cell["min"] > 0 and cell["steps"] == 100 for cell in cells)


def test_a_size_that_would_take_too_long_is_left_out_with_its_reason(capsys, monkeypatch):
    monkeypatch.setattr(gpu, "GPU_STEPS", 10)
    gpu.child("NumPy, 1 thread", 1e-3, [(4, 16), (512, 4096)])
    *_, last = said(capsys)
    assert last["skip"] == "512 x 4096" and last["why"].startswith("an epoch would take ")


@pytest.mark.parametrize(
    "side, library", [("engine on CPU", "jax"), ("engine on GPU", "jax"), ("PyTorch on GPU", "torch")]
)
def test_a_library_that_is_missing_is_said(capsys, monkeypatch, side, library):
    monkeypatch.setitem(sys.modules, library, None)
    assert gpu.child(side, 5, []) == 0
    (missing,) = said(capsys)
    assert library in missing["missing"]


def test_the_table_takes_numpys_better_number_of_threads_and_names_every_gap(capsys):
    cell = {"min": 1.0, "first": 2.5, "steps": 100, "repeats": 3}
    record = {"sides": {
        "NumPy, 1 thread": {"loss": 0.7, "cells": {"64 x 256": cell | {"ms": 3.0}}, "skipped": {}},
        "NumPy, all threads": {"loss": 0.7, "cells": {"64 x 256": cell | {"ms": 2.0}}, "skipped": {"8 x 8": "slow"}},
        "engine on CPU": {"loss": 0.8, "cells": {"64 x 256": cell | {"ms": 1.0}}, "skipped": {}},
        "engine on GPU": {"cells": {}, "skipped": {}, "missing": "JAX sees no GPU"},
        "PyTorch on GPU": {"cells": {}, "skipped": {}, "died": "out of memory"},
    }}  # fmt: skip
    gpu.print_losses(record)
    gpu.print_table(record, [(64, 256)])
    out = capsys.readouterr().out
    assert "NOT THE SAME WORK" in out and record["apart"] == pytest.approx(0.1)
    row = next(line for line in out.splitlines() if line.startswith("64 x 256"))
    assert row.split() == ["64", "x", "256", "2.00", "1.00", "not", "measured", "not", "measured", "2.5"]
    for gap in ("NumPy, all threads, not measured: 8 x 8: slow", "engine on GPU, not measured: JAX sees no GPU",
                "PyTorch on GPU, not measured: out of memory"):  # fmt: skip
        assert gap in out
