"""The bag of a person's earlier films, as weights that sum to 1: the paper's installed apps, the latest weighted most.

    B_ni = 2^(-age_ni / half_life) / sum of the same over the bag         0 for films that are not in it

age 0 is the latest film, 1 the one before it.  Each row sums to 1, so that B @ E is a weighted mean of embeddings and
B @ W a weighted mean of cross weights.  half_life inf gives every film the same weight: the plain bag.

Each position of a training sequence is one example: which film came here, given the films BEFORE it?  So no bag holds
the film itself or a later one: training and serving are the same task.

Most of B is 0, but it is stored dense.  The logits are (N, V) in any case, since the model scores all V films at once,
and with V of some thousands a matrix product costs less than the look-ups it replaces.

Read before: baselines.py        Read next: losses.py
Source: Cheng et al. 2016, section 4.1 (installed apps).
"""
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perceptron.activations import Array
from widedeep.ranking.protocol import Sequences

FAINT = 2.0 ** -20      # a weight below this becomes 0 (the latest film's is 1): its square is too small for float32


@dataclass(frozen=True)
class Bags:
    """The bags of N people, each at one moment.

    shares : (K, N, V) a bag for each of K half-lives        had : (N, V) bool, the films that they had by then
    sides : (N, G) what else is known of them, or None
    """

    shares: Array
    had: Array
    sides: Array | None = None

    def __len__(self) -> int:
        return len(self.had)


def bags_at(sequences: Sequences, places: Array, half_lives: Sequence[float], keep: float = 1.0,
            rng: np.random.Generator | None = None) -> Bags:
    """The bags of the films before each place (N,) of the sequences; the first film of a person has an empty bag.

    half_lives : K, in films, > 0; np.inf for equal shares
    keep, rng : each film stays in the bag with this probability: input dropout, drawn anew for every example
    """
    people = np.searchsorted(sequences.bounds, places, side="right") - 1
    return fill(sequences, people, sequences.bounds[people], np.asarray(places), half_lives, keep, rng)


def bags_of(sequences: Sequences, half_lives: Sequence[float]) -> Bags:
    """The bags of all films of each of U people: the input in serving."""
    people = np.arange(len(sequences))
    return fill(sequences, people, sequences.bounds[:-1], sequences.bounds[1:], half_lives, 1.0, None)


def fill(sequences: Sequences, people: Array, starts: Array, stops: Array, half_lives: Sequence[float], keep: float,
         rng: np.random.Generator | None) -> Bags:
    if not half_lives or min(half_lives) <= 0:
        raise ValueError(f"half-lives {list(half_lives)}; want at least one, each more than 0 films (np.inf: no decay)")
    lengths = stops - starts
    row = np.repeat(np.arange(len(lengths)), lengths)               # (L,)  which example
    place = np.arange(lengths.sum()) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)     # which film of it
    age = np.repeat(stops, lengths) - 1 - place                     # (L,)  0 for the latest
    column = sequences.items[place]
    had = np.zeros((len(lengths), sequences.n_items), bool)
    had[row, column] = True
    if rng is not None and keep < 1:
        stay = rng.random(len(row)) < keep
        row, column, age = row[stay], column[stay], age[stay]
    shares = np.zeros((len(half_lives), *had.shape), np.float32)    # (K, N, V)
    for k, half_life in enumerate(half_lives):
        weight = np.exp2(-age / half_life)
        weight[weight < FAINT] = 0
        total = np.bincount(row, weights=weight, minlength=len(had))
        shares[k, row, column] = weight / total[row]
    return Bags(shares, had, None if sequences.sides is None else sequences.sides[people])
