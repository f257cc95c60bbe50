"""Judging: of people who hide an item, how high does a model rank it among all that they have not had?

    loss    -log softmax of the hidden item among them: what is minimised
    hr      hit rate: share of people whose hidden item is among the k best        ndcg : hits count more on top

Read before: ranking/metrics.py, hiding.py        Read next: training.py
"""
from collections.abc import Callable

import numpy as np

from perceptron.activations import Array
from widedeep.interactions.hiding import Hidden, Kept
from widedeep.ranking.metrics import at_k
from widedeep.ranking.protocol import Sequences

AT_ONCE = 256                                           # people scored together


class Judge:
    """kept : the log's sequences        hidden : of these people, these items"""

    def __init__(self, kept: Kept, hidden: Hidden):
        self.hidden, self.sequences = hidden, part(kept.train, hidden.people)
        n, V = len(hidden.people), kept.train.n_items
        self.right = np.zeros((n, V), bool)
        self.right[np.arange(n), hidden.item] = True
        self.had = np.zeros((n, V), bool)
        for row, person in enumerate(hidden.people.tolist()):
            self.had[row, list(kept.seen[person])] = True
        self.had &= ~self.right

    def scores(self, of: Callable[[Sequences], Array]) -> Array:
        """S (P, V) float32, by a function of some people's sequences."""
        n = len(self.hidden.people)
        found = [of(part(self.sequences, np.arange(i, min(i + AT_ONCE, n)))) for i in range(0, n, AT_ONCE)]
        return np.concatenate(found).astype(np.float32)

    def loss(self, S: Array) -> float:
        """Mean over people of -log softmax(S)[hidden], among what they have not had."""
        z = np.where(self.had, -np.inf, S)
        top = z.max(axis=1, keepdims=True)
        total = np.log(np.exp(z - top).sum(axis=1, dtype=np.float64)) + top[:, 0]
        return float((total - S[self.right]).mean())

    def figures(self, S: Array, k: int) -> dict[str, float]:
        """{"hr", "ndcg", "loss"}"""
        found = at_k(np.where(self.had, -np.inf, S), self.right, k)
        return {"hr": found["hr"], "ndcg": found["ndcg"], "loss": self.loss(S)}


def part(sequences: Sequences, people: Array) -> Sequences:
    """Some people's."""
    lengths = np.diff(sequences.bounds)[people]
    places = np.arange(lengths.sum()) + np.repeat(sequences.bounds[people] - np.cumsum(lengths) + lengths, lengths)
    return Sequences(sequences.items[places], np.concatenate([[0], np.cumsum(lengths)]), sequences.n_items, None,
                     None if sequences.sides is None else sequences.sides[people])
