"""The diagnosis by itself: what is the same, what is a factor, which explanation is chosen, what is a fact."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from widedeep.exercises.catalog import find
from widedeep.exercises.counterfactuals import (
    Explanation,
    Known,
    all_same,
    choose,
    explain,
    free_factor,
    one_factor,
    ratios,
    same,
    several_factors,
    tried,
    unique,
)
from widedeep.exercises.exercise import Exercise, Function, Slip, slope
from widedeep.exercises.facts import apart, facts, relative_error

A = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])


# ---- the same numbers? ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "a, b, wanted",
    [
        (A, A, True),
        (A, A * (1 + 9e-7), True),
        (A, A * (1 + 2e-6), False),
        (A, -A, False),
        (A, A.T, False),
        (A, A[0], False),
        (np.array([1.0, 1e-9]), np.array([1.0, 0.0]), True),  # below 1e-3 of the largest, differences are of that
        (np.array([1.0, 1e-8]), np.array([1.0, 0.0]), False),
        (np.array([1.0, 1e-2]), np.array([1.0, 1.00001e-2]), False),
        (np.array([np.nan, 1.0]), np.array([np.nan, 1.0]), True),
        (np.array([np.nan, 1.0]), np.array([np.nan, 2.0]), False),
        (np.array([np.nan, 1.0]), np.array([0.0, 1.0]), False),
        (np.array([np.inf, 1.0]), np.array([np.inf, 1.0]), True),
        (np.array([np.inf, 1.0]), np.array([-np.inf, 1.0]), False),
        (np.array([np.inf, 1.0]), np.array([np.nan, 1.0]), False),
        (np.zeros(3), np.zeros(3), True),
        (np.zeros((0, 3)), np.zeros((0, 3)), True),
    ],
)
def test_same(a, b, wanted):
    assert same(a, b) is wanted and same(b, a) is wanted


def test_same_where_it_counts():
    use = np.array([[True, False, True], [True, True, True]])
    b = A.copy()
    b[0, 1] = 99
    assert same(A, b, use) and not same(A, b) and not same(A, b, ~use)
    assert not same(A, b[:1], use[:1])  # shapes first
    assert same(A[0], A[0], use)  # a mask of another shape is not asked
    assert same(A, A + 1e-4, near=1e-3) and not same(A, A + 1e-4)


def test_all_same_wants_every_case():
    none = [None, None]
    assert all_same([A, A], [A, A.copy()], none)
    assert not all_same([A, A], [A, -A], none) and not all_same([A, A], [-A, A], none)
    assert not all_same([A, A], [A], none)


# ---- factors --------------------------------------------------------------------------------------------------------

TOY = Exercise(
    "05_toy", [Function("f", "x", "y w")], {"N": 3}, lambda rng, s: SimpleNamespace(x=rng.normal(size=(s.N, 2))),
    rule=lambda c, up=False, shift=False, other=False: {
        "y": c.x * (2 if up else 1) + (5 if shift else 0), "w": np.cumsum(c.x, axis=0) + (3 if other else 0)},
    slips=[
        Slip("K1", "y", lambda c: c.x**2),
        Slip("K2", "y", lambda c: c.x.T),
        Slip("K3", "", lambda c: {"y": c.x + 1, "w": np.cumsum(c.x, axis=0) + 1}),
        Slip("K3", "w", lambda c: c.x + 7),
        Slip("K4", "y", lambda c: c.x[:, :99] / (c.N > 10_000 or 1)),  # is right: no candidate
        Slip("K5", "y", lambda c: c.x @ c.x),  # cannot be made
        Slip("K6", "y", lambda c: c.x[9999]),  # nor this
        *[Slip(f"R{k}", "", lambda c, s=s: TOY.rule(c, **s), s)
          for k, s in enumerate([{"up": True}, {"shift": True}, {"other": True}])],
    ],
    stub="", answers=(), reads="",
    factors={"-1": ("F1", lambda c: -1), "1/N": ("F2", lambda c: 1 / c.N), "2": ("F3", lambda c: 2)},
)  # fmt: skip


@pytest.fixture
def toy():
    known = Known(TOY, TOY.cases(0))
    return SimpleNamespace(cases=known.cases, right=known.right, use=[None] * len(known.cases), known=known)


def explained(toy, make, name="y"):
    return explain(toy.known, name, [np.asarray(make(c)) for c in toy.cases])


def test_ratios():
    none = [None, None]
    assert ratios([2 * A, 3 * A], [A, A], none) == pytest.approx([2, 3])
    assert ratios([2 * A, A + 1], [A, A], none) is None
    assert ratios([A, A.T], [A, A], none) is None
    assert ratios([np.full(3, np.nan)], [np.ones(3)], [None]) is None
    assert ratios([np.ones(3)], [np.full(3, np.inf)], [None]) is None
    assert ratios([np.ones(3)], [np.zeros(3)], [None]) is None
    assert ratios([np.zeros(3)], [np.ones(3)], [None]) is None
    assert ratios([np.zeros(3)], [np.zeros(3)], [None]) is None  # nothing is known of c
    found = ratios([np.zeros(3), 2 * A], [np.zeros(3), A], none)
    assert np.isnan(found[0]) and found[1] == pytest.approx(2)
    use = [np.array([True, True, False])]
    assert ratios([np.array([2.0, 4, 9])], [np.array([1.0, 2, 3])], use) == pytest.approx([2])


def test_factors_are_those_of_every_case(toy):
    G = [r["y"] for r in toy.right]
    assert {c.N for c in toy.cases} != {3}
    for make, wanted in [(lambda g, c: -g, ["-1"]), (lambda g, c: g / c.N, ["1/N"]), (lambda g, c: g / 3, []),
                         (lambda g, c: g * 2, ["2"]), (lambda g, c: g * 2.001, []), (lambda g, c: g, [])]:  # fmt: skip
        assert one_factor(TOY, [make(g, c) for g, c in zip(G, toy.cases)], G, toy.cases, toy.use) == wanted
    both = [-g / c.N for g, c in zip(G, toy.cases)]
    assert several_factors(TOY, both, G, toy.cases, toy.use) == [("-1", "1/N")]
    assert several_factors(TOY, [4 * g for g in G], G, toy.cases, toy.use) == [("2", "2")]
    assert several_factors(TOY, [-8 * g for g in G], G, toy.cases, toy.use) == []  # four
    three = [-2 * g / case.N for g, case in zip(G, toy.cases)]
    assert several_factors(TOY, three, G, toy.cases, toy.use) == [("-1", "1/N", "2")]
    assert several_factors(TOY, [g + 1 for g in G], G, toy.cases, toy.use) == []
    assert several_factors(TOY, G, G, toy.cases, toy.use) == []  # -1 x -1 is no mistake
    assert free_factor([1.37 * g for g in G], G, toy.use) == pytest.approx(1.37)
    assert free_factor([c.N * g for g, c in zip(G, toy.cases)], G, toy.use) is None
    assert free_factor([1.00001 * g for g in G], G, toy.use) is None  # near, but no factor
    assert free_factor([1.02 * g for g in G], G, toy.use) == pytest.approx(1.02)
    assert free_factor([1.37 * g for g in G[:2]], G[:2], toy.use[:2]) is None  # too few to tell
    assert free_factor([1.37 * g for g in G[:3]], G[:3], toy.use[:3]) == pytest.approx(1.37)


# ---- explanations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make, wanted",
    [
        (lambda c: c.x**2, [("K1",)]),
        (lambda c: c.x.T, [("K2",), ("S4",)]),
        (lambda c: c.x + 1, [("K3",)]),
        (lambda c: 2 * c.x, [("R0",), ("F3",)]),
        (lambda c: c.x + 5, [("R1",)]),
        (lambda c: 2 * c.x + 5, [("R0", "R1")]),
        (lambda c: -(c.x**2), [("K1", "F1")]),
        (lambda c: (c.x + 1) / c.N, [("K3", "F2")]),
        (lambda c: -c.x / c.N, [("F1", "F2")]),
        (lambda c: 1.37 * c.x**2, [("K1", "F1")]),
        (lambda c: np.cumsum(c.x, axis=0), [("S3",)]),
        (lambda c: c.x[None], [("S5",)]),
        (lambda c: c.x[..., None], [("S5",)]),
        (lambda c: c.x.ravel(), [("S5",)]),
        (lambda c: c.x.sum(), [("S6",)]),
        (lambda c: c.x.mean(), [("S6",)]),
        (lambda c: 0 * c.x, [("Z1",)]),
        (lambda c: np.rint(c.x), [("O6",)]),
        (lambda c: np.trunc(c.x), [("O6",)]),
        (lambda c: 1.37 * c.x, []),
        (lambda c: c.x**3, []),
        (lambda c: c.x / 3, []),
        (lambda c: np.where(np.arange(len(c.x))[:, None] == 1, 0, c.x), []),
    ],
)
def test_an_array_is_explained(toy, make, wanted):
    assert [e.causes for e in explained(toy, make)] == wanted


def test_each_array_has_its_own_candidates(toy):
    assert [e.causes for e in explained(toy, lambda c: np.cumsum(c.x, axis=0) + 1, "w")] == [("K3",)]
    assert [e.causes for e in explained(toy, lambda c: c.x + 7, "w")] == [("K3",)]
    assert [e.causes for e in explained(toy, lambda c: np.cumsum(c.x, axis=0) + 3, "w")] == [("R2",)]
    assert explained(toy, lambda c: c.x**2, "w") == []
    assert explained(toy, lambda c: c.x + 7) == []


def test_a_factor_says_which(toy):
    assert explained(toy, lambda c: 2 * c.x)[-1].factor == "2"
    assert explained(toy, lambda c: -(c.x**2))[0].factor == "-1"
    assert explained(toy, lambda c: 1.37 * c.x**2)[0].factor == "1.37"
    assert explained(toy, lambda c: -c.x / c.N)[0].factor == "-1 x 1/N"


def test_a_slip_that_cannot_be_made_is_no_candidate(toy):
    assert tried(lambda c: c.x @ c.x, "", toy.cases) is None
    assert tried(lambda c: {"w": c.x}, "y", toy.cases) is None
    assert tried(lambda c: c.x, "y", toy.cases) is None
    assert tried(lambda c: [1, 2], "", toy.cases)[0].dtype == float


def test_unique_keeps_the_first_of_the_same_causes():
    one, two = Explanation(("A", "B"), "x"), Explanation(("B", "A"), "y")
    assert unique([one, two, Explanation(("C",))]) == [one, Explanation(("C",))]
    assert unique([one, Explanation(("C",)), two]) == [one, Explanation(("C",))]


def test_an_array_without_a_number_is_no_slip(toy):
    """Two arrays of NaN alone are equal, whatever made them: a root of a negative number, or 0 / 0."""
    known = Known(replace(TOY, slips=[Slip("K9", "y", lambda c: np.log(-1 - c.x**2))]), toy.cases)
    assert [c.causes for c in known.candidates("y")][0] == ("K9",)
    assert explain(known, "y", [np.full_like(c.x, np.nan) for c in toy.cases]) == []


def test_the_cause_that_explains_most_arrays_comes_first():
    b = [Explanation(("D1",)), Explanation(("D6",))]
    chosen, also = choose({"dW": [Explanation(("D6",))], "db": b})
    assert [chosen[name].causes for name in ("dW", "db")] == [("D6",), ("D6",)] and also == ["D1"]
    chosen, also = choose({"db": b})
    assert chosen["db"].causes == ("D1",) and also == ["D6"]
    chosen, also = choose({"db": [], "dW": [Explanation(("O3.a", "F1"))]})
    assert list(chosen) == ["dW"] and also == []
    assert choose({"a": [Explanation(("O3.a",)), Explanation(("O3.b",))]})[1] == []  # variants of one id


def test_what_is_known_of_some_cases(toy):
    assert [c.causes[0] for c in toy.known.candidates("y")] == [
        "K1", "K2", "K3", "R0", "R1", "S3", "S4", "S5", "S5", "S5", "S6", "S6", "Z1", "O6", "O6"]  # fmt: skip
    assert [c.causes[0] for c in toy.known.candidates("w")][:3] == ["K3", "K3", "R2"]
    assert toy.known.candidates("y") is toy.known.candidates("y")
    assert toy.known.use("y") == [None] * 5 and len(toy.known.values("w")) == 5


def test_a_pair_must_fit_every_case_and_do_more_than_either(toy):
    last = len(toy.cases) - 1
    mixed = [2 * c.x + 5 if k == last else c.x**3 for k, c in enumerate(toy.cases)]
    assert explain(toy.known, "y", mixed) == []
    mixed = [2 * c.x + 5 if k != last else c.x**3 for k, c in enumerate(toy.cases)]
    assert explain(toy.known, "y", mixed) == []
    assert [e.causes for e in explained(toy, lambda c: np.cumsum(c.x, axis=0) + 3, "w")] == [("R2",)]


# ---- facts ----------------------------------------------------------------------------------------------------------


def keys(a, g=A):
    return [key for key, _ in facts(np.asarray(a, float), g)]


@pytest.mark.parametrize("a, g, wanted", [
    (np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([[1.0, 2.0], [3.0, 4.0]]), ["constant", "rows_equal", "some"]),
    (np.array([7.0, 7.0]), np.array([1.0, 2.0]), ["constant"]),
    (np.array([7.0, 7.5]), np.array([1.0, 2.0]), []),
    (np.array([[7.0, 8.0], [9.0, 8.0]]), np.array([[1.0, 2.0], [3.0, 5.0]]), []),
    (np.array([[0.02, 0.06], [0.05, 0.2]]), np.array([[0.01, 0.03], [0.01, 0.04]]), ["factor_by_row"]),
    (np.array([1.0, 2.0]), np.array([0.0, 0.0]), ["not_zeros"]),
    (np.array([3.0]), np.array([2.0]), []),
    (np.array([3.0]), np.array([0.0]), ["not_zeros"]),
    (np.array([2.0, 1.0]), np.array([1.0, 2.0]), ["permuted"]),
    (np.array([[1.0, -2.0]]), np.array([[1.0, 2.0]]), ["signs", "some"]),
    (np.array([[2.0, 6.0], [5.0, 20.0]]), np.array([[1.0, 3.0], [1.0, 4.0]]), ["factor_by_row"]),
    (np.array([[2.0, 12.0], [2.0, 16.0]]), np.array([[1.0, 3.0], [1.0, 4.0]]), ["factor_by_column"]),
    (np.array([[0.0, 1.0], [2.0, 0.0]]), np.array([[3.0, 1.0], [2.0, 4.0]]), ["zeros", "some"]),
    (np.array([[3.0, 1.0], [2.0, 4.0]]), np.array([[0.0, 1.0], [2.0, 0.0]]), ["not_zeros", "some"]),
])  # fmt: skip
def test_which_facts(a, g, wanted):
    assert keys(a, g) == wanted


def test_facts_of_values():
    assert facts(2 * A, A) == [("ratio", {"c": pytest.approx(2)})]
    assert facts(-A / 7, A) == [("ratio", {"c": pytest.approx(-1 / 7)})]
    assert keys(0 * A) == ["zero"]
    assert facts(np.full_like(A, 3), A)[0] == ("constant", {"value": 3.0})
    assert "permuted" in keys(A.reshape(3, 2).T) and "permuted" not in keys(A + 1)
    assert facts(np.abs(A), A)[0] == ("signs", {"n": 2, "size": 6})
    assert "rows_equal" in keys(np.tile(A[0], (2, 1))) and "rows_equal" not in keys(A + 1)
    assert facts(A * [[2], [3]], A)[0] == ("factor_by_row", {"factors": [2, 3]})
    thirds = np.ones((8, 2)) * (np.arange(1, 9) / 3)[:, None]
    assert dict(facts(thirds, np.ones((8, 2))))["factor_by_row"] == {
        "factors": [0.3333, 0.6667, 1.0, 1.3333, 1.6667, 2.0, "..."]}  # fmt: skip
    assert facts(A * [2, 3, 4], A)[0] == ("factor_by_column", {"factors": [2, 3, 4]})
    z = A.copy()
    z[0, 1] = 0
    assert ("zeros", {"n": 1, "size": 6}) in facts(z, A) and ("not_zeros", {"n": 1}) in facts(A, z)


def test_facts_of_places():
    b = A.copy()
    b[1, 2] += 1
    found = dict(facts(b, A))
    assert found["some"] == {"n": 1, "size": 6} and found["rows"] == {"which": "1"}
    assert found["columns"] == {"which": "2"}
    assert not {"some", "rows", "columns"} & set(keys(A + 1))
    c = A.copy()
    c[:, 0] += 1
    assert "rows" not in dict(facts(c, A)) and dict(facts(c, A))["columns"] == {"which": "0"}
    assert keys(np.array([1.0, 5.0]), np.array([1.0, 2.0])) == ["some"]
    many = np.ones((12, 2))
    many[:9] = 2 + np.arange(18).reshape(9, 2)
    assert dict(facts(many, np.ones((12, 2))))["rows"] == {"which": "0, 1, 2, 3, 4, 5, 6, 7"}


def test_facts_of_shape_and_of_numbers_that_are_none():
    assert facts(A.T, A)[0] == ("shape", {"came": [3, 2], "want": [2, 3]})
    assert keys(A.T) == ["shape", "numbers_right"] and keys(A[0]) == ["shape"] and keys(3.0) == ["shape"]
    assert keys(np.stack([A, A]), 2 * A) == ["shape", "not_summed"]
    assert keys(np.stack([A, -A]), 2 * A) == ["shape"]
    b = A.copy()
    b[1, 0] = np.nan
    b[1, 1] = np.inf
    assert facts(b, A) == [("not_finite", {"n": 2, "size": 6, "at": [1, 0]})]


def test_apart_is_relative_and_knows_a_floor():
    g = np.array([1.0, 1e-12, 0.0, 2.0])
    a = np.array([1.5, 2e-12, 0.0, np.nan])
    assert apart(a, g) == pytest.approx([0.5 / 1.5, 1e-12 / 2e-8, 0, np.inf])
    assert apart(np.array([0.0]), np.array([0.0])) == 0 and apart(np.array([1e-9]), np.array([0.0])) == pytest.approx(1)
    assert relative_error(A, A) == 0 and relative_error(A, -A) == 1 and relative_error(3 * A, A) == pytest.approx(0.5)
    assert relative_error(np.zeros(2), np.zeros(2)) == 0 and relative_error(np.array([np.nan]), np.ones(1)) == np.inf


# ---- exercises ------------------------------------------------------------------------------------------------------


def test_the_slope_is_the_measured_one():
    c = SimpleNamespace(x=np.array([[0.5, -1.0]]), y=np.array([2.0, 3.0]))
    found = slope(lambda c: (np.exp(c.x) * c.y).sum(), c, "x")
    assert np.allclose(found, np.exp(c.x) * c.y, rtol=1e-15) and c.x.dtype == float


def test_probes_have_distinct_prime_sizes_and_other_seeds_other_numbers():
    exercise = find("05_dense")
    cases = exercise.cases(3)
    assert (cases[0].N, cases[0].D, cases[0].H) == (7, 5, 3) and len(cases) == 5
    for case in cases:
        sizes = (case.N, case.D, case.H)
        assert len(set(sizes)) == 3 and set(sizes) <= {3, 5, 7, 11, 13}
        assert case.X.shape == (case.N, case.D)
    assert len({(c.N, c.D, c.H) for c in cases}) > 2
    assert not np.array_equal(exercise.cases(4)[0].X, cases[0].X)
    assert np.array_equal(exercise.cases(3)[0].X, cases[0].X)
    small = exercise.small_cases(0)
    assert [(c.N, c.D, c.H) for c in small] == [(1, 1, 1), (2, 1, 1), (1, 2, 1), (1, 1, 2)]
    assert [(c.N, c.D, c.H) for c in exercise.square_cases(0)] == [(4, 4, 4), (6, 6, 6), (5, 5, 5)]
