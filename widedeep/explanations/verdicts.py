"""Verdicts: was this answer memorized, or is it a generalization?

A row's logit is a sum of parts, exactly (recommend.explain), and each part has a usual value, its mean over some
reference rows.  The row's difference from the usual row is then a sum, too:

    logit - usual logit  =  (single - usual single) + (crosses - usual crosses) + (deep - usual deep)

    single     wide features of one column: users who rate high, popular films
    crosses    wide features of several columns: what happened with exactly this combination
    deep       the deep part, and any tower beyond the paper: similarity

The rule.  Let s be the sign of that sum, +1 or -1: the direction in which the row differs.  Let c be the weight of the
cross that contributes most in that direction.

    memorized      if  s c >= 0.5  and  s c > s deep: one memorized combination makes the odds at least e^0.5 = 1.6
                   times as high (or low), and contributes more than the deep part
    generalized    otherwise

One cross, not their sum: many small weights that add up are a trend, not one memorized combination.  A memorized
answer names its crosses; a generalized one has neighbours (neighbours.py).  In the generated app store, where the
exceptions are known, the rule finds about 5 of 6 exceptions that were seen twenty times and that the model got right.
It calls fewer than 1 of 10 rows without an exception memorized (tests/widedeep/explanations/test_verdicts.py).

The influence of an entry of a bag or a history is the logit minus the logit without that entry.

Read before: recommend.py, neighbours.py        Read next: reliability.py
"""
from collections.abc import Hashable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from perceptron.activations import Array
from widedeep.batch import Batch
from widedeep.crosses import Cross
from widedeep.model import WideDeep
from widedeep.recommend import Reasons, explain
from widedeep.table import Table, as_column
from widedeep.wide import Wide


class Usual(NamedTuple):
    """Mean parts of the logit over reference rows."""

    single: float
    crosses: float
    deep: float


class Verdict(NamedTuple):
    """word : "memorized" or "generalized"        side : +1 or -1, the direction in which the row differs

    single, crosses, deep : the differences from the usual row; with the usual parts they add up to the logit - bias
    because : the crosses that contribute in that direction, (name, weight), the heaviest first
    reasons : the whole sum, term by term
    """

    word: str
    side: int
    single: float
    crosses: float
    deep: float
    because: list[tuple[str, float]]
    reasons: Reasons

    def __str__(self) -> str:
        return f"{self.word} (crosses {self.crosses:+.2f}, deep {self.deep:+.2f}, single columns {self.single:+.2f})"


def split_parts(model: WideDeep, encoder: Any, batch: Batch) -> Array:
    """(N, 3) float64: single columns, crosses, deep and everything else.  Each row adds up to its logit - bias."""
    exact = model.astype(np.float64)
    cross, parts = cross_features(encoder), np.zeros((len(batch), 3))
    for tower in exact.towers.values():
        if isinstance(tower, Wide):
            w = tower.w[batch.wide]                                                     # (N, F)
            parts[:, 0] += (w * ~cross[batch.wide]).sum(axis=1)
            parts[:, 1] += (w * cross[batch.wide]).sum(axis=1)
        else:
            parts[:, 2] += tower.forward(batch)[0][:, 0]
    return parts


def usual_parts(model: WideDeep, encoder: Any, batch: Batch) -> Usual:
    """The usual parts: their means over these rows, say the training rows."""
    return Usual(*split_parts(model, encoder, batch).mean(axis=0).tolist())


def verdicts(model: WideDeep, encoder: Any, batch: Batch, usual: Usual, least: float = 0.5) -> list[Verdict]:
    """A verdict on each row of the batch.

    encoder : Encoder, or HistoryEncoder        usual : see usual_parts
    least : log-odds that a cross must contribute to count as memorized, > 0
    """
    if not least > 0:
        raise ValueError(f"verdicts: least {least}; want more than 0, or every cross would count as memorized")
    found: list[Verdict] = []
    apart = split_parts(model, encoder, batch) - np.array(usual)                        # (N, 3)
    cross = cross_features(encoder)
    for (single, crosses, deep), ids, reasons in zip(apart.tolist(), batch.wide, explain(model, encoder, batch)):
        side = 1 if single + crosses + deep >= 0 else -1
        names = {encoder.wide_name(int(i)) for i in ids[cross[ids]]}
        because = [(name, weight) for name, weight in reasons.wide if name in names and side * weight > 0]
        push = side * because[0][1] if because else 0.0
        word = "memorized" if push >= least and push > side * deep else "generalized"
        found.append(Verdict(word, side, single, crosses, deep, because, reasons))
    return found


def cross_features(encoder: Any) -> Array:
    """(V,) bool: which wide ids belong to a cross.  Not id 0."""
    return np.repeat([False, *(isinstance(column, Cross) for column in encoder.wide)],
                     [1, *(column.size for column in encoder.wide)])


def influences(model: WideDeep, encoder: Any, row: Table, bag: str) -> list[tuple[Hashable, float]]:
    """How much did each value of the bag contribute?   [(value, logit - logit without it)], the strongest first.

    row : a table of ONE row        bag : the name of a column of tuples or lists, as read by the encoder
    Every use of the value counts: its crosses, its own weight, its share of the bag's mean.
    """
    column = as_column(row[bag])
    if len(column) != 1 or not isinstance(column[0], (tuple, list)):
        raise ValueError(f"influences: column {bag!r} is {row[bag]!r}; want one row that holds a tuple or a list")
    values = list(column[0])
    bags = as_column([values, *(values[:i] + values[i + 1:] for i in range(len(values)))])
    many = {name: np.repeat(as_column(of), len(bags)) for name, of in row.items() if name != bag} | {bag: bags}
    z = model.astype(np.float64).logits(encoder.encode(many, dtype=np.float64))[:, 0]
    return strongest(values, z)


def influences_of_history(model: WideDeep, encoder: Any, batch: Batch, which: int = 0) -> list[tuple[str, float]]:
    """How much did each history entry contribute?   [("item=50 liked", logit - logit without it)], the strongest first.

    encoder : a HistoryEncoder        batch : ONE row of it that was not trained on
    which : which of its histories, in their order
    """
    history: Any = getattr(batch, "histories", ())[which:which + 1]
    if len(batch) != 1 or not history or history[0].left_out[0]:
        raise ValueError(f"influences_of_history: {len(batch)} rows, history {which}; want one row with that history, "
                         "and not one of the training rows, whose own entry is out already")
    entries = list(dict.fromkeys(history[0].inside(0)))
    many: Any = batch[np.zeros(1 + len(entries), np.intp)]
    without = replace(many.histories[which], left_out=np.array([0, *entries], np.int32))        # 0 leaves nothing out
    histories = (*many.histories[:which], without, *many.histories[which + 1:])
    z = model.astype(np.float64).logits(replace(many, histories=histories))[:, 0]
    return strongest([encoder.deep_name(entry) for entry in entries], z)


def strongest(names: Any, z: Array) -> list[Any]:
    """z (1 + n,): the logit with everything, then without each of the n names."""
    found = [(name, float(z[0] - without)) for name, without in zip(names, z[1:])]
    return sorted(found, key=lambda pair: -abs(pair[1]))
