"""20  Wide & deep: one error signal into both towers."""
from collections.abc import Callable

import numpy as np

from perceptron.activations import Array
from widedeep.exercises.catalog.e09_log_loss import FACTORS, sigmoid, slips_of
from widedeep.exercises.exercise import Case, Exercise, Function, Law, Slip, changed, spread

STUB = '''
def wide_deep_backward(z_wide, z_deep, b, y):
    """The error signal of joint training:

        z = z_wide + z_deep + b        p = 1 / (1 + e^-z)        L = mean over the N rows of the log loss

    z_wide  (N, 1)   the wide part's logits        z_deep  (N, 1)   the deep part's
    b       (1,)     the one bias                  y       (N, 1)   the labels, 0 or 1

    Return three new arrays: dz_wide (N, 1), dz_deep (N, 1), db (1,): the slopes of L.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def wide_deep_backward(z_wide, z_deep, b, y):
    p = 1 / (1 + np.exp(-(z_wide + z_deep + b)))
    dz = (p - y) / len(y)
    return dz, dz.copy(), dz.sum(axis=0)
''', '''
def wide_deep_backward(z_wide, z_deep, b, y):
    z = b[0] + z_wide + z_deep
    e = np.exp(-np.abs(z))
    dz = (np.where(z >= 0, 1, e) / (1 + e) - y) / z.shape[0]
    return dz, dz, np.array([dz.sum()])
''', '''
def wide_deep_backward(z_wide, z_deep, b, y):
    odds = np.exp(z_wide) * np.exp(z_deep) * np.exp(b)
    dz = np.empty(y.shape)
    for n in range(len(y)):
        dz[n] = (odds[n] / (1 + odds[n]) - y[n]) / len(y)
    return dz, dz + 0.0, np.ones(len(y)) @ dz
''', '''
def wide_deep_backward(z_wide, z_deep, b, y):
    z = np.sum([z_wide, z_deep, np.tile(b, (len(y), 1))], axis=0)
    p = 0.5 + 0.5 * np.tanh(z / 2)
    dp = ((1 - y) / (1 - p) - y / p) / len(y)
    dz = dp * p * (1 - p)
    return [dz, dz, np.einsum("nk->k", dz)]
''', '''
def wide_deep_backward(z_wide, z_deep, b, y):
    s = 2 * y - 1
    z = np.hstack([z_wide, z_deep]).sum(axis=1, keepdims=True) + b
    dz = -s / (1 + np.exp(s * z)) / len(y)
    return np.array(dz), np.array(dz), len(y) * dz.mean(axis=0)
''']


def probe(rng: np.random.Generator, s: Case) -> Case:
    """Logits over [-3, 3], not the same ones for every seed, nor as many labels of each kind: db tells nothing of N."""
    z, part, b = spread(rng, s.N, 1), rng.normal(size=(s.N, 1)) * 2, rng.normal(size=1) + 0.5
    z *= rng.uniform(0.6, 1.3, size=z.shape)
    y = rng.permutation((np.arange(s.N) < rng.integers(1, max(2, s.N))) * 1.0)[:, None]
    return Case(z_wide=part, z_deep=z - part - b, b=b, y=y, z=z, p=sigmoid(z))


def error(c: Case, z: Array) -> Array:
    return (sigmoid(z) - c.y) / c.N


def both(cause: str, make: object) -> Slip:
    """A slip in p: it spoils both towers and the bias alike."""
    def spoiled(c: Case) -> dict[str, Array]:
        dz = np.asarray(make(c))                                    # type: ignore[operator]
        return {"dz_wide": dz, "dz_deep": dz, "db": dz.sum(axis=0) if dz.ndim else dz}
    return Slip(cause, "", spoiled)


def from_parts(join: Callable[[Array, Array], Array], c: Case, bias: float) -> Array:
    """The error of a p that is joined from the towers' own; with the bias in each of them, or without."""
    return (join(sigmoid(c.z_wide + bias * c.b), sigmoid(c.z_deep + bias * c.b)) - c.y) / c.N


def joined(cause: str, join: Callable[[Array, Array], Array]) -> list[Slip]:
    return [both(cause, lambda c, bias=bias: from_parts(join, c, bias)) for bias in (0.0, 1.0)]


ALIKE = [both(slip.cause, slip.make) for slip in slips_of("")]

EXERCISE = Exercise(
    "20_wide_deep", [Function("wide_deep_backward", "z_wide z_deep b y", "dz_wide dz_deep db")], {"N": 7}, probe,
    loss=lambda c: (np.log(1 + np.exp(c.z_wide + c.z_deep + c.b)) - c.y * (c.z_wide + c.z_deep + c.b)).sum() / c.N,
    slope_of={"dz_wide": "z_wide", "dz_deep": "z_deep", "db": "b"},
    slips=[
        Slip("W3", "dz_wide", lambda c: error(c, c.z_wide)),
        Slip("W3", "dz_deep", lambda c: error(c, c.z_deep)),
        Slip("W3.bias", "dz_wide", lambda c: error(c, c.z_wide + c.b)),
        Slip("W3.bias", "dz_deep", lambda c: error(c, c.z_deep + c.b)),
        Slip("W3.swapped", "dz_wide", lambda c: error(c, c.z_deep)),
        Slip("W3.swapped", "dz_deep", lambda c: error(c, c.z_wide)),
        Slip("W3.alone", "db", lambda c: (error(c, c.z_wide) + error(c, c.z_deep)).sum(axis=0)),
        Slip("W3.alone", "db", lambda c: (error(c, c.z_wide + c.b) + error(c, c.z_deep + c.b)).sum(axis=0)),
        Slip("W3.alone", "db", lambda c: error(c, c.z_wide).sum(axis=0)),
        Slip("W3.alone", "db", lambda c: error(c, c.z_deep).sum(axis=0)),
        Slip("W3.alone", "db", lambda c: error(c, 0 * c.z + c.b).sum(axis=0)),
        Slip("W6", "dz_wide", lambda c: np.zeros_like(c.z)),
        Slip("W6", "dz_deep", lambda c: np.zeros_like(c.z)),
        Slip("M7", "db", lambda c: np.zeros(1)),
        Slip("L1.db", "db", lambda c: (c.p - c.y).sum(axis=0)),
        Slip("S6.db", "db", lambda c: error(c, c.z).sum()),
        Slip("O5", "db", lambda c: c.b),
        Slip("W5", "db", lambda c: 2 * error(c, c.z).sum(axis=0)),
        Slip("D1", "db", lambda c: error(c, c.z).mean(axis=0)),
        Slip("D4", "db", lambda c: error(c, c.z)),
        Slip("D4", "db", lambda c: error(c, c.z)[-1]),
        Slip("D4", "db", lambda c: error(c, c.z)[0]),
        Slip("D2", "db", lambda c: error(c, c.z).sum(axis=1)),
        Slip("D5", "db", lambda c: error(c, c.z).sum(axis=0) * c.b),
        Slip("D9", "db", lambda c: np.ones(1)),
        Slip("W4.z", "dz_wide", lambda c: error(c, c.z) * c.z_wide),
        Slip("W4.z", "dz_deep", lambda c: error(c, c.z) * c.z_deep),
        Slip("W4.z", "dz_wide", lambda c: error(c, c.z) * c.z_deep),
        Slip("W4.z", "dz_deep", lambda c: error(c, c.z) * c.z_wide),
        Slip("W4.slope", "dz_wide", lambda c: error(c, c.z) * sigmoid(c.z_wide) * sigmoid(-c.z_wide)),
        Slip("W4.slope", "dz_deep", lambda c: error(c, c.z) * sigmoid(c.z_deep) * sigmoid(-c.z_deep)),
        both("W5.no_bias", lambda c: error(c, c.z - c.b)),
        both("W5.bias_twice", lambda c: error(c, c.z + c.b)),
        both("W4.mean", lambda c: error(c, (c.z_wide + c.z_deep) / 2 + c.b)),
        both("W4.mean", lambda c: error(c, c.z / 2)),
        both("W4.mean", lambda c: error(c, (c.z_wide + c.z_deep) / 2)),
        *joined("W4.probabilities", lambda p, q: (p + q) / 2),
        *joined("W4.added", lambda p, q: p + q),
        *joined("W4.multiplied", lambda p, q: p * q),
        both("W3.added", lambda c: error(c, c.z_wide) + error(c, c.z_deep)),
        both("W3.added", lambda c: error(c, c.z_wide + c.b) + error(c, c.z_deep + c.b)),
        both("W4.product", lambda c: error(c, c.z_wide * c.z_deep + c.b)),
        both("W4.product", lambda c: error(c, c.z_wide * c.z_deep)),
        both("W4.product", lambda c: error(c, c.z_wide * c.z_deep * c.b)),
        both("W4.product", lambda c: error(c, (c.z_wide + c.z_deep) * c.b)),
        both("W4.product", lambda c: error(c, c.z_wide + c.z_deep * c.b)),
        both("W4.minus", lambda c: error(c, c.z_wide - c.z_deep + c.b)),
        both("W4.minus", lambda c: error(c, c.z_deep - c.z_wide + c.b)),
        both("W5.minus", lambda c: error(c, c.z_wide + c.z_deep - c.b)),
        both("W6.forward", lambda c: error(c, c.z_wide + c.b)),
        both("W6.forward", lambda c: error(c, c.z_deep + c.b)),
        both("W6.forward", lambda c: error(c, 0 * c.z + c.b)),
        *ALIKE,
    ],
    factors={**FACTORS, "2": ("W4", lambda c: 2), "1/2": ("W4", lambda c: 0.5)},
    laws=[Law("same_signal", lambda c, out: np.allclose(out["dz_wide"], out["dz_deep"])),
          Law("bias", lambda c, out: np.allclose(out["db"], out["dz_wide"].sum(axis=0))),
          Law("moved", lambda c, out, c2, out2: all(np.allclose(out[name], out2[name]) for name in out),
              lambda c: changed(c, z_wide=c.z_wide + 1, z_deep=c.z_deep - 1))],
    stub=STUB, answers=ANSWERS, reads="widedeep/model.py")
