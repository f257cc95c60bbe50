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
             rate: str = "lr", times: float = 1.0) -> Arrays:
    """A step; each argument is a slip when it is not its default."""
    stays = {"mu": c.mu, "0": 0.0, "1": 1.0, "1-mu": 1 - c.mu, "mu^2": c.mu**2}[mu]
    g = c.g * {"1": 1.0, "1-mu": 1 - c.mu, "lr": c.lr, "mu": c.mu, "minus": -1.0, "-lr": -c.lr}[share]
    v = stays * c.v + g
    step = {"new": v, "old": c.v, "g": c.g, "nesterov": c.mu * v + c.g, "both": v + c.g}[moved_by]
    lr = {"lr": c.lr, "1": 1.0, "lr^2": c.lr**2}[rate]
    if share == "lr" or share == "-lr":                 # the rate is in the velocity already
        lr = 1.0 if rate == "lr" else lr
    direction = 1.0 if share == "-lr" else sign
    returned = {"v": v, "old": c.v, "g": c.g, "step": lr * v, "-": -lr * v}[kept]
    return {"w": c.w + times * direction * lr * step, "v": returned}


def probe(rng: np.random.Generator, s: Case) -> list[Case]:
    """Four steps; one coordinate has a gradient of 0 now and then, and must coast on."""
    w, v, steps = rng.normal(size=(s.D, s.H)), np.zeros((s.D, s.H)), []
    lr, mu = 0.3 * rng.uniform(0.9, 1.1), 0.8 * rng.uniform(0.9, 1.1)
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
        switched(momentum, "O1.not_stored", kept="old"),
        switched(momentum, "O1.g_stored", kept="g"),
        switched(momentum, "O1.step_stored", kept="step"),
        switched(momentum, "O1.step_stored", kept="-"),
        switched(momentum, "O1.double", times=2.0),
        switched(momentum, "O1.half", times=0.5),
        switched(momentum, "O1.dampened", share="1-mu"),
        switched(momentum, "O1.rate_inside", share="lr"),
        switched(momentum, "O1.rate_inside", share="-lr"),
        switched(momentum, "O1.inside", share="mu"),
        switched(momentum, "O1.minus_g", share="minus"),
        switched(momentum, "O1.forgets", mu="0"),
        switched(momentum, "O1.never_fades", mu="1"),
        switched(momentum, "O1.swapped", mu="1-mu"),
        switched(momentum, "O1.mu_twice", mu="mu^2"),
        Slip("O5", "w", lambda c: -c.lr * (c.mu * c.v + c.g)),
        Slip("O5", "w", lambda c: c.w),
    ],
    laws=[Law("coasts", lambda c, out, c2, out2: np.allclose(out2["v"], c.mu * c2.v),
              lambda c: changed(c, g=0 * c.g, v=c.w))],
    stub=STUB, answers=ANSWERS, reads="mlp/optimizers.py")
