"""A report as HTML for notebooks: the text, and for each wrong array a map of where it is wrong.

Darker is further off; a hatched entry sits on a kink and is not judged; an entry that is right is white with a dot.
The picture is SVG without scripts or outside files, with the facts as its alternative text.

Read before: report.py
"""
from html import escape

import numpy as np

from widedeep.exercises.facts import apart
from widedeep.exercises.judge import ArrayReport, Report
from widedeep.exercises.messages import say
from widedeep.exercises.report import as_text

CELL, MOST = 18, 24                                     # pixels; rows and columns that are drawn


def as_html(report: Report) -> str:
    maps = "".join(heat_map(array) for array in report.arrays
                   if array.verdict == "wrong" and array.given.shape == array.right.shape)
    return f'<div class="widedeep-exercise"><pre style="line-height:1.3">{escape(as_text(report))}</pre>{maps}</div>'


def heat_map(array: ArrayReport) -> str:
    off = apart(array.given, array.right)
    kinks = np.zeros(off.shape, bool) if array.kinks is None else array.kinks
    off, kinks = (as_table(a)[:MOST, :MOST] for a in (off, kinks))
    rows, columns = off.shape
    strength = np.clip((np.log10(np.maximum(off, 1e-9)) + 6) / 6, 0, 1)         # 1e-6 of itself: 0, all of it: 1
    body = []
    for r, c in np.ndindex(off.shape):
        x, y = c * CELL, r * CELL
        fill = "url(#kink)" if kinks[r, c] else shade(strength[r, c]) if off[r, c] > 1e-6 else "#ffffff"
        body.append(f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" fill="{fill}" stroke="#808080"/>')
        if off[r, c] <= 1e-6 and not kinks[r, c]:
            body.append(f'<circle cx="{x + CELL // 2}" cy="{y + CELL // 2}" r="1.5" fill="#808080"/>')
    told = escape(f"{array.name}: " + alternative(array, int(kinks.sum())), quote=True)
    hatch = ('<defs><pattern id="kink" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" '
             'fill="#ffffff"/><path d="M0 6L6 0" stroke="#404040" stroke-width="1.5"/></pattern></defs>')
    return (f'<figure style="margin:0 0 8px 0"><figcaption><code>{escape(array.name)}</code> '
            f'{escape(say("ui", "map"))}</figcaption><svg role="img" aria-label="{told}" width="{columns * CELL + 2}" '
            f'height="{rows * CELL + 2}"><title>{told}</title>{hatch}{"".join(body)}</svg></figure>')


def as_table(a: np.ndarray) -> np.ndarray:
    """Two-dimensional: a vector is one row, leading axes are laid under one another."""
    return a.reshape(-1, a.shape[-1]) if a.ndim else a.reshape(1, 1)


def shade(strength: float) -> str:
    """From pale to dark blue: lightness alone tells, whatever the eye sees of colour."""
    low, high = np.array([198, 219, 239]), np.array([8, 48, 107])
    r, g, b = (low + (high - low) * strength).astype(int)
    return f"#{r:02x}{g:02x}{b:02x}"


def alternative(array: ArrayReport, kinks: int) -> str:
    parts = [say("facts", key, **values) for key, values in array.facts]
    if kinks:
        parts.append(say("ui", "kinks", n=kinks))
    return "; ".join(parts) or say("ui", "array_" + array.verdict)
