"""The running average of the weights: serve the mean of where training has been, not where it happens to stand.

    mean <- mean + (w - mean) (1 - decay_t)         decay_t = min(decay, t / (t + 10)),  t steps so far

Each step of a mini-batch throws the weights about by the noise of its rows; the mean has little of that noise left, as
if the learning rate had been lowered at no cost.  decay_t lets the first, bad weights be forgotten fast.

    average = Average(model.params(), 0.99)
    average.update()                                after every step
    with average.applied():                         inside, the model IS the average; after, it trains on
        model.predict(batch)

Read before: train.py        Read next: product.py
Source: Polyak and Juditsky 1992 (the mean of iterates); the exponential form is common practice.
"""
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlp.windows import flatten


class Average:
    """params : live arrays, nested or not, trained in place        decay : in [0, 1); 0.99 remembers 100 steps"""

    def __init__(self, params: Any, decay: float):
        if not 0 <= decay < 1:
            raise ValueError(f"Average: decay {decay}; want a number in [0, 1)")
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
        """The weights become the mean, in place, for good: at the end of training."""
        for mean, w in zip(self.means, self.live):
            w[...] = mean

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The weights are the mean inside the `with`, and come back after it."""
        kept = [w.copy() for w in self.live]
        self.apply()
        try:
            yield
        finally:
            for w, value in zip(self.live, kept):
                w[...] = value
