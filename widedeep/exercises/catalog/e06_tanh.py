"""06  The backward of tanh."""
import numpy as np

from widedeep.exercises.exercise import Case, Exercise, Function, Law, Slip, changed, spread

STUB = '''
def tanh_backward(dA, Z, A):
    """The backward of  A = tanh(Z), entry by entry.

    dA  (N, H)   the slope of the loss in each A
    Z   (N, H)   the net sums
    A   (N, H)   tanh(Z), as forward computed it

    Return dZ (N, H), a new array: the slope of the loss in each Z.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def tanh_backward(dA, Z, A):
    return dA * (1 - A * A)
''', '''
def tanh_backward(dA, Z, A):
    return dA / np.cosh(Z) ** 2
''', '''
def tanh_backward(dA, Z, A):
    return (1 - A) * (1 + A) * dA
''', '''
def tanh_backward(dA, Z, A):
    dZ = np.empty(Z.shape)
    for i in np.ndindex(Z.shape):
        dZ[i] = dA[i] - dA[i] * A[i] ** 2
    return dZ
''', '''
def tanh_backward(dA, Z, A):
    e = np.exp(-2 * np.abs(Z))
    return np.multiply(dA, 4 * e / np.square(1 + e))
''']


def probe(rng: np.random.Generator, s: Case) -> Case:
    Z = spread(rng, s.N, s.H)
    return Case(dA=rng.normal(size=(s.N, s.H)), Z=Z, A=np.tanh(Z))


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


EXERCISE = Exercise(
    "06_tanh", [Function("tanh_backward", "dA Z A", "dZ")], {"N": 7, "H": 3}, probe,
    loss=lambda c: (c.dA * np.tanh(c.Z)).sum(), slope_of={"dZ": "Z"},
    slips=[
        Slip("A1", "dZ", lambda c: c.dA),
        Slip("A1.forward", "dZ", lambda c: c.dA * c.A),
        Slip("A2", "dZ", lambda c: c.dA * (1 - np.tanh(c.A) ** 2)),
        Slip("A3", "dZ", lambda c: c.dA * (1 - c.Z**2)),
        Slip("A3", "dZ", lambda c: c.dA * c.Z * (1 - c.Z)),
        Slip("A4", "dZ", lambda c: c.dA * (1 - c.dA**2)),
        Slip("A4", "dZ", lambda c: c.dA * (1 - c.dA)),
        Slip("A5", "dZ", lambda c: c.dA * c.A * (1 - c.A)),
        Slip("A5.square", "dZ", lambda c: c.dA * (1 - c.A)),
        Slip("A5.bracket", "dZ", lambda c: c.dA * (1 - c.A) ** 2),
        Slip("A5", "dZ", lambda c: c.dA * sigmoid(c.Z) * (1 - sigmoid(c.Z))),
        Slip("A5.relu", "dZ", lambda c: c.dA * (c.Z > 0)),
        Slip("A6", "dZ", lambda c: c.dA * (1 + c.A**2)),
        Slip("A6", "dZ", lambda c: c.dA * c.A * (1 + c.A)),
        Slip("A7", "dZ", lambda c: c.dA * (1 - c.A**2) ** 2),
        Slip("A8", "dZ", lambda c: 1 - c.A**2),
        Slip("A8", "dZ", lambda c: 1 - np.tanh(c.A) ** 2),
        Slip("A8.sign", "dZ", lambda c: np.sign(c.dA) * (1 - c.A**2)),
        Slip("A9", "dZ", lambda c: np.where(c.dA > 0, c.dA * (1 - c.A**2), 0)),
        Slip("A9", "dZ", lambda c: np.where(c.dA > 0, c.dA, 0)),
        Slip("D12", "dZ", lambda c: np.tile((c.dA * (1 - c.A**2)).sum(axis=0), (c.N, 1))),
        Slip("D12", "dZ", lambda c: np.tile((c.dA * (1 - c.A**2)).mean(axis=0), (c.N, 1))),
        Slip("D12", "dZ", lambda c: c.dA.sum() * (1 - c.A**2)),
        Slip("D12", "dZ", lambda c: (c.dA * (1 - c.A**2)).sum(axis=0)),
        Slip("D12", "dZ", lambda c: (c.dA * (1 - c.A**2)).mean(axis=0)),
        Slip("A5.root", "dZ", lambda c: c.dA * np.sqrt(1 - c.A**2)),
        Slip("A8.sum", "dZ", lambda c: c.dA + 1 - c.A**2),
        Slip("D13", "dZ", lambda c: c.dA @ (1 - c.A**2).T),
        Slip("D13", "dZ", lambda c: c.dA.T @ (1 - c.A**2)),
    ],
    factors={"-1": ("D10", lambda c: -1), "1/N": ("D6", lambda c: 1 / c.N), "1/H": ("F1", lambda c: 1 / c.H),
             "2": ("F1", lambda c: 2), "1/2": ("F1", lambda c: 0.5), "N": ("F1", lambda c: c.N)},
    laws=[Law("scale", lambda c, out, c2, out2: np.allclose(out2["dZ"], 2 * out["dZ"]),
              lambda c: changed(c, dA=2 * c.dA)),
          Law("smaller", lambda c, out: (np.abs(out["dZ"]) <= np.abs(c.dA) + 1e-12).all())],
    stub=STUB, answers=ANSWERS, reads="perceptron/activations.py")
