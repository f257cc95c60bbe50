"""Pictures of one neuron.  Needs matplotlib, which is imported where something is drawn."""
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from perceptron.activations import Activation, Array, relu, sigmoid, step, tanh
from perceptron.drawing import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    around,
    arrow,
    box,
    circle,
    number,
    ring,
    settle,
    weight_arrow,
    write_where_free,
)
from perceptron.neuron import Perceptron, three_steps

__all__ = ["BLUE", "GREEN", "GREY", "ORANGE", "plot_activations", "plot_boundary", "plot_boundary_path",
           "plot_loss_surface", "plot_neuron"]

LABEL = {"boxstyle": "round,pad=0.15", "facecolor": "white"}


def plot_activations(ax: Any = None) -> Any:
    """Four activations over z in [-4, 4].  Returns the axes.

    *Picture: the dotted step jumps from 0 to 1 at z = 0, the sigmoid climbs smoothly from 0 to 1, the dashed tanh from
    -1 to 1; ReLU is 0 on the left and the line a = z on the right.*
    """
    import matplotlib.pyplot as plt

    ax = ax or plt.subplots(figsize=(6, 3.5))[1]
    z = np.linspace(-4, 4, 401)
    styles = {step: (GREY, ":"), sigmoid: (BLUE, "-"), tanh: (GREEN, "--"), relu: (ORANGE, "-.")}
    for f, (color, style) in styles.items():
        ax.plot(z, f(z), style, color=color, label=f.name, linewidth=2)
    ax.set(xlabel="net sum z", ylabel="output a = f(z)", ylim=(-1.2, 2.2))
    ax.legend(frameon=False)
    return ax


def plot_neuron(x: Array, W: Array, b: Array, f: Activation, ax: Any = None) -> Any:
    """One neuron with its numbers, from left to right: multiply, add, activate.  Returns the axes.

    x : (D,) inputs, at most 10        W : (D, 1) weights        b : (1,) bias        f : the activation

    *Picture: each input is a circle with its number.  An arrow, as thick as the weight is large (solid blue above 0,
    dashed orange below), leads to the product; products and bias are added to the net sum z, and f makes a of it.*
    """
    import matplotlib.pyplot as plt

    multiplied, z, a = three_steps(x, W, b, f)
    D = len(multiplied)
    if D > 10:
        raise ValueError(f"plot_neuron: {D} inputs; want at most 10, since each has a row of the picture")
    ax = ax or plt.subplots(figsize=(7.5, 0.62 * D + 1.5), layout="constrained")[1]
    inputs, weights = [*np.asarray(x), 1.0], [*np.asarray(W)[:, 0], np.asarray(b)[0]]       # the bias: a constant 1
    products, largest, middle = [*multiplied, weights[-1]], np.abs(weights).max() or 1.0, D / 2
    for left, words in ((0, "inputs"), (2.6, "1. multiply"), (4.3, "2. add"), (5.6, "3. activate")):
        ax.text(left, D + 0.65, words, ha="center", va="center")
    for i, (value, w, product) in enumerate(zip(inputs, weights, products)):
        y, name = D - i, f"_{{{i + 1}}}$"
        circle(ax, (0, y), number(value), "#dddddd" if i == D else "white")
        ax.text(-0.35, y, "always" if i == D else "$x" + name, ha="right", va="center")
        weight_arrow(ax, (0, y), (2.05, y), w / largest, (18, 0))
        ax.annotate(f"{'b' if i == D else '$w' + name} = {number(w)}", (1.15, y), (0, 4), textcoords="offset points",
                    ha="center", fontsize=9)
        box(ax, (2.6, y), f"{'b' if i == D else '$x' + name[:-1] + ' w' + name} = {number(product)}", width=1.1)
        arrow(ax, (3.15, y), (4.3, middle), shrink=(0, 18))
    circle(ax, (4.3, middle), r"$\Sigma$")
    ax.annotate(f"z = {number(z[0])}", (4.3, middle), (5, -18), textcoords="offset points", va="top")
    arrow(ax, (4.3, middle), (5.2, middle), "black", shrink=(18, 0))
    box(ax, (5.6, middle), f.name, GREEN, width=0.8)
    arrow(ax, (6, middle), (6.5, middle), "black")
    ax.text(6.55, middle, f"a = {number(a[0])}", va="center", fontweight="bold")
    ax.set(xlim=(-1, 7.5), ylim=(-0.5, D + 1))
    ax.axis("off")
    return ax


def plot_boundary(unit: Perceptron, X: Array, y: Array, ax: Any = None) -> Any:
    """Two-dimensional examples and the line z = 0 on which the unit changes its mind.  Returns the axes.

    *Picture: circles are y = 0, squares y = 1; a black line parts the plane, the side on which z >= 0 is orange.*
    """
    import matplotlib.pyplot as plt

    ax = ax or plt.subplots(figsize=(4.5, 4))[1]
    for label, color, marker in ((0, BLUE, "o"), (1, ORANGE, "s")):
        rows = y[:, 0] == label
        ax.scatter(X[rows, 0], X[rows, 1], color=color, marker=marker, s=50, edgecolor="white", label=f"y = {label}")
    low, high = X.min() - 0.5, X.max() + 0.5
    side = np.linspace(low, high, 200)
    grid = np.stack(np.meshgrid(side, side), axis=-1)                       # (200, 200, 2)
    z = unit.net_sum(grid.reshape(-1, 2)).reshape(200, 200)
    if z.min() < 0 < z.max():
        ax.contour(side, side, z, levels=[0], colors="black", linewidths=1.5)
    ax.contourf(side, side, z >= 0, levels=[-0.5, 0.5, 1.5], colors=[BLUE, ORANGE], alpha=0.12)
    ax.set(xlabel="$x_1$", ylabel="$x_2$", xlim=(low, high), ylim=(low, high), aspect="equal")
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def plot_boundary_path(history: Sequence[tuple[Array, Array]], X: Array, y: Array, ax: Any = None) -> Any:
    """The decision line after each epoch, on two-dimensional examples.  Returns the axes.

    history : (W, b) after each epoch, copies, W (2, 1) and b (1,)        X : (N, 2)        y : (N, 1), 0 or 1

    Epochs that leave the line as it is share it, and its label "4-6".  Weights of zero have no line.  A label that
    finds no free place is left out; the last one is placed first.

    *Picture: circles are y = 0, squares y = 1.  The first epoch's line is pale, each later one darker; the last is
    black and thick, and the side on which the neuron then fires is orange.  Each line bears the number of its epoch.*
    """
    import matplotlib.pyplot as plt

    unit = Perceptron(2)
    unit.W, unit.b = history[-1]
    ax = plot_boundary(unit, X, y, ax or plt.subplots(figsize=(6, 4.4), layout="constrained")[1])
    lines: list[tuple[Array, list[int]]] = []                               # ends (2, 2), and epochs
    for epoch, (W, b) in enumerate(history, 1):
        ends = chord(W, b, *ax.get_xlim())
        if lines and ends is not None and np.array_equal(ends, lines[-1][0]):
            lines[-1][1].append(epoch)
        elif ends is not None:
            lines.append((ends, [epoch]))
    settle(ax)
    points, last = around(ax, X), len(lines) - 1
    taken: list[Any] = []
    for k, (ends, epochs) in reversed(list(enumerate(lines))):
        shade = str(0.8 - 0.8 * (k + 1) / len(lines))                       # "0.0" is black
        ax.plot(*ends.T, color=shade, linewidth=2.6 if k == last else 1.3, zorder=2 + k / len(lines))
        places = ends[0] + (ends[1] - ends[0]) * np.linspace(0.03, 0.97, 48)[:, None]
        write_where_free(ax, f"{epochs[0]}-{epochs[-1]}" if len(epochs) > 1 else f"{epochs[0]}", places, taken, points,
                         fontweight="bold" if k == last else "normal", bbox=LABEL | {"edgecolor": shade})
    return ax


def chord(W: Array, b: Array, low: float, high: float) -> Array | None:
    """The part of the line x W + b = 0 in the square from low to high: its ends (2, 2), or None if there is none."""
    w = np.asarray(W, float)[:, 0]
    if not w.any():
        return None
    foot, along = -w * float(b[0]) / (w @ w), np.array([-w[1], w[0]]) / np.linalg.norm(w)
    with np.errstate(divide="ignore", invalid="ignore"):                    # a line along an axis meets two sides only
        meets = np.sort((np.array([[low], [high]]) - foot) / along, axis=0)
    first, last = meets[0].max(), meets[1].min()
    return foot + along * np.array([[first], [last]]) if first < last else None


def plot_loss_surface(loss: Callable[[Any, Any], Any], centre_path: Array, ax: Any = None,
                      names: Sequence[str] = ("w1", "w2"), span: Any = None) -> Any:
    """The loss as a landscape over two weights, and the path that learning took on it.  Returns the axes.

    loss : (w1, w2), two numbers -> a number        centre_path : (T, 2) the weights after each step
    names : of the two weights        span : ((low, high) of w1, (low, high) of w2); else a margin around the path

    *Picture: contour lines of equal loss, the darker the lower.  The orange path has a dot for each step and leads from
    a square, the start, to a star, the end, each with its loss.*
    """
    import matplotlib.pyplot as plt

    ax = ax or plt.subplots(figsize=(6, 4.4), layout="constrained")[1]
    path = np.asarray(centre_path, float)
    if span is None:
        middle, half = (path.max(axis=0) + path.min(axis=0)) / 2, 0.7 * max(np.ptp(path, axis=0).max(), 1e-3)
        span = np.stack([middle - half, middle + half], axis=1)
    w1, w2 = (np.linspace(low, high, 61) for low, high in span)
    heights = np.array([[float(loss(one, two)) for one in w1] for two in w2])            # (61, 61), a row for each w2
    levels = np.unique(np.quantile(heights, np.linspace(0, 1, 13)))         # as much ground between any two lines
    if len(levels) > 1:
        shades = plt.get_cmap("Blues_r")(np.linspace(0.35, 0.95, len(levels) - 1))
        ax.contourf(w1, w2, heights, levels=levels, colors=shades)
        ax.contour(w1, w2, heights, levels=levels, colors="white", linewidths=0.6)
    ax.plot(*path.T, ".-", color=ORANGE, linewidth=1.8, markersize=6)
    ax.set(xlabel=names[0], ylabel=names[1], xlim=span[0], ylim=span[1])
    settle(ax)
    walked = np.concatenate([np.linspace(here, there, 20) for here, there in zip(path[:-1], path[1:])] or [path])
    soft = around(ax, walked, 4) + around(ax, path[[0, -1]], 9)
    taken: list[Any] = []
    for word, at, marker, size in (("start", path[0], "s", 8), ("end", path[-1], "*", 14)):
        ax.plot(*at, marker, color=ORANGE, markeredgecolor="black", markersize=size, zorder=4)
        shown = np.clip(at, *np.transpose(span))
        text = f"{word}{'' if np.array_equal(shown, at) else ', outside'}: {number(loss(*at))}"
        write_where_free(ax, text, ring(ax, shown), taken, soft, bbox=LABEL | {"edgecolor": "none", "alpha": 0.85})
    return ax
