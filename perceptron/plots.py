"""Pictures of one neuron.  Needs matplotlib, which is imported where something is drawn."""
from typing import Any

import numpy as np

from perceptron.activations import Array, relu, sigmoid, step, tanh
from perceptron.neuron import Perceptron

ORANGE, BLUE, GREEN, GREY = "#D55E00", "#0072B2", "#009E73", "#777777"     # Okabe and Ito: safe for the colour-blind


def plot_activations(ax: Any = None) -> Any:
    """Four activations over z in [-4, 4].  Returns the axes."""
    import matplotlib.pyplot as plt

    ax = ax or plt.subplots(figsize=(6, 3.5))[1]
    z = np.linspace(-4, 4, 401)
    styles = {step: (GREY, ":"), sigmoid: (BLUE, "-"), tanh: (GREEN, "--"), relu: (ORANGE, "-.")}
    for f, (color, style) in styles.items():
        ax.plot(z, f(z), style, color=color, label=f.name, linewidth=2)
    ax.set(xlabel="net sum z", ylabel="output a = f(z)", ylim=(-1.2, 2.2))
    ax.legend(frameon=False)
    return ax


def plot_boundary(unit: Perceptron, X: Array, y: Array, ax: Any = None) -> Any:
    """Two-dimensional examples and the line z = 0 on which the unit changes its mind.  Returns the axes."""
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
