"""FTRL at two paces: quick for plain columns, slow for crosses.

    alpha_j = alpha pace_j          pace_j = 1 for a column's feature, say 0.1 for a cross's

A plain column has hundreds of rows for each weight and wants to arrive soon; a cross has a handful and would learn them
by heart.  With one alpha for both, either the columns are still on their way when the crosses begin to overfit, or
the crosses take from the columns what they would have explained (measured on Adult: docs/accuracy.md).

Read before: ftrl.py, encoder.py        Read next: decay.py
"""
from collections.abc import Sequence

import numpy as np

from perceptron.activations import Array
from widedeep.crosses import Cross
from widedeep.encoder import Encoder
from widedeep.ftrl import FTRL

Paces = Sequence[tuple[int, float]]                     # (features, their pace), block after block


def paces(encoder: Encoder, crosses: float) -> Paces:
    """[(1, 1.0) for id 0, then (size, 1.0) for a plain column and (size, crosses) for a cross, in their order].

    Raises ValueError if crosses is not positive.
    """
    if not crosses > 0:
        raise ValueError(f"paces: crosses {crosses}; want more than 0")
    return [(1, 1.0), *((column.size, crosses if isinstance(column, Cross) else 1.0) for column in encoder.wide)]


class PacedFTRL(FTRL):
    """FTRL whose learning rate is alpha x pace, feature by feature; where every pace is 1 it is FTRL itself.

    pace : (features, pace > 0) for each block of w, as `paces` gives them        the rest as for FTRL
    Plain numbers, so that an archive's JSON holds them with the other settings.
    """

    def __init__(self, pace: Paces, alpha: float = 0.1, beta: float = 1.0, l1: float = 0.0, l2: float = 0.0,
                 batch_size: int = 1):
        super().__init__(alpha, beta, l1, l2, batch_size)
        if not all(0 < speed < np.inf for _, speed in pace):
            raise ValueError("PacedFTRL: a pace is not above 0")
        self.pace = list(pace)

    def start(self, w: Array) -> tuple[Array, ...]:
        """The paces travel with the memory to `update`, so that the rows of a batch find theirs."""
        sizes, speeds = zip(*self.pace)
        pace = np.repeat(np.array(speeds, w.dtype), sizes)
        if pace.shape != w.shape:
            raise ValueError(f"PacedFTRL: paces for {len(pace)} features, weights {w.shape}; see paces(encoder, ...)")
        return (*super().start(w), pace)
