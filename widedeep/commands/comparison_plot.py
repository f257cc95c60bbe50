"""The comparison, drawn.  Needs matplotlib, which is imported where something is drawn."""
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlp.train import Epoch
from perceptron.plots import BLUE, GREEN, GREY, ORANGE
from widedeep.commands.comparison import SPOKEN, TOWERS, Result
from widedeep.metrics import Calibration
from widedeep.saving import write_beside

LOOKS = {"wide": (BLUE, "o", ":"), "deep": (GREEN, "s", "--"), "wide & deep": (ORANGE, "D", "-"),
         "ensemble": (GREY, "^", "-.")}


def plot_comparison(histories: Mapping[str, Sequence[Epoch]], scores: Mapping[str, Mapping[str, float]],
                    calibrations: Mapping[str, Calibration], title: str) -> Any:
    """Three panels: validation loss by epoch, test log loss of the models, calibration on test rows.

    histories, scores, calibrations : by the model's name, one of LOOKS.  Returns the figure.
    """
    import matplotlib.pyplot as plt

    figure, (curves, dots, reliability) = plt.subplots(1, 3, figsize=(13, 4.2), layout="constrained")
    figure.suptitle(title)
    for name, history in histories.items():
        color, marker, style = LOOKS[name]
        curves.plot([r["epoch"] for r in history], [r["validation"] for r in history], style, color=color,
                    marker=marker, markersize=5, label=name)
    curves.set(title="Learning curves", xlabel="epoch", ylabel="validation log loss (nats)")
    curves.xaxis.get_major_locator().set_params(integer=True)
    curves.legend(frameon=False)

    names = list(scores)
    losses = [scores[name]["log_loss"] for name in names]
    width = max(max(losses) - min(losses), 0.002)
    for row, name in enumerate(names):
        color, marker, _ = LOOKS[name]
        dots.plot(losses[row], row, marker, color=color, markersize=11)
        dots.annotate(f"{losses[row]:.4f}  (AUC {scores[name]['auc']:.4f})", (losses[row], row), (0, 12),
                      textcoords="offset points", ha="center")
    dots.set(title="On test rows: further left is better", xlabel="log loss (nats per row)",
             xlim=(min(losses) - 0.5 * width, max(losses) + 0.5 * width), ylim=(len(names) - 0.5, -0.8))
    dots.set_yticks(range(len(names)), names)
    dots.locator_params(axis="x", nbins=4)
    dots.grid(axis="x", alpha=0.3)

    reliability.plot([0, 1], [0, 1], color="black", linewidth=0.8)
    for name, found in calibrations.items():
        color, marker, style = LOOKS[name]
        reliability.plot(found.predicted, found.observed, style, color=color, marker=marker, markersize=5,
                         label=f"{name} (error {found.error:.3f})")
    reliability.set(title="Calibration on test rows", xlabel="probability given", ylabel="share that came true",
                    xlim=(0, 1), ylim=(0, 1), aspect="equal")
    reliability.legend(frameon=False)
    return figure


def draw_comparison(path: Path, results: Mapping[str, Result], title: str) -> Path:
    """Write the figure of the demo's results, a PNG."""
    import matplotlib

    matplotlib.use("Agg")                                           # a file, no window: works without a screen
    figure = plot_comparison(
        {SPOKEN[name]: results[name]["history"] for name in TOWERS}, {SPOKEN[name]: r for name, r in results.items()},
        {SPOKEN[name]: Calibration(*(np.array(results[name]["calibration"][key]) for key in Calibration._fields))
         for name in TOWERS}, title)
    return write_beside(path, lambda beside: figure.savefig(beside, dpi=120, format="png"))
