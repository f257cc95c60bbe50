"""Two kinds of decay: of the weights, so that they stay small, and of the learning rate, so that they come to rest.

    w  <- (1 - lr rate) w,  then the rule's own step           decoupled weight decay
    lr <- lr(epoch)                                            a schedule

L2 adds rate w to the gradient, where Adam and AdaGrad divide it by the gradient's usual size.  Decoupled, every weight
shrinks by the same share a step, whatever its gradients were.  In an embedding table that is what keeps a rare row
small: it shrinks all the time, and is corrected only where it occurs.

Read before: mlp/optimizers.py, mlp/penalty.py        Read next: weights.py
Source: Loshchilov and Hutter 2019, Algorithm 2.
"""
from collections.abc import Callable, Mapping
from typing import Any

from mlp.optimizers import Optimizer, check_fit
from mlp.train import Epoch
from mlp.windows import flatten


class Decay(Optimizer):
    """An optimizer around another: shrinks some arrays, then lets `rule` step.

    rule : moves the weights; its lr and memory are the pair's
    rates : {beginning of a name: rate >= 0}; the first that fits counts, an array that none fits is left alone:
        {"E": 3.0} shrinks the table alone, {"E": 3.0, "": 0.1} everything else too, more gently
    """

    def __init__(self, rule: Optimizer, rates: Mapping[str, float]):
        if not all(rate >= 0 and rule.lr * rate < 1 for rate in rates.values()):
            raise ValueError(f"Decay: rates {dict(rates)}, learning rate {rule.lr}; want rate >= 0 and lr rate < 1")
        super().__init__(rule.lr)
        self.rule, self.rates = rule, dict(rates)
        self.memory = rule.memory                                   # one and the same

    def step(self, params: Any, grads: Any) -> None:
        check_fit("", params, grads)                                # before anything moves
        for name, w in flatten(params):
            rate = next((rate for start, rate in self.rates.items() if name.startswith(start)), 0.0)
            if rate:
                w *= 1 - self.lr * rate                             # the whole table, also rows the batch did not touch
        self.rule.lr = self.lr
        self.rule.step(params, grads)
        self.steps = self.rule.steps

    def rebase(self, params: Any) -> None:
        self.rule.rebase(params)


def scheduled(optimizers: Mapping[str, Optimizer], schedule: Callable[[int], float],
              report: Callable[[Epoch], Any] | None = None) -> Callable[[Epoch], Any]:
    """A `report` for fit that sets every learning rate: epoch e runs at schedule(e) times the rate it was built with.

    schedule : epoch 2, 3, ... -> a factor > 0, as lambda e: 0.9 ** (e - 1); epoch 1 runs at the full rate
    report : called first, if there is one.  FTRL's alpha stays: its weights are computed from it anew at each step.
    """
    if not schedule(2) > 0:
        raise ValueError(f"scheduled: {schedule(2)} times the rate in epoch 2; want factors above 0")
    full = {name: optimizer.lr for name, optimizer in optimizers.items() if name != "wide"}

    def after(record: Epoch) -> None:
        if report is not None:
            report(record)
        for name, lr in full.items():
            optimizers[name].lr = lr * schedule(int(record["epoch"]) + 1)
    return after
