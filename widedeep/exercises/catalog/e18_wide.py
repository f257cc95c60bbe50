"""18  The backward of the wide part: a sparse weighted sum, with values and padding."""
import numpy as np

from widedeep.exercises.exercise import Case, Exercise, Function, Law, Slip, changed

STUB = '''
def wide_backward(dz, ids, values, w):
    """The backward of a sparse weighted sum:  z[n] = sum over f of  values[n,f] * w[ids[n,f]].

    dz      (N, 1)   the slope of the loss in each z
    ids     (N, F)   whole numbers from 0 to V - 1: which weights a row uses; 0 is padding, and no weight
    values  (N, F)   the inputs, any numbers
    w       (V,)     the weights

    Return dw (V,), a new array: the slope of the loss in each weight.  That of id 0 is 0.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def wide_backward(dz, ids, values, w):
    dw = np.zeros(w.shape)
    np.add.at(dw, ids, dz * values)
    dw[0] = 0
    return dw
''', '''
def wide_backward(dz, ids, values, w):
    dw = np.bincount(ids.ravel(), weights=(dz * values).ravel(), minlength=len(w))
    return np.where(np.arange(len(w)) == 0, 0.0, dw)
''', '''
def wide_backward(dz, ids, values, w):
    dw = np.zeros(len(w))
    for n, (row, xs) in enumerate(zip(ids, values)):
        for i, x in zip(row, xs):
            if i != 0:
                dw[i] += x * dz[n, 0]
    return dw
''', '''
def wide_backward(dz, ids, values, w):
    X = np.zeros((len(dz), len(w)))
    np.add.at(X, (np.arange(len(dz))[:, None], ids), values)
    X[:, 0] = 0
    return (X.T @ dz)[:, 0]
''', '''
def wide_backward(dz, ids, values, w):
    hot = np.eye(len(w))[ids] * (ids != 0)[..., None]
    return np.einsum("nk,nf,nfv->v", dz, values, hot)
''']


def summed(c: Case, ids: np.ndarray | None = None, errors: np.ndarray | None = None) -> np.ndarray:
    dw = np.zeros(c.V)
    np.add.at(dw, c.ids if ids is None else ids, c.dz * c.values if errors is None else errors)
    dw[0] = 0
    return dw


def each_once(c: Case) -> np.ndarray:
    dw = np.zeros(c.V)
    dw[c.ids] = c.dz * c.values
    dw[0] = 0
    return dw


def by_row(c: Case) -> np.ndarray:
    dw = np.zeros(c.V)
    for row, g in zip(c.ids, c.dz * c.values):
        dw[row] += g
    dw[0] = 0
    return dw


def by_column(c: Case) -> np.ndarray:
    dw = np.zeros(c.V)
    for f in range(c.F):
        dw[c.ids[:, f]] += (c.dz * c.values)[:, f]
    dw[0] = 0
    return dw


def with_padding(c: Case) -> np.ndarray:
    dw = np.zeros(c.V)
    np.add.at(dw, c.ids, c.dz * c.values)
    return dw


def counts(c: Case) -> np.ndarray:
    return np.maximum(np.bincount(c.ids.ravel(), minlength=c.V), 1)


def probe(rng: np.random.Generator, s: Case) -> Case:
    """Values that are neither 0 nor 1, under padding too; ids that repeat inside a row and between rows."""
    ids = rng.integers(1, max(2, s.V - 1), size=(s.N, s.F)) if s.V > 1 else np.zeros((s.N, s.F), int)
    ids[ids == 2] = 1
    if s.N > 2 and s.F > 1 and s.V > 2:
        ids[0], ids[1, 0], ids[2, -1], ids[1, -1] = 1, 1, 0, 0
        ids = np.append(0, 1 + rng.permutation(s.V - 1))[ids]       # which ids are never used differs
    values = rng.normal(size=(s.N, s.F)) + 2
    return Case(dz=rng.normal(size=(s.N, 1)), ids=ids, values=values, w=rng.normal(size=s.V) + 1)


def loss(c: Case) -> complex:
    known = c.w * (np.arange(c.V) > 0)
    return (c.dz[:, 0] * (c.values * known[c.ids]).sum(axis=1)).sum()


EXERCISE = Exercise(
    "18_wide", [Function("wide_backward", "dz ids values w", "dw")], {"N": 7, "F": 3, "V": 11}, probe,
    loss=loss, slope_of={"dw": "w"},
    slips=[
        Slip("W1", "dw", lambda c: summed(c, errors=c.dz + 0 * c.values)),
        Slip("W1.square", "dw", lambda c: summed(c, errors=c.dz * c.values**2)),
        Slip("W1.sign", "dw", lambda c: summed(c, errors=c.dz * (c.values > 0))),
        Slip("W1.sign", "dw", lambda c: summed(c, errors=c.dz * np.sign(c.values))),
        Slip("W1.divided", "dw", lambda c: summed(c, errors=c.dz / c.values)),
        Slip("W1.sum", "dw", lambda c: summed(c, errors=c.dz * c.values.sum(axis=1, keepdims=True) + 0 * c.values)),
        Slip("W1.mean", "dw", lambda c: summed(c, errors=c.dz * c.values.mean(axis=1, keepdims=True) + 0 * c.values)),
        Slip("E1", "dw", each_once),
        Slip("E3", "dw", lambda c: summed(c) / counts(c)),
        Slip("E4", "dw", lambda c: summed(c, c.ids[:, 0], (c.dz * c.values)[:, 0])),
        Slip("E4.last", "dw", lambda c: summed(c, c.ids[:, -1], (c.dz * c.values)[:, -1])),
        Slip("E4.repeats", "dw", by_row),
        Slip("E4.rows", "dw", by_column),
        Slip("E5", "dw", lambda c: summed(c, (c.ids + 1) % c.V)),
        Slip("E5", "dw", lambda c: summed(c, (c.ids - 1) % c.V)),
        Slip("E6", "dw", with_padding),
        Slip("E7", "dw", lambda c: summed(c, c.ids[:, ::-1])),
        Slip("M11", "dw", lambda c: summed(c, c.ids[::-1])),
        Slip("M11.dz", "dw", lambda c: summed(c, errors=c.dz[::-1] * c.values)),
        Slip("D9", "dw", lambda c: summed(c, errors=c.values)),
        Slip("D9.counts", "dw", lambda c: summed(c, errors=np.ones_like(c.values))),
        Slip("L12.mean", "dw", lambda c: summed(c, errors=c.dz.mean() * c.values)),
        Slip("L12.sum", "dw", lambda c: summed(c, errors=c.dz.sum() * c.values)),
        Slip("D5", "dw", lambda c: summed(c) * c.w),
        Slip("E1.kept", "dw", lambda c: c.w + summed(c)),
        Slip("E1.moved", "dw", lambda c: c.w - summed(c)),
        Slip("E8.short", "dw", lambda c: summed(c)[:c.ids.max() + 1]),
        Slip("E8.used", "dw", lambda c: summed(c)[np.unique(c.ids)]),
        Slip("E8.looked_up", "dw", lambda c: c.dz * c.values),
        Slip("E8.looked_up", "dw", lambda c: (c.dz * c.values).ravel()),
        Slip("D2", "dw", lambda c: (c.dz * c.values).sum(axis=1)),
        Slip("D2", "dw", lambda c: (c.dz * c.values).sum(axis=0)),
    ],
    factors={"-1": ("D10", lambda c: -1), "1/N": ("D6", lambda c: 1 / c.N), "1/F": ("E2", lambda c: 1 / c.F),
             "2": ("F1", lambda c: 2), "1/2": ("F1", lambda c: 0.5), "N": ("F1", lambda c: c.N),
             "F": ("E2", lambda c: c.F)},
    laws=[Law("mass", lambda c, out: np.allclose(out["dw"].sum(), ((c.dz * c.values) * (c.ids > 0)).sum())),
          Law("scale", lambda c, out, c2, out2: np.allclose(out2["dw"], 2 * out["dw"]),
              lambda c: changed(c, dz=2 * c.dz)),
          Law("padding", lambda c, out: out["dw"][0] == 0)],
    stub=STUB, answers=ANSWERS, reads="widedeep/wide.py")
