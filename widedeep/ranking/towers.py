"""Two towers that score every film at once: one memorizes which film follows which, one generalizes by similarity.

    wide    z_nj = sum_i B_ni W_ij                 one weight for the cross "has film i AND is shown film j"
    deep    u_n  = MLP([B_1n E, ..., B_Kn E])      the bags' mean embeddings, through the layers
            z_nj = u_n . Q_j                       which films are near the person?

WideDeep (widedeep/model.py) adds them, with one bias for each film, initialised to the log of its popularity:

    z  =  B W  +  MLP(B E) Q^T  +  b               softmax over j

The wide tower IS the paper's: cross(installed app x impressed app), for all impressed apps in one product.

Read before: losses.py, widedeep/model.py        Read next: train.py
Source: Cheng et al. 2016, figure 4; Covington et al. 2016, section 3 (a bag of watched films into a softmax over all).
"""
import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp.network import MLP, Caches
from mlp.windows import Windows
from perceptron.activations import Activation, Array, relu
from widedeep.ranking.bags import Bags
from widedeep.registry import register

Cache = tuple[Bags, Caches, Array]                      # what backward needs from forward


@register("tower")
class WideItems:
    """W (V, V), initialised to 0 as FTRL requires; reads the first bag."""

    def __init__(self, n_items: int, dtype: npt.DTypeLike = np.float32):
        self.W = np.zeros((n_items, n_items), dtype)

    def params(self) -> dict[str, Array]:
        return {"W": self.W}

    def frozen(self) -> dict[str, Any]:
        return {}

    def forward(self, batch: Bags, rng: np.random.Generator | None = None) -> tuple[Array, Bags]:
        return batch.shares[0] @ self.W, batch                      # (N, V)  (N, V) @ (V, V)

    def backward(self, dz: Array, cache: Bags) -> dict[str, Array]:
        return {"W": cache.shares[0].T @ dz}                        # (V, V)  sums over examples

    def astype(self, dtype: npt.DTypeLike) -> "WideItems":
        other = copy.copy(self)
        other.W = self.W.astype(dtype)
        return other

    def spec(self) -> dict[str, Any]:
        return {"n_items": len(self.W), "dtype": str(self.W.dtype)}


@register("tower")
class DeepItems:
    """E (V, d) embeds the films of the bags, Q (V, H) the films to score; the layers of an MLP lie between.

    n_items : V        bags : K        d : numbers in a row of E        hidden : units of each layer, the last is H
    dropout : probability that a hidden neuron is dropped in training
    """

    def __init__(self, n_items: int, bags: int, d: int, hidden: Sequence[int], rng: np.random.Generator,
                 dtype: npt.DTypeLike = np.float32, *, activation: Activation = relu, dropout: float = 0.0):
        if min(n_items, bags, d) < 1 or not hidden:
            raise ValueError(f"DeepItems: {n_items} items, {bags} bags, d {d}, hidden {list(hidden)}; "
                             "want at least one of each")
        self.bags, self.hidden = bags, list(hidden)
        self.mlp = MLP([bags * d, *hidden], rng, dtype, hidden=activation, dropout=dropout)
        H = hidden[-1]
        E = rng.normal(0, 1, (n_items, d))
        Q = rng.normal(0, 0.1 / np.sqrt(H), (n_items, H))           # small: at first b alone ranks, by popularity
        layers = {f"mlp.{name}": shape for name, shape in self.mlp.params().shapes.items()}
        shapes = {"E": E.shape, "Q": Q.shape, **layers}
        flat = np.concatenate([E.ravel(), Q.ravel(), self.mlp.params().flat])
        self.bind(Windows(shapes, flat.astype(dtype)))

    def bind(self, theta: Windows) -> None:
        self.theta, self.E, self.Q = theta, theta["E"], theta["Q"]
        self.mlp.bind(theta.view("mlp."))

    def params(self) -> Windows:
        """{"E": (V, d), "Q": (V, H), "mlp.0.W": ...}: one vector."""
        return self.theta

    def frozen(self) -> dict[str, Any]:
        return {}

    def forward(self, batch: Bags, rng: np.random.Generator | None = None) -> tuple[Array, Cache]:
        """batch.shares (K, N, V) -> z (N, V), and the cache for backward."""
        means = batch.shares @ self.E                               # (K, N, d)
        X = np.concatenate(list(means), axis=1)                     # (N, K d)
        u, caches = self.mlp.forward(X, rng)                        # (N, H)
        return u @ self.Q.T, (batch, caches, u)                     # (N, V)

    def backward(self, dz: Array, cache: Cache) -> Windows:
        """dz (N, V) -> gradients under the names of params()."""
        batch, caches, u = cache
        grads = self.theta.empty_like(np.result_type(dz, self.theta.flat))
        np.matmul(dz.T, u, out=grads["Q"])                          # (V, H)
        inner = {name.removeprefix("mlp."): g for name, g in grads.items() if name.startswith("mlp.")}
        dX, _ = self.mlp.backward(dz @ self.Q, caches, inner)       # (N, K d)
        dM = np.concatenate(np.split(dX, self.bags, axis=1))        # (K N, d)
        shares = batch.shares.reshape(len(dM), -1)                  # (K N, V)
        np.matmul(shares.T, dM, out=grads["E"])                     # (V, d)
        return grads

    def astype(self, dtype: npt.DTypeLike) -> "DeepItems":
        other = copy.copy(self)
        other.mlp = copy.copy(self.mlp)
        other.bind(self.theta.astype(dtype))
        return other

    def spec(self) -> dict[str, Any]:
        """What __init__ needs to build it again, except the generator.  An archive keeps layers of ReLU alone."""
        if any(f != relu for f in self.mlp.activations[:-1]):
            raise TypeError("DeepItems: an archive keeps no activation but relu; want DeepItems(..., activation=relu)")
        return {"n_items": len(self.E), "bags": self.bags, "d": self.E.shape[1], "hidden": self.hidden,
                "dropout": self.mlp.dropout, "dtype": str(self.E.dtype)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.bind(self.theta)
