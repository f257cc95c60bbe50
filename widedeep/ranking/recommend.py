"""Recommending to somebody who is not in the training data: a list of films they like is enough.

    recommend_for(model, [50, 181, 172], k=5)

Why this film?  Each film of the list is left out in turn; the one without which the logit is lowest contributed most.

Read before: train.py        Read next: recipes.py
"""
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from perceptron.activations import Array
from widedeep.cells import cell, refuse_other_spellings
from widedeep.ranking.metrics import best
from widedeep.ranking.protocol import Sequences
from widedeep.ranking.ranker import Ranker


class Suggestion(NamedTuple):
    item: Any
    logit: float
    because: Any                                        # the film of the list that contributed most
    difference: float                                   # how much lower the logit is without that film


def recommend_for(model: Ranker, liked_items: Sequence[Any], k: int = 10, exclude: Collection[Any] = ()
                  ) -> list[Suggestion]:
    """The k films that suit a list of liked ones, the best first, none of the list among them.

    liked_items : names of films as in model.items, no repeats, the latest last: the latest counts most
    exclude : further films not to recommend, say seen and not liked; names that are not in the catalogue are fine

    Raises ValueError for k < 1 or more than are left, an empty list, repeats, or films that the model does not know.
    """
    if isinstance(liked_items, str):
        raise ValueError(f"recommend_for: {liked_items!r} is one text; want a list of films, such as [{liked_items!r}]")
    liked = [cell(item, "liked_items") for item in liked_items]
    exclude = {cell(item, "exclude") for item in exclude}
    for what, items in (("liked_items", liked), ("exclude", exclude)):
        refuse_other_spellings(what, set(items) - model.column_of.keys(), model.column_of)
    if not liked:
        raise ValueError("recommend_for: an empty list; want at least one film: for somebody of whom nothing is known "
                         "take the most popular")
    unknown = [item for item in liked if item not in model.column_of]
    if unknown:
        raise ValueError(f"recommend_for: unknown items {unknown[:5]}; the model knows {len(model.items)}, "
                         f"from {model.items[0]} to {model.items[-1]}")
    if len(set(liked)) < len(liked):
        raise ValueError("recommend_for: the list names a film twice; want each once, at its latest place")
    columns = [model.column_of[item] for item in liked]
    hide = np.zeros((1, len(model.items)), bool)
    hide[0, columns + [model.column_of[item] for item in exclude if item in model.column_of]] = True
    left = int((~hide).sum())
    if not 1 <= k <= left:
        raise ValueError(f"recommend_for: k {k}; want 1 .. {left}, as many as are left")
    without = [columns[:i] + columns[i + 1:] for i in range(len(columns))]
    S = model.scores(Sequences.of([columns, *without], len(model.items)))               # (1 + L, V)
    suggestions = []
    for column in best(S[:1], hide, k)[0]:
        fall = S[0, column] - S[1:, column]                         # (L,)
        i = int(np.argmax(fall))
        suggestions.append(Suggestion(name(model, column), float(S[0, column]), liked[i], float(fall[i])))
    return suggestions


def name(model: Ranker, column: Array) -> Any:
    return model.items[column].item() if hasattr(model.items[column], "item") else model.items[column]
