"""15  AdaGrad: a learning rate for each weight, from its own gradients."""
import numpy as np

from perceptron.activations import Array
from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, Law, Slip, changed, switched

STUB = '''
def adagrad_step(w, g, s, lr, eps):
    """One step of AdaGrad (Duchi et al. 2011).

    w, g, s   of one shape: weights, their gradient, the sum of squared gradients (0 before the first step)
    lr, eps   numbers

        s = s + g^2        w = w - lr g / (sqrt(s) + eps)

    Return two new arrays: w, s.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def adagrad_step(w, g, s, lr, eps):
    s = s + g**2
    return w - lr * g / (np.sqrt(s) + eps), s
''', '''
def adagrad_step(w, g, s, lr, eps):
    s = np.array([a + b * b for a, b in zip(s.ravel(), g.ravel())]).reshape(s.shape)
    rates = lr / (s**0.5 + eps)
    return w - rates * g, s
''', '''
def adagrad_step(w, g, s, lr, eps):
    w, s = w.copy(), s.copy()
    s += np.square(g)
    down = np.sqrt(s)
    down += eps
    w -= lr * (g / down)
    return w, s
''', '''
def adagrad_step(w, g, s, lr, eps):
    total = np.hypot(np.sqrt(s), g)
    return np.subtract(w, np.divide(lr * g, total + eps)), total**2
''', '''
def adagrad_step(w, g, s, lr, eps):
    new_w, new_s = np.zeros(w.shape), np.zeros(s.shape)
    for i in np.ndindex(w.shape):
        new_s[i] = s[i] + abs(g[i]) ** 2
        new_w[i] = w[i] - lr * g[i] / (new_s[i] ** 0.5 + eps)
    return new_w, new_s
''']


def shared(a: Array, how: str) -> Array:
    """One number for all entries of a, or for those of a row or a column; in a's shape."""
    some = {"sum": a.sum(), "mean": a.mean(), "largest": a.max(), "norm": np.linalg.norm(a),
            "row": a.sum(axis=1, keepdims=True), "column": a.sum(axis=0)}[how]
    return np.broadcast_to(some, a.shape)


def adagrad(c: Case, root: str = "sqrt", under: str = "new", square: str = "g^2", decay: str = "none",
            eps: str = "outside", kept: str = "s", sign: float = -1.0, rate: str = "lr", top: str = "g",
            times: float = 1.0) -> Arrays:
    """A step; each argument is a slip when it is not its default."""
    squares = {"g^2": c.g**2, "abs": np.abs(c.g), "g": c.g, "half": c.g**2 / 2, "twice": 2 * c.g**2, "minus": -c.g**2,
               "(lr g)^2": (c.lr * c.g) ** 2, "lr g^2": c.lr * c.g**2, "eps": c.g**2 + c.eps}
    squared = squares[square] if square in squares else shared(c.g**2, square)
    how, share = decay.split() if " " in decay else (decay, "1")
    old, new = float(share) * c.s, 1 - float(share)
    s = {"none": c.s + squared, "mean": old + new * squared, "leaky": old + squared, "new": squared}[how]
    below = {"new": s, "old": c.s, "g": squared}.get(under)
    below = shared(s, under) if below is None else below
    inside, outside = {"outside": (0, c.eps), "inside": (c.eps, 0), "inside^2": (c.eps**2, 0), "both": (c.eps, c.eps),
                       "none": (0, 0), "after": (0, 0), "minus": (0, 0), "plus": (0, 0)}.get(eps) or (0, float(eps))
    lr = {"lr": c.lr, "1": 1.0, "lr^2": c.lr**2}.get(rate) or float(rate)
    with np.errstate(all="ignore"):
        down = {"sqrt": np.sqrt(below + inside) + outside, "none": below + outside, "square": below**2 + outside,
                "1": np.ones_like(c.g), "times": 1 / (np.sqrt(below + inside) + outside)}[root]
        above = {"g": c.g, "sign": np.sign(c.g), "normed": c.g / np.linalg.norm(c.g), "1": np.ones_like(c.g),
                 "abs": np.abs(c.g), "g^2": c.g**2}[top]
        step = lr * (above / down) + {"after": lr * c.eps, "minus": c.eps, "plus": -c.eps}.get(eps, 0)
        returned = {"s": s, "old": c.s, "root": np.sqrt(np.abs(s)), "squared": squared, "again": s + c.g**2}[kept]
    return {"w": c.w + times * sign * step, "s": returned}


def probe(rng: np.random.Generator, s: Case) -> list[Case]:
    """Four steps with gradients of unlike sizes; one coordinate has a gradient of 0 now and then, one at first."""
    w, total, steps = rng.normal(size=(s.D, s.H)), np.zeros((s.D, s.H)), []
    scale = np.exp(rng.normal(size=w.shape))
    lr, eps = rng.uniform(0.2, 0.6), rng.uniform(0.05, 0.2)
    for t in range(4):
        g = rng.normal(size=w.shape) * scale
        if t % 2:
            g[0, 0] = 0
        if t < 2 and w.size > 1:
            g[-1, -1] = 0                               # 0 / 0 without an eps
        steps.append(Case(w=w, g=g, s=total, lr=lr, eps=eps))
        w, total = adagrad(steps[-1]).values()
    return steps


EXERCISE = Exercise(
    "15_adagrad", [Function("adagrad_step", "w g s lr eps", "w s")], {"D": 5, "H": 3}, probe, rule=adagrad,
    slips=[
        switched(adagrad, "O2.no_root", root="none"),
        switched(adagrad, "O2.squared", root="square"),
        switched(adagrad, "O2.no_s", root="1"),
        switched(adagrad, "O2.multiplied", root="times"),
        switched(adagrad, "O2.old_s", under="old"),
        switched(adagrad, "O2.forgets", under="g"),
        *[switched(adagrad, "O2.one_rate", under=how) for how in ("sum", "mean", "largest", "norm")],
        *[switched(adagrad, "O2.shared", under=how) for how in ("row", "column")],
        switched(adagrad, "O2.eps_inside", eps="inside"),
        switched(adagrad, "O2.eps_inside", eps="inside^2"),
        switched(adagrad, "O2.eps_inside", eps="both"),
        *[switched(adagrad, "O2.eps_after", eps=how) for how in ("after", "minus", "plus")],
        switched(adagrad, "O2.eps_missing", eps="none"),
        *[switched(adagrad, "O2.fixed_eps", eps=number) for number in ("1e-8", "1e-7", "1e-6", "1e-10")],
        switched(adagrad, "O2.uphill", sign=1.0),
        switched(adagrad, "O2.no_rate", rate="1"),
        switched(adagrad, "O2.rate_twice", rate="lr^2"),
        *[switched(adagrad, "O2.fixed_rate", rate=number) for number in ("0.1", "0.01")],
        switched(adagrad, "O2.sign", top="sign"),
        switched(adagrad, "O2.normed", top="normed"),
        switched(adagrad, "O2.no_g", top="1"),
        switched(adagrad, "O2.other_g", top="abs"),
        switched(adagrad, "O2.other_g", top="g^2"),
        switched(adagrad, "O2.not_stored", kept="old"),
        switched(adagrad, "O2.root_stored", kept="root"),
        switched(adagrad, "O2.only_last", kept="squared"),
        switched(adagrad, "O2.again", kept="again"),
        switched(adagrad, "O2.double", times=2.0),
        switched(adagrad, "O2.half", times=0.5),
        switched(adagrad, "O2.abs", square="abs"),
        switched(adagrad, "O2.g", square="g"),
        *[switched(adagrad, "O2.one_rate", square=how) for how in ("sum", "mean", "norm")],
        *[switched(adagrad, "O2.shared", square=how) for how in ("row", "column")],
        switched(adagrad, "O2.half_square", square="half"),
        switched(adagrad, "O2.again", square="twice"),
        Slip("O2.falls", "", lambda c: adagrad(c, square="minus")),             # NaN nearly everywhere: in no pair
        switched(adagrad, "O2.rate_inside", square="(lr g)^2"),
        switched(adagrad, "O2.rate_inside", square="lr g^2"),
        switched(adagrad, "O2.eps_in_s", square="eps"),
        *[switched(adagrad, "O2.rmsprop", decay=f"mean {share}") for share in (0.9, 0.99, 0.999, 0.95, 0.5, 0.1)],
        *[switched(adagrad, "O2.leaky", decay=f"leaky {share}") for share in (0.9, 0.5)],
        switched(adagrad, "O2.overwritten", decay="new"),
        Slip("O5", "w", lambda c: -c.lr * c.g / (np.sqrt(c.s + c.g**2) + c.eps)),
        Slip("O5", "w", lambda c: c.lr * c.g / (np.sqrt(c.s + c.g**2) + c.eps)),
        Slip("O5", "w", lambda c: c.w),
    ],
    laws=[Law("never_falls", lambda c, out: (out["s"] >= c.s).all()),
          Law("no_gradient", lambda c, out, c2, out2: np.allclose(out2["w"], c2.w) and np.allclose(out2["s"], c2.s),
              lambda c: changed(c, g=0 * c.g, s=c.w**2))],
    stub=STUB, answers=ANSWERS, reads="mlp/optimizers.py")
