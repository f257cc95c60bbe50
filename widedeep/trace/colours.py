"""Colours: blue below 0, orange above, white at 0; the stronger the further from 0.

The two hues are told apart by every kind of colour vision.  Even the strongest shade is light enough for dark text
(WCAG 2.2: a contrast of 4.5), and no number stands in colour alone.

Read before: text.py        Read next: graph.py
"""
import numpy as np

from perceptron.activations import Array

WHITE, BLUE, ORANGE = (255, 255, 255), (104, 168, 224), (240, 150, 60)      # at 0, far below, far above
INK = (27, 27, 27)                                      # of text on any of them


def shade(x: float, most: float) -> str:
    """The colour of x where `most` is the largest magnitude beside it, as #rrggbb."""
    strength = 0.0 if x == 0 or not most > 0 else min(1.0, abs(x) / most) ** 0.5        # the root shows small ones
    far = ORANGE if x > 0 else BLUE
    mixed = [round(a + (b - a) * strength) for a, b in zip(WHITE, far)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def largest(array: Array) -> float:
    """The largest magnitude of the array: the end of its colours."""
    return float(np.abs(array).max(initial=0))


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Of two colours: from 1, the same, to 21, black on white (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: tuple[int, ...]) -> float:
    parts = [c / 255 for c in colour]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
