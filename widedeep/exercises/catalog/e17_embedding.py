"""17  The backward of an embedding, whose ids repeat."""
import numpy as np

from widedeep.exercises.exercise import Case, Exercise, Function, Law, Slip, changed

STUB = '''
def embedding_backward(dA, ids, E):
    """The backward of a look-up:  A = E[ids],  that is  A[n,f] = E[ids[n,f]].

    dA   (N, F, d)   the slope of the loss in each number that was looked up
    ids  (N, F)      whole numbers from 0 to V - 1: which row was looked up; a row may be looked up often, or never
    E    (V, d)      the table (id 0 is a row like any other here)

    Return dE (V, d), a new array: the slope of the loss in each number of the table.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def embedding_backward(dA, ids, E):
    dE = np.zeros(E.shape)
    np.add.at(dE, ids, dA)
    return dE
''', '''
def embedding_backward(dA, ids, E):
    dE = np.zeros_like(E)
    for n in range(ids.shape[0]):
        for f in range(ids.shape[1]):
            dE[ids[n, f]] += dA[n, f]
    return dE
''', '''
def embedding_backward(dA, ids, E):
    return np.eye(len(E))[ids.ravel()].T @ dA.reshape(-1, E.shape[1])
''', '''
def embedding_backward(dA, ids, E):
    columns = [np.bincount(ids.ravel(), weights=dA[:, :, j].ravel(), minlength=len(E)) for j in range(E.shape[1])]
    return np.stack(columns, axis=1)
''', '''
def embedding_backward(dA, ids, E):
    return np.array([dA[ids == v].sum(axis=0) for v in range(len(E))])
''', '''
def embedding_backward(dA, ids, E):
    flat, errors = ids.ravel(), dA.reshape(-1, E.shape[1])
    order = np.argsort(flat, kind="stable")
    rows, starts = np.unique(flat[order], return_index=True)
    dE = np.zeros(E.shape)
    dE[rows] = np.add.reduceat(errors[order], starts, axis=0)
    return dE
''']


def summed(c: Case, ids: np.ndarray | None = None, dA: np.ndarray | None = None, rows: int = 0) -> np.ndarray:
    dE = np.zeros((rows or c.V, c.d))
    np.add.at(dE, c.ids if ids is None else ids, c.dA if dA is None else dA)
    return dE


def each_once(c: Case) -> np.ndarray:
    """dE[ids] += dA: of the errors of a repeated id the last one stays."""
    dE = np.zeros((c.V, c.d))
    dE[c.ids] = c.dA
    return dE


def first_of_each(c: Case) -> np.ndarray:
    """Of an id that repeats, the first error alone."""
    dE, seen = np.zeros((c.V, c.d)), set()
    for i, g in zip(c.ids.ravel(), c.dA.reshape(-1, c.d)):
        if i not in seen:
            dE[i] = g
        seen.add(i)
    return dE


def by_row(c: Case, sets: bool) -> np.ndarray:
    """Repeats inside a row are lost: by dE[row] += g (the last stays), or by a set (the first stays)."""
    dE = np.zeros((c.V, c.d))
    for row, g in zip(c.ids, c.dA):
        if sets:
            _, first = np.unique(row, return_index=True)
            dE[row[first]] += g[first]
        else:
            dE[row] += g
    return dE


def by_column(c: Case) -> np.ndarray:
    dE = np.zeros((c.V, c.d))
    for f in range(c.F):
        dE[c.ids[:, f]] += c.dA[:, f]
    return dE


def counts(c: Case) -> np.ndarray:
    return np.maximum(np.bincount(c.ids.ravel(), minlength=c.V), 1)[:, None]


def probe(rng: np.random.Generator, s: Case) -> Case:
    """Ids that repeat inside a row and between rows; two are never used, and 0 is."""
    ids = rng.integers(0, max(1, s.V - 1), size=(s.N, s.F))
    ids[ids == 2] = 0
    if s.N > 2 and s.F > 1 and s.V > 2:
        ids[0], ids[1, 0], ids[2, 1] = 1, 1, 0
        ids = np.append(0, 1 + rng.permutation(s.V - 1))[ids]       # which ids are never used differs
    return Case(dA=rng.normal(size=(s.N, s.F, s.d)), ids=ids, E=rng.normal(size=(s.V, s.d)))


EXERCISE = Exercise(
    "17_embedding", [Function("embedding_backward", "dA ids E", "dE")], {"N": 7, "F": 3, "V": 11, "d": 5}, probe,
    loss=lambda c: (c.dA * c.E[c.ids]).sum(), slope_of={"dE": "E"},
    slips=[
        Slip("E1", "dE", each_once),
        Slip("E1.first", "dE", first_of_each),
        Slip("E1.table", "dE", lambda c: c.E + each_once(c)),
        Slip("E3", "dE", lambda c: summed(c) / counts(c)),
        Slip("E4", "dE", lambda c: summed(c, c.ids[:, 0], c.dA[:, 0])),
        Slip("E4.last", "dE", lambda c: summed(c, c.ids[:, -1], c.dA[:, -1])),
        Slip("E4.repeats", "dE", lambda c: by_row(c, False)),
        Slip("E4.repeats", "dE", lambda c: by_row(c, True)),
        Slip("E4.rows", "dE", by_column),
        Slip("E5", "dE", lambda c: summed(c, (c.ids - 1) % c.V)),
        Slip("E5", "dE", lambda c: summed(c, (c.ids + 1) % c.V)),
        Slip("E5.reversed", "dE", lambda c: summed(c)[::-1]),
        Slip("E6", "dE", lambda c: summed(c) * (np.arange(c.V) > 0)[:, None]),
        Slip("E7", "dE", lambda c: summed(c, c.ids[:, ::-1])),
        Slip("M11", "dE", lambda c: summed(c, c.ids[::-1])),
        Slip("E7.order", "dE", lambda c: summed(c, c.ids.T.reshape(c.ids.shape))),
        Slip("E8.used", "dE", lambda c: summed(c)[np.unique(c.ids)]),
        Slip("E8.short", "dE", lambda c: summed(c)[:c.ids.max() + 1]),
        Slip("E8.looked_up", "dE", lambda c: c.dA),
        Slip("E8.looked_up", "dE", lambda c: c.dA.reshape(-1, c.d)),
        Slip("E8.one_column", "dE", lambda c: summed(c).sum(axis=1)),
        Slip("D9", "dE", lambda c: summed(c, dA=np.ones_like(c.dA))),
        Slip("D9.counts", "dE", lambda c: np.bincount(c.ids.ravel(), minlength=c.V) * 1.0),
        Slip("E1.kept", "dE", lambda c: c.E + summed(c)),
        Slip("E1.moved", "dE", lambda c: c.E - summed(c)),
        Slip("L12.mean", "dE", lambda c: summed(c, dA=np.broadcast_to(c.dA.mean(axis=1, keepdims=True), c.dA.shape))),
        Slip("L12.sum", "dE", lambda c: summed(c, dA=np.broadcast_to(c.dA.sum(axis=1, keepdims=True), c.dA.shape))),
        Slip("D12", "dE", lambda c: np.tile(c.dA.sum(axis=(0, 1)), (c.V, 1))),
        Slip("D5", "dE", lambda c: summed(c) * c.E),
    ],
    factors={"-1": ("D10", lambda c: -1), "1/N": ("D6", lambda c: 1 / c.N), "1/F": ("E2", lambda c: 1 / c.F),
             "1/sqrt F": ("E2", lambda c: c.F ** -0.5), "1/V": ("F1", lambda c: 1 / c.V), "2": ("F1", lambda c: 2),
             "1/2": ("F1", lambda c: 0.5), "F": ("E2", lambda c: c.F), "N": ("F1", lambda c: c.N)},
    laws=[Law("mass", lambda c, out: np.allclose(out["dE"].sum(axis=0), c.dA.sum(axis=(0, 1)))),
          Law("scale", lambda c, out, c2, out2: np.allclose(out2["dE"], 2 * out["dE"]),
              lambda c: changed(c, dA=2 * c.dA)),
          Law("never_used", lambda c, out: not out["dE"][~np.isin(np.arange(c.V), c.ids)].any())],
    stub=STUB, answers=ANSWERS, reads="widedeep/rows.py")
