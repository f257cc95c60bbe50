"""Every gradient is the measured slope of the loss, in any architecture; and a wrong one is found."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mlp.gradcheck import check
from mlp.gradcheck.arguments import free_entries
from mlp.network import pre_activations
from mlp.windows import flatten
from tests.properties.strategies import HEADS, cases, dense, gradients, networks


@pytest.mark.parametrize("head", HEADS)
@given(st.data())
def test_gradients_of_every_head_and_tower(head, data):
    case = data.draw(cases(most=6, head=head))
    weights = data.draw(st.sampled_from([(), (case.rng.uniform(0.1, 3, (len(case.batch), 1)),)]))

    def loss(model):
        return case.loss(model.forward(case.batch)[0], case.batch.labels, *weights)[0]

    _, grads = gradients(case.model, case.batch, case.loss, *weights)
    report = check(case.model, loss, grads, method="complex")
    assert all(line.verdict in ("right", "frozen") for line in report.arrays), report

    name, w = data.draw(st.sampled_from(list(flatten(case.model.params()))))  # and the same check with one entry wrong
    free = np.argwhere(free_entries(w, case.model.frozen().get(name, False)))
    assume(len(free))
    i = tuple(free[data.draw(st.integers(0, len(free) - 1))])
    grads[name] = grads[name].copy()
    grads[name][i] += data.draw(st.sampled_from([1.0, -1e-3])) * max(1e-3, np.abs(grads[name]).max())
    assert check(case.model, loss, grads, method="complex")[name].verdict == "wrong"


@given(networks(), st.sampled_from(["centred", "complex"]), st.data())
def test_gradients_of_any_network(case, method, data):
    def loss(net):
        return case.loss(net.forward(case.X)[0], case.y)[0]

    z, caches = case.net.forward(case.X)
    grads = dense(case.net.backward(case.loss(z, case.y)[1], caches)[1], case.net)
    options = dict(method=method, pre_activations=lambda net: pre_activations(net.forward(case.X)[1]))
    report = check(case.net, loss, grads, **options)
    assert all(line.verdict != "wrong" for line in report.arrays), report

    name = data.draw(st.sampled_from(sorted(grads)))
    i = tuple(data.draw(st.integers(0, length - 1)) for length in grads[name].shape)
    grads[name] = grads[name].copy()
    grads[name][i] += 0.5 + np.abs(grads[name]).max()
    assert check(case.net, loss, grads, **options)[name].verdict == "wrong"


@given(networks(), st.data())
def test_gradients_at_the_inputs(case, data):
    """dX, which reaches the embeddings."""

    def loss(arrays):
        return case.loss(case.net.astype(arrays["X"].dtype).forward(arrays["X"])[0], case.y)[0]

    z, caches = case.net.forward(case.X)
    dX, _ = case.net.backward(case.loss(z, case.y)[1], caches)
    assert check({"X": case.X}, loss, {"X": dX}, method="complex")["X"].verdict in ("right", "unclear")
    i = tuple(data.draw(st.integers(0, length - 1)) for length in dX.shape)
    dX[i] += 1
    assert check({"X": case.X}, loss, {"X": dX}, method="complex")["X"].verdict == "wrong"
