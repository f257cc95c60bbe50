"""10  The gradient of softmax and cross-entropy, together."""
from functools import partial

import numpy as np

from widedeep.exercises.exercise import Case, Exercise, Function, Law, Slip, changed, spread

STUB = '''
def softmax_cross_entropy_backward(Z, Y):
    """The gradient of the mean cross-entropy of K classes, at the logits:

        P[n,k] = e^Z[n,k] / sum over j of e^Z[n,j]
        L = mean over the N rows of  -sum over k of Y[n,k] log P[n,k]

    Z  (N, K)   the logits        Y  (N, K)   the labels, one-hot: a single 1 in each row

    Return dZ (N, K), a new array: the slope of L in each logit.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def softmax_cross_entropy_backward(Z, Y):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    return (P - Y) / len(Z)
''', '''
def softmax_cross_entropy_backward(Z, Y):
    P = np.exp(Z)
    P = P / P.sum(axis=1)[:, None]
    P[np.arange(len(Z)), Y.argmax(axis=1)] -= 1
    return P / len(Z)
''', '''
def softmax_cross_entropy_backward(Z, Y):
    dZ = np.zeros(Z.shape)
    for n, (z, y) in enumerate(zip(Z, Y)):
        p = np.exp(z) / np.exp(z).sum()
        dp = -y / p
        jacobian = np.diag(p) - np.outer(p, p)
        dZ[n] = jacobian @ dp / len(Z)
    return dZ
''', '''
def softmax_cross_entropy_backward(Z, Y):
    logsum = np.log(np.exp(Z).sum(axis=1, keepdims=True))
    return np.exp(Z - logsum - np.log(len(Z))) - Y / len(Z)
''', '''
def softmax_cross_entropy_backward(Z, Y):
    P = 1 / np.exp(Z[:, None, :] - Z[:, :, None]).sum(axis=2)
    return np.subtract(P, Y) / Z.shape[0]
''']


def probe(rng: np.random.Generator, s: Case) -> list[Case]:
    """Logits over [-3, 3], every class but the last with an example; far ones, badly wrong, where a small eps shows."""
    Z, Y = spread(rng, s.N, s.K), np.eye(s.K)[rng.permutation(np.arange(s.N) % max(1, s.K - 1))]
    far = 4 * spread(rng, s.N, s.K)
    return [made(Z, Y), made(far, np.eye(s.K)[far.argmin(axis=1)] if s.N > 2 else Y)]


def made(Z: np.ndarray, Y: np.ndarray) -> Case:
    E = np.exp(Z)
    return Case(Z=Z, Y=Y, E=E, P=E / E.sum(axis=1, keepdims=True))


def through_softmax(c: Case, dP: np.ndarray) -> np.ndarray:
    """From the slopes in the probabilities to those in the logits."""
    return c.P * (dP - (dP * c.P).sum(axis=1, keepdims=True))


def with_eps(c: Case, eps: float) -> np.ndarray:
    """The slope of log(P + eps)."""
    return through_softmax(c, -c.Y / (c.P + eps) / c.N)


EXERCISE = Exercise(
    "10_softmax", [Function("softmax_cross_entropy_backward", "Z Y", "dZ")], {"N": 7, "K": 3}, probe,
    loss=lambda c: (np.log(np.exp(c.Z).sum(axis=1)) - (c.Z * c.Y).sum(axis=1)).sum() / c.N, slope_of={"dZ": "Z"},
    slips=[
        Slip("L14", "dZ", lambda c: c.Y * (c.P - 1) / c.N),
        Slip("L14", "dZ", lambda c: (c.Y * (c.P - 1)).sum(axis=1) / c.N),      # these entries alone
        Slip("L14.plain", "dZ", lambda c: np.where(c.Y == 1, c.P * (1 - c.P), 0) / c.N),
        Slip("L15", "dZ", lambda c: c.P / c.N),
        Slip("L15.p", "dZ", lambda c: -c.Y / c.N),
        Slip("L16", "dZ", lambda c: (c.E / c.E.sum(axis=0) - c.Y) / c.N),
        Slip("L16", "dZ", lambda c: (c.E / c.E.sum() - c.Y) / c.N),
        Slip("L16.row", "dZ", lambda c: (c.E / c.E.sum(axis=1) - c.Y) / c.N),     # where the sizes allow it
        Slip("L17", "dZ", lambda c: (c.E - c.Y) / c.N),
        Slip("L18", "dZ", lambda c: (c.P - np.bincount(c.Y.argmax(axis=1), minlength=c.K)) / c.N),
        Slip("L18", "dZ", lambda c: (c.P - c.Y.max(axis=0)) / c.N),
        Slip("L18", "dZ", lambda c: (c.P - 1) / c.N),
        Slip("L18", "dZ", lambda c: (c.P - (np.arange(c.K) == 0)) / c.N),
        Slip("L18", "dZ", lambda c: (c.P - (np.arange(c.K) == c.K - 1)) / c.N),
        Slip("L18.index", "dZ", lambda c: (c.P - c.Y.argmax(axis=1)[:, None]) / c.N),
        Slip("L19", "dZ", lambda c: (c.P - c.Y) * c.P / c.N),
        Slip("L19", "dZ", lambda c: (c.P - c.Y) * (1 - c.P) / c.N),
        Slip("L19", "dZ", lambda c: (c.P - c.Y) * c.P * (1 - c.P) / c.N),
        Slip("L6", "dZ", lambda c: -c.Y / c.P / c.N),
        Slip("L6", "dZ", lambda c: (c.P - c.Y) / (c.P * (1 - c.P)) / c.N),
        Slip("L7", "dZ", lambda c: (c.Z - c.Y) / c.N),
        Slip("L7.sigmoid", "dZ", lambda c: (1 / (1 + np.exp(-c.Z)) - c.Y) / c.N),
        Slip("L8", "dZ", lambda c: (c.P - (2 * c.Y - 1)) / c.N),
        Slip("L9", "dZ", lambda c: c.P * (1 - c.Y) / c.N),
        Slip("L10", "dZ", lambda c: ((c.Z == c.Z.max(axis=1, keepdims=True)) - c.Y) / c.N),
        Slip("L12", "dZ", lambda c: (c.P - c.Y.mean(axis=0)) / c.N),
        Slip("L12.all", "dZ", lambda c: (c.P[:, None, :] - c.Y) / c.N),
        Slip("L12.all", "dZ", lambda c: (c.P - c.Y[:, None, :]) / c.N),
        Slip("M11", "dZ", lambda c: (c.P - c.Y[::-1]) / c.N),
        Slip("L12.sum", "dZ", lambda c: (c.P - c.Y).sum(axis=0) / c.N),
        Slip("L12.sum", "dZ", lambda c: np.tile((c.P - c.Y).mean(axis=0), (c.N, 1)) / c.N),
        *[Slip("L21", "dZ", partial(with_eps, eps=eps)) for eps in (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)],
        Slip("A4", "dZ", lambda c: (c.P - c.Y) * (1 - (c.P - c.Y)) / c.N),
        Slip("L15.both", "dZ", lambda c: c.P * (1 - c.P) / c.N),
        Slip("L23", "dZ", lambda c: np.abs(c.P - c.Y) / c.N),
        Slip("L23", "dZ", lambda c: np.sign(c.P - c.Y) / c.N),
        Slip("L23.square", "dZ", lambda c: (c.P - c.Y) ** 2 / c.N),
        Slip("L23.loss", "dZ", lambda c: -c.Y * np.log(c.P) / c.N),
        Slip("L23.loss", "dZ", lambda c: np.asarray(-(c.Y * np.log(c.P)).sum() / c.N)),
        Slip("L16.minus", "dZ", lambda c: (np.exp(-c.Z) / np.exp(-c.Z).sum(axis=1, keepdims=True) - c.Y) / c.N),
        Slip("L16.twice", "dZ", lambda c: (np.exp(c.P) / np.exp(c.P).sum(axis=1, keepdims=True) - c.Y) / c.N),
    ],
    factors={"-1": ("L4", lambda c: -1), "N": ("L1", lambda c: c.N), "1/N": ("L2", lambda c: 1 / c.N),
             "1/K": ("L2", lambda c: 1 / c.K), "K": ("F1", lambda c: c.K),
             "2": ("L3", lambda c: 2), "1/2": ("L3", lambda c: 0.5)},
    laws=[Law("rows_sum_to_0", lambda c, out: np.allclose(out["dZ"].sum(axis=1), 0)),
          Law("at_most", lambda c, out: (np.abs(out["dZ"]) <= 1 / c.N).all()),
          Law("twice", lambda c, out, c2, out2: np.allclose(2 * out2["dZ"][:c.N], out["dZ"]),
              lambda c: changed(c, Z=np.vstack([c.Z, c.Z]), Y=np.vstack([c.Y, c.Y])))],
    stub=STUB, answers=ANSWERS, reads="mlp/losses.py")
