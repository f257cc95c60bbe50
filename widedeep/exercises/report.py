"""A report as text: 80 columns, plain ASCII, the verdict first; nothing is said by colour alone.

Read before: judge.py, messages/__init__.py        Read next: heat_map.py
"""
import textwrap
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.exercises.catalog import find
from widedeep.exercises.facts import apart
from widedeep.exercises.judge import ArrayReport, Report
from widedeep.exercises.messages import of_cause, of_exercise, say, text_of_law

WIDTH = 80
SHOWN = 4                                               # entries of a wrong array


def as_text(report: Report, traceback: bool = False) -> str:
    """What `check` prints."""
    head = f"{report.exercise[:2]} {of_exercise(report.exercise, 'title')}"
    verdict = say("ui", report.verdict)
    lines = [f"{head:<46} {verdict:>22}  {report.seconds:6.1f} s"]
    if report.failure is not None and report.verdict != "not-written":
        lines += failed(report, traceback)
    if report.note is not None:
        lines += wrapped(say("facts", report.note[0], **report.note[1]))
    if report.verdict == "not-written":
        line = report.failure.line if report.failure else 0
        lines += wrapped(say("ui", "start_here", line=line) if line else say("ui", "start_with_the_function"))
    if report.square:
        lines += wrapped(say("ui", "square"))
    for array in report.arrays:
        lines += of_array(array)
    if report.verdict == "right":
        lines += wrapped(say("ui", "all_right", arrays=len(report.arrays), probes=report.probes))
    if report.kinks:
        lines += wrapped(say("ui", "kinks", n=report.kinks))
    for law, kept in report.laws.items() if report.verdict in ("right", "wrong") else ():
        lines += wrapped(say("ui", "law_kept" if kept else "law_broken", law=text_of_law(report.exercise, law)))
    if report.verdict == "wrong" or report.causes:
        lines += causes(report)
    if report.verdict == "right":
        lines += wrapped(say("ui", "why", why=of_exercise(report.exercise, "why")))
    return "\n".join(lines)


def wrapped(text: str, indent: str = "  ", hang: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + hang,
                         break_long_words=False, break_on_hyphens=False) or [indent]


def failed(report: Report, traceback: bool) -> list[str]:
    """What ended the run: the student's line and the message, no more."""
    failure = report.failure
    assert failure is not None
    key = {"timeout": "timed_out", "ended": "ended", "SystemExit": "exited"}.get(failure.kind, "raised")
    lines = wrapped(say("ui", key, kind=failure.kind, message=failure.message or "-"))
    if failure.line:
        lines += wrapped(say("ui", "line", line=failure.line, text=failure.text))
    if key == "raised" and report.shapes:
        lines += wrapped(say("ui", "shapes", shapes=report.shapes))
    if traceback and failure.whole:
        lines += ["", *failure.whole.rstrip().splitlines()]
    elif failure.whole and key == "raised":
        lines += wrapped(say("ui", "traceback"))
    return lines


def of_array(array: ArrayReport) -> list[str]:
    """A line for the array; of a wrong one the entries furthest off, and the facts."""
    line = f"  {array.name:<9} {say('ui', 'array_' + array.verdict):<12} {array.right.shape!s:<12}"
    if array.verdict == "right":
        return [line + say("ui", "error", error=f"{array.relative_error:.0e}")]
    lines = [line.rstrip()]
    if array.given.shape == array.right.shape and array.given.dtype.kind != "c":
        lines += entries(array)
    return lines + [part for key, values in array.facts for part in wrapped(say("facts", key, **values), " " * 12)]


def entries(array: ArrayReport) -> list[str]:
    off = apart(array.given, array.right)
    if array.kinks is not None:
        off = np.where(array.kinks, 0, off)
    order = [np.unravel_index(int(k), off.shape) for k in np.argsort(-off, axis=None, kind="stable")[:SHOWN]]
    rows = [(at_index(array.name, index), array.given[index], array.right[index])
            for index in sorted(order, key=lambda index: tuple(map(int, index))) if off[index] > 1e-6]
    if not rows:
        return []
    head = f"{'':12}{say('ui', 'entry'):<14}{say('ui', 'yours'):>14}{say('ui', 'should_be'):>14}"
    return [head, *(f"{'':12}{name:<14}{given:>14.6g}{right:>14.6g}" for name, given, right in rows)]


def at_index(name: str, index: Any) -> str:
    at = ",".join(str(int(i)) for i in index)
    return f"{name}[{at}]" if at else name


def causes(report: Report) -> list[str]:
    """What it looks like, and what to think about: once for each cause."""
    lines, told = [], set()
    found = [(cause, array.name, array.factor) for array in report.arrays for cause in array.causes]
    for cause, name, factor in found + [(cause, "", "") for cause in report.own]:
        which = ", ".join(array.name for array in report.arrays if cause in array.causes) or name
        says, hint = of_cause(report.exercise, cause, **report.sizes, array=which, factor=factor)
        if cause not in told:
            lines += wrapped(say("ui", "looks_like", says=says, cause=cause), hang=" " * 15)
            lines += wrapped(say("ui", "think_about", hint=hint), hang=" " * 15)
        told.add(cause)
    if not report.recognised and report.verdict == "wrong":
        lines += wrapped(say("ui", "unknown_too" if lines else "unknown"))
        lines += smallest(report)
    return lines


def smallest(report: Report) -> list[str]:
    """The smallest failing case, with its numbers."""
    if not report.small:
        return wrapped(say("ui", "small_right"))
    small, case = report.small, report.small["case"]
    sizes = ", ".join(f"{name} = {size}" for name, size in small["sizes"].items())
    lines = wrapped(say("ui", "small", sizes=sizes))
    arguments = dict.fromkeys(" ".join(f.arguments for f in find(report.exercise).functions).split())
    shown = [(name, getattr(case, name)) for name in arguments]
    shown += [(f"{small['name']}, {say('ui', 'yours')}", small["given"]),
              (f"{small['name']}, {say('ui', 'should_be')}", small["right"])]
    for name, value in shown:
        if isinstance(value, (np.ndarray, float, int)):
            lines += wrapped(f"{name} = {numbers(value)}", " " * 6, " " * 4)
    return lines


def numbers(value: Array | float | int) -> str:
    return " ".join(np.array2string(np.asarray(value), precision=5, separator=", ").split())


def every_number(report: Report) -> list[str]:
    """`why`: each wrong array whole, beside what it should be."""
    lines: list[str] = []
    for array in report.arrays:
        if array.verdict != "right":
            for title, value in (("yours", array.given), ("should_be", array.right)):
                lines += ["", f"  {array.name}, {say('ui', title)} {value.shape}"]
                lines += ["    " + line for line in np.array2string(
                    value, precision=5, suppress_small=True, max_line_width=WIDTH - 4, threshold=200).splitlines()]
    return lines
