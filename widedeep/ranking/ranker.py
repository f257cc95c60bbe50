"""A ranker: WideDeep (widedeep/model.py) with one bias for each film, and the names of the films.

    z  =  z_wide + z_deep + b          b_j starts at log(share of the training rows that are film j): popularity

It has no weights of single people: its only input is a bag.  So it also serves people who were not in training.

Read before: towers.py        Read next: catalogue.py
"""
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp.losses import softmax
from perceptron.activations import Array
from widedeep.batch import digest
from widedeep.model import WideDeep
from widedeep.ranking.bags import Bags, bags_of
from widedeep.ranking.protocol import Sequences
from widedeep.registry import register


@register("head")
class Ranker(WideDeep):
    """items : (V,) names of the films, ascending        counts : (V,) how many people have each, in training rows
    half_lives : of the bags that the towers read, see bags.py; None is np.inf        towers : by name, as in WideDeep
    """

    def __init__(self, items: Array, counts: Array, half_lives: Sequence[float], dtype: npt.DTypeLike = np.float32,
                 **towers: Any):
        super().__init__(dtype, **towers)
        if len(items) != len(counts) or not np.sum(counts) > 0:
            raise ValueError(f"Ranker: {len(items)} items, {len(counts)} counts that sum to {np.sum(counts)}; "
                             "want a count for each item, and not all of them 0")
        self.items, self.counts = np.asarray(items), np.asarray(counts)
        self.half_lives = tuple(np.inf if half_life is None else half_life for half_life in half_lives)
        self.made_for = digest(self.films())                        # of its Catalogue
        self.b = np.log((self.counts + 1) / np.sum(self.counts + 1)).astype(dtype)      # (V,)  the one bias, by film
        self.column_of = {item: column for column, item in enumerate(self.items.tolist())}

    def forward(self, batch: Any, rng: np.random.Generator | None = None) -> tuple[Array, dict[str, Any]]:
        """Bags of N people -> logits Z (N, V), and the towers' caches."""
        if not isinstance(batch, Bags) or batch.had.shape[1] != len(self.items):
            raise ValueError(f"Ranker: want Bags of {len(self.items)} films, as bags_of(sequences, half_lives) gives")
        return super().forward(batch, rng)                          # type: ignore[arg-type]

    def scores(self, sequences: Sequences) -> Array:
        """S (U, V): every film's logit for each of U people, given all the films in their sequence."""
        if sequences.n_items != len(self.items):
            raise ValueError(f"scores: sequences of {sequences.n_items} films, a ranker of {len(self.items)}; "
                             "were they split from another table?")
        return self.forward(bags_of(sequences, self.half_lives))[0]

    def predict(self, batch: Bags) -> Array:                        # type: ignore[override]
        """(N, V): the probability that a film is the next one, as the softmax over all films has it."""
        return softmax(self.logits(batch))

    def spec(self) -> dict[str, Any]:
        """What __init__ needs to build it again, but for the towers."""
        return self.films() | {"counts": self.counts.tolist()}

    def films(self) -> dict[str, Any]:
        """What a Catalogue holds; JSON has no infinity."""
        return {"items": self.items.tolist(), "half_lives": [half_life if np.isfinite(half_life) else None
                                                             for half_life in self.half_lives]}
