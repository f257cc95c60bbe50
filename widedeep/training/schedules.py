"""Learning-rate schedules: the learning rate falls from epoch to epoch, so that the weights settle.

    lr(epoch) = lr schedule(epoch)              lambda epoch: 0.9 ** (epoch - 1) takes a tenth off after each epoch

Read before: train.py        Read next: ema.py
"""
from collections.abc import Callable, Mapping
from typing import Any

from mlp.optimizers import Optimizer
from mlp.train import Epoch


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
