"""Wrong answers to 07_relu."""

SINGLE = [
    ("A1", "return dA.copy()"),
    ("A1.forward", "return np.maximum(Z, 0)"),
    ("A8", "return (Z > 0).astype(float)"),
    ("A8", "return (Z >= 0) * 1.0"),
    ("A9", "return np.where(dA > 0, dA, 0)"),
    ("A9.both", "return np.maximum(dA, 0) * (Z > 0)"),
    ("A10", "return dA * (Z < 0)"),
    ("A10", "return np.where(Z > 0, 0, dA)"),
    ("A10.at_1", "return dA * (Z > 1)"),
    ("A11", "return dA * A"),
    ("A11", "return dA * Z"),
    ("A12", "return dA * np.where(Z > 0, 1, 0.01)"),
    ("A12", "return np.where(Z > 0, dA, 0.1 * dA)"),
    ("A12.minus", "return dA * np.sign(Z)"),
    ("A13", "return dA * (Z > 0).all(axis=1)[:, None]"),
    ("A13", "return dA * (Z > 0).any(1, keepdims=True)"),
    ("A13", "return dA * (Z.sum(axis=1, keepdims=True) > 0)"),
    ("A5", "return dA * A * (1 - A)"),
    ("D6", "return dA * (Z > 0) / len(Z)"),
    ("D10", "return -dA * (Z > 0)"),
    ("D12", "return (dA * (Z > 0)).sum(0)"),
    ("F1", "return 2 * dA * (Z > 0)"),
    ("S4", "return (dA * (Z > 0)).T"),
    ("X4", "return (dA * (Z > 0)).astype(np.float32)"),
    ("A14", "Z[Z <= 0] = 0\nZ[Z > 0] = 1\nreturn dA * Z"),
    ("A14", "dA[Z <= 0] = 0\nreturn dA"),
    (
        "M10",
        "g = globals()\nkeep = g.setdefault('keep', Z)\nkeep = keep if keep.shape == Z.shape else Z\nreturn dA * (keep > 0)",
    ),
]
DOUBLE = [
    ("A10 D10", "return -dA * (Z < 0)"),
    ("A11 D6", "return dA * A / len(A)"),
    ("A9 F1", "return 2 * np.where(dA > 0, dA, 0)"),
    ("D6 D10", "return -1.0 * (Z > 0) * dA / dA.shape[0]"),
]
UNKNOWN = ["return dA * (Z > 0) + 0.001", "return dA * (Z > 0.5)"]
