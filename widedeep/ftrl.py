"""FTRL-Proximal: descent whose L1 makes weights exactly zero.

    w      = 0                                                             if |zeta| <= l1
           = -((beta + sqrt n) / alpha + l2)^-1 (zeta - sgn(zeta) l1)      otherwise
    sigma  = (sqrt(n + g^2) - sqrt n) / alpha
    zeta  <- zeta + g - sigma w        n <- n + g^2

"Follow the regularised leader": w minimises the sum of all gradients so far times w, plus a penalty on the distance
from earlier weights.  zeta adds up the gradients, corrected by what has already been moved
(sigma w); n adds up their squares, as AdaGrad's s does, and lets much-used weights move less; l1 keeps a weight at
exactly 0 until zeta has left the band from -l1 to l1.

McMahan et al. 2013, "Ad Click Prediction: a View from the Trenches", Algorithm 1.  The paper's z is called zeta here,
because z is the logit everywhere in this project.

Units.  beta, l1 and l2 are in units of a gradient.  The paper's gradients are of one example; ours are of the mean
over a batch, so all three are divided by the batch size.  Without it the wide tower hardly learns.

Sparse steps.  g = 0 changes nothing here, so moving every weight and moving only the active ones give equal numbers.

Read before: wide.py, mlp/optimizers.py        Read next: embedding.py
"""
from collections.abc import Sequence
from typing import Any

import numpy as np

from mlp.optimizers import Optimizer
from mlp.windows import flatten
from perceptron.activations import Array
from widedeep.registry import register


@register("rule")
class FTRL(Optimizer):
    """alpha : learning rate, > 0        beta > 0, l1, l2 >= 0 : the paper's values, per example
    batch_size : nominal number of examples whose mean gradient makes a step
    blocks : None, or a learning rate per block: [(features, factor > 0), ...], one block of w after the other, whose
        learning rate is alpha times the factor (training/block_rates.py).  Plain numbers, as an archive holds them
    """

    __slots__ = ("rates",)                                          # of the last step

    def __init__(self, alpha: float = 0.1, beta: float = 1.0, l1: float = 0.0, l2: float = 0.0, batch_size: int = 1,
                 blocks: Sequence[tuple[int, float]] | None = None):
        super().__init__(alpha)
        if not (beta > 0 and l1 >= 0 and l2 >= 0 and batch_size >= 1):
            raise ValueError(f"FTRL: beta {beta}, l1 {l1}, l2 {l2}, batch_size {batch_size}; "
                             "want beta > 0 (else 0/0 where nothing happened yet), l1, l2 >= 0, batch_size >= 1")
        if not all(0 < factor < np.inf for _, factor in blocks or ()):
            raise ValueError(f"FTRL: blocks {list(blocks or ())}; want (features, factor), every factor above 0")
        self.beta, self.l1, self.l2 = beta / batch_size, l1 / batch_size, l2 / batch_size
        self.blocks = None if blocks is None else list(blocks)

    def start(self, w: Array) -> tuple[Array, ...]:
        zeta, n = np.zeros_like(w), np.zeros_like(w)
        if self.blocks is None:
            self.settle(w, zeta, n)                                 # weights trained before stay as they are
            return zeta, n
        sizes, factors = zip(*self.blocks)
        factor = np.repeat(np.array(factors, w.dtype), sizes)       # (V,) kept as memory: a sparse step takes its rows
        if factor.shape != w.shape:
            raise ValueError(f"FTRL: blocks of {len(factor)} features in all, weights {w.shape}; "
                             "see block_rates(encoder, ...)")
        self.settle(w, zeta, n, factor)
        return zeta, n, factor

    def update(self, w: Array, g: Array, zeta: Array, n: Array, factor: Any = 1.0) -> None:    # type: ignore[override]
        alpha = self.lr * factor                                    # one number, or one for each weight
        root, square = np.sqrt(n), g * g
        n += square
        new_root = np.sqrt(n)
        tiny = np.finfo(w.dtype).tiny                               # 0 / 0 = 0 where nothing ever happened
        sigma = square / (alpha * (new_root + root) + tiny)         # = (new_root - root) / alpha, without cancellation
        zeta += g - sigma * w
        beyond = zeta - np.clip(zeta, -self.l1, self.l1)            # 0 wherever |zeta| <= l1
        w[...] = -beyond / ((self.beta + new_root) / alpha + self.l2)

    def rebase(self, params: Any) -> None:
        """After somebody else has set w (as EMA does), or alpha, l1 or l2: w stays, and its memory follows."""
        for name, w in flatten(params):
            if name in self.memory:
                self.settle(w, *self.memory[name])

    def settle(self, w: Array, zeta: Array, n: Array, factor: Any = 1.0) -> None:
        """Find the zeta from which Algorithm 1 computes this w."""
        stiffness = (self.beta + np.sqrt(n)) / (self.lr * factor) + self.l2
        zeta[...] = np.where(w != 0, -w * stiffness - np.sign(w) * self.l1, np.clip(zeta, -self.l1, self.l1))

    def follow(self, params: Any) -> None:
        rates = self.lr, self.beta, self.l1, self.l2
        if rates != getattr(self, "rates", rates):                  # changed since the last step
            self.rebase(params)
        self.rates = rates

    def step(self, params: Any, grads: Any) -> None:
        self.follow(params)
        super().step(params, grads)
