"""A third tower of a ranker: what is known of people and of items beside their ids.

    z  =  s C  +  (B T) A T^T           s (N, G) sides of people: a person of 18-24 AND this item
                                        T (V, F) sides of items, B (N, V) the bag: has genre f AND is shown genre g

C (G, V) and A (F, F) are weights of crosses, as the wide tower's, and begin at 0.  T does not learn.  An item that
nobody had yet gets its score from A; a newcomer with nothing but an age, from C.

Read before: ranking/towers.py        Read next: shop.py
Source: Cheng et al. 2016, figure 4: user demographics and impressed apps, crossed.
"""
import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from widedeep.ranking.bags import Bags
from widedeep.registry import register

Cache = tuple[Bags, Array]


@register("tower")
class SideItems:
    """item_sides : of each item [(id, share), ...], ids 0 .. n_item - 1
    n_people : G        n_item : F        one of the two may be 0
    """

    def __init__(self, item_sides: Sequence[Sequence[Sequence[float]]], n_people: int, n_item: int,
                 dtype: npt.DTypeLike = np.float32):
        if n_people + n_item < 1:
            raise ValueError("SideItems: sides of neither people nor items; want one at least")
        self.item_sides = [[(int(f), float(share)) for f, share in sides] for sides in item_sides]
        self.T = np.zeros((len(item_sides), n_item), dtype)
        for v, sides in enumerate(self.item_sides):
            for f, share in sides:
                self.T[v, f] = share
        self.C = np.zeros((n_people, len(item_sides)), dtype)
        self.A = np.zeros((n_item, n_item), dtype)

    def params(self) -> dict[str, Array]:
        """{"C": (G, V), "A": (F, F)}, those that hold anything."""
        return {name: w for name, w in (("C", self.C), ("A", self.A)) if w.size}

    def frozen(self) -> dict[str, Any]:
        return {}

    def forward(self, batch: Bags, rng: np.random.Generator | None = None) -> tuple[Array, Cache]:
        """z (N, V); the taste B T is of the last bag, the slowest."""
        taste = batch.shares[-1] @ self.T                           # (N, F)
        z = (taste @ self.A) @ self.T.T                             # (N, V)
        if len(self.C) and batch.sides is not None:
            z = z + batch.sides @ self.C
        return z, (batch, taste)

    def backward(self, dz: Array, cache: Cache) -> dict[str, Array]:
        batch, taste = cache
        sides = np.zeros((len(dz), len(self.C)), dz.dtype) if batch.sides is None else batch.sides
        return {name: w for name, w in (("C", sides.T @ dz), ("A", taste.T @ (dz @ self.T))) if w.size}

    def astype(self, dtype: npt.DTypeLike) -> "SideItems":
        other = copy.copy(self)
        other.T, other.C, other.A = (w.astype(dtype) for w in (self.T, self.C, self.A))
        return other

    def spec(self) -> dict[str, Any]:
        return {"item_sides": self.item_sides, "n_people": len(self.C), "n_item": len(self.A),
                "dtype": str(self.T.dtype)}
