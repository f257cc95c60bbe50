"""The neuron: its three steps, Rosenblatt's rule by hand, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perceptron import LogisticNeuron, Perceptron, net_sum, relu, three_steps
from perceptron.data import AND, INPUTS, OR, XOR
from perceptron.neuron import labels_code, numbers
from tests.perceptron.builders import ALL, named


@pytest.mark.parametrize("f", ALL, **named)
def test_three_steps_is_net_sum_and_activation_for_each_row(f, rng):
    X, W, b = rng.normal(size=(7, 5)), rng.normal(size=(5, 1)), rng.normal(size=1)
    for x, z in zip(X, net_sum(X, W, b), strict=True):
        products, z_slow, a = three_steps(x, W, b, f)
        np.testing.assert_array_equal(products, x * W[:, 0])
        np.testing.assert_allclose(z_slow, z, rtol=1e-14)
        np.testing.assert_allclose(a, f(z), rtol=1e-13)


def test_three_steps_by_hand():
    # products 2*3 = 6 and -1*4 = -4; net sum 6 - 4 + 0.5 = 2.5; relu(2.5) = 2.5
    products, z, a = three_steps(np.array([2.0, -1.0]), np.array([[3.0], [4.0]]), np.array([0.5]), relu)
    assert products.tolist() == [6, -4] and z.tolist() == [2.5] and a.tolist() == [2.5]


def test_net_sum_by_hand():
    # rows (1, 2), (3, 4); columns (1, -1), (10, 0); b = (0.5, -1):  1-2+.5 = -.5, 10-1 = 9;  3-4+.5 = -.5, 30-1 = 29
    Z = net_sum(np.array([[1.0, 2], [3, 4]]), np.array([[1.0, 10], [-1, 0]]), np.array([0.5, -1]))
    assert Z.tolist() == [[-0.5, 9], [-0.5, 29]]


def test_net_sum_leaves_its_inputs_alone(rng, sealed):
    X, W, b = rng.normal(size=(7, 5)), rng.normal(size=(5, 3)), rng.normal(size=3)
    sealed(X, W, b)
    net_sum(X, W, b)


@pytest.mark.parametrize("X", [np.ones(5), np.ones((7, 4)), np.ones((2, 7, 5))], ids=["one row", "too narrow", "3-D"])
def test_net_sum_refuses_what_does_not_fit(X):
    with pytest.raises(ValueError, match=r"does not fit W \(5, 3\); want X \(N, 5\)"):
        net_sum(X, np.ones((5, 3)), np.ones(3))


def test_two_mistakes_by_hand():
    # W = (0, 0), b = 0.  x = (1, 2), y = 0: z = 0, step says 1, error +1: W = (-1, -2), b = -1.
    # x = (3, -1), y = 1: z = -3 + 2 - 1 = -2, step says 0, error -1: W = (-1 + 3, -2 - 1) = (2, -3), b = 0.
    unit = Perceptron(2)
    assert unit.fit(np.array([[1.0, 2], [3, -1]]), np.array([[0.0], [1]]), epochs=1) == [2]
    assert unit.W.tolist() == [[2], [-3]] and unit.b.tolist() == [0]


def test_learning_rate_scales_the_two_steps():
    # as above with lr = 0.5: (-0.5, -1), b -0.5; z = -1.5 + 1 - 0.5 = -1 -> 0, so (-0.5 + 1.5, -1 - 0.5) = (1, -1.5)
    X, y, once, twice = np.array([[1.0, 2], [3, -1]]), np.array([[0.0], [1]]), Perceptron(2), Perceptron(2)
    once.fit(X[:1], y[:1], lr=0.5, epochs=1)
    twice.fit(X, y, lr=0.5, epochs=1)
    assert once.W.tolist() == [[-0.5], [-1]] and once.b.tolist() == [-0.5]
    assert twice.W.tolist() == [[1], [-1.5]] and twice.b.tolist() == [0]


@pytest.mark.parametrize("y", [AND, OR], ids=["AND", "OR"])
def test_learns_and_or_and_stops_at_the_first_clean_epoch(y):
    unit = Perceptron(2)
    mistakes = unit.fit(INPUTS, y)
    assert mistakes[-1] == 0 and 0 not in mistakes[:-1] and 1 < len(mistakes) < 20
    np.testing.assert_array_equal(unit.predict(INPUTS), y)


def test_a_clean_epoch_changes_nothing():
    unit = Perceptron(2)
    unit.fit(INPUTS, AND)
    W, b = unit.W.copy(), unit.b.copy()
    assert unit.fit(INPUTS, AND) == [0]
    assert (unit.W == W).all() and (unit.b == b).all()


def test_xor_never_settles():
    mistakes = Perceptron(2).fit(INPUTS, XOR, epochs=300)
    assert len(mistakes) == 300 and min(mistakes) > 0


def test_a_hundred_epochs_unless_told_otherwise():
    assert len(Perceptron(2).fit(INPUTS, XOR)) == 100


def test_numbers_keep_their_kind():
    kept = np.arange(3, dtype=np.float32)
    assert numbers("f", "X", kept) is kept
    assert numbers("f", "X", [[1j, 2]]).dtype == complex and numbers("f", "X", [1, 2]).dtype.kind == "i"
    assert numbers("f", "X", ["1.5", "2"]).dtype == np.float64  # numbers written as words


def test_the_bias_is_learned_too():  # slip Q1
    X = INPUTS - 1  # (1, 1) becomes (0, 0): only a bias can say yes there and no elsewhere
    unit = Perceptron(2)
    unit.fit(X, 1 - AND)  # NAND: no at (0, 0), so b < 0
    assert unit.b[0] < 0
    assert (unit.predict(X) == 1 - AND).all()
    unit.b[...] = 0
    assert (unit.predict(X) != 1 - AND).any()


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32 - 1), gap=st.floats(2, 6), dimensions=st.integers(1, 4), n=st.integers(2, 30))
def test_novikoff_bounds_the_mistakes_on_separable_clouds(seed, gap, dimensions, n):
    # With the bias as the weight of a constant 1: if some unit vector u has s_n u.x_n >= gamma for all n and every
    # |x_n| <= R, there are at most (R / gamma)^2 mistakes.
    rng = np.random.default_rng(seed)
    y = np.concatenate([[0, 1], rng.integers(0, 2, n)])[:, None].astype(float)
    direction = rng.normal(size=dimensions)
    direction /= np.linalg.norm(direction)
    X = rng.normal(size=(len(y), dimensions))
    X += direction * ((2 * y - 1) * (gap / 2 + rng.random(y.shape)) - X @ direction[:, None])  # apart by > gap
    R = np.linalg.norm(np.hstack([X, np.ones_like(y)]), axis=1).max()
    gamma = ((2 * y - 1) * (X @ direction[:, None])).min()
    bound = (R / gamma) ** 2
    mistakes = Perceptron(dimensions).fit(X, y, epochs=int(bound) + 2)
    assert mistakes[-1] == 0
    assert sum(mistakes) <= bound + 1e-9


@pytest.mark.parametrize("learner", [Perceptron, LogisticNeuron])
@pytest.mark.parametrize(
    "X, y, options, words",
    [
        (INPUTS, AND[:, 0], {}, r"labels \(4,\); want \(4, 1\).*y\[:, None\]"),
        (INPUTS, AND[:3], {}, r"labels \(3, 1\); want \(4, 1\)"),
        (INPUTS, 2 * AND - 1, {}, r"0 or 1, and one is -1.0; for labels -1 and \+1 use \(y \+ 1\) / 2"),
        ([[0, 1], [1]], AND, {}, "X of list: .*; want numbers, rows of one length$"),
        (INPUTS, [["no"], ["no"], ["no"], ["yes"]], {}, r"labels of list: .*'no'.*; want .*np.asarray\(y\) == word"),
        (INPUTS, AND * np.nan, {}, "0 or 1, and one is nan"),
        (INPUTS[0], AND, {}, r"X \(2,\); want \(N, D\)"),
        (INPUTS[:0], AND[:0], {}, "at least one row"),
        (np.where(INPUTS == 1, np.nan, 0), AND, {}, "NaN or infinite numbers, first in row 1"),
        (INPUTS + np.inf, AND, {}, "NaN or infinite numbers, first in row 0"),
        (INPUTS, AND, {"epochs": 0}, "epochs 0; want at least 1"),
        (np.ones((4, 3)), AND, {}, r"X \(\d, 3\) does not fit W \(2, 1\)"),
    ],
)
def test_fit_refuses_and_says_why(learner, X, y, options, words):
    with pytest.raises(ValueError, match=words):
        learner(2).fit(X, y, **options)


@pytest.mark.parametrize("learner", [Perceptron, LogisticNeuron])
def test_fit_leaves_its_data_alone(learner, sealed):
    X, y = INPUTS.copy(), AND.copy()
    sealed(X, y)
    learner(2).fit(X, y, epochs=5)


@pytest.mark.parametrize("learner", [Perceptron, LogisticNeuron])
def test_fit_refuses_a_learning_rate_that_climbs(learner):
    with pytest.raises(ValueError, match="lr"):
        learner(2).fit(INPUTS, AND, lr=-1.0, epochs=2)
    with pytest.raises(ValueError, match="lr"):
        learner(2).fit(INPUTS, AND, lr=0.0, epochs=2)
    with pytest.raises(ValueError, match="NaN or infinite numbers, first in row 2"):
        learner(2).fit(np.where(np.arange(4)[:, None] == [9, 2], np.nan, INPUTS), AND, epochs=2)


@pytest.mark.parametrize(
    "y, columns, wanted",
    [
        (np.array([1, 0, 1]), 1, [[1], [0], [1]]),
        ([1, 0, 1], 1, [[1], [0], [1]]),
        (np.array([2, 0]), 3, [[0, 0, 1], [1, 0, 0]]),
        (np.array([[2], [0]]), 3, [[0, 0, 1], [1, 0, 0]]),
        (np.array([2.0, 0.0]), 3, [[0, 0, 1], [1, 0, 0]]),
        (np.array([[2.0], [0.0]]), 3, [[0, 0, 1], [1, 0, 0]]),
        ([[2], [0]], 3, [[0, 0, 1], [1, 0, 0]]),
        (np.eye(3), 3, None),
        (np.zeros((2, 2)), 1, None),
        (np.array(["a", "b"]), 3, None),
        (np.zeros((2, 3, 1)), 3, None),
    ],
    ids=str,
)
def test_the_code_that_an_error_offers_makes_the_labels_wanted(y, columns, wanted):
    code = labels_code(y, columns)
    assert (code == "") is (wanted is None)
    if wanted is not None:
        assert eval(code, {"np": np, "y": y}).tolist() == wanted
