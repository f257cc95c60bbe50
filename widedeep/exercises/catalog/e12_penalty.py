"""12  L2: a price on large weights, and none on biases."""
import numpy as np

from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, Law, Slip, changed, switched

STUB = '''
def penalised_gradient(dW, db, W, b, l2):
    """The gradient of  L = data loss + l2 / 2 * (sum of all W^2).  The biases are free.

    dW  (D, H)   the gradient of the data loss at W        db  (H,)   at b
    W   (D, H)   the weights        b  (H,)   the biases        l2   a number, the strength of the penalty

    Return two new arrays: the gradients of L, dW (D, H) and db (H,).
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def penalised_gradient(dW, db, W, b, l2):
    return dW + l2 * W, db.copy()
''', '''
def penalised_gradient(dW, db, W, b, l2):
    out = dW.copy()
    for i in np.ndindex(W.shape):
        out[i] += 2 * l2 / 2 * W[i]
    return out, np.array(db)
''', '''
def penalised_gradient(dW, db, W, b, l2):
    return np.add(dW, np.multiply(l2, W)), db + 0 * b
''', '''
def penalised_gradient(dW, db, W, b, l2):
    return dW - (-l2) * W, db * 1.0
''', '''
def penalised_gradient(dW, db, W, b, l2):
    strength = np.concatenate([np.full(W.size, l2), np.zeros(b.size)])
    g = np.concatenate([dW.ravel(), db]) + strength * np.concatenate([W.ravel(), b])
    return g[:W.size].reshape(W.shape), g[W.size:]
''']


def penalised(c: Case, price: str = "l2 w", bias: str = "free", data: str = "dW") -> Arrays:
    """dW and db with the penalty; each argument is a slip when it is not its default."""
    def slope(w: np.ndarray, how: str | None = None) -> np.ndarray:
        top = (np.arange(len(w)) == 0).reshape(-1, *[1] * (w.ndim - 1))     # the first row, or the first number
        found = {"l2 w": c.l2 * w, "none": 0 * w, "2": 2 * c.l2 * w, "1/2": c.l2 * w / 2, "minus": -c.l2 * w,
                 "w^2": c.l2 * w**2, "w^2/2": c.l2 * w**2 / 2, "l2^2": c.l2**2 * w, "no l2": w, "1/l2": w / c.l2,
                 "sign": c.l2 * np.sign(w), "both": c.l2 * (w + np.sign(w)), "abs": c.l2 * np.abs(w),
                 "sum": np.full_like(w, c.l2 * w.sum()), "squares": np.full_like(w, c.l2 * (w**2).sum()),
                 "half squares": np.full_like(w, c.l2 / 2 * (w**2).sum()), "l2": np.full_like(w, c.l2),
                 "1/D": c.l2 * w / len(w), "1/H": c.l2 * w / w.shape[-1], "1/size": c.l2 * w / w.size,
                 "norm": c.l2 * w / np.sqrt((w**2).sum()),
                 "root": np.full_like(w, c.l2 * np.sqrt((w**2).sum())),
                 "first": c.l2 * w * top, "not first": c.l2 * w * ~top}
        return found[price if how is None else how]
    dW = {"dW": c.dW, "none": 0 * c.dW, "l2": c.l2 * c.dW, "minus": -c.dW, "1-l2": (1 - c.l2) * c.dW,
          "1+l2": (1 + c.l2) * c.dW, "1/D": c.dW / c.D, "1/H": c.dW / c.H}[data]
    db = c.db if bias == "free" else c.db + slope(c.b, bias)
    return {"dW": dW + slope(c.W), "db": db}


def probe(rng: np.random.Generator, s: Case) -> Case:
    return Case(dW=rng.normal(size=(s.D, s.H)), db=rng.normal(size=s.H), W=rng.normal(size=(s.D, s.H)) * 2,
                b=rng.normal(size=s.H) + 1, l2=float(rng.choice([0.7, 0.6, 0.3])))


EXERCISE = Exercise(
    "12_penalty", [Function("penalised_gradient", "dW db W b l2", "dW db")], {"D": 5, "H": 3}, probe, rule=penalised,
    slips=[
        switched(penalised, "R1.missing", price="none"),
        switched(penalised, "R1.double", price="2"),
        switched(penalised, "R1.half", price="1/2"),
        switched(penalised, "R1.minus", price="minus"),
        switched(penalised, "R1.no_strength", price="no l2"),
        switched(penalised, "R1.twice", price="l2^2"),
        switched(penalised, "R1.divided", price="1/l2"),
        *[switched(penalised, "R2", bias=how)           # whatever the price: it is the bias that should be free
          for how in ("l2 w", "2", "1/2", "1/D", "norm", "minus", "no l2", "w^2", "w^2/2", "half squares", "sign",
                      "abs", "l2")],
        Slip("R2.weights", "db", lambda c: c.db + c.l2 * c.W.sum(axis=0)),
        Slip("R2.weights", "db", lambda c: c.db + c.l2 * c.W.sum()),
        Slip("R2.weights", "db", lambda c: c.db + c.l2 / 2 * (c.W**2).sum()),
        switched(penalised, "R3", price="1/D"),
        switched(penalised, "R3", price="1/H"),
        switched(penalised, "R3", price="1/size"),
        switched(penalised, "R3.one_row", price="first"),
        switched(penalised, "R3.first_row", price="not first"),
        switched(penalised, "R4", price="w^2"),
        switched(penalised, "R4", price="w^2/2"),
        switched(penalised, "R4.sum", price="sum"),
        switched(penalised, "R4.sum", price="squares"),
        switched(penalised, "R4.sum", price="half squares"),
        switched(penalised, "R4.sum", price="root"),
        switched(penalised, "R4.constant", price="l2"),
        switched(penalised, "R4.norm", price="norm"),
        switched(penalised, "R5", price="sign"),
        switched(penalised, "R5.both", price="both"),
        switched(penalised, "R5.abs", price="abs"),
        switched(penalised, "R6", data="l2"),
        switched(penalised, "R6", data="1-l2"),
        switched(penalised, "R6.gradient", data="1+l2", price="none"),
        switched(penalised, "R6.only", data="none"),
        switched(penalised, "R6.minus", data="minus"),
        switched(penalised, "R6.divided", data="1/D"),
        switched(penalised, "R6.divided", data="1/H"),
        Slip("R2.itself", "db", lambda c: c.b),
        Slip("R2.zero", "db", lambda c: np.zeros(c.H)),
        Slip("R4.decay", "dW", lambda c: c.W - c.l2 * c.dW),
        Slip("R4.decay", "dW", lambda c: (1 - c.l2) * c.W),
    ],
    factors={"-1": ("D10", lambda c: -1), "2": ("F1", lambda c: 2), "1/2": ("F1", lambda c: 0.5),
             "1/D": ("F1", lambda c: 1 / c.D)},
    laws=[Law("along_w", lambda c, out, c2, out2: np.allclose(out2["dW"] - out["dW"], c.l2 * (c2.W - c.W)),
              lambda c: changed(c, W=c.W + 1)),
          Law("free_bias", lambda c, out, c2, out2: np.allclose(out2["db"], out["db"]),
              lambda c: changed(c, b=c.b + 1, l2=2 * c.l2))],
    stub=STUB, answers=ANSWERS, reads="mlp/penalty.py")
