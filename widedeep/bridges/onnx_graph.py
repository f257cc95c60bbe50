"""A graph while it grows: nodes, constants and inputs, each with a name.

A value is the name of the tensor that holds it, so that graph.add("Add", a, b) reads as a + b.

Read before: onnx_inputs.py        Read next: onnx_columns.py
"""
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from perceptron.activations import Array

LEAST = 13                                              # sums and squeezes take their axes as inputs since then
STRINGS = 20                                            # StringSplit, RegexFullMatch
ML = 2                                                  # of ai.onnx.ml: LabelEncoder between any two types


class Graph:
    """opset : of ai.onnx"""

    def __init__(self, opset: int):
        newest = onnx.defs.onnx_opset_version()
        if not isinstance(opset, (int, np.integer)) or not LEAST <= opset <= newest:
            raise ValueError(f"onnx: opset {opset}; want {LEAST} to {newest}, or {STRINGS} and newer for bags and "
                             "texts that may be missing")
        self.opset, self.at = int(opset), ""                        # at : what the next nodes belong to, by name
        self.nodes: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self.constants: dict[tuple[Any, ...], Any] = {}

    def input(self, name: str, text: bool, says: str) -> None:
        kind = TensorProto.STRING if text else TensorProto.FLOAT
        self.inputs.append(helper.make_tensor_value_info(name, kind, ["N", 1], doc_string=says))

    def output(self, name: str, value: str, columns: int) -> None:
        self.nodes.append(helper.make_node("Identity", [value], [name], name=f"output {name}"))
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", columns]))

    def add(self, op: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: Any) -> str:
        """A node of this operator; the name of its first output."""
        name = f"{self.at}/{op} {len(self.nodes)}"
        names = [name, *(f"{name}.{i}" for i in range(1, outputs))]
        self.nodes.append(helper.make_node(op, list(inputs), names, name=name, domain=domain, **attributes))
        return name

    def constant(self, values: npt.ArrayLike, dtype: npt.DTypeLike = np.float32, name: str = "") -> str:
        """An initializer; equal ones are one."""
        array = np.asarray(values, dtype)
        key = name, array.dtype.str, array.shape, array.tobytes()
        if key not in self.constants:
            self.constants[key] = numpy_helper.from_array(array, name or f"constant/{len(self.constants)}")
        return str(self.constants[key].name)

    def text(self, value: str) -> str:
        """The same for one text."""
        key = "text", value
        if key not in self.constants:
            name = f"constant/{len(self.constants)}"
            self.constants[key] = helper.make_tensor(name, TensorProto.STRING, [], [value.encode()])
        return str(self.constants[key].name)

    def look_up(self, value: str, keys: list[Any], kind: str) -> str:
        """int64 of the shape of `value`: 1 for the first key, 2 for the second ...; 0 for any other.

        kind : strings, floats or int64s
        """
        ids = list(range(1, len(keys) + 1))
        keys, ids = (keys, ids) if keys else ([{"strings": "", "floats": 0.0, "int64s": 0}[kind]], [0])
        return self.encode(value, keys, ids, kind)

    def encode(self, value: str, keys: list[Any], ids: list[int], kind: str) -> str:
        pairs: dict[str, Any] = {f"keys_{kind}": keys, "values_int64s": ids}
        return self.add("LabelEncoder", value, domain="ai.onnx.ml", default_int64=0, **pairs)

    def count(self, truths: str) -> str:
        """(N, S) of truths -> (N, 1) int64: how many of each row are true."""
        return self.sum(self.cast(truths, np.int64))

    def sum(self, value: str, keep: int = 1) -> str:
        """(N, S, ...) -> (N, 1, ...), or (N, ...)."""
        return self.add("ReduceSum", value, self.constant([1], np.int64), keepdims=keep)

    def cast(self, value: str, dtype: npt.DTypeLike) -> str:
        return self.add("Cast", value, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def strings(self, what: str) -> None:
        """Raise ValueError if this opset cannot take strings apart."""
        if self.opset < STRINGS:
            raise ValueError(f"onnx: opset {self.opset} cannot export {what} which wants {STRINGS} or newer: "
                             f"opset={STRINGS}")

    def model(self, about: dict[str, str]) -> Any:
        """The whole, checked by onnx."""
        graph = helper.make_graph(self.nodes, "widedeep", self.inputs, self.outputs, list(self.constants.values()))
        versions = [helper.make_opsetid("", self.opset), helper.make_opsetid("ai.onnx.ml", ML)]
        made = helper.make_model(graph, opset_imports=versions, producer_name="widedeep",
                                 ir_version=helper.find_min_ir_version_for(versions))
        helper.set_model_props(made, about)
        onnx.checker.check_model(made, full_check=True)
        return made


def as_float32(who: str, values: Any) -> Array:
    """The numbers as the graph sees them.  Raises ValueError if float32 cannot tell two of them apart."""
    array = np.asarray(values, np.float32)
    if len(np.unique(array)) < len(np.unique(values)):
        raise ValueError(f"onnx: {who} tells numbers apart that are equal in float32; want another origin or unit")
    return array
