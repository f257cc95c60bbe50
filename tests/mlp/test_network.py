"""The network: backward against the slope, laws of backward, initial weights, copies."""

import copy
import pickle

import numpy as np
import pytest

from mlp import MLP, SGD, Adam, Windows, fit, glorot, he, l2_penalty, log_loss, squared_error
from mlp.data import INPUTS, XOR
from mlp.dense import Dense
from mlp.gradcheck import check
from mlp.network import pre_activations
from perceptron import identity, relu, sigmoid, tanh
from tests.mlp.builders import LIMIT, METHODS, D, N, awake, every_activation, every_loss, labels


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
@pytest.mark.parametrize("output", [sigmoid, tanh], ids=lambda f: f.name)
def test_another_output_activation_is_passed_through(output, method, rng):
    net, X, y = awake([D, 3, 2], rng, hidden=tanh, output=output), rng.normal(size=(N, D)), rng.normal(size=(N, 2))
    a, caches = net.forward(X)
    grads = net.backward(squared_error(a, y)[1], caches)[1]
    assert check(net, lambda m: squared_error(m.forward(X)[0], y)[0], grads, method=method).ok


@pytest.fixture
def pass_(rng):
    """A network with dropout, an upstream gradient that is not ones, and what forward kept."""
    net, X = awake([D, 3, 2], rng, hidden=tanh, dropout=0.4), rng.normal(size=(N, D))
    return net, X, rng.normal(size=(N, 2)), net.forward(X, rng)[1]


def test_dX_is_left_out_where_it_is_not_needed_and_nothing_else(pass_):
    net, X, g, caches = pass_
    dX, grads = net.backward(g, caches)
    nothing, same = net.backward(g, caches, need_dX=False)
    assert dX.shape == X.shape and nothing is None and np.array_equal(grads.flat, same.flat)


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
    wide = net.astype(np.float64)
    assert wide.backward(g.real.astype(np.float32), wide.forward(X)[1])[1].flat.dtype == np.float64


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
        ([3, 1], {"dtype": np.int64}, "dtype int64; want np.float32 or np.float64"),
        ([3, 1], {"dtype": np.float16}, "dtype float16; want np.float32 or np.float64"),
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


def test_a_pickle_holds_each_weight_once(rng):
    net = MLP([D, 300, 1], rng)
    assert net.theta.flat.nbytes < len(pickle.dumps(net)) < 1.5 * net.theta.flat.nbytes


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
