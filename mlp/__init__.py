"""Chapter 2: many neurons in layers, and backpropagation written out.

Read in this order:

    dense.py          a layer: H perceptrons side by side, forward and backward
    initialisers.py   where the weights start, and why not at zero
    dropout.py        silencing neurons while training
    windows.py        named arrays that are views of one vector
    network.py        layers in a chain; the article's five steps
    losses.py         softmax cross-entropy and squared error beside log loss
    penalty.py        L2
    sparse.py         the gradient of a table, for the rows that were touched
    optimizers.py     SGD, Momentum, AdaGrad, Adam: a rule for one array
    gradcheck/        is a backward right?  Each gradient against the measured slope
    train.py          mini-batches, epochs, early stopping

Around it: data.py, plots.py (needs matplotlib), `python -m mlp`.
"""
from mlp.dense import Dense
from mlp.initialisers import glorot, he
from mlp.losses import log_loss, softmax, softmax_cross_entropy, squared_error
from mlp.network import MLP
from mlp.optimizers import SGD, AdaGrad, Adam, Momentum
from mlp.penalty import l2_penalty
from mlp.sparse import Rows
from mlp.train import fit, minibatches
from mlp.windows import Windows

__all__ = ["MLP", "SGD", "AdaGrad", "Adam", "Dense", "Momentum", "Rows", "Windows", "fit", "glorot", "he",
           "l2_penalty", "log_loss", "minibatches", "softmax", "softmax_cross_entropy", "squared_error"]
