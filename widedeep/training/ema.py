"""EMA, the exponential moving average of the weights: predict with their recent mean, not with the last ones.

    mean <- mean + (w - mean) (1 - decay_t)         decay_t = min(decay, t / (t + 10)),  t steps so far

Each step on a mini-batch adds the noise of its rows to the weights.  The mean has little of that noise left, as if the
learning rate had been lowered, while training itself goes on at the full rate.  decay_t is small at first, so that the
first, bad weights are forgotten fast.

    ema = EMA(model.params(), 0.99)
    ema.update()                                    after every step
    with ema.applied():                             the model's weights are the mean inside the `with`
        model.predict(batch)

`fit(..., ema=ema)` does all of this.

Read before: train.py        Read next: checkpoint.py
Source: Polyak and Juditsky 1992 (the mean of iterates); the exponential form is common practice.
"""
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlp.windows import flatten


class EMA:
    """params : live arrays, nested or not, trained in place        decay : in [0, 1); 0.99 remembers 100 steps"""

    def __init__(self, params: Any, decay: float):
        if not 0 <= decay < 1:
            raise ValueError(f"EMA: decay {decay}; want a number in [0, 1)")
        if hasattr(params, "params"):
            raise ValueError(f"EMA: a {type(params).__name__}; want its weights: EMA(model.params(), {decay})")
        self.decay, self.steps = decay, 0
        self.live = [w for _, w in flatten(params)]
        self.means = [w.copy() for w in self.live]

    def update(self) -> None:
        """Move the mean a little towards the weights as they are."""
        self.steps += 1
        rest = 1 - min(self.decay, self.steps / (self.steps + 10))
        for mean, w in zip(self.means, self.live):
            mean += (w - mean) * rest

    def apply(self) -> None:
        """Set the weights to the mean, in place, for good: at the end of training."""
        for mean, w in zip(self.means, self.live):
            w[...] = mean

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The weights are the mean inside the `with`; after it they are what they were."""
        kept = [w.copy() for w in self.live]
        self.apply()
        try:
            yield
        finally:
            for w, value in zip(self.live, kept):
                w[...] = value
