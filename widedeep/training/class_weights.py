"""Class weights: how much each row counts, so that both classes count the same.

    weight of a row = N / (2 N_class)        their mean is 1, so the scale of the mean loss stays

They make the rarer class count more, and the probabilities wrong: a model that knows nothing about a row says p = 1/2,
whatever the share of ones, and its mean probability lies near 1/2.  AUC hardly changes, log loss gets worse: leave them
out where probabilities are wanted.  Rows for validation want weights too, or the best epoch is chosen by another loss:

    fit(..., sample_weight=class_weights(train.labels), validation_weight=class_weights(validation.labels))

Read before: perceptron/losses.py        Read next: recipes/parts.py
"""
import numpy as np

from perceptron.activations import Array
from perceptron.neuron import check_labels


def class_weights(y: Array) -> Array:
    """y (N, 1), 0 or 1 -> (N, 1), for fit's sample_weight.  Raises ValueError if one class is missing."""
    check_labels("class_weights", y, len(y))
    y = np.asarray(y, np.result_type(np.asarray(y).dtype, np.float32))
    ones = y.mean() if len(y) else 0
    if ones in (0, 1):
        raise ValueError("class_weights: want both classes")
    return np.where(y == 1, 1 / (2 * ones), 1 / (2 * (1 - ones))).astype(y.dtype)               # (N, 1)
