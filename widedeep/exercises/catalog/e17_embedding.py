"""17  The backward of an embedding, whose ids repeat."""
from functools import partial
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, Law, Slip, changed, switched

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


PARTS: dict[str, Any] = {
    "all": np.s_[:], "first place": np.s_[:, :1], "last place": np.s_[:, -1:], "first row": np.s_[:1],
    "last row": np.s_[-1:], "not the first row": np.s_[1:], "not the last row": np.s_[:-1],
    "not the first place": np.s_[:, 1:], "not the last place": np.s_[:, :-1]}


def scatter(ids: Array, g: Array, V: int, put: str = "add", part: str = "all") -> Array:
    """ids (N, F), g (N, F, ...)  ->  (V, ...): each g goes to the row that its id names.

    put : "add", or how some of them get lost        part : of which places
    """
    ids, g = ids[PARTS[part]], g[PARTS[part]]
    out = np.zeros((V, *g.shape[2:]))
    if put == "add":
        np.add.at(out, ids, g)
    elif put == "last stays":                           # out[ids] = g, and out[ids] += g
        for n, f in np.ndindex(ids.shape):
            out[ids[n, f]] = g[n, f]
    elif put == "first stays":
        return scatter(ids[::-1, ::-1], g[::-1, ::-1], V, "last stays")
    elif put == "last stays, by columns":
        return scatter(ids.T, g.swapaxes(0, 1), V, "last stays")
    elif put == "last of a row":                        # out[row] += g of the row
        for row, some in zip(ids, g):
            out += scatter(row[None], some[None], V, "last stays")
    elif put == "first of a row":
        return scatter(ids[:, ::-1], g[:, ::-1], V, "last of a row")
    elif put == "last of a column":
        return scatter(ids.T, g.swapaxes(0, 1), V, "last of a row")
    elif put == "whole":                                # into an array of whole numbers
        for n, f in np.ndindex(ids.shape):
            out[ids[n, f]] = np.trunc(out[ids[n, f]] + g[n, f])
    return out


def embedding(c: Case, put: str = "add", part: str = "all", ids: str = "ids", errors: str = "dA", by: str = "1",
              end: str = "", start: str = "0") -> Arrays:
    """dE; each argument is a slip when it is not its default."""
    at = {"ids": c.ids, "-1": (c.ids - 1) % c.V, "+1": (c.ids + 1) % c.V, "mirrored": c.ids[:, ::-1],
          "reversed": c.ids[::-1], "order": c.ids.T.reshape(c.ids.shape)}[ids]
    g = {"dA": c.dA, "1": np.ones_like(c.dA), "whole": np.trunc(c.dA), "abs": np.abs(c.dA), "square": c.dA**2,
         "order": c.dA.swapaxes(0, 1).reshape(c.dA.shape), "columns": c.dA[:, :, ::-1],
         "mean": np.broadcast_to(c.dA.mean(axis=1, keepdims=True), c.dA.shape),
         "sum": np.broadcast_to(c.dA.sum(axis=1, keepdims=True), c.dA.shape)}[errors]
    dE = scatter(at, g, c.V, put, part)
    count = np.bincount(c.ids.ravel(), minlength=c.V)[:, None]
    with np.errstate(all="ignore"):
        dE = {"1": dE, "count": dE / np.maximum(count, 1), "count, 0 / 0": dE / count}[by]
    if end:
        dE[0 if end == "row 0" else -1] = 0
    dE = {"0": dE, "E": c.E + dE, "-E": c.E - dE, "E, set": np.where(count > 0, dE, c.E)}[start]
    return {"dE": dE}


def summed(c: Case) -> Array:
    return embedding(c)["dE"]


def without_ids(axis: Any, c: Case) -> Array:
    return c.dA.sum(axis=axis)


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
    loss=lambda c: (c.dA * c.E[c.ids]).sum(), slope_of={"dE": "E"}, rule=embedding,
    slips=[
        *[switched(embedding, "E1", put=how) for how in ("last stays", "last stays, by columns")],
        switched(embedding, "E1.first", put="first stays"),
        switched(embedding, "E1.table", put="last stays", start="E"),
        switched(embedding, "E1.unused", put="last stays", start="E, set"),
        switched(embedding, "E1.unused", start="E, set"),
        switched(embedding, "E1.kept", start="E"),
        switched(embedding, "E1.moved", start="-E"),
        switched(embedding, "E3", by="count"),
        switched(embedding, "E3", by="count, 0 / 0"),
        switched(embedding, "E4", part="first place"),
        switched(embedding, "E4.last", part="last place"),
        *[switched(embedding, "E4.missing", part=part) for part in PARTS if part.startswith("not")],
        switched(embedding, "E4.repeats", put="last of a row"),
        switched(embedding, "E4.repeats", put="first of a row"),
        switched(embedding, "E4.rows", put="last of a column"),
        switched(embedding, "D11", part="first row"),
        switched(embedding, "D11", part="last row"),
        switched(embedding, "E5", ids="-1"),
        switched(embedding, "E5", ids="+1"),
        Slip("E5.reversed", "dE", lambda c: summed(c)[::-1]),
        switched(embedding, "E6", end="row 0"),
        switched(embedding, "E6.last", end="last row"),
        switched(embedding, "E7", ids="mirrored"),
        switched(embedding, "E7.order", ids="order"),
        switched(embedding, "E7.order", errors="order"),
        switched(embedding, "E7.columns", errors="columns"),
        switched(embedding, "M11", ids="reversed"),
        Slip("E8.used", "dE", lambda c: summed(c)[np.unique(c.ids)]),
        Slip("E8.short", "dE", lambda c: summed(c)[:c.ids.max() + 1]),
        Slip("E8.looked_up", "dE", lambda c: c.dA),
        Slip("E8.looked_up", "dE", lambda c: c.dA.reshape(-1, c.d)),
        Slip("E8.one_column", "dE", lambda c: summed(c).sum(axis=1)),
        Slip("E8.gathered", "dE", lambda c: summed(c)[c.ids]),
        Slip("E8.gathered", "dE", lambda c: c.dA[c.ids]),
        *[Slip("E8.no_ids", "dE", partial(without_ids, axis)) for axis in (0, 1, (0, 1))],
        switched(embedding, "O6", errors="whole"),
        switched(embedding, "O6", put="whole"),
        switched(embedding, "D9", errors="1"),
        Slip("D9.counts", "dE", lambda c: np.bincount(c.ids.ravel(), minlength=c.V) * 1.0),
        switched(embedding, "L12.mean", errors="mean"),
        switched(embedding, "L12.sum", errors="sum"),
        switched(embedding, "L23", errors="abs"),
        switched(embedding, "L23.square", errors="square"),
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
