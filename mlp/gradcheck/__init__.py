"""Gradient checking: is a backward right?  It is compared with the slope of the loss itself.

    rng = np.random.default_rng(0)
    network = MLP([5, 3, 1], rng, np.float64)
    X, y = rng.normal(size=(7, 5)), (rng.random((7, 1)) < 0.5) * 1.0
    z, caches = network.forward(X)
    grads = network.backward(log_loss(z, y)[1], caches)[1]
    print(check(network, lambda net: log_loss(net.forward(X)[0], y)[0], grads))

All checks want float64: in float32 the best step leaves an error near 1e-4, too large to tell right from wrong.
Read in this order:

    slopes.py     the slope of one entry: centred difference, complex step
    kinks.py      where a function has two slopes, as ReLU at 0
    arguments.py  the loss, the parameters and the gradients, read and checked
    check.py      every gradient of a model against its slope, entry by entry
    taylor.py     the check for large models: a few losses an array

Read before: mlp/network.py, mlp/losses.py, mlp/optimizers.py        Read next: slopes.py
"""
from mlp.gradcheck.check import ArrayReport, Report, check
from mlp.gradcheck.taylor import TaylorReport, taylor

__all__ = ["ArrayReport", "Report", "TaylorReport", "check", "taylor"]
