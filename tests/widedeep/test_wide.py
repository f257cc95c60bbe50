"""The wide tower: a perceptron over sparse inputs."""

import numpy as np
import pytest

from mlp import SGD
from perceptron import net_sum
from perceptron.logistic import LogisticNeuron
from tests.widedeep.probe import LABELS, backward, build
from widedeep import Wide


def one_hot(ids, n):
    """The dense matrix that is never made: how often each feature stands in a row, id 0 left out."""
    X = np.zeros((len(ids), n))
    for n_row, row in enumerate(ids):
        for i in row[row > 0]:
            X[n_row, i] += 1
    return X


def test_wide_is_the_net_sum_of_a_perceptron_over_dense_zeros_and_ones(encoder, batch):
    model = build(encoder, ("wide",))
    X = one_hot(batch.wide, encoder.n_wide)
    want = net_sum(X, model.towers["wide"].w[:, None], model.b)
    np.testing.assert_allclose(model.logits(batch), want, rtol=1e-14)


def test_wide_with_a_sigmoid_is_logistic_regression(table, encoder, batch):
    model, lr = build(encoder, ("wide",)), 0.7
    wide, neuron = model.towers["wide"], LogisticNeuron(encoder.n_wide)
    wide.w[...] = model.b[...] = 0
    X, optimizer = one_hot(batch.wide, encoder.n_wide), SGD(lr)
    for _ in range(50):
        optimizer.step(model.params(), backward(model, batch))
    neuron.fit(X, LABELS, lr=lr, epochs=50)
    np.testing.assert_allclose(wide.w, neuron.W[:, 0], rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(model.b, neuron.b, rtol=1e-10)
    np.testing.assert_allclose(model.predict(batch), neuron.predict(X), rtol=1e-10)


@pytest.mark.parametrize("n", [0, 1])
def test_a_wide_tower_without_features_is_refused(n):
    with pytest.raises(ValueError, match=f"{n} features.*wide columns"):
        Wide(n)


def test_an_encoder_in_the_place_of_its_number_is_refused(encoder):
    with pytest.raises(ValueError, match=r"Wide: n_features is a Encoder; want a number: Wide\(encoder.n_wide\)"):
        Wide(encoder)
