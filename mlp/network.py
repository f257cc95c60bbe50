"""A multi-layer perceptron: dense layers in a chain, run forwards and then backwards.

The article's five steps of backpropagation are five places in this project; four of them are here:

    1  inputs X arrive                           MLP.forward, its argument
    2  real weights, randomly selected           MLP.__init__, initialisers.py
    3  the output of every neuron                MLP.forward, its loop
    4  the error, actual - desired output        losses.py, the line with a - y
    5  back from output to hidden layer          MLP.backward, its loop; then Optimizer.step adjusts the weights

Read before: dense.py, initialisers.py, dropout.py        Read next: losses.py
"""
import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp.dense import Cache, Dense
from mlp.dropout import dropout_mask
from mlp.initialisers import check_generator, glorot, he
from mlp.windows import Windows
from perceptron.activations import Activation, Array, identity, relu
from perceptron.neuron import numbers

Caches = list[tuple[Cache, Array | None]]               # of each layer, and the mask that dropped its outputs, if any


class MLP:
    """sizes = [inputs, hidden..., outputs].  The default output is a logit, because losses take logits.

    sizes : numbers of units, at least two of them, each >= 1
    rng : draws the weights (He for layers of ReLU, Glorot for others); biases start at 0
    dtype : np.float32 to train, np.float64 to check gradients
    hidden, output : activations        dropout : chance that a hidden neuron is silenced, where forward is given rng
    """

    last_step: Any = None                        # see mlp/train.py, check_together

    def __init__(self, sizes: Sequence[int], rng: np.random.Generator, dtype: npt.DTypeLike = np.float32, *,
                 hidden: Activation = relu, output: Activation = identity, dropout: float = 0.0):
        check_generator("MLP", rng)
        if not hasattr(sizes, "__len__") or len(sizes) < 2 or not all(
                isinstance(size, (int, np.integer)) and size >= 1 for size in sizes):
            raise ValueError(f"MLP: sizes {sizes}; want [inputs, hidden..., outputs], each at least 1")
        if not 0 <= dropout < 1:
            raise ValueError(f"MLP: dropout {dropout}; want a probability in [0, 1)")
        if np.dtype(dtype).kind != "f" or np.dtype(dtype).itemsize < 4:
            raise ValueError(f"MLP: dtype {np.dtype(dtype)}; want np.float32 or np.float64 (in float16 eps is 0)")
        pairs = list(zip(sizes, sizes[1:]))
        shapes: dict[str, tuple[int, ...]] = {}
        for i, (D, H) in enumerate(pairs):
            shapes |= {f"{i}.W": (D, H), f"{i}.b": (H,)}
        self.sizes, self.dropout = list(sizes), dropout
        self.activations = [hidden] * (len(pairs) - 1) + [output]
        self.bind(Windows(shapes, np.zeros(sum(D * H + H for D, H in pairs), dtype)))
        for layer in self.layers:                       # step 2: real weights, randomly selected
            draw = he if layer.activation is relu else glorot
            layer.W[...] = draw(len(layer.W), len(layer.b), rng)

    def bind(self, theta: Windows) -> None:
        """Take the arrays of `theta` as weights and biases.  It may be part of a larger model's vector."""
        self.theta = theta
        self.layers = [Dense(theta[f"{i}.W"], theta[f"{i}.b"], f) for i, f in enumerate(self.activations)]

    def params(self) -> Windows:
        """{"0.W": (D, H), "0.b": (H,), "1.W": ...}: the live arrays, not copies."""
        return self.theta

    def forward(self, X: Array, rng: np.random.Generator | None = None) -> tuple[Array, Caches]:
        """X (N, inputs) -> z (N, outputs), and what backward will need.  Dropout acts only where rng is given.

        NumPy computes in the wider dtype of X and the weights: cast X too, if float32 is meant.
        """
        X = numbers("MLP.forward", "X", X)              # step 1: the inputs X arrive
        caches: Caches = []
        for layer in self.layers:                       # step 3: input layer -> hidden layers -> output layer
            X, cache = layer.forward(X)
            mask = None
            if rng is not None and self.dropout and layer is not self.layers[-1]:
                mask = dropout_mask(X, self.dropout, rng)
                X = X * mask
            caches.append((cache, mask))
        return X, caches

    def backward(self, dz: Any, caches: Caches, grads: Any = None, need_dX: bool = True) -> tuple[Any, Any]:
        """dz (N, outputs), the error signal -> dX (N, inputs), and grads under the names of params().

        dz is the gradient at the outputs: with the default identity that is dL/dz, step 4's a - y.
        grads : arrays to fill, under the names of params(), as parts of a larger gradient; fresh Windows by default.
        need_dX : False leaves dX out (None), where X is data and nothing below it learns.
        """
        grads = self.theta.empty_like(np.result_type(dz, self.theta.flat)) if grads is None else grads
        for i in reversed(range(len(self.layers))):     # step 5: output layer -> hidden layers -> input layer
            cache, mask = caches[i]
            dz = dz if mask is None else dz * mask
            dz = self.layers[i].backward(dz, cache, grads[f"{i}.W"], grads[f"{i}.b"], need_dX or i > 0)
        return dz, grads

    def astype(self, dtype: npt.DTypeLike) -> "MLP":
        """A copy of another dtype: float64 to check a network that was trained in float32."""
        other = copy.copy(self)
        other.bind(self.theta.astype(dtype))
        return other

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "layers"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A copied or unpickled network's windows are windows of its own vector, or it would not learn."""
        self.__dict__.update(state)
        self.bind(self.theta)


def pre_activations(caches: Caches) -> list[Array]:
    """Every layer's net sums Z (N, H): a gradient check asks on which side of a kink they lie."""
    return [Z for (_, Z, _), _ in caches]
