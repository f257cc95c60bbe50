"""The towers and the losses, in JAX: line for line what the NumPy pages say.  The way back is JAX's own.

Read before: jax_plan.py, wide.py, deep.py, perceptron/losses.py        Read next: jax_rules.py
"""
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from widedeep.bridges.jax_plan import Plan, TowerPlan

Arrays = dict[str, Any]


def forward(plan: Plan, params: Arrays, batch: Arrays, masks: Arrays) -> Any:
    """Logits z (N, K): every tower's, added, plus the bias.  masks : of each tower, in order; {} where serving"""
    z = params["bias.b"]
    for tower in plan.towers:
        own = {name.removeprefix(f"{tower.name}."): w for name, w in params.items()
               if name.startswith(f"{tower.name}.")}
        z = z + TOWERS[tower.kind](tower, own, batch, plan.bags, masks.get(tower.name, ()))
    return z


def wide(plan: TowerPlan, params: Arrays, batch: Arrays, bags: tuple[int, ...], masks: Sequence[Any]) -> Any:
    z = rows_of(params["w"], batch["wide"]).sum(axis=1)                 # (N,), or (N, K) of classes
    return z if z.ndim == 2 else z[:, None]


def deep(plan: TowerPlan, params: Arrays, batch: Arrays, bags: tuple[int, ...], masks: Sequence[Any]) -> Any:
    columns = embed(params["E"], batch, bags)                           # [(N, C d), (N, d) of each bag ...]
    x = jnp.concatenate([*columns, batch["numbers"]], axis=1)           # (N, C d + M)
    x = dropped(x, plan, 0, masks)
    for i in range(plan.layers):
        x = jax.nn.relu(product(x, params[f"mlp.{i}.W"]) + params[f"mlp.{i}.b"])
        x = dropped(x, plan, i + 1, masks)
    return product(x, params["w"])                                      # (N, K)


def factorization(plan: TowerPlan, params: Arrays, batch: Arrays, bags: tuple[int, ...], masks: Sequence[Any]) -> Any:
    d = params["E"].shape[1]
    columns = jnp.concatenate(embed(params["E"], batch, bags), axis=1).reshape(-1, batch["columns"], d)
    P, Q = (columns[:, jnp.array(side)].sum(axis=1) for side in plan.sides)
    return dropped(P * Q, plan, 0, masks).sum(axis=1, keepdims=True)    # (N, d) -> (N, 1)


def embed(E: Any, batch: Arrays, bags: tuple[int, ...]) -> list[Any]:
    """The columns of one value side by side (N, C d), then the mean of each bag (N, d)."""
    V = rows_of(E, batch["deep"])                                       # (N, S, d)
    start = single = V.shape[1] - sum(bags)
    columns = [V[:, :single].reshape(len(V), -1)]
    for k, width in enumerate(bags):
        slots = V[:, start:start + width]                               # (N, slots, d)
        if batch["shares"].shape[1] == len(bags):                       # one share a bag: see jax_epoch.py, one_share
            columns.append(slots.sum(axis=1) * batch["shares"][:, k, None])
        else:
            columns.append((batch["shares"][:, start - single:start - single + width, None] * slots).sum(axis=1))
        start += width
    return columns


def rows_of(table: Any, ids: Any) -> Any:
    """table[ids]; fit has checked that no id is out of range."""
    return table.at[ids].get(mode="promise_in_bounds")


def product(a: Any, b: Any) -> Any:
    """a @ b in full float32; left alone, a GPU would round its inputs to 10 bits."""
    return jnp.matmul(a, b, precision="highest")


def dropped(x: Any, plan: TowerPlan, place: int, masks: Sequence[Any]) -> Any:
    """x, with the mask of this place, if there is one."""
    for keep, (of, _, rate) in zip(masks, plan.masks):
        x = jnp.where(keep, x * (1 / (1 - rate)), 0) if of == place else x
    return x


def log_loss(z: Any, y: Any, weight: Any, n: Any) -> tuple[Any, Any]:
    positive = z >= 0
    e = jnp.exp(-jnp.abs(z))
    losses = z * (positive - y) + jnp.log1p(e)
    error = jnp.where(positive, 1, e) / (1 + e) - y                     # p - y, the error signal a - y
    return (losses * weight).sum() / n, error * weight / n


def squared_error(z: Any, y: Any, weight: Any, n: Any) -> tuple[Any, Any]:
    error = z - y
    return ((error * error).sum(axis=1, keepdims=True) / 2 * weight).sum() / n, error * weight / n


def softmax_cross_entropy(z: Any, y: Any, weight: Any, n: Any) -> tuple[Any, Any]:
    z = z - z.max(axis=1, keepdims=True)                            # only differences count
    logsum = jax.nn.logsumexp(z, axis=1, keepdims=True)
    losses = logsum - (z * y).sum(axis=1, keepdims=True)
    return (losses * weight).sum() / n, (jnp.exp(z - logsum) - y) * weight / n


def ordinal(z: Any, y: Any, weight: Any, n: Any, thresholds: tuple[float, ...], each: tuple[float, ...]
            ) -> tuple[Any, Any]:
    above = (y > jnp.array(thresholds, y.dtype)).astype(z.dtype)        # (N, K)
    return log_loss(z, above, weight * jnp.array(each, z.dtype), n)


TOWERS: dict[str, Any] = {"wide": wide, "deep": deep, "product": factorization}
LOSSES: dict[str, Any] = {"log loss": log_loss, "squared error": squared_error, "softmax": softmax_cross_entropy,
                          "ordinal": ordinal}
