"""Windows: named arrays that are views of one vector.

    theta = [ 0.W | 0.b | 1.W | 1.b | ... ]

A view is the same memory under another name and shape: writing to one writes to the other.  People and checks read the
arrays by name; an optimizer moves the whole vector at once.  A step of a small network takes as long as its NumPy
calls, not as its arithmetic: so one vector is faster than twenty arrays.

Read next: network.py
"""
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array

Shapes = Mapping[str, tuple[int, ...]]


class Windows(dict[str, Array]):
    """{"0.W": (D, H) view, "0.b": (H,) view, ...} of the vector `flat`.  Write with w[...] = x, never w = x.

    shapes : name -> shape, in the order in which the arrays lie        flat : (n,), n the sum of their sizes
    """

    def __init__(self, shapes: Shapes, flat: Array):
        self.shapes, self.flat = shapes, flat
        start = 0
        for name, shape in shapes.items():
            stop = start + prod(shape)
            if stop > flat.size:
                break
            self[name] = flat[start:stop].reshape(shape)
            start = stop
        if flat.shape != (start,) or len(self) < len(shapes):
            raise ValueError(f"Windows: a vector {flat.shape} does not fit the arrays {dict(shapes)}")

    def empty_like(self, dtype: npt.DTypeLike | None = None) -> "Windows":
        """Fresh windows of the same shapes, to be filled.  They hold NaN, so that an entry left unfilled shows."""
        return Windows(self.shapes, np.full_like(self.flat, np.nan, dtype))

    def astype(self, dtype: npt.DTypeLike) -> "Windows":
        """A copy of another dtype."""
        return Windows(self.shapes, self.flat.astype(dtype))

    def view(self, prefix: str) -> "Windows":
        """The arrays whose names begin with `prefix`, under the rest of their names: views of a slice of `flat`."""
        names = list(self.shapes)
        inside = [i for i, name in enumerate(names) if name.startswith(prefix)]
        if not inside:
            raise ValueError(f"Windows.view: no array's name begins with {prefix!r}; there are {names}")
        if inside != list(range(inside[0], inside[-1] + 1)):
            raise ValueError(f"Windows.view: the arrays of {prefix!r} do not lie side by side")
        start = sum(self[name].size for name in names[:inside[0]])
        shapes = {names[i][len(prefix):]: self.shapes[names[i]] for i in inside}
        return Windows(shapes, self.flat[start:start + sum(map(prod, shapes.values()))])

    def __reduce__(self) -> tuple[type["Windows"], tuple[Shapes, Array]]:
        """Copy and pickle the vector alone: copies of its views would be windows of nothing."""
        return Windows, (self.shapes, self.flat)


def flatten(tree: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """("deep.0.W", array) for every array (or Rows) in nested dicts."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from flatten(value, f"{name}.{key}" if name else key)
    else:
        yield name, tree
