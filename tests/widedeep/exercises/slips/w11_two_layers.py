"""Wrong answers to 11_two_layers."""


def written(dW1="X.T @ delta", db1="delta.sum(axis=0)", dW2="A1.T @ dz", db2="dz.sum(axis=0)", delta="(dz @ W2.T) * (1 - A1**2)"):
    return f"delta = {delta}\nreturn {dW1}, {db1}, {dW2}, {db2}"


SINGLE = [
    ("M1", written(delta="(dz @ (W2 - A1.T @ dz).T) * (1 - A1**2)")),
    ("M1", written(delta="(dz @ (W2 - 0.1 * A1.T @ dz).T) * (1 - A1**2)")),
    ("M2", written(delta="dz * (1 - A1**2)")),
    ("M2.abs", written(delta="(dz @ np.abs(W2).T) * (1 - A1**2)")),
    ("A1", written(delta="dz @ W2.T")),
    ("A1.forward", written(delta="dz @ W2.T * A1")),
    ("A2", written(delta="(dz @ W2.T) * (1 - np.tanh(A1)**2)")),
    ("A3", written(delta="(dz @ W2.T) * (1 - Z1**2)")),
    ("A5", written(delta="(dz @ W2.T) * A1 * (1 - A1)")),
    ("A5", written(delta="(dz @ W2.T) * (1 - A1)")),
    ("A6", written(delta="(dz @ W2.T) * (1 + A1**2)")),
    ("A7", written(delta="(dz @ W2.T) * (1 - A1**2)**2")),
    ("D9", written(delta="np.ones((len(X), 1)) @ W2.T * (1 - A1**2)")),
    ("L12.mean", written(delta="dz.mean() * W2.T * (1 - A1**2)")),
    ("M11.dz", written(delta="dz[::-1] @ W2.T * (1 - A1**2)")),
    ("M9", written(dW1="X.T @ (dz @ W2.T)")),
    ("M6", written(db1="(dz @ W2.T).sum(axis=0)")),
    ("M6.both", written(db1="dz.sum() * np.ones(len(W2))")),
    ("M5", written(dW1="A1.T @ delta")),
    ("M5", written(dW1="np.resize(A1.T @ delta, (X.shape[1], A1.shape[1]))")),
    ("M5.z", written(dW1="Z1.T @ delta")),
    ("M4", written(dW2="Z1.T @ dz")),
    ("M4.x", written(dW2="X.T @ dz")),
    ("M4.slope", written(dW2="(1 - A1**2).T @ dz")),
    ("M11", written(dW1="X[::-1].T @ delta")),
    ("M11", written(dW1="np.roll(X, 1, axis=0).T @ delta")),
    ("M7", written(db1="np.zeros(len(W2))")),
    ("M7", written(db2="np.zeros(1)")),
    ("M12", written(dW1="np.zeros((X.shape[1], len(W2)))")),
    ("M12", written(dW2="np.zeros(W2.shape)")),
    ("D1", written(db1="delta.mean(axis=0)")),
    ("D1", written(db2="dz.mean(axis=0)")),
    ("D2", written(db1="delta.sum(axis=1)")),
    ("D2", written(db2="dz.sum(axis=1)")),
    ("D3", written(db1="delta.sum()")),
    ("S6", written(db2="dz.sum()")),
    ("D4", written(db1="delta")),
    ("D4", written(db1="delta[-1]")),
    ("D4", written(db2="dz")),
    ("D7", written(dW1="(delta.T @ X).reshape(X.shape[1], -1)")),
    ("S4", written(dW1="delta.T @ X")),
    ("S4", written(dW2="dz.T @ A1")),
    ("S5", written(db1="delta.sum(axis=0, keepdims=True)")),
    ("S5", written(dW2="(A1.T @ dz)[:, 0]")),
    ("D9", written(dW2="A1.T @ np.ones_like(dz)")),
    ("D11", written(dW1="X[:1].T @ delta[:1]")),
    ("D11", written(dW2="A1[-1:].T @ dz[-1:]")),
    ("D10", written(delta="-(dz @ W2.T) * (1 - A1**2)")),
    ("M3", written(delta="(dz @ W2.T) * (1 - A1**2) / len(X)")),
    ("M3", written(dW1="X.T @ delta / len(X)", dW2="A1.T @ dz / len(X)")),
    ("M16", written(dW1="0.1 * X.T @ delta", db1="0.1 * delta.sum(axis=0)")),
    ("F1", written(delta="2 * (dz @ W2.T) * (1 - A1**2)")),
    ("S3", "delta = (dz @ W2.T) * (1 - A1**2)\nreturn A1.T @ dz, dz.sum(0), X.T @ delta, delta.sum(0)"),
    ("S2", "delta = (dz @ W2.T) * (1 - A1**2)\nreturn X.T @ delta, delta.sum(0)"),
    ("A14", "dz *= 2\n" + written().replace("dz", "(dz / 2)")),
    ("M14", "pile = globals().setdefault('pile', [])\npile.append(A1.T @ dz)\n" + written(dW2="sum(pile[-3:])")),
]
DOUBLE = [
    ("M2 D1", written(delta="dz * (1 - A1**2)", db2="dz.mean(axis=0)")),
    ("A1 M4", written(delta="dz @ W2.T", dW2="Z1.T @ dz")),
    ("A2 D10", written(delta="-(dz @ W2.T) * (1 - np.tanh(A1)**2)")),
    ("A3 M3", written(delta="(dz @ W2.T) * (1 - Z1**2) / len(X)")),
    ("M6 M11", written(db1="(dz @ W2.T).sum(axis=0)", dW1="X[::-1].T @ delta")),
    ("M5.z M7", written(dW1="Z1.T @ delta", db2="np.zeros(1)")),
    ("D7 D3", written(dW1="(delta.T @ X).reshape(X.shape[1], -1)", db1="delta.sum()")),
    ("M2 M3", written(delta="dz * (1 - A1**2)", db1="delta.mean(axis=0)")),
]
CRASH = [("M13", "W1 = np.eye(len(W2))\ndelta = dz @ W2.T * (1 - A1**2)\nreturn X.T @ delta @ W1 @ X, delta.sum(0), A1.T @ dz, dz.sum(0)")]
del CRASH
UNKNOWN = [
    written(delta="(dz @ W2.T) * (1 - A1**4)"),
    written(dW1="X.T @ np.tanh(delta)"),
]
ONLY_FORMULAS = ["D5", "M13"]
