"""08  The gradient of the squared error."""
import numpy as np

from widedeep.exercises.exercise import Case, Exercise, Function, Law, Slip, changed

STUB = '''
def squared_error_backward(z, y):
    """The gradient of half the mean squared error:

        L = mean over the N rows of  sum over k of (z[n,k] - y[n,k])^2 / 2

    z  (N, K)   the outputs        y  (N, K)   the desired outputs

    Return dz (N, K), a new array: the slope of L in each output.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def squared_error_backward(z, y):
    return (z - y) / len(z)
''', '''
def squared_error_backward(z, y):
    N = z.shape[0]
    dz = np.zeros(z.shape)
    for n in range(N):
        for k in range(z.shape[1]):
            dz[n, k] = 2 * (z[n, k] - y[n, k]) / 2 / N
    return dz
''', '''
def squared_error_backward(z, y):
    return np.subtract(z, y) * (1.0 / z.shape[0])
''', '''
def squared_error_backward(z, y):
    weights = np.full((len(z), 1), 1 / len(z))
    return weights * -(y - z)
''', '''
def squared_error_backward(z, y):
    return np.einsum("nk,nm->mk", z - y, np.eye(len(z))) / np.size(z, 0)
''']


def probe(rng: np.random.Generator, s: Case) -> Case:
    return Case(z=rng.normal(size=(s.N, s.K)) * 2, y=rng.normal(size=(s.N, s.K)) + 1)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def loss(c: Case) -> complex:
    return ((c.z - c.y) ** 2).sum() / 2 / c.N


EXERCISE = Exercise(
    "08_squared_error", [Function("squared_error_backward", "z y", "dz")], {"N": 7, "K": 3}, probe,
    loss=loss, slope_of={"dz": "z"},
    slips=[
        Slip("L23", "dz", lambda c: np.abs(c.z - c.y) / c.N),
        Slip("L23", "dz", lambda c: np.sign(c.z - c.y) / c.N),
        Slip("L23.no_target", "dz", lambda c: c.z / c.N),
        Slip("L15.p", "dz", lambda c: -c.y / c.N),
        Slip("M11", "dz", lambda c: (c.z - c.y[::-1]) / c.N),
        Slip("M11", "dz", lambda c: (c.z - np.roll(c.y, 1, axis=0)) / c.N),
        Slip("L23.square", "dz", lambda c: (c.z - c.y) ** 2 / c.N),
        Slip("L23.square", "dz", lambda c: (c.z - c.y) ** 2 / 2 / c.N),
        Slip("L23.loss", "dz", lambda c: np.full_like(c.z, ((c.z - c.y) ** 2).sum() / 2 / c.N)),
        Slip("L23.loss", "dz", lambda c: ((c.z - c.y) ** 2).sum() / 2 / c.N),
        Slip("L23.loss", "dz", lambda c: ((c.z - c.y) ** 2).mean(axis=0) / 2),
        Slip("L23.rows", "dz", lambda c: ((c.z - c.y) ** 2).sum(axis=1) / 2),
        Slip("L12", "dz", lambda c: (c.z - c.y.mean(axis=0)) / c.N),
        Slip("L12", "dz", lambda c: (c.z - c.y.mean()) / c.N),
        Slip("L12", "dz", lambda c: (c.z[:, :1] - c.y[:, 0]) / c.N),
        Slip("L12.sum", "dz", lambda c: (c.z - c.y).sum(axis=0) / c.N),
        Slip("L12.sum", "dz", lambda c: np.tile((c.z - c.y).mean(axis=0), (c.N, 1)) / c.N),
        Slip("D2", "dz", lambda c: (c.z - c.y).sum(axis=1) / c.N),
        Slip("D2", "dz", lambda c: np.tile((c.z - c.y).sum(axis=1, keepdims=True), (1, c.K)) / c.N),
        Slip("L5", "dz", lambda c: (c.z - c.y) * c.z * (1 - c.z) / c.N),
        Slip("L5", "dz", lambda c: (c.z - c.y) * sigmoid(c.z) * (1 - sigmoid(c.z)) / c.N),
        Slip("L5", "dz", lambda c: (c.z - c.y) * (1 - c.z**2) / c.N),
        Slip("L5", "dz", lambda c: (c.z - c.y) * (1 - np.tanh(c.z) ** 2) / c.N),
        Slip("L5.z", "dz", lambda c: (c.z - c.y) * c.z / c.N),
        Slip("L5.softmax", "dz", lambda c: (np.exp(c.z) / np.exp(c.z).sum(axis=1, keepdims=True) - c.y) / c.N),
        Slip("L5.sigmoid", "dz", lambda c: (sigmoid(c.z) - c.y) / c.N),
        Slip("L6", "dz", lambda c: (c.z + c.y) / c.N),
    ],
    factors={"-1": ("L4", lambda c: -1), "N": ("L1", lambda c: c.N), "1/N": ("L2", lambda c: 1 / c.N),
             "1/K": ("L2", lambda c: 1 / c.K), "K": ("F1", lambda c: c.K), "2": ("L3", lambda c: 2),
             "1/2": ("L3", lambda c: 0.5)},
    laws=[Law("twice", lambda c, out, c2, out2: np.allclose(2 * out2["dz"][:c.N], out["dz"]),
              lambda c: changed(c, z=np.vstack([c.z, c.z]), y=np.vstack([c.y, c.y]))),
          Law("equal", lambda c, out, c2, out2: not out2["dz"].any(), lambda c: changed(c, y=c.z))],
    stub=STUB, answers=ANSWERS, reads="mlp/losses.py")
