"""Files: put down whole, or not at all.

    write to  .model.npz.<machine>-<process>.part,  flush it to the disk,  rename it,  flush the folder

A rename is one step for the file system: whenever the power fails, `model.npz` is the old file or the new one.  Without
the flush (fsync) it may be the new name with nothing in it, since the disk writes in an order of its own.  A writer
that is killed leaves its .part behind; the next writer of the same file removes it.

Read before: registry.py        Read next: members.py
"""
import errno
import glob
import os
import platform
import re
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

OLD = 3600                                              # seconds after which nobody is still writing a .part


def write_beside(path: Path, write: Callable[[Path], Any]) -> Path:
    """write(other path), flush, and rename to `path`.  Raises OSError, and then the old file is as it was."""
    beside = path.with_name(f".{path.name}.{machine()}-{os.getpid()}.part")
    try:
        remove_stale(path)
        write(beside)
        flush(beside)
        os.replace(beside, path)
        flush(path.parent)
    except OSError as error:
        told = f"{path}: not written ({error.strerror or error}); what was there before is as it was"
        raise OSError(error.errno, told) if error.errno else OSError(told) from error
    finally:
        beside.unlink(missing_ok=True)
    return path


def flush(path: Path) -> None:
    """Onto the disk.  Where a system cannot flush a folder, its entry follows in the system's own time."""
    folder = path.is_dir()
    if folder and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(handle)
    except OSError as error:
        if not folder or error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def remove_stale(path: Path) -> None:
    """Remove what killed writers of this file left: of a process of this machine that is gone, or an hour old."""
    name = re.compile(rf"\.{re.escape(path.name)}\.(?:(\w+)-)?(\d+)\.part")
    for beside in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        found = name.fullmatch(beside.name)
        if found and (gone(found[1], int(found[2])) or older(beside)):
            beside.unlink(missing_ok=True)


def machine() -> str:
    """This machine, in six digits: processes of another one, in a shared folder, are not ours to judge."""
    return blake2b(platform.node().encode(), digest_size=3).hexdigest()


def gone(where: str | None, process: int) -> bool:
    """Is it a process of this machine that does not run any more?"""
    if where != machine() or os.name == "nt":           # on Windows os.kill(process, 0) is no question
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass
    return False


def older(beside: Path) -> bool:
    try:
        return time.time() - beside.stat().st_mtime > OLD
    except FileNotFoundError:                           # its writer has just renamed it
        return False

