"""Every exercise: right answers pass however written, wrong ones are named, and the probe tells causes apart."""

import importlib.util
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from tests.widedeep.exercises.made import functions
from widedeep.exercises.catalog import NAMES, find
from widedeep.exercises.checking import check_functions
from widedeep.exercises.counterfactuals import Known
from widedeep.exercises.messages import of_cause, of_exercise

SEEDS = range(5)
each = pytest.mark.parametrize("name", NAMES)


def table(name):
    """The wrong answers that are kept for an exercise: slips/w05_dense.py."""
    spec = importlib.util.spec_from_file_location(f"w{name}", Path(__file__).parent / "slips" / f"w{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases(kind):
    return [
        pytest.param(name, *(row if kind != "UNKNOWN" else (row,)), id=f"{name}-{k}")
        for name in NAMES
        for k, row in enumerate(getattr(table(name), kind, ()))
    ]


@each
def test_right_answers_pass_however_they_are_written(name):
    exercise = find(name)
    assert len(exercise.answers) >= 5 and len(set(exercise.answers)) == len(exercise.answers)
    for source in exercise.answers:
        for seed in range(20):
            namespace = {"np": np}
            exec(source, namespace)
            report = check_functions(namespace, name, seed, limit=120)
            assert report.verdict == "right", (source, seed, report.as_json())
            assert all(report.laws.values()) and len(report.laws) == len(exercise.laws)


@pytest.mark.parametrize("name", [name for name in NAMES if find(name).rule and find(name).loss])
def test_a_rule_beside_a_loss_gives_its_slope(name):
    exercise = find(name)
    for seed in SEEDS:
        for case in exercise.cases(seed) + exercise.small_cases(seed) + exercise.square_cases(seed):
            given, right = exercise.rule(case), exercise.right(case)
            assert given.keys() == right.keys() == set(exercise.returns)
            assert all(np.allclose(given[array], right[array], rtol=1e-12, atol=1e-12) for array in right)


@each
def test_the_stub_is_not_written_yet(name):
    namespace = {"np": np}
    exec(find(name).stub, namespace)
    assert check_functions(namespace, name).verdict == "not-written"


@pytest.mark.parametrize("name, wanted, bodies", cases("SINGLE"))
def test_a_slip_is_named_on_five_seeds(name, wanted, bodies):
    for seed in SEEDS:
        report = check_functions(functions(name, bodies), name, seed, limit=120)
        told = [cause for array in report.arrays for cause in array.causes] + report.own
        assert report.verdict == "wrong" and report.recognised, (seed, report.as_json())
        assert wanted in told or wanted in report.also, (seed, told, report.also)
        assert report.causes == [told[0].split(".")[0]], (seed, told, report.also)


@pytest.mark.parametrize("name, wanted, bodies", cases("DOUBLE"))
def test_two_slips_at_once_are_both_named(name, wanted, bodies):
    for seed in SEEDS:
        report = check_functions(functions(name, bodies), name, seed, limit=120)
        told = {cause for array in report.arrays for cause in array.causes} | set(report.own)
        assert report.verdict == "wrong" and report.recognised, (seed, report.as_json())
        assert told == set(wanted.split()), (seed, told, report.also)


@pytest.mark.parametrize("name, wanted, bodies", cases("CRASH"))
def test_an_error_of_shape_is_judged_where_all_sizes_are_equal(name, wanted, bodies):
    for seed in SEEDS:
        report = check_functions(functions(name, bodies), name, seed, limit=120)
        assert report.verdict == "crashed" and report.square
        assert report.failure.kind in ("ValueError", "IndexError")
        assert report.causes == wanted.split(), (seed, report.as_json())


@pytest.mark.parametrize("name, bodies", cases("UNKNOWN"))
def test_what_is_not_known_is_not_named(name, bodies):
    for seed in SEEDS:
        report = check_functions(functions(name, bodies), name, seed, limit=120)
        assert report.verdict == "wrong" and report.causes == [] and not report.recognised, (seed, report.as_json())


@each
def test_every_known_slip_is_kept_as_a_wrong_answer(name):
    known = {slip.cause for slip in find(name).slips} | {cause for cause, _ in find(name).factors.values()}
    kept = {cause for kind in ("SINGLE", "DOUBLE") for row in getattr(table(name), kind) for cause in row[0].split()}
    assert known - kept <= set(getattr(table(name), "ONLY_FORMULAS", ())), known - kept


@each
def test_the_probe_tells_every_cause_from_the_truth_and_from_every_other(name):
    """At least 1e-3 apart, on some case, or equal: then they are synonyms, and both are reported."""
    exercise = find(name)
    for seed in SEEDS:
        known = Known(exercise, exercise.cases(seed))
        for array in exercise.returns:
            G, use, found = known.values(array), known.use(array), known.candidates(array)
            assert all(distance(c.values, G, use) >= 1e-3 for c in found), array
            for one, two in combinations(found, 2):
                if one.causes != two.causes:
                    d = distance(one.values, two.values, use)
                    assert d >= 1e-3 or d < 1e-9, (array, one.causes, two.causes, d)


def distance(A, B, use):
    """The largest relative distance on any case; different shapes, or NaN against a number, are far apart."""
    found = 0.0
    for a, b, u in zip(A, B, use):
        if a.shape != b.shape:
            return 1.0
        a, b = (a[u], b[u]) if u is not None and u.shape == a.shape else (a, b)
        if not np.array_equal(np.isfinite(a), np.isfinite(b)):
            return 1.0
        a, b = a[np.isfinite(a)], b[np.isfinite(b)]
        total = np.linalg.norm(a) + np.linalg.norm(b)
        found = max(found, np.linalg.norm(a - b) / total if total else 0.0)
    return found


@each
def test_another_seed_has_other_answers(name):
    """No table of answers by size is right: each array is another one for another seed."""
    exercise = find(name)
    one, two = ([exercise.right(case) for case in exercise.cases(seed, probes=1)] for seed in (0, 1))
    for array in exercise.returns:
        pairs = [(a[array], b[array]) for a, b in zip(one, two)]
        assert any(a.shape != b.shape or not np.allclose(a, b, rtol=1e-6) for a, b in pairs), array


@each
def test_each_array_of_the_probe_is_alive(name):
    """Every returned array has numbers that are not 0, and no one of them outweighs the rest a millionfold."""
    exercise = find(name)
    for seed in SEEDS:
        for case in exercise.cases(seed):
            for array in exercise.right(case).values():
                assert np.isfinite(array).all()
        first = exercise.right(exercise.cases(seed)[-1])
        assert all(np.abs(array).max() > 1e-3 for array in first.values())


@each
def test_it_has_its_texts(name):
    exercise = find(name)
    assert of_exercise(name, "title") and of_exercise(name, "why")
    hints = of_exercise(name, "hints")
    assert len(hints) >= 4 and not any("np." in hint or "axis=" in hint for hint in hints)
    causes = {slip.cause for slip in exercise.slips} | {cause for cause, _ in exercise.factors.values()}
    values = dict.fromkeys(exercise.sizes, 7) | {"array": "dW", "factor": "2"}
    for cause in causes:
        says, hint = of_cause(name, cause, **values)
        assert says and hint
