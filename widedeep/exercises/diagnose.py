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
from itertools import combinations, combinations_with_replacement
from typing import NamedTuple

import numpy as np

from perceptron.activations import Array
from widedeep.exercises.exercise import Arrays, Case, Exercise, Slip

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


def explain(exercise: Exercise, name: str, A: Values, right: Sequence[Arrays], cases: Sequence[Case],
            use: Sequence[Array | None]) -> list[Explanation]:
    """Every shortest explanation of the numbers A that were returned under `name`, on each of the cases.

    right : what each return should be, on each case        use : entries to compare, None for all
    """
    G = [arrays[name] for arrays in right]
    alone = list(candidates(exercise, name, right, cases, use))
    found = [Explanation(c.causes) for c in alone if all_same(A, c.values, use)]
    found += [Explanation((exercise.factors[f][0],), f) for f in one_factor(exercise, A, G, cases, use)]
    if found:
        return unique(found)
    found = [Explanation(c.causes) for c in pairs(exercise, name, G, alone, cases, use) if all_same(A, c.values, use)]
    for c in alone:
        for f in one_factor(exercise, A, c.values, cases, use):
            found.append(Explanation((*c.causes, exercise.factors[f][0]), f))
    for f, g in two_factors(exercise, A, G, cases, use):
        found.append(Explanation((exercise.factors[f][0], exercise.factors[g][0]), f"{f} x {g}"))
    if not found:
        for c in alone:
            ratio = free_factor(A, c.values, use)
            if ratio is not None and ratios(c.values, G, use) is None:      # 1.37 times the truth is no known slip
                found.append(Explanation((*c.causes, "F1"), f"{ratio:.6g}"))
    return unique(found)


def unique(found: list[Explanation]) -> list[Explanation]:
    """In order, without the same causes twice."""
    return list({frozenset(e.causes): e for e in reversed(found)}.values())[::-1]


def candidates(exercise: Exercise, name: str, right: Sequence[Arrays], cases: Sequence[Case],
               use: Sequence[Array | None]) -> Iterator[Candidate]:
    """What each known slip gives for this array; slips of form that any exercise knows come last."""
    G = [arrays[name] for arrays in right]
    for slip in exercise.slips:
        if slip.of in ("", name):
            values = tried(slip.make, name if not slip.of else "", cases)
            if values is not None and not all_same(values, G, use):
                yield Candidate((slip.cause,), values)
    for other in exercise.returns:                      # returned in another order
        values = [arrays[other] for arrays in right]
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
    """The slip's numbers on each case; None where it cannot be made (an error of shape, say) or says nothing of name."""
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


def pairs(exercise: Exercise, name: str, G: Values, alone: list[Candidate], cases: Sequence[Case],
          use: Sequence[Array | None]) -> Iterator[Candidate]:
    """Two switches of a rule at once; pairs that look like one of the two, or like neither, are no pairs."""
    rule = exercise.rule
    switched: list[Slip] = [slip for slip in exercise.slips if slip.switches]
    if rule is None:
        return
    known = {candidate.causes[0]: candidate.values for candidate in alone}
    for one, two in combinations(switched, 2):
        if one.switches.keys() & two.switches.keys() or one.cause not in known or two.cause not in known:
            continue
        both = {**one.switches, **two.switches}
        values = tried(lambda case: rule(case, **both), name, cases)
        if values is not None and not any(all_same(values, v, use) for v in (G, known[one.cause], known[two.cause])):
            yield Candidate((one.cause, two.cause), values)


def ratios(A: Values, S: Values, use: Sequence[Array | None]) -> list[float] | None:
    """The number c of each case for which A = c S; None if there is none."""
    found = []
    for a, s, u in zip(A, S, use):
        if a.shape != s.shape or not (np.isfinite(a).all() and np.isfinite(s).all()):
            return None
        here, there = (a, s) if u is None or u.shape != a.shape else (a[u], s[u])
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


def two_factors(exercise: Exercise, A: Values, S: Values, cases: Sequence[Case], use: Sequence[Array | None]
                ) -> list[tuple[str, str]]:
    found = ratios(A, S, use)
    if found is None:
        return []
    value = {name: [f(case) for case in cases] for name, (_, f) in exercise.factors.items()}
    return [(f, g) for f, g in combinations_with_replacement(value, 2)
            if fits(found, [a * b for a, b in zip(value[f], value[g])]) and not fits([1.0] * len(cases), found)]


def free_factor(A: Values, S: Values, use: Sequence[Array | None]) -> float | None:
    """One number c for which A = c S on every case, if there are cases enough to tell."""
    found = ratios(A, S, use)
    known = [c for c in found or [] if not np.isnan(c)]
    return known[0] if len(known) >= 3 and fits(known, [known[0]] * len(known)) else None


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
