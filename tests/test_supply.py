"""What the package takes from outside, and what it leaves there: dependencies, network, processes and files."""

import ast
import base64
import configparser
import hashlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for package in ("perceptron", "mlp", "widedeep") for path in (ROOT / package).rglob("*.py"))
NETWORK = {"socket", "ssl", "urllib", "http", "ftplib", "smtplib", "requests", "httpx"}
NETWORKED = {"widedeep/datasets/download.py", "widedeep/serve/server.py"}
STARTS = {"widedeep/datasets/download.py", "widedeep/exercises/process.py", "widedeep/course/offline.py"}
DISTRIBUTION = {"sklearn": "scikit-learn", "sphinx": "sphinx"}  # where the name to import is not the name to install

settings = configparser.ConfigParser()
settings.read(ROOT / "setup.cfg")


def requirements(text):
    """{name: what follows it} of a list of requirements."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return {re.match(r"[\w.-]+", line)[0].lower(): re.sub(r"^[\w.-]+(\[[\w,]+\])?", "", line) for line in lines}


REQUIRED = requirements(settings["options"]["install_requires"])
EXTRAS = {name: requirements(text) for name, text in settings["options.extras_require"].items()}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]


# ---- what it takes --------------------------------------------------------------------------------------------------


def test_three_libraries_are_required_each_with_a_floor():
    assert REQUIRED.keys() == {"numpy", "matplotlib", "tqdm"}
    assert all(re.fullmatch(r">=\d+(\.\d+)+", floor) for floor in REQUIRED.values()), REQUIRED


def test_every_library_that_is_imported_is_declared():
    declared = set(REQUIRED) | {name for extra in EXTRAS.values() for name in extra}
    ours = {"perceptron", "mlp", "widedeep", *sys.stdlib_module_names}
    for path in SOURCES:
        for name in set(imports(path)) - ours:
            assert DISTRIBUTION.get(name, name).replace("_", "-") in declared | {"ipywidgets", "starlette"}, (
                path,
                name,
            )


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_the_installed_files_are_those_that_the_distribution_lists(name):
    """RECORD holds a SHA-256 of each file: an audit that needs no network, of the code that runs here."""
    checked = 0
    for file in importlib.metadata.files(name):
        if file.hash is not None and file.suffix != ".pyc":
            found = hashlib.new(file.hash.mode, Path(file.locate()).read_bytes(), usedforsecurity=False).digest()
            assert base64.urlsafe_b64encode(found).rstrip(b"=").decode() == file.hash.value, file
            checked += 1
    assert checked > 10


def test_no_text_becomes_code():
    """The students' own files run in a process of their own (exercises/process.py); nothing else is ever executed."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "S102,S301,S302,S307,S506,S602,S604,S605",
         "--output-format", "concise", "perceptron", "mlp", "widedeep"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    found = re.findall(r"^([\w/.]+):\d+:\d+: (S\d+)", done.stdout, re.M)
    assert found == [("widedeep/exercises/process.py", "S102")], done.stdout + done.stderr


# ---- whom it talks to -----------------------------------------------------------------------------------------------


def test_one_module_downloads_and_one_serves():
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        assert not set(imports(path)) & NETWORK or name in NETWORKED, name
        assert not set(imports(path)) & {"subprocess", "multiprocessing"} or name in STARTS, name


WATCH = """
import json, os, sys
_log = os.open({log!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
def _watch(event, arguments, writes=os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
    if event == "open":
        path, mode, flags = arguments
        if isinstance(path, int) or not (flags or 0) & writes:
            return
        said = [event, os.path.abspath(os.fsdecode(path))]
    elif event in ("os.mkdir", "os.remove", "os.rmdir", "os.truncate"):
        said = [event, os.path.abspath(os.fsdecode(arguments[0]))]
    elif event in ("os.rename", "os.link", "os.symlink"):
        said = [event, os.path.abspath(os.fsdecode(arguments[1]))]
    elif event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        said = [event, str(arguments[-4:])]
    else:
        return
    os.write(_log, (json.dumps(said) + chr(10)).encode())
sys.addaudithook(_watch)
"""

CSV = "age,job,rich\n" + "\n".join(
    f"{20 + k % 50},{'abc'[k % 3]},{'yes' if k * k % 7 < 3 else 'no'}" for k in range(300)
)


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """watched(*arguments): a command of the package run in an empty home and folder; (exit code, what it touched)."""

    def run(*arguments):
        base = tmp_path_factory.mktemp("watched")
        for name in ("home", "here", "hook", "temporary"):
            (base / name).mkdir()
        (base / "here" / "people.csv").write_text(CSV)
        log = base / "log"
        (base / "hook" / "sitecustomize.py").write_text(WATCH.format(log=str(log)))
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
        environment = kept | {
            "HOME": str(base / "home"), "PYTHONPATH": os.pathsep.join([str(base / "hook"), str(ROOT)]),
            "TMPDIR": str(base / "temporary"), "MPLCONFIGDIR": str(base / "temporary"), "MPLBACKEND": "Agg",
            "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", *arguments], cwd=base / "here", env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        touched = [json.loads(line) for line in log.read_text().splitlines()]
        files = {Path(what) for event, what in touched if not event.startswith("socket")}
        where = {path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path) for path in files}
        left = {p.relative_to(base / "here").as_posix() for p in (base / "here").rglob("*") if p.is_file()}
        return [each for each in touched if each[0].startswith("socket")], where, left - {"people.csv"}

    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments, left",
    [
        (["perceptron"], set()),
        (["mlp"], set()),
        (["widedeep", "demo", "--data", "appstore", "--quick"], {"widedeep-appstore.png"}),
        (["widedeep", "train", "people.csv", "--label", "rich", "--out", "m.npz", "--budget", "3"], {"m.npz"}),
        (["widedeep", "trace", "--html", "trace.html"], {"trace.html"}),
        (["widedeep", "experiments", "--help"], set()),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_a_command_writes_what_it_names_and_talks_to_nobody(watched, arguments, left):
    sockets, where, kept = watched(*arguments)
    assert sockets == []
    assert kept == left
    assert {path for path in where if path.split("/")[0] not in ("here", "temporary") and path != "/dev/null"} == set()


@pytest.mark.slow
def test_the_watch_sees_a_write_and_a_call(watched, tmp_path):
    """The check above can fail: a write to another folder, and a look at a name server, are both seen."""
    spy = (
        "import socket\n"
        f"open({str(tmp_path / 'elsewhere')!r}, 'w').close()\n"
        "try:\n    socket.create_connection(('127.0.0.1', 9), 1)\nexcept OSError:\n    pass\n"
    )
    sockets, where, kept = watched("timeit", "-n1", "-r1", spy)
    assert "socket.connect" in {event for event, _ in sockets}
    assert str(tmp_path / "elsewhere") in where and kept == set()
