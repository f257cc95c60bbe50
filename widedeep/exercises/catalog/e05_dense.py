"""05  The backward of a dense layer: three gradients, one for each input of X W + b."""
import numpy as np

from widedeep.exercises.exercise import Case, Exercise, Function, Law, Slip, changed

STUB = '''
def dense_backward(delta, X, W):
    """The backward of  Z = X W + b.

    delta  (N, H)   the slope of the loss in each net sum Z
    X      (N, D)   the inputs, a row for each example
    W      (D, H)   the weights, a column for each unit

    Return three new arrays: dX (N, D), dW (D, H), db (H,), the slopes of the loss in X, in W and in b.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def dense_backward(delta, X, W):
    dX = delta @ W.T
    dW = X.T @ delta
    db = delta.sum(axis=0)
    return dX, dW, db
''', '''
def dense_backward(delta, X, W):
    return (np.einsum("nh,dh->nd", delta, W), np.einsum("nd,nh->dh", X, delta), np.einsum("nh->h", delta))
''', '''
def dense_backward(delta, X, W):
    dX, dW, db = np.zeros(X.shape), np.zeros(W.shape), np.zeros(W.shape[1])
    for x, e, out in zip(X, delta, dX):
        dW += np.outer(x, e)
        db += e
        out += W @ e
    return dX, dW, db
''', '''
def dense_backward(delta, X, W):
    with_ones = np.hstack([X, np.ones((len(X), 1))])
    both = with_ones.T @ delta
    return np.dot(delta, np.transpose(W)), both[:-1], both[-1]
''', '''
def dense_backward(delta, X, W):
    dX = (delta[:, None, :] * W[None, :, :]).sum(axis=2)
    dW = (X[:, :, None] * delta[:, None, :]).sum(axis=0)
    return [dX, dW, np.ones(len(X)) @ delta]
''', '''
def dense_backward(delta, X, W):
    (N, D), H = X.shape, W.shape[1]
    dX = np.array([[sum(delta[n, h] * W[d, h] for h in range(H)) for d in range(D)] for n in range(N)])
    dW = np.array([[sum(X[n, d] * delta[n, h] for n in range(N)) for h in range(H)] for d in range(D)])
    return dX, dW, len(X) * delta.mean(axis=0)
''']


def probe(rng: np.random.Generator, s: Case) -> Case:
    return Case(delta=rng.normal(size=(s.N, s.H)), X=rng.normal(size=(s.N, s.D)), W=rng.normal(size=(s.D, s.H)),
                b=rng.normal(size=s.H))


def loss(c: Case) -> complex:
    """The upstream times the net sums: a loss whose slope in Z is delta."""
    return (c.delta * (c.X @ c.W + c.b)).sum()


def ones(c: Case) -> np.ndarray:
    return np.ones_like(c.delta)


EXERCISE = Exercise(
    "05_dense", [Function("dense_backward", "delta X W", "dX dW db")], {"N": 7, "D": 5, "H": 3}, probe,
    loss=loss, slope_of={"dX": "X", "dW": "W", "db": "b"},
    slips=[
        Slip("D1", "db", lambda c: c.delta.mean(axis=0)),
        Slip("D2", "db", lambda c: np.resize(c.delta.sum(axis=1), c.H)),
        Slip("D2", "db", lambda c: c.delta.sum(axis=1)),
        Slip("D2", "db", lambda c: c.delta.sum(axis=1, keepdims=True)),
        Slip("D3", "db", lambda c: np.full(c.H, c.delta.sum())),
        Slip("D3", "db", lambda c: c.delta.sum()),
        Slip("D4", "db", lambda c: c.delta[-1]),
        Slip("D4", "db", lambda c: c.delta[0]),
        Slip("D4", "db", lambda c: c.delta),
        Slip("D5", "db", lambda c: c.delta.sum(axis=0) * c.b),
        Slip("D9", "db", lambda c: np.full(c.H, float(c.N))),
        Slip("D7", "dW", lambda c: (c.delta.T @ c.X).reshape(c.W.shape)),
        Slip("D7", "dX", lambda c: (c.W @ c.delta.T).reshape(c.X.shape)),
        Slip("D8", "dX", lambda c: np.resize(c.delta @ c.W.reshape(c.H, c.D), c.X.shape)),
        Slip("D9", "dW", lambda c: c.X.T @ ones(c)),
        Slip("D9", "dX", lambda c: ones(c) @ c.W.T),
        Slip("D11", "dW", lambda c: c.X[:1].T @ c.delta[:1]),
        Slip("D11", "dW", lambda c: c.X[-1:].T @ c.delta[-1:]),
        Slip("D11.all_but_one", "dW", lambda c: c.X[:-1].T @ c.delta[:-1]),
        Slip("D11.all_but_one", "dW", lambda c: c.X[1:].T @ c.delta[1:]),
        Slip("D11.all_but_one", "db", lambda c: c.delta[:-1].sum(axis=0)),
        Slip("D11.all_but_one", "db", lambda c: c.delta[1:].sum(axis=0)),
        Slip("D12", "dX", lambda c: np.tile((c.delta @ c.W.T).mean(axis=0), (c.N, 1))),
        Slip("D12", "dX", lambda c: np.tile((c.delta @ c.W.T).sum(axis=0), (c.N, 1))),
        Slip("D12", "dX", lambda c: (c.delta @ c.W.T).sum(axis=0)),
        Slip("D13", "dW", lambda c: c.X * c.delta),     # where the sizes allow it
        Slip("D13", "dX", lambda c: c.delta * c.W.T),
        Slip("D13.not_added", "dW", lambda c: c.X[:, :, None] * c.delta[:, None, :]),
        Slip("D13.not_added", "dX", lambda c: c.delta[:, None, :] * c.W),
        Slip("D14", "dX", lambda c: c.delta @ np.vstack([c.W, c.b]).T),
        Slip("D14", "dX", lambda c: c.delta @ np.vstack([c.b, c.W]).T),
    ],
    factors={"-1": ("D10", lambda c: -1), "1/N": ("D6", lambda c: 1 / c.N), "N": ("F1", lambda c: c.N),
             "2": ("F1", lambda c: 2), "1/2": ("F1", lambda c: 0.5), "1/H": ("F1", lambda c: 1 / c.H),
             "1/D": ("F1", lambda c: 1 / c.D)},
    laws=[
        Law("scale", lambda c, out, c2, out2: all(np.allclose(out2[name], 2 * out[name]) for name in out),
            lambda c: changed(c, delta=2 * c.delta)),
        Law("ones", lambda c, out, c2, out2: np.allclose(out2["dW"][-1], out2["db"]),
            lambda c: changed(c, X=np.hstack([c.X[:, :-1], np.ones((c.N, 1))]))),
    ],
    stub=STUB, answers=ANSWERS, reads="mlp/dense.py")
