"""Pictures of a network.  Needs matplotlib, which is imported where something is drawn."""
from collections.abc import Sequence
from typing import Any

import numpy as np

from mlp.network import MLP
from mlp.train import Epoch
from perceptron.activations import Array
from perceptron.plots import BLUE, GREEN, GREY, ORANGE, plot_boundary

__all__ = ["plot_boundary_of", "plot_learning", "plot_network"]


def plot_network(sizes: Sequence[int], names: Sequence[str] | None = None, ax: Any = None) -> Any:
    """The layers as a directed graph: a circle per neuron, an arrow per weight.  For small sizes.  Returns the axes."""
    import matplotlib.pyplot as plt

    ax = ax or plt.subplots(figsize=(1.8 * len(sizes) + 1, 0.55 * max(sizes) + 1.4))[1]
    names = names or ["inputs", *(f"hidden {i}" for i in range(1, len(sizes) - 1)), "output"]
    places = [[(x, (size - 1) / 2 - k) for k in range(size)] for x, size in enumerate(sizes)]
    for left, right in zip(places, places[1:]):
        for a in left:
            for b in right:
                ax.annotate("", b, a, arrowprops={"arrowstyle": "->", "color": GREY, "shrinkA": 11, "shrinkB": 11,
                                                  "linewidth": 0.8})
    for x, layer in enumerate(places):
        color = BLUE if x == 0 else ORANGE if x == len(places) - 1 else GREEN
        ax.scatter(*zip(*layer), s=380, color=color, zorder=3)
        ax.text(x, max(sizes) / 2 + 0.25, names[x], ha="center")
    ax.set(xlim=(-0.6, len(sizes) - 0.4), ylim=(-max(sizes) / 2 - 0.1, max(sizes) / 2 + 0.7))
    ax.axis("off")
    return ax


def plot_learning(history: Sequence[Epoch], ax: Any = None) -> Any:
    """Training loss, and validation loss if there is one, by epoch.  Returns the axes."""
    import matplotlib.pyplot as plt

    ax = ax or plt.subplots(figsize=(6, 3.5))[1]
    epochs = [record["epoch"] for record in history]
    ax.plot(epochs, [record["loss"] for record in history], color=BLUE, linewidth=2, label="training")
    if "validation" in history[0]:
        ax.plot(epochs, [record["validation"] for record in history], "--", color=ORANGE, linewidth=2,
                label="validation")
    ax.set(xlabel="epoch", ylabel="mean loss", ylim=(0, None))
    ax.legend(frameon=False)
    return ax


class _Logit:
    """A network of one output, seen as plot_boundary sees a unit."""

    def __init__(self, network: MLP):
        self.network = network

    def net_sum(self, X: Array) -> Array:
        return self.network.forward(np.asarray(X, self.network.theta.flat.dtype))[0]


def plot_boundary_of(network: MLP, X: Array, y: Array, ax: Any = None) -> Any:
    """Examples (N, 2) and the line on which a network of one output changes its mind.  Returns the axes."""
    return plot_boundary(_Logit(network), X, y, ax)                              # type: ignore[arg-type]
