"""What the experiments' figures share.  __main__.py makes the figure itself, so matplotlib is not imported here."""
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from perceptron.activations import Array
from perceptron.plots import BLUE, GREEN, GREY, ORANGE

LOOKS = {"wide": (BLUE, "o", ":"), "deep": (GREEN, "s", "--"), "joint": (ORANGE, "D", "-"),
         "ensemble": (GREY, "^", "-.")}


def dots(axes: Any, groups: Mapping[str, Array]) -> None:
    """A row for each name: a pale dot for each seed, a solid one for the mean, with its number."""
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


def intervals(axes: Any, groups: Mapping[str, Sequence[float]]) -> None:
    """A row for each name: a mean and its interval, (mean, low, high), and a line at 0; log scale if some are far."""
    axes.axvline(0, color="black", linewidth=0.8)
    largest = max(abs(number) for group in groups.values() for number in group)
    far = largest > 10 * np.median([abs(mean) for mean, _, _ in groups.values()])
    if far:
        axes.set_xscale("symlog", linthresh=0.001, linscale=2)
        ticks = [sign * size for sign in (-1, 1) for size in (0.0005, 0.001, 0.01, 0.1) if size < largest] + [0]
        lowest, highest = (f(number for group in groups.values() for number in group) for f in (min, max))
        ticks = [tick for tick in ticks if 1.5 * min(lowest, 0) <= tick <= 1.5 * max(highest, 0)]
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], rotation=45)
        axes.minorticks_off()
        axes.margins(x=0.12)
    for row, (mean, low, high) in enumerate(groups.values()):
        color = GREY if low <= 0 <= high else ORANGE
        axes.plot([low, high], [row, row], color=color, linewidth=2)
        axes.plot(mean, row, "o", color=color, markersize=6)
        axes.annotate(f"{mean:+.5f}", (mean, row), (0, 6), textcoords="offset points", ha="center", fontsize=8)
    axes.set_yticks(range(len(groups)), list(groups))
    axes.set_ylim(len(groups) - 0.4, -0.8)
    axes.grid(axis="x", alpha=0.3)
    if not far:
        axes.locator_params(axis="x", nbins=5)


def curve(axes: Any, name: str, x: Sequence[float], seeds: Sequence[Array]) -> None:
    """Mean over seeds at each x, and the band of one standard deviation.  seeds : (S,) for each x"""
    color, marker, style = LOOKS.get(name, (BLUE, "o", "-"))
    mean, spread = np.array([s.mean() for s in seeds]), np.array([s.std() for s in seeds])
    axes.plot(x, mean, style, color=color, marker=marker, markersize=6, label=name)
    axes.fill_between(x, mean - spread, mean + spread, color=color, alpha=0.15, linewidth=0)
