"""The logistic neuron: by hand, against scikit-learn, and when it stops."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from perceptron import LogisticNeuron, log_loss
from perceptron.data import AND, INPUTS, two_clouds


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


def test_a_loss_that_is_the_tolerance_is_enough():
    first = LogisticNeuron(2).fit(INPUTS, AND, epochs=1)[0]
    assert LogisticNeuron(2).fit(INPUTS, AND, epochs=5, tolerance=first) == [first]


def test_a_thousand_steps_of_size_one_unless_told_otherwise():
    usual, told = LogisticNeuron(2), LogisticNeuron(2)
    losses = usual.fit(INPUTS, AND)
    assert losses == told.fit(INPUTS, AND, lr=1.0, epochs=1000, tolerance=0.0) and len(losses) == 1000
    assert np.array_equal(usual.W, told.W) and np.array_equal(usual.b, told.b)
