"""Wrong answers to 01_net_sum, as students write them."""

SINGLE = [
    ("Q1", "return X @ W"),
    ("Q1", "return np.dot(X, W)"),
    ("Q1.minus", "return X @ W - b"),
    ("Q1.one", "return X @ W + b[0]"),
    ("Q1.sum", "return X @ W + b.sum()"),
    ("Q1.inside", "return (X[:, :, None] * W + b).sum(axis=1)"),
    ("D7", "return X @ W.reshape(W.shape[::-1]).T + b"),
    ("F1.mean", "return (X[:, :, None] * W).mean(axis=1) + b"),
    ("D11", "return np.outer(X[:, 0], W[0]) + b"),
    (
        "D11.skipped",
        "Z = b + np.zeros((len(X), 1))\nfor d in range(1, len(W)):\n    Z = Z + X[:, d:d+1] * W[d]\nreturn Z",
    ),
    ("A1.step", "return ((X @ W + b) >= 0).astype(float)"),
    ("A1.sigmoid", "return 1 / (1 + np.exp(-(X @ W + b)))"),
    ("A1.tanh", "return np.tanh(X @ W + b)"),
    ("A1.relu", "return np.maximum(0, X @ W + b)"),
    ("D4", "return X[:, :, None] * W"),
    ("D4", "return X[:, :, None] * W[None] + b"),
    ("D12", "return (X @ W + b).sum(axis=0)"),
    ("D2", "return (X @ W + b).sum(1)"),
    ("D10", "return -(X @ W + b)"),
    ("F1", "return 2 * (X @ W + b)"),
    ("F1", "return (X @ W + b) / len(X)"),
    ("S4", "return (X @ W + b).T"),
    ("S5", "return (X @ W + b)[None]"),
    ("X4", "return (X @ W + b).astype(np.float32)"),
    ("S1", "Z = X @ W + b"),
    ("A14", "Z = X @ W + b\nX[...] = 0\nreturn Z"),
    ("D4", "return X[-1] @ W + b"),
    ("D9", "return X @ np.ones_like(W) + b"),
    ("D2", "return (X @ W + b).sum(axis=1, keepdims=True)"),
    ("D12", "return np.tile((X @ W).mean(axis=0) + b, (len(X), 1))"),
    ("D11.end", "return X[:, :-1] @ W[:-1] + b"),
    ("X4", "return X.astype(np.float32) @ W + b"),
]
DOUBLE = [
    ("Q1.minus D11", "return np.outer(X[:, 0], W[0]) - b"),
    ("Q1 A1.tanh", "return np.tanh(X @ W)"),
    ("Q1.inside F1", "return 2 * (X[:, :, None] * W + b).sum(axis=1)"),
    ("D7 Q1.one", "return X @ W.reshape(W.shape[::-1]).T + b[0]"),
]
CRASH = [
    ("D8", "return X @ W.T + b"),
    ("D15", "return X @ W + b[:, None]"),
    ("D13", "return X * W + b"),
]
UNKNOWN = ["return X @ np.abs(W) + b", "return X @ W + b**2"]
ONLY_FORMULAS = ["D8", "D15", "D13"]  # in CRASH
