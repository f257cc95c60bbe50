"""Ordinal regression: is the grade above 1 star?  above 2? ...  One sum s of the towers; each threshold has a bias.

    P(y > t_k) = sigmoid(s + b_k)        loss = sum_k c_k log_loss_k        error signal c_k (a - y)

(Cumulative logits.)  A label of 0 or 1 keeps little of a grade: with the threshold at 3, 1 star and 3 are both 0.
Trained on all thresholds at once, the towers learn from every grade, also for the one threshold that is asked for in
the end; the other ones are auxiliary losses of weight c:

    train, validation = (number_labels(encoder.encode(t), t["rating"][:, None]) for t in (rows, others))
    model = OrdinalRegression((1, 2, 3, 4), wide=..., deep=...)
    model.init_bias(train.labels)
    fit(model, optimizers, train, validation, rng=rng, epochs=20,
        loss=model.loss(3, auxiliary_weight=0.3), validation_loss=model.validation_loss(3))
    model.at_threshold(3).predict(batch)                # P(more than 3 stars)

Read before: regression.py        Read next: training/block_rates.py
Source: McCullagh 1980 (proportional odds: the model); Rennie and Srebro 2005 (a loss for every threshold).
"""
from typing import Any

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from perceptron.losses import log_loss
from widedeep.batch import Batch
from widedeep.model import Tower, WideDeep
from widedeep.registry import register
from widedeep.train import Loss


@register("head")
class OrdinalRegression(WideDeep):
    """A logit for each threshold, Z = s + b (N, K).

    thresholds : K, ascending; logit k is that of "grade > thresholds[k]", so that 1 to 5 stars want (1, 2, 3, 4)
    towers : as for WideDeep
    """

    def __init__(self, thresholds: npt.ArrayLike, dtype: npt.DTypeLike = np.float32, **towers: Tower):
        super().__init__(dtype, **towers)
        self.dtype = np.dtype(dtype)
        t = self.thresholds = np.asarray(thresholds, dtype).tolist()        # rounded, as grades will be
        if not t or not np.isfinite(t).all() or t != sorted(set(t)):
            raise ValueError(f"OrdinalRegression: thresholds {t}; want one or more, finite, ascending")
        self.b = np.zeros(len(t), dtype)                            # (K,)  z (N, K) = b + s, by broadcasting

    def init_bias(self, labels: Array) -> None:
        """The best constant answer to grades (N, 1): of each threshold the log-odds, with one more above and below.

        Raises ValueError where no grade, or every grade, is above a threshold, as it is with labels 0 and 1.
        """
        above = self.above(labels).sum(axis=0)                      # (K,)
        if (above == 0).any() or (above == len(labels)).any():
            raise ValueError(f"OrdinalRegression.init_bias: {above.tolist()} of {len(labels)} grades are above the "
                             f"thresholds {self.thresholds}; want some above and some not: grades by number_labels, "
                             "not labels 0 and 1?")
        self.b[...] = np.log((above + 1) / (len(labels) - above + 1))

    def check_labels(self, who: str, labels: Array) -> None:
        """Raise ValueError if no threshold lies between the grades, as with labels 0 and 1, and the model is new."""
        above = self.above(labels)
        alike = self.last_step is None and (above == above[0]).all()    # (of a trained one it may be a window's grades)
        if labels.shape[1:] != (1,) or (len(labels) > 1 and alike and (labels != labels[0]).any()):
            raise ValueError(f"{who}: labels {labels.shape} from {labels.min():g} to {labels.max():g}, and thresholds "
                             f"{self.thresholds}; want grades (N, 1) on both sides: number_labels(batch, grades)")

    def backward(self, dz: Array, caches: dict[str, Any]) -> dict[str, Any]:
        """dz (N, K) -> gradients.  All thresholds share s, so their errors add up in it."""
        ds = dz.sum(axis=1, keepdims=True)                          # (N, 1)
        grads = {name: tower.backward(ds, caches[name]) for name, tower in self.towers.items()}
        return grads | {"bias": {"b": dz.sum(axis=0)}}

    def loss(self, threshold: float, auxiliary_weight: float) -> Loss:
        """For fit: the log loss at the threshold, plus `auxiliary_weight` times that at each of the others.

        The loss takes z (N, K), grades y (N, 1), and perhaps a weight (N, 1) for each row and the divisor n.  It
        divides by n, or the sum of the rows' weights alone, so that the loss at the threshold has the scale that it
        would have by itself.
        """
        if not auxiliary_weight >= 0:
            raise ValueError(f"OrdinalRegression.loss: auxiliary_weight {auxiliary_weight}; want 0 or more")
        each = np.full(len(self.thresholds), auxiliary_weight)
        each[self.column_of(threshold)] = 1                         # (K,)

        def ordinal_loss(z: Array, y: Array, sample_weight: Array | None = None, n: float | None = None
                         ) -> tuple[float, Array]:
            rows = np.ones((len(z), 1)) if sample_weight is None else sample_weight
            for what, array in (("grades", y), ("sample_weight", rows)):
                if array.shape != (len(z), 1):
                    raise ValueError(f"ordinal loss: {what} {array.shape}; want ({len(z)}, 1)")
            return log_loss(z, self.above(y), (rows * each).astype(z.real.dtype),                 # (N, K) weights
                            float(rows.sum()) if n is None else n)
        return ordinal_loss

    def validation_loss(self, threshold: float) -> Loss:
        """For fit: the log loss at this threshold alone, in nats.  ValueError if no grade is above it."""
        k = self.column_of(threshold)

        def loss_at_threshold(z: Array, y: Array, sample_weight: Array | None = None) -> tuple[float, Array]:
            above = self.above(y)[:, k:k + 1]
            if not above.any():
                raise ValueError(f"OrdinalRegression.validation_loss: no grade is above {threshold}; "
                                 "want grades, not labels 0 and 1?")
            return log_loss(z[:, k:k + 1], above, sample_weight)
        return loss_at_threshold

    def at_threshold(self, threshold: float) -> WideDeep:
        """The plain model at one threshold: is the grade above it?  It shares the towers and the bias.

        For all that comes after training: model = ordinal.at_threshold(3), then explain(model, ...), save(path, model,
        ...), evaluate(model.logits(test), (stars > 3) * 1.0).
        """
        k = self.column_of(threshold)
        model = WideDeep(self.b.dtype, **self.towers)
        model.b, model.made_for, model.last_step = self.b[k:k + 1], self.made_for, self.last_step
        return model

    def predict(self, batch: Batch) -> Array:
        """(N, K): the probability that the grade is above each threshold."""
        return super().predict(batch)

    def above(self, grades: Array) -> Array:
        """grades (N, 1) -> (N, K) bool: is the grade above the threshold?"""
        return np.asarray(grades, self.dtype) > np.array(self.thresholds, self.dtype)

    def column_of(self, threshold: float) -> int:
        """The number of the threshold's column."""
        near = float(np.asarray(threshold, self.dtype))
        if near not in self.thresholds:
            raise ValueError(f"OrdinalRegression: threshold {threshold} is none of {self.thresholds}")
        return self.thresholds.index(near)

    def spec(self) -> dict[str, Any]:
        """What __init__ needs to build it again, but for the towers."""
        return {"thresholds": self.thresholds}
