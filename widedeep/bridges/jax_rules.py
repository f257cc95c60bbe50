"""The rules, in JAX: w, g, memory and the numbers of one step -> the moved w and its memory.

Settings are numbers handed in at every step, so that another learning rate does not compile anew.  They are computed
beforehand, in float64, for all steps of an epoch: Adam's corrections as NumPy has them.

Read before: jax_forward.py, mlp/optimizers.py, ftrl.py        Read next: jax_epoch.py
"""
from typing import Any

import jax.numpy as jnp
import numpy as np

from perceptron.activations import Array

Moved = tuple[Any, tuple[Any, ...]]


def sgd(w: Any, g: Any, memory: Any, lr: Any) -> Moved:
    return w - lr * g, ()


def momentum(w: Any, g: Any, memory: Any, lr: Any, mu: Any) -> Moved:
    v = mu * memory[0] + g
    return w - lr * v, (v,)


def adagrad(w: Any, g: Any, memory: Any, lr: Any, eps: Any) -> Moved:
    s = memory[0] + g * g
    return w - lr * (g / (jnp.sqrt(s) + eps)), (s,)


def adam(w: Any, g: Any, memory: Any, lr: Any, b1: Any, b2: Any, eps: Any) -> Moved:
    m, v = b1 * memory[0] + g, b2 * memory[1] + g * g
    return w - lr * (m / (jnp.sqrt(v) + eps)), (m, v)


def ftrl(w: Any, g: Any, memory: Any, lr: Any, beta: Any, l1: Any, l2: Any) -> Moved:
    zeta, n, *factor = memory
    alpha = lr * factor[0] if factor else lr
    root, square = jnp.sqrt(n), g * g
    n = n + square
    new_root = jnp.sqrt(n)
    sigma = square / (alpha * (new_root + root) + np.finfo(w.dtype).tiny)
    zeta = zeta + g - sigma * w
    beyond = zeta - jnp.clip(zeta, -l1, l1)
    return -beyond / ((beta + new_root) / alpha + l2), (zeta, n, *factor)


def numbers_of(rule: Any, kind: str, steps: int) -> list[Array]:
    """What the rule is handed at each of its next steps, as arrays (steps,) or numbers."""
    if kind == "adam":                                                  # mlp/optimizers.py, Adam.update
        t = rule.steps + np.arange(1, steps + 1)
        mean_m = (1 - rule.b1) / (1 - rule.b1 ** t)
        root_v = np.sqrt((1 - rule.b2) / (1 - rule.b2 ** t))
        return [rule.lr * mean_m / root_v, rule.b1, rule.b2, rule.eps / root_v]
    return [getattr(rule, name) for name in SETTINGS[kind]]


RULES: dict[str, Any] = {"sgd": sgd, "momentum": momentum, "adagrad": adagrad, "adam": adam, "ftrl": ftrl}
SETTINGS = {"sgd": ["lr"], "momentum": ["lr", "mu"], "adagrad": ["lr", "eps"], "adam": ["lr", "b1", "b2", "eps"],
            "ftrl": ["lr", "beta", "l1", "l2"]}
