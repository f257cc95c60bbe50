"""A row of weight 2 is a row that stands twice; and what a factor does to losses, gradients, steps and decisions."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from mlp import log_loss, softmax_cross_entropy, squared_error
from mlp.optimizers import SGD, AdaGrad, Adam, Momentum
from perceptron import Perceptron, net_sum
from tests.properties.strategies import cases, dense, gradients, networks, seeds
from widedeep import FTRL

factors = st.integers(-20, 20).map(lambda k: 2.0**k)  # powers of two: no digit changes, so that equal is equal
times_of = st.lists(st.integers(0, 3), min_size=9, max_size=9)


def close(got, want):
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12 * (1 + np.abs(want).max(initial=0)))


@given(cases(), times_of)
def test_a_weight_is_so_many_rows_to_every_head_and_tower(case, times):
    times = np.array(times[: len(case.batch)])
    assume(times.any())
    repeated = case.batch[np.repeat(np.arange(len(times)), times)]
    value, grads = gradients(case.model, case.batch, case.loss, times[:, None] * 1.0)
    want, others = gradients(case.model, repeated, case.loss)
    close(value, want)
    for name in grads:
        close(grads[name], others[name])


@given(networks(), times_of)
def test_a_weight_is_so_many_rows_to_a_network(case, times):
    times = np.array(times[: len(case.X)])
    assume(times.any())
    ends = []
    for X, y, weight in (
        (case.X, case.y, (times[:, None] * 1.0,)),
        (case.X.repeat(times, 0), case.y.repeat(times, 0), ()),
    ):
        z, caches = case.net.forward(X)
        value, dz = case.loss(z, y, *weight)
        ends.append((value, case.net.backward(dz, caches)[1].flat))
    close(ends[0][0], ends[1][0])
    close(ends[0][1], ends[1][1])


@given(cases(), st.lists(st.floats(0.1, 9), min_size=9, max_size=9), factors)
def test_weights_count_by_their_shares_alone(case, weights, c):
    weights = np.array(weights[: len(case.batch)])[:, None]
    value, grads = gradients(case.model, case.batch, case.loss, weights)
    other, others = gradients(case.model, case.batch, case.loss, c * weights)
    close(other, value)
    for name in grads:
        close(others[name], grads[name])


@given(cases(), factors)
def test_backward_is_linear_in_the_error_signal(case, c):
    z, caches = case.model.forward(case.batch)
    _, dz = case.loss(z, case.batch.labels)
    grads, scaled = (dense(case.model.backward(signal, caches), case.model) for signal in (dz, c * dz))
    for name in grads:
        np.testing.assert_array_equal(scaled[name], c * grads[name])


@given(networks(), factors)
def test_symmetries_of_the_losses(case, c):
    z = case.net.forward(case.X)[0]
    value, dz = case.loss(z, case.y)
    if case.loss is log_loss:  # yes and no change places
        other, turned = log_loss(-z, 1 - case.y)
        close(other, value)
        close(turned, -dz)
    elif case.loss is softmax_cross_entropy:  # only differences of logits count
        other, same = softmax_cross_entropy(z + c, case.y)
        np.testing.assert_allclose(other, value, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(same, dz, rtol=1e-6, atol=1e-6)
        two, error = softmax_cross_entropy(np.hstack([z[:, :1], 0 * z[:, :1]]), np.eye(2)[np.zeros(len(z), int)])
        want, signal = log_loss(z[:, :1], np.ones((len(z), 1)))  # of two classes it is log loss
        close(two, want)
        close(error[:, :1], signal)
    else:  # in another unit
        other, scaled = squared_error(c * z, c * case.y)
        assert other == c**2 * value and (scaled == c * dz).all()


@given(seeds, factors)
def test_steps_that_do_not_know_the_unit_of_the_loss(seed, c):
    """AdaGrad and Adam divide by the gradients' size; FTRL does where beta, l1 and l2 are in the same unit."""
    pairs = [
        (AdaGrad(0.1, eps=1e-200), AdaGrad(0.1, eps=1e-200)),
        (Adam(0.1, eps=1e-200), Adam(0.1, eps=1e-200)),
        (FTRL(0.1, 1.0, 0.5, 0.25), FTRL(0.1, c, 0.5 * c, 0.25 * c)),
        (SGD(0.1), SGD(0.1 / c)),
        (Momentum(0.1), Momentum(0.1 / c)),
    ]
    for rule, other in pairs:
        rng = np.random.default_rng(seed)
        w = rng.normal(size=(4, 3)) * (rng.random((4, 3)) < 0.7)
        v = w.copy()
        for _ in range(4):
            g = rng.normal(size=w.shape)
            rule.step(w, g)
            other.step(v, c * g)
        np.testing.assert_array_equal(v, w, type(rule).__name__)


@given(seeds, factors, st.integers(1, 4))
def test_a_perceptrons_decisions_know_no_unit(seed, c, D):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(12, D)), rng.integers(0, 2, (12, 1)) * 1.0
    neuron, other = Perceptron(D), Perceptron(D)
    assert neuron.fit(X, y, lr=1.0, epochs=5) == other.fit(X, y, lr=c, epochs=5)
    np.testing.assert_array_equal(other.W, c * neuron.W)
    np.testing.assert_array_equal(other.predict(X), neuron.predict(X))
    Z = net_sum(X, neuron.W, neuron.b)
    np.testing.assert_array_equal(net_sum(c * X, neuron.W, c * neuron.b), c * Z)  # inputs and threshold in a new unit
    np.testing.assert_array_equal(net_sum(c * X, neuron.W, c * neuron.b) >= 0, Z >= 0)
