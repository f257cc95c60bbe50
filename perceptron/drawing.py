"""What the pictures share: colours, numbers, circles, arrows, labels.  Needs matplotlib, imported only to draw."""
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

import numpy as np

from perceptron.activations import Array

ORANGE, BLUE, GREEN, GREY = "#D55E00", "#0072B2", "#009E73", "#777777"     # Okabe and Ito: safe for the colour-blind


def number(value: Any, digits: int = 3) -> str:
    """A number as short as a picture needs it."""
    text = f"{float(value):.{digits}g}"
    return "0" if text == "-0" else text


def signed_map() -> Any:
    """The colour map of numbers with a sign: orange below 0, white at 0, blue above."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [ORANGE, "white", BLUE])


def ink_on(color: Any) -> str:
    """Black or white: the one with more contrast on this colour (WCAG 2, relative luminance)."""
    from matplotlib.colors import to_rgb

    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return "black" if np.dot(linear, [0.2126, 0.7152, 0.0722]) > 0.179 else "white"


def circle(ax: Any, place: tuple[float, float], text: str, color: Any = "white", size: float = 900) -> None:
    """A disc of `size` square points with a text in it."""
    ax.scatter(*place, s=size, color=[color], edgecolor=GREY, zorder=3)
    ax.text(*place, text, ha="center", va="center", color=ink_on(color), fontsize=9, zorder=4)


def box(ax: Any, place: tuple[float, float], text: str, color: str = GREY, width: float = 1.0,
        height: float = 0.5) -> None:
    """A rectangle around a place, with a text in it; width and height in units of the axes."""
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((place[0] - width / 2, place[1] - height / 2), width, height, facecolor="white",
                           edgecolor=color, linewidth=1.6, zorder=3))
    ax.text(*place, text, ha="center", va="center", fontsize=9, zorder=4)


def arrow(ax: Any, start: Any, end: Any, color: str = GREY, width: float = 1.0, style: str = "-",
          shrink: tuple[float, float] = (0, 0), **properties: Any) -> None:
    """An arrow from place to place, shortened at both ends by `shrink` points."""
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>" if width > 1 else "->", "color": color,
                                            "linewidth": width, "linestyle": style, "shrinkA": shrink[0],
                                            "shrinkB": shrink[1], **properties})


def weight_arrow(ax: Any, start: Any, end: Any, strength: float, shrink: tuple[float, float] = (0, 0)) -> None:
    """An arrow that shows a weight, in [-1, 1]: as thick as it is large, solid blue above 0, dashed orange below."""
    color, style = (BLUE, "-") if strength > 0 else (ORANGE, "--") if strength < 0 else (GREY, ":")
    arrow(ax, start, end, color, 0.8 + 3 * abs(strength), style, shrink)


def settle(ax: Any) -> None:
    """Lay the figure out now, so that places in pixels are final and labels can be kept apart."""
    ax.figure.canvas.figure.draw_without_rendering()


def around(ax: Any, places: Any, points: float = 5) -> list[Any]:
    """A box, in pixels, of so many points to each side of the places (n, 2): what labels should not cover."""
    from matplotlib.transforms import Bbox

    reach = points * ax.figure.dpi / 72
    return [Bbox([pixels - reach, pixels + reach]) for pixels in ax.transData.transform(np.reshape(places, (-1, 2)))]


def ring(ax: Any, place: Any) -> Array:
    """Places for a label near a place, nearest first, (n, 2)."""
    angles = np.arange(0, 2 * np.pi, np.pi / 6)
    steps = [r * np.array([2.2 * np.cos(a), np.sin(a)]) for r in (13, 17, 22, 29, 38) for a in angles]      # points
    return ax.transData.inverted().transform(ax.transData.transform(place) + np.array(steps) * ax.figure.dpi / 72)


def write_where_free(ax: Any, text: str, places: Iterable[Any], taken: list[Any], soft: Sequence[Any] = (),
                     **looks: Any) -> bool:
    """Write the text at the first of the places where it lies inside the axes and covers no box of taken or soft.

    places : in the units of the axes        taken : boxes in pixels, never covered; that of the text is added
    soft : boxes that are covered only if no place is free of them
    Returns False, and writes nothing, where no place is free.  Call settle(ax) first.
    """
    label, frame = ax.text(0, 0, text, **{"ha": "center", "va": "center", "fontsize": 9, "zorder": 5} | looks), ax.bbox
    for others, place in product(([*taken, *soft], taken), list(places)):
        label.set_position(place)
        room = label.get_window_extent().padded(2)
        inside = frame.x0 <= room.x0 and room.x1 <= frame.x1 and frame.y0 <= room.y0 and room.y1 <= frame.y1
        if inside and not any(room.overlaps(other) for other in others):
            taken.append(room)
            return True
    label.remove()
    return False
