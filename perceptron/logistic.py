"""Logistic regression: the same neuron with a sigmoid and the log loss.                 The bridge to the wide part

    z = x W + b        p = sigmoid(z)        dz = (p - y) / N        dW = X^T dz        db = sum_n dz_n

A threshold perceptron only says yes or no; with the step replaced by the sigmoid it says how likely, it has a slope
to descend, and it is a generalized linear model.  The error signal is still a - y, no longer only -1, 0 or +1.

Read before: neuron.py, losses.py        Read next: mlp/dense.py
"""
from perceptron.activations import Array, sigmoid
from perceptron.losses import log_loss
from perceptron.neuron import Perceptron, check_examples


class LogisticNeuron(Perceptron):
    """A Perceptron whose activation is the sigmoid: predict gives P(y = 1 | x)."""

    def __init__(self, n_inputs: int):
        super().__init__(n_inputs, sigmoid)

    # The parent counts mistakes and stops at none; a slope has no clean epoch, so this one returns losses.
    def fit(self, X: Array, y: Array, lr: float = 1.0, epochs: int = 1000,      # type: ignore[override]
            tolerance: float = 0.0) -> list[float]:
        """Descend the mean log loss, all examples at once; stop when it is at or below `tolerance`.

        X : (N, D) inputs        y : (N, 1) labels, 0 or 1        lr : step size        tolerance : nats per example
        Returns the loss before each step.  Raises ValueError as Perceptron.fit does.
        """
        X, y = check_examples("LogisticNeuron.fit", X, y, epochs, lr)
        losses = []
        for _ in range(epochs):
            z = self.net_sum(X)                                     # (N, 1)
            loss, dz = log_loss(z, y)                               # (N, 1)  dz = (p - y) / N
            losses.append(float(loss))
            if loss <= tolerance:
                break
            self.W -= lr * X.T @ dz                                 # (D, 1)  Rosenblatt's line, for all rows at once
            self.b -= lr * dz.sum(axis=0)                           # (1,)
        return losses
