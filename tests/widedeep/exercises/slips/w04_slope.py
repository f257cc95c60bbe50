"""Wrong answers to 04_slope."""


def entry(formula, before="", made="np.zeros(x.shape)"):
    """A loop over the entries, in which `plus`, `minus` and `here` are values of f."""
    return (
        f"g = {made}\nhere = f(x)\nfor i in np.ndindex(x.shape):\n    e = np.zeros(x.shape)\n    e[i] = 1\n{before}"
        f"    plus, minus = f(x + h * e), f(x - h * e)\n    g[i] = {formula}\nreturn g"
    )


MOVED = "g = np.zeros(x.shape)\nfor i in np.ndindex(x.shape):\n    "
SINGLE = [
    ("C1", entry("plus - minus / (2 * h)")),
    ("C1", entry("plus - minus / 2 * h")),
    ("C1.divided", entry("(plus - minus) / 2 * h")),
    ("C1.sum", entry("(plus + minus) / (2 * h)")),
    ("C1.not_divided", entry("plus - minus")),
    ("C1.not_divided", entry("(plus - minus) / 2")),
    ("C1.2", entry("(plus - minus) / h")),
    ("C1.2", entry("(plus - minus) / (4 * h)")),
    ("C3", MOVED + "x[i] += h\n    plus = f(x)\n    x[i] -= 2 * h\n    g[i] = (plus - f(x)) / (2 * h)\nreturn g"),
    ("C3", "x = x.copy()\n" + MOVED + "x[i] += h\n    plus = f(x)\n    x[i] -= 2 * h\n    minus = f(x)\n"
     "    x[i] += 2 * h\n    g[i] = (plus - minus) / (2 * h)\nreturn g"),
    ("C4", entry("(plus - minus) / (2 * h)", made="np.zeros(x.shape, int)")),
    ("C5", entry("(plus - here) / h")),
    ("C5", entry("(here - minus) / h")),
    ("C5.half", entry("(plus - here) / (2 * h)")),
    ("C6", entry("(plus - minus) / (2 * h)", before="    h = 1e-5\n")),
    ("C6", "h = 1e-6\n" + entry("(plus - minus) / (2 * h)")),
    ("C6", "h = 1e-8\n" + entry("(plus - minus) / (2 * h)")),
    ("C6", entry("(plus - minus) / (2 * h)", before="    h = 1e-12\n")),
    ("C6", "h = 1e-5\n" + entry("(plus - here) / h")),
    ("C6", "x, h = x.copy(), 1e-10\n" + MOVED + "x[i] += h\n    plus = f(x)\n    x[i] -= 2 * h\n    minus = f(x)\n"
     "    x[i] += h\n    g[i] = (plus - minus) / (2 * h)\nreturn g"),
    ("C6", "h = 1e-9\n" + MOVED + "kept = x[i]\n    x[i] = kept + h\n    plus = f(x)\n    x[i] = kept - h\n"
     "    minus = f(x)\n    x[i] = kept\n    g[i] = (plus - minus) / h / 2\nreturn g"),
    ("C6.wide", entry("(f(x + 2 * h * e) - f(x - 2 * h * e)) / (4 * h)")),
    ("C6.narrow", entry("(f(x + h / 2 * e) - f(x - h / 2 * e)) / h")),
    ("C7", MOVED + "y = x.copy()\n    y[i] += h\n    plus = f(x)\n    y[i] -= 2 * h\n    g[i] = (plus - f(x)) / (2 * h)\nreturn g"),
    ("C7.all", "return np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h))"),
    ("C7.one", "return (f(x + h) - f(x - h)) / (2 * h)"),
    ("C7.first", entry("(plus - minus) / (2 * h)").replace("\nreturn g", "\n    return g")),
    ("C7.last", entry("(plus - minus) / (2 * h)").replace("    g[i] =", "    g = np.zeros(x.shape)\n    g[i] =")),
    ("C7.last", entry("(plus - minus) / (2 * h)").replace("    g[i] =", "    g =")),
    ("C7.flat", entry("(plus - minus) / (2 * h)").replace("return g", "return g.ravel()") ),
    ("C7.rows", "g = np.zeros(x.shape)\nfor i in range(len(x)):\n    e = np.zeros(x.shape)\n    e[i] = h\n"
     "    g[i] = (f(x + e) - f(x - e)) / (2 * h)\nreturn g"),
    ("D10", entry("(minus - plus) / (2 * h)")),
    ("S1", entry("(plus - minus) / (2 * h)").replace("return g", "pass")),
]  # fmt: skip
DOUBLE = [
    ("C5 D10", entry("(here - plus) / h")),
    ("C6.wide C1.2", entry("(f(x + 2 * h * e) - f(x - 2 * h * e)) / (2 * h)")),
    ("C1.sum D10", entry("-(plus + minus) / (2 * h)")),
]
UNKNOWN = [entry("(plus - minus) / (2 * h) + h"), entry("(plus - minus) / (2 * h) * (1 + e.sum() * x[i])")]
