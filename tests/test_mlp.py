"""Chapter 2: windows, layers, losses, backpropagation, training."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.metrics import log_loss as sklearn_log_loss
from sklearn.metrics import mean_squared_error

from mlp import (
    MLP,
    SGD,
    AdaGrad,
    Adam,
    Momentum,
    Windows,
    fit,
    glorot,
    he,
    l2_penalty,
    log_loss,
    minibatches,
    softmax,
    softmax_cross_entropy,
    squared_error,
)
from mlp.__main__ import main
from mlp.data import INPUTS, XOR, two_spirals
from mlp.dense import Dense
from mlp.dropout import dropout_mask
from mlp.gradcheck import check
from mlp.network import pre_activations
from perceptron import identity, relu, sigmoid, tanh

N, D = 7, 5
LIMIT = {"centred": 1e-7, "complex": 1e-12}
METHODS = pytest.mark.parametrize("method", LIMIT)
LOSSES = {
    "log_loss": (log_loss, 1),
    "softmax_cross_entropy": (softmax_cross_entropy, 4),
    "squared_error": (squared_error, 4),
}
every_loss = pytest.mark.parametrize("loss, K", LOSSES.values(), ids=LOSSES)
every_activation = pytest.mark.parametrize("f", [relu, tanh, sigmoid, identity], ids=lambda f: f.name)


def labels(loss, K, rng):
    """Labels of every kind, unbalanced."""
    if loss is log_loss:
        return np.array([[1.0], [0], [0], [1], [0], [0], [0]])
    return np.eye(4)[[0, 3, 1, 1, 2, 1, 1]] if loss is softmax_cross_entropy else rng.normal(size=(N, K))


def awake(sizes, rng, **options):
    """A float64 network away from its start: no bias is 0."""
    net = MLP(sizes, rng, np.float64, **options)
    net.theta.flat += rng.normal(0, 0.3, net.theta.flat.shape)
    return net


# ---- backward against the slope ------------------------------------------------------------------------------------


@METHODS
@every_activation
def test_dense_backward_is_the_slope(f, method, rng, sealed):
    X, W, b, g = rng.normal(size=(N, D)), rng.normal(size=(D, 3)), rng.normal(size=3), rng.normal(size=(N, 3))
    model = {"X": X, "W": W, "b": b}

    def loss(m):
        return (g * Dense(m["W"], m["b"], f).forward(m["X"])[0]).sum()

    frozen = [a.copy() for a in (X, W, b, g)]
    sealed(frozen)
    layer, dW, db = Dense(frozen[1], frozen[2], f), np.full((D, 3), np.nan), np.full(3, np.nan)
    cache = layer.forward(frozen[0])[1]
    sealed(cache)
    dX = layer.backward(frozen[3], cache, dW, db)
    report = check(model, loss, {"X": dX, "W": dW, "b": db}, method=method)
    assert report.ok and report.error < LIMIT[method], report


@METHODS
@every_loss
@every_activation
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("l2", [0.0, 0.5])
def test_network_backward_is_the_slope(loss, K, f, dropout, l2, method, sealed):
    rng = np.random.default_rng(3)  # a seed whose ReLUs are neither dead nor on a kink
    net = awake([D, 3, 11, K], rng, hidden=f, dropout=dropout)
    X, y, w = rng.normal(size=(N, D)), labels(loss, K, rng), rng.uniform(0.2, 3, (N, 1))
    assert f is not relu or min(abs(Z).min() for Z in pre_activations(net.forward(X)[1])[:-1]) > 1e-3  # far from kinks

    def total(m, X=X):
        z = m.forward(X, np.random.default_rng(6))[0]  # the same masks at every call
        return loss(z, y, w)[0] + (l2_penalty(m.params(), l2)[0] if l2 else 0)

    sealed(X, y, w)
    z, caches = net.forward(X, np.random.default_rng(6))
    dz = loss(z, y, w)[1]
    sealed(dz, caches)
    dX, grads = net.backward(dz, caches)
    if l2:
        grads.flat += l2_penalty(net.params(), l2)[1].flat
    for report in (
        check(net, total, grads, method=method),
        check({"X": X.copy()}, lambda m: total(net, m["X"]), {"X": dX}, method=method),
    ):
        assert report.ok and report.error < LIMIT[method], report
    assert all(abs(g).max() > 1e-3 for g in [dX, *grads.values()])  # the probe is alive


@METHODS
def test_the_penalty_alone_is_the_slope(method, rng):
    net = awake([D, 3, 2], rng)
    report = check(net, lambda m: l2_penalty(m.params(), 0.7)[0], l2_penalty(net.params(), 0.7)[1], method=method)
    assert report.ok and report.error < LIMIT[method]


@METHODS
@every_loss
@pytest.mark.parametrize("weighted", [False, True])
def test_the_loss_alone_is_the_slope(loss, K, weighted, method, rng):
    z, y, w = rng.uniform(-3, 3, (N, K)), labels(loss, K, rng), rng.uniform(0.2, 3, (N, 1)) if weighted else None
    report = check({"z": z}, lambda m: loss(m["z"], y, w)[0], {"z": loss(z, y, w)[1]}, method=method)
    assert report.ok and report.error < LIMIT[method]


@METHODS
@pytest.mark.parametrize("output", [sigmoid, tanh], ids=lambda f: f.name)
def test_another_output_activation_is_passed_through(output, method, rng):
    net, X, y = awake([D, 3, 2], rng, hidden=tanh, output=output), rng.normal(size=(N, D)), rng.normal(size=(N, 2))
    a, caches = net.forward(X)
    grads = net.backward(squared_error(a, y)[1], caches)[1]
    assert check(net, lambda m: squared_error(m.forward(X)[0], y)[0], grads, method=method).ok


# ---- laws of backward ----------------------------------------------------------------------------------------------


@pytest.fixture
def pass_(rng):
    """A network with dropout, an upstream gradient that is not ones, and what forward kept."""
    net, X = awake([D, 3, 2], rng, hidden=tanh, dropout=0.4), rng.normal(size=(N, D))
    return net, X, rng.normal(size=(N, 2)), net.forward(X, rng)[1]


def test_backward_is_linear_in_the_upstream(pass_):
    net, _, g, caches = pass_
    (dX, grads), (dX2, grads2), (dX0, grads0) = (net.backward(c * g, caches) for c in (1, 2, 0))
    np.testing.assert_array_equal(dX2, 2 * dX)
    np.testing.assert_array_equal(grads2.flat, 2 * grads.flat)
    assert grads.flat.all() and not dX0.any() and not grads0.flat.any()


def test_backward_called_twice_gives_equal_fresh_gradients(pass_):  # slip M14
    net, _, g, caches = pass_
    (dX, grads), (dX2, grads2) = net.backward(g, caches), net.backward(g, caches)
    np.testing.assert_array_equal(grads.flat, grads2.flat)
    np.testing.assert_array_equal(dX, dX2)
    assert not np.shares_memory(grads.flat, grads2.flat) and not np.shares_memory(dX, dX2)
    assert not np.shares_memory(grads.flat, net.theta.flat)


def test_inputs_weights_and_caches_are_untouched(pass_):
    net, X, g, caches = pass_
    state = pickle.dumps((net.theta.flat, X, g, caches))
    net.backward(g, caches)
    net.forward(X, np.random.default_rng(0))
    assert pickle.dumps((net.theta.flat, X, g, caches)) == state


def test_another_forward_in_between_changes_nothing(pass_, rng):  # slip M10
    net, _, g, caches = pass_
    before = net.backward(g, caches)[1].flat.copy()
    net.forward(rng.normal(size=(N, D)))
    np.testing.assert_array_equal(net.backward(g, caches)[1].flat, before)


def test_backward_fills_the_windows_it_is_handed(pass_):
    net, _, g, caches = pass_
    grads = net.theta.empty_like()
    grads.flat[...] = np.nan
    assert net.backward(g, caches, grads)[1] is grads
    np.testing.assert_array_equal(grads.flat, net.backward(g, caches)[1].flat)


def test_a_column_of_ones_in_X_gets_the_biases_gradient(rng):
    X, g = np.hstack([rng.normal(size=(N, D - 1)), np.ones((N, 1))]), rng.normal(size=(N, 3))
    layer, dW, db = Dense(rng.normal(size=(D, 3)), rng.normal(size=3), tanh), np.empty((D, 3)), np.empty(3)
    layer.backward(g, layer.forward(X)[1], dW, db)
    np.testing.assert_allclose(dW[-1], db, rtol=1e-14)


def test_gradients_of_a_joined_batch_are_the_sum_of_its_parts_with_n(rng):
    net, X, y = awake([D, 3, 1], rng, hidden=tanh), rng.normal(size=(N, D)), labels(log_loss, 1, rng)

    def grads(rows):
        z, caches = net.forward(X[rows])
        return net.backward(log_loss(z, y[rows], n=N)[1], caches)[1].flat

    np.testing.assert_allclose(grads(slice(0, 3)) + grads(slice(3, N)), grads(slice(0, N)), rtol=1e-12, atol=1e-16)


def test_float32_goes_forwards_and_backwards_in_float32(rng):
    net, X = MLP([D, 3, 2], rng, dropout=0.5), rng.normal(size=(N, D)).astype(np.float32)
    z, caches = net.forward(X, rng)
    value, dz = squared_error(z, np.zeros((N, 2)))
    dX, grads = net.backward(dz, caches)
    assert {a.dtype for a in (z, value, dz, dX, grads.flat, net.theta.flat)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_gradients_take_the_wider_dtype_of_weights_and_error_signal(dtype, rng):
    net, X = MLP([D, 3, 2], rng), np.ones((N, D))
    g = rng.normal(size=(N, 2)).astype(dtype)
    assert net.backward(g, net.forward(X)[1])[1].flat.dtype == dtype


# ---- the network ---------------------------------------------------------------------------------------------------


def test_forward_by_hand():
    # x = (1, 2).  Z0 = (1 - 2 + .5, 3 + 0 - 1) = (-.5, 2), relu: (0, 2).  z = 0 * 4 + 2 * -3 + 1 = -5
    net = MLP([2, 2, 1], np.random.default_rng(0), np.float64)
    for name, value in {"0.W": [[1, 3], [-1, 0]], "0.b": [0.5, -1], "1.W": [[4], [-3]], "1.b": [1]}.items():
        net.params()[name][...] = value
    z, (((X, Z, A), mask), _) = net.forward(np.array([[1.0, 2]]))
    assert z.tolist() == [[-5]] and Z.tolist() == [[-0.5, 2]] and A.tolist() == [[0, 2]] and mask is None
    # dz = 10: d1.W = A^T dz = (0, 20), d1.b = 10; delta0 = 10 (4, -3) * (0, 1) = (0, -30);
    # d0.W = x^T delta0 = ((0, -30), (0, -60)); dx = delta0 W0^T = (3 * -30, 0)
    dX, grads = net.backward(np.array([[10.0]]), net.forward(np.array([[1.0, 2]]))[1])
    assert {k: v.tolist() for k, v in grads.items()} == {
        "0.W": [[0, -30], [0, -60]],
        "0.b": [0, -30],
        "1.W": [[0], [20]],
        "1.b": [10],
    }
    assert dX.tolist() == [[-90, 0]]


def test_params_are_the_live_arrays_by_name(rng):
    net = MLP([D, 3, 2], rng)
    assert {k: w.shape for k, w in net.params().items()} == {"0.W": (5, 3), "0.b": (3,), "1.W": (3, 2), "1.b": (2,)}
    net.params()["1.b"][...] = 7
    assert (net.layers[1].b == 7).all() and (net.theta.flat[-2:] == 7).all()
    assert net.params()["0.W"] is net.layers[0].W


def test_biases_start_at_0_and_weights_do_not(rng):
    params = MLP([D, 3, 2], rng).params()
    assert not params["0.b"].any() and not params["1.b"].any() and params["0.W"].all() and params["1.W"].all()


def test_layers_of_relu_start_with_he_and_others_with_glorot():
    net, rng = MLP([50, 40, 30], np.random.default_rng(3), np.float64), np.random.default_rng(3)
    np.testing.assert_array_equal(net.params()["0.W"], he(50, 40, rng))
    np.testing.assert_array_equal(net.params()["1.W"], glorot(40, 30, rng))
    net, rng = MLP([50, 40], np.random.default_rng(3), np.float64, output=relu), np.random.default_rng(3)
    np.testing.assert_array_equal(net.params()["0.W"], he(50, 40, rng))


def test_same_seed_same_weights_another_seed_others():
    a, b, c = (MLP([D, 3, 2], np.random.default_rng(seed)).theta.flat for seed in (1, 1, 2))
    assert a.tobytes() == b.tobytes() and (a != c).any()


def test_the_default_hidden_is_relu_and_the_default_output_a_logit(rng):
    net = MLP([2, 3, 4, 1], rng)
    assert net.activations == [relu, relu, identity] and net.theta.flat.dtype == np.float32


@pytest.mark.parametrize("draw, variance", [(he, 2 / 400), (glorot, 2 / 700)])
def test_initialisers_have_the_published_variance(draw, variance, rng):
    W = draw(400, 300, rng)
    assert W.shape == (400, 300)
    assert W.var() == pytest.approx(variance, rel=0.02) and abs(W.mean()) < 4 * np.sqrt(variance / W.size)


def test_glorot_is_uniform_and_he_is_normal(rng):
    W = glorot(400, 300, rng)
    assert 0.999 < abs(W).max() / np.sqrt(6 / 700) <= 1  # sharp edges
    assert np.mean(abs(he(400, 300, rng)) > 2 * np.sqrt(2 / 400)) == pytest.approx(0.0455, abs=0.004)  # normal tails


@pytest.mark.parametrize("draw", [he, glorot])
def test_initialisers_follow_their_generator(draw):
    a, b, c = (draw(5, 3, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (a == b).all() and (a != c).all()


def test_he_keeps_the_size_of_the_signal_through_ten_layers_of_relu(rng):
    A = rng.normal(size=(200, 256))
    size = (A**2).mean()
    for _ in range(10):
        A = relu(A @ he(256, 256, rng))
    assert 0.4 < (A**2).mean() / size < 2.5  # with Var(W) = 1 / D it would be 2^-10


@pytest.mark.parametrize("start", [0.0, 0.5])
def test_equal_neurons_stay_equal_whatever_the_training(start, rng):  # slip M15
    net = MLP([2, 3, 1], rng, np.float64, hidden=tanh)
    net.theta.flat[...] = start
    fit(net, INPUTS, XOR, log_loss, SGD(0.5), rng=rng, epochs=50, batch_size=4)
    W = net.params()["0.W"]
    np.testing.assert_allclose(W, W[:, :1] * np.ones(3), rtol=1e-12)
    if start == 0:
        assert not W.any() and not net.params()["1.W"].any()  # zeros: no weight has moved at all


def test_random_neurons_become_different(rng):
    net = MLP([2, 3, 1], rng, np.float64, hidden=tanh)
    fit(net, INPUTS, XOR, log_loss, SGD(0.5), rng=rng, epochs=50, batch_size=4)
    W = net.params()["0.W"]
    assert abs(W[:, 0] - W[:, 1]).max() > 0.1


@pytest.mark.parametrize(
    "sizes, options, words",
    [
        ([3], {}, r"MLP: sizes \[3\]; want \[inputs, hidden..., outputs\]"),
        ([], {}, "want .inputs"),
        ([3, 0, 1], {}, r"sizes \[3, 0, 1\].*each at least 1"),
        ([3, -2], {}, "at least 1"),
        ([3, 1], {"dropout": 1.0}, r"dropout 1.0; want a probability in \[0, 1\)"),
        ([3, 1], {"dropout": -0.1}, "dropout -0.1"),
        ([3, 1], {"dropout": np.nan}, "dropout nan"),
    ],
)
def test_mlp_refuses_and_says_why(sizes, options, words, rng):
    with pytest.raises(ValueError, match=words):
        MLP(sizes, rng, **options)


def test_mlp_refuses_integer_weights(rng):  # slip O6
    with pytest.raises((ValueError, TypeError)):
        MLP([3, 2, 1], rng, int)


def test_forward_refuses_what_does_not_fit(rng):
    with pytest.raises(ValueError, match=r"X \(7, 4\) does not fit W \(5, 3\)"):
        MLP([D, 3, 1], rng).forward(np.ones((N, 4)))


# ---- dropout -------------------------------------------------------------------------------------------------------


def test_the_mask_is_0_or_1_over_keep_and_keeps_the_mean(rng):
    mask = dropout_mask(np.empty((300, 400), np.float32), 0.2, rng)
    assert set(np.unique(mask)) == {0, np.float32(1.25)} and mask.dtype == np.float32
    assert (mask == 0).mean() == pytest.approx(0.2, abs=0.005) and mask.mean() == pytest.approx(1, abs=0.006)


def test_dropout_acts_only_where_a_generator_is_given(rng):
    plain, dropping = (awake([D, 30, 2], np.random.default_rng(1), dropout=rate) for rate in (0, 0.5))
    X = rng.normal(size=(N, D))
    np.testing.assert_array_equal(plain.forward(X)[0], dropping.forward(X)[0])
    np.testing.assert_array_equal(plain.forward(X)[0], plain.forward(X, rng)[0])
    assert (dropping.forward(X, rng)[0] != dropping.forward(X)[0]).all()


def test_without_dropout_the_generator_is_not_used(rng):
    state = rng.bit_generator.state
    MLP([D, 3, 2], np.random.default_rng(0)).forward(np.ones((N, D)), rng)
    assert rng.bit_generator.state == state


def test_the_output_is_never_dropped(rng):
    net = awake([D, 30, 30, 2], rng, dropout=0.5)
    masks = [mask for _, mask in net.forward(rng.normal(size=(N, D)), rng)[1]]
    assert (masks[0] == 0).any() and (masks[1] == 0).any() and masks[2] is None


# ---- copies --------------------------------------------------------------------------------------------------------

COPIES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
    "astype": lambda net: net.astype(np.float64),
}


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
def test_a_copy_learns_exactly_like_the_original_and_apart_from_it(duplicate, rng):
    net, X, y = awake([D, 3, 1], rng, dropout=0.3, hidden=tanh), rng.normal(size=(N, D)), labels(log_loss, 1, rng)
    before = net.theta.flat.copy()
    other = duplicate(net)
    assert not np.shares_memory(other.theta.flat, net.theta.flat)
    assert all(np.shares_memory(layer.W, other.theta.flat) for layer in other.layers)

    def train(network):
        return fit(network, X, y, log_loss, Adam(0.05), rng=np.random.default_rng(3), epochs=5, batch_size=3)

    theirs = train(other)
    assert (other.theta.flat != before).all() and (net.theta.flat == before).all()
    assert train(net) == theirs and net.theta.flat.tobytes() == other.theta.flat.tobytes()


def test_astype_is_a_copy_of_another_dtype(rng):
    net = MLP([D, 3, 1], rng)
    other = net.astype(np.float64)
    assert other.theta.flat.dtype == np.float64 and net.theta.flat.dtype == np.float32
    np.testing.assert_array_equal(other.theta.flat, net.theta.flat)
    assert other.forward(np.ones((2, D)))[0].dtype == np.float64


def test_a_network_can_live_in_part_of_a_larger_vector(rng):
    net, X, y = awake([D, 3, 1], rng), rng.normal(size=(N, D)), labels(log_loss, 1, rng)
    whole = Windows({"bias": (2,), **{"deep." + k: s for k, s in net.theta.shapes.items()}}, np.zeros(24))
    part = whole.view("deep.")
    part.flat[...] = net.theta.flat
    z = net.forward(X)[0]
    net.bind(part)
    np.testing.assert_array_equal(net.forward(X)[0], z)
    fit(net, X, y, log_loss, SGD(0.1), rng=rng, epochs=1)
    assert (whole.flat[2:] == net.theta.flat).all() and not whole["bias"].any() and (net.forward(X)[0] != z).any()


# ---- windows -------------------------------------------------------------------------------------------------------


@pytest.fixture
def theta():
    return Windows({"a.W": (2, 3), "a.b": (3,), "c": (), "d.W": (1, 2)}, np.arange(12.0))


def test_windows_lie_in_order_and_are_views(theta):
    assert theta["a.W"].tolist() == [[0, 1, 2], [3, 4, 5]] and theta["a.b"].tolist() == [6, 7, 8]
    assert theta["c"] == 9 and theta["d.W"].tolist() == [[10, 11]]
    theta["a.b"][1] = 70
    theta.flat[0] = -1
    assert theta.flat[7] == 70 and theta["a.W"][0, 0] == -1


def test_like_is_fresh_and_of_the_same_shapes(theta):
    other = theta.empty_like()
    assert other.shapes == theta.shapes and other.flat.dtype == np.float64 and list(other) == list(theta)
    assert not np.shares_memory(other.flat, theta.flat) and theta.empty_like(np.complex128).flat.dtype == np.complex128


def test_windows_astype_copies(theta):
    other = theta.astype(np.float32)
    np.testing.assert_array_equal(other.flat, theta.flat)
    same = theta.astype(np.float64)
    same.flat[0] = 5
    assert other.flat.dtype == np.float32 and theta.flat[0] == 0


def test_part_is_a_live_slice_under_short_names(theta):
    part = theta.view("a.")
    assert list(part) == ["W", "b"] and part.flat.tolist() == list(range(9)) and part["b"].tolist() == [6, 7, 8]
    part["b"][...] = 0
    assert not theta["a.b"].any() and np.shares_memory(part.flat, theta.flat)
    assert theta.view("d.").flat.tolist() == [10, 11] and theta.view("").flat.size == 12


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda w: pickle.loads(pickle.dumps(w))], ids=["deepcopy", "pickle"]
)
def test_copied_windows_are_windows_of_their_own_vector(duplicate, theta):
    other = duplicate(theta.view("a."))
    other.flat[...] = -3
    assert (other["W"] == -3).all() and other.flat.size == 9 and theta.flat.tolist() == list(range(12))


@pytest.mark.parametrize("size", [11, 13, (2, 6)])
def test_windows_refuse_a_vector_of_another_length(size):
    with pytest.raises(ValueError, match=r"Windows: a vector \(.*\).* arrays"):
        Windows({"W": (3, 4)}, np.zeros(size))


def test_part_refuses_arrays_that_do_not_lie_side_by_side():
    with pytest.raises(ValueError, match="the arrays of 'a.' do not lie side by side"):
        Windows({"a.W": (2,), "b": (1,), "a.b": (2,)}, np.zeros(5)).view("a.")


def test_part_names_a_prefix_that_no_array_has(theta):
    with pytest.raises((ValueError, KeyError), match="deep"):
        theta.view("deep.")


# ---- losses --------------------------------------------------------------------------------------------------------


def test_softmax_by_hand():
    # e^0 : e^log2 : e^log5 = 1 : 2 : 5
    np.testing.assert_allclose(softmax(np.log([[1.0, 2, 5]])), [[0.125, 0.25, 0.625]], rtol=1e-15)


def test_softmax_cross_entropy_by_hand():
    # p = (1, 2, 5) / 8, class 1: loss log 4; p = 1/3 each, class 0: loss log 3.  N = 2.
    value, dz = softmax_cross_entropy(np.array([np.log([1.0, 2, 5]), [0, 0, 0]]), np.eye(3)[[1, 0]])
    assert value == pytest.approx((np.log(4) + np.log(3)) / 2, rel=1e-14)
    np.testing.assert_allclose(2 * dz, [[0.125, -0.75, 0.625], [-2 / 3, 1 / 3, 1 / 3]], rtol=1e-14)


def test_squared_error_by_hand():
    # errors (1, -2) and (0, 3): (1 + 4) / 2 = 2.5 and 9 / 2 = 4.5, mean 3.5;  dz = error / 2
    value, dz = squared_error(np.array([[2.0, 0], [5, 4]]), np.array([[1.0, 2], [5, 1]]))
    assert value == 3.5 and dz.tolist() == [[0.5, -1], [0, 1.5]]


def test_weighted_squared_error_by_hand():
    # losses 2.5 and 4.5 with weights 3 and 1: (7.5 + 4.5) / 4 = 3;  dz = w error / 4
    value, dz = squared_error(np.array([[2.0, 0], [5, 4]]), np.array([[1.0, 2], [5, 1]]), np.array([[3.0], [1]]))
    assert value == 3 and dz.tolist() == [[0.75, -1.5], [0, 0.75]]


@pytest.mark.parametrize("weighted", [False, True])
def test_losses_agree_with_scikit_learn(weighted, rng):
    Z, y, w = rng.uniform(-9, 9, (101, 4)), rng.integers(0, 4, 101), rng.uniform(0.1, 2, (101, 1)) if weighted else None
    flat = None if w is None else w[:, 0]
    theirs = sklearn_log_loss(y, softmax(Z), sample_weight=flat)
    assert softmax_cross_entropy(Z, np.eye(4)[y], w)[0] == pytest.approx(theirs, rel=1e-12)
    target = rng.normal(size=(101, 4))
    theirs = 4 * mean_squared_error(target, Z, sample_weight=flat) / 2  # sum over columns, and the half
    assert squared_error(Z, target, w)[0] == pytest.approx(theirs, rel=1e-12)


def test_softmax_of_two_classes_is_the_sigmoid_of_their_difference(rng):
    z, y = rng.normal(size=(N, 1)), labels(log_loss, 1, rng)
    two = softmax_cross_entropy(np.hstack([np.zeros_like(z), z]), np.hstack([1 - y, y]))
    one = log_loss(z, y)
    assert two[0] == pytest.approx(one[0], rel=1e-14)
    np.testing.assert_allclose(two[1][:, 1:], one[1], rtol=1e-13)


def test_labels_may_be_probabilities(rng):
    Z, y = rng.normal(size=(N, 3)), rng.dirichlet(np.ones(3), N)
    report = check({"Z": Z}, lambda m: softmax_cross_entropy(m["Z"], y)[0], {"Z": softmax_cross_entropy(Z, y)[1]})
    assert report.ok
    assert not softmax_cross_entropy(np.log(y), y)[1].round(15).any()  # p = y: nothing to learn


def test_softmax_does_not_change_when_a_row_is_shifted(rng):
    Z, y = rng.normal(size=(N, 3)), np.eye(3)[[0, 1, 2, 0, 1, 2, 0]]
    for a, b in zip(softmax_cross_entropy(Z, y), softmax_cross_entropy(Z + 300, y), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11)


def test_extreme_logits_of_softmax_are_exact():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, dz = softmax_cross_entropy(np.array([[1e4, 0, -1e4]]), np.eye(3)[[2]])
    assert value == 2e4 and dz.tolist() == [[1, 0, -1]]


@every_loss
def test_losses_shrink_with_n_and_parts_add_up(loss, K, rng):
    z, y, w = rng.normal(size=(N, K)), labels(loss, K, rng), rng.uniform(0.1, 2, (N, 1))
    value, dz = loss(z, y, w)
    parts = [loss(z[s], y[s], w[s], n=w.sum()) for s in (slice(0, 2), slice(2, N))]
    assert sum(v for v, _ in parts) == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(np.vstack([d for _, d in parts]), dz, rtol=1e-13)
    assert loss(z, y, n=2 * N)[0] == pytest.approx(loss(z, y)[0] / 2, rel=1e-14)


@every_loss
def test_losses_leave_their_inputs_alone(loss, K, rng, sealed):
    z, y, w = rng.normal(size=(N, K)), labels(loss, K, rng), np.ones((N, 1))
    sealed(z, y, w)
    dz = loss(z, y, w)[1]
    assert not np.shares_memory(dz, z) and not np.shares_memory(dz, y)


@pytest.mark.parametrize(
    "loss, y, w, words",
    [
        (softmax_cross_entropy, np.zeros(2), None, r"logits \(2, 3\) and labels \(2,\) must match; .*np.eye\(K\)"),
        (softmax_cross_entropy, np.ones((2, 3)), None, "must be >= 0 and sum to 1"),
        (softmax_cross_entropy, np.array([[2.0, -1, 0]] * 2), None, "must be >= 0 and sum to 1"),
        (softmax_cross_entropy, np.full((2, 3), np.nan), None, "must be >= 0 and sum to 1"),
        (softmax_cross_entropy, np.eye(3)[:2], np.ones((2, 3)), r"entropy: sample_weight \(2, 3\); want \(2, 1\)"),
        (softmax_cross_entropy, np.eye(3)[:2], np.zeros((2, 1)), "softmax_cross_entropy: nothing to average"),
        (
            squared_error,
            np.zeros(2),
            None,
            r"squared_error: outputs \(2, 3\) and labels \(2,\) must match; .*y\[:, None\]",
        ),
        (squared_error, np.zeros((2, 1)), None, r"labels \(2, 1\) must match"),
        (squared_error, np.zeros((2, 3)), np.ones(2), r"squared_error: sample_weight \(2,\); want \(2, 1\)"),
        (squared_error, np.zeros((2, 3)), np.zeros((2, 1)), "squared_error: nothing to average"),
    ],
)
def test_losses_refuse_and_say_why(loss, y, w, words):
    with pytest.raises(ValueError, match=words):
        loss(np.zeros((2, 3)), y, w)


def test_l2_by_hand():
    # l2 / 2 * (1 + 4 + 9 + 16) = 0.1 / 2 * 30 = 1.5, the biases 5 and 6 are free
    theta = Windows({"W": (2, 2), "b": (2,)}, np.array([1.0, -2, 3, -4, 5, 6]))
    price, grads = l2_penalty(theta, 0.1)
    assert price == pytest.approx(1.5) and grads.flat.tolist() == pytest.approx([0.1, -0.2, 0.3, -0.4, 0, 0])
    assert theta.flat.tolist() == [1, -2, 3, -4, 5, 6]


def test_l2_adds_up_over_all_matrices():
    theta = Windows({"a": (1, 1), "b": (1,), "c": (1, 1)}, np.array([2.0, 7, 3]))
    assert l2_penalty(theta, 2.0)[0] == pytest.approx(4 + 9)


# ---- training ------------------------------------------------------------------------------------------------------


def test_minibatches_show_every_row_once_in_a_new_order(rng):
    first, second = list(minibatches(10, 4, rng)), list(minibatches(10, 4, rng))
    assert [len(rows) for rows in first] == [4, 4, 2]
    assert sorted(np.concatenate(first)) == sorted(np.concatenate(second)) == list(range(10))
    assert (np.concatenate(first) != np.concatenate(second)).any() and (np.concatenate(first) != range(10)).any()


@pytest.mark.parametrize("seed", range(3))
def test_xor_is_solved(seed):
    rng = np.random.default_rng(seed)
    net = MLP([2, 4, 1], rng, np.float64, hidden=tanh)
    history = fit(net, INPUTS, XOR, log_loss, Adam(0.05), rng=rng, epochs=2000, batch_size=4, tolerance=0.01)
    assert history[-1]["loss"] <= 0.01
    np.testing.assert_array_equal(sigmoid(net.forward(INPUTS)[0]).round(), XOR)


def test_without_a_hidden_layer_xor_is_not_solved(rng):
    net = MLP([2, 1], rng, np.float64)
    fit(net, INPUTS, XOR, log_loss, Adam(0.05), rng=rng, epochs=500, batch_size=4)
    assert log_loss(net.forward(INPUTS)[0], XOR)[0] == pytest.approx(np.log(2), abs=0.01)


@pytest.fixture(scope="module")
def spirals():
    return two_spirals(60, 0.05, np.random.default_rng(1))


def a_net(seed=0, **options):
    return MLP([2, 8, 1], np.random.default_rng(seed), np.float64, hidden=tanh, **options)


def train(net, X, y, **options):
    options = {"epochs": 4, "batch_size": 16, "rng": np.random.default_rng(7), **options}
    return fit(net, X, y, log_loss, options.pop("optimizer", None) or Adam(0.03), **options)


def test_spirals_are_as_told(spirals):
    X, y = spirals
    assert X.shape == (120, 2) and y[:, 0].tolist() == [0] * 60 + [1] * 60
    exact = two_spirals(60, 0.0, np.random.default_rng(1))[0]
    np.testing.assert_array_equal(exact[60:], -exact[:60])
    assert 0.9 < np.linalg.norm(exact, axis=1).max() <= 1


@pytest.mark.parametrize("optimizer", [SGD, Momentum, AdaGrad, Adam])
def test_the_loss_falls_with_every_optimizer(optimizer, spirals):
    history = train(a_net(), *spirals, optimizer=optimizer(0.03), epochs=30)
    assert history[-1]["loss"] < history[0]["loss"] - 0.005


def test_one_epoch_by_hand_is_forward_loss_backward_step(spirals):
    X, y = spirals
    net, other, rng = a_net(), a_net(), np.random.default_rng(7)
    history = train(net, X, y, optimizer=SGD(0.1), epochs=1, l2=0.5, batch_size=50)
    order, total = rng.permutation(120), 0.0
    for rows in (order[:50], order[50:100], order[100:]):  # 50, 50 and 20
        z, caches = other.forward(X[rows])
        value, dz = log_loss(z, y[rows])
        grads = other.backward(dz, caches)[1]
        for name, w in other.params().items():
            w -= 0.1 * (grads[name] + 0.5 * w * (w.ndim == 2))
        total += value * len(rows)  # the last batch counts for less
    assert history == [{"epoch": 1, "loss": pytest.approx(total / 120, rel=1e-13)}]
    np.testing.assert_allclose(net.theta.flat, other.theta.flat, rtol=1e-12, atol=1e-15)


def test_l2_makes_weights_smaller(spirals):
    free, priced = a_net(), a_net()
    train(free, *spirals, epochs=20)
    train(priced, *spirals, epochs=20, l2=0.1)
    assert l2_penalty(priced.params(), 1)[0] < l2_penalty(free.params(), 1)[0] / 2


def test_same_seed_same_bytes(spirals):
    runs = []
    for seed in (7, 7, 8):
        net = a_net(dropout=0.3)
        runs.append((train(net, *spirals, rng=np.random.default_rng(seed)), net.theta.flat.tobytes()))
    assert runs[0] == runs[1] and runs[0] != runs[2]


def test_dropout_acts_in_training_and_not_in_validation(spirals):
    X, y = spirals
    net, seen = a_net(dropout=0.5), []
    forward = net.forward

    def spy(X, rng=None):
        seen.append((len(X), rng is not None))
        return forward(X, rng)

    net.forward = spy
    train(net, X, y, epochs=1, batch_size=60, validation=(X[:9], y[:9]))
    assert seen == [(60, True), (60, True), (9, False)]


def test_stops_at_the_tolerance(spirals):
    whole = train(a_net(), *spirals, epochs=30)
    last = min(range(20), key=lambda i: whole[i]["loss"])  # the lowest so far
    stopped = train(a_net(), *spirals, epochs=30, tolerance=whole[last]["loss"])
    assert stopped == whole[: last + 1]  # at or below it


def noise_world(rng):
    """Labels that have nothing to do with the inputs: validation soon gets worse."""
    return rng.normal(size=(40, 2)), rng.integers(0, 2, (40, 1)).astype(float)


def test_early_stopping_restores_the_best_epochs_weights_bit_for_bit():
    X, y = noise_world(np.random.default_rng(2))
    net, kept = a_net(), []
    history = train(
        net,
        X[:20],
        y[:20],
        optimizer=Adam(0.1),
        validation=(X[20:], y[20:]),
        patience=5,
        epochs=200,
        report=lambda record: kept.append(net.theta.flat.tobytes()),
    )
    best = int(np.argmin([record["validation"] for record in history]))
    assert len(history) == best + 1 + 5 < 200  # five epochs without a better one
    assert net.theta.flat.tobytes() == kept[best] != kept[-1]
    assert log_loss(net.forward(X[20:])[0], y[20:])[0] == history[best]["validation"]


def test_without_patience_all_epochs_run_and_the_best_is_still_restored():
    X, y = noise_world(np.random.default_rng(2))
    net, kept = a_net(), []
    history = train(
        net,
        X[:20],
        y[:20],
        optimizer=Adam(0.1),
        validation=(X[20:], y[20:]),
        epochs=30,
        report=lambda record: kept.append(net.theta.flat.tobytes()),
    )
    best = int(np.argmin([record["validation"] for record in history]))
    assert len(history) == 30 and best < 29 and net.theta.flat.tobytes() == kept[best]


def test_restoring_leaves_the_windows_live():
    X, y = noise_world(np.random.default_rng(2))
    net = a_net()
    flat, W = net.theta.flat, net.layers[0].W
    train(net, X[:20], y[:20], validation=(X[20:], y[20:]))
    assert net.theta.flat is flat and net.layers[0].W is W and np.shares_memory(W, flat)


def test_without_validation_the_last_weights_stay(spirals):
    net, kept = a_net(), []
    train(net, *spirals, report=lambda record: kept.append(net.theta.flat.tobytes()))
    assert net.theta.flat.tobytes() == kept[-1]


def test_report_gets_each_epochs_record(spirals):
    X, y = spirals
    seen = []
    history = train(a_net(), X, y, epochs=3, validation=(X, y), report=seen.append)
    assert seen == history and [set(record) for record in seen] == [{"epoch", "loss", "validation"}] * 3
    assert [record["epoch"] for record in seen] == [1, 2, 3]


def test_fit_leaves_its_data_alone(spirals, sealed):
    X, y = (a.copy() for a in spirals)
    sealed(X, y)
    train(a_net(), X, y, validation=(X, y), l2=0.1)


X4, Y4 = INPUTS, XOR


@pytest.mark.parametrize(
    "X, y, options, words",
    [
        (X4, Y4[:, 0], {}, r"fit: X \(4, 2\), y \(4,\); want \(N, 2\) and \(N, 1\), N >= 1; labels want y\[:, None\]"),
        (X4, Y4[:3], {}, r"y \(3, 1\); want"),
        (X4[:, :1], Y4, {}, r"X \(4, 1\), y \(4, 1\); want \(N, 2\)"),
        (X4[0], Y4, {}, r"X \(2,\)"),
        (X4[:0], Y4[:0], {}, "N >= 1"),
        (np.where(X4 == 1, np.nan, 0), Y4, {}, "fit: X holds NaN or infinite numbers; drop or fill"),
        (X4, np.where(Y4 == 1, np.inf, 0), {}, "fit: y holds NaN or infinite"),
        (X4, Y4, {"epochs": 0}, "fit: epochs 0; want at least 1"),
        (X4, Y4, {"batch_size": 0}, "fit: batch_size 0; want at least 1"),
        (X4, Y4, {"validation": (X4, Y4), "patience": 0}, "fit: patience 0; want at least 1"),
        (X4, Y4, {"patience": 3}, "patience needs validation data"),
        (X4, Y4, {"validation": (X4, Y4[:, 0])}, r"fit: validation: X \(4, 2\), y \(4,\)"),
        (X4, Y4, {"validation": (X4 * np.nan, Y4)}, "fit: validation: X holds NaN"),
        (X4, 2 * Y4 - 1, {}, "labels must be 0 or 1, and one is -1.0"),
    ],
)
def test_fit_refuses_and_says_why_before_it_moves_a_weight(X, y, options, words):
    net = a_net()
    before = net.theta.flat.tobytes()
    with pytest.raises(ValueError, match=words):
        train(net, X, y, **options)
    assert net.theta.flat.tobytes() == before


# ---- python -m mlp -------------------------------------------------------------------------------------------------


def test_the_command_shows_the_five_steps_and_solves_xor(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    at = [out.index(f"\n{i}  ") if i > 1 else out.index("1  ") for i in range(1, 6)]
    assert at == sorted(at)
    for array in ("X (4, 2)", "0.W (2, 3)", "Z0 (4, 3)", "A1 (4, 1)", "dz (4, 1)", "d1.W (3, 1)", "d0.b (3,)"):
        assert array in out
    assert out.index("d1.W") < out.index("d0.W")  # from the output layer back
    table = [line.split() for line in out.splitlines()[-6:-2]]
    assert [(row[2], round(float(row[3]))) for row in table] == [("0", 0), ("1", 1), ("1", 1), ("0", 0)]
    assert "The desired output is achieved." in out


def test_the_command_says_when_it_is_not_there_yet(capsys):
    assert main(["--epochs", "1"]) == 1
    assert "Not there yet: more --epochs" in capsys.readouterr().out


def test_the_seed_is_of_the_weights(capsys):
    outs = [(main(["--epochs", "1", "--seed", seed]), capsys.readouterr().out)[1] for seed in ("1", "1", "2")]
    assert outs[0] == outs[1] != outs[2]


@pytest.mark.parametrize("options", [["--epochs", "0"], ["--seed", "-1"], ["--epochs", "few"], ["--no-such-option"]])
def test_a_wrong_call_exits_with_2_and_a_line(options, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(options)
    assert stopped.value.code == 2
    assert "python -m mlp: error:" in capsys.readouterr().err


def test_it_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "mlp", "--epochs", "1"], capture_output=True, text=True)
    assert done.returncode == 1 and "Keep repeating" in done.stdout and not done.stderr
