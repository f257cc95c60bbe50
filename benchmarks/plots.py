"""The pictures of the speed and growth benchmarks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402


def ratios(records: Sequence[dict[str, Any]], path: Path) -> Path:
    """Each side's time divided by ours, a panel for each workload, on a logarithmic axis: 1 is ours."""
    columns = min(3, len(records))
    rows = -(-len(records) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(4.4 * columns, 2.6 * rows), squeeze=False)
    for ax in axes.flat[len(records) :]:
        ax.set_visible(False)
    for ax, record in zip(axes.flat, records):
        sides = ({"floor": record["floor"]} if "floor" in record else {}) | record["peers"]
        times = [side["median"] / record["ours"]["median"] for side in sides.values()]
        ax.barh(list(sides), times, color=["#bbbbbb" if name == "floor" else "#4477aa" for name in sides])
        for y, ratio in enumerate(times):
            ax.text(ratio, y, f" {ratio:.2f}", va="center", fontsize=8)
        ax.axvline(1, color="#ee6677")
        ax.set(xscale="log", title=f"{record['workload']}: ours {record['ours']['median']:.3g} {record['unit']}")
        ax.title.set_fontsize(9)
        ax.tick_params(labelsize=8)
        ax.set_xlim(min(0.05, *times), max(30, *times) * 8)
        ax.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
        ax.minorticks_off()
        ax.invert_yaxis()
    figure.supxlabel("times as long as ours (red line); right of it ours is faster", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    plt.close(figure)
    return path


def growth(records: Sequence[dict[str, Any]], folder: Path) -> list[Path]:
    """One picture for each thing that grows: the measured points, and the fitted power."""
    paths = []
    for record in records:
        figure, ax = plt.subplots(figsize=(5, 3.4))
        power(ax, record)
        paths.append(folder / f"growth-{record['what']}-{record['unit'].split()[0]}.png")
        figure.tight_layout()
        figure.savefig(paths[-1], dpi=130)
        plt.close(figure)
    return paths


def power(ax: Axes, record: dict[str, Any]) -> None:
    x, y = record["sizes"], record["costs"]
    ax.loglog(x, y, "o", color="#4477aa", label="measured")
    fitted = [record["factor"] * size ** record["exponent"] for size in x]
    ax.loglog(x, fitted, "-", color="#ee6677", label=f"size^{record['exponent']:.2f}")
    ax.set(xlabel=record["what"], ylabel=record["unit"])
    ax.set_ylim(min(y) / 3, max(y) * 3)
    ax.legend()


def table2(records: dict[str, list[dict[str, Any]]], path: Path) -> Path:
    """The time of one request by the size of its batches, a line for each number of threads, a panel for each model."""
    figure, axes = plt.subplots(1, len(records), figsize=(4.6 * len(records), 3.4), squeeze=False)
    for ax, (name, cells) in zip(axes.flat, records.items()):
        for threads, colour in zip(sorted({cell["threads"] for cell in cells}), ("#4477aa", "#ee6677", "#228833")):
            mine = sorted((cell["batch"], cell["p50"], cell["p99"]) for cell in cells if cell["threads"] == threads)
            batch, p50, p99 = zip(*mine)
            ax.plot(batch, p50, "o-", color=colour, label=f"{threads} thread{'s' * (threads > 1)}")
            ax.plot(batch, p99, ":", color=colour)
        ax.set(xscale="log", xlabel="rows of a batch", ylabel="ms for 200 candidates", title=name)
        ax.set_ylim(bottom=0)
        ax.set_xticks([25, 50, 100, 200], ["25", "50", "100", "200"])
        ax.minorticks_off()
        ax.legend(fontsize=8, title="median (dotted: p99)", title_fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    plt.close(figure)
    return path
