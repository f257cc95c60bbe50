"""A student's file runs in a process of its own: fresh, limited in time, and far from the judge's numbers.

The parent draws the cases, and so does the child, from the same seed, before it runs a line of the student's.  The
child leaves what the functions returned in a file of arrays (no pickle); everything they are compared with is computed
by the parent, afterwards.  What the file prints goes nowhere near standard output.

    python child FILE EXERCISE SEED RESULT LIMIT        (run by answers_of)

Read before: judge.py        Read next: messages/__init__.py
"""
import faulthandler
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from widedeep.exercises import calls as c
from widedeep.exercises.catalog import find

LIMIT = 10.0                                            # seconds, for the whole file


def answers_of(path: Path, name: str, seed: int, limit: float = LIMIT) -> tuple[c.Calls, str, c.Failure | None]:
    """(the calls, what the file printed, and what ended the process before its time, if anything did)."""
    with tempfile.TemporaryDirectory() as folder:
        result, printed = Path(folder, "result"), Path(folder, "printed")
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
                                    "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1",
                                    "PYTHONIOENCODING": "utf-8"}
        command = [sys.executable, "-P", "-m", "widedeep.exercises.process", str(path.resolve()), name, str(seed),
                   str(result), str(limit)]
        with open(printed, "wb") as out:
            try:
                done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                      env=environment, timeout=limit + 5, cwd=path.resolve().parent)
                code = done.returncode
            except subprocess.TimeoutExpired:
                code = -1
        told = printed.read_text(errors="replace")[-4000:]
        try:
            return unpack(result), told, None
        except (OSError, ValueError, KeyError):
            pass
        stack = result.with_suffix(".stack")
        stopped = stack.read_text() if stack.exists() else ""
        if stopped or code == -1:
            line = re.search(rf'File "{re.escape(str(path.resolve()))}", line (\d+)', stopped)
            return c.Calls(), told, c.Failure("timeout", f"{limit:g}", *line_of(path, int(line[1]) if line else 0))
        return c.Calls(), told, c.Failure("ended", str(code))


def line_of(path: Path, line: int) -> tuple[int, str]:
    lines = path.read_text(errors="replace").splitlines()
    return line, lines[line - 1].strip() if 0 < line <= len(lines) else ""


def pack(calls: c.Calls, path: Path) -> None:
    """The arrays by number in an npz, everything else as JSON among them."""
    arrays: list[Any] = []

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            arrays.append(value)
            return {"array": len(arrays) - 1}
        if isinstance(value, dict):
            return {key: plain(v) for key, v in value.items()}
        return [plain(v) for v in value] if isinstance(value, list) else value
    told = json.dumps(plain(asdict(calls)))
    with open(path.with_suffix(".part"), "wb") as file:
        np.savez(file, *arrays, told=np.frombuffer(told.encode(), np.uint8))
    os.replace(path.with_suffix(".part"), path)


def unpack(path: Path) -> c.Calls:
    with np.load(path, allow_pickle=False) as file:
        told = json.loads(file["told"].tobytes())

        def outcomes(by_function: dict[str, Any]) -> dict[str, list[c.Outcome]]:
            return {name: [outcome(o) for o in many] for name, many in by_function.items()}

        def outcome(o: dict[str, Any]) -> c.Outcome:
            arrays = None if o["arrays"] is None else [file[f"arr_{a['array']}"] for a in o["arrays"]]
            return c.Outcome(arrays, o["instead"], c.Failure(**o["failure"]) if o["failure"] else None, o["wrote"])
        return c.Calls(outcomes(told["again"]), outcomes(told["main"]), outcomes(told["small"]),
                       {law: outcomes(many) for law, many in told["laws"].items()},
                       outcomes(told["square"]), told["missing"])


def functions_in(path: Path) -> dict[str, Callable[..., Any]]:
    """Run the file, and give what it defines."""
    namespace: dict[str, Any] = {"__name__": "exercise", "__file__": str(path), "np": np}
    exec(compile(path.read_bytes(), str(path), "exec"), namespace)
    return {name: value for name, value in namespace.items() if callable(value)}


def limit_resources() -> None:
    """Where the system can: at most 4 GiB of memory, and files of 64 MiB, so that a loop fills neither."""
    try:
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 20, 64 << 20))
    except (ImportError, ValueError, OSError):          # Windows has none, macOS not all
        pass


def child(path: Path, name: str, seed: int, result: Path, limit: float) -> None:
    limit_resources()
    sys.argv = [str(path)]
    sys.path.append(str(path.parent))
    exercise = find(name)
    planned = c.plan(exercise, seed)
    stack = open(result.with_suffix(".stack"), "w")         # closed by the end of the process
    faulthandler.dump_traceback_later(limit, exit=True, file=stack)
    try:
        functions = functions_in(path)
    except BaseException as error:                          # SystemExit too
        failed = c.Outcome(failure=c.failure(error, str(path)))
        names = [f.name for f in exercise.functions]
        pack(c.Calls(again=dict.fromkeys(names, [failed]), main={name: [] for name in names}), result)
    else:
        pack(c.make_calls(exercise, functions, planned, str(path)), result)
    sys.stdout.flush()
    os._exit(0)                                             # threads that the student started do not keep it alive


if __name__ == "__main__":
    child(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), float(sys.argv[5]))
