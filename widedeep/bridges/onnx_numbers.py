"""Numbers in the graph: from an input (N, 1) to the scaled numbers (N, M) of the deep tower, as numbers.py has it.

Means and sines are computed in float64, as in NumPy; comparisons with cuts in float32, as the number came.

Read before: onnx_columns.py, numbers.py, features/missing.py, features/robust.py        Read next: onnx_towers.py
"""
from collections.abc import Sequence
from typing import Any

import numpy as np

from widedeep.bridges.onnx_columns import Ids
from widedeep.bridges.onnx_graph import Graph
from widedeep.bridges.onnx_inputs import Input
from widedeep.encoder import Encoder
from widedeep.features.missing import FillMedian, WasMissing
from widedeep.features.periodic import Periodic
from widedeep.features.robust import FAR, Robust
from widedeep.numbers import Standard


def encoded(graph: Graph, encoder: Encoder, ids: Ids) -> list[str]:
    """The names of the M numbers, each (N, 1) float32."""
    made = []
    for number in encoder.numbers:
        graph.at, x = number.name, ids.inputs[number.reads[0]].value
        if isinstance(number, WasMissing):
            gap = graph.cast(ids.gap(number.reads[0]), np.float32)
            made.append(graph.add("Mul", gap, graph.constant(float(number.seen))))
        else:
            made.append(graph.cast(encode(graph, x, number), np.float32))
    return made


def refused(graph: Graph, inputs: dict[str, Input], encoder: Encoder, made: Sequence[str]) -> list[str]:
    """Of what the encoder refuses some rows of: the name of a number (N, 1) that is not finite in them."""
    found = []
    graph.at = "refused"
    for name, given in inputs.items():
        if given.strict and not given.text:
            found.append(name)
        elif not given.text and any(not isinstance(reader, WasMissing) for reader in given.readers):
            x = given.value                                         # of raw rows no number is refused
            found.append(graph.add("Where", graph.add("IsNaN", x), graph.constant([[0.0]]), x))
    return found + [value for number, value in zip(encoder.numbers, made)
                    if getattr(getattr(number, "number", number), "log1p", False)]


def encode(graph: Graph, x: str, number: Any) -> str:
    """x (N, 1) float32 -> (N, 1) float64"""
    def f64(value: float) -> str:
        return graph.constant([[value]], np.float64)

    if isinstance(number, FillMedian):
        gap = graph.add("IsNaN", x)
        return encode(graph, graph.add("Where", gap, graph.constant([[number.median]]), x), number.number)
    if isinstance(number, Standard):
        wide = graph.cast(x, np.float64)
        if number.log1p:
            wide = graph.add("Log", graph.add("Add", wide, f64(1.0)))
        return graph.add("Div", graph.add("Sub", wide, f64(number.mean)), f64(number.spread))
    if isinstance(number, Robust):
        u = graph.add("Div", graph.add("Sub", graph.cast(x, np.float64), f64(number.centre)), f64(number.width))
        bent = graph.add("Mul", far := graph.add("Div", u, f64(FAR)), far)
        return graph.add("Div", u, graph.add("Sqrt", graph.add("Add", bent, f64(1.0))))
    above = graph.count(graph.add("Greater", x, graph.constant(number.cuts)))           # (N, 1)  cuts below x
    share = graph.add("Div", graph.cast(above, np.float64), f64(number.n_q - 1))
    if not isinstance(number, Periodic):
        return share
    angle = graph.add("Add", graph.add("Mul", share, f64(2 * np.pi * number.f)), f64(2 * np.pi * number.shift))
    return graph.add("Sin", angle)
