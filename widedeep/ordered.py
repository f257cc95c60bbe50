"""Ordered grades: more than 1 star?  more than 2? ...  One sum s of the towers answers all; only the bias differs.

    P(y > level_k) = sigmoid(s + b_k)        loss = sum_k c_k log_loss_k        error signal c_k (a - y)

A yes or no keeps little of what a grade says: 1 star and 3 are both "no".  Asked all the questions at once, the towers
learn from every grade, also for the one question that counts in the end:

    train, validation = (number_labels(encoder.encode(t), t["rating"][:, None]) for t in (rows, others))
    model = Ordered((1, 2, 3, 4), wide=..., deep=...)
    model.start(train.labels)
    fit(model, optimizers, train, validation, rng=rng, epochs=20, loss=model.loss(3, others=0.3), judge=model.judge(3))
    model.asks(3).predict(batch)                        # P(more than 3 stars)

Read before: heads.py        Read next: recipes.py
Source: McCullagh 1980 (proportional odds: the model); Rennie and Srebro 2005 (a loss for every threshold).
"""
from typing import Any

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from perceptron.losses import log_loss
from widedeep.batch import Batch
from widedeep.model import Tower, WideDeep
from widedeep.train import Loss


class Ordered(WideDeep):
    """A logit for each question, Z = s + b (N, K).

    levels : K, ascending; question k is "grade > levels[k]", so that 1 to 5 stars want (1, 2, 3, 4)
    towers : as for WideDeep
    """

    def __init__(self, levels: npt.ArrayLike, dtype: npt.DTypeLike = np.float32, **towers: Tower):
        super().__init__(dtype, **towers)
        self.dtype = np.dtype(dtype)
        self.levels = np.asarray(levels, dtype).tolist()            # rounded as grades will be: .1 of float32 is not .1
        if not self.levels or not np.isfinite(self.levels).all() or self.levels != sorted(set(self.levels)):
            raise ValueError(f"Ordered: levels {self.levels}; want one or more, finite, ascending")
        self.b = np.zeros(len(self.levels), dtype)                  # (K,)  z (N, K) = b + s, by broadcasting

    def start(self, labels: Array) -> None:
        """The best constant answer to grades (N, 1): the log-odds of each question's yes, with one yes and one no more.

        Raises ValueError where a question has but one answer, as it is with labels 0 and 1.
        """
        yes = self.above(labels).sum(axis=0)                        # (K,)
        if (yes == 0).any() or (yes == len(labels)).any():
            raise ValueError(f"Ordered.start: {yes.tolist()} of {len(labels)} grades are above the levels "
                             f"{self.levels}; want some above and some not: number_labels, not labels 0 and 1?")
        self.b[...] = np.log((yes + 1) / (len(labels) - yes + 1))

    def backward(self, dz: Array, caches: dict[str, Any]) -> dict[str, Any]:
        """dz (N, K) -> gradients.  All questions share s, so their errors add up in it."""
        ds = dz.sum(axis=1, keepdims=True)                          # (N, 1)
        grads = {name: tower.backward(ds, caches[name]) for name, tower in self.towers.items()}
        return grads | {"bias": {"b": dz.sum(axis=0)}}

    def loss(self, asked: float, others: float) -> Loss:
        """For fit: the log loss of the question that counts, plus `others` times that of each of the rest.

        The loss takes z (N, K), grades y (N, 1), and perhaps a weight (N, 1) for each row.  It divides by the rows'
        weight alone, so that the question that counts weighs what it would weigh by itself.
        """
        if not others >= 0:
            raise ValueError(f"Ordered.loss: others {others}; want 0 or more")
        each = np.full(len(self.levels), others)
        each[self.place(asked)] = 1                                 # (K,)

        def ordered_loss(z: Array, y: Array, sample_weight: Array | None = None) -> tuple[float, Array]:
            rows = np.ones((len(z), 1)) if sample_weight is None else sample_weight
            for what, array in (("grades", y), ("sample_weight", rows)):
                if array.shape != (len(z), 1):
                    raise ValueError(f"ordered loss: {what} {array.shape}; want ({len(z)}, 1)")
            return log_loss(z, self.above(y), (rows * each).astype(z.real.dtype), float(rows.sum()))    # (N, K) weights
        return ordered_loss

    def judge(self, asked: float) -> Loss:
        """For fit: the log loss of the question that counts, alone, in nats.  ValueError if all grades say no."""
        k = self.place(asked)

        def asked_loss(z: Array, y: Array) -> tuple[float, Array]:
            yes = self.above(y)[:, k:k + 1]
            if not yes.any():
                raise ValueError(f"Ordered.judge: no grade is above {asked}; want grades, not labels 0 and 1?")
            return log_loss(z[:, k:k + 1], yes)
        return asked_loss

    def asks(self, level: float) -> WideDeep:
        """The model of one question alone: more than this level, yes or no?  It shares the towers and the bias.

        For all that comes after training: explain(model.asks(3), ...), evaluate(model.asks(3).logits(test), stars > 3).
        """
        k = self.place(level)
        model = WideDeep(self.b.dtype, **self.towers)
        model.b = self.b[k:k + 1]
        return model

    def predict(self, batch: Batch) -> Array:
        """(N, K): the probability of each yes."""
        return super().predict(batch)

    def above(self, grades: Array) -> Array:
        """grades (N, 1) -> (N, K) bool: what each question's answer is."""
        return grades.astype(self.dtype) > np.array(self.levels, self.dtype)

    def place(self, level: float) -> int:
        """Which column asks for more than this level?"""
        near = float(np.asarray(level, self.dtype))
        if near not in self.levels:
            raise ValueError(f"Ordered: level {level} is none of {self.levels}")
        return self.levels.index(near)

    def spec(self) -> dict[str, Any]:
        """What __init__ needs to build it again, but for the towers."""
        return {"levels": self.levels}
