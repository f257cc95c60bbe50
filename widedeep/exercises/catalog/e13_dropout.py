"""13  Inverted dropout: one mask, forward and backward."""
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, Law, Seeded, Slip, changed, switched

STUB = '''
def dropout_forward(A, rate, rng):
    """Inverted dropout: each number of A is dropped with probability `rate`, and the others are scaled up.

    A  (N, H)   activations        rate   a number, 0 <= rate < 1        rng   a generator, as default_rng gives

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
    mask = rng.choice([0, 1 / keep], size=A.shape, p=[rate, keep])      # one uniform number for each, as random draws
    return np.einsum("nh,nh->nh", A, mask), mask


def dropout_backward(dout, mask):
    dA = np.zeros(dout.shape)
    dA[mask > 0] = (dout * mask)[mask > 0]
    return dA
''', '''
def dropout_forward(A, rate, rng):
    u = rng.random(A.size).reshape(A.shape)
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


OWN = [f"{kind} {seed}" for kind in ("default_rng", "np.random.seed") for seed in (0, 1, 2, 3, 7, 42, 123)]
MORE = ("second", "third", "after one", "after a row", "after a column")


def draws(c: Case, how: str) -> Array:
    """The numbers between 0 and 1 that decide; every way but "each" is a slip.  Of the shape that such a slip draws."""
    return drawn_from(c.rng.seed, c.A.shape[0], c.A.shape[1], c.rate, how)


@lru_cache(maxsize=4096)
def drawn_from(seed: int, N: int, H: int, rate: float, how: str) -> Array:
    if how in OWN:
        kind, number = how.split()
        own = np.random.default_rng if kind == "default_rng" else np.random.RandomState
        return own(int(number)).random((N, H))
    rng = np.random.default_rng(seed)
    rng.random({"after one": 1, "after a row": H, "after a column": N, "second": N * H, "third": 2 * N * H}.get(how, 0))
    makes: dict[str, Callable[[], Any]] = {
        "row": lambda: rng.random((N, 1)), "column": lambda: rng.random(H), "one": lambda: rng.random(),
        "turned": lambda: rng.random((H, N)).T, "none": lambda: np.ones((N, H)),
        "float32": lambda: rng.random((N, H), dtype=np.float32), "normal": lambda: rng.normal(size=(N, H)),
        "binomial": lambda: rng.binomial(1, 1 - rate, (N, H)), "binomial rate": lambda: rng.binomial(1, rate, (N, H)),
        "choice": lambda: rng.integers(2, size=(N, H))}
    return np.asarray(makes.get(how, lambda: rng.random((N, H)))(), float)


def misplaced(cause: str, move: Callable[[Array], Any]) -> list[Slip]:
    """A mask whose numbers do not stand where they were drawn: in out, in the mask, in the backward."""
    return [Slip(cause, "out", lambda c: c.A * move(dropped(c)["mask"])),
            Slip(cause, "mask", lambda c: move(dropped(c)["mask"])),
            Slip(cause, "dA", lambda c: c.dout * move(c.mask))]


def over(a: Array, b: Array) -> Array:
    """a / b, infinite where b is 0."""
    with np.errstate(all="ignore"):
        return a / b


def dropped(c: Case, kept: str = ">=", scale: str = "1/keep", out: str = "mask", mask: str = "scaled",
            back: str = "mask", drawn: str = "each") -> Arrays:
    """out, mask and dA; each argument is a slip when it is not its default."""
    u, keep = np.broadcast_to(draws(c, drawn), c.A.shape), 1 - c.rate
    pattern = {">=": u >= c.rate, "<": u < c.rate, "< 1-rate": u < keep, ">= 1-rate": u >= keep,
               "half": u >= 0.5}[kept] * 1.0
    by = {"1/keep": 1 / keep, "1": 1.0, "1/rate": 1 / c.rate, "keep": keep, "rate": c.rate, "1/keep^2": keep**-2,
          "share": 1 / max(pattern.mean(), 1e-9)}[scale]
    scaled = pattern * by
    outs = {"mask": c.A * scaled, "pattern": c.A * pattern, "A": c.A, "A/keep": c.A / keep, "A keep": c.A * keep,
            "only": scaled, "twice": c.A * scaled / keep, "sum": c.A + scaled}
    masks = {"scaled": scaled, "pattern": pattern, "dropped": 1 - pattern, "dropped, scaled": (1 - pattern) / keep,
             "drawn": u, "ones": np.ones_like(c.A)}
    on = c.mask > 0
    backs = {"mask": c.dout * c.mask, "none": c.dout, "pattern": c.dout * on, "twice": c.dout * c.mask**2,
             "divided": c.dout * on / np.where(on, c.mask, 1), "divided by 0": over(c.dout, c.mask),
             "inverted": c.dout * ~on, "1-mask": c.dout * (1 - c.mask), "only": c.mask,
             "inverted, scaled": c.dout * ~on * c.mask.max(), "everywhere": c.dout * c.mask.max()}
    return {"out": outs[out], "mask": masks[mask], "dA": backs[back]}


def of_rate(rate: float, c: Case) -> Arrays:
    """All of it with a rate of one's own."""
    return dropped(changed(c, rate=rate))


def shaped(c: Case, how: str) -> Array:
    """The mask of one draw for many, in the shape in which it was drawn."""
    return (draws(c, how) >= c.rate) / (1 - c.rate)


def probe(rng: np.random.Generator, s: Case) -> list[Case]:
    """Two draws, of a rate below 1/2 and of one above: the first number is kept in one, dropped in the other.

    Backward has a mask of its own.
    """
    cases = []
    rates = rng.permutation([rng.uniform(0.15, 0.4), rng.uniform(0.6, 0.75)])
    for first_is_kept, rate in zip((True, False), map(float, rates)):
        A = rng.normal(size=(s.N, s.H)) + 1
        while True:
            seed = int(rng.integers(10000))
            kept = np.random.default_rng(seed).random(A.shape) >= rate
            if kept[0, 0] == first_is_kept and (A.size < 3 or 0.2 < kept.mean() < 1):
                break
        other = (rng.permutation(A.size) >= max(1, round(rate * A.size))).reshape(A.shape) / (1 - rate)
        if A.size == 1:
            other = np.full(A.shape, 1 / (1 - rate))
        cases.append(Case(A=A, rate=rate, rng=Seeded(seed), dout=rng.normal(size=A.shape), mask=other))
    return cases


EXERCISE = Exercise(
    "13_dropout", [Function("dropout_forward", "A rate rng", "out mask"),
                   Function("dropout_backward", "dout mask", "dA")],
    {"N": 7, "H": 5}, probe, rule=dropped,
    slips=[                                             # first those that spoil one array alone
        switched(dropped, "P1.unscaled_out", out="pattern"),
        switched(dropped, "P1.out_twice", out="twice"),
        switched(dropped, "P1.not_dropped", out="A"),
        switched(dropped, "P1.not_dropped", out="A/keep"),
        switched(dropped, "P1.test_time", out="A keep"),
        switched(dropped, "P1.no_input", out="only"),
        switched(dropped, "P1.added", out="sum"),
        switched(dropped, "P1.pattern", mask="pattern"),
        switched(dropped, "P1.dropped", mask="dropped"),
        switched(dropped, "P1.dropped", mask="dropped, scaled"),
        switched(dropped, "P1.drawn", mask="drawn"),
        switched(dropped, "P1.no_mask", mask="ones"),
        *misplaced("P1.order", lambda mask: mask[::-1]),
        *misplaced("P1.order", lambda mask: mask[:, ::-1]),
        *misplaced("P1.one_for_all", lambda mask: mask[:1]),
        *misplaced("P1.one_for_all", lambda mask: mask[:, :1]),
        *misplaced("P1.mean", np.mean),
        *misplaced("P1.mean", lambda mask: np.full_like(mask, mask.mean())),
        Slip("P1.by_row", "mask", lambda c: shaped(c, "row")),
        Slip("P1.by_column", "mask", lambda c: shaped(c, "column")),
        Slip("P1.one_draw", "mask", lambda c: shaped(c, "one")),
        switched(dropped, "P1", scale="1"),
        switched(dropped, "P1.keep", scale="keep"),
        switched(dropped, "P1.rate", scale="1/rate"),
        switched(dropped, "P1.rate", scale="rate"),
        switched(dropped, "P1.twice", scale="1/keep^2"),
        switched(dropped, "P1.share", scale="share"),
        switched(dropped, "P1.inverted", kept="<"),
        switched(dropped, "P1.keep_for_rate", kept=">= 1-rate"),
        switched(dropped, "P1.half", kept="half"),
        switched(dropped, "P1.other_side", kept="< 1-rate"),
        switched(dropped, "P1.by_row", drawn="row"),
        switched(dropped, "P1.by_column", drawn="column"),
        switched(dropped, "P1.one_draw", drawn="one"),
        switched(dropped, "P1.normal", drawn="normal"),
        switched(dropped, "P2.float32", drawn="float32"),
        switched(dropped, "P2.turned", drawn="turned"),
        switched(dropped, "P2.none", drawn="none"),
        *[switched(dropped, "P2.binomial", drawn=how) for how in ("binomial", "binomial rate", "choice")],
        *[switched(dropped, "P2.own", drawn=how) for how in OWN],
        *[switched(dropped, "P2.second", drawn=how) for how in MORE],
        *[Slip("P1.half" if rate == 0.5 else "P1.fixed", "", partial(of_rate, rate))
          for rate in (0.1, 0.2, 0.25, 0.3, 0.4, 0.5)],
        switched(dropped, "P1.back_unmasked", back="none"),
        switched(dropped, "P1.back_unmasked", back="everywhere"),
        switched(dropped, "P1.back_pattern", back="pattern"),
        switched(dropped, "P1.back_twice", back="twice"),
        switched(dropped, "P1.back_divided", back="divided"),
        switched(dropped, "P1.back_divided", back="divided by 0"),
        switched(dropped, "P1.back_inverted", back="inverted"),
        switched(dropped, "P1.back_inverted", back="inverted, scaled"),
        switched(dropped, "P1.back_inverted", back="1-mask"),
        switched(dropped, "A8", back="only"),
        Slip("P1.back_rows", "dA", lambda c: (c.dout * c.mask).mean(axis=0)),
        Slip("P1.back_rows", "dA", lambda c: (c.dout * c.mask).sum(axis=0)),
    ],
    factors={"-1": ("D10", lambda c: -1), "1/N": ("D6", lambda c: 1 / c.N), "N": ("F1", lambda c: c.N),
             "2": ("F1", lambda c: 2), "1/2": ("F1", lambda c: 0.5)},
    laws=[Law("two_values", lambda c, out: len(np.unique(out["mask"])) <= 2),
          Law("same_mask", lambda c, out: np.allclose(out["out"], c.A * out["mask"])),
          Law("scale", lambda c, out, c2, out2: np.allclose(out2["dA"], 2 * out["dA"]),
              lambda c: changed(c, dout=2 * c.dout))],
    stub=STUB, answers=ANSWERS, reads="mlp/dropout.py")
