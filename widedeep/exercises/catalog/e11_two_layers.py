"""11  Two layers: backpropagation, whole."""
import numpy as np

from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, Law, Slip, changed, switched

STUB = '''
def two_layers_backward(dz, X, Z1, A1, W2):
    """The backward of a network with one hidden layer:

        Z1 = X W1 + b1        A1 = tanh(Z1)        z = A1 W2 + b2

    dz  (N, 1)   the slope of the loss in each output z (the 1/N of a mean is in it)
    X   (N, D)   the inputs
    Z1  (N, H)   the net sums of the hidden layer        A1  (N, H)   tanh of them
    W2  (H, 1)   the weights of the output

    Return four new arrays: dW1 (D, H), db1 (H,), dW2 (H, 1), db2 (1,).
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def two_layers_backward(dz, X, Z1, A1, W2):
    dW2 = A1.T @ dz
    db2 = dz.sum(axis=0)
    delta = (dz @ W2.T) * (1 - A1**2)
    return X.T @ delta, delta.sum(axis=0), dW2, db2
''', '''
def two_layers_backward(dz, X, Z1, A1, W2):
    D, H = X.shape[1], A1.shape[1]
    dW1, db1, dW2, db2 = np.zeros((D, H)), np.zeros(H), np.zeros((H, 1)), np.zeros(1)
    for n in range(len(X)):
        dW2[:, 0] += A1[n] * dz[n, 0]
        db2 += dz[n]
        for h in range(H):
            delta = dz[n, 0] * W2[h, 0] / np.cosh(Z1[n, h]) ** 2
            dW1[:, h] += X[n] * delta
            db1[h] += delta
    return dW1, db1, dW2, db2
''', '''
def two_layers_backward(dz, X, Z1, A1, W2):
    delta = np.einsum("nk,hk,nh->nh", dz, W2, 1 - A1 * A1)
    return [np.einsum("nd,nh->dh", X, delta), np.einsum("nh->h", delta), np.einsum("nh,nk->hk", A1, dz),
            np.einsum("nk->k", dz)]
''', '''
def two_layers_backward(dz, X, Z1, A1, W2):
    ones = np.ones((len(X), 1))
    second = np.hstack([A1, ones]).T @ dz
    delta = np.outer(dz, W2) * (1 - np.tanh(Z1) ** 2)
    first = np.hstack([X, ones]).T @ delta
    return first[:-1], first[-1], second[:-1], second[-1]
''', '''
def two_layers_backward(dz, X, Z1, A1, W2):
    delta = dz * W2[:, 0] - dz * W2[:, 0] * A1**2
    return np.dot(delta.T, X).T, np.ones(len(X)) @ delta, (dz.T @ A1).T, np.array([dz.sum()])
''']


def delta_as(c: Case, weights: str = "W2", slope: str = "right", upstream: str = "dz") -> np.ndarray:
    """The error signal of the hidden layer; each argument is a slip when it is not its default."""
    W2 = {"W2": c.W2.T, "ones": np.ones((1, c.H)), "abs": np.abs(c.W2.T), "moved": (c.W2 - 0.1 * c.A1.T @ c.dz).T,
          "half": (c.W2 - 0.5 * c.A1.T @ c.dz).T, "hundredth": (c.W2 - 0.01 * c.A1.T @ c.dz).T,
          "whole": (c.W2 - c.A1.T @ c.dz).T,
          "up": (c.W2 + 0.1 * c.A1.T @ c.dz).T, "thousandth": (c.W2 - 0.001 * c.A1.T @ c.dz).T,
          "first": np.full((1, c.H), c.W2[0, 0])}[weights]
    f = {"right": 1 - c.A1**2, "none": 1.0, "a": 1 - np.tanh(c.A1) ** 2, "z": 1 - c.Z1**2, "sigmoid": c.A1 * (1 - c.A1),
         "+": 1 + c.A1**2, "twice": (1 - c.A1**2) ** 2, "1-a": 1 - c.A1, "(1-a)^2": (1 - c.A1) ** 2, "A": c.A1,
         "relu": c.Z1 > 0}[slope]
    dz = {"dz": c.dz, "ones": np.ones_like(c.dz), "mean": np.full_like(c.dz, c.dz.mean()),
          "rolled": c.dz[::-1]}[upstream]
    return dz @ W2 * f


def gradients(c: Case, **slips: str) -> Arrays:
    """The four gradients, with such an error signal in the hidden layer."""
    delta = delta_as(c, **slips)
    return {"dW1": c.X.T @ delta, "db1": delta.sum(axis=0), "dW2": c.A1.T @ c.dz, "db2": c.dz.sum(axis=0)}


def right(c: Case) -> np.ndarray:
    return delta_as(c)


def probe(rng: np.random.Generator, s: Case) -> Case:
    X, W2 = rng.normal(size=(s.N, s.D)), rng.normal(size=(s.H, 1)) + 0.5
    W1, b1 = rng.normal(size=(s.D, s.H)), rng.normal(size=s.H)
    Z1 = X @ W1 + b1
    return Case(dz=rng.normal(size=(s.N, 1)), X=X, Z1=Z1, A1=np.tanh(Z1), W2=W2, W1=W1, b1=b1, b2=rng.normal(size=1),
                W1_was=W1, b1_was=b1)


def loss(c: Case) -> complex:
    """The upstream times the outputs.  Z1 is moved from where it was, so that a Z1 of another batch is told from X."""
    Z1 = c.Z1 + c.X @ (c.W1 - c.W1_was) + (c.b1 - c.b1_was)
    return (c.dz * (np.tanh(Z1) @ c.W2 + c.b2)).sum()


EXERCISE = Exercise(
    "11_two_layers", [Function("two_layers_backward", "dz X Z1 A1 W2", "dW1 db1 dW2 db2")], {"N": 7, "D": 5, "H": 3},
    probe, loss=loss, rule=gradients, slope_of={"dW1": "W1", "db1": "b1", "dW2": "W2", "db2": "b2"},
    slips=[
        Slip("M9", "dW1", lambda c: c.X.T @ (c.dz @ c.W2.T)),
        Slip("M9.dz", "dW1", lambda c: c.X.T @ c.dz),
        Slip("M9.dz", "dW1", lambda c: np.tile(c.X.T @ c.dz, (1, c.H))),
        Slip("M6", "db1", lambda c: (c.dz @ c.W2.T).sum(axis=0)),
        Slip("M6.both", "db1", lambda c: np.full(c.H, c.dz.sum())),
        Slip("M5", "dW1", lambda c: np.resize(c.A1.T @ right(c), c.W1.shape)),
        Slip("M5", "dW1", lambda c: c.A1.T @ right(c)),
        Slip("M5.z", "dW1", lambda c: c.Z1.T @ right(c)),
        Slip("M4", "dW2", lambda c: c.Z1.T @ c.dz),
        Slip("M4.x", "dW2", lambda c: c.X.T @ c.dz),
        Slip("M4.slope", "dW2", lambda c: (1 - c.A1**2).T @ c.dz),
        Slip("M4.slope", "dW2", lambda c: (c.A1 * (1 - c.A1**2)).T @ c.dz),
        Slip("M11", "dW1", lambda c: c.X[::-1].T @ right(c)),
        Slip("M11", "dW1", lambda c: np.roll(c.X, 1, axis=0).T @ right(c)),
        Slip("M11", "dW2", lambda c: c.A1[::-1].T @ c.dz),
        Slip("M7", "db1", lambda c: np.zeros(c.H)),
        Slip("M7", "db2", lambda c: np.zeros(1)),
        Slip("M12", "dW1", lambda c: np.zeros((c.D, c.H))),
        Slip("M12", "dW2", lambda c: np.zeros((c.H, 1))),
        Slip("D1", "db1", lambda c: right(c).mean(axis=0)),
        Slip("D1", "db2", lambda c: c.dz.mean(axis=0)),
        Slip("D2", "db1", lambda c: right(c).sum(axis=1)),
        Slip("D2", "db1", lambda c: np.resize(right(c).sum(axis=1), c.H)),
        Slip("D2", "db2", lambda c: c.dz.sum(axis=1)),
        Slip("D3", "db1", lambda c: np.full(c.H, right(c).sum())),
        Slip("D3", "db1", lambda c: right(c).sum()),
        Slip("D4", "db1", lambda c: right(c)),
        Slip("D4", "db1", lambda c: right(c)[-1]),
        Slip("D4", "db1", lambda c: right(c)[0]),
        Slip("D4", "db2", lambda c: c.dz),
        Slip("D4", "db2", lambda c: c.dz[-1]),
        Slip("D4", "db2", lambda c: c.dz[0]),
        Slip("D12", "db1", lambda c: np.tile(right(c).sum(axis=0), (c.N, 1))),
        Slip("D5", "db1", lambda c: right(c).sum(axis=0) * c.b1),
        Slip("D7", "dW1", lambda c: (right(c).T @ c.X).reshape(c.D, c.H)),
        Slip("D9", "dW2", lambda c: c.A1.T @ np.ones_like(c.dz)),
        Slip("D9", "dW1", lambda c: c.X.T @ np.ones_like(c.A1)),
        Slip("D9", "db2", lambda c: np.full(1, float(c.N))),
        Slip("D11", "dW1", lambda c: c.X[:1].T @ right(c)[:1]),
        Slip("D11", "dW1", lambda c: c.X[-1:].T @ right(c)[-1:]),
        Slip("D11", "dW2", lambda c: c.A1[:1].T @ c.dz[:1]),
        Slip("D11", "dW2", lambda c: c.A1[-1:].T @ c.dz[-1:]),
        switched(gradients, "M1", weights="whole"),
        switched(gradients, "M1", weights="half"),
        switched(gradients, "M1", weights="moved"),
        switched(gradients, "M1", weights="hundredth"),
        switched(gradients, "M1", weights="thousandth"),
        switched(gradients, "M1", weights="up"),
        switched(gradients, "M2", weights="ones"),
        switched(gradients, "M2.abs", weights="abs"),
        switched(gradients, "M2.one", weights="first"),
        switched(gradients, "A1", slope="none"),
        switched(gradients, "A1.forward", slope="A"),
        switched(gradients, "A2", slope="a"),
        switched(gradients, "A3", slope="z"),
        switched(gradients, "A5", slope="sigmoid"),
        switched(gradients, "A5.square", slope="1-a"),
        switched(gradients, "A5.bracket", slope="(1-a)^2"),
        switched(gradients, "A5.relu", slope="relu"),
        switched(gradients, "A6", slope="+"),
        switched(gradients, "A7", slope="twice"),
        switched(gradients, "A8", weights="ones", upstream="ones"),
        switched(gradients, "D9", upstream="ones"),
        switched(gradients, "L12.mean", upstream="mean"),
        switched(gradients, "M11.dz", upstream="rolled"),
        Slip("D13.not_added", "dW1", lambda c: c.X[:, :, None] * right(c)[:, None, :]),
        Slip("D13", "dW2", lambda c: c.A1 * c.dz),
        Slip("D13", "dW2", lambda c: (c.A1 * c.dz).sum(axis=1)),
        Slip("D13", "dW1", lambda c: c.X * right(c)),   # where the sizes allow it
        Slip("D8", "", lambda c: {"dW1": c.X.T @ (c.dz * c.W2 * (1 - c.A1**2)),
                                  "db1": (c.dz * c.W2 * (1 - c.A1**2)).sum(axis=0)}),
        Slip("M13", "", lambda c: {"dW1": c.X.T @ (c.dz @ c.W2.T @ c.W1 * (1 - c.A1**2)),
                                   "db1": (c.dz @ c.W2.T @ c.W1 * (1 - c.A1**2)).sum(axis=0)}),
    ],
    factors={"-1": ("D10", lambda c: -1), "1/N": ("M3", lambda c: 1 / c.N), "N": ("F1", lambda c: c.N),
             "2": ("F1", lambda c: 2), "1/2": ("F1", lambda c: 0.5), "1/H": ("F1", lambda c: 1 / c.H),
             "1/D": ("F1", lambda c: 1 / c.D), "0.1": ("M16", lambda c: 0.1), "0.01": ("M16", lambda c: 0.01)},
    laws=[Law("scale", lambda c, out, c2, out2: all(np.allclose(out2[name], 2 * out[name]) for name in out),
              lambda c: changed(c, dz=2 * c.dz))],
    stub=STUB, answers=ANSWERS, reads="mlp/network.py")
