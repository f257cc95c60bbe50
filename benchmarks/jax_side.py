"""JAX, in two forms: a jitted step called from Python, and a whole epoch as one jitted lax.scan.

Gradients of look-ups are scatter-adds; the state (weights, optimizer memory, sum of losses) is donated, so that it is
updated in place.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.ours import ScoreSide, Side
from benchmarks.workloads import ADAGRAD, ADAM, FTRL, Problem

Params = dict[str, Any]


def wide_deep(params: Params, batch: dict[str, Any], bags: tuple[int, ...], layers: int) -> Any:
    V = params["deep.E"][batch["deep"]]  # (N, S, d)
    n, slots, _ = V.shape
    start = slots - sum(bags)
    parts = [V[:, :start].reshape(n, -1)]
    for k, width in enumerate(bags):
        parts.append(V[:, start : start + width].sum(1) * batch["shares"][:, k, None])
        start += width
    x = jnp.concatenate([*parts, batch["numbers"]], 1)
    for i in range(layers):
        x = jax.nn.relu(x @ params[f"deep.mlp.{i}.W"] + params[f"deep.mlp.{i}.b"])
    return params["wide.w"][batch["wide"]].sum(1, keepdims=True) + x @ params["deep.w"] + params["bias.b"]


def network(params: Params, batch: dict[str, Any], bags: tuple[int, ...], layers: int) -> Any:
    x = batch["X"]
    for i in range(layers):
        x = x @ params[f"{i}.W"] + params[f"{i}.b"]
        x = jax.nn.relu(x) if i < layers - 1 else x
    return x


def log_loss(z: Any, y: Any) -> Any:
    return (jax.nn.relu(z) - y * z + jnp.log1p(jnp.exp(-jnp.abs(z)))).mean()


def adam(w: Any, g: Any, memory: Any, t: Any) -> Any:
    m = ADAM["b1"] * memory[0] + (1 - ADAM["b1"]) * g
    v = ADAM["b2"] * memory[1] + (1 - ADAM["b2"]) * g * g
    root = jnp.sqrt(v / (1 - ADAM["b2"] ** t)) + ADAM["eps"]
    return w - ADAM["lr"] / (1 - ADAM["b1"] ** t) * m / root, (m, v)


def adagrad(w: Any, g: Any, memory: Any, t: Any) -> Any:
    s = memory[0] + g * g
    return w - ADAGRAD["lr"] * g / (jnp.sqrt(s) + ADAGRAD["eps"]), (s,)


def ftrl(w: Any, g: Any, memory: Any, t: Any, batch_size: int) -> Any:
    zeta, n = memory
    beta, l1, l2 = (FTRL[name] / batch_size for name in ("beta", "l1", "l2"))
    root, new_root = jnp.sqrt(n), jnp.sqrt(n + g * g)
    sigma = g * g / (FTRL["alpha"] * (new_root + root) + jnp.finfo(w.dtype).tiny)
    zeta = zeta + g - sigma * w
    beyond = zeta - jnp.clip(zeta, -l1, l1)
    return -beyond / ((beta + new_root) / FTRL["alpha"] + l2), (zeta, n + g * g)


class JaxSide(Side):
    """form : jax-step or jax-scan"""

    compiles = True

    def __init__(self, problem: Problem, form: str, threads: int = 1):
        if problem["labels"].dtype == np.float64:
            jax.config.update("jax_enable_x64", True)
        table = "wide" in problem.arrays
        self.problem, self.form, self.batch_size = problem, form, problem["batch"]
        self.forward = partial(
            wide_deep if table else network,
            bags=tuple(problem["bags"]) if table else (),
            layers=problem.layers(),
        )
        names = ("wide", "deep", "shares", "numbers", "labels") if table else ("X", "labels")
        self.data = {name: jnp.asarray(problem[name]) for name in names}
        self.rules = {name: self.rule(name) for name in problem.weights()}
        params = {name: jnp.array(w) for name, w in problem.weights().items()}
        memory = {
            name: tuple(jnp.zeros_like(w) for _ in range(1 if self.rules[name] is adagrad else 2))
            for name, w in params.items()
        }
        zero = jnp.zeros((), problem["labels"].dtype)
        self.state = {"params": params, "memory": memory, "t": zero, "total": zero + 0}
        self.full = len(problem) // self.batch_size * self.batch_size
        self.step_at = jax.jit(self.slice_and_step, static_argnames="size", donate_argnums=0)
        self.whole = jax.jit(self.scan, donate_argnums=0)

    def rule(self, name: str) -> Any:
        if self.problem["rule"] == "adam":
            return adam
        return partial(ftrl, batch_size=self.batch_size) if name == "wide.w" else adagrad

    def step(self, state: Params, data: Params, rows: Any) -> Params:
        batch = {name: array[rows] for name, array in data.items()}
        loss, grads = jax.value_and_grad(lambda p: log_loss(self.forward(p, batch), batch["labels"]))(state["params"])
        t, params, memory = state["t"] + 1, {}, {}
        for name, w in state["params"].items():
            g = grads[name].at[0].set(0) if name in ("wide.w", "deep.E") else grads[name]  # id 0 is not a parameter
            params[name], memory[name] = self.rules[name](w, g, state["memory"][name], t)
        return {"params": params, "memory": memory, "t": t, "total": state["total"] + loss * len(rows)}

    def slice_and_step(self, state: Params, data: Params, order: Any, start: Any, size: int) -> Params:
        return self.step(state, data, jax.lax.dynamic_slice(order, (start,), (size,)))

    def scan(self, state: Params, data: Params, order: Any) -> Params:
        rows = order[: self.full].reshape(-1, self.batch_size)
        state, _ = jax.lax.scan(lambda s, r: (self.step(s, data, r), None), state, rows)
        return self.step(state, data, order[self.full :]) if self.full < len(order) else state

    def epoch(self, seed: int) -> float:
        order = jnp.asarray(self.problem.order(seed).astype(np.int32))
        state = self.state | {"total": jnp.zeros_like(self.state["total"])}
        if self.form == "jax-scan":
            state = self.whole(state, self.data, order)
        else:
            for start in range(0, len(order), self.batch_size):
                state = self.step_at(state, self.data, order, start, min(self.batch_size, len(order) - start))
        self.state = state
        return float(state["total"]) / len(order)  # waits until everything is computed

    def weights(self) -> dict[str, np.ndarray]:
        return {name: np.asarray(w) for name, w in self.state["params"].items()}


class JaxScore(ScoreSide):
    def prepare(self, problem: Problem, form: str, threads: int) -> Callable[[], Any]:
        side = JaxSide(problem, form, threads)
        predict = jax.jit(lambda params, batch: jax.nn.sigmoid(side.forward(params, batch)))
        return lambda: predict(side.state["params"], side.data).block_until_ready()


SIDES = {"widedeep": JaxSide, "mlp": JaxSide, "score": JaxScore}
