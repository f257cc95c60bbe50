"""FTRL-Proximal: descent whose L1 makes weights exactly zero.

    w      = 0                                                             if |zeta| <= l1
           = -((beta + sqrt n) / alpha + l2)^-1 (zeta - sgn(zeta) l1)      otherwise
    sigma  = (sqrt(n + g^2) - sqrt n) / alpha
    zeta  <- zeta + g - sigma w        n <- n + g^2

"Follow the regularised leader": w is the point that would have done best on all gradients so far, if every step also
pays for moving away from the last weights.  zeta adds up the gradients, corrected by what has already been moved
(sigma w); n adds up their squares, as AdaGrad's s does, and lets much-used weights move less; l1 keeps a weight at
exactly 0 until zeta has left the band from -l1 to l1.

McMahan et al. 2013, "Ad Click Prediction: a View from the Trenches", Algorithm 1.  The paper's z is called zeta here,
because z is the logit everywhere in this project.

Units.  beta, l1 and l2 are in units of a gradient.  The paper's gradients are of one example; ours are of the mean
over a batch, so all three are divided by the batch size.  Forgetting this leaves the wide tower asleep.

Laziness.  g = 0 changes nothing here, so moving every weight and moving only the active ones give the same numbers.

Read before: wide.py, mlp/optimizers.py        Read next: embedding.py
"""
from typing import Any

import numpy as np

from mlp.optimizers import Optimizer
from mlp.windows import flatten
from perceptron.activations import Array


class FTRL(Optimizer):
    """alpha : learning rate, > 0        beta > 0, l1, l2 >= 0 : the paper's values, per example
    batch_size : nominal number of examples whose mean gradient makes a step
    """

    def __init__(self, alpha: float = 0.1, beta: float = 1.0, l1: float = 0.0, l2: float = 0.0, batch_size: int = 1):
        super().__init__(alpha)
        if not (beta > 0 and l1 >= 0 and l2 >= 0 and batch_size >= 1):
            raise ValueError(f"FTRL: beta {beta}, l1 {l1}, l2 {l2}, batch_size {batch_size}; "
                             "want beta > 0 (else 0/0 where nothing happened yet), l1, l2 >= 0, batch_size >= 1")
        self.beta, self.l1, self.l2 = beta / batch_size, l1 / batch_size, l2 / batch_size

    def start(self, w: Array) -> tuple[Array, ...]:
        if w.any():
            raise ValueError("FTRL: weights must start at 0, because w is computed from zeta and n, which start at 0")
        return np.zeros_like(w), np.zeros_like(w)

    def update(self, w: Array, g: Array, zeta: Array, n: Array, pace: Any = 1.0) -> None:      # type: ignore[override]
        alpha = self.lr * pace                                      # one for all, or one for each weight: pace.py
        root, square = np.sqrt(n), g * g
        n += square
        new_root = np.sqrt(n)
        tiny = np.finfo(w.dtype).tiny                               # 0 / 0 = 0 where nothing ever happened
        sigma = square / (alpha * (new_root + root) + tiny)       # = (new_root - root) / alpha, without cancellation
        zeta += g - sigma * w
        beyond = zeta - np.clip(zeta, -self.l1, self.l1)            # 0 wherever |zeta| <= l1
        w[...] = -beyond / ((self.beta + new_root) / alpha + self.l2)

    def rebase(self, params: Any) -> None:
        """Somebody else has moved w (the running average does): the zeta from which Algorithm 1 would compute it."""
        for name, w in flatten(params):
            if name in self.memory:
                zeta, n, *pace = self.memory[name]
                stiffness = (self.beta + np.sqrt(n)) / (self.lr * (pace[0] if pace else 1.0)) + self.l2
                zeta[...] = np.where(w != 0, -w * stiffness - np.sign(w) * self.l1, np.clip(zeta, -self.l1, self.l1))
