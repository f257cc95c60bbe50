"""Candidates: a handful of models, from a straight line to two towers with waves.   Measurement chooses among them.

    ridge           a weight for each number, all rows in a step; weak L2, and strong
    wide            and for each bucket and each value, strong L2
    plain           a deep tower of plain numbers, much decay and dropout, short; and longer
    careful waves   waves (below), with as much
    waves           numbers as waves of learned frequencies, in a deep tower of two layers; few crosses, learned fast
    crosses         the same with every cross that helps, learned slowly
    buckets         a deep tower of embeddings as for Adult (recipes/adult.py): AdaGrad, a long average

Read before: towers/deep_periodic.py, training/weight_decay.py        Read next: search.py
"""
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mlp.optimizers import AdaGrad, Adam, Momentum, Optimizer
from widedeep.auto.answers import Answers
from widedeep.batch import Batch
from widedeep.crosses import Cross
from widedeep.features.missing import FillMedian
from widedeep.ftrl import FTRL
from widedeep.heads.classes import WideClasses
from widedeep.model import WideDeep
from widedeep.towers.deep_periodic import DeepPeriodic
from widedeep.towers.linear import Linear
from widedeep.training.block_rates import block_rates
from widedeep.training.weight_decay import WeightDecay
from widedeep.wide import Wide

MU = 0.9                                                # of the momentum of ridges
FEW = 3000                                              # training rows: below, small models are worth a try


@dataclass(frozen=True)
class Candidate:
    """alpha, l1, l2, crosses : the wide tower's FTRL, and the factor of its crosses; alpha 0: no wide tower
    linear : a linear tower, whose weights decay at this rate; below 0: none
    ridge : instead, an L2 price of ridge / n, and all n rows in each step; 0: no
    hidden, d, dropout, waves : the deep tower; hidden () for none
    lr, adam, decay : the rule of all but the wide tower
    ema : of the weights        epochs : at most; the rates fall along a cosine
    stop : keep the best epoch by the rows left out; else the last.  Few rows would choose an epoch by luck, and then
        be judged by it
    """

    name: str
    alpha: float = 0.03
    l1: float = 0.5
    l2: float = 1.0
    crosses: float = 1.0
    pairs: str = "strong"
    linear: float = 0.01
    ridge: float = 0.0
    hidden: tuple[int, ...] = ()
    d: int = 4
    dropout: float = 0.1
    waves: int = 16
    scale: float = 0.3
    lr: float = 0.006
    adam: bool = True
    decay: float = 0.5
    ema: float = 0.99
    epochs: int = 20
    stop: bool = True

    def batch_size(self, n: int) -> int:
        """At least 20 steps an epoch, where there are as many rows."""
        return n if self.ridge else int(np.clip(n // 20, 16, 256))

    def build(self, encoder: Any, answers: Answers, rng: np.random.Generator, batch_size: int
              ) -> tuple[WideDeep, dict[str, Optimizer]]:
        """A fresh model and its optimizers."""
        K = answers.outputs
        towers: dict[str, Any] = {}
        rules: dict[str, Optimizer] = {}
        if self.alpha and encoder.n_wide > 1:
            towers["wide"] = Wide(encoder.n_wide) if K == 1 else WideClasses(encoder.n_wide, K)
            blocks = block_rates(encoder, self.crosses) if K == 1 and self.crosses != 1 else None
            rules["wide"] = FTRL(self.alpha, l1=self.l1, l2=self.l2, batch_size=batch_size, blocks=blocks)
        if self.linear >= 0 and encoder.numbers:
            towers["linear"] = Linear(len(encoder.numbers), K)
            rules["linear"] = WeightDecay(self.rule(), {"": self.linear})
        if self.hidden:
            waves = sum(isinstance(number, FillMedian) for number in encoder.numbers) if self.waves else 0
            towers["deep"] = DeepPeriodic(encoder.n_deep, self.d, encoder.n_inputs, list(self.hidden), rng, waves,
                                          max(self.waves, 1), outputs=K, dropout=self.dropout, scale=self.scale)
            rules["deep"] = WeightDecay(self.rule(), {"E": self.decay, "mlp": self.decay})
        if self.ridge:                                              # of M robust numbers no direction is steeper than M
            rate = self.ridge / batch_size / (1 - MU)
            lr = min((1.0 if answers.head == "number" else 2.0) / len(encoder.numbers), 0.5 / rate)
            rules = {"linear": WeightDecay(Momentum(lr, MU), {"": rate})}
            return answers.new_model(towers), rules | {"bias": Momentum(lr, MU)}
        return answers.new_model(towers), rules | {"bias": self.rule()}

    def rule(self) -> Optimizer:
        return Adam(self.lr, b2=0.99) if self.adam else AdaGrad(self.lr)


    def sees(self, batch: Batch, encoder: Any) -> Batch:
        """The batch without the crosses that it does not see: narrower rows of wide ids."""
        plan, crosses = encoder.plan, [column for column in encoder.wide if isinstance(column, Cross)]
        seen = {"no": 0, "strong": len(plan.crosses), "all": len(crosses)}[self.pairs]
        if seen == len(crosses):
            return batch
        wide = np.where(batch.wide < encoder.n_wide - sum(cross.size for cross in crosses[seen:]), batch.wide, 0)
        used = np.flatnonzero(wide.any(axis=0))
        return replace(batch, wide=wide[:, used] if len(used) else wide[:, :1])


def candidates_for(n: int, encoder: Any) -> list[Candidate]:
    """Those worth measuring for n training rows."""
    waves = Candidate("waves", hidden=(128, 128), crosses=3.0, decay=2.0, epochs=30)
    crosses = Candidate("crosses", hidden=(128, 128), alpha=0.05, l2=0.0, crosses=0.15, pairs="all", lr=0.003)
    buckets = Candidate("buckets", hidden=(64, 32), d=8, waves=0, scale=0.05, lr=0.03, adam=False, decay=0.05,
                        ema=0.999, alpha=0.05, l2=0.0, crosses=0.15, pairs="all", epochs=25)
    wide = Candidate("wide", alpha=0.05, l2=2.0, pairs="no", epochs=30, stop=False)
    if n >= FEW:
        return [replace(wide, epochs=8), waves, crosses, buckets]
    ridge = Candidate("ridge", alpha=0.0, ridge=0.1, ema=0.0, epochs=300, stop=False)
    plain = Candidate("plain", hidden=(64, 64), alpha=0.0, waves=0, dropout=0.3, decay=5.0, lr=0.004, epochs=8,
                      stop=False)
    waves = replace(waves, epochs=12, stop=False)
    found = [ridge, replace(ridge, name="strong ridge", ridge=2.0), wide, plain,
             replace(plain, name="longer plain", epochs=32),
             replace(waves, name="careful waves", decay=10.0, dropout=0.3, epochs=16), waves]
    return found if encoder.numbers else [c for c in found if not c.ridge]


def scaled_rates(rules: Mapping[str, Optimizer], factor: float, full: Mapping[str, float]) -> None:
    """Set every learning rate but FTRL's to factor times its full one."""
    for name, lr in full.items():
        rules[name].lr = lr * factor
