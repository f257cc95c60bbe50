"""Ranking metrics: how high are the right items ranked?

    r       rank of a right item: 1 + items above it + half of the others tied with it
    HR@k    1 if any r <= k                                                     was there a hit?
    NDCG@k  sum of 1 / log2(1 + r) over r <= k, divided by its maximum          hits count more on top
    MAP@k   sum of (right items at r or above) / r over r <= k, divided by min(R, k)        R right items
    MRR@k   1 / r of the best right item, 0 if r > k

Each is a mean over people.  With one right item MAP and MRR are the same number.  Ties must count half:
otherwise a model that gives every item the same score would rank all of them first.

None of these figures shows whether everybody gets the same list.  Diversity does.

Read before: protocol.py        Read next: baselines.py
Source: Järvelin and Kekäläinen 2002 (NDCG).
"""
from collections import Counter

import numpy as np

from perceptron.activations import Array
from widedeep.ranking.protocol import Hidden


def ranks(scores: Array, right: Array) -> tuple[Array, Array]:
    """Person and rank, (R,) each, of every right item.

    scores : (N, C), -inf for items that are no candidates        right : (N, C) bool
    """
    if scores.shape != right.shape or scores.ndim != 2 or right.dtype != bool:
        raise ValueError(f"ranks: scores {scores.shape}, right {right.shape} {right.dtype}; want (N, C), and bool")
    if np.isnan(scores).any():
        raise ValueError("ranks: scores hold NaN: did training diverge? lower the learning rate")
    if not right.any(axis=1).all():
        raise ValueError(f"ranks: row {int(np.argmin(right.any(axis=1)))} has no right item; leave such rows out")
    person, column = np.nonzero(right)
    mine = scores[person, column, None]                             # (R, 1)
    if not np.isfinite(mine).all():
        raise ValueError("ranks: a right item has the score -inf or inf: it must be a candidate")
    above = (scores[person] > mine).sum(axis=1)
    level = (scores[person] == mine).sum(axis=1) - 1                # without itself
    return person, 1 + above + level / 2


def at_k(scores: Array, right: Array, k: int = 10) -> dict[str, float]:
    """{"hr", "ndcg", "map", "mrr"} of the k best, means over the N people.  Arguments as for ranks."""
    if k < 1:
        raise ValueError(f"at_k: k {k}; want at least 1")
    person, r = ranks(scores, right)
    n, total = len(scores), right.sum(axis=1)                       # (N,) right items of each
    hit = r <= k
    order = np.lexsort((r, person))                                 # each person's, the best first
    nth = np.empty_like(r)
    nth[order] = np.arange(len(r)) - np.repeat(np.cumsum(total) - total, total) + 1     # 1st, 2nd, ... of their own
    ideal = np.cumsum(1 / np.log2(2 + np.arange(k)))[np.minimum(total, k) - 1]

    def mean(value: Array, by: Array | int = 1) -> float:
        return float((np.bincount(person, weights=value, minlength=n) / by).mean())
    return {"hr": mean(hit & (nth == 1)), "ndcg": mean(hit / np.log2(1 + r), ideal),
            "map": mean(hit * nth / r, np.minimum(total, k)), "mrr": mean((hit & (nth == 1)) / r)}


def leave_one_out_figures(scores: Array, hidden: Hidden, rated: Array, k: int = 10) -> dict[str, float]:
    """The hidden film among the sampled candidates ("hr", ...) and among all unrated films ("hr_all", ...).

    scores : (U, V) of every film for every person        rated : (U, V) bool, what they rated, the hidden film included
    """
    if scores.shape != rated.shape or len(scores) != len(hidden.item):
        raise ValueError(f"scores {scores.shape}, rated {rated.shape}, {len(hidden.item)} hidden films; "
                         "want a row for each person, a column for each film")
    drawn = np.take_along_axis(scores, hidden.candidates, axis=1)   # (U, 1 + negatives)
    first = np.zeros(drawn.shape, bool)
    first[:, 0] = True
    whole = at_k(*among_unrated(scores, hidden, rated), k)
    return at_k(drawn, first, k) | {f"{name}_all": value for name, value in whole.items()}


def among_unrated(scores: Array, hidden: Hidden, rated: Array) -> tuple[Array, Array]:
    """Scores (U, V) in which only unrated films and the hidden one are candidates, and right (U, V), the hidden one."""
    right = np.zeros(scores.shape, bool)
    right[np.arange(len(scores)), hidden.item] = True
    return np.where(rated & ~right, -np.inf, scores), right


def best(scores: Array, seen: Array, k: int = 10) -> Array:
    """(N, k) the columns of the k best unseen items of each person, the best first; ties in column order.

    scores : (N, V)        seen : (N, V) bool, not to be listed
    """
    left = int((~seen).sum(axis=1).min())
    if not 1 <= k <= left:
        raise ValueError(f"best: k {k}; want 1 .. {left}, the fewest unseen items of any person")
    return np.argsort(-np.where(seen, -np.inf, scores), axis=1, kind="stable")[:, :k]


def diversity(lists: Array) -> dict[str, int]:
    """Of N people's lists (N, k): the different lists, the people who share the commonest, the items on any list.

    Two lists with the same items in another order are the same list.
    """
    counts = Counter(map(tuple, np.sort(lists, axis=1).tolist()))
    return {"lists": len(counts), "shared": max(counts.values()), "items": len(np.unique(lists))}
