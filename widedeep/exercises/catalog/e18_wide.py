"""18  The backward of the wide part: a sparse weighted sum, with values and padding."""
import numpy as np

from perceptron.activations import Array
from widedeep.exercises.catalog.e17_embedding import PARTS, scatter
from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, Law, Slip, changed, switched

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


def wide(c: Case, put: str = "add", part: str = "all", ids: str = "ids", values: str = "x", dz: str = "dz",
         errors: str = "dz x", by: str = "1", end: str = "0", start: str = "0") -> Arrays:
    """dw; each argument is a slip when it is not its default."""
    x, N = c.values, len(c.dz)
    at = {"ids": c.ids, "-1": (c.ids - 1) % c.V, "+1": (c.ids + 1) % c.V, "mirrored": c.ids[:, ::-1],
          "reversed": c.ids[::-1], "order": c.ids.T.reshape(c.ids.shape)}[ids]
    with np.errstate(all="ignore"):
        xs = {"x": x, "1": np.ones_like(x), "x^2": x**2, "positive": x > 0, "sign": np.sign(x), "1/x": 1 / x,
              "abs": np.abs(x), "sum": x.sum(axis=1, keepdims=True), "mean": x.mean(axis=1, keepdims=True),
              "reversed": x[::-1], "w": c.w[c.ids]}[values]
    es = {"dz": c.dz, "1": np.ones((N, 1)), "reversed": c.dz[::-1], "mean": c.dz.mean(), "sum": c.dz.sum(),
          "tiled": np.tile(c.dz[:, 0], c.F).reshape(x.shape)}[dz]
    g = es * xs + 0 * x
    g = {"dz x": g, "order": g.T.reshape(g.shape), "whole": np.trunc(g), "abs": np.abs(g)}[errors]
    dw = scatter(at, g, c.V, put, part)
    if by == "count":
        dw = dw / np.maximum(np.bincount(c.ids.ravel(), minlength=c.V), 1)
    if start in ("w", "-w"):                            # from w.copy(), and w -= dw
        dw = c.w + dw if start == "w" else c.w - dw
    elif start == "w, set":
        dw = np.where(np.isin(np.arange(c.V), c.ids), dw, c.w)
    if end != "kept":                                   # id 0 is padding
        dw[0] = 0 if end == "0" else c.w[0]
    return {"dw": dw}


def summed(c: Case) -> Array:
    return wide(c)["dw"]


def probe(rng: np.random.Generator, s: Case) -> Case:
    """Values neither 0 nor 1, some below 0, under padding too; ids that repeat inside a row and between rows."""
    ids = rng.integers(1, max(2, s.V - 1), size=(s.N, s.F)) if s.V > 1 else np.zeros((s.N, s.F), int)
    ids[ids == 2] = 1
    if s.N > 2 and s.F > 1 and s.V > 2:
        ids[0], ids[1, 0], ids[2, -1], ids[1, -1] = 1, 1, 0, 0
        ids = np.append(0, 1 + rng.permutation(s.V - 1))[ids]       # which ids are never used differs
    values = rng.uniform(0.5, 3, size=(s.N, s.F)) * rng.choice([1, 1, 1, -1], size=(s.N, s.F))
    return Case(dz=rng.normal(size=(s.N, 1)), ids=ids, values=values, w=rng.normal(size=s.V) + 1)


def loss(c: Case) -> complex:
    known = c.w * (np.arange(c.V) > 0)
    return (c.dz[:, 0] * (c.values * known[c.ids]).sum(axis=1)).sum()


EXERCISE = Exercise(
    "18_wide", [Function("wide_backward", "dz ids values w", "dw")], {"N": 7, "F": 3, "V": 11}, probe,
    loss=loss, slope_of={"dw": "w"}, rule=wide,
    slips=[
        switched(wide, "W1", values="1"),
        switched(wide, "W1.square", values="x^2"),
        switched(wide, "W1.sign", values="positive"),
        switched(wide, "W1.sign", values="sign"),
        switched(wide, "W1.divided", values="1/x"),
        switched(wide, "W1.sign", values="abs"),
        switched(wide, "W1.sum", values="sum"),
        switched(wide, "W1.mean", values="mean"),
        switched(wide, "W1.w", values="w"),
        switched(wide, "W1.order", values="reversed"),
        switched(wide, "O6", errors="whole"),
        switched(wide, "O6", put="whole"),
        *[switched(wide, "E1", put=how) for how in ("last stays", "last stays, by columns")],
        switched(wide, "E1.first", put="first stays"),
        switched(wide, "E1.kept", start="w"),
        switched(wide, "E1.kept", start="w", end="w"),
        switched(wide, "E1.moved", start="-w"),
        switched(wide, "E1.moved", start="-w", end="w"),
        switched(wide, "E1.table", put="last stays", start="w"),
        switched(wide, "E1.unused", put="last stays", start="w, set"),
        switched(wide, "E1.unused", start="w, set"),
        switched(wide, "E3", by="count"),
        switched(wide, "E4", part="first place"),
        switched(wide, "E4.last", part="last place"),
        *[switched(wide, "E4.missing", part=part) for part in PARTS if part.startswith("not")],
        switched(wide, "E4.repeats", put="last of a row"),
        switched(wide, "E4.repeats", put="first of a row"),
        switched(wide, "E4.rows", put="last of a column"),
        switched(wide, "D11", part="first row"),
        switched(wide, "D11", part="last row"),
        switched(wide, "E5", ids="+1"),
        switched(wide, "E5", ids="-1"),
        Slip("E5", "dw", lambda c: np.roll(summed(c), -1)),
        switched(wide, "E6", end="kept"),
        switched(wide, "E7", ids="mirrored"),
        switched(wide, "E7.order", ids="order"),
        switched(wide, "E7.order", errors="order"),
        switched(wide, "M11", ids="reversed"),
        switched(wide, "M11.dz", dz="reversed"),
        switched(wide, "M11.dz", dz="tiled"),
        switched(wide, "D9", dz="1"),
        Slip("D9.counts", "dw", lambda c: wide(c, dz="1", values="1")["dw"]),
        Slip("D9.counts", "dw", lambda c: wide(c, dz="1", values="1", end="kept")["dw"]),
        switched(wide, "L12.mean", dz="mean"),
        switched(wide, "L12.sum", dz="sum"),
        switched(wide, "L23", errors="abs"),
        Slip("D5", "dw", lambda c: summed(c) * c.w),
        Slip("E8.short", "dw", lambda c: summed(c)[:c.ids.max() + 1]),
        Slip("E8.without_0", "dw", lambda c: summed(c)[1:]),
        Slip("E8.used", "dw", lambda c: summed(c)[np.unique(c.ids)]),
        Slip("E8.looked_up", "dw", lambda c: c.dz * c.values),
        Slip("E8.looked_up", "dw", lambda c: (c.dz * c.values).ravel()),
        Slip("E8.gathered", "dw", lambda c: summed(c)[c.ids]),
        Slip("E8.gathered", "dw", lambda c: wide(c, end="kept")["dw"][c.ids]),
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
