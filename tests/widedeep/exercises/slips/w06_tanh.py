"""Wrong answers to 06_tanh."""

SINGLE = [
    ("A1", "return dA.copy()"),
    ("A1.forward", "return dA * np.tanh(Z)"),
    ("A2", "return dA * (1 - np.tanh(A) ** 2)"),
    ("A2", "return dA / np.cosh(A) ** 2"),
    ("A3", "return dA * (1 - Z**2)"),
    ("A4", "return dA * (1 - dA**2)"),
    ("A5", "return dA * A * (1 - A)"),
    ("A5.square", "return dA * (1 - A)"),
    ("A5.bracket", "return dA * (1 - A) ** 2"),
    ("A5", "s = 1 / (1 + np.exp(-Z))\nreturn dA * s * (1 - s)"),
    ("A5.relu", "return np.where(Z > 0, dA, 0.0)"),
    ("A5.root", "return dA * np.sqrt(1 - A**2)"),
    ("A6", "return dA * (1 + A**2)"),
    ("A7", "return dA * (1 - A**2) ** 2"),
    ("A8", "return 1 - A**2"),
    ("A8.sum", "return dA + (1 - A**2)"),
    ("A9", "return np.where(dA > 0, dA * (1 - A**2), 0)"),
    ("D6", "return dA * (1 - A**2) / len(A)"),
    ("D10", "return dA * (A**2 - 1)"),
    ("D12", "return (dA * (1 - A**2)).sum(axis=0)"),
    ("D12", "return (dA * (1 - A**2)).mean(axis=0)"),
    ("F1", "return 2 * dA * (1 - A**2)"),
    ("S4", "return (dA * (1 - A**2)).T"),
    ("S1", "dZ = dA * (1 - A**2)"),
    ("A14", "dA *= 1 - A**2\nreturn dA"),
    ("A3", "return dA * Z * (1 - Z)"),
    ("A4", "return dA * (1 - dA)"),
    ("A6", "return dA * A * (1 + A)"),
    ("A8", "return 1 - np.tanh(A) ** 2"),
    ("A8.sign", "return np.sign(dA) * (1 - A**2)"),
    ("A9", "return dA * (dA > 0)"),
    ("D12", "return np.tile((dA * (1 - A**2)).sum(axis=0), (len(A), 1))"),
    ("D12", "return dA.sum() * (1 - A**2)"),
]
DOUBLE = [
    ("A6 D6", "return dA * (1 + A**2) / len(A)"),
    ("A2 D10", "return -dA * (1 - np.tanh(A) ** 2)"),
    ("A8 F1", "return 2 * (1 - A**2)"),
    ("D6 D10", "return -dA * (1 - A**2) / dA.shape[0]"),
]
UNKNOWN = ["return dA * (1 - A**4)", "return dA * (1 - A**2) + 1e-3"]
ONLY_FORMULAS = ["D13"]
SINGLE += [("D13", "return dA @ (1 - A**2).T")]
