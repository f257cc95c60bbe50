"""19  FTRL-Proximal: descent whose L1 makes weights exactly zero."""
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, Law, Slip, changed, switched

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


# The right formula of each part stands first; the others are slips.
Formulas = dict[str, Callable[..., Any]]
SQUARE: Formulas = {
    "g^2": lambda g: g**2, "abs": np.abs, "g": lambda g: g, "twice": lambda g: 2 * g**2, "half": lambda g: g**2 / 2,
    "minus": lambda g: -(g**2)}
SIGMA: Formulas = {                                     # of the new root and the old one
    "roots / alpha": lambda new, old, c: (new - old) / c.alpha, "roots": lambda new, old, c: new - old,
    "roots alpha": lambda new, old, c: (new - old) * c.alpha,
    "roots / alpha^2": lambda new, old, c: (new - old) / c.alpha**2,
    "bracket": lambda new, old, c: new - old / c.alpha, "new": lambda new, old, c: new / c.alpha,
    "old": lambda new, old, c: old / c.alpha, "squares": lambda new, old, c: (new**2 - old**2) / c.alpha,
    "square, root": lambda new, old, c: (new**2 - old) / c.alpha,
    "root, square": lambda new, old, c: (new - old**2) / c.alpha, "size": lambda new, old, c: np.abs(c.g) / c.alpha,
    "late": lambda new, old, c: (np.sqrt(new**2 + c.g**2) - new) / c.alpha,
    "0": lambda new, old, c: 0.0, "1": lambda new, old, c: 1.0}
GAIN: Formulas = {
    "g": lambda g: g, "0": np.zeros_like, "-g": np.negative, "abs": np.abs, "g^2": np.square}
TOP: Formulas = {                                       # above the fraction line
    "zeta": lambda z, c: z - np.sign(z) * c.l1, "plus": lambda z, c: z + np.sign(z) * c.l1, "0": lambda z, c: z,
    "- l1": lambda z, c: z - c.l1, "+ l1": lambda z, c: z + c.l1, "size": lambda z, c: np.abs(z) - c.l1,
    "w": lambda z, c: z - np.sign(c.w) * c.l1, "g": lambda z, c: z - np.sign(c.g) * c.l1,
    "old": lambda z, c: z - np.sign(c.zeta) * c.l1, "l2": lambda z, c: z - np.sign(z) * c.l2,
    "twice": lambda z, c: z - 2 * np.sign(z) * c.l1}
DOWN: Formulas = {                                      # below it
    "/": lambda b, root, c: (b + root) / c.alpha, "*": lambda b, root, c: (b + root) * c.alpha,
    "1": lambda b, root, c: b + root, "root": lambda b, root, c: b + root / c.alpha,
    "beta": lambda b, root, c: b / c.alpha + root, "below": lambda b, root, c: c.alpha / (b + root),
    "under": lambda b, root, c: np.sqrt(b + root**2) / c.alpha, "for beta": lambda b, root, c: (b + root) / c.beta}
WHOLE: Formulas = {
    "new": lambda w, c: w, "alpha": lambda w, c: c.alpha * w, "w + new": lambda w, c: c.w + w,
    "w - new": lambda w, c: c.w - w, "times": lambda w, c: w,
    "shrunk": lambda w, c: np.sign(w) * np.maximum(np.abs(w) - c.l1, 0)}
DEAD: Formulas = {                                      # where w is 0
    "zeta": lambda z, w, c: np.abs(z) <= c.l1, "kept": lambda z, w, c: np.abs(z) <= c.l1,
    "never": lambda z, w, c: False, "w": lambda z, w, c: np.abs(w) <= c.l1,
    "old w": lambda z, w, c: np.abs(c.w) <= c.l1, "g": lambda z, w, c: np.abs(c.g) <= c.l1,
    "negative": lambda z, w, c: z <= c.l1, "positive": lambda z, w, c: z >= -c.l1,
    "l2": lambda z, w, c: np.abs(z) <= c.l2, "twice": lambda z, w, c: np.abs(z) <= 2 * c.l1,
    "old": lambda z, w, c: np.abs(c.zeta) <= c.l1, "reversed": lambda z, w, c: np.abs(z) > c.l1}


def ftrl(c: Case, square: str = "g^2 g^2", base: str = "n n", sigma: str = "roots / alpha", sign: float = -1.0,
         times: str = "w", zeta: str = "zeta", gain: str = "g", read: str = "zeta n", thresh: str = "zeta",
         beta: str = "beta", down: str = "/", l2: str = "l2", minus: bool = True, whole: str = "new",
         zero: str = "zeta", kept: str = "zeta n") -> Arrays:
    """A step of Algorithm 1; each argument is a slip when it is not its default.

    square, base : of n, and of the n in sigma        read : the zeta and the n that give w
    """
    n, n_in_sigma = ((c.n if old == "n" else 0) + SQUARE[how](c.g) for old, how in zip(base.split(), square.split()))
    with np.errstate(all="ignore"):
        old = np.sqrt(c.n)
        moved = SIGMA[sigma](np.sqrt(n_in_sigma), old, c) * {"w": c.w, "1": 1.0, "g": c.g, "zeta": c.zeta}[times]
        new = (c.zeta if zeta == "zeta" else 0) + GAIN[gain](c.g) + sign * moved
        read_zeta, read_n = read.split()
        z = new if read_zeta == "zeta" else c.zeta
        root = {"n": np.sqrt(n), "old": old, "square": n, "root": n**0.25}[read_n]
        b = {"beta": c.beta, "0": 0.0, "twice": 2 * c.beta, "1": 1.0, "alpha": c.alpha}[beta]
        below = DOWN[down](b, root, c) + {"l2": c.l2, "0": 0.0, "twice": 2 * c.l2, "/alpha": c.l2 / c.alpha, "l1": c.l1,
                                          "half": c.l2 / 2, "minus": -c.l2, "behind": 0.0}[l2]
        w = (-1.0 if minus else 1.0) * (TOP[thresh](z, c) * below if whole == "times" else TOP[thresh](z, c) / below)
        w = WHOLE[whole](w + c.l2 if l2 == "behind" else w, c)
        w = np.where(DEAD[zero](z, w, c), c.w if zero == "kept" else 0.0, w)
    return {"w": w, "zeta": new if "zeta" in kept else c.zeta, "n": n if "n" in kept else c.n}


def alone(cause: str, **switches: Any) -> Slip:
    """A slip that is not tried together with others: there are too many for every pair, and NaN would fit any."""
    return Slip(cause, "", partial(ftrl, **switches))


def new_w(how: dict[str, Any], c: Case) -> Array:
    """zeta, moved by sigma times the w that has just been computed."""
    return c.zeta + c.g - (np.sqrt(c.n + c.g**2) - np.sqrt(c.n)) / c.alpha * ftrl(c, **how)["w"]


def with_numbers(numbers: Mapping[str, float | str], c: Case) -> Arrays:
    """A step with other numbers: one's own, or one of the four in another's place."""
    return ftrl(changed(c, **{name: getattr(c, number) if isinstance(number, str) else number
                              for name, number in numbers.items()}))


def probe(rng: np.random.Generator, s: Case) -> list[Case]:
    """Six steps.  Some weights stay 0; some come alive; the first is alive, dies, and comes alive again."""
    V = s.V
    w, zeta, n, steps = np.zeros(V), np.zeros(V), np.zeros(V), []
    alpha, beta, l1, l2 = rng.uniform([0.5, 0.4, 0.7, 0.25], [0.9, 0.8, 1.1, 0.5])
    for t in range(6):
        g = rng.normal(size=V) * np.exp(rng.normal(size=V))
        g[t % 3::4] *= 0.1
        if V > 2:
            g[0] = (3.0, 0.0, -3.6, 0.2, 3.0, -2.0)[t] * rng.uniform(0.95, 1.05)
            g[-1] = 0.0 if t % 2 else rng.uniform(0.1, 0.2)         # never leaves the band
        steps.append(Case(w=w, g=g, zeta=zeta, n=n, alpha=alpha, beta=beta, l1=l1, l2=l2))
        w, zeta, n = ftrl(steps[-1]).values()
    return steps


OF_N = {"O4.abs": "abs", "O4.g": "g", "O4.square_twice": "twice", "O4.square_half": "half"}

EXERCISE = Exercise(
    "19_ftrl", [Function("ftrl_step", "w g zeta n alpha beta l1 l2", "w zeta n")], {"V": 13}, probe, rule=ftrl,
    slips=[
        Slip("O4.squares", "n", lambda c: c.g**2),
        switched(ftrl, "O4.no_threshold", zero="never"),
        switched(ftrl, "O4.never_dies", zero="kept"),
        switched(ftrl, "O4.on_w", zero="w"),
        switched(ftrl, "O4.on_w", zero="old w"),
        alone("O4.on_g", zero="g"),
        switched(ftrl, "O4.one_side", zero="negative"),
        switched(ftrl, "O4.one_side", zero="positive"),
        switched(ftrl, "O4.old_zeta_dies", zero="old"),
        switched(ftrl, "O4.reversed", zero="reversed"),
        switched(ftrl, "O4.l2_threshold", zero="l2"),
        alone("O4.shrunk_twice", thresh="twice"),
        alone("O4.shrunk_twice", thresh="twice", zero="twice"),
        alone("O4.shrunk_twice", whole="shrunk"),
        switched(ftrl, "O4.l1_added", thresh="plus"),
        switched(ftrl, "O4.not_shrunk", thresh="0"),
        *[switched(ftrl, "O4.no_sign", thresh=how) for how in ("- l1", "+ l1", "size")],
        switched(ftrl, "O4.sign_of_w", thresh="w"),
        switched(ftrl, "O4.other_sign", thresh="g"),
        switched(ftrl, "O4.other_sign", thresh="old"),
        switched(ftrl, "O4.l2_for_l1", thresh="l2"),
        switched(ftrl, "O4.no_minus", minus=False),
        switched(ftrl, "O4.w_added", whole="w + new"),
        switched(ftrl, "O4.w_added", whole="w - new"),
        alone("O4.multiplied", whole="times"),
        switched(ftrl, "O4.no_beta", beta="0"),
        switched(ftrl, "O4.beta_twice", beta="twice"),
        switched(ftrl, "O4.beta_1", beta="1"),
        alone("O4.exchanged", beta="alpha"),
        alone("O4.exchanged", down="for beta"),
        alone("O4.beta_under", down="under"),
        switched(ftrl, "O4.no_l2", l2="0"),
        switched(ftrl, "O4.l2_twice", l2="twice"),
        switched(ftrl, "O4.l2_inside", l2="/alpha"),
        switched(ftrl, "O4.l2_behind", l2="behind"),
        alone("O4.l2_minus", l2="minus"),
        switched(ftrl, "O4.l1_for_l2", l2="l1"),
        switched(ftrl, "O4.l2_half", l2="half"),
        switched(ftrl, "O4.alpha_times", down="*"),
        switched(ftrl, "O4.alpha_missing", down="1"),
        alone("O4.alpha_twice", whole="alpha"),
        alone("O4.upside_down", down="below"),
        switched(ftrl, "O4.beta_outside", down="root"),
        alone("O4.root_outside", down="beta"),
        switched(ftrl, "O4.old_both", read="old old"),
        switched(ftrl, "O4.old_n", read="zeta old"),
        switched(ftrl, "O4.old_zeta", read="old n"),
        switched(ftrl, "O4.no_root", read="zeta square"),
        alone("O4.n_root", read="zeta root"),
        Slip("O4.n_root", "n", lambda c: np.sqrt(c.n + c.g**2)),
        switched(ftrl, "O4.zeta_not_stored", kept="n"),
        switched(ftrl, "O4.n_not_stored", kept="zeta"),
        switched(ftrl, "O4.no_old_root", sigma="new"),
        switched(ftrl, "O4.only_old_root", sigma="old"),
        *[switched(ftrl, "O4.sigma_alpha", sigma=how) for how in ("roots", "roots alpha", "roots / alpha^2")],
        *[alone("O4.sigma_squares", sigma=how) for how in ("squares", "square, root", "root, square")],
        alone("O4.sigma_bracket", sigma="bracket"),
        alone("O4.sigma_size", sigma="size"),
        switched(ftrl, "O4.n_first", sigma="late"),
        switched(ftrl, "O4.no_sigma", sigma="0"),
        alone("O4.w_alone", sigma="1"),
        switched(ftrl, "O4.sigma_sign", sign=1.0),
        switched(ftrl, "O4.sigma_alone", times="1"),
        alone("O4.sigma_times", times="g"),
        alone("O4.sigma_times", times="zeta"),
        *[Slip("O4.new_w", "zeta", partial(new_w, how)) for how in ({}, {"sigma": "0"}, {"read": "old old"})],
        switched(ftrl, "O4.overwritten", zeta="0"),
        switched(ftrl, "O4.no_g", gain="0"),
        switched(ftrl, "O4.minus_g", gain="-g"),
        alone("O4.other_g", gain="abs"),
        alone("O4.other_g", gain="g^2"),
        switched(ftrl, "O4.n_overwritten", base="0 0"),
        alone("O4.n_overwritten", base="0 n"),
        *[switched(ftrl, cause, square=f"{how} {how}") for cause, how in OF_N.items()],
        *[alone(cause, square=both) for cause, how in OF_N.items() for both in (f"{how} g^2", f"g^2 {how}")],
        *[alone("O4.falls", square=both) for both in ("minus minus", "minus g^2", "g^2 minus")],
        *[Slip("O4.fixed", "", partial(with_numbers, number)) for number in
          ({"alpha": 0.1}, {"alpha": 0.05}, {"beta": 1.0}, {"l1": 1.0}, {"l2": 1.0}, {"l1": 0.1}, {"l2": 0.1})],
        Slip("O4.exchanged", "", partial(with_numbers, {"alpha": "beta", "beta": "alpha"})),
        Slip("O4.l1_l2", "", partial(with_numbers, {"l1": "l2", "l2": "l1"})),
        Slip("O5", "w", lambda c: c.w),
    ],
    laws=[Law("exact_zeros", lambda c, out: np.array_equal(out["w"] == 0, np.abs(out["zeta"]) <= c.l1)),
          Law("opposite", lambda c, out: (out["w"] * out["zeta"] <= 0).all())],
    stub=STUB, answers=ANSWERS, reads="widedeep/ftrl.py")
