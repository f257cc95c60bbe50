"""03  The sigmoid and its slope, exact in both tails."""
import numpy as np

from widedeep.exercises.exercise import Case, Exercise, Function, Law, Slip, spread

STUB = '''
def sigmoid(z):
    """a = 1 / (1 + e^-z), for each number of an array z of any shape, exact in both tails: |z| goes up to 800.

    Return a new array of the shape of z.
    """
    raise NotImplementedError


def sigmoid_slope(z, a):
    """The slope da/dz at each z, where a = sigmoid(z) is handed in too; use what you like of the two.

    Return a new array of the shape of z.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def sigmoid_slope(z, a):
    return a * (1 - a)
''', '''
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_slope(z, a):
    e = np.exp(-np.abs(z))
    return e / (1 + e) ** 2
''', '''
def sigmoid(z):
    a = np.empty(z.shape)
    up = z > 0
    a[up] = 1 / (1 + np.exp(-z[up]))
    a[~up] = np.exp(z[~up]) / (1 + np.exp(z[~up]))
    return a


def sigmoid_slope(z, a):
    return a - a**2
''', '''
def sigmoid(z):
    return np.exp(-np.logaddexp(0, -z))


def sigmoid_slope(z, a):
    return a * np.exp(-np.logaddexp(0, z))
''', '''
def sigmoid(z):
    return 0.5 * (1 + np.tanh(z / 2))


def sigmoid_slope(z, a):
    return 0.25 * (1 - np.tanh(z / 2) ** 2)
''', '''
def sigmoid(z):
    out = [1 / (1 + np.exp(-v)) if v >= 0 else np.exp(v) / (1 + np.exp(v)) for v in z.ravel()]
    return np.array(out).reshape(z.shape)


def sigmoid_slope(z, a):
    return np.multiply(a, np.subtract(1, a))
''']


def f(z: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def probe(rng: np.random.Generator, s: Case) -> Case:
    """Moderate numbers, and a column far out in both tails."""
    z = spread(rng, s.N, s.H)
    far = np.array([800.0, -800.0, 30.0, -30.0, -22.0, 12.0])
    z = np.hstack([z, far[np.arange(s.N) % 6][:, None]]) if s.N > 2 else z
    return Case(z=z, a=f(z))


EXERCISE = Exercise(
    "03_sigmoid", [Function("sigmoid", "z", "a"), Function("sigmoid_slope", "z a", "da")], {"N": 7, "H": 3}, probe,
    rule=lambda c: {"a": f(c.z), "da": c.a * f(-c.z)},
    slips=[
        Slip("A15", "a", lambda c: 1 / np.exp(-c.z)),
        Slip("A15.sign", "a", lambda c: f(-c.z)),
        Slip("A15.sign", "a", lambda c: np.exp(-c.z) / (1 + np.exp(-c.z))),     # and no number far out
        Slip("A15.no_1", "a", lambda c: 1 / (np.exp(-c.z) - 1)),
        Slip("L22", "a", lambda c: np.exp(c.z) / (1 + np.exp(c.z))),
        Slip("A5.tanh", "a", lambda c: np.tanh(c.z)),
        Slip("L10", "a", lambda c: (c.z >= 0) * 1.0),
        Slip("A1", "da", lambda c: np.ones_like(c.a)),
        Slip("A1", "da", lambda c: c.a),
        Slip("A2", "da", lambda c: f(c.a) * (1 - f(c.a))),
        Slip("A3", "da", lambda c: c.z * (1 - c.z)),
        Slip("A3", "da", lambda c: c.a * (1 - c.z)),
        Slip("A3", "da", lambda c: c.z * (1 - c.a)),
        Slip("A5", "da", lambda c: 1 - c.a**2),
        Slip("A5", "da", lambda c: 1 - c.a),
        Slip("A5", "da", lambda c: 1 - np.tanh(c.z) ** 2),
        Slip("A5", "da", lambda c: (c.z > 0) * 1.0),
        Slip("A6", "da", lambda c: c.a * (1 + c.a)),
        Slip("A6", "da", lambda c: c.a**2),
        Slip("A7", "da", lambda c: (c.a * (1 - c.a)) ** 2),
        Slip("L22", "da", lambda c: np.exp(-c.z) / (1 + np.exp(-c.z)) ** 2),
    ],
    factors={"-1": ("D10", lambda c: -1), "1/N": ("F1", lambda c: 1 / c.N), "2": ("F1", lambda c: 2),
             "1/2": ("F1", lambda c: 0.5), "4": ("F1", lambda c: 4)},
    laws=[Law("between_0_and_1", lambda c, out: (out["a"] >= 0).all() and (out["a"] <= 1).all()),
          Law("largest_at_0", lambda c, out: (out["da"] <= 0.25 + 1e-12).all() and (out["da"] >= 0).all())],
    stub=STUB, answers=ANSWERS, reads="perceptron/activations.py")
