"""More losses, of the same form as log_loss: logits in, (value, dz) out, the 1/N inside.

In all three the error signal is the article's "actual output - desired output", a - y:

    log loss                a = sigmoid(z)       y 0 or 1            (perceptron/losses.py)
    softmax cross-entropy   a = softmax(z)       y one-hot
    squared error           a = z                y any number

Read before: perceptron/losses.py        Read next: penalty.py
"""
import numpy as np

from perceptron.activations import Array
from perceptron.losses import log_loss, weighted_mean
from perceptron.neuron import labels_code, numbers

__all__ = ["log_loss", "softmax", "softmax_cross_entropy", "squared_error"]


def softmax(Z: Array) -> Array:
    """p_k = e^(z_k) / sum_j e^(z_j), in each row of Z (N, K); shifted by the row's largest, so that none overflows."""
    Z = np.asarray(Z)
    E = np.exp(Z - Z.real.max(axis=1, keepdims=True))               # (N, K)
    return E / E.sum(axis=1, keepdims=True)


def softmax_cross_entropy(Z: Array, y: Array, sample_weight: Array | None = None, n: float | None = None
                          ) -> tuple[float, Array]:
    """Mean cross-entropy of K classes, in nats per example, and its gradient.

        L = mean( log sum_k e^(z_k) - z_class )          dZ = (p - y) / N,   p = softmax(z)

    Z : (N, K) logits        y : (N, K) one-hot labels (or probabilities: each row sums to 1)
    sample_weight (N, 1), n : as for log_loss.  Raises ValueError if a shape differs or rows of y do not sum to 1.

    Source: Bridle 1990.
    """
    Z, y, came = numbers("softmax_cross_entropy", "logits", Z), numbers("softmax_cross_entropy", "labels", y), y
    if Z.shape != y.shape:
        code = labels_code(came, Z.shape[-1]) if Z.ndim == 2 else ""
        raise ValueError(f"softmax_cross_entropy: logits {Z.shape} and labels {y.shape} must match; "
                         f"for class numbers (N,) use np.eye(K)[y]{', here ' * bool(code) + code}")
    y = y.astype(Z.real.dtype, copy=False) if Z.dtype.kind in "fc" else y
    if (y < 0).any() or not np.allclose(y.sum(axis=1), 1, atol=1e-4):
        raise ValueError("softmax_cross_entropy: every row of the labels must be >= 0 and sum to 1 (one-hot)")
    Z = Z - Z.real.max(axis=1, keepdims=True)                       # (N, K)  the largest is 0: only differences count
    logsum = np.log(np.exp(Z).sum(axis=1, keepdims=True))           # (N, 1)
    losses = logsum - (Z * y).sum(axis=1, keepdims=True)            # (N, 1)
    error = np.exp(Z - logsum) - y                                  # (N, K)  p - y, the error signal a - y
    return weighted_mean("softmax_cross_entropy", losses, error, sample_weight, n)


def squared_error(z: Array, y: Array, sample_weight: Array | None = None, n: float | None = None
                  ) -> tuple[float, Array]:
    """Half the mean squared error, and its gradient.

        L = mean( sum_k (z_k - y_k)^2 / 2 )          dz = (z - y) / N

    The half is there so that the error signal is a - y.  z, y : (N, K) outputs and desired outputs, in y's unit.
    sample_weight (N, 1), n : as for log_loss.  Raises ValueError if a shape differs.
    """
    z, y, came = numbers("squared_error", "outputs", z), numbers("squared_error", "labels", y), y
    if z.shape != y.shape:
        hint = f"; labels want {labels_code(came)}?" if y.ndim == 1 and z.shape[1:] == (1,) else ""
        raise ValueError(f"squared_error: outputs {z.shape} and labels {y.shape} must match{hint}")
    y = y.astype(z.real.dtype, copy=False) if z.dtype.kind in "fc" else y
    error = z - y                                                   # (N, K)  the error signal a - y
    losses = (error * error).sum(axis=1, keepdims=True) / 2         # (N, 1)
    return weighted_mean("squared_error", losses, error, sample_weight, n)
