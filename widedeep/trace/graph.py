"""The graph: inputs on the left, the loss on the right, a place for every number that flows.

One SVG, made of parts: <g data-part="hidden0">, <g data-part="weights0">, ...  A stop names the parts that are looked
at.  A place knows what it shows and from which stop on, data-shows='[[stop, "text", "#colour"], ...]': the output of a
neuron on the way forward, its error on the way back.  page.js does no more than pick; without it the outputs are shown.
A line that carries nothing, because the neuron at its end is at 0, stays thin: "still" forward, "off" on the way back.

Read before: colours.py, steps.py        Read next: page.py
"""
import json
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from widedeep.trace.colours import largest, shade
from widedeep.trace.quantity import Stop
from widedeep.trace.recording import Record
from widedeep.trace.steps import Names
from widedeep.trace.text import shortened

LINE, TOP, GAP, NEURON = 21, 50, 56, 37                 # between names, above them, between the towers, between neurons
X_NAME, X_CHIP, X_COLUMN, X_HIDDEN, HIDDEN = 8, 318, 452, 612, 112
LETTERS, MINI, R = 43, 14, 17                           # of a name; a cell of an embedding; of a neuron


class Show(NamedTuple):
    """From this stop on a place shows this number, coloured as a share of the largest beside it."""

    stop: str
    x: float
    most: float


EDGES = ("to_wide", "to_columns", "to_z", "compared", "sent")


class Graph:
    """Collects the parts.   at : stop number -> its place in the order"""

    def __init__(self, stops: Sequence[Stop]):
        self.at = {stop.number: k for k, stop in enumerate(stops)}
        self.parts: dict[str, list[str]] = {}

    def add(self, part: str, *svg: str) -> None:
        self.parts.setdefault(part, []).extend(svg)

    def shows(self, shows: Sequence[Show], signed: bool = True) -> str:
        found = [[self.at[show.stop], brief(show.x, signed), shade(show.x, show.most)] for show in shows]
        return escape(json.dumps(found, separators=(",", ":")), quote=True)

    def neuron(self, part: str, x: float, y: float, name: str, shows: Sequence[Show], label: str = "",
               signed: bool = True) -> None:
        """A circle with a number in it, and perhaps a label above.   signed : False where it is never below 0"""
        above = f'<text class="label" x="{x:g}" y="{y - R - 6:g}">{escape(label)}</text>' if label else ""
        self.add(part, f'<g class="place" data-shows="{self.shows(shows, signed)}"><title>{escape(name)}</title>'
                       f'<circle cx="{x:g}" cy="{y:g}" r="{R}" fill="{shade(shows[0].x, shows[0].most)}"/>'
                       f'<text class="number" x="{x:g}" y="{y + 4:g}">{brief(shows[0].x, signed)}</text></g>{above}')

    def chip(self, part: str, y: float, name: str, shows: Sequence[Show]) -> None:
        """A name, and its number beside it."""
        self.name(part, y, name)
        self.add(part, f'<g class="place" data-shows="{self.shows(shows)}"><rect x="{X_CHIP}" y="{y - 9:g}" width="56" '
                       f'height="18" rx="4" fill="{shade(shows[0].x, shows[0].most)}"/>'
                       f'<text class="number" x="{X_CHIP + 28}" y="{y + 4:g}">{brief(shows[0].x)}</text></g>')

    def name(self, part: str, y: float, name: str) -> None:
        self.add(part, f'<text x="{X_NAME}" y="{y + 4:g}">{escape(shortened(name, LETTERS))}'
                       f'<title>{escape(name)}</title></text>')

    def cells(self, part: str, x: float, y: float, shows: Sequence[Sequence[Show]]) -> None:
        """A row of numbers as colours alone; the panel has the numbers."""
        for k, each in enumerate(shows):
            self.add(part, f'<g class="place" data-shows="{self.shows(each)}"><rect x="{x + k * MINI:g}" y="{y - 8:g}" '
                           f'width="{MINI}" height="16" fill="{shade(each[0].x, each[0].most)}"/></g>')

    def edge(self, part: str, a: tuple[float, float], b: tuple[float, float], carries: str = "") -> None:
        bend = (a[0] + b[0]) / 2
        self.add(part, f'<path class="edge{carries}" d="M{a[0]:g} {a[1]:g}C{bend:g} {a[1]:g} {bend:g} {b[1]:g} '
                       f'{b[0]:g} {b[1]:g}"/>')

    def heading(self, x: float, y: float, text: str) -> None:
        self.add("headings", f'<text class="heading" x="{x:g}" y="{y:g}">{escape(text)}</text>')


class Frame(NamedTuple):
    """Where things are.   z_wide, z_deep, z, p, L : centres (x, y)        x_layer : of each hidden layer"""

    deep_top: float
    height: float
    middle: float
    x_layer: list[int]
    z_wide: tuple[float, float]
    z_deep: tuple[float, float]
    z: tuple[float, float]
    p: tuple[float, float]
    L: tuple[float, float]


def graph(seen: Record, names: Names, stops: Sequence[Stop], title: str) -> str:
    """The SVG.   title : its alternative text"""
    g, at = Graph(stops), frame(names)
    g.heading(X_NAME, TOP - 26, "wide: features that are 1, and their weights")
    g.heading(X_NAME, at.deep_top - 26, "deep: values, and their rows of E" + (", numbers" if names.numbers else ""))
    wide_inputs(g, seen, names, at)
    below = deep_inputs(g, seen, names, at)
    hidden_layers(g, seen, names, at, below)
    logits(g, seen, names.layers, at)
    order = sorted(g.parts, key=lambda part: part not in EDGES and not part.startswith("weights"))   # lines lie below
    body = "".join(f'<g data-part="{part}">{"".join(g.parts[part])}</g>' for part in order)
    return (f'<svg viewBox="0 0 {at.L[0] + 34:g} {at.deep_top + at.height:g}" role="img" '
            f'aria-label="{escape(title, quote=True)}">'
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="5" markerHeight="5" '
            f'orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" class="tip"/></marker></defs>{body}</svg>')


def frame(names: Names) -> Frame:
    F, n = max(1, len(names.wide)), names.layers
    deep_top = TOP + F * LINE + GAP
    height = max((len(names.deep) + len(names.numbers)) * LINE + 8, max(map(len, names.hidden)) * NEURON)
    middle, x = deep_top + (height - LINE) / 2, X_HIDDEN + HIDDEN * n
    z_wide = (x, TOP + (F - 1) * LINE / 2)
    y = (z_wide[1] + middle) / 2
    return Frame(deep_top, height, middle, [X_HIDDEN + HIDDEN * i for i in range(n)], z_wide, (x, middle),
                 *((x + 84 * k, y) for k in (1, 2, 3)))


def wide_inputs(g: Graph, seen: Record, names: Names, at: Frame) -> None:
    """A line for each feature: its weight, the weight's gradient, the new weight."""
    w, dw, moved = (array["wide.w"][seen.batch.wide[0]] for array in (seen.before, seen.grads, seen.after))
    for k, name in enumerate(names.wide):
        y = TOP + k * LINE
        g.edge("to_wide", (X_CHIP + 58, y), (at.z_wide[0] - R - 2, at.z_wide[1]))
        g.chip("features", y, name, [Show("2.1", w[k], largest(w)), Show("5.1", dw[k], largest(dw)),
                                     Show(f"5.{4 + names.layers}", moved[k], largest(moved))])


def deep_inputs(g: Graph, seen: Record, names: Names, at: Frame) -> list[tuple[float, float]]:
    """The rows of E, the columns that they become, the numbers.  Returns where the lines to the first layer begin."""
    n, S, C = names.layers, len(names.deep), len(names.columns)
    E, moved = (array["deep.E"][seen.batch.deep[0]] for array in (seen.before, seen.after))      # (S, d)
    V, again, dV, dX = seen.forward["V"][0], seen.again["V"][0], seen.errors["V"], seen.errors["X"][0]
    d, back, end = V.shape[1], f"5.{2 + n}", f"5.{7 + n}"
    y_column = [at.deep_top + (c + 0.5) * (at.height - LINE) / C for c in range(C)]
    for s, name in enumerate(names.deep):
        y = at.deep_top + s * LINE
        g.edge("to_columns", (X_CHIP + d * MINI + 2, y), (X_COLUMN - 2, y_column[column_of(s, names, seen)]))
        g.name("rows", y, name)
        g.cells("rows", X_CHIP, y, [[Show("2.1", E[s, k], largest(E)), Show(f"5.{3 + n}", dV[s, k], largest(dV)),
                                     Show(f"5.{6 + n}", moved[s, k], largest(moved))] for k in range(d)])
    for c, name in enumerate(names.columns):
        g.cells("columns", X_COLUMN, y_column[c],
                [[Show("3.2", V[c, k], largest(V)), Show(back, dX[c * d + k], largest(dX)),
                  Show(end, again[c, k], largest(again))] for k in range(d)])
        g.add("columns", f'<text class="label" x="{X_COLUMN + d * MINI / 2:g}" y="{y_column[c] - 13:g}">'
                         f'{escape(shortened(name, 14))}</text>')
    begins = [(X_COLUMN + d * MINI + 2.0, y) for y in y_column]
    x = seen.batch.numbers[0]                                       # (M,)
    for m, name in enumerate(names.numbers):
        y = at.deep_top + (S + m) * LINE + 8
        g.chip("numbers", y, name, [Show("1.1", x[m], largest(x)), Show(back, dX[C * d + m], largest(dX)),
                                    Show(end, x[m], largest(x))])
        begins.append((X_CHIP + 58.0, y))
    return begins


def hidden_layers(g: Graph, seen: Record, names: Names, at: Frame, below: list[tuple[float, float]]) -> None:
    """The neurons: output, error at the output, error at the net sum, output once more; and the lines between."""
    last, output = names.layers - 1, np.ones(len(below))
    for i, x in enumerate(at.x_layer):
        A, dA, delta, again = (array[0] for array in (seen.forward[f"A{i}"], seen.errors[f"A{i}"],
                                                      seen.errors[f"delta{i}"], seen.again[f"A{i}"]))     # (H,) each
        here = [(float(x), at.middle + (k - (len(A) - 1) / 2) * NEURON) for k in range(len(A))]
        for j, a in enumerate(below):
            for k, b in enumerate(here):
                carries = (" still" if output[j] == 0 else "") + (" off" if delta[k] == 0 else "")
                g.edge(f"weights{i}", a, (b[0] - R - 2, b[1]), carries)
        for k, (cx, cy) in enumerate(here):
            g.neuron(f"hidden{i}", cx, cy, f"layer {i}, neuron {k}", [
                Show(f"3.{3 + i}", A[k], largest(A)), Show(f"5.{2 + last - i}", dA[k], largest(dA)),
                Show(f"5.{3 + last - i}", delta[k], largest(delta)),
                Show(f"5.{7 + names.layers}", again[k], largest(again))], f"layer {i}" if k == 0 else "")
        below, output = [(cx + R + 2, cy) for cx, cy in here], A
    for a, out in zip(below, output):
        g.edge(f"weights{last + 1}", a, (at.z_deep[0] - R - 2, at.z_deep[1]), "" if out else " still")


def logits(g: Graph, seen: Record, n: int, at: Frame) -> None:
    """The right end: both logits and the bias, their sum, the probability, the loss and the error."""
    z_wide, z_deep, z, p, L = at.z_wide, at.z_deep, at.z, at.p, at.L
    was, now = ({name: float(array[name][0, 0]) for name in ("z_wide", "z_deep", "z", "p")}
                for array in (seen.forward, seen.again))
    dz, y, b = float(seen.errors["dz"][0, 0]), float(seen.batch.labels[0, 0]), float(seen.before["bias.b"][0])
    most, step, end = max(map(abs, was.values())), R + 2, f"5.{7 + n}"
    bias, desired, error = (z[0], z[1] - 78), (L[0], L[1] + 84), (p[0], p[1] + 84)
    for a in (z_wide, z_deep):
        g.edge("to_z", (a[0] + step, a[1]), (z[0] - step, z[1]))
    g.add("to_z", straight((bias[0], bias[1] + step), (z[0], z[1] - step)))
    for name, stop, place in (("z_wide", "3.1", z_wide), ("z_deep", f"3.{3 + n}", z_deep), ("z", f"3.{4 + n}", z)):
        g.neuron(name, *place, name, [Show(stop, was[name], most), Show("5.1", dz, abs(dz)),
                                      Show(end, now[name], most)], "" if name == "z" else name)
    g.neuron("bias", *bias, "the bias b", [Show("2.1", b, most), Show("5.1", dz, abs(dz)),
                                           Show(f"5.{5 + n}", float(seen.after["bias.b"][0]), most)], "b")
    g.edge("p", (z[0] + step, z[1]), (p[0] - step, p[1]))
    g.neuron("p", *p, "the probability p", [Show(f"3.{4 + n}", was["p"], 1), Show(end, now["p"], 1)], "p", signed=False)
    g.edge("loss", (p[0] + step, p[1]), (L[0] - step, L[1]))
    g.add("loss", straight((L[0], desired[1] - step), (L[0], L[1] + step)))
    g.neuron("loss", *L, "the loss L", [Show("4.1", seen.loss, 0), Show(end, seen.loss_again, 0)], "L", signed=False)
    g.neuron("y", *desired, "the label y", [Show("4.1", y, 0)], signed=False)
    g.add("compared", straight((p[0], p[1] + step), (error[0], error[1] - step)),
          straight((desired[0] - step, desired[1]), (error[0] + step, error[1])))
    g.neuron("error", *error, "the error p - y", [Show("4.1", dz, abs(dz))])
    for part, (x, below), label in (("z", z, "z"), ("y", desired, "y"), ("error", error, "p - y")):
        g.add(part, f'<text class="label" x="{x:g}" y="{below + R + 16:g}">{label}</text>')
    g.edge("sent", (z[0] + 14, z[1] + 16), (error[0] - step, error[1]))


def straight(a: tuple[float, float], b: tuple[float, float]) -> str:
    return f'<path class="edge" d="M{a[0]:g} {a[1]:g}L{b[0]:g} {b[1]:g}"/>'


def column_of(slot: int, names: Names, seen: Record) -> int:
    """The embedded column that a slot belongs to: columns of one value first, then each bag's slots."""
    if slot < names.in_bags:
        return slot
    ends = names.in_bags + np.cumsum(seen.batch.bags)
    return names.in_bags + int(np.searchsorted(ends, slot, side="right"))


def brief(x: float, signed: bool = True) -> str:
    """A number for a circle: +0.44, or 0.44 where it is never below 0; a whole one as it is."""
    if x == int(x) and abs(x) < 100:
        return str(int(x))
    return f"{x:+.2f}" if signed else f"{x:.2f}"


