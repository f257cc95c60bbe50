"""Kinks: where a function has two slopes, one on each side, as ReLU at 0.

    left (L(x) - L(x - h)) / h        right (L(x + h) - L(x)) / h

A step that carries a net sum over 0 measures a mixture of the two, which no backward can match.  So an entry that looks
wrong is asked for its kinks: if its step crosses one, and the gradient lies between the slopes on the two sides, it is
reported and not judged.

Read before: slopes.py        Read next: arguments.py
"""
from collections.abc import Callable
from typing import Any

import numpy as np

from mlp.gradcheck.slopes import Index, Loss, loss_at
from perceptron.activations import Array

PreActivations = Callable[[Any], list[Array]]           # model -> the net sums Z before every ReLU


def crosses(model: Any, pre_activations: PreActivations, w: Array, i: Index, step: float) -> bool:
    """Does moving entry i by a step to either side carry a net sum over (or off) its kink at 0?"""
    def sides(move: float) -> list[Array]:
        return loss_at(model, lambda m: [np.sign(Z) for Z in pre_activations(m)], w, i, move)
    here = sides(0.0)
    return any(not np.array_equal(a, b) for move in (step, -step) for a, b in zip(here, sides(move)))


def between_slopes(model: Any, loss: Loss, w: Array, i: Index, step: float, given: float, losses: tuple[Any, Any, Any],
                   noise: float) -> tuple[float, float] | None:
    """(slope on the left, slope on the right) if the gradient `given` of entry i lies between the two; else None.

    losses : at -step, at 0, at +step        noise : what rounding may add to a slope
    """
    minus, base, plus = losses
    left, right = (base - minus) / step, (plus - base) / step
    beyond = [(loss_at(model, loss, w, i, 2 * side * step) - at) / (side * step)        # clear of the kink
              for side, at in ((-1, minus), (1, plus))]
    slack = 1e-3 * max(map(abs, beyond)) + 2 * noise    # one-sided slopes err by O(h)
    inside = min(left, right, *beyond) - slack <= given <= max(left, right, *beyond) + slack
    return (left, right) if inside else None
