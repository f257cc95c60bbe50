"""Files that may not be redistributed: download once, verify the checksums, keep in the user's cache.

Three rules. A file with a wrong checksum is never used, whether downloaded or cached. A file is written under another
name and then renamed, so that a reader sees all of it or none. An error says what failed, why, and what to do.

Read before: movielens_forms.py        Read next: nothing
"""

import hashlib
import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from .table import DataUnavailable

REASONS = OSError, ValueError, http.client.HTTPException      # what a failing source may raise


def cache_folder() -> Path:
    """The folder for downloaded data: WIDEDEEP_CACHE if set, else where this platform keeps caches. Not created here.

    Linux $XDG_CACHE_HOME/widedeep or ~/.cache/widedeep, macOS ~/Library/Caches/widedeep, Windows
    %LOCALAPPDATA%\\widedeep\\Cache. Raises DataUnavailable where there is no home folder to put it in.
    """
    try:
        if os.environ.get("WIDEDEEP_CACHE"):
            return Path(os.environ["WIDEDEEP_CACHE"]).expanduser()
        if sys.platform == "win32":
            base = os.environ.get("LOCALAPPDATA")
            return (Path(base) if base else Path.home() / "AppData" / "Local") / "widedeep" / "Cache"
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Caches" / "widedeep"
        base = os.environ.get("XDG_CACHE_HOME", "")
        return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "widedeep"
    except RuntimeError as error:                            # Path.home() of a user without one
        raise DataUnavailable(f"no folder for a cache ({error}); set WIDEDEEP_CACHE to a folder you can write "
                              f"in") from None


def check(content: bytes, want: str, what: str, remedy: str, algorithm: str = "sha256") -> bytes:
    """`content`, if its checksum is `want` (hexadecimal); else ValueError naming both sums and the remedy."""
    found = hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()
    if found != want:
        raise ValueError(f"{what}: {algorithm.upper().replace('SHA', 'SHA-')} is {found}, wanted {want} "
                         f"({len(content):,} bytes came): cut or changed; {remedy}")
    return content


def read_checked(folder: Path, sums: Mapping[str, str], remedy: str) -> dict[str, bytes] | None:
    """Every file of `sums` ({name: SHA-256}) in the folder, checked; None where one of them is not there.

    Raises ValueError for a wrong checksum (the file is left as it is), DataUnavailable for one that cannot be read.
    """
    if not all((folder / name).is_file() for name in sums):
        return None
    try:
        return {name: check((folder / name).read_bytes(), want, str(folder / name), remedy)
                for name, want in sums.items()}
    except OSError as error:
        raise DataUnavailable(f"cannot read {folder}: {error}") from None


@contextmanager
def partial_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder inside `folder`, always removed afterwards (after Ctrl-C too).

    Making it inside `folder` shows, before any download, that the cache is writable; and a rename out of it stays
    on one disk. Raises DataUnavailable if it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = tempfile.TemporaryDirectory(dir=folder, prefix=".partial-", ignore_cleanup_errors=True)
    except OSError as error:
        raise DataUnavailable(f"cannot write in the cache {folder} ({error.strerror}); set WIDEDEEP_CACHE to a folder "
                              f"you can write in") from None
    try:
        with partial as name:
            yield Path(name)
    finally:
        with suppress(OSError):
            folder.rmdir()                                   # remove the cache folder, if it stayed empty


def save(files: Mapping[str, bytes], partial: Path, folder: Path) -> None:
    """Write each file into `partial`, then rename it into `folder`. Raises DataUnavailable (a full disk, say)."""
    try:
        for name, content in files.items():
            (partial / name).write_bytes(content)
        for name in files:
            os.replace(partial / name, folder / name)
    except OSError as error:
        raise DataUnavailable(f"cannot write in the cache {folder} ({error.strerror}); set WIDEDEEP_CACHE to a folder "
                              f"you can write in") from None


def from_url(url: str, largest: int, patience: float = 5.0, in_all: float = 60.0) -> bytes:
    """The bytes behind a URL.

    patience: seconds without an answer or a further byte; in_all: seconds for the whole transfer; largest: bytes.
    Raises OSError or http.client.HTTPException (no network, refused, too slow), ValueError if it is larger.
    """
    import urllib.request  # slow to import, and needed for one download only

    end = time.monotonic() + in_all
    blocks, size = [], 0
    with urllib.request.urlopen(url, timeout=patience) as answer:
        while block := answer.read(1 << 16):
            blocks.append(block)
            size += len(block)
            if size > largest:
                raise ValueError(f"more than the {largest:,} bytes expected")
            if time.monotonic() > end:
                raise TimeoutError(f"{size:,} bytes in {in_all:.0f} s, too slow")
    return b"".join(blocks)


def from_wheel(requirement: str, sha256: str, partial: Path, patience: int = 5, in_all: float = 60.0) -> Path:
    """Let pip download one pinned wheel, hash checked, into `partial`; nothing is installed. Returns its path.

    requirement: "project==version"; patience: seconds pip waits for an answer, without a retry.
    Raises OSError with pip's reason: no pip, no network, a wrong hash.
    """
    wanted = partial / "requirements.txt"
    wanted.write_text(f"{requirement} --hash=sha256:{sha256}\n", encoding="utf-8")
    command = [sys.executable or "python", "-m", "pip", "download", "--no-deps", "--only-binary", ":all:",
               "--require-hashes", "--retries", "0", "--timeout", str(patience), "--disable-pip-version-check",
               "--no-input", "--quiet", "--dest", str(partial), "--requirement", str(wanted)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=in_all,
                              check=False)
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"pip did not finish within {in_all:.0f} s") from None
    wheels = sorted(partial.glob("*.whl"))
    if done.returncode or not wheels:
        raise OSError(_last_word(done.stderr) or f"pip gave exit code {done.returncode} and no wheel")
    return wheels[0]


def _last_word(stderr: str) -> str:
    """Why pip failed, from its error output, in plain words."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    if any("No module named pip" in line for line in lines):
        return "this Python has no pip"
    if any("DO NOT MATCH THE HASHES" in line for line in lines):
        return "the wheel's SHA-256 is not the pinned one: refused"
    if any("No matching distribution found" in line for line in lines):      # pip says so without a network, too
        return "pip found no such wheel: no connection to a package index, or one that does not carry it"
    errors = [line for line in lines if line.startswith("ERROR:")] or lines
    return errors[-1].removeprefix("ERROR:").strip() if errors else ""


def first_that_works(sources: list[tuple[str, Callable[[], dict[str, bytes]]]], say: Callable[[str], None],
                     ) -> tuple[dict[str, bytes] | None, list[str]]:
    """Try (what, fetch) in order; returns the first one's files, or None, and a line for each failure."""
    failures: list[str] = []
    for what, fetch in sources:
        say(f"downloading {what}")
        try:
            return fetch(), failures
        except REASONS as error:
            failures.append(f"{what}: {_one_line(error)}")
            say(f"  failed: {_one_line(error)}")
    return None, failures


def _one_line(error: BaseException) -> str:
    reason = getattr(error, "reason", None) or error          # urllib wraps the cause
    return " ".join(str(reason).split()) or type(error).__name__
