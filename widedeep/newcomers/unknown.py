"""Forgetting: a batch in which nothing is known of some of the table's columns.

Id 0 means "nothing known", so whatever reads such a column becomes id 0: the column itself, and every cross with it.

Read before: batch.py, encoder.py        Read next: recommend.py
"""
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.batch import Batch
from widedeep.columns import Bag
from widedeep.crosses import Cross
from widedeep.encoder import Encoder


def forget(batch: Batch, encoder: Encoder, names: Collection[str]) -> Batch:
    """The batch of this encoder as if the columns had had values never seen.   names : columns of the table

    Raises ValueError if one of them is read as a number, which has no "nothing known".
    """
    for number in encoder.numbers:
        if odd := sorted(set(number.reads) & set(names)):
            raise ValueError(f"{odd[0]!r} is read as a number, {type(number).__name__}({number.name!r}), and is not "
                             f"given; want a value, or FillMedian(...) in the encoder and {odd[0]!r}: None")
    wide, deep = known(batch.wide, encoder.wide, names), known(batch.deep, encoder.deep, names)
    single = sum(not isinstance(column, (Bag, Cross)) for column in encoder.deep)
    start, shares = single, batch.shares.copy()
    for slots in batch.bags:
        ids = deep[:, start:start + slots]
        shares[:, start - single:start - single + slots] *= ids > 0
        start += slots
    return replace(batch, wide=wide, deep=deep, shares=shares)


def known(ids: Array, columns: Sequence[Any], names: Collection[str]) -> Array:
    """ids (N, slots), 0 for those of the columns that read one of the names."""
    kept, first = ids.copy(), 1
    for column in columns:
        if set(column.reads) & set(names):
            kept[(ids >= first) & (ids < first + column.size)] = 0
        first += column.size
    return np.asarray(kept)
