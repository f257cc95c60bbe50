"""Wrong answers to 03_sigmoid."""


def a(body):
    return {"sigmoid": "return " + body}


def da(body):
    return {"sigmoid_slope": "return " + body}


SINGLE = [
    ("A15", a("1 / np.exp(-z)")),
    ("A15.sign", a("1 / (1 + np.exp(z))")),
    ("A15.no_1", a("1 / (np.exp(-z) - 1)")),
    ("L22", a("np.exp(z) / (1 + np.exp(z))")),
    ("L22", a("np.exp(z) / (np.exp(z) + 1)")),
    ("A5.tanh", a("np.tanh(z)")),
    ("L10", a("np.where(z >= 0, 1.0, 0.0)")),
    ("A1", da("np.ones(z.shape)")),
    ("A1", da("a.copy()")),
    ("A2", da("(1 / (1 + np.exp(-a))) * (1 - 1 / (1 + np.exp(-a)))")),
    ("A3", da("z * (1 - z)")),
    ("A3", da("a * (1 - z)")),
    ("A3", da("z * (1 - 1 / (1 + np.exp(-z)))")),
    ("A5", da("1 - a * a")),
    ("A5", da("1 - a")),
    ("A6", da("a * (1 + a)")),
    ("A6", da("a**2")),
    ("A7", da("a**2 * (1 - a) ** 2")),
    ("L22", da("np.exp(-z) / (1 + np.exp(-z)) ** 2")),
    ("D10", da("a * (a - 1)")),
    ("F1", da("2 * a * (1 - a)")),
    ("F1", da("a * (1 - a) / len(a)")),
    ("S6", da("(a * (1 - a)).sum()")),
    ("X4", da("(a * (1 - a)).astype('f')")),
    ("S5", da("(a * (1 - a)).ravel()")),
    ("A15.sign", a("np.exp(-z) / (1 + np.exp(-z))")),
    ("A5", da("1 - np.tanh(z) ** 2")),
    ("A5", da("np.where(z > 0, 1.0, 0.0)")),
    ("A14", {"sigmoid": "out = 1 / (1 + np.exp(-z))\nz[...] = 0\nreturn out"}),
]
DOUBLE = [
    ("A15.sign A6", {"sigmoid": "return 1 / (1 + np.exp(z))", "sigmoid_slope": "return a * (1 + a)"}),
    ("A5.tanh A5", {"sigmoid": "return np.tanh(z)", "sigmoid_slope": "return 1 - a**2"}),
    ("A2 F1", da("4 * (1 / (1 + np.exp(-a))) * (1 - 1 / (1 + np.exp(-a)))")),
]
DOUBLE += [
    ("L22 F1", a("2 * np.exp(z) / (1 + np.exp(z))")),
    ("L22 D10", da("-np.exp(-z) / (1 + np.exp(-z)) ** 2")),
]
UNKNOWN = [
    a("1 / (1 + np.exp(-np.clip(z, -10, 10)))"),
    a("1 / (1 + np.exp(-np.clip(z, -20, 20)))"),
    da("a * (1 - a) + 0.01"),
    a("1 / (1 + np.exp(-1.1 * z))"),
]
