"""16  Adam: two running means, each corrected for having started at 0."""
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


def adam(c: Case, first: str = "1-b1", second: str = "1-b2", square: str = "g^2", betas: str = "b1 b2",
         correct: str = "1-b^t 1-b^t", crossed: bool = False, t: str = "t", eps: str = "outside", kept: str = "new",
         top: str = "m", sign: float = -1.0, root: str = "sqrt", rate: str = "lr", times: float = 1.0) -> Arrays:
    """A step of Adam; each argument is a slip when it is not its default."""
    b1, b2 = ({"b1": c.b1, "b2": c.b2}.get(name) or float(name) for name in betas.split())
    g = c.g
    m = b1 * c.m + {"1-b1": 1 - b1, "1": 1.0, "b1": b1, "0": 0.0}[first] * g
    squares = {"g^2": g**2, "abs": np.abs(g), "g": g, "mean": np.full_like(g, (g**2).mean()),
               "sum": np.full_like(g, (g**2).sum()), "m^2": m**2}
    v = b2 * c.v + {"1-b2": 1 - b2, "1": 1.0, "b2": b2}[second] * squares[square]
    steps = {"t": c.t, "t-1": c.t - 1, "t+1": c.t + 1}[t]
    inside, outside = {"outside": (0, c.eps), "inside": (c.eps, 0), "inside^2": (c.eps**2, 0), "both": (c.eps, c.eps),
                       "none": (0, 0), "after": (0, 0), "minus": (0, 0), "plus": (0, 0), "hat": (0, c.eps)
                       }.get(eps) or (0, float(eps))
    lr = {"lr": c.lr, "1": 1.0, "lr^2": c.lr**2}.get(rate) or float(rate)
    with np.errstate(all="ignore"):
        low1, low2 = ({"1-b^t": 1 - b**steps, "(1-b)^t": (1 - b) ** steps, "1-bt": 1 - b * steps, "b^t": b**steps,
                       "1-b": 1 - b, "1": 1.0, "times": 1 / (1 - b**steps)}[how]
                      for how, b in zip(correct.split(), (b2, b1) if crossed else (b1, b2)))
        m1, v1 = (c.m if top == "old" else m) / low1, (c.v if top == "old" else v) / low2
        if eps == "hat":                                # lr sqrt(1 - b2^t) / (1 - b1^t)  m / (sqrt(v) + eps)
            outside = outside / np.sqrt(low2)
        down = {"sqrt": np.sqrt(v1 + inside) + outside, "none": v1 + outside, "1": np.ones_like(g)}[root]
        above = {"m": m1, "old": m1, "g": g, "nadam": b1 * m1 + (1 - b1) * g / low1, "sign": np.sign(m1)}[top]
        step = lr * (above / down) + {"after": lr * c.eps, "minus": c.eps, "plus": -c.eps}.get(eps, 0)
    m, v = {"new": (m, v), "corrected": (m1, v1), "m": (m, c.v), "v": (c.m, v)}[kept]
    return {"w": c.w + times * sign * step, "m": m, "v": v}


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


CORRECTIONS = {"O3.power": "(1-b)^t", "O3.b_times_t": "1-bt", "O3.b_to_t": "b^t", "O3.t_stuck": "1-b",
               "O3.corrected_down": "times"}                        # of both means, or of one

EXERCISE = Exercise(
    "16_adam", [Function("adam_step", "w g m v t lr b1 b2 eps", "w m v")], {"D": 5, "H": 3}, probe, rule=adam,
    slips=[
        switched(adam, "O3.uncorrected", correct="1 1"),
        switched(adam, "O3.only_m", correct="1-b^t 1"),
        switched(adam, "O3.only_v", correct="1 1-b^t"),
        *[switched(adam, cause, correct=both) for cause, how in CORRECTIONS.items()
          for both in (f"{how} {how}", f"{how} 1-b^t", f"1-b^t {how}")],
        switched(adam, "O3.b_exchanged", betas="b2 b1"),
        switched(adam, "O3.b_exchanged", crossed=True),
        switched(adam, "O3.b_exchanged", betas="b2 b1", crossed=True),
        switched(adam, "O3.one_b", betas="b1 b1"),
        switched(adam, "O3.one_b", betas="b2 b2"),
        *[switched(adam, "O3.fixed_b", betas=betas) for betas in ("0.9 0.999", "0.9 0.99", "0.9 b2", "b1 0.999")],
        switched(adam, "O3.t_from_0", t="t-1"),
        switched(adam, "O3.t_late", t="t+1"),
        switched(adam, "O3.stored", kept="corrected"),
        switched(adam, "O3.eps_inside", eps="inside"),
        switched(adam, "O3.eps_inside", eps="inside^2"),
        switched(adam, "O3.eps_inside", eps="both"),
        switched(adam, "O3.eps_hat", eps="hat"),
        *[switched(adam, "O3.eps_after", eps=how) for how in ("after", "minus", "plus")],
        switched(adam, "O3.eps_missing", eps="none"),
        *[switched(adam, "O3.fixed_eps", eps=number) for number in ("1e-8", "1e-7", "1e-6", "1e-10")],
        switched(adam, "O3.no_root", root="none"),
        switched(adam, "O3.no_v", root="1"),
        switched(adam, "O3.old", top="old"),
        switched(adam, "O3.rmsprop", top="g"),
        switched(adam, "O3.nadam", top="nadam"),
        switched(adam, "O3.sign", top="sign"),
        switched(adam, "O3.sum_m", first="1"),
        switched(adam, "O3.sum_v", second="1"),
        switched(adam, "O3.b_swapped_m", first="b1"),
        switched(adam, "O3.b_swapped_v", second="b2"),
        switched(adam, "O3.no_g", first="0"),
        switched(adam, "O3.abs", square="abs"),
        switched(adam, "O3.g", square="g"),
        switched(adam, "O3.m_squared", square="m^2"),
        switched(adam, "O3.one_rate", square="mean"),
        switched(adam, "O3.one_rate", square="sum"),
        switched(adam, "O3.uphill", sign=1.0),
        switched(adam, "O3.no_rate", rate="1"),
        switched(adam, "O3.rate_twice", rate="lr^2"),
        *[switched(adam, "O3.fixed_rate", rate=number) for number in ("0.1", "0.01")],
        switched(adam, "O3.double", times=2.0),
        switched(adam, "O3.half", times=0.5),
        switched(adam, "O3.m_not_kept", kept="v"),
        switched(adam, "O3.v_not_kept", kept="m"),
        Slip("O5", "w", lambda c: adam(changed(c, w=0 * c.w))["w"]),
        Slip("O5", "w", lambda c: -adam(changed(c, w=0 * c.w))["w"]),
        Slip("O5", "w", lambda c: c.w),
    ],
    stub=STUB, answers=ANSWERS, reads="mlp/optimizers.py")
