"""Calls: the student's functions on the cases of an exercise, and what came of each.

Nothing that a function does can spoil the next call: its arguments are read-only copies; and everything it may do, as
to raise, to return None or to write into its arguments, is an Outcome.  The same calls are made in a fresh process (for
a file) and in a notebook (for a function), and judged afterwards, elsewhere.

Read before: counterfactuals.py        Read next: facts.py
"""
import random
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.exercises.counterfactuals import Known
from widedeep.exercises.exercise import Case, Exercise, Function, Seeded

Functions = Mapping[str, Callable[..., Any]]


@dataclass
class Failure:
    """An exception, and the last line of the student's own file that it went through."""

    kind: str
    message: str
    line: int = 0
    text: str = ""
    whole: str = ""                                     # the traceback, for --traceback


@dataclass
class Outcome:
    """What one call gave: arrays, or what came instead ("None", "2 of 3", "str"), or a failure.

    wrote : the arguments that the call changed
    """

    arrays: list[Array] | None = None
    instead: str = ""
    failure: Failure | None = None
    wrote: list[str] = field(default_factory=list)


@dataclass
class Calls:
    """Everything the judge wants to know of a student's functions; lists by function, then by case.

    again : the first case three times, with another one between: [case 0, case 0, twin, case 0]
    main, small : on the cases of the probes, and on the smallest ones
    square : where a call failed: on cases whose sizes are all equal
    laws : for each law with a second call the outcomes of (case, its other case)
    missing : functions that are not there
    """

    again: dict[str, list[Outcome]] = field(default_factory=dict)
    main: dict[str, list[Outcome]] = field(default_factory=dict)
    small: dict[str, list[Outcome]] = field(default_factory=dict)
    laws: dict[str, dict[str, list[Outcome]]] = field(default_factory=dict)
    square: dict[str, list[Outcome]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


@dataclass
class Plan:
    """All the cases of a check, drawn before any line of the student's runs."""

    exercise: Exercise
    again: list[Case]
    main: list[Case]
    small: list[Case]
    laws: dict[str, list[Case]]
    square: list[Case]

    @cached_property
    def known(self) -> Known:
        """What is right on the cases of `again` and `main`, and what each slip gives there: for the judge alone."""
        return Known(self.exercise, self.again + self.main)

    @cached_property
    def known_square(self) -> Known:
        return Known(self.exercise, self.square)


@lru_cache(maxsize=32)
def plan(exercise: Exercise, seed: int) -> Plan:
    main = exercise.cases(seed)
    twin = exercise.cases(seed + 1, probes=1)[0]
    laws = {law.name: [main[0], law.other(main[0])] for law in exercise.laws if law.other is not None}
    return Plan(exercise, [main[0], main[0], twin, main[0]], main, exercise.small_cases(seed), laws,
                exercise.square_cases(seed))


def make_calls(exercise: Exercise, functions: Functions, planned: Plan, path: str = "") -> Calls:
    """path : the student's file, whose lines failures name; without it, any file that is not the package's."""
    calls = Calls(missing=[f.name for f in exercise.functions if not callable(functions.get(f.name))])
    for function in exercise.functions:
        if function.name in calls.missing:
            continue

        def on(cases: list[Case], function: Function = function) -> list[Outcome]:
            return [call(functions[function.name], function, case, exercise.writable, path) for case in cases]
        np.random.seed(0)                               # noqa: NPY002  the one that a student may draw from
        random.seed(0)
        first = on(planned.again[:1])
        calls.again[function.name], calls.main[function.name] = first, []
        if first[0].failure and first[0].failure.kind in ("ValueError", "IndexError"):
            calls.square[function.name] = on(planned.square)
        if first[0].arrays is None:
            continue
        calls.again[function.name] += on(planned.again[1:3])
        np.random.seed(0)                               # noqa: NPY002  the one that a student may draw from
        random.seed(0)
        calls.again[function.name] += on(planned.again[3:])
        calls.main[function.name] = on(planned.main)
        calls.small[function.name] = on(planned.small)
        for name, cases in planned.laws.items():
            calls.laws.setdefault(name, {})[function.name] = on(cases)
    return calls


def call(f: Callable[..., Any], function: Function, case: Case, writable: Any = (), path: str = "") -> Outcome:
    """One call on read-only copies.  One that writes into them is called again on copies that it may write into."""
    outcome = attempt(f, function, case, writable, path)
    if outcome.failure and any(word in outcome.failure.message for word in ("read-only", "WRITEABLE")):
        outcome = attempt(f, function, case, function.arguments.split(), path)
        if not outcome.failure:                         # else it was an array of its own that is read-only
            outcome.wrote = outcome.wrote or ["?"]      # it wrote the numbers that were there
    return outcome


def attempt(f: Callable[..., Any], function: Function, case: Case, writable: Any, path: str) -> Outcome:
    given: dict[str, Any] = {}
    for name in function.arguments.split():
        value = getattr(case, name)
        if isinstance(value, np.ndarray):
            value = np.array(value)
            value.setflags(write=name in writable)
            value = value.view()                        # of locked memory: the function cannot unlock it
        given[name] = np.random.default_rng(value.seed) if isinstance(value, Seeded) else value
    try:
        with np.errstate(all="ignore"):
            came = f(*given.values())
            outcome = read(came, len(function.returns.split()))
    except BaseException as error:                      # SystemExit too: a student's exit() ends nothing
        if isinstance(error, KeyboardInterrupt) and not path:
            raise                                       # in a notebook it is the person's, or the time limit's
        outcome = Outcome(failure=failure(error, path))
    outcome.wrote = [name for name, value in given.items()
                     if isinstance(value, np.ndarray) and changed_by(value, getattr(case, name), name in writable)]
    return outcome


def changed_by(now: Array, before: Array, may_move: bool) -> bool:
    """Was it written into?  An argument that may be moved has been put back if it is right up to rounding."""
    if may_move:
        return not np.allclose(now, before, rtol=1e-12, atol=1e-12)
    return now.tobytes() != before.tobytes()


def read(came: Any, wanted: int) -> Outcome:
    """The arrays that a function returned, as copies: a view of an argument would change with it."""
    if came is None:
        return Outcome(instead="None")
    several = isinstance(came, (tuple, list)) if wanted > 1 else isinstance(came, tuple) and len(came) == 1
    values = list(came) if several else [came]
    if len(values) != wanted:
        return Outcome(instead=f"{len(values)} of {wanted}")
    arrays = []
    for value in values:
        try:
            array = np.array(value)
        except ValueError:                              # rows of different lengths
            return Outcome(instead="ragged rows")
        if array.dtype.kind not in "biufc":
            return Outcome(instead=type(value).__name__ if array.dtype.kind != "O" else "objects")
        if array.dtype.kind == "b":                     # a mask of True and False is one of 1 and 0
            array = array.astype(float)
        arrays.append(array.real if array.dtype.kind == "c" and not array.imag.any() else array)
    return Outcome(arrays)


def failure(error: BaseException, path: str) -> Failure:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if (frame.filename == path if path else "widedeep" not in frame.filename)]
    line, text = (own[-1].lineno or 0, own[-1].line or "") if own else (0, "")
    if isinstance(error, SyntaxError) and error.filename == path:
        line, text = error.lineno or 0, (error.text or "").strip()
    try:
        message = str(error.msg if isinstance(error, SyntaxError) else error)
    except Exception:                                   # its own __str__ fails
        message = "-"
    whole = "".join(traceback.format_exception(error))
    return Failure(type(error).__name__, message, line, text, whole)


