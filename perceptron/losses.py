"""Losses: one number for the batch, and the error signal it sends back.

A loss takes logits, not probabilities, and returns (value, dz).  The 1/N of the mean is applied here and nowhere else
in the project.

Read before: neuron.py        Read next: logistic.py
"""
import numpy as np

from perceptron.activations import Array
from perceptron.neuron import check_labels, labels_code, numbers


def log_loss(z: Array, y: Array, sample_weight: Array | None = None, n: float | None = None) -> tuple[float, Array]:
    """Mean binary cross-entropy, in nats per example, and its gradient.

        L = mean( log(1 + e^z) - y z )          dz = (p - y) / N,   p = sigmoid(z)

    Parameters
    ----------
    z : (N, 1)               logits: log-odds, any real number
    y : (N, 1)               labels, 0 or 1
    sample_weight : (N, 1)   how much each example counts, >= 0; the mean then divides by their sum
    n : the divisor, if it is not this batch's own: so parts of a batch can be computed apart and added

    Returns
    -------
    value (a number), dz (N, 1) = dL/dz.

    Raises
    ------
    ValueError if a shape differs ((N, 1) against (N,) would broadcast to (N, N)) or a label is not 0 or 1.

    Source: Cheng et al. 2016, section 3.3 (the logistic loss of joint training).
    """
    z, y, came = numbers("log_loss", "logits", z), numbers("log_loss", "labels", y), y
    if z.shape != y.shape:
        hint = f"; labels want {code}?" if (code := labels_code(came)) else ""
        raise ValueError(f"log_loss: logits {z.shape} and labels {y.shape} must match{hint}")
    y = y.astype(z.real.dtype, copy=False) if z.dtype.kind in "fc" else y
    if np.count_nonzero(y * y - y):                                 # only 0 and 1 are their own squares
        check_labels("log_loss", y, len(y))
    positive = z.real >= 0
    e = np.exp(np.where(positive, -z, z))                           # e^-|z|: never overflows
    losses = z * (positive - y) + np.log1p(e)                       # (N, 1)  max(z, 0) - y z + log(1 + e^-|z|)
    error = np.where(positive, 1, e) / (1 + e) - y                  # (N, 1)  p - y, the error signal a - y
    return weighted_mean("log_loss", losses, error, sample_weight, n)


def weighted_mean(who: str, losses: Array, errors: Array, sample_weight: Array | None, n: float | None
                  ) -> tuple[float, Array]:
    """(value, dz): the mean over examples of their losses (N, 1) and of their errors (N, K).  The 1/N is here."""
    if sample_weight is not None:
        if sample_weight.shape != losses.shape:
            raise ValueError(f"{who}: sample_weight {sample_weight.shape}; want {losses.shape}, one weight per example")
        if not (sample_weight >= 0).all():
            raise ValueError(f"{who}: a sample_weight is {sample_weight.min()}; want 0 or more")
        losses, errors = losses * sample_weight, errors * sample_weight
        n = sample_weight.sum() if n is None else n
    n = len(losses) if n is None else n
    if not n > 0:
        raise ValueError(f"{who}: nothing to average: the examples weigh {n} together")
    return losses.sum() / n, errors / n
