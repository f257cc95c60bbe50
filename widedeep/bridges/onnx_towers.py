"""Towers and heads in the graph: logits add, and the head makes an answer of them, as model.py has it.

Each column has its own block of a table, so that ids need no offsets here.

Read before: onnx_numbers.py, wide.py, deep.py, heads/classes.py        Read next: torch.py
"""
from collections.abc import Sequence
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.bridges.onnx_columns import Ids
from widedeep.bridges.onnx_graph import Graph
from widedeep.columns import Bag
from widedeep.crosses import Cross
from widedeep.encoder import Encoder
from widedeep.heads.classes import Classes
from widedeep.heads.regression import Regression
from widedeep.model import WideDeep
from widedeep.towers.deep_periodic import WAVES, DeepPeriodic
from widedeep.towers.linear import Linear
from widedeep.towers.matrix_factorization import MatrixFactorization
from widedeep.wide import Wide


def logits(graph: Graph, model: WideDeep, encoder: Encoder, ids: Ids, numbers: Sequence[str]) -> str:
    """(N, K): every tower's, added, plus the bias."""
    z = graph.constant(model.b[None])
    for name, tower in model.towers.items():
        part = wide(graph, name, tower, encoder, ids) if isinstance(tower, Wide) else \
            factorization(graph, name, tower, encoder, ids) if isinstance(tower, MatrixFactorization) else \
            linear(graph, name, tower, numbers) if isinstance(tower, Linear) else \
            deep(graph, name, tower, encoder, ids, numbers)
        graph.at = name
        z = graph.add("Add", z, part)
    return z


def wide(graph: Graph, name: str, tower: Wide, encoder: Encoder, ids: Ids) -> str:
    """The sum of the weights of the ids: (N, 1), or (N, K) of classes."""
    parts = []
    for column, block in zip(encoder.wide, blocks(tower.w, encoder.wide)):
        of, _ = ids.of(column)
        graph.at = name
        weights = graph.add("Gather", graph.constant(block, name=f"{name}.w {column.name}"), of)     # (N, slots, ...)
        parts.append(graph.sum(weights, keep=int(tower.w.ndim == 1)))
    return total(graph, parts)


def deep(graph: Graph, name: str, tower: Any, encoder: Encoder, ids: Ids, numbers: Sequence[str]) -> str:
    """(N, K)"""
    columns = embed(graph, name, tower.E, encoder, ids)
    graph.at = name
    made = waves(graph, name, tower, numbers) if isinstance(tower, DeepPeriodic) and len(tower.theta["f"]) else []
    x = graph.add("Concat", *columns, *numbers, *made, axis=1)      # (N, C d + M), and of DeepPeriodic P e more
    for i, layer in enumerate(tower.mlp.layers):
        x = graph.add("MatMul", x, graph.constant(layer.W, name=f"{name}.mlp.{i}.W"))
        x = graph.add("Relu", graph.add("Add", x, graph.constant(layer.b, name=f"{name}.mlp.{i}.b")))
    return graph.add("MatMul", x, graph.constant(tower.w, name=f"{name}.w"))


def linear(graph: Graph, name: str, tower: Linear, numbers: Sequence[str]) -> str:
    """(N, K)"""
    graph.at = name
    return graph.add("MatMul", graph.add("Concat", *numbers, axis=1), graph.constant(tower.w, name=f"{name}.w"))


def waves(graph: Graph, name: str, tower: DeepPeriodic, numbers: Sequence[str]) -> list[str]:
    """(N, P e)   The waves of the first P numbers, as deep_periodic.py has them."""
    f, s, U, c = (graph.constant(tower.theta[part], name=f"{name}.{part}") for part in WAVES)
    x = graph.add("Concat", *numbers[:len(tower.theta["f"])], axis=1)                   # (N, P)
    x = graph.add("Unsqueeze", graph.add("Transpose", x), graph.constant([2], np.int64))            # (P, N, 1)
    turns = graph.add("Add", graph.add("Mul", x, f), s)                                 # (P, N, K)
    h = graph.add("Cos", graph.add("Mul", turns, graph.constant(2 * np.pi)))
    r = graph.add("Add", graph.add("MatMul", h, U), c)                                  # (P, N, e)
    return [graph.add("Flatten", graph.add("Transpose", r, perm=[1, 0, 2]), axis=1)]


def factorization(graph: Graph, name: str, tower: MatrixFactorization, encoder: Encoder, ids: Ids) -> str:
    """(N, 1)"""
    columns = embed(graph, name, tower.E, encoder, ids)
    graph.at = name
    P, Q = (total(graph, [columns[i] for i in side]) for side in (tower.left, tower.right))
    return graph.sum(graph.add("Mul", P, Q))


def embed(graph: Graph, name: str, E: Array, encoder: Encoder, ids: Ids) -> list[str]:
    """(N, d) of each column: its row, or the mean of the rows of a bag's known values."""
    columns = []
    for column, block in zip(encoder.deep, blocks(E, encoder.deep)):
        of, _ = ids.of(column)
        graph.at = name
        rows = graph.add("Gather", graph.constant(block, name=f"{name}.E {column.name}"), of)       # (N, slots, d)
        found = graph.sum(rows, keep=0)
        if isinstance(column, (Bag, Cross)):
            known = graph.count(graph.add("Greater", of, graph.constant(0, np.int64)))  # (N, 1)
            known = graph.add("Max", graph.cast(known, np.float32), graph.constant(1.0))
            found = graph.add("Div", found, known)
        columns.append(found)
    return columns


def blocks(table: Array, columns: Sequence[Any]) -> list[Array]:
    """Each column's own rows, behind row 0."""
    found, start = [], 1
    for column in columns:
        found.append(np.concatenate([table[:1], table[start:start + column.size]]))
        start += column.size
    return found


def total(graph: Graph, parts: Sequence[str]) -> str:
    return graph.add("Sum", *parts) if len(parts) > 1 else parts[0]


def answer(graph: Graph, model: WideDeep, z: str) -> str:
    """What predict answers."""
    graph.at = "head"
    if isinstance(model, Regression):
        limits = (graph.constant(limit) for limit in (model.low, model.high))
        return graph.add("Clip", z, *limits)
    return graph.add("Softmax", z, axis=1) if isinstance(model, Classes) else graph.add("Sigmoid", z)
