"""Hiding: of some people one liked item is hidden from training.   Half of them to choose by, half to measure by.

    log, by time    | 71  12  9  50 |   8      |           the last liked one (without a time: one at random)
                       training       hidden

A ranker has no weights of single people, so people who hide nothing teach it as well; hiding one item of at most
MOST people twice leaves nearly all rows to learn from.

Read before: log.py, ranking/protocol.py        Read next: side_items.py
"""
from dataclasses import dataclass

import numpy as np

from perceptron.activations import Array
from widedeep.interactions.log import Log
from widedeep.ranking.protocol import Sequences

MOST = 2000                                             # people of either half
LEAST = 20                                              # people with two liked items: fewer teach nothing


@dataclass(frozen=True)
class Hidden:
    """people : (P,) whose        item : (P,) what"""

    people: Array
    item: Array


@dataclass(frozen=True)
class Kept:
    """train : the liked items that may be learned from        seen : (U,) of sets, all rows of the log
    choose, measure : the hidden ones
    """

    train: Sequences
    seen: list[set[int]]
    choose: Hidden
    measure: Hidden


def hide(log: Log, sides: Array | None, seed: int) -> Kept:
    """Hide one liked item of people who have three of them (of two, where few have three).   sides : (U, G) or None

    Raises ValueError where too few people have two.
    """
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(log.liked)
    person, item = log.person[rows], log.item[rows]
    counts = np.bincount(person, minlength=len(log.people))
    if (counts >= 2).sum() < LEAST:
        raise ValueError(f"{int((counts >= 2).sum())} people have two liked items or more; want {LEAST} at least: from "
                         "one item nothing is learned about what goes with it")
    least = 3 if (counts >= 3).sum() >= LEAST else 2
    people = rng.permutation(np.flatnonzero(counts >= least))
    half = min(len(people) // 2, MOST)
    stops = np.cumsum(counts)
    place = stops - 1 if log.time is not None else stops - counts + (rng.random(len(counts)) * counts).astype(int)
    groups = people[:half], people[half:2 * half]
    stay = np.ones(len(rows), bool)
    for group in groups:
        stay[place[group]] = False
    choose, measure = (Hidden(group, item[place[group]]) for group in groups)
    seen: list[set[int]] = [set() for _ in log.people]
    for one, what in zip(log.person.tolist(), log.item.tolist()):
        seen[one].add(what)
    return Kept(sequences(log, rows[stay], sides), seen, choose, measure)


def sequences(log: Log, rows: Array, sides: Array | None) -> Sequences:
    """The items of some rows of the log, which are by person and time."""
    counts = np.bincount(log.person[rows], minlength=len(log.people))
    times = np.zeros(len(rows)) if log.time is None else log.time[rows]         # equal: shuffled in every epoch
    return Sequences(log.item[rows].astype(np.int32), np.concatenate([[0], np.cumsum(counts)]), len(log.items), times,
                     sides)
