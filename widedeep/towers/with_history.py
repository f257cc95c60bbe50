"""Towers with histories: behind the encoder's columns, the same table also serves the histories.

A tower looks rows up and gives their errors back in two methods, `look_up` and `look_up_backward`.  `HistoryFeatures`
overrides the two, and so adds histories to any tower that has them: nothing else of the tower changes.

Read before: matrix_factorization.py, features/histories.py        Read next: linear.py
Source: Koren 2008 (SVD++).
"""
import numpy as np

from perceptron.activations import Array
from widedeep.batch import Batch
from widedeep.deep import Deep
from widedeep.embedding import embed, spread
from widedeep.features.histories import HistoryBatch
from widedeep.features.slices import Slices, sum_pool, sum_pool_backward
from widedeep.registry import register
from widedeep.towers.matrix_factorization import MatrixFactorization


class HistoryFeatures:
    """A mixin for towers: after the encoder's columns come the histories, a column each, in the same table."""

    E: Array

    def look_up(self, batch: Batch) -> Array:
        sums = [sum_pool(self.E, bags)[:, None] for bags in histories_of(batch)]
        return np.concatenate([embed(self.E, batch), *sums], axis=1)                   # (N, C + K, d)

    def look_up_backward(self, dC: Array, batch: Batch) -> tuple[Array, Array]:
        bags = histories_of(batch)
        C = dC.shape[1] - len(bags)
        used = [(batch.deep.ravel(), spread(dC[:, :C], batch).reshape(-1, dC.shape[2]))]
        used += [sum_pool_backward(dC[:, C + k], bag) for k, bag in enumerate(bags)]
        ids, errors = zip(*used)
        return np.concatenate(ids), np.concatenate(errors)          # (n,), (n, d)


def histories_of(batch: Batch) -> tuple[Slices, ...]:
    if not isinstance(batch, HistoryBatch):
        raise ValueError("a tower with histories wants a HistoryBatch: Histories.fit(...) for the training rows, "
                         "Histories.join(...) for others")
    return batch.histories


@register("tower")
class DeepWithHistory(HistoryFeatures, Deep):
    """Deep(histories.n_rows, d, (C + K, M), ...) for C columns, K histories and M numbers."""


@register("tower")
class MatrixFactorizationWithHistory(HistoryFeatures, MatrixFactorization):
    """MatrixFactorization(histories.n_rows, d, left, right, ...): the histories' positions are C, C + 1, ...

    The user's side <P[user] + history of the user, Q[item] + history of the item>: Koren 2008 (SVD++), on both sides.
    """
