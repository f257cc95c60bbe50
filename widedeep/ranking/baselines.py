"""Four baselines without gradient descent: what a trained ranker has to beat.

    popularity      s_j = how many people have film j
    neighbours      s_j = sum of cos(i, j) over the person's films i among the k nearest to j
    EASE            s_j = sum over the person's films i of W_ij,   W = least squares, each film from the OTHERS
    EASE, recent    the same W, the latest films weighted most

Each gives S (U, V), a score for every person and film, from training rows only.  EASE is a wide part too:
one weight W_ij for the cross "has film i AND is shown film j", solved in closed form instead of learned step by step.

Read before: metrics.py        Read next: bags.py
Source: Sarwar et al. 2001 (item neighbours); Steck 2019, equation 8 (EASE).
"""
import numpy as np

from perceptron.activations import Array


def popularity(X: Array) -> Array:
    """S (U, V): the number of people who have the film, the same for everybody.   X (U, V): 0 or 1"""
    return np.broadcast_to(X.sum(axis=0), X.shape)


def neighbours(X: Array, k: int = 100, profile: Array | None = None) -> Array:
    """S (U, V) = P W, W_ij = cos(i, j) = X_i . X_j / (|X_i| |X_j|) for the k films i nearest to j.

    X : (U, V) 0 or 1        profile : P (U, V), how much each of a person's films counts; X if None
    """
    if not 1 <= k < X.shape[1]:
        raise ValueError(f"neighbours: k {k}; want 1 .. {X.shape[1] - 1}")
    G = X.T @ X                                                     # (V, V)  people who have both
    length = np.sqrt(np.maximum(np.diag(G), 1))                     # at least 1: a film that nobody has gets cosine 0
    W = G / length[:, None] / length
    np.fill_diagonal(W, 0)                                          # a film is not its own neighbour
    W[W < np.partition(W, -k, axis=0)[-k]] = 0                      # in each column the k largest stay
    return (X if profile is None else profile) @ W


def ease_weights(X: Array, l2: float) -> Array:
    """W (V, V): min |X - X W|^2 + l2 |W|^2 with a diagonal of 0, or W would be the identity.

        P = (X^T X + l2 I)^-1          W_ij = -P_ij / P_jj,   W_jj = 0

    X : (U, V)        l2 : in units of people, > 0
    """
    return ease_of(X.T.astype(np.float64) @ X, l2)


def ease_of(G: Array, l2: float) -> Array:
    """The same from G = X^T X (V, V), float64, which may have been summed part by part."""
    if not l2 > 0:
        raise ValueError(f"ease_weights: l2 {l2}; want more than 0, else X^T X may have no inverse")
    G = G.copy()
    G[np.diag_indices(len(G))] += l2
    P = np.linalg.inv(G)
    W = P / -np.diag(P)
    np.fill_diagonal(W, 0)
    return W


def ease(X: Array, l2: float = 200.0, profile: Array | None = None) -> Array:
    """S (U, V) = P W.   X : (U, V) 0 or 1        profile : P (U, V); X if None"""
    return (X if profile is None else profile) @ ease_weights(X, l2)
