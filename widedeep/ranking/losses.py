"""Three losses for ranking; each takes the logits Z (N, V) of every film and gives (value, dZ).

    log loss, sampled   -log sigmoid(z_+) - sum over M negatives of log sigmoid(-z_-)     is this a film of theirs?
    pairwise (BPR)      -log sigmoid(z_+ - z_-)                                           is it above that one?
    softmax             -log( e^z_+ / sum over ALL films of e^z )                         is it above all of them?

Negatives are sampled from the films that a person does not have: uniformly, or by popularity, since popular films
compete for the top of a list.  The softmax samples none: each film is a negative, weighted by the probability that the
model gives it.

All three apply losses of earlier chapters to selected logits.  The pairwise loss takes the difference of two columns;
the sampled log loss treats 1 + M columns as so many rows.  Films that were not selected have error 0.

Read before: bags.py, mlp/losses.py        Read next: towers.py
Source: Rendle et al. 2009 (BPR); Mikolov et al. 2013, section 2.2 (popularity to the power 3/4).
"""
from collections.abc import Callable

import numpy as np

from mlp.losses import softmax_cross_entropy
from perceptron.activations import Array
from perceptron.losses import log_loss

RankLoss = Callable[..., tuple[float, Array]]             # of Z (N, V), item (N,), negatives (N, M) or None


def softmax_all(Z: Array, item: Array, negatives: Array | None = None) -> tuple[float, Array]:
    """Mean over N of -log softmax(Z)[item]; dZ = (p - y) / N.

    Z : (N, V)        item : (N,) the column of the right film        negatives : ignored
    """
    check_columns("softmax_all", Z, item[:, None])
    y = np.zeros(Z.shape, Z.real.dtype)
    y[np.arange(len(Z)), item] = 1
    return softmax_cross_entropy(Z, y)


def sampled_log_loss(Z: Array, item: Array, negatives: Array) -> tuple[float, Array]:
    """Mean over N (1 + M) rows of the log loss: the right film is a 1, each negative a 0.

    Z : (N, V)        item : (N,)        negatives : (N, M) columns, repeats allowed
    """
    chosen = np.column_stack([item, negatives])                     # (N, 1 + M)
    check_columns("sampled_log_loss", Z, chosen)
    z = np.take_along_axis(Z, chosen, axis=1)
    y = np.zeros(z.shape, Z.real.dtype)
    y[:, 0] = 1
    value, dz = log_loss(z.reshape(-1, 1), y.reshape(-1, 1))
    return value, put_back(Z, chosen, dz.reshape(z.shape))


def pairwise(Z: Array, item: Array, negatives: Array) -> tuple[float, Array]:
    """Mean over N M pairs of -log sigmoid(z_item - z_negative).  Arguments as for sampled_log_loss."""
    chosen = np.column_stack([item, negatives])
    check_columns("pairwise", Z, chosen)
    z = np.take_along_axis(Z, chosen, axis=1)                       # (N, 1 + M)
    d = z[:, :1] - z[:, 1:]                                         # (N, M)
    value, dd = log_loss(d.reshape(-1, 1), np.ones((d.size, 1), Z.real.dtype))
    dd = dd.reshape(d.shape)
    return value, put_back(Z, chosen, np.column_stack([dd.sum(axis=1), -dd]))


def put_back(Z: Array, chosen: Array, dz: Array) -> Array:
    """The error (N, V) of all films, from those of the chosen (N, C); a film chosen twice gets both."""
    dZ = np.zeros(Z.shape, dz.dtype)
    np.add.at(dZ, (np.arange(len(Z))[:, None], chosen), dz)         # `dZ[...] += dz` would keep one of the repeats
    return dZ


def check_columns(who: str, Z: Array, columns: Array) -> None:
    if Z.ndim != 2 or len(columns) != len(Z) or columns.dtype.kind not in "iu":
        raise ValueError(f"{who}: logits {Z.shape}, columns {columns.shape} {columns.dtype}; want (N, V), and whole "
                         "numbers for the same N")
    if columns.size and not (0 <= columns.min() and columns.max() < Z.shape[1]):
        raise ValueError(f"{who}: columns from {columns.min()} to {columns.max()}; want 0 .. {Z.shape[1] - 1}")


class Negatives:
    """Draws films that a person does not have, film j with a probability proportional to (people who have j)^power.

    counts : (V,)        power : 0 uniform, 1 by popularity; between them 3/4 is common
    """

    def __init__(self, counts: Array, power: float = 0.0):
        if power < 0 or not (np.asarray(counts) >= 0).all():
            raise ValueError(f"Negatives: power {power}, counts from {np.min(counts)}; want both at least 0")
        weight = np.asarray(counts, float) ** power
        if not weight.sum() > 0:
            raise ValueError("Negatives: no film has a chance to be drawn: all counts are 0")
        self.possible, self.cumulated = weight > 0, np.cumsum(weight / weight.sum())

    def draw(self, have: Array, m: int, rng: np.random.Generator) -> Array:
        """(N, m) columns, repeats allowed.   have : (N, V) bool, never drawn"""
        if m < 1:
            raise ValueError(f"Negatives: m {m}; want at least 1")
        if not (self.possible & ~have).any(axis=1).all():
            raise ValueError("Negatives: somebody has every film that could be drawn; leave them out")
        row = np.arange(len(have))[:, None]
        found = self.some((len(have), m), rng)
        while (bad := have[row, found]).any():                      # draw again what they have
            found[bad] = self.some((int(bad.sum()),), rng)
        return found

    def some(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        place = np.searchsorted(self.cumulated, rng.random(shape), side="right")
        return np.minimum(place, np.flatnonzero(self.possible)[-1])             # rounding may leave the last below 1
