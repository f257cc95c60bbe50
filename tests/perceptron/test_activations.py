"""Activations: values and slopes by hand, against the complex step, and exact in both tails."""

import pickle

import numpy as np
import pytest

from perceptron import identity, relu, sigmoid, step, tanh
from tests.perceptron.builders import ALL, named


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


@pytest.mark.parametrize("f, low, high", [(step, 0, 1), (sigmoid, 0, 1), (tanh, -1, 1), (relu, 0, np.inf)], **named)
def test_infinite_net_sums_have_their_limits(f, low, high):
    assert f(np.array([-np.inf, np.inf])).tolist() == [low, high]


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
