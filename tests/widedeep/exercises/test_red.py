"""Three functions that most networks are made of: right answers are green, and every slip that was ever kept is red.

Whether a slip is also named is tested in test_catalog.py; here none of them may pass, or raise.
"""

import pytest

from tests.widedeep.exercises.made import functions
from widedeep.exercises.checking import check_functions

OF = {"dense_backward": "05_dense", "log_loss_backward": "09_log_loss", "embedding_backward": "17_embedding"}
SIGMOID = "p = 1 / (1 + np.exp(-z))\n"
ZEROS = "dE = np.zeros(E.shape)\n"
PILE = "pile = globals().setdefault('pile of W', np.zeros(W.shape))\n"

RIGHT: dict[str, list[str]] = {
    "dense_backward": [
        "return delta @ W.T, X.T @ delta, delta.sum(axis=0)",
        "return [np.einsum('nh,dh->nd', delta, W), np.einsum('nd,nh->dh', X, delta), np.ones(len(X)) @ delta]",
        "dX, dW, db = np.zeros(X.shape), np.zeros(W.shape), np.zeros(W.shape[1])\nfor x, e, out in zip(X, delta, dX):\n"
        "    dW += np.outer(x, e)\n    db += e\n    out += W @ e\nreturn dX, dW, db",
    ],
    "log_loss_backward": [
        SIGMOID + "return (p - y) / len(z)",
        "p = np.exp(z) / (1 + np.exp(z))\nreturn np.where(y == 1, -(1 - p), p) / z.shape[0]",
        SIGMOID + "dp = -(y / p - (1 - y) / (1 - p)) / len(z)\nreturn dp * p * (1 - p)",
    ],
    "embedding_backward": [
        ZEROS + "np.add.at(dE, ids, dA)\nreturn dE",
        ZEROS + "for row, g in zip(ids, dA):\n    for i, v in zip(row, g):\n        dE[i] += v\nreturn dE",
        "return np.eye(len(E))[ids.ravel()].T @ dA.reshape(-1, E.shape[1])",
    ],
}

WRONG: dict[str, dict[str, str]] = {
    "dense_backward": {
        "db is a mean": "return delta @ W.T, X.T @ delta, delta.mean(axis=0)",
        "db sums over the units": "return delta @ W.T, X.T @ delta, delta.sum(axis=1)",
        "db sums over everything": "return delta @ W.T, X.T @ delta, np.full(W.shape[1], delta.sum())",
        "db is not summed": "return delta @ W.T, X.T @ delta, delta",
        "db is the last row": "return delta @ W.T, X.T @ delta, delta[-1].copy()",
        "db keeps a dimension": "return delta @ W.T, X.T @ delta, delta.sum(axis=0, keepdims=True)",
        "db is a number": "return delta @ W.T, X.T @ delta, delta.sum()",
        "db is zero": "return delta @ W.T, X.T @ delta, np.zeros(W.shape[1])",
        "dX by the wrong axis": "return delta @ W, X.T @ delta, delta.sum(axis=0)",
        "dX by W reshaped": "return delta @ W.reshape(W.shape[1], -1), X.T @ delta, delta.sum(axis=0)",
        "dX ignores delta": "return np.ones_like(delta) @ W.T, X.T @ delta, delta.sum(axis=0)",
        "dX averages over rows": "return 0 * X + (delta @ W.T).mean(axis=0), X.T @ delta, delta.sum(axis=0)",
        "dW transposed": "return delta @ W.T, delta.T @ X, delta.sum(axis=0)",
        "dW reshaped": "return delta @ W.T, (delta.T @ X).reshape(W.shape), delta.sum(axis=0)",
        "dW over N": "return delta @ W.T, X.T @ delta / len(X), delta.sum(axis=0)",
        "dW from one row": "return delta @ W.T, X[:1].T @ delta[:1], delta.sum(axis=0)",
        "minus": "return -delta @ W.T, -X.T @ delta, -delta.sum(axis=0)",
        "float32": "return [g.astype(np.float32) for g in (delta @ W.T, X.T @ delta, delta.sum(axis=0))]",
        "another order": "return X.T @ delta, delta.sum(axis=0), delta @ W.T",
        "two of three": "return delta @ W.T, X.T @ delta",
        "nothing returned": "dX = delta @ W.T",
        "written into delta": "delta /= len(X)\nreturn delta @ W.T, X.T @ delta, delta.sum(axis=0)",
        "written into W": "W -= 0.1 * X.T @ delta\nreturn delta @ W.T, X.T @ delta, delta.sum(axis=0)",
        "piles up": PILE + "pile += X.T @ delta\nreturn delta @ W.T, pile, delta.sum(axis=0)",
        "one entry by 0.1 %": "dW = X.T @ delta\ndW[2, 1] *= 1.001\nreturn delta @ W.T, dW, delta.sum(axis=0)",
        "crash": "return undefined",
        "text": "return 'dX', 'dW', 'db'",
        "not a number": "return delta @ W.T, X.T @ delta / np.float64('nan'), delta.sum(axis=0)",
    },
    "log_loss_backward": {
        "y - p": SIGMOID + "return (y - p) / len(z)",
        "1/N missing": SIGMOID + "return p - y",
        "1/N twice": SIGMOID + "return (p - y) / len(z) ** 2",
        "1/2": SIGMOID + "return (p - y) / len(z) / 2",
        "sigmoid's slope left in": SIGMOID + "return (p - y) * p * (1 - p) / len(z)",
        "dL/dp handed on": SIGMOID + "return (p - y) / (p * (1 - p)) / len(z)",
        "z - y": "return (z - y) / len(z)",
        "labels -1 and 1": SIGMOID + "return (p - (2 * y - 1)) / len(z)",
        "only the positives": SIGMOID + "return np.where(y == 1, p - y, 0) / len(z)",
        "yes or no": "return ((z >= 0) - y) / len(z)",
        "a sign inside": SIGMOID + "return -(y / p + (1 - y) / (1 - p)) * p * (1 - p) / len(z)",
        "y forgotten": SIGMOID + "return p / len(z)",
        "absolute": SIGMOID + "return np.abs(p - y) / len(z)",
        "sigmoid of -z": "return (1 / (1 + np.exp(z)) - y) / len(z)",
        "shape (N, N)": SIGMOID + "return (p - y[:, 0]) / len(z)",
        "(N, N), averaged": SIGMOID + "return (p - y[:, 0]).mean(axis=1, keepdims=True) / len(z)",
        "shape (N,)": SIGMOID + "return ((p - y) / len(z))[:, 0]",
        "float32": SIGMOID + "return ((p - y) / len(z)).astype(np.float32)",
        "eps in the logarithm": SIGMOID + "return (-y / (p + 1e-3) + (1 - y) / (1 - p + 1e-3)) * p * (1 - p) / len(z)",
        "written into z": "z -= y\nreturn z / len(z)",
        "written into y": SIGMOID + "y *= -1\nreturn (p + y) / len(z)",
        "loss and slope": SIGMOID + "return 0.0, (p - y) / len(z)",
        "a number": SIGMOID + "return float((p - y).mean())",
        "not a number": "with np.errstate(all='ignore'):\n    return np.log(z * 0 - 1)",
    },
    "embedding_backward": {
        "assigned": ZEROS + "dE[ids] = dA\nreturn dE",
        "repeats lost by +=": ZEROS + "dE[ids] += dA\nreturn dE",
        "repeats lost within a row": ZEROS + "for row, g in zip(ids, dA):\n    dE[row] += g\nreturn dE",
        "divided by the counts": ZEROS
        + "np.add.at(dE, ids, dA)\nn = np.bincount(ids.flat, minlength=len(E))\nreturn dE / np.maximum(n, 1)[:, None]",
        "divided by F": ZEROS + "np.add.at(dE, ids, dA / ids.shape[1])\nreturn dE",
        "only the first column": ZEROS + "np.add.at(dE, ids[:, 0], dA[:, 0])\nreturn dE",
        "columns swapped": ZEROS + "np.add.at(dE, ids[:, ::-1], dA)\nreturn dE",
        "shifted by one": ZEROS + "np.add.at(dE, ids - 1, dA)\nreturn dE",
        "row 0 dropped": ZEROS + "np.add.at(dE, ids, dA)\ndE[0] = 0\nreturn dE",
        "upstream ignored": ZEROS + "np.add.at(dE, ids, 1.0)\nreturn dE",
        "minus": ZEROS + "np.subtract.at(dE, ids, dA)\nreturn dE",
        "mean over the batch": ZEROS + "np.add.at(dE, ids, dA / len(ids))\nreturn dE",
        "the table is added": "dE = E.copy()\nnp.add.at(dE, ids, dA)\nreturn dE",
        "unused rows not cleared": "dE = np.full(E.shape, 1e-3)\nnp.add.at(dE, ids, dA)\nreturn dE",
        "as long as the largest id": "dE = np.zeros((ids.max() + 1, E.shape[1]))\nnp.add.at(dE, ids, dA)\nreturn dE",
        "shape of the lookup": "return dA.copy()",
        "only the rows looked up": "dE = np.zeros(E.shape)\nnp.add.at(dE, ids, dA)\nreturn dE[np.unique(ids)]",
        "float32": "dE = np.zeros(E.shape, np.float32)\nnp.add.at(dE, ids, dA)\nreturn dE",
        "whole numbers": "dE = np.zeros(E.shape, int)\nnp.add.at(dE, ids, dA.astype(int))\nreturn dE",
        "written into E": "np.add.at(E, ids, -0.1 * dA)\nreturn E",
        "E moved by -=": "E[ids] -= dA\nreturn E",
        "piles up": PILE.replace("W", "E") + "np.add.at(pile, ids, dA)\nreturn pile",
        "nothing returned": ZEROS + "np.add.at(dE, ids, dA)",
        "crash": ZEROS + "dE[ids.max() + len(E)] = 0\nreturn dE",
    },
}


@pytest.mark.parametrize("name, body", [(name, body) for name, bodies in RIGHT.items() for body in bodies])
def test_right_answers_are_green_however_they_are_written(name, body):
    for seed in range(10):
        assert check_functions(functions(OF[name], body), OF[name], seed, limit=120)


@pytest.mark.parametrize("name, slip", [(name, slip) for name, slips in WRONG.items() for slip in slips])
def test_each_slip_is_red_without_an_exception(name, slip):
    for seed in range(10):
        report = check_functions(functions(OF[name], WRONG[name][slip]), OF[name], seed, limit=120)
        assert report.verdict in ("wrong", "crashed") and str(report), slip
