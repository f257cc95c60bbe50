"""Inverted dropout: while training, each neuron is silenced with probability `rate`.

    mask = 0 or 1 / (1 - rate)        forward: A mask        backward: dA mask

Dividing by 1 - rate keeps the mean of A, so that serving needs no correction: it just leaves the mask out.  Both
directions must use the SAME mask; the generator is handed in, so that a check can draw it again.

Source: Srivastava et al. 2014.

Read next: windows.py
"""
import numpy as np

from perceptron.activations import Array


def dropout_mask(A: Array, rate: float, rng: np.random.Generator) -> Array:
    """A mask for A (N, H), of its real dtype: 0 with probability `rate`, else 1 / (1 - rate)."""
    if not 0 <= rate < 1:
        raise ValueError(f"dropout: rate {rate}; want a probability in [0, 1)")
    keep = rng.random(A.shape, dtype=np.float32) >= rate
    return keep * np.asarray(1 / (1 - rate), A.real.dtype)
