"""A file is put down whole or not at all, and what killed writers left is removed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from widedeep.archives import files
from widedeep.archives.files import machine, write_beside

ROOT = Path(__file__).parents[3]


def dead_process() -> int:
    """The number of a process that is gone."""
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, cwd=ROOT
    )
    return int(done.stdout)


def test_file_and_folder_are_flushed_before_and_after_the_rename(tmp_path, monkeypatch):
    done, fsync, replace = [], os.fsync, os.replace

    def flushed(handle):
        done.append(os.path.basename(os.readlink(f"/proc/self/fd/{handle}")))
        fsync(handle)

    def renamed(old, new):
        done.append("rename")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "replace", renamed)
    write_beside(tmp_path / "m.npz", lambda path: path.write_bytes(b"whole"))
    assert done == [f".m.npz.{machine()}-{os.getpid()}.part", "rename", tmp_path.name]
    assert (tmp_path / "m.npz").read_bytes() == b"whole" and os.listdir(tmp_path) == ["m.npz"]


def test_parts_of_killed_writers_are_removed_and_no_others(tmp_path):
    gone, mine, odd = dead_process(), os.getppid(), "m.npz.backup.part"
    names = [f".m.npz.{machine()}-{gone}.part", f".m.npz.{machine()}-{mine}.part", f".m.npz.000000-{gone}.part", odd,
             f".other.npz.{machine()}-{gone}.part", ".m.npz.old-7.part", f".m.npz.{gone}.part"]  # fmt: skip
    for name in names:
        (tmp_path / name).write_bytes(b"half")
    os.utime(tmp_path / ".m.npz.old-7.part", (time.time() - 2 * files.OLD,) * 2)
    write_beside(tmp_path / "m.npz", lambda path: path.write_bytes(b"whole"))
    assert sorted(os.listdir(tmp_path)) == sorted(["m.npz", *names[1:5], names[6]])


def test_a_name_with_wildcards_is_a_name(tmp_path):
    part = tmp_path / f".a.{machine()}-{dead_process()}.part"
    part.write_bytes(b"half")
    write_beside(tmp_path / "[a]*", lambda path: path.write_bytes(b"whole"))
    assert part.exists() and (tmp_path / "[a]*").read_bytes() == b"whole"


FULL = """
import resource, signal, sys
from pathlib import Path
from widedeep.saving import load, save
parts = load(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    save(sys.argv[1], *parts)
except OSError as error:
    print(type(error).__name__, error)
"""


def test_a_disk_that_is_full_gives_one_line_and_leaves_the_old_file(tmp_path):
    from benchmarks.originals import originals

    path = tmp_path / "m.npz"
    path.write_bytes(originals()["regression"])
    old = path.read_bytes()
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.startswith("OSError") and "m.npz: not written" in done.stdout, done.stderr
    assert "what was there before is as it was" in done.stdout and done.stdout.count("\n") == 1 and done.stderr == ""
    assert path.read_bytes() == old and os.listdir(tmp_path) == ["m.npz"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_gives_one_line(tmp_path):
    (tmp_path / "m").write_bytes(b"old")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError, match="m: not written"):
            write_beside(tmp_path / "m", lambda path: path.write_bytes(b"new"))
    finally:
        tmp_path.chmod(0o700)
    assert (tmp_path / "m").read_bytes() == b"old"
