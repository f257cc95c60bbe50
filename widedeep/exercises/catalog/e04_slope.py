"""04  The checker itself: the centred difference, entry by entry."""
from functools import partial

import numpy as np

from perceptron.activations import Array
from widedeep.exercises.exercise import Case, Exercise, Function, Law, Slip

STUB = '''
def numeric_slope(f, x, h):
    """The centred difference of f at x, entry by entry:  (f(x + h e) - f(x - h e)) / 2h,  e = 1 there, 0 elsewhere.

    f    a function that takes an array of x's shape and returns a number
    x    an array of any shape; you may move it, if you put every number back as it was
    h    the step, a number

    Return a new array of x's shape.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def numeric_slope(f, x, h):
    slope = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        kept = x[i]
        x[i] = kept + h
        plus = f(x)
        x[i] = kept - h
        minus = f(x)
        x[i] = kept
        slope[i] = (plus - minus) / (2 * h)
    return slope
''', '''
def numeric_slope(f, x, h):
    slope = np.empty_like(x)
    for i in np.ndindex(*x.shape):
        e = np.zeros_like(x)
        e[i] = h
        slope[i] = (f(x + e) - f(x - e)) / h / 2
    return slope
''', '''
def numeric_slope(f, x, h):
    steps = h * np.eye(x.size)
    found = [(f(x + s.reshape(x.shape)) - f(x - s.reshape(x.shape))) / (2 * h) for s in steps]
    return np.array(found).reshape(x.shape)
''', '''
def numeric_slope(f, x, h):
    forward, backward = np.zeros(x.shape), np.zeros(x.shape)
    here = f(x)
    for i, _ in np.ndenumerate(x):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        forward[i], backward[i] = (f(up) - here) / h, (here - f(down)) / h
    return (forward + backward) / 2
''', '''
def numeric_slope(f, x, h):
    out = []
    for k in range(x.size):
        flat = x.flatten()
        flat[k] = x.flat[k] + h
        plus = f(flat.reshape(x.shape))
        flat[k] = x.flat[k] - h
        out.append(0.5 * (plus - f(flat.reshape(x.shape))) / h)
    return np.reshape(out, x.shape)
''']
SHAPES = ("D", "D H", "N D H")                          # of x, in the first, second and third probe
OTHER_STEPS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12)
TINY_STEPS = OTHER_STEPS[6:]                            # here rounding shows in which order x was moved


def each(c: Case, entry: object) -> Array:
    """An array of x's shape, entry(i, e) at index i; e is 1 there and 0 elsewhere."""
    found = np.zeros(c.x.shape)
    for i in np.ndindex(c.x.shape):
        e = np.zeros(c.x.shape)
        e[i] = 1
        found[i] = entry(i, e)                          # type: ignore[operator]
    return found


def centred(c: Case, h: float | None = None) -> Array:
    h = c.h if h is None else h
    return each(c, lambda i, e: (c.f(c.x + h * e) - c.f(c.x - h * e)) / (2 * h))


def in_place(c: Case, h: float) -> Array:
    """The centred difference as x[i] += h, x[i] -= 2 h, x[i] += h gives it, rounded three times."""
    x, found = c.x.copy(), np.zeros(c.x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        plus = c.f(x)
        x[i] -= 2 * h
        found[i] = (plus - c.f(x)) / (2 * h)
        x[i] += h
    return found


def one_sided(c: Case, h: float) -> Array:
    return each(c, lambda i, e: (c.f(c.x + h * e) - c.f(c.x)) / h)


def only(c: Case, k: int) -> Array:
    """The slope of entry k, counted in order; the others are 0."""
    return np.where(np.arange(c.x.size).reshape(c.x.shape) == k, centred(c), 0)


def rows_at_once(c: Case) -> Array:
    """x[i] moved for i in range(len(x)): a whole row at a time, where x has more than one axis."""
    if c.x.ndim == 1:
        return centred(c)

    def entry(i: tuple[int, ...], e: Array) -> float:
        row = np.zeros(c.x.shape)
        row[i[0]] = 1
        return (c.f(c.x + c.h * row) - c.f(c.x - c.h * row)) / (2 * c.h)
    return each(c, entry)


def not_restored(c: Case, last: float) -> Array:
    """Each entry stays where the last evaluation left it."""
    x, found = c.x.copy(), np.zeros(c.x.shape)
    for i in np.ndindex(x.shape):
        x[i] += c.h
        plus = c.f(x)
        x[i] -= 2 * c.h
        found[i] = (plus - c.f(x)) / (2 * c.h)
        x[i] += (1 + last) * c.h
    return found


def probe(rng: np.random.Generator, s: Case) -> Case:
    """A smooth f, neither linear nor quadratic, and a step so large that one can see which difference was taken."""
    shape = [getattr(s, size) for size in SHAPES[int(rng.integers(3))].split()]
    u, v, x = rng.normal(size=shape), rng.normal(size=shape) + 2, rng.normal(size=shape)
    h = float(rng.choice([0.5, 0.3, 0.2]))

    def f(x: Array) -> float:
        return float((u * np.exp(0.5 * x) + np.sin(v * x)).sum() + 0.1 * (x * v).sum() ** 2 + 3)
    return Case(f=f, x=x, h=h, u=u, v=v)


def true_slope(c: Case) -> Array:
    return 0.5 * c.u * np.exp(0.5 * c.x) + c.v * np.cos(c.v * c.x) + 0.2 * (c.x * c.v).sum() * c.v


EXERCISE = Exercise(
    "04_slope", [Function("numeric_slope", "f x h", "slope")], {"N": 3, "D": 5, "H": 2}, probe,
    rule=lambda c: {"slope": centred(c)}, writable=("x",),
    slips=[
        Slip("C1", "slope", lambda c: each(c, lambda i, e: c.f(c.x + c.h * e) - c.f(c.x - c.h * e) / (2 * c.h))),
        Slip("C1", "slope", lambda c: each(c, lambda i, e: c.f(c.x + c.h * e) - c.f(c.x - c.h * e) / 2 * c.h)),
        Slip("C1.divided", "slope", lambda c: c.h**2 * centred(c)),
        Slip("C1.sum", "slope", lambda c: each(c, lambda i, e: (c.f(c.x + c.h * e) + c.f(c.x - c.h * e)) / (2 * c.h))),
        Slip("C1.not_divided", "slope", lambda c: 2 * c.h * centred(c)),
        Slip("C1.not_divided", "slope", lambda c: c.h * centred(c)),
        Slip("C3", "slope", lambda c: not_restored(c, 1.0)),
        Slip("C3", "slope", lambda c: not_restored(c, -1.0)),
        Slip("C4", "slope", lambda c: np.trunc(centred(c))),
        Slip("C5", "slope", lambda c: one_sided(c, c.h)),
        Slip("C5", "slope", lambda c: each(c, lambda i, e: (c.f(c.x) - c.f(c.x - c.h * e)) / c.h)),
        Slip("C5.half", "slope", lambda c: each(c, lambda i, e: (c.f(c.x + c.h * e) - c.f(c.x)) / (2 * c.h))),
        Slip("C6.wide", "slope", lambda c: centred(c, 2 * c.h)),
        Slip("C6.narrow", "slope", lambda c: centred(c, c.h / 2)),
        *[Slip("C6", "slope", partial(centred, h=h)) for h in OTHER_STEPS],
        *[Slip("C6", "slope", partial(in_place, h=h)) for h in TINY_STEPS],
        *[Slip("C6", "slope", partial(one_sided, h=h)) for h in OTHER_STEPS[3:]],
        Slip("C6", "slope", true_slope),
        Slip("C7", "slope", lambda c: np.zeros(c.x.shape)),
        Slip("C7.all", "slope", lambda c: np.full(c.x.shape, (c.f(c.x + c.h) - c.f(c.x - c.h)) / (2 * c.h))),
        Slip("C7.one", "slope", lambda c: np.asarray((c.f(c.x + c.h) - c.f(c.x - c.h)) / (2 * c.h))),
        Slip("C7.first", "slope", lambda c: only(c, 0)),
        Slip("C7.last", "slope", lambda c: only(c, c.x.size - 1)),
        Slip("C7.last", "slope", lambda c: np.asarray(centred(c).flat[-1])),
        Slip("C7.rows", "slope", rows_at_once),
        Slip("C7.flat", "slope", lambda c: centred(c).ravel()),
    ],
    factors={"-1": ("D10", lambda c: -1), "2": ("C1.2", lambda c: 2), "1/2": ("C1.2", lambda c: 0.5)},
    laws=[Law("shape", lambda c, out: out["slope"].shape == c.x.shape)],
    stub=STUB, answers=ANSWERS, reads="mlp/gradcheck/slopes.py")
