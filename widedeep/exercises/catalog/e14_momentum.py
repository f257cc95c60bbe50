"""14  Momentum: a velocity that remembers."""
import numpy as np

from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, Law, Slip, changed, switched

STUB = '''
def momentum_step(w, g, v, lr, mu):
    """One step of gradient descent with momentum (Polyak 1964).

    w, g, v   of one shape: weights, their gradient, the velocity (0 before the first step)
    lr, mu    numbers: the learning rate; how much of the velocity stays

        v = mu v + g        w = w - lr v

    Return two new arrays: w, v.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def momentum_step(w, g, v, lr, mu):
    v = mu * v + g
    return w - lr * v, v
''', '''
def momentum_step(w, g, v, lr, mu):
    new_v, new_w = np.empty(v.shape), np.empty(w.shape)
    for i in np.ndindex(w.shape):
        new_v[i] = mu * v[i] + g[i]
        new_w[i] = w[i] - lr * new_v[i]
    return new_w, new_v
''', '''
def momentum_step(w, g, v, lr, mu):
    w, v = w.copy(), v.copy()
    v *= mu
    v += g
    w -= lr * v
    return w, v
''', '''
def momentum_step(w, g, v, lr, mu):
    return w - lr * mu * v - lr * g, np.add(np.multiply(mu, v), g)
''', '''
def momentum_step(w, g, v, lr, mu):
    step = np.tensordot([mu, 1.0], np.stack([v, g]), axes=1)
    return [w + (-lr) * step, step]
''']


def momentum(c: Case, share: str = "1", moved_by: str = "new", kept: str = "v", sign: float = -1.0, mu: str = "mu",
             rate: str = "lr", times: str = "1") -> Arrays:
    """A step; each argument is a slip when it is not its default."""
    stays = {"mu": c.mu, "0": 0.0, "1": 1.0, "1-mu": 1 - c.mu, "mu^2": c.mu**2, "1/mu": 1 / c.mu, "-mu": -c.mu}.get(mu)
    stays = float(mu) if stays is None else stays       # a number of one's own
    first = not c.v.any()
    g = {"1": c.g, "1-mu": (1 - c.mu) * c.g, "1-mu, later": c.g if first else (1 - c.mu) * c.g, "mu": c.mu * c.g,
         "1/(1-mu)": c.g / (1 - c.mu), "lr": c.lr * c.g, "-lr": -c.lr * c.g, "minus": -c.g, "turned": -c.g,
         "0": 0 * c.g, "g^2": c.g**2, "abs": np.abs(c.g), "sign": np.sign(c.g)}[share]
    v = stays * c.v + g
    step = {"new": v, "old": c.v, "g": g, "nesterov": c.mu * v + g, "both": v + g}[moved_by]
    lr = 1.0 if share in ("lr", "-lr") else c.lr        # the rate is in the velocity already
    lr = {"lr": lr, "1": 1.0, "lr^2": lr * c.lr}.get(rate) or float(rate)
    by = {"1": 1.0, "2": 2.0, "1/2": 0.5, "1-mu": 1 - c.mu, "mu": c.mu, "1/(1-mu)": 1 / (1 - c.mu)}[times]
    down = -sign if share in ("-lr", "turned") else sign
    returned = {"v": v, "old": c.v, "g": c.g, "step": c.lr * v, "-step": -c.lr * v, "-v": -v, "mu v": c.mu * v,
                "again": c.mu * v + c.g, "1-mu": (1 - c.mu) * v}[kept]
    return {"w": c.w + by * down * lr * step, "v": returned}


def probe(rng: np.random.Generator, s: Case) -> list[Case]:
    """Four steps; one coordinate has a gradient of 0 now and then, and must coast on."""
    w, v, steps = rng.normal(size=(s.D, s.H)), np.zeros((s.D, s.H)), []
    lr, mu = rng.uniform(0.2, 0.6), rng.uniform(0.65, 0.95)
    for t in range(4):
        g = rng.normal(size=w.shape)
        if t % 2:
            g[0, 0] = 0
        steps.append(Case(w=w, g=g, v=v, lr=lr, mu=mu))
        w, v = momentum(steps[-1]).values()
    return steps


EXERCISE = Exercise(
    "14_momentum", [Function("momentum_step", "w g v lr mu", "w v")], {"D": 5, "H": 3}, probe, rule=momentum,
    slips=[
        switched(momentum, "O1.old_v", moved_by="old"),
        switched(momentum, "O1.sgd", moved_by="g"),
        switched(momentum, "O1.nesterov", moved_by="nesterov"),
        switched(momentum, "O1.both", moved_by="both"),
        switched(momentum, "O1.uphill", sign=1.0),
        switched(momentum, "O1.no_rate", rate="1"),
        switched(momentum, "O1.rate_twice", rate="lr^2"),
        *[switched(momentum, "O1.fixed_rate", rate=number) for number in ("0.1", "0.01")],
        switched(momentum, "O1.not_stored", kept="old"),
        switched(momentum, "O1.g_stored", kept="g"),
        switched(momentum, "O1.step_stored", kept="step"),
        switched(momentum, "O1.step_stored", kept="-step"),
        switched(momentum, "O1.turned", kept="-v"),
        switched(momentum, "O1.fades_early", kept="mu v"),
        switched(momentum, "O1.dampened", kept="1-mu"),
        switched(momentum, "O1.again", kept="again"),
        switched(momentum, "O1.double", times="2"),
        switched(momentum, "O1.half", times="1/2"),
        *[switched(momentum, "O1.mu_in_step", times=how) for how in ("1-mu", "mu", "1/(1-mu)")],
        switched(momentum, "O1.dampened", share="1-mu"),
        switched(momentum, "O1.dampened", share="1-mu, later"),
        switched(momentum, "O1.amplified", share="1/(1-mu)"),
        switched(momentum, "O1.rate_inside", share="lr"),
        switched(momentum, "O1.rate_inside", share="-lr"),
        switched(momentum, "O1.inside", share="mu"),
        switched(momentum, "O1.minus_g", share="minus"),
        switched(momentum, "O1.minus_g", share="turned"),
        switched(momentum, "O1.no_g", share="0"),
        *[switched(momentum, "O1.other_g", share=how) for how in ("g^2", "abs", "sign")],
        switched(momentum, "O1.forgets", mu="0"),
        switched(momentum, "O1.never_fades", mu="1"),
        switched(momentum, "O1.swapped", mu="1-mu"),
        switched(momentum, "O1.mu_twice", mu="mu^2"),
        switched(momentum, "O1.grows", mu="1/mu"),
        switched(momentum, "O1.minus_v", mu="-mu"),
        *[switched(momentum, "O1.fixed_mu", mu=number) for number in ("0.9", "0.99", "0.5")],
        Slip("O1.exchanged", "", lambda c: momentum(changed(c, lr=c.mu, mu=c.lr))),
        Slip("O5", "w", lambda c: -c.lr * (c.mu * c.v + c.g)),
        Slip("O5", "w", lambda c: c.lr * (c.mu * c.v + c.g)),
        Slip("O5", "w", lambda c: c.w),
    ],
    laws=[Law("coasts", lambda c, out, c2, out2: np.allclose(out2["v"], c.mu * c2.v),
              lambda c: changed(c, g=0 * c.g, v=c.w))],
    stub=STUB, answers=ANSWERS, reads="mlp/optimizers.py")
