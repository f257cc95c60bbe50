"""The verdict: what is right, what is reported of what is wrong, and what the calls show that no number does."""

from types import SimpleNamespace

import numpy as np
import pytest

from tests.widedeep.exercises.made import functions
from widedeep.exercises.calls import Calls, Outcome, failure, make_calls, plan, read
from widedeep.exercises.catalog import find
from widedeep.exercises.checking import check, check_functions
from widedeep.exercises.counterfactuals import Known
from widedeep.exercises.exercise import Exercise, Function, Law, Slip, changed
from widedeep.exercises.facts import facts
from widedeep.exercises.judge import is_right, judge, remembered, stale

DENSE = "return {} @ W.T, X.T @ delta, {}"
RIGHT = "return delta @ W.T, X.T @ delta, delta.sum(axis=0)"


def ramp_probe(rng, s):
    x = rng.normal(size=s.N) + 3
    x[0] = 0
    return SimpleNamespace(g=rng.normal(size=s.N), x=x)


TOY = Exercise(
    "07_toy", [Function("ramp", "g x", "y")], {"N": 5}, ramp_probe,
    rule=lambda c: {"y": c.g * (c.x > 0)},
    slips=[Slip("A1", "y", lambda c: c.g + 1)],
    between=lambda c: {"y": (np.where(c.x == 0, np.minimum(0, c.g), c.g * (c.x > 0)),
                             np.where(c.x == 0, np.maximum(0, c.g), c.g * (c.x > 0)))},
    laws=[Law("one", lambda c, out: bool(out["y"].shape == c.x.shape)),
          Law("two", lambda c, out, c2, out2: np.allclose(2 * out["y"], out2["y"]), lambda c: changed(c, g=2 * c.g))],
    stub="", answers=(), reads="",
)  # fmt: skip


def judged(f, exercise=TOY):
    planned = plan(exercise, 0)
    return judge(exercise, planned, make_calls(exercise, {exercise.functions[0].name: f}, planned))


@pytest.fixture(autouse=True)
def nothing_is_kept_between_tests():
    plan.cache_clear()


# ---- right ----------------------------------------------------------------------------------------------------------


def test_what_is_right():
    g = np.array([[1.0, -2.0], [3e-5, 4.0]])
    assert is_right(g, g, None) and is_right(g * (1 + 1e-10), g, None)
    assert not is_right(g * (1 + 1e-8), g, None)  # of the norm
    b = g.copy()
    b[1, 0] *= 1 + 2e-6  # of one small entry
    assert not is_right(b, g, None)
    b[1, 0] = g[1, 0] * (1 + 5e-7)
    assert is_right(b, g, None)
    assert not is_right(g[0], g, None) and not is_right(np.full_like(g, np.nan), g, None)
    assert not is_right(np.full_like(g, np.inf), g, None)


@pytest.mark.parametrize("share, right", [(0, True), (0.5, True), (1, True), (1.01, False), (-0.01, False), (7, False)])
def test_at_a_kink_any_number_between_the_slopes_is_right(share, right):
    report = judged(lambda g, x: g * np.where(x == 0, share, x > 0))
    assert (report.verdict == "right") is right
    assert report.kinks == 1  # of the case that is shown


def test_a_wrong_number_beside_a_kink_is_wrong():
    report = judged(lambda g, x: g * np.where(x == 0, 0.5, (x > 0) * 1.1))
    assert report.verdict == "wrong" and report.causes == [] and report.arrays[0].worst != [0]
    assert report.arrays[0].kinks.tolist() == [True, False, False, False, False]
    assert judged(lambda g, x: np.where(x == 0, 0, g + 1)).causes == ["A1"]


def test_laws():
    assert judged(lambda g, x: g * (x > 0)).laws == {"one": True, "two": True}
    assert judged(lambda g, x: 1.0 * (x > 0)).laws == {"one": True, "two": False}
    assert judged(lambda g, x: 3 * g).laws == {"one": True, "two": True}
    assert judged(lambda g, x: g[1:]).laws == {"one": False, "two": True}
    assert judged(lambda g, x: np.zeros(len(x) + (g[1] > 1e9))[: 2 if g[1] == 0 else None]).laws["one"] is True
    assert judged(lambda g, x: None).laws == {}


# ---- wrong ----------------------------------------------------------------------------------------------------------


def test_the_report_of_a_wrong_array():
    report = check_functions(functions("05_dense", DENSE.format("delta", "delta.mean(axis=0)")), "05_dense")
    dX, dW, db = report.arrays
    assert (dX.verdict, dW.verdict, db.verdict) == ("right", "right", "wrong")
    assert dX.relative_error < 1e-15 and dX.causes == [] and dX.facts == []
    assert db.relative_error == pytest.approx((1 - 1 / 7) / (1 + 1 / 7)) and len(db.worst) == 1
    assert db.given * 7 == pytest.approx(db.right) and db.facts == [("ratio", {"c": pytest.approx(1 / 7)})]
    assert report.causes == ["D1"] and report.also == ["D6"] and report.recognised
    assert report.laws == {"scale": True, "ones": False} and report.kinks == 0 and not report
    assert report.small == {}


def test_the_worst_entry_and_the_smallest_case():
    body = "dW = X.T @ delta\ndW[-1, 0] *= 1.5\ndW[0, 0] *= 1.2\nreturn delta @ W.T, dW, delta.sum(axis=0)"
    report = check_functions(functions("05_dense", body), "05_dense")
    assert report.arrays[1].worst == [4, 0] and report.causes == [] and not report.recognised
    assert report.small["sizes"] == {"N": 1, "D": 1, "H": 1} and report.small["name"] == "dW"
    assert report.small["given"] == pytest.approx(1.8 * report.small["right"])
    report = check_functions(functions("05_dense", body.replace("[0, 0] *= 1.2", "[:, 0] += X[1:2].sum()")), "05_dense")
    assert report.small["sizes"] == {"N": 1, "D": 1, "H": 1}
    body = "d = delta.sum(axis=0)\nd[1:] *= 1.5\nreturn delta @ W.T, X.T @ delta, d"
    report = check_functions(functions("05_dense", body), "05_dense")
    assert report.small["sizes"] == {"N": 1, "D": 1, "H": 2}  # the second unit is needed to see it
    assert "H = 2" in str(report)
    body = "d = delta.sum(axis=0)\nd[2:] *= 1.5\nreturn delta @ W.T, X.T @ delta, d"
    report = check_functions(functions("05_dense", body), "05_dense")
    assert report.small == {} and "larger ones" in str(report)


@pytest.mark.parametrize(
    "body, verdict, array",
    [
        (DENSE.format("delta", "delta.sum(axis=1)"), "wrong", "shape"),
        (DENSE.format("delta", "delta.sum(axis=0) / 0"), "wrong", "not-finite"),
        (DENSE.format("delta", "1j * delta.sum(axis=0)"), "wrong", "wrong"),
        (DENSE.format("delta", "delta.sum(axis=0) + 0j"), "right", "right"),
        (DENSE.format("delta", "delta.sum(axis=0).tolist()"), "right", "right"),
    ],
)
def test_the_verdict_on_an_array(body, verdict, array):
    report = check_functions(functions("05_dense", body), "05_dense")
    assert report.verdict == verdict and report.arrays[2].verdict == array
    assert report.as_json()["arrays"][2]["relative_error"] is not None or array == "not-finite"


@pytest.mark.parametrize(
    "body, cause, instead",
    [("return None", "S1", "None"), ("return X, W", "S2", "2 of 3"), ("return X", "S2", "1 of 3"),
     ("return 'a', 'b', 'c'", "S2", "str"), ("return [[1, 2], [3]], X, W", "S2", "ragged rows"),
     ("return {1}, X, W", "S2", "set"), ("return {'dX': X}", "S2", "1 of 3")],
)  # fmt: skip
def test_what_is_not_the_wanted_arrays(body, cause, instead):
    report = check_functions(functions("05_dense", body), "05_dense")
    assert report.verdict == "wrong" and report.causes == [cause] and report.arrays == [] and report.recognised
    assert instead in report.note[1]["came"] or instead == "set"


def test_float32_is_named_and_so_is_another_slip_with_it():
    report = check_functions(
        functions("05_dense", "return delta @ W.T, (X.T @ delta).astype('f'), delta.sum(0)"), "05_dense"
    )
    assert report.causes == ["X4"] and report.arrays[1].facts[0] == ("dtype", {"dtype": "float32"})
    half = check_functions(
        functions("05_dense", "return delta @ W.T, (X.T @ delta).astype('e'), delta.sum(0)"), "05_dense"
    )
    assert half.causes == ["X4"]
    body = "return delta @ W.T, (X.T @ delta).astype('f') * 1.5, delta.sum(0)"
    assert check_functions(functions("05_dense", body), "05_dense").causes == []


# ---- what calls show ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, causes",
    [
        ("delta *= 2\n" + RIGHT.replace("delta", "(delta / 2)"), ["A14"]),
        ("out = " + RIGHT[7:] + "\nX[0] = 1\nW += 1\nreturn out", ["A14"]),
        ("delta.setflags(write=True)\nout = " + RIGHT[7:] + "\ndelta[0] = 0\nreturn out", ["A14"]),
        ("n = globals().setdefault('n', [0])\nn[0] += 1\n"
         "return delta @ W.T, X.T @ delta * (1 + .5 * (n[0] > 1)), delta.sum(0)", ["X2"]),
        ("return delta @ W.T, X.T @ delta, delta.sum(0) + np.random.rand()", ["P2"]),
        ("import random\nreturn delta @ W.T, X.T @ delta, delta.sum(0) + random.random()", ["P2"]),
        ("n = globals().setdefault('n', [])\nn.append(delta.sum(0))\n"
         "return delta @ W.T, X.T @ delta, sum(n[-3:])", ["M14"]),
        ("c = globals().setdefault('c', delta)\nc = c if c.shape == delta.shape else delta\n"
         "return c @ W.T, X.T @ delta, c.sum(0)", ["M10"]),
        ("c = globals()\nold = c.get('old', W)\nc['old'] = W\nold = old if old.shape == W.shape else W\n"
         "return delta @ old.T, X.T @ delta, delta.sum(0)", ["M10"]),
    ],
)  # fmt: skip
def test_state_chance_and_writing(body, causes):
    report = check_functions(functions("05_dense", body), "05_dense")
    assert report.verdict == "wrong" and report.causes == causes and report.recognised, report.as_json()


def outcomes(*runs):
    return [Outcome([np.asarray(a, float) for a in run]) for run in runs]


def test_remembered_by_pattern():
    f, (a, b) = TOY.functions[0], plan(TOY, 0).again[1:3]
    cases = [a, a, b, a]
    right = [TOY.right(c) for c in cases]
    ya, yb = right[0]["y"], right[2]["y"]

    def of(*runs):
        return remembered(f, outcomes(*[[r] for r in runs]), Known(TOY, cases)).get("y")

    assert of(ya, ya, yb, ya) is None
    assert of(ya, 2 * ya, yb, ya) == "M14"
    assert of(3 * ya, 6 * ya, yb, ya) == "X2"  # not right at first: no sum of gradients
    assert of(ya, ya + 1, yb, ya) == "P2"
    assert of(ya, ya, yb, yb) == "M10"
    assert of(ya, ya, yb, ya + 1) == "X2"
    assert of(ya, ya, b.g * (a.x > 0), ya) == "M10" if not np.array_equal(a.x > 0, b.x > 0) else True
    assert of(ya, ya, yb + 1, ya) is None  # wrong, but not stale
    assert remembered(f, outcomes([ya], [ya]), Known(TOY, cases[:2])) == {}
    assert stale(TOY, "y", a.g * (b.x > 0), cases) and not stale(TOY, "y", yb + 1, cases)


def test_two_functions_and_a_missing_one():
    pair = Exercise(
        "03_pair", [Function("one", "x", "a"), Function("two", "x", "b")], {"N": 3},
        lambda rng, s: SimpleNamespace(x=rng.normal(size=s.N)), slips=(), stub="", answers=(), reads="",
        rule=lambda c: {"a": c.x + 1, "b": c.x * 3})  # fmt: skip
    planned = plan(pair, 0)

    def of(**f):
        return judge(pair, planned, make_calls(pair, f, planned))

    assert of(one=lambda x: x + 1, two=lambda x: x * 3).verdict == "right"
    assert of(one=lambda x: x + 1).verdict == "not-written" and of(one=lambda x: x + 1).arrays[0].verdict == "right"
    assert of().verdict == "refused"
    assert of(one=lambda x: x * 3, two=lambda x: x + 1).causes == ["S3"]
    assert of(one=lambda x: x + 1, two=lambda x: 1 / 0).verdict == "crashed"


def test_of_two_functions_each_has_its_report():
    """Arrays, kinks, laws and causes of both are in one report; a missing or broken one hides nothing of the other."""
    kinked = Exercise(
        "13_two", [Function("one", "g x", "y"), Function("two", "g x", "w")], {"N": 5}, ramp_probe,
        rule=lambda c: {"y": c.g * (c.x > 0), "w": 2 * c.g},
        slips=[Slip("A1", "y", lambda c: c.g + 1), Slip("B1", "w", lambda c: c.g)],
        between=lambda c: {"y": TOY.between(c)["y"], "w": (2 * c.g, 2 * c.g)}, stub="", answers=(), reads="",
        laws=[Law("sum", lambda c, out: np.allclose(out["w"].shape, out["y"].shape))])  # fmt: skip
    planned = plan(kinked, 0)

    def of(**f):
        return judge(kinked, planned, make_calls(kinked, f, planned))

    def one(g, x):
        return g * (x > 0)

    def two(g, x):
        return 2 * g

    both = of(one=one, two=two)
    assert both and both.kinks == 1 and both.laws == {"sum": True} and [a.name for a in both.arrays] == ["y", "w"]
    wrong = of(one=lambda g, x: g + 1, two=lambda g, x: g)
    assert [a.causes for a in wrong.arrays] == [["A1"], ["B1"]] and wrong.causes == ["A1", "B1"]
    for missing in (of(two=two), of(two=lambda g, x: g)):
        assert missing.verdict == "not-written" and missing.note == ("missing", {"name": "one"})
        assert [a.name for a in missing.arrays] == ["w"] and missing.laws == {}
    assert of(two=lambda g, x: g).arrays[0].causes == ["B1"]
    square = of(one=lambda g, x: g + 1, two=lambda g, x: g if len(x) in (4, 5, 6) else g @ np.ones(99))
    assert square.verdict == "crashed" and {a.name: a.causes for a in square.arrays}["y"] == ["A1"]
    index = of(one=one, two=lambda g, x: g[99:][5])
    assert index.verdict == "crashed" and index.failure.kind == "IndexError"
    right_before = of(one=one, two=lambda g, x: g)
    assert right_before.arrays[0].causes == [] and right_before.arrays[0].verdict == "right"


def test_an_index_error_is_judged_where_all_sizes_are_equal_too():
    planned = plan(TOY, 0)
    calls = make_calls(TOY, {"ramp": lambda g, x: (g + 1)[np.arange(6) % 4] if len(x) != 4 else g + 1}, planned)
    assert calls.again["ramp"][0].failure is None or calls.square["ramp"]

    def ramp(g, x):
        if len(x) not in (4, 5, 6) or len(g) == planned.main[0].N:
            raise IndexError("no")
        return g + 1

    calls = make_calls(TOY, {"ramp": ramp}, planned)
    assert len(calls.square["ramp"]) == 3 and calls.again["ramp"][0].failure.kind == "IndexError"


def test_the_small_cases_know_kinks():
    report = judged(lambda g, x: np.where(x == 0, g / 2, g * (x > 0) * (1 + 0.5 * (np.arange(len(x)) > 1))))
    assert (
        report.verdict == "wrong" and report.small == {}
    )  # with one row or two, on the kink or beside it, it is right


def test_a_generator_is_drawn_anew_for_each_call():
    from widedeep.exercises.calls import attempt
    from widedeep.exercises.exercise import Seeded

    case = SimpleNamespace(rng=Seeded(3))
    outcomes = [attempt(lambda rng: rng.random(4), Function("f", "rng", "u"), case, (), "") for _ in range(2)]
    wanted = np.random.default_rng(3).random(4)
    assert all(np.array_equal(outcome.arrays[0], wanted) for outcome in outcomes)


def test_stale_arguments_are_known_alone_in_pairs_and_all_together():
    exercise = Exercise(
        "05_stale", [Function("f", "a b c", "y")], {"N": 5},
        lambda rng, s: SimpleNamespace(a=rng.normal(size=3), b=rng.normal(size=3), c=rng.normal(size=3)),
        rule=lambda c: {"y": c.a + 2 * c.b + 3 * c.c}, slips=(), stub="", answers=(), reads="")  # fmt: skip
    old, _, new, _ = plan(exercise, 0).again
    cases = [old, old, new, old]
    for some in ("a", "b", "c", "ab", "bc", "abc"):
        mixed = changed(new, **{name: getattr(old, name) for name in some})
        assert stale(exercise, "y", exercise.right(mixed)["y"], cases), some
    assert not stale(exercise, "y", exercise.right(new)["y"] + 1, cases)
    assert not stale(exercise, "y", exercise.right(new)["y"], cases)


def test_a_line_is_named_in_a_notebook_too():
    namespace = {}
    exec(compile("def ramp(g, x):\n    y = 1\n    return y / 0\n", "<cell>", "exec"), namespace)
    assert judged(namespace["ramp"]).failure.line == 3
    report = check_functions(functions("05_dense", "a = 1\nreturn b"), "05_dense")
    assert (
        report.failure.line == 3 and report.failure.whole.count("Traceback") == 1 and "XX" not in report.failure.whole
    )


def test_a_line_of_a_file_is_named_though_the_call_was_made_again():
    """With the path of the student's file; and of functions that came from no file, any line outside the package."""
    source = "def ramp(g, x):\n    g *= 1\n    return y\n"
    namespace = {}
    exec(compile(source, "/somewhere/widedeep/mine.py", "exec"), namespace)
    planned = plan(TOY, 0)
    calls = make_calls(TOY, {"ramp": namespace["ramp"]}, planned, "/somewhere/widedeep/mine.py")
    assert calls.again["ramp"][0].failure.line == 3 and calls.again["ramp"][0].failure.kind == "NameError"
    calls = make_calls(TOY, {"ramp": namespace["ramp"]}, planned)
    assert calls.again["ramp"][0].failure.line == 0  # "widedeep" is in its name: taken for the package's


def test_floats_of_any_kind_are_read_as_numbers():
    assert read(np.array([1, 0], bool), 1).arrays[0].dtype == np.float64
    assert read(np.array([1 + 0j]), 1).arrays[0].dtype == np.float64
    assert read(np.array([1j]), 1).arrays[0].dtype == np.complex128
    assert read(np.array(["1"]), 1).instead == "ndarray" and read(np.array([None]), 1).instead == "objects"
    assert read(np.array([1], "f"), 1).arrays[0].dtype == np.float32


def test_a_broken_law_is_broken_though_it_cannot_be_computed():
    exercise = Exercise(
        "05_law", [Function("f", "x", "y")], {"N": 5}, lambda rng, s: SimpleNamespace(x=rng.normal(size=s.N)),
        rule=lambda c: {"y": c.x}, slips=(), stub="", answers=(), reads="",
        laws=[Law("fits", lambda c, out: np.allclose(out["y"] + c.x, 2 * c.x))])  # fmt: skip
    planned = plan(exercise, 0)
    report = judge(exercise, planned, make_calls(exercise, {"f": lambda x: np.ones(99)}, planned))
    assert report.laws == {"fits": False} and report.verdict == "wrong"


def test_the_edge_of_right():
    low, high = np.array([-1.0, 2.0]), np.array([1.0, 2.0])
    inside = [(-1 - 1.9e-9, True), (1 + 1.9e-9, True), (1 + 2.2e-9, False), (-1 - 2.2e-9, False)]
    for value, right in inside:
        assert is_right(np.array([value, 2.0]), np.array([0.0, 2.0]), (low, high)) is right
    far = (np.array([-1e3]), np.array([1e3]))
    assert is_right(np.array([1e3 + 9e-7]), np.array([0.0]), far) and not is_right(
        np.array([1e3 + 2e-6]), np.array([0.0]), far
    )


def test_precision_is_told_from_other_slips():
    def of(factor):
        body = f"return delta @ W.T, (X.T @ delta * {factor}).astype('f'), delta.sum(0)"
        return check_functions(functions("05_dense", body), "05_dense").arrays[1].causes

    assert of(1) == ["X4"] and of(1.00001) == ["X4"] and of(1.001) == [] and of(-1) == ["D10"]
    whole = "return delta @ W.T, np.rint(X.T @ delta).astype(int), delta.sum(0)"
    assert check_functions(functions("05_dense", whole), "05_dense").causes == ["O6"]


def test_check_in_a_notebook():
    def dense_backward(delta, X, W):
        return delta @ W.T, X.T @ delta, delta.mean(axis=0)

    report = check(dense_backward)
    assert not report and bool(judged(lambda g, x: g * (x > 0))) is True and repr(report) == str(report)
    assert "[D1]" in str(report) and "[D1]" in report._repr_html_()
    html = report._repr_html_()
    assert 'role="img"' in html and "aria-label" in html and "<script" not in html and "http" not in html
    with pytest.raises(AssertionError, match="averaged over the 7 rows"):
        check(dense_backward, strict=True)
    with pytest.raises(ValueError, match="no exercise wants a function called nobody"):
        check(type("f", (), {"__name__": "nobody", "__call__": lambda s: 0})())
    with pytest.raises(ValueError, match="want functions"):
        check((1, 2, 3))

    def loop():
        while True:
            pass

    loop.__name__ = "dense_backward"
    endless = functions("05_dense", "while True:\n    pass")
    assert check_functions(endless, "05_dense", limit=0.5).verdict == "timeout"


def test_as_json_word_by_word():
    report = check_functions(functions("05_dense", DENSE.format("delta", "delta.mean(axis=0)")), "05_dense")
    told = report.as_json()
    assert told.pop("seconds") == round(report.seconds, 3) > 0
    for array in told["arrays"]:
        array["relative_error"] = round(array["relative_error"], 9)
        array["worst"] = len(array["worst"])
    assert told["arrays"][2].pop("facts") == [{"fact": "ratio", "c": pytest.approx(1 / 7)}]
    assert told == {
        "exercise": "05_dense", "verdict": "wrong", "arrays": [
            {"name": "dX", "verdict": "right", "relative_error": 0, "worst": 2, "facts": [], "causes": []},
            {"name": "dW", "verdict": "right", "relative_error": 0, "worst": 2, "facts": [], "causes": []},
            {"name": "db", "verdict": "wrong", "relative_error": 0.75, "worst": 1, "causes": ["D1"]}],
        "causes": ["D1"], "recognised": True, "also": ["D6"], "kinks": 0, "laws": {"scale": True, "ones": False},
        "failure": None}  # fmt: skip
    failed = check_functions(functions("05_dense", "return 1 / 0"), "05_dense").as_json()
    assert failed["failure"] == {"kind": "ZeroDivisionError", "message": "division by zero", "line": 2}
    assert failed["verdict"] == "crashed" and failed["arrays"] == [] and failed["recognised"] is False
    nan = check_functions(functions("05_dense", DENSE.format("delta", "delta.sum(0) * np.inf")), "05_dense").as_json()
    assert nan["arrays"][2]["relative_error"] is None and nan["arrays"][2]["verdict"] == "not-finite"


def test_notes_and_failures():
    def of(body):
        return check_functions(functions("05_dense", body), "05_dense")

    want = "dX, dW, db"
    assert of("return None").note == ("nothing", {"name": "dense_backward", "came": "None", "want": want})
    assert of("return X").note == ("instead", {"name": "dense_backward", "came": "1 of 3", "want": want})
    wrote = of("delta *= 1\nX += 0\nX[0] = 1\ndelta[0] = 1\nreturn delta @ W.T, X.T @ delta, delta.sum(0)")
    assert wrote.note == ("wrote", {"names": "X, delta"}) and "A14" in wrote.own
    same = of("delta *= 1\n" + RIGHT)
    assert same.note == ("wrote", {"names": "-"}) and same.causes == ["A14"]
    empty = of("raise NotImplementedError")
    assert (empty.verdict, empty.failure.kind, empty.arrays) == ("not-written", "NotImplementedError", [])
    crashed = of("return delta @ W, X.T @ delta, delta.mean(0)")
    assert crashed.verdict == "crashed" and crashed.square is True and crashed.causes == ["D8", "D1"]
    assert crashed.shapes == "delta (7, 3), X (7, 5), W (5, 3)" and crashed.failure.kind == "ValueError"
    assert len(crashed.arrays) == 3 and crashed.recognised
    assert of("return 1 / 0").square is False and of("return 1 / 0").shapes == ""
    refused = check_functions({"other": 1}, "05_dense")
    assert (refused.verdict, refused.note) == ("refused", ("missing", {"name": "dense_backward"}))
    slope = functions("04_slope", "x[...] += 1\nreturn np.zeros(x.shape)")
    assert check_functions(slope, "04_slope").own == ["C3"]


def test_a_function_that_fails_on_other_sizes_alone():
    body = "if len(X) != 7:\n    raise ValueError('seven')\n" + RIGHT
    report = check_functions(functions("05_dense", body), "05_dense")
    assert report.verdict == "crashed" and report.failure.message == "seven" and report.arrays == []


def test_state_is_judged_though_other_sizes_fail():
    body = "pile = globals().setdefault('pile', [0])\npile[0] = pile[0] + X.T @ delta\n"
    body += "return delta @ W.T, pile[0], delta.mean(0)"
    report = check_functions(functions("05_dense", body), "05_dense")
    assert report.verdict == "wrong" and report.causes == ["M14", "D1"] and report.recognised
    assert [array.verdict for array in report.arrays] == ["right", "wrong", "wrong"]


def test_float32_on_the_way_is_named_with_the_array_that_shows_it():
    body = "d = delta.astype(np.float32)\nreturn d @ W.T, X.T @ d, d.sum(0)"
    report = check_functions(functions("05_dense", body), "05_dense")
    assert report.causes == ["X4"] and report.recognised
    assert [array.causes for array in report.arrays] == [["X4"], ["X4"], ["X4"]]
    near = "return delta @ W.T * (1 + 1e-8), X.T @ delta, delta.sum(0)"  # near, but no float32 anywhere
    assert check_functions(functions("05_dense", near), "05_dense").causes == []
    other = "d = delta.astype(np.float32)\nreturn d.astype(float) @ W.T + 1, X.T @ delta, d.sum(0)"
    report = check_functions(functions("05_dense", other), "05_dense")
    assert report.arrays[0].causes == [] and report.arrays[2].causes == ["X4"] and not report.recognised
    body = "mask = ((rng.random(A.shape) >= rate) / (1 - rate)).astype(np.float32)\nreturn A * mask, mask"
    report = check_functions(functions("13_dropout", {"dropout_forward": body}), "13_dropout")
    assert [(a.name, a.causes) for a in report.arrays if a.verdict != "right"] == [("out", ["X4"]), ("mask", ["X4"])]


def test_synonyms_of_what_calls_show():
    def also(body):
        return check_functions(functions("05_dense", body), "05_dense").also

    assert also("delta *= 2\n" + RIGHT.replace("delta", "(delta / 2)")) == ["L20"]
    assert also("return delta @ W.T, X.T @ delta, delta.sum(0) + np.random.rand()") == ["X2"]
    grown = "n = globals().setdefault('n', [0])\nn[0] += 1\nreturn delta @ W.T * n[0] ** 0.5, X.T @ delta, delta.sum(0)"
    assert also(grown) == ["P2", "M10"]


@pytest.mark.parametrize("k, cases", [(0, 0), (3, 3), (4, 4), (8, 8)])
def test_the_case_that_is_shown_is_the_first_that_is_wrong(k, cases):
    """One that is wrong from the k-th of all cases on."""
    planned = plan(TOY, 0)
    calls = make_calls(TOY, {"ramp": lambda g, x: g * (x > 0)}, planned)
    every = calls.again["ramp"] + calls.main["ramp"]
    for outcome in every[k:]:
        outcome.arrays = [outcome.arrays[0] + 100.0]
    if k in (3,):
        return  # the first case, called again: that is chance or memory
    report = judge(TOY, planned, calls)
    assert report.arrays[0].case == cases and report.verdict == "wrong"
    assert report.arrays[0].given[1] == pytest.approx(report.arrays[0].right[1] + 100)


def test_shapes_and_complex_numbers_in_the_report():
    report = check_functions(functions("05_dense", DENSE.format("delta", "delta.sum(axis=1)")), "05_dense")
    assert report.arrays[2].relative_error == 1 and report.arrays[2].worst == []
    assert report.arrays[2].facts[0][0] == "shape" and report.arrays[2].verdict == "shape"
    report = check_functions(functions("05_dense", DENSE.format("delta", "1j * delta.sum(axis=0)")), "05_dense")
    assert report.arrays[2].facts == [("complex", {})] and report.arrays[2].causes == []


@pytest.mark.parametrize(
    "came, wanted, arrays, instead",
    [(None, 1, None, "None"), (3.0, 1, [3.0], ""), ([1, 2], 1, [[1, 2]], ""), (([1, 2],), 1, [[1, 2]], ""),
     ((1, 2), 2, [1, 2], ""), ([1, 2], 2, [1, 2], ""), ((1, 2, 3), 2, None, "3 of 2"), (1, 2, None, "1 of 2"),
     ((1, 2), 1, [[1, 2]], ""), ("text", 1, None, "str"), ([[1], [1, 2]], 1, None, "ragged rows"),
     ({1: 2}, 1, None, "objects"), (True, 1, [1.0], ""), (1 + 0j, 1, [1.0], ""), (1j, 1, [1j], "")],
)  # fmt: skip
def test_what_a_return_is_read_as(came, wanted, arrays, instead):
    outcome = read(came, wanted)
    assert outcome.instead == instead
    if arrays is None:
        assert outcome.arrays is None
    else:
        assert [a.tolist() for a in outcome.arrays] == [np.array(a).tolist() for a in arrays]
        assert all(a.dtype.kind in "ifc" for a in outcome.arrays)


def test_what_is_read_is_a_copy():
    x = np.zeros(3)
    outcome = read(x, 1)
    x[0] = 1
    assert outcome.arrays[0].tolist() == [0, 0, 0]


def test_calls_are_made_as_planned():
    seen = []

    def ramp(g, x):
        seen.append((g.flags.writeable, x.flags.writeable))
        return g * (x > 0)

    planned = plan(TOY, 0)
    calls = make_calls(TOY, {"ramp": ramp}, planned)
    assert [len(calls.again["ramp"]), len(calls.main["ramp"]), len(calls.small["ramp"])] == [4, 5, 2]
    assert list(calls.laws) == ["two"] and len(calls.laws["two"]["ramp"]) == 2 and calls.square == {}
    assert seen == [(False, False)] * 13 and calls.missing == []
    assert make_calls(TOY, {}, planned).missing == ["ramp"]

    def broken(g, x):
        raise ValueError("no")

    calls = make_calls(TOY, {"ramp": broken}, planned)
    assert [len(calls.again["ramp"]), len(calls.main["ramp"]), len(calls.square["ramp"])] == [1, 0, 3]
    assert calls.again["ramp"][0].failure.message == "no" and calls.again["ramp"][0].arrays is None
    calls = make_calls(TOY, {"ramp": lambda g, x: None}, planned)
    assert len(calls.again["ramp"]) == 1 and calls.main["ramp"] == [] and calls.square == {}


def test_a_failure_names_the_last_line_of_the_students_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def f():\n    return g()\n\n\ndef g():\n    return int('x')\n")
    namespace = {}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    try:
        namespace["f"]()
    except ValueError as error:
        found = failure(error, str(path))
    assert (found.kind, found.line, found.text) == ("ValueError", 6, "return int('x')")
    assert "invalid literal" in found.message and found.whole.startswith("Traceback")
    path.write_text("a = 1\nb = (\n")
    try:
        compile(path.read_text(), str(path), "exec")
    except SyntaxError as error:
        found = failure(error, str(path))
    assert (found.kind, found.line, found.text) == ("SyntaxError", 2, "b = (") and "was never closed" in found.message
    try:
        raise KeyError("elsewhere")
    except KeyError as error:
        assert (failure(error, str(path)).line, failure(error, str(path)).text) == (0, "")
        assert failure(error, "").line == 0 or "test_judge" in __file__


def test_as_json_is_plain():
    import json

    for body in (
        RIGHT,
        "return None",
        "return 1 / 0",
        DENSE.format("delta", "delta.sum(0) / 0"),
        "raise NotImplementedError",
    ):
        told = check_functions(functions("05_dense", body), "05_dense").as_json()
        json.dumps(told, allow_nan=False)
        assert Calls().missing == []


# ---- what looks like writing, and is none; what hides it ---------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "g = np.broadcast_to(0.0, W.shape)\ng[0] = 1\n" + RIGHT,
        "np.diagonal(X)[...] = 0\n" + RIGHT,
    ],
)
def test_an_array_of_its_own_that_is_read_only_is_no_argument(body):
    report = check_functions(functions("05_dense", body), "05_dense")
    assert report.verdict == "crashed" and report.causes == [] and not report.square
    assert "sizes are equal" not in str(report)  # there it fails too


def test_an_argument_cannot_be_unlocked():
    body = "X.flags.writeable = True\nkept = X[0, 0]\nX[0, 0] = 1\nX[0, 0] = kept\n" + RIGHT
    assert check_functions(functions("05_dense", body), "05_dense").causes == ["A14"]


def test_a_list_of_one_row_is_no_list_of_one_array():
    body = "return [[d * (1 - a * a) for d, a in zip(*rows)] for rows in zip(dA, A)]"
    planned = plan(find("06_tanh"), 0)
    calls = make_calls(planned.exercise, functions("06_tanh", body), planned)
    assert [outcome.arrays[0].shape for outcome in calls.small["tanh_backward"]] == [(1, 1), (2, 1), (1, 2)]
    assert judge(planned.exercise, planned, calls)


def test_an_overflow_of_pythons_own_exp_is_one_of_the_sigmoid():
    body = "import math\nreturn np.array([1 / (1 + math.exp(-v)) for v in z.ravel()]).reshape(z.shape)"
    report = check_functions(functions("03_sigmoid", {"sigmoid": body}), "03_sigmoid")
    assert report.verdict == "crashed" and report.causes == ["L22"]


def test_nearly_right_is_no_ratio_of_1():
    report = check_functions(functions("05_dense", RIGHT + " * (1 + 1e-7)"), "05_dense")
    (array,) = [array for array in report.arrays if array.verdict != "right"]
    assert [key for key, _ in array.facts] == ["nearly"] and report.causes == [] and "precision" in str(report)


@pytest.mark.parametrize("rounded", ["X", "delta", "W", "X, delta", "X, delta, W"])
def test_arguments_that_were_rounded_to_float32_are_named(rounded):
    body = f"{rounded}, _ = *(a.astype(np.float32).astype(float) for a in ({rounded},)), 0\n" + RIGHT
    report = check_functions(functions("05_dense", body), "05_dense")
    assert report.causes == ["X4"] and report.recognised, rounded


def test_a_time_limit_holds_though_the_first_interrupt_is_swallowed():
    body = "import time\ntry:\n    time.sleep(9)\nexcept BaseException:\n    time.sleep(9)\n" + RIGHT
    report = check_functions(functions("05_dense", body), "05_dense", limit=0.2)
    assert report.verdict == "timeout" and report.seconds < 5


def test_an_argument_that_may_be_moved_is_put_back_though_rounding_shows():
    body = (
        "g = np.zeros(x.shape)\nfor i in np.ndindex(x.shape):\n    x[i] += h\n    plus = f(x)\n    x[i] -= 2 * h\n"
        "    minus = f(x)\n    x[i] += h\n    g[i] = (plus - minus) / (2 * h)\nreturn g"
    )
    for seed in range(3):
        assert check_functions(functions("04_slope", body), "04_slope", seed), seed
    left = body.replace("    x[i] += h\n    g", "    x[i] += h + 1e-9\n    g")
    assert "C3" in check_functions(functions("04_slope", left), "04_slope").causes


def test_the_smallest_case_of_a_trace_is_a_later_step_where_the_first_is_right():
    body = "m = b1 * m + (1 - b1) * g\nv = b2 * v + (1 - b2) * g * g\nt = min(t, 1)\n" + (
        "return w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps) * (1 + 0.1 * (m.sum() > 1e9)), m, v"
    )
    report = check_functions(functions("16_adam", body.replace("min(t, 1)", "t - 0.01 * (t - 1)")), "16_adam")
    assert not report.recognised and report.small["case"].t > 1
    assert set(report.small["sizes"].values()) == {1}


def test_a_ratio_of_one_number_is_no_fact_and_one_everywhere_needs_no_places():
    assert facts(np.array([2.0]), np.array([1.4])) == []
    assert [key for key, _ in facts(np.array([[0.0, 2.0, 4.0]]), np.array([[0.0, 1.0, 2.0]]))] == ["ratio"]


def test_an_overflow_is_l22_only_where_that_is_a_known_slip_and_no_other_error_is():
    body = "import math\nmath.exp(1000)\n" + RIGHT
    report = check_functions(functions("05_dense", body), "05_dense")
    assert report.failure.kind == "OverflowError" and report.causes == []
    report = check_functions(functions("03_sigmoid", {"sigmoid": "return 1 / 0"}), "03_sigmoid")
    assert report.failure.kind == "ZeroDivisionError" and report.causes == []


def test_where_all_sizes_are_equal_the_report_gives_those_sizes():
    report = check_functions(functions("05_dense", RIGHT.replace("W.T", "W")), "05_dense")
    assert report.verdict == "crashed" and report.square and report.sizes == {"N": 4, "D": 4, "H": 4}


def test_facts_of_factors_and_of_numbers_that_are_nearly_right():
    assert facts(np.array([2.0, 4.0]), np.array([1.0, 2.0])) == [("ratio", {"c": 2.0})]
    G = np.array([[1.0, 2.0], [3.0, -4.0]])
    ((key, values),) = facts(G * (1 + 1e-7), G)
    assert key == "nearly" and values["error"] == pytest.approx(0.5e-7, rel=1e-3)
    for rows, dots in ((6, 0), (7, 1)):
        found = dict(facts(np.ones((rows, 2)) * np.arange(2.0, 2 + rows)[:, None], np.ones((rows, 2))))
        assert found["factor_by_row"]["factors"].count("...") == dots
