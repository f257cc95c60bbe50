"""Figures of a report as SVG: drawn with the page, without a library, and sharp in print.

    plot = Plot("predicted", "happened", (0, 1), (0, 1))
    plot.line([0, 1], [0, 1], "dotted").points(x, y, sizes).svg("what the picture shows, in a sentence")

Colours are classes of the page's style sheet: c0 blue, c1 orange, c2 green, c3 purple, c4 grey.

Read before: baselines.py        Read next: report.py
"""
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 12, 46
LINE = 13                                               # from one line of text to the next


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from low to high: steps of 1, 2 or 5 times a power of ten."""
    raw = (high - low) / most
    power = 10.0 ** np.floor(np.log10(raw))
    step = power * next(m for m in (1, 2, 5, 10) if m * power >= raw * (1 - 1e-9))
    first = np.ceil(low / step - 1e-9)
    return [float(k * step) for k in np.arange(first, np.floor(high / step + 1e-9) + 1)]


def written(x: float) -> str:
    """A tick: 0.25, 20, 1,500, 2e+06."""
    x = float(f"{x:.10g}") + 0.0
    return f"{x:,.10g}" if x == 0 or 1e-4 <= abs(x) < 1e6 else f"{x:.3g}"


class Plot:
    """A frame with two axes.   x, y : (lowest, highest)"""

    def __init__(self, x_name: str, y_name: str, x: tuple[float, float], y: tuple[float, float]):
        self.x, self.y = widened(x), widened(y)
        self.parts: list[str] = []
        self.texts: list[tuple[float, float]] = []                  # where labels begin
        self.names = x_name, y_name

    def across(self, x: float) -> float:
        return LEFT + (x - self.x[0]) / (self.x[1] - self.x[0]) * (WIDTH - LEFT - RIGHT)

    def down(self, y: float) -> float:
        return HEIGHT - BOTTOM - (y - self.y[0]) / (self.y[1] - self.y[0]) * (HEIGHT - TOP - BOTTOM)

    def line(self, x: Iterable[float], y: Iterable[float], kind: str) -> "Plot":
        path = " ".join(f"{self.across(a):.1f},{self.down(b):.1f}" for a, b in zip(x, y))
        self.parts.append(f'<polyline class="{kind}" points="{path}"/>')
        return self

    def points(self, x: Iterable[float], y: Iterable[float], radii: Iterable[float], kind: str) -> "Plot":
        self.parts += [f'<circle class="{kind}" cx="{self.across(a):.1f}" cy="{self.down(b):.1f}" r="{r:.1f}"/>'
                       for a, b, r in zip(x, y, radii)]
        return self

    def bars(self, edges: Sequence[float], heights: Sequence[float], kind: str) -> "Plot":
        base = self.down(max(0.0, self.y[0]))
        for left, right, height in zip(edges, edges[1:], heights):
            a, b, top = self.across(left), self.across(right), self.down(height)
            self.parts.append(f'<rect class="{kind}" x="{a:.1f}" y="{top:.1f}" width="{max(b - a - 1, 0.5):.1f}" '
                              f'height="{base - top:.1f}"/>')
        return self

    def label(self, x: float, y: float, text: str, kind: str) -> "Plot":
        """Text that ends left of a point at the right edge, else begins right of it; below others that are there."""
        at, height = self.across(x), max(self.down(y) - 5, TOP + LINE)
        side = ("end", -6) if at > WIDTH - 110 else ("start", 6)
        while any(abs(at - other) < 110 and abs(height - its) < LINE for other, its in self.texts):
            height += LINE
        self.texts.append((at, height))
        self.parts.append(f'<text class="{kind}" text-anchor="{side[0]}" x="{at + side[1]:.1f}" y="{height:.1f}">'
                          f"{escape(text)}</text>")
        return self

    def svg(self, shows: str) -> str:
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        axes = []
        for x in ticks(*self.x):
            at = self.across(x)
            axes.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{bottom}"/>'
                        f'<text text-anchor="middle" x="{at:.1f}" y="{bottom + 16}">{written(x)}</text>')
        for y in ticks(*self.y, 5):
            at = self.down(y)
            axes.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>'
                        f'<text text-anchor="end" x="{LEFT - 6}" y="{at + 4:.1f}">{written(y)}</text>')
        x_name, y_name = map(escape, self.names)
        middle = TOP + (bottom - TOP) / 2
        of = 'class="name" text-anchor="middle"'
        axes.append(f'<text {of} x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 8}">{x_name}</text>'
                    f'<text {of} transform="translate(13 {middle:.0f}) rotate(-90)">{y_name}</text>')
        return (f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(shows)}">{"".join(axes)}'
                f'{"".join(self.parts)}</svg>')


def widened(ends: tuple[float, float]) -> tuple[float, float]:
    """An interval that is no point."""
    low, high = float(ends[0]), float(ends[1])
    return (low, high) if high > low else (low - 0.5, high + 0.5)
