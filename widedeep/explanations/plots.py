"""Two pictures: reliability curves, and a map of embeddings with titles.  Needs matplotlib, imported only to draw."""
from collections.abc import Sequence
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.explanations.reliability import Part

# Okabe and Ito: safe for the colour-blind; each group has a marker of its own as well.
LOOKS = [("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#CC79A7", "D"), ("#56B4E9", "v"), ("#E69F00", "P"),
         ("#000000", "X"), ("#777777", "h")]
INK = "#222222"


def plot_reliability(parts: Sequence[Part], title: str, most: int = 6) -> Any:
    """Left: the curve of all rows.  Right: each part's observed share minus mean probability.  -> figure"""
    import matplotlib.pyplot as plt

    shown = parts[:max(most * 3, 1)]
    figure, (curve, gaps) = plt.subplots(1, 2, figsize=(11, max(4.4, 1.4 + 0.26 * len(shown))), layout="constrained")
    figure.suptitle(title)
    curve.plot([0, 1], [0, 1], color="black", linewidth=0.8)
    whole = parts[0].curve
    noise = np.sqrt(whole.predicted * (1 - whole.predicted) / whole.counts)
    curve.fill_between(whole.predicted, whole.predicted - 2 * noise, whole.predicted + 2 * noise, color="#777777",
                       alpha=0.25, linewidth=0, label="two standard errors of true probabilities")
    curve.plot(whole.predicted, whole.observed, "-o", color=LOOKS[0][0], markersize=5,
               label=f"{parts[0].value} (error {parts[0].error:.3f}, by chance {parts[0].chance:.3f})")
    curve.set(title="Reliability", xlabel="probability given", ylabel="share that came true", xlim=(0, 1), ylim=(0, 1),
              aspect="equal")
    curve.legend(frameon=False, loc="upper left", fontsize=9)

    places = np.arange(len(shown))
    gaps.axvline(0, color="black", linewidth=0.8)
    for y, one in zip(places, shown):
        given, counts = one.curve.predicted, one.curve.counts
        error = 2 * float(np.sqrt((counts * given * (1 - given)).sum())) / one.rows
        gap = one.observed - one.predicted
        color, marker = LOOKS[1] if abs(gap) > error else LOOKS[0]
        gaps.errorbar(gap, y, xerr=error, fmt=marker, color=color, markersize=6, capsize=3, linewidth=1.2)
    gaps.set_yticks(places, [f"{one.value} ({one.rows:,})" for one in shown])
    gaps.set(title="By part, with two standard errors (square: beyond)",
             xlabel="share that came true - probability given", ylim=(len(shown) - 0.5, -0.5))
    gaps.locator_params(axis="x", nbins=5)
    gaps.grid(axis="x", alpha=0.3)
    return figure


def plot_map(points: Array, titles: Sequence[str], groups: Sequence[str], title: str, kind: str = "group",
             shares: Array | None = None, behind: Array | None = None) -> Any:
    """Points (n, 2) with their titles, a colour and a marker for each group, labels not overlapping.  -> figure

    groups : (n,) at most 8 different        kind : the name of the grouping, for the legend
    shares : (2,) of the variance on each axis        behind : (m, 2) grey dots
    """
    import matplotlib.pyplot as plt

    order = sorted(set(groups), key=lambda group: (group == "other", -list(groups).count(group), group))
    if len(order) > len(LOOKS):
        raise ValueError(f"plot_map: {len(order)} groups; want at most {len(LOOKS)}, one for each colour")
    figure, ax = plt.subplots(figsize=(13, 10), layout="constrained")
    for group, (color, marker) in zip(order, LOOKS):
        inside = points[[one == group for one in groups]]
        ax.scatter(inside[:, 0], inside[:, 1], s=60, color=color, marker=marker, label=group, zorder=3,
                   edgecolor="white", linewidth=0.6)
    span = np.maximum(np.ptp(points, axis=0), 1e-9)
    low, high = points.min(axis=0) - 0.13 * span, points.max(axis=0) + 0.13 * span
    if behind is not None:
        ax.scatter(behind[:, 0], behind[:, 1], s=5, color="#cccccc", zorder=1)
    percent = ["", ""] if shares is None else [f" ({share:.0%} of the variance)" for share in shares]
    ax.set(title=title, xlabel=f"first principal component{percent[0]}",
           ylabel=f"second principal component{percent[1]}", xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    ax.set_xticks([])
    ax.set_yticks([])
    legend = ax.legend(frameon=True, framealpha=0.9, loc="best", title=kind)
    figure.canvas.draw()                                            # fixes the layout, and so the positions in pixels
    box = legend.get_window_extent()
    place_labels(ax, points, titles, [[box.x0, box.y0, box.x1, box.y1]])
    return figure


def place_labels(ax: Any, points: Array, labels: Sequence[str], taken: Sequence[Sequence[float]] = ()) -> None:
    """Write each label near its point, crowded points first: where it overlaps least, then as near as possible.

    taken : boxes (x0, y0, x1, y1) in pixels that nothing may cover
    """
    renderer = ax.figure.canvas.get_renderer()
    pixels = ax.transData.transform(points)                         # (n, 2)
    frame = ax.get_window_extent()
    scale = ax.figure.dpi / 100                                     # the distances below are meant for 100 dots an inch
    dots = np.hstack([pixels - 7 * scale, pixels + 7 * scale])      # (n, 4) boxes
    boxes = np.array(taken, float).reshape(-1, 4)
    apart = np.linalg.norm(pixels[:, None] - pixels[None], axis=2)  # (n, n)
    crowd = np.sort(apart, axis=1)[:, 1:4].mean(axis=1) if len(points) > 1 else np.zeros(len(points))
    for i in np.argsort(crowd):
        text = ax.text(0, 0, labels[i], fontsize=9, color=INK)
        size = text.get_window_extent(renderer)
        best, best_cost, best_distance = pixels[i], np.inf, 0.0
        for distance in np.array([10, 16, 24, 34, 46, 60, 78, 100]) * scale:
            for angle in np.arange(0, 2 * np.pi, np.pi / 8):
                way = np.array([np.cos(angle), np.sin(angle)])
                centre = pixels[i] + distance * way + way * [size.width / 2, size.height / 2]
                box = np.array([*(centre - [size.width / 2, size.height / 2]),
                                *(centre + [size.width / 2, size.height / 2])])
                covered = overlap(box, boxes, 2) + overlap(box, np.delete(dots, i, axis=0), 0)
                outside = not (box[0] > frame.x0 and box[2] < frame.x1 and box[1] > frame.y0 and box[3] < frame.y1)
                cost = covered * 10 + distance + 1e6 * outside
                if cost < best_cost:
                    best, best_cost, best_distance = centre, cost, distance
        half = np.array([size.width, size.height]) / 2
        boxes = np.vstack([boxes, [*(best - half), *(best + half)]])
        text.set(position=ax.transData.inverted().transform(best), ha="center", va="center")
        if best_distance > 16 * scale:
            ends = ax.transData.inverted().transform(np.stack([pixels[i], np.clip(pixels[i], best - half,
                                                                                  best + half)]))
            ax.plot(*ends.T, color=INK, linewidth=0.6, alpha=0.7, zorder=2)


def overlap(box: Array, others: Array, margin: float) -> float:
    """The area, in square pixels, that a box (4,) shares with the others (n, 4)."""
    if not len(others):
        return 0.0
    width = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0]) + margin
    height = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1]) + margin
    return float((np.maximum(width, 0) * np.maximum(height, 0)).sum())
