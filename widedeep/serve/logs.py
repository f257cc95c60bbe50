"""Logs: a line of JSON for each request and each event, on stderr.  No values of the rows are in them.

    {"time": "2026-01-31T12:00:00.123Z", "level": "info", "event": "request", "path": "/predict", "status": 200, ...}

Read before: metrics.py        Read next: swap.py
"""
import datetime as dt
import json
import sys
import traceback
from collections.abc import Callable
from typing import Any

Log = Callable[..., None]


def line(level: str, event: str, **facts: Any) -> str:
    """One line, whatever the facts hold."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": now, "level": level, "event": event, **facts}, default=str)


def to_stderr(level: str, event: str, **facts: Any) -> None:
    print(line(level, event, **facts), file=sys.stderr, flush=True)


def nothing(level: str, event: str, **facts: Any) -> None:
    """For a service that is tested, or embedded."""


def where(error: BaseException) -> str:
    """The innermost place of an error, for a line: "people.py:93 in item"."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    last = frames[-1]
    return f"{last.filename.replace(chr(92), '/').rsplit('/', 1)[-1]}:{last.lineno} in {last.name}"
