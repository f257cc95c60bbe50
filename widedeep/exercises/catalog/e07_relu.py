"""07  The backward of ReLU, and its kink at 0."""
from functools import partial

import numpy as np

from widedeep.exercises.exercise import Case, Exercise, Function, Law, Slip, changed, spread

STUB = '''
def relu_backward(dA, Z, A):
    """The backward of  A = max(Z, 0), entry by entry.

    dA  (N, H)   the slope of the loss in each A
    Z   (N, H)   the net sums
    A   (N, H)   max(Z, 0), as forward computed it

    At Z = 0 the function has two slopes, 0 on the left and 1 on the right.  This project takes 0 there; the check
    accepts anything between the two.

    Return dZ (N, H), a new array: the slope of the loss in each Z.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def relu_backward(dA, Z, A):
    return dA * (Z > 0)
''', '''
def relu_backward(dA, Z, A):
    return np.where(A > 0, dA, 0.0)
''', '''
def relu_backward(dA, Z, A):
    dZ = dA.copy()
    dZ[Z < 0] = 0
    return dZ
''', '''
def relu_backward(dA, Z, A):
    dZ = np.zeros(Z.shape)
    for n, h in zip(*np.nonzero(A)):
        dZ[n, h] = dA[n, h]
    return dZ
''', '''
def relu_backward(dA, Z, A):
    return dA * np.heaviside(Z, 0.5)
''', '''
def relu_backward(dA, Z, A):
    return 0.5 * dA * (1 + np.sign(Z))
''']


def probe(rng: np.random.Generator, s: Case) -> Case:
    """Net sums on both sides of the kink, and two of them on it."""
    Z = spread(rng, s.N, s.H)
    if Z.size > 2:
        Z[rng.integers(s.N), rng.integers(s.H)] = 0
        Z[0, -1] = 0
    return Case(dA=rng.normal(size=(s.N, s.H)), Z=Z, A=np.maximum(Z, 0))


def leaky(c: Case, slope: float) -> np.ndarray:
    return c.dA * np.where(c.Z > 0, 1, slope)


def between(c: Case) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    right, kink = c.dA * (c.Z > 0), c.Z == 0
    return {"dZ": (np.where(kink, np.minimum(c.dA, 0), right), np.where(kink, np.maximum(c.dA, 0), right))}


EXERCISE = Exercise(
    "07_relu", [Function("relu_backward", "dA Z A", "dZ")], {"N": 7, "H": 5}, probe, between=between,
    loss=lambda c: (c.dA * c.Z * (c.Z.real > 0)).sum(), slope_of={"dZ": "Z"},
    slips=[
        Slip("A1", "dZ", lambda c: c.dA),
        Slip("A8", "dZ", lambda c: (c.Z > 0) * 1.0),
        Slip("A9", "dZ", lambda c: c.dA * (c.dA > 0)),
        Slip("A9.both", "dZ", lambda c: c.dA * (c.dA > 0) * (c.Z > 0)),
        Slip("A10", "dZ", lambda c: c.dA * (c.Z < 0)),
        Slip("A11", "dZ", lambda c: c.dA * c.A),
        Slip("A11", "dZ", lambda c: c.dA * c.Z),
        *[Slip("A12", "dZ", partial(leaky, slope=slope)) for slope in (0.01, 0.1, 0.2, 0.25, 0.3, 0.05, 0.02)],
        Slip("A12.minus", "dZ", lambda c: c.dA * np.sign(c.Z)),
        Slip("A13", "dZ", lambda c: c.dA * (c.Z > 0).all(axis=1, keepdims=True)),
        Slip("A13", "dZ", lambda c: c.dA * (c.Z > 0).any(axis=1, keepdims=True)),
        Slip("A13", "dZ", lambda c: c.dA * (c.Z > 0).any(axis=0)),
        Slip("A13", "dZ", lambda c: c.dA * (c.Z > 0).all(axis=0)),
        Slip("A13", "dZ", lambda c: c.dA * (c.Z[:1] > 0)),
        Slip("A13", "dZ", lambda c: c.dA * (c.Z.sum(axis=1, keepdims=True) > 0)),
        Slip("A13", "dZ", lambda c: c.dA * (c.Z[:, :1] > 0)),
        Slip("A5", "dZ", lambda c: c.dA * c.A * (1 - c.A)),
        Slip("A5", "dZ", lambda c: c.dA * (1 - c.A**2)),
        Slip("A10.at_1", "dZ", lambda c: c.dA * (c.Z > 1)),
        Slip("A1.forward", "dZ", lambda c: c.A),
        Slip("D12", "dZ", lambda c: (c.dA * (c.Z > 0)).sum(axis=0)),
        Slip("D12", "dZ", lambda c: np.tile((c.dA * (c.Z > 0)).sum(axis=0), (c.N, 1))),
        Slip("D12", "dZ", lambda c: np.tile((c.dA * (c.Z > 0)).mean(axis=0), (c.N, 1))),
    ],
    factors={"-1": ("D10", lambda c: -1), "1/N": ("D6", lambda c: 1 / c.N), "1/H": ("F1", lambda c: 1 / c.H),
             "2": ("F1", lambda c: 2), "1/2": ("F1", lambda c: 0.5), "N": ("F1", lambda c: c.N)},
    laws=[Law("scale", lambda c, out, c2, out2: np.allclose(out2["dZ"], 2 * out["dZ"]),
              lambda c: changed(c, dA=2 * c.dA)),
          Law("off", lambda c, out: (out["dZ"][c.Z < 0] == 0).all())],
    stub=STUB, answers=ANSWERS, reads="perceptron/activations.py")
