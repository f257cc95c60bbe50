"""19  FTRL-Proximal: descent whose L1 makes weights exactly zero."""
import numpy as np

from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, Law, Slip, switched

STUB = '''
def ftrl_step(w, g, zeta, n, alpha, beta, l1, l2):
    """One step of FTRL-Proximal (McMahan et al. 2013, Algorithm 1, whose z is called zeta here).

    w, g, zeta, n   (V,)   weights, their gradient, and the memory: zeta and n are 0 before the first step
    alpha, beta, l1, l2    numbers

        sigma = (sqrt(n + g^2) - sqrt(n)) / alpha
        zeta  = zeta + g - sigma w                    with the old w
        n     = n + g^2
        w     = 0                                     where |zeta| <= l1
              = -(zeta - sign(zeta) l1) / ((beta + sqrt(n)) / alpha + l2)        elsewhere: with the new zeta and n

    Return three new arrays (V,): w, zeta, n.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def ftrl_step(w, g, zeta, n, alpha, beta, l1, l2):
    sigma = (np.sqrt(n + g**2) - np.sqrt(n)) / alpha
    zeta = zeta + g - sigma * w
    n = n + g**2
    alive = np.abs(zeta) > l1
    w = np.where(alive, -(zeta - np.sign(zeta) * l1) / ((beta + np.sqrt(n)) / alpha + l2), 0.0)
    return w, zeta, n
''', '''
def ftrl_step(w, g, zeta, n, alpha, beta, l1, l2):
    new_w, new_zeta, new_n = np.zeros(len(w)), np.zeros(len(w)), np.zeros(len(w))
    for i in range(len(w)):
        new_n[i] = n[i] + g[i] ** 2
        sigma = (new_n[i] ** 0.5 - n[i] ** 0.5) / alpha
        new_zeta[i] = zeta[i] + g[i] - sigma * w[i]
        if new_zeta[i] > l1:
            new_w[i] = -(new_zeta[i] - l1) / ((beta + new_n[i] ** 0.5) / alpha + l2)
        elif new_zeta[i] < -l1:
            new_w[i] = -(new_zeta[i] + l1) / ((beta + new_n[i] ** 0.5) / alpha + l2)
    return new_w, new_zeta, new_n
''', '''
def ftrl_step(w, g, zeta, n, alpha, beta, l1, l2):
    root, new_root = np.sqrt(n), np.sqrt(n + g * g)
    zeta = zeta + g - (new_root - root) / alpha * w
    beyond = zeta - np.clip(zeta, -l1, l1)
    return -beyond * alpha / (beta + new_root + alpha * l2), zeta, n + g * g
''', '''
def ftrl_step(w, g, zeta, n, alpha, beta, l1, l2):
    n, old = n + np.square(g), n
    zeta = zeta + g
    zeta -= w * (n**0.5 - old**0.5) / alpha
    shrunk = np.sign(zeta) * np.maximum(np.abs(zeta) - l1, 0)
    return np.divide(-shrunk, (beta + n**0.5) / alpha + l2), zeta, n
''', '''
def ftrl_step(w, g, zeta, n, alpha, beta, l1, l2):
    memory = np.stack([zeta + g, n + g**2])
    memory[0] -= (np.sqrt(memory[1]) - np.sqrt(n)) * w / alpha
    w = np.zeros(w.shape)
    for sign in (-1, 1):
        out = sign * memory[0] > l1
        w[out] = (sign * l1 - memory[0][out]) / ((beta + np.sqrt(memory[1][out])) / alpha + l2)
    return [w, memory[0], memory[1]]
''']


def ftrl(c: Case, sigma: str = "right", sign: float = -1.0, added: str = "all", square: str = "g^2", zero: str = "zeta",
         thresh: str = "minus", minus: str = "there", beta: str = "beta", l2: str = "l2", alpha: str = "/",
         read: str = "new", kept: str = "both") -> Arrays:
    """A step of Algorithm 1; each argument is a slip when it is not its default."""
    squared = {"g^2": c.g**2, "abs": np.abs(c.g), "g": c.g, "2": 2 * c.g**2}[square]
    n = c.n + squared if added != "n overwritten" else squared
    with np.errstate(all="ignore"):
        roots = np.sqrt(n), np.sqrt(c.n)
        s = {"right": (roots[0] - roots[1]) / c.alpha, "no old root": roots[0] / c.alpha,
             "no alpha": roots[0] - roots[1], "old root": roots[1] / c.alpha, "no roots": (n - c.n) / c.alpha,
             "none": 0 * c.g, "times alpha": (roots[0] - roots[1]) * c.alpha,
             "reversed": (roots[1] - roots[0]) / c.alpha}[sigma]
        zeta = {"all": c.zeta + c.g + sign * s * c.w, "overwritten": c.g + sign * s * c.w,
                "no g": c.zeta + sign * s * c.w, "minus g": c.zeta - c.g + sign * s * c.w,
                "n overwritten": c.zeta + c.g + sign * s * c.w,
                "sigma": c.zeta + c.g + sign * s}[added]
        z, root = (zeta, roots[0]) if read == "new" else (c.zeta, roots[1]) if read == "old" else \
            (zeta, roots[1]) if read == "old n" else (c.zeta, roots[0]) if read == "old zeta" else (zeta, n)
        b = {"beta": c.beta, "none": 0.0, "twice": 2 * c.beta, "1": 1.0}[beta]
        down = {"/": (b + root) / c.alpha, "*": (b + root) * c.alpha, "none": b + root,
                "only root": b + root / c.alpha}[alpha]
        down = down + {"l2": c.l2, "none": 0.0, "twice": 2 * c.l2, "/alpha": c.l2 / c.alpha, "l1": c.l1,
                       "half": c.l2 / 2}[l2]
        top = {"minus": z - np.sign(z) * c.l1, "plus": z + np.sign(z) * c.l1, "none": z, "l1": z - c.l1,
               "sign w": z - np.sign(c.w) * c.l1, "l2": z - np.sign(z) * c.l2}[thresh]
        w = (-1.0 if minus == "there" else 1.0) * top / down
    dead = {"zeta": np.abs(z) <= c.l1, "never": np.zeros(z.shape, bool), "w": np.abs(w) <= c.l1, "one side": z <= c.l1,
            "l2": np.abs(z) <= c.l2, "kept": np.abs(z) <= c.l1, "old": np.abs(c.zeta) <= c.l1,
            "reversed": np.abs(z) > c.l1}[zero]
    w = np.where(dead, c.w if zero == "kept" else 0.0, w)
    return {"w": w, "zeta": zeta if kept in ("both", "zeta") else c.zeta, "n": n if kept in ("both", "n") else c.n}


def probe(rng: np.random.Generator, s: Case) -> list[Case]:
    """Six steps.  Some weights stay 0; some come alive; the first is alive and then dies again."""
    V = s.V
    w, zeta, n, steps = np.zeros(V), np.zeros(V), np.zeros(V), []
    alpha, beta, l1, l2 = np.array([0.7, 0.6, 0.9, 0.35]) * rng.uniform(0.95, 1.05, 4)
    for t in range(6):
        g = rng.normal(size=V) * np.exp(rng.normal(size=V))
        g[t % 3::4] *= 0.1
        if V > 2:
            g[0] = (3.0, 0.0, -2.6, 0.2, 1.0, -2.0)[t]
            g[-1] = 0.0 if t % 2 else 0.3               # never leaves the band
        steps.append(Case(w=w, g=g, zeta=zeta, n=n, alpha=alpha, beta=beta, l1=l1, l2=l2))
        w, zeta, n = ftrl(steps[-1]).values()
    return steps


EXERCISE = Exercise(
    "19_ftrl", [Function("ftrl_step", "w g zeta n alpha beta l1 l2", "w zeta n")], {"V": 13}, probe, rule=ftrl,
    slips=[
        Slip("O4.squares", "n", lambda c: c.g**2),
        switched(ftrl, "O4.no_threshold", zero="never"),
        switched(ftrl, "O4.never_dies", zero="kept"),
        switched(ftrl, "O4.on_w", zero="w"),
        switched(ftrl, "O4.one_side", zero="one side"),
        switched(ftrl, "O4.old_zeta_dies", zero="old"),
        switched(ftrl, "O4.reversed", zero="reversed"),
        switched(ftrl, "O4.l2_threshold", zero="l2"),
        switched(ftrl, "O4.l1_added", thresh="plus"),
        switched(ftrl, "O4.not_shrunk", thresh="none"),
        switched(ftrl, "O4.no_sign", thresh="l1"),
        switched(ftrl, "O4.sign_of_w", thresh="sign w"),
        switched(ftrl, "O4.l2_for_l1", thresh="l2"),
        switched(ftrl, "O4.no_minus", minus="missing"),
        switched(ftrl, "O4.no_beta", beta="none"),
        switched(ftrl, "O4.beta_twice", beta="twice"),
        switched(ftrl, "O4.beta_1", beta="1"),
        switched(ftrl, "O4.no_l2", l2="none"),
        switched(ftrl, "O4.l2_twice", l2="twice"),
        switched(ftrl, "O4.l2_inside", l2="/alpha"),
        switched(ftrl, "O4.l1_for_l2", l2="l1"),
        switched(ftrl, "O4.l2_half", l2="half"),
        switched(ftrl, "O4.alpha_times", alpha="*"),
        switched(ftrl, "O4.alpha_missing", alpha="none"),
        switched(ftrl, "O4.beta_outside", alpha="only root"),
        switched(ftrl, "O4.old_both", read="old"),
        switched(ftrl, "O4.old_n", read="old n"),
        switched(ftrl, "O4.old_zeta", read="old zeta"),
        switched(ftrl, "O4.no_root", read="no root"),
        switched(ftrl, "O4.zeta_not_stored", kept="n"),
        switched(ftrl, "O4.n_not_stored", kept="zeta"),
        switched(ftrl, "O4.no_old_root", sigma="no old root"),
        switched(ftrl, "O4.only_old_root", sigma="old root"),
        switched(ftrl, "O4.sigma_alpha", sigma="no alpha"),
        switched(ftrl, "O4.sigma_alpha", sigma="times alpha"),
        switched(ftrl, "O4.sigma_squares", sigma="no roots"),
        switched(ftrl, "O4.no_sigma", sigma="none"),
        switched(ftrl, "O4.sigma_sign", sigma="reversed"),
        switched(ftrl, "O4.sigma_sign", sign=1.0),
        switched(ftrl, "O4.sigma_alone", added="sigma"),
        switched(ftrl, "O4.overwritten", added="overwritten"),
        switched(ftrl, "O4.no_g", added="no g"),
        switched(ftrl, "O4.minus_g", added="minus g"),
        switched(ftrl, "O4.n_overwritten", added="n overwritten"),
        switched(ftrl, "O4.abs", square="abs"),
        switched(ftrl, "O4.square_twice", square="2"),
        Slip("O5", "w", lambda c: c.w),
        Slip("O4.n_root", "n", lambda c: np.sqrt(c.n + c.g**2)),
    ],
    laws=[Law("exact_zeros", lambda c, out: np.array_equal(out["w"] == 0, np.abs(out["zeta"]) <= c.l1)),
          Law("opposite", lambda c, out: (out["w"] * out["zeta"] <= 0).all())],
    stub=STUB, answers=ANSWERS, reads="widedeep/ftrl.py")
