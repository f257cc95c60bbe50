"""Wrong answers to 05_dense, as students write them: (the causes, the function's body)."""

SINGLE = [
    ("D1", "return delta @ W.T, X.T @ delta, delta.mean(axis=0)"),
    ("D1", "return delta @ W.T, X.T @ delta, np.average(delta, axis=0)"),
    ("D2", "return delta @ W.T, X.T @ delta, delta.sum(axis=1)"),
    ("D2", "return delta @ W.T, X.T @ delta, np.resize(delta.sum(axis=1), W.shape[1])"),
    ("D3", "return delta @ W.T, X.T @ delta, np.full(W.shape[1], delta.sum())"),
    ("D3", "return delta @ W.T, X.T @ delta, np.sum(delta)"),
    ("D4", "return delta @ W.T, X.T @ delta, delta[-1]"),
    ("D4", "return delta @ W.T, X.T @ delta, delta"),
    ("D6", "return delta @ W.T, X.T @ delta / len(X), delta.sum(axis=0)"),
    ("D6", "d = delta / len(delta)\nreturn d @ W.T, X.T @ d, d.sum(axis=0)"),
    ("D7", "return delta @ W.T, (delta.T @ X).reshape(W.shape), delta.sum(axis=0)"),
    ("S4", "return delta @ W.T, delta.T @ X, delta.sum(axis=0)"),
    ("D8", "return np.resize(delta @ W.reshape(W.shape[1], -1), X.shape), X.T @ delta, delta.sum(axis=0)"),
    ("D9", "return delta @ W.T, X.T @ np.ones_like(delta), delta.sum(axis=0)"),
    ("D9", "return np.ones_like(delta) @ W.T, X.T @ delta, delta.sum(axis=0)"),
    ("D10", "return -delta @ W.T, -X.T @ delta, -delta.sum(axis=0)"),
    ("D11", "return delta @ W.T, X[:1].T @ delta[:1], delta.sum(axis=0)"),
    ("D12", "return np.tile((delta @ W.T).mean(axis=0), (len(X), 1)), X.T @ delta, delta.sum(axis=0)"),
    ("D12", "return (delta @ W.T).sum(axis=0), X.T @ delta, delta.sum(axis=0)"),
    ("S3", "return X.T @ delta, delta @ W.T, delta.sum(axis=0)"),
    ("S5", "return delta @ W.T, X.T @ delta, delta.sum(axis=0, keepdims=True)"),
    ("S1", "dX, dW, db = delta @ W.T, X.T @ delta, delta.sum(axis=0)"),
    ("S2", "return X.T @ delta, delta.sum(axis=0)"),
    ("X4", "return [a.astype(np.float32) for a in (delta @ W.T, X.T @ delta, delta.sum(axis=0))]"),
    ("A14", "dX, dW, db = delta @ W.T, X.T @ delta, delta.sum(axis=0)\ndelta *= 0\nreturn dX, dW, db"),
    (
        "M14",
        "pile = globals().setdefault('pile', [])\npile.append(X.T @ delta)\nreturn delta @ W.T, sum(pile[-2:]), delta.sum(axis=0)",
    ),
    (
        "M10",
        "x = globals().setdefault('x', X)\nx = x if x.shape == X.shape else X\nreturn delta @ W.T, x.T @ delta, delta.sum(axis=0)",
    ),
    ("P2", "return delta @ W.T, X.T @ delta * np.random.rand(), delta.sum(axis=0)"),
    ("D11.all_but_one", "return delta @ W.T, X[:-1].T @ delta[:-1], delta.sum(axis=0)"),
    ("D11.all_but_one", "return delta @ W.T, X[1:].T @ delta[1:], delta[1:].sum(axis=0)"),
    ("D13.not_added", "return delta @ W.T, X[:, :, None] * delta[:, None, :], delta.sum(axis=0)"),
    ("D13.not_added", "return delta[:, None, :] * W, X.T @ delta, delta.sum(axis=0)"),
]
CRASH = [
    ("D8", "return delta @ W, X.T @ delta, delta.sum(axis=0)"),
    ("D13", "return delta @ W.T, X * delta, delta.sum(axis=0)"),
    ("D8 D1", "return np.dot(delta, W), X.T @ delta, delta.mean(0)"),
]
ONLY_FORMULAS = ["D5", "D13", "D14"]  # they need b, which the function is not handed
DOUBLE = [
    ("D1 D11", "return delta @ W.T, X[:1].T @ delta[:1], delta.mean(axis=0)"),
    ("D2 D10", "return delta @ W.T, X.T @ delta, -delta.sum(axis=1)"),
    ("D9 D3", "return delta @ W.T, X.T @ np.ones_like(delta), np.full(W.shape[1], delta.sum())"),
    ("D12 D6", "return np.tile((delta @ W.T).sum(axis=0), (len(X), 1)), X.T @ delta / len(X), delta.sum(axis=0)"),
    ("D7 F1", "return delta @ W.T, 2 * (delta.T @ X).reshape(W.shape), delta.sum(axis=0)"),
    ("A14 D1", "delta /= len(X)\nreturn len(X) * delta @ W.T, len(X) * X.T @ delta, delta.sum(axis=0)"),
]
UNKNOWN = [
    "return delta @ W.T, X.T @ delta, delta.sum(axis=0) * (1 + 1e-8)",
    "dW = X.T @ delta\ndW[1, 1] *= 1.001\nreturn delta @ W.T, dW, delta.sum(axis=0)",
    "return delta @ W.T, X.T @ np.tanh(delta), delta.sum(axis=0)",
]
