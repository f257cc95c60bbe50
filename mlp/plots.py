"""Pictures of a network.  Needs matplotlib, which is imported where something is drawn."""
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mlp.network import MLP, Caches
from mlp.train import Epoch
from perceptron.activations import Array
from perceptron.drawing import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    around,
    circle,
    number,
    settle,
    signed_map,
    weight_arrow,
    write_where_free,
)
from perceptron.plots import plot_boundary

__all__ = ["plot_boundary_of", "plot_learning", "plot_network", "plot_network_values", "plot_step_sizes"]

PLAIN = {"boxstyle": "round,pad=0.1", "facecolor": "white", "linewidth": 0}
DEFAULT_STEP = 6e-6                                     # of mlp.gradcheck.check, for weights up to 1


def plot_network(sizes: Sequence[int], names: Sequence[str] | None = None, ax: Any = None) -> Any:
    """The layers as a directed graph: a circle per neuron, an arrow per weight.  For small sizes.  Returns the axes.

    *Picture: a column of circles for each layer, inputs left and outputs right; arrows lead from each circle to each
    circle of the next column.*
    """
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
    """Training loss, and validation loss if there is one, by epoch.  Returns the axes.

    *Picture: the loss by epoch, a solid blue line on training rows, a dashed orange one on validation rows.*
    """
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
    """Examples (N, 2) and the line on which a network of one output changes its mind.  Returns the axes.

    *Picture: circles are y = 0, squares y = 1; black lines, which may bend, part the plane; where z >= 0 it is orange.*
    """
    return plot_boundary(_Logit(network), X, y, ax)                              # type: ignore[arg-type]


def plot_network_values(network: MLP, caches: Caches, deltas: Sequence[Array] | None = None, ax: Any = None,
                        example: int = 0) -> Any:
    """The graph of a small network with the numbers of one example in it.  Returns the axes.

    caches : as forward gave them        deltas : of each layer (N, H), the gradient at its net sums
    example : which of the N rows
    The scales of the colours are those of all N examples, so that pictures of several examples can be compared.
    Weights are written where there is room, on at most 30 arrows.

    *Picture: each circle holds what the neuron puts out, and is coloured by it, from orange (below 0) over white to
    blue (above 0); an arrow is as thick as its weight is large, solid blue above 0, dashed orange below.  With deltas:
    the ring round each neuron is coloured by its delta, which is written below it.*
    """
    import matplotlib.pyplot as plt

    layers = [caches[0][0][0], *(A if mask is None else A * mask for (_, _, A), mask in caches)]     # inputs, outputs
    check_values(network, layers, deltas, example)
    sizes, largest = network.sizes, max(np.abs(layer.W).max() for layer in network.layers) or 1.0
    ax = ax or plt.subplots(figsize=(1.9 * len(sizes) + 2, 0.95 * max(sizes) + 1.2), layout="constrained")[1]
    ax.set(xlim=(-0.35, len(sizes) - 0.65), ylim=(-max(sizes) / 2 - 0.15, max(sizes) / 2 + 0.4))
    ax.axis("off")
    outputs = color_scale(ax, layers, "output a (circle)")
    errors = None if deltas is None else color_scale(ax, deltas, "delta (ring)")
    settle(ax)
    places = [[(x, (size - 1) / 2 - k) for k in range(size)] for x, size in enumerate(sizes)]
    taken, names = around(ax, sum(places, []), 17), ["inputs", *[""] * (len(sizes) - 2), "outputs"]
    for x, values in enumerate(layers):
        ax.text(x, max(sizes) / 2 + 0.2, names[x] or f"hidden {x}", ha="center", va="center")
        for place, value, k in zip(places[x], values[example], range(sizes[x])):
            if errors is not None and deltas is not None and x > 0:
                delta = deltas[x - 1][example, k]
                ax.scatter(*place, s=2000, color=[errors.to_rgba(delta)], edgecolor=GREY, zorder=2.9)
                ax.annotate(rf"$\delta$ = {number(delta, 2)}", place, (0, -25), textcoords="offset points", ha="center",
                            va="top", fontsize=9, zorder=5, bbox=PLAIN)
            circle(ax, place, number(value, 2), outputs.to_rgba(value))
    taken += [text.get_window_extent() for text in ax.texts]
    edge, t = 17 if deltas is None else 26, np.linspace(0.2, 0.8, 25)[:, None]
    weights = [(w, np.array(places[x][i]) * (1 - t) + np.array(places[x + 1][j]) * t, x)
               for x, layer in enumerate(network.layers) for (i, j), w in np.ndenumerate(layer.W)]
    ways = [around(ax, along, 6) for _, along, _ in weights]
    for k, (w, along, x) in enumerate(weights):
        first, step = along[0], along[1] - along[0]
        weight_arrow(ax, first - 8 * step, along[-1] + 8 * step, w / largest, (17 if x == 0 else edge, edge))
        if len(weights) <= 30:
            others = sum(ways[:k] + ways[k + 1:], [])                       # a number on a crossing belongs to nobody
            write_where_free(ax, number(w, 2), along[4:], taken, others, bbox=PLAIN)
    return ax


def color_scale(ax: Any, values: Sequence[Array], name: str) -> Any:
    """Orange to blue over all these numbers, 0 in the middle, with a bar that says so.  Returns the mapping."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    most = max(float(np.abs(one).max()) for one in values) or 1.0
    colors = ScalarMappable(Normalize(-most, most), signed_map())
    ax.figure.colorbar(colors, ax=ax, label=name, shrink=0.8, pad=0.02)
    return colors


def check_values(network: MLP, layers: Sequence[Array], deltas: Sequence[Array] | None, example: int) -> None:
    """Raise ValueError unless the numbers are those of this network, and the example is one of them."""
    if [layer.shape[1] for layer in layers] != network.sizes:
        raise ValueError(f"plot_network_values: caches of layers {[layer.shape[1] for layer in layers]}; want those of "
                         f"this network, {network.sizes}: z, caches = network.forward(X)")
    if not 0 <= example < len(layers[0]):
        raise ValueError(f"plot_network_values: example {example}; want one of the {len(layers[0])} rows, from 0")
    if deltas is not None and [np.shape(delta) for delta in deltas] != [layer.shape for layer in layers[1:]]:
        raise ValueError(f"plot_network_values: deltas {[np.shape(delta) for delta in deltas]}; want one for each "
                         f"layer, from the first hidden one to the output: {[layer.shape for layer in layers[1:]]}")


def plot_step_sizes(steps: Sequence[float], errors: Mapping[str, Sequence[float]], ax: Any = None) -> Any:
    """How wrong a measured slope is, by the step that it was measured with.  Returns the axes.

    steps : (S,) above 0        errors : {name: (S,) relative errors}, at most 4

    *Picture: error against step, both on logarithmic axes, smaller steps to the right.  Differences draw a V: first the
    formula's own error falls with the step, then rounding rises.  A black line marks the default of the check.*
    """
    import matplotlib.pyplot as plt

    ax = ax or plt.subplots(figsize=(6.5, 4.2), layout="constrained")[1]
    looks = ((BLUE, "-", "o"), (ORANGE, "--", "s"), (GREEN, "-.", "^"), (GREY, ":", "D"))
    if len(errors) > len(looks):
        raise ValueError(f"plot_step_sizes: {len(errors)} curves; want at most {len(looks)}, one for each colour")
    for (name, curve), (color, style, marker) in zip(errors.items(), looks):
        ax.loglog(steps, curve, style, color=color, marker=marker, markersize=4.5, linewidth=1.8, label=name)
    lowest = min(error for curve in errors.values() for error in curve if error > 0)
    ax.set(xlabel="step h (smaller to the right)", ylabel="relative error", ylim=(lowest / 50, None))
    if min(steps) < DEFAULT_STEP < max(steps):
        ax.axvline(DEFAULT_STEP, color="black", linewidth=0.8)
        ax.annotate(f"{DEFAULT_STEP:.0e}, the default".replace("e-0", "e-"), (DEFAULT_STEP, 0.02), (4, 0),
                    xycoords=ax.get_xaxis_transform(), textcoords="offset points", fontsize=9)
    ax.invert_xaxis()
    ax.legend(frameon=False, fontsize=9, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    return ax
