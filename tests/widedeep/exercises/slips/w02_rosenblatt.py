"""Wrong answers to 02_rosenblatt."""

FIRES = "a = (x @ W + b >= 0) * 1.0\n"
MOVE = "return W - lr * x.T @ error, b - lr * error[0]"

SINGLE = [
    ("Q1", FIRES + "error = a - y\nreturn W - lr * x.T @ error, b.copy()"),
    ("Q1.left_out", "a = (x @ W >= 0) * 1.0\nerror = a - y\n" + MOVE),
    ("Q1.x", FIRES + "error = a - y\nreturn W - lr * x.T @ error, b - lr * (x * error).sum()"),
    ("Q1.up", FIRES + "error = a - y\nreturn W - lr * x.T @ error, b + lr * error[0]"),
    ("Q1.rate", FIRES + "error = a - y\nreturn W - lr * x.T @ error, b - error[0]"),
    ("Q2", FIRES + "error = y - a\n" + MOVE),
    ("Q2", FIRES + "error = a - y\nreturn W + lr * x.T @ error, b + lr * error[0]"),
    ("Q2.when_right", FIRES + "if a[0, 0] != y[0, 0]:\n    return W.copy(), b.copy()\nreturn W - lr * x.T, b - lr"),
    ("Q3", FIRES + "error = a - (2 * y - 1)\n" + MOVE),
    ("Q3.sign", "a = np.where(x @ W + b >= 0, 1.0, -1.0)\nerror = a - y\n" + MOVE),
    ("Q5", "a = (x @ W + b > 0) * 1.0\nerror = a - y\n" + MOVE),
    ("Q5", "error = np.heaviside(x @ W + b, 0) - y\n" + MOVE),
    ("Q5.not", "a = (x @ W + b < 0) * 1.0\nerror = a - y\n" + MOVE),
    ("L7", "error = x @ W + b - y\n" + MOVE),
    ("L7.sigmoid", "error = 1 / (1 + np.exp(-(x @ W + b))) - y\n" + MOVE),
    ("D9", FIRES + "error = a - y\nreturn W - lr * error, b - lr * error[0]"),
    ("D9.sign", FIRES + "error = a - y\nreturn W - lr * np.sign(x).T @ error, b - lr * error[0]"),
    ("D9.normed", FIRES + "error = a - y\nreturn W - lr * x.T @ error / np.sqrt((x**2).sum()), b - lr * error[0]"),
    ("F1.no_rate", FIRES + "error = a - y\nreturn W - x.T @ error, b - error[0]"),
    ("F1.rate_twice", FIRES + "error = lr * (a - y)\n" + MOVE),
    ("F1.half", FIRES + "error = (a - y) / 2\n" + MOVE),
    ("F1.double", FIRES + "error = 2 * (a - y)\n" + MOVE),
    ("M7", FIRES + "error = a - y\nreturn W.copy(), b - lr * error[0]"),
    ("O5", FIRES + "error = a - y\nreturn -lr * x.T @ error, b - lr * error[0]"),
    ("O5", FIRES + "error = a - y\nreturn -lr * x.T @ error, -lr * error[0]"),
    ("Q5.half", "error = np.heaviside(x @ W + b, 0.5) - y\n" + MOVE),
    ("Q3", "error = np.where(x @ W + b >= 0, 1, -1) - np.where(y == 1, 1, -1)\n" + MOVE),
    ("L23", FIRES + "error = np.abs(a - y)\n" + MOVE),
    ("M1", FIRES + "W = W - lr * x.T @ (a - y)\na = (x @ W + b >= 0) * 1.0\nreturn W, b - lr * (a - y)[0]"),
    ("X4", "error = (x @ W + b >= 0) - y\nreturn (W - lr * x.T @ error).astype('f'), (b - lr * error[0]).astype('f')"),
    ("A14", FIRES + "error = a - y\nW -= lr * x.T @ error\nb -= lr * error[0]\nreturn W, b"),
    ("S1", FIRES + "error = a - y\nW = W - lr * x.T @ error"),
]
DOUBLE = [
    ("Q1 Q2", FIRES + "error = y - a\nreturn W - lr * x.T @ error, b.copy()"),
    ("Q1.up F1.double", FIRES + "error = 2 * (a - y)\nreturn W - lr * x.T @ error, b + lr * error[0]"),
    ("Q5 F1.no_rate", "a = (x @ W + b > 0) * 1.0\nerror = a - y\nreturn W - x.T @ error, b - error[0]"),
]
UNKNOWN = [
    FIRES + "error = a - y\nreturn W - lr * x.T**2 @ error, b - lr * error[0]",
    "return W + 1, b + 1",
    "error = (x @ W - b >= 0) - y\n" + MOVE,
]
ONLY_FORMULAS = ["Q3.both"]  # a synonym of F1.double
