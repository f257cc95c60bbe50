"""ONNX: encoder, model and head as one graph.   Strings and numbers in, probabilities out, without this package.

    from widedeep.bridges.onnx import feeds, save_onnx      pip install 'widedeep[onnx]'
    save_onnx("model.onnx", model, encoder)
    session = onnxruntime.InferenceSession("model.onnx")
    session.run(["probability"], feeds(encoder, table))

    inputs     one for each column that the encoder reads, under its name: (N, 1), strings or float32
    outputs    "probability" (N, 1); of several classes or thresholds "probabilities" (N, K); of Regression "prediction"

What an input is:

    numbers                  float32, NaN where one is missing; categories that are whole numbers too, such as ids
    other categories         strings, "" where one is missing
    bags                     joined strings, "Drama|War", "" for an empty bag and "<missing>" for a missing one

An unknown value is id 0, as everywhere.  A graph cannot refuse a row: where the encoder refuses a number (missing, and
no kind says what that means; infinite; too small for log1p), the row's answer is NaN.  `feeds` makes the inputs of a
table, and refuses what the encoder refuses.

Numbers come as float32, of seven digits: a value closer than that to a cut of Buckets, or a time in seconds, may fall
on its other side.

Read before: encoder.py, saving.py        Read next: onnx_inputs.py
"""
import json
from pathlib import Path
from typing import Any

from perceptron.activations import relu
from widedeep.batch import check_made_by
from widedeep.bridges.onnx_inputs import MISSING, Input, check_encoder, feeds, inputs_of
from widedeep.deep import Deep
from widedeep.encoder import Encoder
from widedeep.heads.classes import Classes, DeepClasses, WideClasses
from widedeep.heads.ordinal import OrdinalRegression
from widedeep.heads.regression import Regression
from widedeep.model import WideDeep, check_sizes
from widedeep.saving import write_beside
from widedeep.towers.deep_periodic import DeepPeriodic
from widedeep.towers.linear import Linear
from widedeep.towers.matrix_factorization import MatrixFactorization
from widedeep.wide import Wide

try:
    from widedeep.bridges import onnx_columns, onnx_graph, onnx_numbers, onnx_towers
except ModuleNotFoundError as error:
    raise ImportError(f"widedeep.bridges.onnx: {error.name} is not installed; want pip install 'widedeep[onnx]'"
                      ) from None

__all__ = ["feeds", "onnx_model", "save_onnx"]

OUTPUTS = {WideDeep: "probability", Regression: "prediction", Classes: "probabilities",
           OrdinalRegression: "probabilities"}
TOWERS = (Wide, WideClasses, Deep, DeepClasses, DeepPeriodic, Linear, MatrixFactorization)
INSTEAD = {"DeepWithHistory": "Deep", "MatrixFactorizationWithHistory": "MatrixFactorization"}


def onnx_model(model: WideDeep, encoder: Encoder, opset: int = 20) -> Any:
    """The graph, an onnx.ModelProto, checked by onnx.   opset : of ai.onnx, 13 or newer; bags and texts that may be
    missing need 20

    Raises ValueError, by name, for a column, number, tower or head that no graph can hold.
    """
    check_exportable(model, encoder)
    graph = onnx_graph.Graph(opset)
    inputs = inputs_of(encoder)
    output = OUTPUTS[type(model)]
    if output in inputs:
        raise ValueError(f"onnx: a column is called {output!r}, as the graph's output is; want another name for it")
    for name, given in inputs.items():
        graph.input(name, given.text, given.says())
        if given.raw:
            given.value = onnx_columns.raw(graph, given)
    columns = onnx_columns.Ids(graph, inputs)
    numbers = onnx_numbers.encoded(graph, encoder, columns)
    z = onnx_towers.logits(graph, model, encoder, columns, numbers)
    answer = onnx_towers.answer(graph, model, z)
    for value in onnx_numbers.refused(graph, inputs, encoder, numbers):
        answer = graph.add("Add", answer, graph.add("Mul", value, graph.constant(0.0)))         # 0, or NaN
    graph.output(output, answer, len(model.b))
    return graph.model(about(model, encoder, inputs))


def save_onnx(path: Any, model: WideDeep, encoder: Encoder, opset: int = 20) -> Path:
    """Write the graph, beside and then renamed.  Returns the path.  Raises as onnx_model does, before anything is
    written."""
    contents = onnx_model(model, encoder, opset).SerializeToString()
    return write_beside(Path(path), lambda beside: beside.write_bytes(contents))


def about(model: WideDeep, encoder: Encoder, inputs: dict[str, Input]) -> dict[str, str]:
    """What a program that serves the graph may ask: names of classes, thresholds, separators of bags."""
    found: dict[str, Any] = {"fingerprint": encoder.fingerprint, "head": type(model).__name__, "missing bag": MISSING,
                             "separators": {name: given.sep for name, given in inputs.items() if given.sep}}
    if isinstance(model, Classes):
        found["classes"] = model.names
    if isinstance(model, OrdinalRegression):
        found["thresholds"] = model.thresholds
    return {"widedeep": json.dumps(found)}


def check_exportable(model: Any, encoder: Any) -> None:
    """Raise ValueError, by name and with what to use instead, for what no graph can hold."""
    if type(model).__name__ == "Ranker":
        raise ValueError("onnx: the model is a Ranker, whose lists no graph here reads; want widedeep serve MODEL, "
                         "which answers other programs over HTTP, or --to safetensors")
    if type(model) not in OUTPUTS:
        raise ValueError(f"onnx: the model is a {type(model).__name__}; a graph is made of "
                         f"{', '.join(head.__name__ for head in OUTPUTS)}: of another head write its last step in "
                         "widedeep/bridges/onnx_towers.py")
    for name, tower in model.towers.items():
        kind = type(tower).__name__
        if type(tower) not in TOWERS:
            want = f"{INSTEAD[kind]}, which reads no training rows" if kind in INSTEAD else \
                ", ".join(known.__name__ for known in TOWERS)
            raise ValueError(f"onnx: tower {name!r}, {kind}, cannot be exported; want {want}")
        if isinstance(tower, Deep) and any(f != relu for f in tower.mlp.activations):
            raise ValueError(f"onnx: tower {name!r} has activations other than relu, and cannot be exported; want "
                             "Deep as it is")
    check_encoder(encoder)
    check_made_by("onnx", encoder.fingerprint, model.made_for)
    check_sizes(model, encoder)
