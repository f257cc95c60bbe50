"""Arguments that several commands share: what they refuse before any work."""

import os
import sys

import pytest

import widedeep.train
from widedeep import bridges
from widedeep.commands.arguments import check_writable, loop_of


def test_an_engine_whose_library_is_missing_says_what_to_install(monkeypatch):
    assert loop_of("numpy") is widedeep.train.fit
    monkeypatch.setitem(sys.modules, "jax", None)  # as if it were not installed
    for name in ("jax", "jax_epoch"):
        monkeypatch.delitem(sys.modules, f"widedeep.bridges.{name}", raising=False)
        monkeypatch.delattr(bridges, name, raising=False)
    with pytest.raises(ValueError, match=r"--engine jax: .*jax is not installed; want pip install 'widedeep\[jax\]'"):
        loop_of("jax")


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    check_writable(tmp_path / "new" / "below")
    assert (tmp_path / "new" / "below").is_dir()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(OSError, match="the folder .* cannot be written; choose another --out or --json"):
        check_writable(tmp_path)
