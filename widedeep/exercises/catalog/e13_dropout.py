"""13  Inverted dropout: one mask, forward and backward."""
import numpy as np

from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, Law, Seeded, Slip, switched

STUB = '''
def dropout_forward(A, rate, rng):
    """Inverted dropout: each number of A is dropped with probability `rate`, and the others are scaled up.

    A  (N, H)   activations        rate   a number from 0 up to, but not, 1        rng   a generator, as default_rng gives

        a number is kept where  rng.random(A.shape) >= rate         (draw once)
        mask = 0 where it is dropped, 1 / (1 - rate) where it is kept        out = A * mask

    Return two new arrays (N, H): out, mask.
    """
    raise NotImplementedError


def dropout_backward(dout, mask):
    """The backward: dout (N, H), the slope of the loss in each out, and forward's mask  ->  dA (N, H), a new array."""
    raise NotImplementedError
'''

ANSWERS = ['''
def dropout_forward(A, rate, rng):
    mask = (rng.random(A.shape) >= rate) / (1 - rate)
    return A * mask, mask


def dropout_backward(dout, mask):
    return dout * mask
''', '''
def dropout_forward(A, rate, rng):
    drawn = rng.random(A.shape)
    mask = np.where(drawn < rate, 0.0, 1 / (1 - rate))
    out = mask * A
    return out, mask


def dropout_backward(dout, mask):
    return np.multiply(mask, dout)
''', '''
def dropout_forward(A, rate, rng):
    keep = 1 - rate
    mask = np.zeros(A.shape)
    mask[rng.random(A.shape) >= rate] = 1
    mask /= keep
    return np.einsum("nh,nh->nh", A, mask), mask


def dropout_backward(dout, mask):
    dA = np.zeros(dout.shape)
    dA[mask > 0] = (dout * mask)[mask > 0]
    return dA
''', '''
def dropout_forward(A, rate, rng):
    u = rng.random(A.shape)
    mask = np.array([[1 / (1 - rate) if v >= rate else 0.0 for v in row] for row in u])
    out = np.array([[a * m for a, m in zip(*rows)] for rows in zip(A, mask)])
    return out, mask


def dropout_backward(dout, mask):
    return np.array([d * m for d, m in zip(dout, mask)])
''', '''
def dropout_forward(A, rate, rng):
    kept = ~(rng.random(A.shape) < rate)
    return kept * A / (1 - rate), kept.astype(float) / (1 - rate)


def dropout_backward(dout, mask):
    return dout.copy() * mask
''']


def dropped(c: Case, kept: str = ">=", scale: str = "1/keep", out: str = "mask", mask: str = "scaled",
            back: str = "mask", drawn: str = "each") -> Arrays:
    """out, mask and dA; each argument is a slip when it is not its default."""
    rng = np.random.default_rng(c.rng.seed)
    u = {"each": lambda: rng.random(c.A.shape), "row": lambda: rng.random((len(c.A), 1)) + 0 * c.A,
         "column": lambda: rng.random(c.A.shape[1]) + 0 * c.A, "normal": lambda: rng.normal(size=c.A.shape),
         "own 0": lambda: np.random.default_rng(0).random(c.A.shape),
         "own 42": lambda: np.random.default_rng(42).random(c.A.shape),
         "second": lambda: (rng.random(c.A.shape), rng.random(c.A.shape))[1],
         "uniform": lambda: np.full(c.A.shape, 1.0)}[drawn]()
    keep = u >= c.rate if kept == ">=" else u < c.rate if kept == "<" else u >= 1 - c.rate
    pattern = keep * 1.0
    scaled = pattern * {"1/keep": 1 / (1 - c.rate), "1": 1.0, "1/rate": 1 / c.rate, "keep": 1 - c.rate,
                        "rate": c.rate, "1/keep^2": (1 - c.rate) ** -2}[scale]
    values = {"mask": c.A * scaled, "pattern": c.A * pattern, "A": c.A, "none": scaled, "twice": c.A * scaled**2,
              "divided": c.A * scaled / (1 - c.rate)}[out]
    pattern_back = c.mask > 0
    backs = {"mask": c.dout * c.mask, "none": c.dout, "pattern": c.dout * pattern_back, "twice": c.dout * c.mask**2,
             "divided": np.where(pattern_back, c.dout / np.where(pattern_back, c.mask, 1), 0),
             "inverted": c.dout * (1 - pattern_back), "only": c.mask, "1-mask": c.dout * (1 - c.mask),
             "again": c.dout * c.mask / (1 - c.rate), "keep": c.dout * c.mask * (1 - c.rate)}[back]
    returned = {"scaled": scaled, "pattern": pattern, "bools of dropped": 1 - pattern}[mask]
    return {"out": values, "mask": returned, "dA": backs}


def probe(rng: np.random.Generator, s: Case) -> Case:
    rate, seed = float(rng.choice([0.3, 0.4, 0.2])), int(rng.integers(1000))
    A = rng.normal(size=(s.N, s.H)) + 1
    other = (np.random.default_rng(seed + 1).random(A.shape) >= rate) / (1 - rate)
    if A.size > 2:                                      # something is dropped, something kept
        other[0, 0], other[-1, -1] = 0, 1 / (1 - rate)
    return Case(A=A, rate=rate, rng=Seeded(seed), dout=rng.normal(size=A.shape), mask=other)


EXERCISE = Exercise(
    "13_dropout", [Function("dropout_forward", "A rate rng", "out mask"), Function("dropout_backward", "dout mask", "dA")],
    {"N": 7, "H": 5}, probe, rule=dropped,
    slips=[
        switched(dropped, "P1.unscaled_out", out="pattern"),
        switched(dropped, "P1.out_twice", out="twice"),
        switched(dropped, "P1.out_twice", out="divided"),
        switched(dropped, "P1.not_dropped", out="A"),
        switched(dropped, "P1.no_input", out="none"),
        switched(dropped, "P1.pattern", mask="pattern"),
        switched(dropped, "P1.dropped", mask="bools of dropped"),
        switched(dropped, "P2.none", drawn="uniform"),
        switched(dropped, "P1", scale="1"),
        switched(dropped, "P1.keep", scale="keep"),
        switched(dropped, "P1.rate", scale="1/rate"),
        switched(dropped, "P1.rate", scale="rate"),
        switched(dropped, "P1.twice", scale="1/keep^2"),
        switched(dropped, "P1.inverted", kept="<"),
        switched(dropped, "P1.keep_for_rate", kept="1-rate"),
        switched(dropped, "P1.by_row", drawn="row"),
        switched(dropped, "P1.by_column", drawn="column"),
        switched(dropped, "P1.normal", drawn="normal"),
        switched(dropped, "P2.own", drawn="own 0"),
        switched(dropped, "P2.own", drawn="own 42"),
        switched(dropped, "P2.second", drawn="second"),
        switched(dropped, "P1.back_unmasked", back="none"),
        switched(dropped, "P1.back_pattern", back="pattern"),
        switched(dropped, "P1.back_twice", back="twice"),
        switched(dropped, "P1.back_divided", back="divided"),
        switched(dropped, "P1.back_inverted", back="inverted"),
        switched(dropped, "P1.back_inverted", back="1-mask"),
        switched(dropped, "A8", back="only"),
        Slip("P1.back_mean", "dA", lambda c: (c.dout * c.mask).mean(axis=0)),
        Slip("P1.back_mean", "dA", lambda c: (c.dout * c.mask).sum(axis=0)),
    ],
    factors={"-1": ("D10", lambda c: -1), "1/N": ("D6", lambda c: 1 / c.N), "2": ("F1", lambda c: 2),
             "1/2": ("F1", lambda c: 0.5)},
    laws=[Law("two_values", lambda c, out: len(np.unique(out["mask"])) <= 2),
          Law("same_mask", lambda c, out: np.allclose(out["out"], c.A * out["mask"]))],
    stub=STUB, answers=ANSWERS, reads="mlp/dropout.py")
