"""Chapter 1: a single neuron that learns from a - y.

Read in this order:

    activations.py   what a neuron does with its net sum
    neuron.py        inputs, weights and bias, net sum, activation; Rosenblatt's rule
    losses.py        log loss, and the error signal it sends back
    logistic.py      the same neuron with a slope: logistic regression

Around it: data.py (AND, OR, XOR, two clouds), plots.py and drawing.py (what pictures share; both need matplotlib),
`python -m perceptron`.
"""
from perceptron.activations import Activation, identity, relu, sigmoid, step, tanh
from perceptron.logistic import LogisticNeuron
from perceptron.losses import log_loss
from perceptron.neuron import Perceptron, net_sum, three_steps

__all__ = ["Activation", "LogisticNeuron", "Perceptron", "identity", "log_loss", "net_sum", "relu", "sigmoid", "step",
           "tanh", "three_steps"]
