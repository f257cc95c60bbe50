"""01  The net sum: a weighted sum of the inputs, and a bias."""
import numpy as np

from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, Law, Slip, changed, switched

STUB = '''
def net_sum(X, W, b):
    """The net sums of H neurons for N examples:  Z[n,h] = sum over d of X[n,d] W[d,h]  +  b[h].

    X  (N, D)   the inputs, a row for each example
    W  (D, H)   the weights, a column for each neuron
    b  (H,)     the biases

    Return Z (N, H), a new array.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def net_sum(X, W, b):
    return X @ W + b
''', '''
def net_sum(X, W, b):
    return np.einsum("nd,dh->nh", X, W) + b[None, :]
''', '''
def net_sum(X, W, b):
    Z = np.zeros((X.shape[0], W.shape[1]))
    for n in range(Z.shape[0]):
        for h in range(Z.shape[1]):
            Z[n, h] = b[h] + sum(x * w for x, w in zip(X[n], W[:, h]))
    return Z
''', '''
def net_sum(X, W, b):
    return np.hstack([X, np.ones((len(X), 1))]) @ np.vstack([W, b])
''', '''
def net_sum(X, W, b):
    return (X[:, :, None] * W[None]).sum(axis=1) + np.tile(b, (len(X), 1))
''', '''
def net_sum(X, W, b):
    return np.array([W.T @ x + b for x in X])
''']


def net_sum(c: Case, weights: str = "W", bias: str = "b", sums: str = "all", after: str = "") -> Arrays:
    """Z = X W + b; each argument is a slip when it is not its default."""
    W = {"W": c.W, "reshaped": c.W.reshape(c.H, c.D).T}[weights]
    Z = {"all": c.X @ W, "mean": c.X @ W / c.D, "first": c.X[:, :1] @ W[:1], "not first": c.X[:, 1:] @ W[1:],
         "not last": c.X[:, :-1] @ W[:-1]}[sums]
    Z = Z + {"b": c.b, "none": 0, "minus": -c.b, "one": c.b[0], "sum": c.b.sum(), "inside": c.D * c.b}[bias]
    return {"Z": {"": Z, "step": (Z >= 0) * 1.0, "sigmoid": 1 / (1 + np.exp(-Z)), "tanh": np.tanh(Z),
                  "relu": np.maximum(Z, 0)}[after]}


def probe(rng: np.random.Generator, s: Case) -> Case:
    return Case(X=rng.normal(size=(s.N, s.D)), W=rng.normal(size=(s.D, s.H)), b=rng.normal(size=s.H) + 1)


EXERCISE = Exercise(
    "01_net_sum", [Function("net_sum", "X W b", "Z")], {"N": 7, "D": 5, "H": 3}, probe, rule=net_sum,
    slips=[
        Slip("D8", "Z", lambda c: c.X @ c.W.T + c.b),                   # where the sizes allow it
        switched(net_sum, "Q1", bias="none"),
        switched(net_sum, "Q1.minus", bias="minus"),
        switched(net_sum, "Q1.one", bias="one"),
        switched(net_sum, "Q1.sum", bias="sum"),
        switched(net_sum, "Q1.inside", bias="inside"),
        switched(net_sum, "D7", weights="reshaped"),
        switched(net_sum, "F1.mean", sums="mean"),
        switched(net_sum, "D11", sums="first"),
        switched(net_sum, "D11.skipped", sums="not first"),
        switched(net_sum, "D11.end", sums="not last"),
        switched(net_sum, "A1.step", after="step"),
        switched(net_sum, "A1.sigmoid", after="sigmoid"),
        switched(net_sum, "A1.tanh", after="tanh"),
        switched(net_sum, "A1.relu", after="relu"),
        Slip("D4", "Z", lambda c: c.X[:, :, None] * c.W),
        Slip("D4", "Z", lambda c: c.X[:, :, None] * c.W + c.b),
        Slip("D4", "Z", lambda c: c.X[-1] @ c.W + c.b),                 # one row, returned for all
        Slip("D4", "Z", lambda c: c.X[0] @ c.W + c.b),
        Slip("D9", "Z", lambda c: c.X @ np.ones_like(c.W) + c.b),
        Slip("D12", "Z", lambda c: (c.X @ c.W + c.b).sum(axis=0)),
        Slip("D12", "Z", lambda c: np.tile((c.X @ c.W).mean(axis=0) + c.b, (c.N, 1))),
        Slip("D12", "Z", lambda c: np.tile((c.X @ c.W + c.b).sum(axis=0), (c.N, 1))),
        Slip("D2", "Z", lambda c: (c.X @ c.W + c.b).sum(axis=1)),
        Slip("D2", "Z", lambda c: (c.X @ c.W + c.b).sum(axis=1, keepdims=True)),
        Slip("D15", "Z", lambda c: c.X @ c.W + c.b[:, None]),
        Slip("D13", "Z", lambda c: c.X * c.W + c.b),
    ],
    factors={"-1": ("D10", lambda c: -1), "1/N": ("F1", lambda c: 1 / c.N), "1/D": ("F1", lambda c: 1 / c.D),
             "2": ("F1", lambda c: 2), "1/2": ("F1", lambda c: 0.5)},
    laws=[Law("bias", lambda c, out, c2, out2: np.allclose(out2["Z"] - out["Z"], c2.b - c.b),
              lambda c: changed(c, b=c.b + np.arange(1, c.H + 1)))],
    stub=STUB, answers=ANSWERS, reads="perceptron/neuron.py")
