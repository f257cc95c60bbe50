"""Pictures of the wide & deep model and of what its parts have learned.  Needs matplotlib, imported only to draw."""
from collections.abc import Sequence
from typing import Any

import numpy as np

from perceptron.activations import Array
from perceptron.drawing import BLUE, GREEN, GREY, ORANGE, ink_on, number, settle, signed_map
from widedeep.course.flow import plot_flow
from widedeep.explanations.neighbours import principal_plane
from widedeep.explanations.plots import LOOKS, place_labels

__all__ = ["plot_crosses", "plot_embedding_map", "plot_flow", "plot_l1_path"]


def plot_l1_path(strengths: Sequence[float], weights: Array, names: Sequence[str] | None = None, ax: Any = None) -> Any:
    """Each weight by the strength of L1, and below how many are exactly 0.  Returns the axes of the weights.

    strengths : (S,) above 0, as lambda1        weights : (S, V), a row for each strength
    names : (V,) of the weights, at most 12        ax : one of plt.subplots: its place is shared by the two panels

    *Picture: above, one line for each weight against lambda1 on a logarithmic axis; they shrink towards 0, and a cross
    marks where one has become exactly 0.  Below, the number of weights that are exactly 0 climbs.*
    """
    import matplotlib.pyplot as plt

    lambdas, weights = np.asarray(strengths, float), np.asarray(weights)
    if weights.ndim != 2 or len(weights) != len(lambdas) or (names is not None and len(names) != weights.shape[1]):
        raise ValueError(f"plot_l1_path: weights {weights.shape} for {len(lambdas)} strengths and "
                         f"{'no' if names is None else len(names)} names; want (S, V), a row for each strength")
    if len(lambdas) < 2 or (lambdas <= 0).any():
        raise ValueError(f"plot_l1_path: strengths {lambdas.tolist()}; want at least two, each above 0: a logarithmic "
                         "axis has no place for 0")
    if names is not None and len(names) > 12:
        raise ValueError(f"plot_l1_path: {len(names)} names; want at most 12, more cannot be told apart")
    lambdas, weights = np.sort(lambdas), weights[np.argsort(lambdas)]
    ax = ax or plt.subplots(figsize=(7, 4.6), layout="constrained")[1]
    if ax.get_subplotspec() is None:
        raise ValueError("plot_l1_path: ax has no place in a grid; want one of plt.subplots()")
    upper, lower = ax.get_subplotspec().subgridspec(2, 1, height_ratios=[3, 1])
    ax.set_subplotspec(upper)
    counts = ax.figure.add_subplot(lower, sharex=ax)
    zero = weights == 0
    for v in range(weights.shape[1]):
        color, style = (BLUE, ORANGE, GREEN, GREY)[v % 4], ("-", "--", ":")[v // 4 % 3]
        looks = {"linewidth": 1, "alpha": 0.7} if names is None else {"marker": "osD^vP*Xh<>p"[v], "label": names[v]}
        ax.plot(lambdas, weights[:, v], style, color=color, **looks)
    died = lambdas[[s for s in range(1, len(lambdas)) if (zero[s] & ~zero[s - 1]).any()]]
    ax.plot(died, np.zeros(len(died)), "x", color="black", markersize=8, zorder=4)
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set(xscale="log", ylabel="weight")
    ax.tick_params(labelbottom=False)
    counts.plot(lambdas, zero.sum(axis=1), "o-", color="black", markersize=5)
    counts.set(xlabel=r"strength of L1, $\lambda_1$ (log scale)", ylabel="exactly 0", ylim=(0, 1.12 * weights.shape[1]))
    counts.yaxis.get_major_locator().set_params(integer=True)
    if names is not None:
        ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1, 1.03))
    return ax


def plot_embedding_map(E: Array, names: Sequence[str], groups: Sequence[str] | None = None, ax: Any = None,
                       k: int = 24) -> Any:
    """Rows of an embedding table on the plane of their largest variance.  Returns the axes.

    E : (V, d)        names : (V,)        groups : (V,) at most 16 different        k : how many are named, those
    furthest from the middle.  Labels are kept apart as the figure is now: set its title and size before.

    *Picture: each value is a point, those with similar embeddings lie together; each group has a colour and a mark of
    its own.  The axes say which share of the variance they show.*
    """
    import matplotlib.pyplot as plt

    points, shares = principal_plane(np.asarray(E, float))
    groups = [""] * len(points) if groups is None else list(groups)
    if not len(names) == len(groups) == len(points):
        raise ValueError(f"plot_embedding_map: {len(points)} rows, {len(names)} names, {len(groups)} groups; "
                         "want a name, and a group if any, for each row")
    if len(set(groups)) > 2 * len(LOOKS):
        raise ValueError(f"plot_embedding_map: {len(set(groups))} groups; want at most {2 * len(LOOKS)}")
    ax = ax or plt.subplots(figsize=(8, 6), layout="constrained")[1]
    for n, group in enumerate(sorted(set(groups))):
        inside, (color, marker) = np.array([one == group for one in groups]), LOOKS[n % len(LOOKS)]
        ax.scatter(*points[inside].T, s=45, marker=marker, facecolor=color if n < len(LOOKS) else "white",
                   edgecolor="white" if n < len(LOOKS) else color, linewidth=0.6 if n < len(LOOKS) else 1.6, zorder=3,
                   label=group)                                             # beyond eight, the marks are hollow
    ax.set(xlabel=f"first principal component ({shares[0]:.0%} of the variance)",
           ylabel=f"second principal component ({shares[1]:.0%} of the variance)", xticks=[], yticks=[])
    ax.margins(0.16)
    if any(groups):
        ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1, 1.02))
    settle(ax)
    far = np.argsort(-np.linalg.norm(points - points.mean(axis=0), axis=1), kind="stable")
    order = np.concatenate([far[:k], far[k:]])
    place_labels(ax, points[order], [names[i] if n < k else "" for n, i in enumerate(order)])
    return ax


def plot_crosses(weights: Array, rows: Sequence[str], columns: Sequence[str], ax: Any = None) -> Any:
    """Who gets what: the weight of each cross "row AND column" as a heat map.  Returns the axes.

    weights : (R, C), in log-odds        rows : (R,) names        columns : (C,) names

    *Picture: one cell for each pair, from orange (below 0) over white to blue (above 0), with its weight in it where
    there are few.  Cells that L1 keeps at exactly 0 are hatched.*
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    weights = np.asarray(weights, float)
    R, C = len(rows), len(columns)
    if weights.shape != (R, C) or not weights.size or not np.isfinite(weights).all():
        raise ValueError(f"plot_crosses: weights {weights.shape} for {R} rows and {C} columns; want ({R}, {C}), "
                         "at least one, all of them finite")
    ax = ax or plt.subplots(figsize=(min(2.6 + 0.62 * C, 11), min(1.8 + 0.36 * R, 9)), layout="constrained")[1]
    most = np.abs(weights).max() or 1.0
    image = ax.imshow(weights, cmap=signed_map(), vmin=-most, vmax=most, aspect="auto")
    ax.figure.colorbar(image, ax=ax, label="weight (log-odds)", pad=0.02)
    for r, c in np.argwhere(weights == 0):
        ax.add_patch(Rectangle((c - 0.5, r - 0.5), 1, 1, facecolor="white", edgecolor="#aaaaaa", hatch="////",
                               linewidth=0))
    if weights.size <= 150:
        for (r, c), weight in np.ndenumerate(weights):
            if weight != 0:
                ax.text(c, r, number(weight, 2), ha="center", va="center", fontsize=9,
                        color=ink_on(image.to_rgba(weight)))
    ax.set_xticks(range(C), columns, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(R), rows)
    return ax
