"""The whole wide & deep model as data flows through it, and as the error flows back.  Needs matplotlib to draw."""
from collections.abc import Mapping
from typing import Any

import numpy as np

from perceptron.activations import Array
from perceptron.drawing import BLUE, GREEN, GREY, ORANGE, arrow, box, number

PARTS = {                                               # x, y, width, height; what it says; colour
    "row": (0.55, 2, 1.0, 0.74, "a row of\nthe table", GREY),
    "ids": (1.95, 2, 1.3, 0.74, "encoder:\nids, numbers", GREY),
    "crosses": (3.55, 3.3, 1.1, 0.74, "crosses\nx, $\\phi$(x)", BLUE),
    "w": (5.1, 3.3, 1.1, 0.74, "wide\nweights w", BLUE),
    "z_wide": (6.55, 3.3, 0.95, 0.74, "$z_{wide}$", BLUE),
    "E": (3.55, 0.7, 1.25, 0.74, "embeddings\nE[ids]", GREEN),
    "layers": (5.1, 0.7, 1.1, 0.74, "layers\n(ReLU)", GREEN),
    "z_deep": (6.55, 0.7, 0.95, 0.74, "$z_{deep}$", GREEN),
    "b": (6.55, 2, 0.95, 0.74, "bias b", GREY),
    "z": (7.95, 2, 0.9, 0.74, "sum z", "black"),
    "sigmoid": (9.15, 2, 0.95, 0.74, "sigmoid", "black"),
    "p": (10.2, 2, 0.75, 0.74, "p", "black"),
    "loss": (11.35, 2, 1.0, 0.74, "log loss", ORANGE),
    "y": (11.35, 3.3, 1.0, 0.74, "label y", ORANGE),
}
ENDS = {                                                # where each gradient ends: its optimizer
    "dw": (5.1, 4.5, 1.35, 0.44, "dw: FTRL", ORANGE),
    "db": (4.6, 2, 1.35, 0.44, "db: AdaGrad", ORANGE),
    "dW": (5.1, -0.5, 1.35, 0.44, "dW: AdaGrad", ORANGE),
    "dE": (3.55, -0.5, 1.35, 0.44, "dE: AdaGrad", ORANGE),
}
FORWARD = ["row ids", "ids crosses", "ids E", "crosses w", "E layers", "w z_wide", "layers z_deep", "z_wide z", "b z",
           "z_deep z", "z sigmoid", "sigmoid p", "p loss", "y loss"]
BACKWARD = ["z z_wide", "z b", "z z_deep", "z_wide w", "z_deep layers", "layers E", "w dw", "b db", "layers dW", "E dE"]
NUMBERS = ["z_wide", "z_deep", "b", "z", "p", "y", "dz"]


def plot_flow(direction: str = "forward", numbers: Mapping[str, float] | None = None, ax: Any = None) -> Any:
    """The whole model, one row at a time.  Returns the axes.

    direction : "forward", or "backward" for the error on its way back
    numbers : of one row, any of "z_wide", "z_deep", "b", "z", "p", "y", and "dz", which is shown backward
    ax : wants 8.6 inches of width, or the boxes are too small for what they say

    *Picture: a row of the table becomes ids.  Above, in blue, crosses and wide weights give z_wide; below, in green,
    embeddings and layers give z_deep.  Both and the bias are added to z; a sigmoid makes p of it, and the log loss
    compares p with the label y.*
    *Picture, backward: thick orange arrows carry dz = (p - y) / N from the loss to the sum, and from there the same dz
    to both towers and the bias.  dw ends at FTRL; the gradients of layers, embeddings and bias end at AdaGrad.*
    """
    import matplotlib.pyplot as plt

    numbers, back = numbers or {}, direction == "backward"
    if direction not in ("forward", "backward"):
        raise ValueError(f'plot_flow: direction {direction!r}; want "forward" or "backward"')
    if set(numbers) - set(NUMBERS):
        raise ValueError(f"plot_flow: numbers {sorted(set(numbers) - set(NUMBERS))}; want some of {NUMBERS}")
    ax = ax or plt.subplots(figsize=(8.8, 3.9 if back else 3.1), layout="constrained")[1]
    for name, (x, y, width, height, says, color) in (PARTS | ENDS if back else PARTS).items():
        value = f"\n{number(numbers[name])}" if name in numbers else ""
        box(ax, (x, y), says + value, color, width, height)
    for pair in FORWARD:
        start, end = way(pair, 0.18 * back)
        arrow(ax, start, end, GREY if back else "black", 0.8 if back else 1.3, ":" if back else "-")
    if back:
        draw_error(ax, f" = {number(numbers['dz'])}" if "dz" in numbers else "")
    ax.set(xlim=(0, 11.95), ylim=(-0.8, 4.8) if back else (0.25, 3.75))
    ax.axis("off")
    return ax


def draw_error(ax: Any, value: str) -> None:
    """The orange arrows: from the loss to the sum in one step, from there to both towers and the bias, and on."""
    for pair in BACKWARD:
        start, end = way(pair, 0 if pair.split()[1] in ENDS else 0.18)
        arrow(ax, start, end, ORANGE, 3)
    (right, y, _, height), (left, _, _, _) = PARTS["loss"][:4], PARTS["z"][:4]
    arrow(ax, (right, y - height / 2), (left, y - height / 2), ORANGE, 3, connectionstyle="arc3,rad=-0.25")
    looks: dict[str, Any] = {"color": ORANGE, "fontweight": "bold", "va": "center"}
    ax.text((left + right) / 2, 0.5, f"dz = (p - y) / N{value}", ha="center", **looks)
    ax.text(7.6, 3, f"dz{value}", **looks)
    ax.text(7.6, 1, f"dz{value}", **looks)


def way(pair: str, aside: float = 0) -> tuple[Array, Array]:
    """Where an arrow starts and ends: from edge to edge of the two boxes, `aside` to the left of their middles."""
    a, b = (np.array((PARTS | ENDS)[name][:4], float) for name in pair.split())
    along = b[:2] - a[:2]
    left = np.array([-along[1], along[0]]) / np.linalg.norm(along) * aside
    with np.errstate(divide="ignore"):                                      # shares of the way, until a side is met
        leave = np.min((a[2:] / 2 - np.sign(along) * left) / np.abs(along))
        arrive = np.min((b[2:] / 2 + np.sign(along) * left) / np.abs(along))
    return a[:2] + left + leave * along, b[:2] + left - arrive * along
