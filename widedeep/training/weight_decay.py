"""Decoupled weight decay: every step also shrinks the weights by the same share.

    w <- (1 - lr rate) w,  then the rule's own step

An L2 penalty adds rate w to the gradient, which Adam and AdaGrad then divide by the gradient's usual size.  Decoupled
from the gradient, the decay is the same for every weight.  That keeps the rare rows of an embedding table small: a row
shrinks at every step, and learns only in the steps whose batch contains it.

Read before: mlp/optimizers.py, mlp/penalty.py        Read next: schedules.py
Source: Loshchilov and Hutter 2019, Algorithm 2.
"""
from collections.abc import Mapping
from typing import Any

from mlp.optimizers import Optimizer, check_fit
from mlp.windows import flatten
from perceptron.activations import Array
from widedeep.registry import register


@register("rule")
class WeightDecay(Optimizer):
    """An optimizer around another: shrinks some arrays, then lets `rule` step.

    rule : moves the weights; its lr and its memory are also those of the pair
    rates : {beginning of a name: rate >= 0}; the first that fits counts, an array that none fits is left alone:
        {"E": 3.0} shrinks the table alone, {"E": 3.0, "": 0.1} everything else too, but less
    """

    def __init__(self, rule: Optimizer, rates: Mapping[str, float]):
        if not all(rate >= 0 and rule.lr * rate < 1 for rate in rates.values()):
            raise ValueError(f"WeightDecay: rates {dict(rates)}, learning rate {rule.lr}; "
                             "want rate >= 0 and lr rate < 1")
        self.rule, self.rates = rule, dict(rates)
        self.lr, self.steps = rule.lr, rule.steps

    @property
    def memory(self) -> dict[str, tuple[Array, ...]]:
        """The rule's: there is only one."""
        return self.rule.memory

    @memory.setter
    def memory(self, memory: dict[str, tuple[Array, ...]]) -> None:
        self.rule.memory = memory

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
