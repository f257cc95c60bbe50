"""16  Adam: two running means, each corrected for having started at 0."""
import numpy as np

from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, switched

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


def adam(c: Case, first: str = "1-b1", second: str = "1-b2", square: str = "g^2", correct: str = "both",
         power: str = "b^t", t: str = "t", eps: str = "outside", stored: bool = False, old: bool = False,
         sign: float = -1.0, root: bool = True, keep: str = "both", rate: bool = True) -> Arrays:
    """A step of Adam; each argument is a slip when it is not its default."""
    m = c.b1 * c.m + {"1-b1": 1 - c.b1, "1": 1.0, "b1": c.b1}[first] * c.g
    squared = {"g^2": c.g**2, "abs": np.abs(c.g), "mean": np.full_like(c.g, (c.g**2).mean())}[square]
    v = c.b2 * c.v + {"1-b2": 1 - c.b2, "1": 1.0, "b2": c.b2}[second] * squared
    steps = {"t": c.t, "t-1": c.t - 1, "t+1": c.t + 1, "1": 1}[t]
    with np.errstate(all="ignore"):
        down1, down2 = ((1 - b**steps if power == "b^t" else (1 - b) ** steps) for b in (c.b1, c.b2))
        m1 = (c.m if old else m) / (down1 if correct in ("both", "m") else 1)
        v1 = (c.v if old else v) / (down2 if correct in ("both", "v") else 1)
        if eps == "inside":
            under = np.sqrt(v1 + c.eps)
        else:
            under = (np.sqrt(v1) if root else v1) + (0 if eps == "none" else c.eps)
        w = c.w + sign * (c.lr if rate else 1.0) * m1 / under
    if stored:
        m, v = m1, v1
    return {"w": w, "m": m if keep in ("both", "m") else c.m, "v": v if keep in ("both", "v") else c.v}


def probe(rng: np.random.Generator, s: Case) -> list[Case]:
    """Four steps with gradients of very unlike sizes; one coordinate has a gradient of 0 now and then."""
    w, m, v, steps = rng.normal(size=(s.D, s.H)), np.zeros((s.D, s.H)), np.zeros((s.D, s.H)), []
    scale = np.exp(rng.normal(size=w.shape))
    lr, b1, b2, eps = np.array([0.5, 0.8, 0.9, 0.01]) * rng.uniform(0.95, 1.05, 4)
    for t in range(1, 5):
        g = rng.normal(size=w.shape) * scale
        if t % 2 == 0:
            g[0, 0] = 0
        case = Case(w=w, g=g, m=m, v=v, t=t, lr=lr, b1=b1, b2=b2, eps=eps)
        steps.append(case)
        w, m, v = adam(case).values()
    return steps


EXERCISE = Exercise(
    "16_adam", [Function("adam_step", "w g m v t lr b1 b2 eps", "w m v")], {"D": 5, "H": 3}, probe, rule=adam,
    slips=[
        switched(adam, "O3.uncorrected", correct="none"),
        switched(adam, "O3.only_m", correct="m"),
        switched(adam, "O3.only_v", correct="v"),
        switched(adam, "O3.t_from_0", t="t-1"),
        switched(adam, "O3.t_late", t="t+1"),
        switched(adam, "O3.t_stuck", t="1"),
        switched(adam, "O3.power", power="(1-b)^t"),
        switched(adam, "O3.stored", stored=True),
        switched(adam, "O3.eps_inside", eps="inside"),
        switched(adam, "O3.eps_missing", eps="none"),
        switched(adam, "O3.no_root", root=False),
        switched(adam, "O3.old", old=True),
        switched(adam, "O3.sum_m", first="1"),
        switched(adam, "O3.sum_v", second="1"),
        switched(adam, "O3.b_swapped_m", first="b1"),
        switched(adam, "O3.b_swapped_v", second="b2"),
        switched(adam, "O3.abs", square="abs"),
        switched(adam, "O3.one_rate", square="mean"),
        switched(adam, "O3.uphill", sign=1.0),
        switched(adam, "O3.no_rate", rate=False),
        switched(adam, "O3.m_not_kept", keep="v"),
        switched(adam, "O3.v_not_kept", keep="m"),
    ],
    stub=STUB, answers=ANSWERS, reads="mlp/optimizers.py")
