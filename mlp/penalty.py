"""L2: a price on large weights, added to the loss.

    P = l2 / 2 * sum W^2          dP/dW = l2 W

Biases are free: they shift the output, they do not make it wilder.

Read before: network.py        Read next: sparse.py
"""

from mlp.windows import Windows


def l2_penalty(theta: Windows, l2: float) -> tuple[float, Windows]:
    """The price of all matrices in `theta`, and its gradient under the same names (0 for every bias).

    l2 : strength, in units of the loss per squared unit of weight.  Add both to what the loss and backward gave.
    """
    grads = theta.empty_like()
    price = 0.0
    for name, w in theta.items():
        if w.ndim == 2:
            grads[name][...] = l2 * w
            price = price + l2 / 2 * (w * w).sum()
        else:
            grads[name][...] = 0
    return price, grads
