"""The verdict: what a student's functions returned, against what is right.

    right           every array, on every probe, to 1e-9 of its norm, and no entry off by 1e-6 of itself
    wrong           with the array, its worst entry, facts, and the causes that reproduce the numbers exactly
    not-written     the stub's NotImplementedError
    crashed, timeout, refused      no numbers to judge

Read before: facts.py        Read next: process.py
"""
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.exercises.calls import Calls, Failure, Outcome, Plan
from widedeep.exercises.counterfactuals import Explanation, Known, choose, explain, same
from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, changed
from widedeep.exercises.facts import Fact, apart, facts, relative_error

RIGHT, ENTRY = 1e-9, 1e-6                               # of an array's norm; of an entry
NARROW = 1e-6                                           # what float32 leaves of an array's norm
SYNONYMS = [("A14", "L20"), ("P2", "X2"), ("X2", "P2"), ("X2", "M10"), ("M14", "X2")]   # the same calls would show both


@dataclass
class ArrayReport:
    """One returned array.  given, right : its numbers on the first case where it is wrong, on the first otherwise."""

    name: str
    verdict: str                                        # right | wrong | shape | not-finite
    relative_error: float
    worst: list[int]
    given: Array
    right: Array
    facts: list[Fact] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)     # with their variants: "O3.t_from_0"
    factor: str = ""
    kinks: Array | None = None                          # bool, which entries are not judged
    case: int = 0


@dataclass(repr=False)
class Report:
    """What `check --json` prints, and the numbers behind it."""

    exercise: str
    verdict: str                                        # right | wrong | not-written | crashed | timeout | refused
    arrays: list[ArrayReport] = field(default_factory=list)
    own: list[str] = field(default_factory=list)        # causes that no array shows: written into, remembers, random
    also: list[str] = field(default_factory=list)
    kinks: int = 0
    laws: dict[str, bool] = field(default_factory=dict)
    failure: Failure | None = None
    note: Fact | None = None
    small: dict[str, Any] = field(default_factory=dict)     # the smallest failing case, where nothing is recognised
    sizes: dict[str, int] = field(default_factory=dict)
    probes: int = 5
    seconds: float = 0.0
    printed: str = ""                                   # what the student's file printed
    square: bool = False                                # judged where all sizes are equal, since it fails elsewhere
    shapes: str = ""                                    # of the arguments, where a call failed

    @property
    def causes(self) -> list[str]:
        """Ids, without variants, each once."""
        found = [cause for array in self.arrays for cause in array.causes] + self.own
        return list(dict.fromkeys(cause.split(".")[0] for cause in found))

    @property
    def recognised(self) -> bool:
        return bool(self.causes) and all(array.causes for array in self.arrays if array.verdict != "right")

    def __bool__(self) -> bool:
        return self.verdict == "right"

    def __str__(self) -> str:
        from widedeep.exercises.report import as_text
        return as_text(self)

    def _repr_html_(self) -> str:
        from widedeep.exercises.heat_map import as_html
        return as_html(self)

    def __repr__(self) -> str:
        return str(self)

    def as_json(self) -> dict[str, Any]:
        arrays = [{"name": a.name, "verdict": a.verdict,
                   "relative_error": a.relative_error if np.isfinite(a.relative_error) else None, "worst": a.worst,
                   "facts": [{"fact": key, **values} for key, values in a.facts], "causes": a.causes}
                  for a in self.arrays]
        failure = None if self.failure is None else {"kind": self.failure.kind, "message": self.failure.message,
                                                     "line": self.failure.line}
        return {"exercise": self.exercise, "verdict": self.verdict, "arrays": arrays, "causes": self.causes,
                "recognised": self.recognised, "also": self.also, "kinks": self.kinks, "laws": self.laws,
                "failure": failure, "seconds": round(self.seconds, 3)}


def judge(exercise: Exercise, planned: Plan, calls: Calls) -> Report:
    """The report of these calls.  Every number that they are compared with is computed here."""
    report = Report(exercise.name, "right", sizes=dict(exercise.sizes))
    if len(calls.missing) == len(exercise.functions):
        report.verdict, report.note = "refused", ("missing", {"name": calls.missing[0]})
        return report
    found: dict[str, list[Explanation]] = {}
    for function in exercise.functions:
        square = calls.square.get(function.name)
        if function.name in calls.missing:
            report.verdict, report.note = "not-written", ("missing", {"name": function.name})
            continue
        outcomes = calls.again[function.name] + calls.main[function.name]
        kept = remembered(function, outcomes, planned.known)
        n = next((k for k, o in enumerate(outcomes) if o.arrays is None), len(outcomes)) if kept else len(outcomes)
        if usable(report, exercise, function, outcomes[:n]):
            known = planned.known if n == len(outcomes) else Known(exercise, planned.known.cases[:n])
            found |= judge_function(report, function, outcomes[:n], known, kept)
        elif report.verdict == "crashed" and square and all(outcome.arrays is not None for outcome in square):
            report.sizes = {size: getattr(planned.square[0], size) for size in exercise.sizes}
            report.square = True                            # D != H hides what is wrong behind an error of shape
            report.shapes = ", ".join(f"{name} {value.shape}" for name in function.arguments.split()
                                      if isinstance(value := getattr(planned.main[0], name), np.ndarray))
            found |= judge_function(report, function, square, planned.known_square, {})
        if wrote := sorted({name for outcome in outcomes for name in outcome.wrote}):
            report.own.append("C3" if set(wrote) <= set(exercise.writable) else "A14")
            report.note = ("wrote", {"names": ", ".join(name for name in wrote if name != "?") or "-"})
    chosen, report.also = choose(found)
    for array in report.arrays:
        if array.name in chosen and array.verdict != "right":
            array.causes, array.factor = list(chosen[array.name].causes), chosen[array.name].factor
    if "X4" in report.causes:                           # float32 on the way to a float64 array
        for array in report.arrays:
            if array.verdict == "wrong" and not array.causes and array.relative_error < NARROW:
                array.causes = ["X4"]
    report.own = list(dict.fromkeys(report.own))
    report.laws = laws_kept(exercise, planned, calls)
    if report.verdict == "right" and (report.own or any(array.verdict != "right" for array in report.arrays)):
        report.verdict = "wrong"
    report.also += [synonym for cause, synonym in SYNONYMS if cause in report.causes and synonym not in report.also]
    if report.verdict == "wrong" and not report.recognised:
        report.small = smallest(exercise, planned, calls)
    return report


def judge_function(report: Report, function: Function, outcomes: list[Outcome], known: Known, kept: dict[str, str]
                   ) -> dict[str, list[Explanation]]:
    """Add a report of each array that the function returns; {array: its explanations}."""
    found = {}
    for k, name in enumerate(function.returns.split()):
        A = [outcome.arrays[k] for outcome in outcomes if outcome.arrays is not None]
        if len(A) == len(known.cases):
            array, found[name] = judge_array(known, name, A, kept.get(name))
            report.arrays.append(array)
            report.kinks += 0 if array.kinks is None else int(array.kinks.sum())
    return found


def usable(report: Report, exercise: Exercise, function: Function, outcomes: list[Outcome]) -> bool:
    """Are there arrays to judge?  If not, the report's verdict says why."""
    for outcome in outcomes:
        if outcome.failure is not None:
            report.failure = outcome.failure
            report.verdict = "not-written" if outcome.failure.kind == "NotImplementedError" else "crashed"
            if outcome.failure.kind == "OverflowError" and any(slip.cause == "L22" for slip in exercise.slips):
                report.own.append("L22")
            return False
        if outcome.arrays is None:
            report.verdict = "wrong"
            report.note = ("nothing" if outcome.instead == "None" else "instead",
                           {"name": function.name, "came": outcome.instead,
                            "want": ", ".join(function.returns.split())})
            report.own.append("S1" if outcome.instead == "None" else "S2")
            return False
    return True


def judge_array(known: Known, name: str, A: list[Array], cause: str | None = None
                ) -> tuple[ArrayReport, list[Explanation]]:
    """The report of one array on all cases, and every explanation of it.   cause : known already, being no formula"""
    G, use = known.values(name), known.use(name)
    between = [b.get(name) for b in known.between]
    kinks = [None if u is None else ~u for u in use]
    wrong = [k for k, (a, g, b) in enumerate(zip(A, G, between)) if not is_right(a, g, b)]
    at = wrong[0] if wrong else 0
    a, g = A[at].astype(complex if A[at].dtype.kind == "c" else float), G[at]
    report = ArrayReport(name, "right", 0.0, [], a, g, kinks=kinks[at], case=at)
    if a.shape != g.shape:
        report.verdict, report.relative_error, report.facts = "shape", 1.0, facts(a, g)
    else:
        counts = use[at]
        off = apart(a, g) if counts is None else np.where(counts, apart(a, g), 0)
        report.worst = [int(i) for i in np.unravel_index(int(np.argmax(off)), g.shape)] if g.size else []
        report.relative_error = relative_error(masked(a, use[at]), masked(g, use[at]))
        if wrong:
            report.verdict = "wrong" if all(np.isfinite(x).all() for x in A) else "not-finite"
            report.facts = facts(a, g) if a.dtype.kind != "c" else [("complex", {})]
    if cause:
        return report, [Explanation((cause,))]
    if not wrong or a.dtype.kind == "c":
        return report, []
    narrow = [x.dtype for x in A if x.dtype.kind == "f" and x.dtype.itemsize < 8]
    if narrow:
        report.facts.insert(0, ("dtype", {"dtype": str(narrow[0])}))
        if all(same(x.astype(float), y, u, 1e-4 if x.dtype.itemsize == 4 else 1e-2) for x, y, u in zip(A, G, use)):
            return report, [Explanation(("X4",))]
    if report.relative_error < NARROW and narrowed(known, name, A):
        return report, [Explanation(("X4",))]
    if all(same(x.astype(float), y, u) for x, y, u in zip(A, G, use)):
        return report, []                               # right to 1e-6: a matter of precision, and no slip
    return report, explain(known, name, [x.astype(float) for x in A])


def narrowed(known: Known, name: str, A: list[Array]) -> bool:
    """Are these the right numbers of arguments that were rounded to float32, some of them or all?"""
    arguments = [n for n in all_arguments(known.exercise) if isinstance(getattr(known.cases[0], n), np.ndarray)]
    for some in subsets(arguments):
        cases = [changed(case, **{n: getattr(case, n).astype(np.float32).astype(float) for n in some})
                 for case in known.cases]
        if all(same(x, known.exercise.right(case)[name], near=1e-11) for x, case in zip(A, cases)):
            return True
    return False


def all_arguments(exercise: Exercise) -> list[str]:
    return list(dict.fromkeys(" ".join(f.arguments for f in exercise.functions).split()))


def subsets(names: list[str]) -> list[tuple[str, ...]]:
    return [some for size in range(1, len(names) + 1) for some in combinations(names, size)]


def is_right(a: Array, g: Array, between: tuple[Array, Array] | None) -> bool:
    if a.shape != g.shape or not np.isfinite(a).all():
        return False
    if between is not None:
        low, high = between
        slack = 1e-9 * (1 + np.abs(high))
        if ((a < low - slack) | (a > high + slack))[low != high].any():
            return False
        a, g = a[low == high], g[low == high]
    return relative_error(a, g) <= RIGHT and bool((apart(a, g) <= ENTRY).all())


def masked(a: Array, use: Array | None) -> Array:
    return a if use is None or use.shape != a.shape else a[use]


def remembered(function: Function, outcomes: list[Outcome], known: Known) -> dict[str, str]:
    """{array: cause} of arrays that depend on more than the arguments: on earlier calls, or on chance.

    The first four calls are of one case, of the same again, of another, and of the first again; the two generators
    that everybody shares are seeded alike for the first call and the last.
    """
    right = known.right
    runs = [outcome.arrays for outcome in outcomes[:4] if outcome.arrays is not None]
    if len(runs) < 4:
        return {}
    found = {}
    for k, name in enumerate(function.returns.split()):
        first, second, twin, last = (run[k] for run in runs)
        fine = same(first, right[0][name])
        steady = same(first, second, near=1e-12) and same(first, last, near=1e-12)
        if fine and not same(twin, right[2][name]) and stale(known.exercise, name, twin, known.cases):
            found[name] = "M10"
        elif steady:
            continue
        elif fine and same(second, 2 * first):
            found[name] = "M14"
        elif same(first, last, near=1e-12):
            found[name] = "P2"
        else:
            found[name] = "M10" if same(last, twin) and not same(first, twin) else "X2"
    return found


def stale(exercise: Exercise, name: str, twin: Array, cases: Sequence[Case]) -> bool:
    """Are these the numbers of the second case, but with some arguments of the first?"""
    names = [n for n in all_arguments(exercise) if isinstance(getattr(cases[0], n), np.ndarray)]
    mixtures = [changed(cases[2], **{n: getattr(cases[0], n) for n in some}) for some in subsets(names)]
    for mixture in mixtures:
        try:
            if same(twin, exercise.right(mixture)[name]):
                return True
        except (ValueError, IndexError):                # arguments of two cases need not fit together
            continue
    return False


def laws_kept(exercise: Exercise, planned: Plan, calls: Calls) -> dict[str, bool]:
    """Which laws the returned numbers obey; laws that cannot be asked (a crash, a missing array) are left out."""
    kept = {}
    for law in exercise.laws:
        cases = planned.laws.get(law.name, planned.main[:1])
        outs = [together(exercise, calls.laws.get(law.name, calls.main), k) for k in range(len(cases))]
        if all(len(out) == len(exercise.returns) for out in outs):
            arguments = [part for pair in zip(cases, outs) for part in pair]
            try:
                kept[law.name] = bool(law.holds(*arguments))
            except (ValueError, IndexError):            # arrays of wrong shapes
                kept[law.name] = False
    return kept


def together(exercise: Exercise, outcomes: dict[str, list[Outcome]], k: int) -> Arrays:
    """What all functions returned on case k, by name."""
    out: Arrays = {}
    for function in exercise.functions:
        mine = outcomes.get(function.name, [])
        if k < len(mine) and mine[k].arrays is not None:
            out |= dict(zip(function.returns.split(), mine[k].arrays or []))
    return out


def smallest(exercise: Exercise, planned: Plan, calls: Calls) -> dict[str, Any]:
    """The first of the smallest cases that is wrong: {case, name, given, right}; {} if none is."""
    for k, case in enumerate(planned.small):
        out, right = together(exercise, calls.small, k), exercise.right(case)
        between = exercise.between(case) if exercise.between else {}
        for name, given in out.items():
            if not is_right(given, right[name], between.get(name)):
                return {"case": case, "name": name, "given": given, "right": right[name],
                        "sizes": {size: getattr(case, size) for size in exercise.sizes}}
    return {}
