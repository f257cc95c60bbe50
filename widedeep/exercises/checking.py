"""check: of a file, in a process of its own; or of functions, as a notebook has them.

Read before: process.py
"""
import _thread
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from widedeep.exercises import calls as c
from widedeep.exercises.catalog import NAMES, find
from widedeep.exercises.judge import Report, judge
from widedeep.exercises.process import LIMIT, answers_of


def check_file(path: Path, name: str, seed: int = 0, limit: float = LIMIT) -> Report:
    """The report on a student's file, for the exercise of this name."""
    start = time.perf_counter()
    exercise = find(name)
    planned = c.plan(exercise, seed)
    calls, printed, failure = answers_of(path, name, seed, limit)
    if failure is not None:
        report = Report(name, "timeout" if failure.kind == "timeout" else "crashed", failure=failure)
    else:
        report = judge(exercise, planned, calls)
    report.seconds, report.printed = time.perf_counter() - start, printed
    return report


def check_files(files: Sequence[tuple[Path, str]], seed: int = 0, limit: float = LIMIT) -> list[Report]:
    """The reports on several files, as many at once as there are cores."""
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        return list(pool.map(lambda file: check_file(file[0], file[1], seed, limit), files))


def check_functions(functions: dict[str, Callable[..., Any]], name: str, seed: int = 0, limit: float = LIMIT) -> Report:
    """The same for functions of this process: nothing protects it from them but copies, and a limit in time."""
    start = time.perf_counter()
    exercise = find(name)
    planned = c.plan(exercise, seed)
    done = threading.Event()

    def interrupt() -> None:
        """After the limit, and again each second: `except BaseException` in a function may swallow the first."""
        pause = limit
        while not done.wait(pause):
            stop_main_thread()
            pause = 1.0
    if threading.current_thread() is threading.main_thread():
        threading.Thread(target=interrupt, daemon=True).start()
    try:
        report = judge(exercise, planned, c.make_calls(exercise, functions, planned))
    except KeyboardInterrupt:
        if time.perf_counter() - start < limit:
            raise                                           # the person's own
        report = Report(name, "timeout", failure=c.Failure("timeout", f"{limit:g}"))
    finally:
        done.set()
    report.seconds = time.perf_counter() - start
    return report


def stop_main_thread() -> None:
    """A KeyboardInterrupt in the main thread: by a signal, which wakes it from a sleep, where the system has them."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


def check(*functions: Callable[..., Any], seed: int = 0, strict: bool = False) -> Report:
    """In a notebook: check(dense_backward), or check(sigmoid, sigmoid_slope) where an exercise wants two.

    The report shows itself, as text and as a map of where it is wrong; it is true if all is right.  Whatever the
    function does, check does not raise, so that a notebook runs from top to bottom.

    seed : of the numbers it is tried on        strict : raise AssertionError unless right, as graders want it

    Raises ValueError for a function whose name no exercise wants.
    """
    if not functions or not all(callable(f) for f in functions):
        raise ValueError("check: want functions, not what they return: check(dense_backward)")
    name = exercise_of(functions[0])
    report = check_functions({getattr(f, "__name__", ""): f for f in functions}, name, seed)
    if strict and not report:
        raise AssertionError(f"\n{report}")
    return report


def exercise_of(function: Callable[..., Any]) -> str:
    """The exercise that a function of this name belongs to; ValueError if there is none."""
    wanted = getattr(function, "__name__", "")
    for name in NAMES:
        if any(f.name == wanted for f in find(name).functions):
            return name
    known = ", ".join(f.name for name in NAMES for f in find(name).functions)
    raise ValueError(f"no exercise wants a function called {wanted or repr(function)}; there are {known}")
