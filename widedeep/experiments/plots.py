"""What the experiments' figures share.  The figure itself comes from outside (__main__.py), so nothing is imported."""
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from perceptron.activations import Array
from perceptron.plots import BLUE, GREEN, GREY, ORANGE

LOOKS = {"wide": (BLUE, "o", ":"), "deep": (GREEN, "s", "--"), "joint": (ORANGE, "D", "-"),
         "ensemble": (GREY, "^", "-.")}


def dots(axes: Any, groups: Mapping[str, Array], best: str = "high") -> None:
    """A row for each name: every seed a pale dot, the mean a strong one with its number.  best : "high" or "low" """
    for row, (name, found) in enumerate(groups.items()):
        color, marker, _ = LOOKS.get(name, (BLUE, "o", "-"))
        axes.plot(found, np.full(len(found), row), marker, color=color, alpha=0.3, markersize=5)
        axes.plot(found.mean(), row, marker, color=color, markersize=9)
        axes.annotate(f"{found.mean():.4f}", (found.mean(), row), (0, 9), textcoords="offset points", ha="center",
                      fontsize=8)
    axes.set_yticks(range(len(groups)), list(groups))
    axes.set_ylim(len(groups) - 0.4, -0.7)
    axes.margins(x=0.12)
    axes.grid(axis="x", alpha=0.3)
    axes.locator_params(axis="x", nbins=5)
    axes.text(0.99, 0.01, "right is better" if best == "high" else "left is better", transform=axes.transAxes,
              ha="right", va="bottom", fontsize=8, color=GREY)


def intervals(axes: Any, groups: Mapping[str, Sequence[float]]) -> None:
    """A row for each name: a mean and its interval, (mean, low, high), about a line at 0."""
    axes.axvline(0, color="black", linewidth=0.8)
    for row, (mean, low, high) in enumerate(groups.values()):
        color = GREY if low <= 0 <= high else ORANGE
        axes.plot([low, high], [row, row], color=color, linewidth=2)
        axes.plot(mean, row, "o", color=color, markersize=6)
    axes.set_yticks(range(len(groups)), list(groups))
    axes.set_ylim(len(groups) - 0.4, -0.6)
    axes.grid(axis="x", alpha=0.3)
    axes.locator_params(axis="x", nbins=5)


def curve(axes: Any, name: str, x: Sequence[float], seeds: Sequence[Array]) -> None:
    """Mean over seeds at each x, and the band of one standard deviation.  seeds : (S,) for each x"""
    color, marker, style = LOOKS.get(name, (BLUE, "o", "-"))
    mean, spread = np.array([s.mean() for s in seeds]), np.array([s.std() for s in seeds])
    axes.plot(x, mean, style, color=color, marker=marker, markersize=6, label=name)
    axes.fill_between(x, mean - spread, mean + spread, color=color, alpha=0.15, linewidth=0)
