"""Windows: live views of one vector, also in copies."""

import copy
import pickle

import numpy as np
import pytest

from mlp import Windows


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


def test_a_gradient_that_nobody_fills_is_nan_and_the_check_is_red_even_after_a_right_run(monkeypatch):
    from mlp import MLP, log_loss
    from mlp.dense import Dense
    from mlp.gradcheck import check

    rng = np.random.default_rng(0)
    network = MLP([3, 4, 1], rng, np.float64)
    X, y = rng.normal(size=(7, 3)), (rng.random((7, 1)) < 0.5) * 1.0

    def judged():
        z, caches = network.forward(X)
        grads = network.backward(log_loss(z, y)[1], caches)[1]
        return grads, check(network, lambda net: log_loss(net.forward(X)[0], y)[0], grads)

    assert judged()[1].ok

    def renames(self, dA, cache, dW, db, need_dX=True):
        X, Z, A = cache
        delta = dA * self.activation.slope(Z, A)
        np.matmul(X.T, delta, out=dW)
        db = delta.sum(axis=0)  # noqa: F841  a new name; the window stays as it was
        return delta @ self.W.T

    monkeypatch.setattr(Dense, "backward", renames)
    grads, report = judged()
    assert np.isnan(grads["0.b"]).all() and report["0.b"].verdict == report["1.b"].verdict == "wrong"
