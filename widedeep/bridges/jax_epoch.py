"""A step, and an epoch as one jitted scan over steps, whose state is updated in place (donated).

    load      weights, memories and averages of the NumPy model -> JAX
    scan      over the batches in the order that the generator drew; the last one is filled up with rows that count 0
    store     back into the same NumPy arrays

Read before: jax_rules.py, train.py
"""
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib import import_module
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from mlp.windows import flatten
from perceptron.activations import Array
from widedeep.batch import Batch
from widedeep.bridges.jax_forward import LOSSES, Arrays, forward
from widedeep.bridges.jax_plan import Plan, memories, rate_of, undecayed
from widedeep.bridges.jax_rules import RULES, SETTINGS, numbers_of
from widedeep.model import WideDeep


def step(plan: Plan, columns: int, state: Arrays, now: Arrays) -> tuple[Arrays, Any]:
    """One mini-batch, now["batch"]; returns the moved state, and the loss before the step."""
    batch = now["batch"]
    inputs = batch | {"columns": columns}
    z, back = jax.vjp(lambda params: forward(plan, params, inputs, now["masks"]), state["params"])
    numbers = iter(list(now["numbers"]))                                # in the order of numbers_for
    name, *constants = plan.loss
    weight = now["counts"] * batch["weight"] if plan.weighted else now["counts"]
    value, dz = LOSSES[name](z, batch["labels"], weight, next(numbers), *constants)
    (grads,) = back(dz)
    settings = [[next(numbers) for _ in SETTINGS[rule]] for rule in plan.rules]
    moved: Arrays = {"params": {}, "memory": {}, "means": {}}
    for array in plan.arrays:
        w, g = state["params"][array.name], grads[array.name]
        g = g.at[0].set(0) if array.frozen else g                       # id 0 is not a parameter
        w = w * next(numbers) if array.decays else w
        rule = RULES[plan.rules[array.group]]
        w, memory = rule(w, g, state["memory"][array.name], *settings[array.group])
        moved["params"][array.name], moved["memory"][array.name] = w, memory
    if plan.averaged:
        rest = next(numbers)
        moved["means"] = {name: mean + (moved["params"][name] - mean) * rest for name, mean in state["means"].items()}
    return moved, value


def epoch(plan: Plan, columns: int, state: Any, data: Arrays, steps: Arrays) -> tuple[Any, Any]:
    """The state after all steps, and the loss of each.

    state : all weights, memories and averages end to end in one vector, so that one copy brings them here and back
    steps : of each step "rows" (steps, B), the row numbers, all gathered at once; "counts" (steps, B, 1), 1, or 0 for
        rows that fill the last batch up; "numbers", see numbers_for; "masks" (steps, B, columns)
    """
    batches = {name: array[steps["rows"]] for name, array in data.items()}
    arrays, losses = jax.lax.scan(partial(step, plan, columns), parted(plan, state), steps | {"batch": batches})
    return jnp.concatenate([array.ravel() for array in in_order(plan, arrays)]), losses


def in_order(plan: Plan, arrays: Arrays) -> list[Any]:
    """Every array of the state: all weights, then all memories, then the averages."""
    found = [arrays["params"][array.name] for array in plan.arrays]
    found += [part for array in plan.arrays for part in arrays["memory"][array.name]]
    return found + [arrays["means"][array.name] for array in plan.arrays if plan.averaged]


def parted(plan: Plan, state: Any) -> Arrays:
    """The vector as arrays by name, in that order."""
    start = 0

    def take(shape: tuple[int, ...]) -> Any:
        nonlocal start
        start += prod(shape)
        return state[start - prod(shape):start].reshape(shape)

    arrays: Arrays = {"params": {array.name: take(array.shape) for array in plan.arrays}}
    arrays["memory"] = {array.name: tuple(take(array.shape) for _ in range(array.memories)) for array in plan.arrays}
    arrays["means"] = {array.name: take(array.shape) for array in plan.arrays if plan.averaged}
    return arrays


compiled_epoch: Any = jax.jit(epoch, static_argnums=(0, 1), donate_argnums=2)
compiled_forward: Any = jax.jit(
    lambda plan, columns, params, data: forward(plan, params, data | {"columns": columns}, {}), static_argnums=(0, 1))


def run(plan: Plan, model: WideDeep, optimizers: Mapping[str, Any], ema: Any, data: Arrays, n: int, batch_size: int,
        mean_weight: float, rng: np.random.Generator) -> float:
    """One epoch of the NumPy model, in place; returns the mean loss."""
    size = min(batch_size, n)
    count = -(-n // size)
    live = in_order(plan, live_arrays(model, optimizers, ema))
    order = rng.permutation(n)                                          # the order that widedeep.fit draws
    rows, counts = np.zeros(count * size, np.int32), np.zeros(count * size, plan.dtype)
    rows[:n], counts[:n] = order, 1
    steps = {"rows": rows.reshape(count, size), "counts": counts.reshape(count, size, 1),
             "masks": draw_masks(plan, n, size, count, rng)}
    sizes = counts.reshape(count, size).sum(axis=1)                     # (steps,)
    steps["numbers"] = numbers_for(plan, model, optimizers, ema, sizes * mean_weight)
    with precision(plan):
        state = jnp.array(np.concatenate([array.ravel() for array in live], dtype=plan.dtype))
        state, losses = jax.device_get(compiled_epoch(plan, columns_of(plan, data), state, data, steps))
    start = 0
    for array in live:
        array[...] = state[start:start + array.size].reshape(array.shape)
        start += array.size
    for group in model.params():
        rule, _ = undecayed(optimizers[group])
        rule.steps += count
        optimizers[group].steps = rule.steps
    if ema is not None:
        ema.steps += count
    return float(losses.astype(np.float64) @ sizes / n)


def live_arrays(model: WideDeep, optimizers: Mapping[str, Any], ema: Any) -> Arrays:
    """The NumPy model's own arrays, by full name: weights, each rule's memory, and the averages."""
    live: Arrays = {"params": dict(flatten(model.params())), "memory": {}, "means": {}}
    for group, params in model.params().items():
        rule, _ = undecayed(optimizers[group])
        rule.lr = optimizers[group].lr                                  # as WeightDecay.step sets it
        rule.follow(params)                                             # FTRL, after its rates have changed
        live["memory"] |= {f"{group}.{name}": found for name, found in memories("", params, rule).items()}
    if ema is not None:
        live["means"] = dict(zip(live["params"], ema.means))
    return live


def numbers_for(plan: Plan, model: WideDeep, optimizers: Mapping[str, Any], ema: Any, divisors: Array) -> Array:
    """(steps, numbers): each step's divisor of the loss, settings of every rule, decays and the average's share."""
    steps, found = len(divisors), [divisors]
    for group, kind in zip(model.params(), plan.rules):
        found += numbers_of(undecayed(optimizers[group])[0], kind, steps)
    for group, params in model.params().items():
        _, rates = undecayed(optimizers[group])
        found += [1 - optimizers[group].lr * rate for name, _ in flatten(params) if (rate := rate_of(rates, name))]
    if ema is not None:
        t = ema.steps + np.arange(1, steps + 1)
        found.append(1 - np.minimum(ema.decay, t / (t + 10)))
    table = np.empty((steps, len(found)), plan.dtype)
    for column, x in enumerate(found):
        table[:, column] = x
    return table


def draw_masks(plan: Plan, n: int, size: int, count: int, rng: np.random.Generator) -> dict[str, list[Array]]:
    """Which neurons are kept, (steps, B, columns) for each mask of a tower, drawn in the order of NumPy's fit."""
    masks = {tower.name: [np.zeros((count, size, columns), bool) for _, columns, _ in tower.masks]
             for tower in plan.towers if tower.masks}
    for k in range(count) if masks else ():
        for tower in plan.towers:
            for mask, (_, _, rate) in zip(masks.get(tower.name, ()), tower.masks):
                part = mask[k, :n - k * size]                           # the last batch may be shorter
                np.greater_equal(rng.random(part.shape, dtype=np.float32), rate, out=part)
    return masks


def rows_of(plan: Plan, batch: Batch, labels: Any = None, weight: Any = None) -> Arrays:
    """The batch's arrays that the towers read, where JAX computes; floats in the model's dtype."""
    kinds = {tower.kind for tower in plan.towers}
    found: dict[str, Any] = {"wide": batch.wide} if "wide" in kinds else {}
    if kinds - {"wide"}:
        found |= {"deep": batch.deep, "shares": one_share(batch), "numbers": batch.numbers}
    found |= {name: array for name, array in (("labels", labels), ("weight", weight)) if array is not None}
    with precision(plan):
        return {name: jnp.asarray(array, plan.dtype if array.dtype.kind != "i" else np.int32)
                for name, array in found.items()}


def one_share(batch: Batch) -> Array:
    """(N, bags) where the known values of a bag all have one share, as an encoder gives them; else the shares as they
    are.  Padding needs no share of 0: it is id 0, whose row is 0."""
    start = batch.deep.shape[1] - sum(batch.bags)
    single, short = start, np.zeros((len(batch), len(batch.bags)), batch.shares.dtype)
    for k, width in enumerate(batch.bags):
        shares = batch.shares[:, start - single:start - single + width]
        short[:, k] = shares.max(axis=1, initial=0)
        if ((shares != short[:, [k]]) & (batch.deep[:, start:start + width] != 0)).any():
            return batch.shares
        start += width
    return short


def columns_of(plan: Plan, data: Arrays) -> int:
    """How many embedded columns a row has, each bag one of them."""
    return data["deep"].shape[1] - sum(plan.bags) + len(plan.bags) if "deep" in data else 0


def logits(plan: Plan, model: WideDeep, data: Any) -> Array:
    """z (N, K) of all these rows with the model's weights as they are."""
    params = dict(flatten(model.params()))
    with precision(plan):
        return np.asarray(compiled_forward(plan, columns_of(plan, data), params, data))


def precision(plan: Plan) -> AbstractContextManager[Any]:
    """Inside it JAX computes in float64 if the model does; it would make float32 of it."""
    if plan.dtype == "float32":
        return nullcontext()
    where: Any = jax if hasattr(jax, "enable_x64") else import_module("jax.experimental")   # where older ones have it
    return where.enable_x64(True)
