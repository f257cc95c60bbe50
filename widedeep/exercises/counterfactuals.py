"""Diagnosis: which known mistake gives exactly these numbers?

    facts               what can be said of a wrong array by itself (facts.py): always true, never a guess
    counterfactuals     the numbers that each known slip would give on this very probe; alone, times a factor, in pairs
    not recognised      nothing matches to 1e-6: then no cause is named

An array that was returned, on every case of every probe, is compared with each slip.  On probes of other sizes 1/N is
another number than 1/7, so that a match is no accident.

Read before: calls.py        Read next: facts.py
Source: Brown and Burton 1978 (a library of bugs, each executed, and compared with the student's answers).
"""
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations, combinations_with_replacement
from typing import NamedTuple

import numpy as np

from perceptron.activations import Array
from widedeep.exercises.exercise import Arrays, Case, Exercise

Values = list[Array]                                    # one array for each case
NEAR = 1e-6                                             # a cause reproduces the student's numbers to this


class Explanation(NamedTuple):
    """Causes that together give the student's numbers, and the factor by which, if any: its name, or a number."""

    causes: tuple[str, ...]
    factor: str = ""


def same(a: Array, b: Array, use: Array | None = None, near: float = NEAR) -> bool:
    """Equal to `near`, relative to each entry (to 1e-3 of the largest, for the smallest ones); NaN equals NaN."""
    if a.shape != b.shape:
        return False
    if use is not None and use.shape == a.shape:
        a, b = a[use], b[use]
    finite = np.isfinite(a)
    if not np.array_equal(finite, np.isfinite(b)):
        return False
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return False
    a, b = a[finite], b[finite]
    size = np.maximum(np.abs(a), np.abs(b))
    return bool((np.abs(a - b) <= near * np.maximum(size, 1e-3 * size.max(initial=0))).all())


def all_same(A: Values, B: Values, use: Sequence[Array | None], near: float = NEAR) -> bool:
    return len(A) == len(B) and all(same(a, b, u, near) for a, b, u in zip(A, B, use))


class Candidate(NamedTuple):
    causes: tuple[str, ...]
    values: Values


class Known:
    """What is known of some cases: the right arrays, and what each known slip would give instead."""

    def __init__(self, exercise: Exercise, cases: Sequence[Case]):
        self.exercise, self.cases = exercise, cases
        self.right: list[Arrays] = [exercise.right(case) for case in cases]
        self.between = [exercise.between(case) if exercise.between else {} for case in cases]
        self.found: dict[str, list[Candidate]] = {}

    def values(self, name: str) -> Values:
        return [arrays[name] for arrays in self.right]

    def use(self, name: str) -> list[Array | None]:
        """Which entries are compared in each case: all (None), or those that sit on no kink."""
        return [between[name][0] == between[name][1] if between else None for between in self.between]

    def candidates(self, name: str) -> list[Candidate]:
        if name not in self.found:
            self.found[name] = list(candidates(self, name))
        return self.found[name]


def explain(known: Known, name: str, A: Values) -> list[Explanation]:
    """Every shortest explanation of the numbers A that were returned under `name`, on each of the cases."""
    if not any(np.isfinite(a).any() for a in A):        # arrays of NaN alone look like each other, whatever the slip
        return []
    exercise, cases, use, G = known.exercise, known.cases, known.use(name), known.values(name)
    alone = known.candidates(name)
    found = [Explanation(c.causes) for c in alone if all_same(A, c.values, use)]
    found += [Explanation((exercise.factors[f][0],), f) for f in one_factor(exercise, A, G, cases, use)]
    if found:
        return unique(found)
    found = [Explanation(causes) for causes in pairs(known, name, A)]
    for c in alone:
        for f in one_factor(exercise, A, c.values, cases, use):
            found.append(Explanation((*c.causes, exercise.factors[f][0]), f))
    for some in several_factors(exercise, A, G, cases, use):
        found.append(Explanation(tuple(exercise.factors[f][0] for f in some), " x ".join(some)))
    if not found:
        for c in alone:
            ratio = free_factor(A, c.values, use)
            if ratio is not None and ratios(c.values, G, use) is None:      # 1.37 times the truth is no known slip
                found.append(Explanation((*c.causes, "F1"), f"{ratio:.6g}"))
    return unique(found)


def unique(found: list[Explanation]) -> list[Explanation]:
    """In order, without the same causes twice."""
    kept: dict[frozenset[str], Explanation] = {}
    for explanation in found:
        kept.setdefault(frozenset(explanation.causes), explanation)
    return list(kept.values())


def candidates(known: Known, name: str) -> Iterator[Candidate]:
    """What each known slip gives for this array; slips of form that any exercise knows come last."""
    exercise, cases, use, G = known.exercise, known.cases, known.use(name), known.values(name)
    for slip in exercise.slips:
        if slip.of in ("", name):
            values = tried(slip.make, name if not slip.of else "", cases)
            if values is not None and not all_same(values, G, use):
                yield Candidate((slip.cause,), values)
    for other in exercise.returns:                      # returned in another order
        values = known.values(other)
        if not all_same(values, G, use):
            yield Candidate(("S3",), values)
    forms: list[tuple[str, Callable[[Array], Array]]] = [
        ("S4", lambda g: g.T), ("S5", lambda g: g[None]), ("S5", lambda g: g[..., None]), ("S5", lambda g: g.ravel()),
        ("S6", lambda g: np.asarray(g.sum())), ("S6", lambda g: np.asarray(g.mean())), ("Z1", np.zeros_like),
        ("O6", np.trunc), ("O6", np.rint)]
    for cause, form in forms:
        values = [form(g) for g in G]
        if not all_same(values, G, use):
            yield Candidate((cause,), values)


def tried(make: Callable[[Case], object], name: str, cases: Sequence[Case]) -> Values | None:
    """The slip's numbers on each case; None where it cannot be made (an error of shape) or says nothing of name."""
    found = []
    for case in cases:
        try:
            with np.errstate(all="ignore"):
                made = make(case)
        except (ValueError, IndexError):
            return None
        if name and (not isinstance(made, dict) or name not in made):
            return None
        found.append(np.asarray(made[name] if name else made, float))       # type: ignore[index]
    return found


def pairs(known: Known, name: str, A: Values) -> Iterator[tuple[str, str]]:
    """Two switches of a rule at once that give A; pairs that look like one of the two, or like neither, are no pairs.

    There are hundreds of pairs: each is tried on the last case first, and rarely on a second one.
    """
    rule, use, G = known.exercise.rule, known.use(name), known.values(name)
    alone = {candidate.causes[0]: candidate.values for candidate in known.candidates(name)}
    switched = [slip for slip in known.exercise.slips if slip.switches and slip.cause in alone]
    if rule is None:
        return
    for one, two in combinations(switched, 2):
        if one.switches.keys() & two.switches.keys():
            continue
        both = {**one.switches, **two.switches}
        for some in (slice(-1, None), slice(None)):
            values = tried(partial(rule, **both), name, known.cases[some])
            if values is None or not all_same(A[some], values, use[some]):
                break
        else:
            assert values is not None
            if not any(all_same(values, v, use) for v in (G, alone[one.cause], alone[two.cause])):
                yield one.cause, two.cause


def ratios(A: Values, S: Values, use: Sequence[Array | None]) -> list[float] | None:
    """The number c of each case for which A = c S; None if there is none."""
    found = []
    for a, s, u in zip(A, S, use):
        if a.shape != s.shape or not np.array_equal(np.isfinite(a), np.isfinite(s)):
            return None
        finite = np.isfinite(a) & (True if u is None or u.shape != a.shape else u)
        here, there = a[finite], s[finite]
        square = float((there * there).sum())
        if square == 0:
            if here.any():
                return None
            found.append(np.nan)                        # 0 = c 0: any c
            continue
        c = float((here * there).sum()) / square
        if c == 0 or not same(here, c * there):
            return None
        found.append(c)
    return None if np.isnan(found).all() else found


def fits(found: list[float], wanted: list[float]) -> bool:
    return all(np.isnan(c) or abs(c - w) <= NEAR * abs(w) for c, w in zip(found, wanted))


def one_factor(exercise: Exercise, A: Values, S: Values, cases: Sequence[Case], use: Sequence[Array | None]
               ) -> list[str]:
    """The factors f of the exercise for which A = f S on every case."""
    found = ratios(A, S, use)
    return [] if found is None else [name for name, (_, value) in exercise.factors.items()
                                     if fits(found, [value(case) for case in cases])]


def several_factors(exercise: Exercise, A: Values, S: Values, cases: Sequence[Case], use: Sequence[Array | None]
                    ) -> list[tuple[str, ...]]:
    """Two factors whose product f g gives A = f g S; where there are none, three."""
    found = ratios(A, S, use)
    if found is None or fits([1.0] * len(cases), found):
        return []
    value = {name: [f(case) for case in cases] for name, (_, f) in exercise.factors.items()}
    for n in (2, 3):
        fitting = [some for some in combinations_with_replacement(value, n)
                   if fits(found, [float(np.prod(each)) for each in zip(*(value[f] for f in some))])]
        if fitting:
            return fitting
    return []


def free_factor(A: Values, S: Values, use: Sequence[Array | None]) -> float | None:
    """One number c, not about 1, for which A = c S on every case, if there are cases enough to tell."""
    found = ratios(A, S, use)
    known = [c for c in found or [] if not np.isnan(c)]
    told = len(known) >= 3 and abs(known[0] - 1) > 1e-3 and fits(known, [known[0]] * len(known))
    return known[0] if told else None


def choose(by_array: dict[str, list[Explanation]]) -> tuple[dict[str, Explanation], list[str]]:
    """(one explanation for each array, the synonyms): a cause that explains more of the arrays comes first."""
    def spread(explanation: Explanation) -> int:
        return sum(any(cause in other.causes for other in found)
                   for cause in explanation.causes for found in by_array.values())
    chosen = {name: max(found, key=spread) for name, found in by_array.items() if found}
    named = {cause.split(".")[0] for explanation in chosen.values() for cause in explanation.causes}
    others = [cause.split(".")[0] for found in by_array.values() for explanation in found
              for cause in explanation.causes]
    return chosen, [cause for cause in dict.fromkeys(others) if cause not in named]
