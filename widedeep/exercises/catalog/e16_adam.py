"""16  Adam: two running means, each corrected for having started at 0."""
from functools import partial
from typing import Any

import numpy as np

from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, Slip, changed, switched

STUB = '''
def adam_step(w, g, m, v, t, lr, b1, b2, eps):
    """One step of Adam (Kingma and Ba 2015, Algorithm 1, with the paper's m and v).

    w, g, m, v    of one shape: weights, their gradient, the running means of g and of g^2 (0 before the first step)
    t             the number of this step; 1 at the first
    lr, b1, b2, eps    numbers

        m = b1 m + (1 - b1) g          m' = m / (1 - b1^t)
        v = b2 v + (1 - b2) g^2        v' = v / (1 - b2^t)        w = w - lr m' / (sqrt(v') + eps)

    Return three new arrays: w, m, v.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def adam_step(w, g, m, v, t, lr, b1, b2, eps):
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    m_corrected = m / (1 - b1**t)
    v_corrected = v / (1 - b2**t)
    return w - lr * m_corrected / (np.sqrt(v_corrected) + eps), m, v
''', '''
def adam_step(w, g, m, v, t, lr, b1, b2, eps):
    m = m + (1 - b1) * (g - m)
    v = v + (1 - b2) * (g * g - v)
    rate = lr * np.sqrt(1 - b2**t) / (1 - b1**t)
    return w - rate * m / (np.sqrt(v) + eps * np.sqrt(1 - b2**t)), m, v
''', '''
def adam_step(w, g, m, v, t, lr, b1, b2, eps):
    w, m, v = w.copy(), m.copy(), v.copy()
    for i in np.ndindex(w.shape):
        m[i] = b1 * m[i] + (1 - b1) * g[i]
        v[i] = b2 * v[i] + (1 - b2) * g[i] ** 2
        w[i] -= lr * (m[i] / (1 - b1**t)) / ((v[i] / (1 - b2**t)) ** 0.5 + eps)
    return w, m, v
''', '''
def adam_step(w, g, m, v, t, lr, b1, b2, eps):
    m, v = m * b1, v * b2
    m += g * (1 - b1)
    v += np.square(g) * (1 - b2)
    down = np.sqrt(v / (1 - b2**t))
    down += eps
    return np.subtract(w, np.divide(m, down) * (lr / (1 - b1**t))), m, v
''', '''
def adam_step(w, g, m, v, t, lr, b1, b2, eps):
    new = np.stack([b1 * m, b2 * v]) + np.stack([(1 - b1) * g, (1 - b2) * np.power(g, 2)])
    mean, square = new[0] / (1 - np.power(b1, t)), new[1] / (1 - np.power(b2, t))
    return [w + -lr * mean / (np.power(square, 0.5) + eps), new[0], new[1]]
''']


def adam(c: Case, first: str = "b 1-b", second: str = "b 1-b", square: str = "g^2", betas: str = "b1 b2",
         correct: str = "1-b^t 1-b^t", below: str = "same", read: str = "new new", eps: str = "outside",
         kept: str = "new", top: str = "m", sign: float = -1.0, root: str = "sqrt", rate: str = "lr",
         times: float = 1.0) -> Arrays:
    """A step of Adam; each argument is a slip when it is not its default.

    first, second : the weights of the old mean and of the new number, in m and in v
    betas, below : b1 and b2, in the means and in the corrections        read : the m and the v that give w
    """
    t, g, known = c.t, c.g, {"b1": c.b1, "b2": c.b2}
    b1, b2 = (known.get(name) or float(name) for name in betas.split())
    in_m, in_v = ({"b": b, "1-b": 1 - b, "1": 1.0, "0": 0.0, "b-1": b - 1, "1-other": 1 - other}
                  for b, other in ((b1, b2), (b2, b1)))
    (old_m, new_m), (old_v, new_v) = first.split(), second.split()
    m = in_m[old_m] * c.m + in_m[new_m] * g
    squares = {"g^2": g**2, "abs": np.abs(g), "g": g, "mean": np.full_like(g, (g**2).mean()),
               "sum": np.full_like(g, (g**2).sum()), "m^2": m**2, "(g-m)^2": (g - m) ** 2}
    v = in_v[old_v] * c.v + in_v[new_v] * squares[square]
    inside, outside = {"outside": (0, c.eps), "inside": (c.eps, 0), "inside^2": (c.eps**2, 0), "both": (c.eps, c.eps),
                       "none": (0, 0), "after": (0, 0), "minus": (0, 0), "plus": (0, 0), "hat": (0, c.eps)
                       }.get(eps) or (0, float(eps.split()[-1]))
    lr = {"lr": c.lr, "1": 1.0, "lr^2": c.lr**2, "lr/t": c.lr / t, "lr/sqrt t": c.lr / t**0.5}.get(rate) or float(rate)
    of_betas = (b1, b2) if below == "same" else tuple(known[name] for name in below.split())
    with np.errstate(all="ignore"):
        low1, low2 = ({"1-b^t": 1 - b**t, "(1-b)^t": (1 - b) ** t, "1-bt": 1 - b * t, "b^t": b**t, "1-b": 1 - b,
                       "1-b^(t-1)": 1 - b ** (t - 1), "1-b^(t+1)": 1 - b ** (t + 1), "1": 1.0,
                       "times": 1 / (1 - b**t)}[how]
                      for how, b in zip(correct.split(), of_betas))
        read_m, read_v = read.split()
        m1, v1 = (m if read_m == "new" else c.m) / low1, (v if read_v == "new" else c.v) / low2
        if eps.startswith("hat"):                       # lr sqrt(1 - b2^t) / (1 - b1^t)  m / (sqrt(v) + eps)
            outside = outside / np.sqrt(low2)
        down = {"sqrt": np.sqrt(v1 + inside) + outside, "none": v1 + outside, "1": np.ones_like(g),
                "times": 1 / (np.sqrt(v1 + inside) + outside)}[root]
        above = {"m": m1, "g": g, "nadam": b1 * m1 + (1 - b1) * g / low1, "sign": np.sign(m1)}[top]
        step = lr * (above / down) + {"after": lr * c.eps, "minus": c.eps, "plus": -c.eps}.get(eps, 0)
        m, v = {"new": (m, v), "corrected": (m1, v1), "m": (m, c.v), "v": (c.m, v), "root": (m, np.sqrt(v))}[kept]
    return {"w": c.w + times * sign * step, "m": m, "v": v}


def alone(cause: str, **switches: Any) -> Slip:
    """A slip that is not tried together with others: there are too many for every pair, and NaN would fit any."""
    return Slip(cause, "", partial(adam, **switches))


def probe(rng: np.random.Generator, s: Case) -> list[Case]:
    """Five of forty steps: the first three, and two later ones.  Gradients are of very unlike sizes; some are 0."""
    w, m, v, steps = rng.normal(size=(s.D, s.H)), np.zeros((s.D, s.H)), np.zeros((s.D, s.H)), []
    scale = np.exp(rng.normal(size=w.shape))
    lr, b1, b2, eps = rng.uniform([0.3, 0.7, 0.85, 0.01], [0.8, 0.92, 0.97, 0.04])
    for t in range(1, 41):
        g = rng.normal(size=w.shape) * scale
        if t % 2 == 0:
            g[0, 0] = 0
        if t < 3 and w.size > 1:
            g[-1, -1] = 0                               # 0 / 0 without an eps
        case = Case(w=w, g=g, m=m, v=v, t=t, lr=lr, b1=b1, b2=b2, eps=eps)
        steps.append(case)
        w, m, v = adam(case).values()
    return [*steps[:3], steps[rng.integers(4, 9)], steps[rng.integers(10, 40)]]


CORRECTIONS = {"O3.power": "(1-b)^t", "O3.b_to_t": "b^t", "O3.t_stuck": "1-b", "O3.corrected_down": "times",
               "O3.t_from_0": "1-b^(t-1)", "O3.t_late": "1-b^(t+1)"}                # of both means, or of one
WEIGHTS = {"O3.turned": "1-b b", "O3.never_fades": "1 1-b", "O3.forgets": "0 1-b", "O3.minus_g": "b b-1",
           "O3.b_exchanged": "b 1-other"}

EXERCISE = Exercise(
    "16_adam", [Function("adam_step", "w g m v t lr b1 b2 eps", "w m v")], {"D": 5, "H": 3}, probe, rule=adam,
    slips=[
        switched(adam, "O3.uncorrected", correct="1 1"),
        switched(adam, "O3.only_m", correct="1-b^t 1"),
        switched(adam, "O3.only_v", correct="1 1-b^t"),
        *[switched(adam, cause, correct=f"{how} {how}") for cause, how in CORRECTIONS.items()],
        *[alone(cause, correct=f"{how} 1-b^t") for cause, how in CORRECTIONS.items()],
        *[alone(cause, correct=f"1-b^t {how}") for cause, how in CORRECTIONS.items()],
        *[alone("O3.b_times_t", correct=both) for both in ("1-bt 1-bt", "1-bt 1-b^t", "1-b^t 1-bt")],
        switched(adam, "O3.b_exchanged", betas="b2 b1"),
        switched(adam, "O3.b_exchanged", below="b2 b1"),
        switched(adam, "O3.b_exchanged", betas="b2 b1", below="b1 b2"),
        *[alone("O3.one_b", **{where: both}) for where in ("betas", "below") for both in ("b1 b1", "b2 b2")],
        *[switched(adam, cause, first=how) for cause, how in WEIGHTS.items()],
        *[switched(adam, cause, second=how) for cause, how in WEIGHTS.items()],
        *[alone(cause, first=how, second=how) for cause, how in WEIGHTS.items()],
        *[alone("O3.fixed_b", betas=betas) for betas in ("0.9 0.999", "0.9 0.99", "0.9 b2", "b1 0.999")],
        switched(adam, "O3.stored", kept="corrected"),
        alone("O3.root_stored", kept="root"),
        switched(adam, "O3.eps_inside", eps="inside"),
        switched(adam, "O3.eps_inside", eps="inside^2"),
        switched(adam, "O3.eps_inside", eps="both"),
        alone("O3.eps_hat", eps="hat"),
        *[switched(adam, "O3.eps_after", eps=how) for how in ("after", "minus", "plus")],
        switched(adam, "O3.eps_missing", eps="none"),
        switched(adam, "O3.fixed_eps", eps="1e-8"),
        *[alone("O3.fixed_eps", eps=number) for number in ("hat 1e-8", "1e-7", "1e-6", "1e-10")],
        switched(adam, "O3.no_root", root="none"),
        switched(adam, "O3.no_v", root="1"),
        alone("O3.multiplied", root="times"),
        *[switched(adam, "O3.old", read=both) for both in ("old old", "old new", "new old")],
        switched(adam, "O3.rmsprop", top="g"),
        alone("O3.nadam", top="nadam"),
        alone("O3.sign", top="sign"),
        switched(adam, "O3.sum_m", first="b 1"),
        switched(adam, "O3.sum_v", second="b 1"),
        switched(adam, "O3.b_swapped_m", first="b b"),
        switched(adam, "O3.b_swapped_v", second="b b"),
        switched(adam, "O3.no_g", first="b 0"),
        switched(adam, "O3.abs", square="abs"),
        switched(adam, "O3.g", square="g"),
        switched(adam, "O3.m_squared", square="m^2"),
        alone("O3.adabelief", square="(g-m)^2"),
        switched(adam, "O3.one_rate", square="mean"),
        switched(adam, "O3.one_rate", square="sum"),
        switched(adam, "O3.uphill", sign=1.0),
        switched(adam, "O3.no_rate", rate="1"),
        switched(adam, "O3.rate_twice", rate="lr^2"),
        alone("O3.rate_fades", rate="lr/t"),
        alone("O3.rate_fades", rate="lr/sqrt t"),
        *[alone("O3.fixed_rate", rate=number) for number in ("0.1", "0.01")],
        switched(adam, "O3.double", times=2.0),
        switched(adam, "O3.half", times=0.5),
        switched(adam, "O3.m_not_kept", kept="v"),
        switched(adam, "O3.v_not_kept", kept="m"),
        Slip("O5", "w", lambda c: adam(changed(c, w=0 * c.w))["w"]),
        Slip("O5", "w", lambda c: -adam(changed(c, w=0 * c.w))["w"]),
        Slip("O5", "w", lambda c: c.w),
    ],
    stub=STUB, answers=ANSWERS, reads="mlp/optimizers.py")
