"""Downloads: the cache folder, pip, and transfers that are stopped."""

import subprocess
import sys

import pytest

from tests.widedeep.datasets.builders import serve
from widedeep.datasets import DataUnavailable, download


def test_the_cache_folder_follows_platform_and_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("WIDEDEEP_CACHE", str(tmp_path / "own"))
    assert download.cache_folder() == tmp_path / "own"
    monkeypatch.setenv("WIDEDEEP_CACHE", "")  # empty is unset
    monkeypatch.setattr(download.Path, "home", classmethod(lambda cls: tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert download.cache_folder() == tmp_path / "xdg" / "widedeep"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # the standard says: ignore it
    assert download.cache_folder() == tmp_path / ".cache" / "widedeep"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert download.cache_folder() == tmp_path / "Library" / "Caches" / "widedeep"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert download.cache_folder() == tmp_path / "local" / "widedeep" / "Cache"

    def homeless(cls):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("LOCALAPPDATA")
    monkeypatch.setattr(download.Path, "home", classmethod(homeless))
    with pytest.raises(DataUnavailable, match="set WIDEDEEP_CACHE"):
        download.cache_folder()


def test_a_python_without_pip_is_recognised_for_real(tmp_path, monkeypatch):
    real = subprocess.run
    monkeypatch.setattr(
        subprocess, "run", lambda command, **options: real([command[0], "-I", "-S", *command[1:]], **options)
    )
    with pytest.raises(OSError, match="this Python has no pip"):
        download.from_wheel("recbole==1.2.1", "0" * 64, tmp_path)


def test_pip_that_hangs_is_stopped(tmp_path, monkeypatch):
    real = subprocess.run
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(subprocess, "run", lambda command, **options: real(sleep, **options))
    with pytest.raises(OSError, match="did not finish"):
        download.from_wheel("recbole==1.2.1", "0" * 64, tmp_path, in_all=0.2)


def test_a_transfer_is_stopped_when_too_large_or_too_slow(monkeypatch):
    serve(monkeypatch, b"x" * 100)
    assert download.from_url("http://example.org", largest=100) == b"x" * 100
    with pytest.raises(ValueError, match="more than the 99 bytes"):
        download.from_url("http://example.org", largest=99)
    with pytest.raises(TimeoutError, match="too slow"):
        download.from_url("http://example.org", largest=100, in_all=-1)


def test_a_file_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    def locked(path):
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "u.data").write_bytes(b"1")
    monkeypatch.setattr(download.Path, "read_bytes", locked)
    with pytest.raises(DataUnavailable, match="cannot read .*: .*Permission denied"):
        download.read_checked(tmp_path, {"u.data": "0" * 64}, "unpack it again")
