"""Chapter 1: activations, the unit, Rosenblatt's rule, log loss, logistic regression."""

import pickle
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss as sklearn_log_loss

from perceptron import LogisticNeuron, Perceptron, identity, log_loss, net_sum, relu, sigmoid, step, tanh, three_steps
from perceptron.__main__ import main
from perceptron.data import AND, INPUTS, OR, XOR, two_clouds

SMOOTH = [identity, sigmoid, tanh]
ALL = [step, identity, sigmoid, tanh, relu]
named = {"ids": lambda f: getattr(f, "name", str(f))}


# ---- activations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f, z, a",
    [
        (step, -1e-9, 0),
        (step, 0.0, 1),
        (step, 2.0, 1),
        (identity, -3.5, -3.5),
        (sigmoid, 0.0, 0.5),
        (sigmoid, np.log(3), 0.75),
        (sigmoid, -np.log(3), 0.25),  # 1 / (1 + 1/3) = 3/4
        (tanh, 0.0, 0),
        (tanh, np.log(2), 0.6),  # (2 - 1/2) / (2 + 1/2) = 3/5
        (relu, -2.0, 0),
        (relu, 0.0, 0),
        (relu, 2.0, 2),
    ],
    **named,
)
def test_value_by_hand(f, z, a):
    assert f(np.array([z]))[0] == pytest.approx(a, rel=1e-15)


@pytest.mark.parametrize(
    "f, z, slope",
    [
        (step, 1.0, 0),
        (identity, -4.0, 1),
        (sigmoid, 0.0, 0.25),
        (sigmoid, np.log(3), 3 / 16),  # 3/4 * 1/4
        (tanh, 0.0, 1),
        (tanh, np.log(2), 0.64),  # 1 - 0.6^2
        (relu, -2.0, 0),
        (relu, 0.0, 0),
        (relu, 2.0, 1),
    ],
    **named,
)
def test_slope_by_hand(f, z, slope):
    z = np.array([z])
    assert f.slope(z, f(z))[0] == pytest.approx(slope, rel=1e-15)


@pytest.mark.parametrize("f", ALL, **named)
def test_slope_is_the_complex_step(f):
    z = np.linspace(-8, 8, 41) + 0.05  # no point on a kink
    measured = f(z + 1e-20j).imag / 1e-20
    np.testing.assert_allclose(f.slope(z, f(z)) * np.ones(1), measured, rtol=1e-9, atol=1e-16)
    if f is not tanh:  # 1 - a^2 loses digits near 1
        np.testing.assert_allclose(f.slope(z, f(z)) * np.ones(1), measured, rtol=1e-13)


@pytest.mark.parametrize("f", ALL, **named)
def test_slope_is_the_centred_difference(f):
    z, h = np.linspace(-4, 4, 33) + 0.03, 6e-6
    np.testing.assert_allclose(f.slope(z, f(z)) * np.ones(1), (f(z + h) - f(z - h)) / (2 * h), atol=2e-10)


@pytest.mark.parametrize("f", ALL, **named)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_value_keeps_dtype_and_shape(f, dtype):
    z = np.linspace(-2, 2, 12).astype(dtype).reshape(2, 3, 2)
    assert f(z).dtype == dtype and f(z).shape == z.shape
    assert (f.slope(z, f(z)) * z).dtype == dtype and f.slope(z, f(z)).shape == z.shape


@pytest.mark.parametrize("f", ALL, **named)
@pytest.mark.parametrize("shape", [(1,), (0, 3), (2, 3, 2)], ids=str)
def test_any_shape_will_do(f, shape):
    z = np.ones(shape)
    assert np.shape(f(z)) == shape and np.shape(f.slope(z, f(z))) == shape


def test_relu_of_a_single_number():
    assert relu(np.array(2.0)) == 2 and sigmoid(np.array(0.0)) == 0.5


@pytest.mark.parametrize("f", ALL, **named)
def test_complex_input_of_imaginary_part_zero_gives_the_real_value(f):
    z = np.linspace(-3, 3, 13)  # 0 is among them
    np.testing.assert_allclose(f(z + 0j).real, f(z), rtol=1e-15)
    assert not f(z + 0j).imag.any()


@pytest.mark.parametrize("f", ALL, **named)
def test_activation_and_slope_leave_their_inputs_alone(f, sealed):
    z = np.linspace(-2, 2, 5)
    sealed(z)
    a = np.array(f(z))
    sealed(a)
    f.slope(z, a)  # writing would raise


@pytest.mark.parametrize("f", ALL, **named)
def test_activation_can_be_pickled(f):
    z = np.linspace(-2, 2, 5)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(f))(z), f(z))


@pytest.mark.parametrize(
    "z, a",
    [
        (-745.0, 5e-324),  # the smallest number there is: e^-745 = 4.99e-324
        (-746.0, 0.0),
        (-700.0, 9.859676543759770e-305),  # e^-700
        (-40.0, 4.248354255291589e-18),  # e^-40
        (37.0, 1.0),
        (40.0, 1.0),
        (1e4, 1.0),
        (-1e4, 0.0),
    ],
)
def test_sigmoid_is_exact_in_both_tails(z, a):
    with np.errstate(over="raise", invalid="raise"):
        assert sigmoid(np.array([z]))[0] == pytest.approx(a, rel=1e-15, abs=0)


def test_sigmoid_slope_is_symmetric_to_the_last_digit_even_where_a_rounds_to_one():
    z = np.array([1.0, 20.0, 40.0, 700.0])
    np.testing.assert_array_equal(sigmoid.slope(z, sigmoid(z)), sigmoid.slope(-z, sigmoid(-z)))
    assert sigmoid.slope(np.array([40.0]), np.array([1.0]))[0] == pytest.approx(np.exp(-40), rel=1e-15)


def test_float32_sigmoid_does_not_overflow():
    with np.errstate(over="raise", invalid="raise"):
        a = sigmoid(np.array([-1e30, -88, 0, 88, 1e30], np.float32))
    np.testing.assert_allclose(a, [0, np.exp(-88.0), 0.5, 1, 1], rtol=1e-6)


# ---- the unit ------------------------------------------------------------------------------------------------------


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


# ---- Rosenblatt's rule ---------------------------------------------------------------------------------------------


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


# ---- log loss ------------------------------------------------------------------------------------------------------


def batch(rng, n=7, spread=3.0):
    """Logits over [-3, 3], unbalanced labels of both kinds, unequal weights."""
    z = rng.uniform(-spread, spread, (n, 1))
    y = (np.arange(n)[:, None] % 3 == 0).astype(float)
    return z, y, rng.uniform(0.1, 2, (n, 1))


def test_log_loss_by_hand():
    # z = 0, y = 1: p = 1/2, loss log 2, p - y = -1/2.   z = log 3, y = 0: p = 3/4, loss log 4, p - y = 3/4.  N = 2.
    value, dz = log_loss(np.array([[0.0], [np.log(3)]]), np.array([[1.0], [0]]))
    assert value == pytest.approx((np.log(2) + np.log(4)) / 2, rel=1e-15)
    np.testing.assert_allclose(dz, [[-0.25], [0.375]], rtol=1e-15)


@pytest.mark.parametrize("weighted", [False, True])
def test_log_loss_agrees_with_scikit_learn(rng, weighted):
    z, y, w = batch(rng, 101, spread=12)
    w = w if weighted else None
    theirs = sklearn_log_loss(y[:, 0], sigmoid(z)[:, 0], sample_weight=None if w is None else w[:, 0])
    assert log_loss(z, y, w)[0] == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize(
    "z, y, loss, dz",
    [
        (1e4, 0.0, 1e4, 1.0),
        (-1e4, 1.0, 1e4, -1.0),
        (1e4, 1.0, 0.0, 0.0),
        (-1e4, 0.0, 0.0, 0.0),
        (-40.0, 0.0, np.exp(-40), np.exp(-40)),  # log(1 + e^-40) = e^-40 to 17 digits: 1 + e^-40 would round to 1
        (-745.0, 0.0, 5e-324, 5e-324),
    ],
)
def test_extreme_logits(z, y, loss, dz):
    with np.errstate(over="raise", invalid="raise"):
        value, slope = log_loss(np.array([[z]]), np.array([[y]]))
    assert value == pytest.approx(loss, rel=1e-15, abs=0)
    assert slope[0, 0] == pytest.approx(dz, rel=1e-15, abs=0)


@pytest.mark.parametrize("weighted", [False, True])
def test_log_loss_slope_is_the_complex_step(rng, weighted):
    z, y, w = batch(rng)
    z[0] = 0  # where the formula changes from one branch to the other
    w = w if weighted else None
    dz = log_loss(z, y, w)[1]
    for i in range(len(z)):
        moved = z.astype(complex)
        moved[i] += 1e-20j
        assert log_loss(moved, y, w)[0].imag / 1e-20 == pytest.approx(dz[i, 0], rel=1e-13)


def test_equal_weights_are_no_weights(rng):
    z, y, _ = batch(rng)
    for a, b in zip(log_loss(z, y, np.full_like(z, 3.7)), log_loss(z, y), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)


def test_a_weight_of_two_is_the_example_twice(rng):
    z, y, _ = batch(rng)
    w = np.ones_like(z)
    w[2] = 2
    twice = np.append(np.arange(7), 2)
    assert log_loss(z, y, w)[0] == pytest.approx(log_loss(z[twice], y[twice])[0], rel=1e-14)


@pytest.mark.parametrize("weighted", [False, True])
def test_parts_of_a_batch_add_up_with_n(rng, weighted):
    z, y, w = batch(rng)
    n = w.sum() if weighted else 7
    w = w if weighted else None
    value, dz = log_loss(z, y, w)
    parts = [log_loss(z[s], y[s], None if w is None else w[s], n=n) for s in (slice(0, 3), slice(3, 7))]
    assert sum(v for v, _ in parts) == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(np.vstack([d for _, d in parts]), dz, rtol=1e-14)


def test_a_batch_joined_to_itself_has_the_same_mean_and_half_the_slopes(rng):
    z, y, _ = batch(rng)
    value, dz = log_loss(z, y)
    joined, joined_dz = log_loss(np.vstack([z, z]), np.vstack([y, y]))
    assert joined == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(joined_dz, np.vstack([dz, dz]) / 2, rtol=1e-14)


def test_shuffling_the_labels_alone_changes_the_loss(rng):  # slip L12: (N, N)
    z, y, _ = batch(rng)
    assert abs(log_loss(z, np.roll(y, 1, axis=0))[0] - log_loss(z, y)[0]) > 0.01


def test_shuffling_rows_together_does_not(rng):
    z, y, w = batch(rng)
    order = rng.permutation(7)
    assert log_loss(z[order], y[order], w[order])[0] == pytest.approx(log_loss(z, y, w)[0], rel=1e-14)


def test_float32_logits_keep_float32_slopes(rng):
    z, y, _ = batch(rng)
    value, dz = log_loss(z.astype(np.float32), y)
    assert dz.dtype == np.float32 and value == pytest.approx(log_loss(z, y)[0], rel=1e-6)


def test_log_loss_leaves_its_inputs_alone(rng, sealed):
    z, y, w = batch(rng)
    sealed(z, y, w)
    log_loss(z, y, w)


@pytest.mark.parametrize(
    "z, y, w, n, words",
    [
        ((7, 1), np.ones(7), None, None, r"logits \(7, 1\) and labels \(7,\) must match; labels want y\[:, None\]"),
        ((7, 1), np.ones((6, 1)), None, None, r"labels \(6, 1\) must match"),
        ((7, 1), np.full((7, 1), 0.5), None, None, "labels must be 0 or 1, and one is 0.5"),
        ((7, 1), -np.ones((7, 1)), None, None, r"one is -1.0; for labels -1 and \+1"),
        ((7, 1), np.full((7, 1), np.nan), None, None, "one is nan"),
        ((7, 1), np.ones((7, 1)), np.ones(7), None, r"sample_weight \(7,\); want \(7, 1\), one weight per example"),
        ((7, 1), np.ones((7, 1)), np.zeros((7, 1)), None, "nothing to average: the examples weigh 0.0"),
        ((7, 1), np.ones((7, 1)), None, 0, "nothing to average"),
        ((0, 1), np.ones((0, 1)), None, None, "nothing to average"),
    ],
)
def test_log_loss_refuses_and_says_why(z, y, w, n, words):
    with pytest.raises(ValueError, match=words):
        log_loss(np.zeros(z), y, w, n)


# ---- logistic regression -------------------------------------------------------------------------------------------


def test_logistic_neuron_by_hand():
    # One example x = 2, y = 1, from zero: p = 1/2, dz = -1/2.  lr 1: w = 0 + 1 * 2 * 1/2 = 1, b = 1/2.
    # Then z = 2.5, p = 1/(1 + e^-2.5) = 0.924142, dz = -0.075858: w = 1.151717, b = 0.575858.
    unit = LogisticNeuron(1)
    losses = unit.fit(np.array([[2.0]]), np.array([[1.0]]), lr=1.0, epochs=2)
    assert losses == pytest.approx([np.log(2), np.log1p(np.exp(-2.5))], rel=1e-14)
    assert unit.W[0, 0] == pytest.approx(1.1517164, abs=1e-7) and unit.b[0] == pytest.approx(0.5758582, abs=1e-7)


def test_logistic_neuron_agrees_with_scikit_learn_without_regularisation(rng):
    X, y = two_clouds(60, 2.0, rng)
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(X, y[:, 0])
    ours = LogisticNeuron(2)
    ours.fit(X, y, lr=1.0, epochs=3000)
    np.testing.assert_allclose(ours.W[:, 0], theirs.coef_[0], rtol=1e-4)
    np.testing.assert_allclose(ours.b, theirs.intercept_, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(ours.predict(X)[:, 0], theirs.predict_proba(X)[:, 1], atol=1e-4)


def test_logistic_losses_fall_and_stop_at_the_tolerance():
    unit = LogisticNeuron(2)
    losses = unit.fit(INPUTS, AND, lr=1.0, epochs=2000, tolerance=0.1)
    assert losses[-1] <= 0.1 < losses[-2] and (np.diff(losses) < 0).all() and losses[0] == pytest.approx(np.log(2))
    assert log_loss(unit.net_sum(INPUTS), AND)[0] == losses[-1]  # no step after the last loss


def test_two_clouds_are_as_far_apart_as_asked(rng):
    X, y = two_clouds(20_000, 5.0, rng)
    assert X.shape == (40_000, 2) and y.shape == (40_000, 1) and y.mean() == 0.5
    centres = X[y[:, 0] == 1].mean(axis=0) - X[y[:, 0] == 0].mean(axis=0)
    np.testing.assert_allclose(centres, 5 / np.sqrt(2), atol=0.05)  # along the diagonal
    np.testing.assert_allclose(X[y[:, 0] == 0].std(axis=0), 1, atol=0.02)


# ---- python -m perceptron ------------------------------------------------------------------------------------------


def test_the_command_tells_the_story(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    lines = {line.split(":")[0].strip(): line for line in out.splitlines() if "mistakes in each epoch" in line}
    assert "clean in epoch" in lines["AND"] and "clean in epoch" in lines["OR"]
    assert "still wrong after 100 epochs" in lines["XOR"] and lines["XOR"].split("   ")[0].endswith("...")
    for part in ("1 inputs", "2 weights and bias", "3 net sum", "4 activation", "sigmoid(z)"):
        assert part in out
    rows = [line.split() for line in out.splitlines() if line.startswith("   0 ") or line.startswith("   1 ")]
    assert [row[2] for row in rows] == ["0", "0", "0", "1"]  # AND's desired outputs
    assert [float(row[4]) > 0.5 for row in rows] == [False, False, False, True]


def test_the_drawing_adds_up(capsys):
    main([])
    out = capsys.readouterr().out
    products = [float(x) for x in re.findall(r"\* w\d = +\S+ +=\s+(\S+)", out)]
    bias, z = float(re.search(r"\+ b  = +(\S+)", out)[1]), float(re.search(r"z = +(\S+) -->", out)[1])
    assert len(products) == 2 and z == pytest.approx(sum(products) + bias)
    assert f"step(z) = {z >= 0:d}" in out


@pytest.mark.parametrize("options", [["--epochs", "0"], ["--epochs", "many"], ["--no-such-option"]])
def test_a_wrong_call_exits_with_2_and_a_line(options, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(options)
    assert stopped.value.code == 2
    assert "python -m perceptron: error:" in capsys.readouterr().err


def test_it_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "perceptron", "--epochs", "20"], capture_output=True, text=True)
    assert done.returncode == 0 and "still wrong after 20 epochs" in done.stdout and not done.stderr
