"""The plan: what there is to compile, read from a model, its optimizers and the loss.

A plan holds names, numbers of columns and rates, and no array: it can be compared and hashed, so that JAX compiles once
for all models of one plan and shape.  What the engine does not know is refused here, by its name.

Read before: jax.py        Read next: jax_forward.py
"""
import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple

from mlp.losses import softmax_cross_entropy, squared_error
from mlp.optimizers import SGD, AdaGrad, Adam, Momentum, Optimizer
from mlp.windows import Windows, flatten
from perceptron.activations import Array, relu
from perceptron.losses import log_loss
from widedeep.batch import Batch, Ragged
from widedeep.deep import Deep
from widedeep.ftrl import FTRL
from widedeep.heads.classes import DeepClasses, WideClasses
from widedeep.heads.ordinal import OrdinalRegression
from widedeep.model import WideDeep
from widedeep.rows import SMALL
from widedeep.towers.matrix_factorization import MatrixFactorization
from widedeep.training.ema import EMA
from widedeep.training.weight_decay import WeightDecay
from widedeep.wide import Wide

TOWERS = {Wide: "wide", WideClasses: "wide", Deep: "deep", DeepClasses: "deep", MatrixFactorization: "product"}
RULES = {SGD: "sgd", Momentum: "momentum", AdaGrad: "adagrad", Adam: "adam", FTRL: "ftrl"}
LOSSES = {log_loss: "log loss", squared_error: "squared error", softmax_cross_entropy: "softmax"}
INSTEAD = "; want widedeep.fit for it (NumPy, any {})"


class TowerPlan(NamedTuple):
    """name : in the model        kind : a value of TOWERS        layers : of the MLP
    masks : (place, columns, rate) of each dropout mask of a step, in the order in which they are drawn; place 0 is
        the tower's inputs, i the outputs of layer i
    sides : matrix factorization's left and right columns
    """

    name: str
    kind: str
    layers: int = 0
    masks: tuple[tuple[int, int, float], ...] = ()
    sides: tuple[tuple[int, ...], ...] = ()


class ArrayPlan(NamedTuple):
    """One array: its full name and shape, how many arrays of that shape its rule remembers, the number of its group,
    whether it decays, and whether its row 0 stays 0."""

    name: str
    shape: tuple[int, ...]
    memories: int
    group: int
    decays: bool
    frozen: bool


class Plan(NamedTuple):
    """rules : of each group        loss : its name, then its constants        bags : slots of each bag
    weighted : do rows have weights?        averaged : is there an EMA?
    """

    towers: tuple[TowerPlan, ...]
    rules: tuple[str, ...]
    arrays: tuple[ArrayPlan, ...]
    loss: tuple[Any, ...]
    dtype: str
    bags: tuple[int, ...]
    weighted: bool
    averaged: bool


def plan_of(model: WideDeep, optimizers: Mapping[str, Optimizer], batch: Batch, loss: Any, ema: Any, weighted: bool
            ) -> Plan:
    frozen, arrays, rules = model.frozen(), [], []
    for number, (group, params) in enumerate(model.params().items()):
        rule, rates = undecayed(optimizers[group])
        rules.append(RULES[type(rule)])
        for name, memory in memories("", params, rule).items():
            full, shape = f"{group}.{name}", dict(flatten(params))[name].shape
            arrays.append(ArrayPlan(full, shape, len(memory), number, rate_of(rates, name) > 0, full in frozen))
    return Plan(tuple(tower_plan(name, tower) for name, tower in model.towers.items()), tuple(rules), tuple(arrays),
                loss_plan(loss), dtype_of(model), tuple(batch.bags), weighted, ema is not None)


def tower_plan(name: str, tower: Any) -> TowerPlan:
    kind = TOWERS[type(tower)]
    if kind == "wide":
        return TowerPlan(name, kind)
    masks: list[tuple[int, int, float]] = []
    if kind == "product":
        if tower.dropout:
            masks.append((0, tower.E.shape[1], tower.dropout))
        return TowerPlan(name, kind, masks=tuple(masks), sides=(tuple(tower.left), tuple(tower.right)))
    sizes = tower.mlp.sizes
    if tower.drop_inputs:
        masks.append((0, sizes[0], tower.drop_inputs))
    if tower.mlp.dropout:
        masks += [(i, size, tower.mlp.dropout) for i, size in enumerate(sizes[1:-1], start=1)]     # not of the last
    return TowerPlan(name, kind, len(sizes) - 1, tuple(masks))


def loss_plan(loss: Any) -> tuple[Any, ...]:
    """Its name; of OrdinalRegression.loss(...), a function made for one model, also thresholds and their weights."""
    if loss in LOSSES:
        return (LOSSES[loss],)
    if getattr(loss, "__qualname__", "") == "OrdinalRegression.loss.<locals>.ordinal_loss":
        held = inspect.getclosurevars(loss).nonlocals
        return "ordinal", tuple(held["self"].thresholds), tuple(held["each"].tolist())
    raise ValueError(f"fit (jax): the loss {getattr(loss, '__name__', loss)} is not known here; there are "
                     f"{', '.join(known.__name__ for known in LOSSES)} and OrdinalRegression.loss(...)"
                     + INSTEAD.format("loss"))


def undecayed(optimizer: Any) -> tuple[Any, Mapping[str, float]]:
    """(the rule itself, WeightDecay's rates, none where there is no decay)."""
    return (optimizer.rule, optimizer.rates) if type(optimizer) is WeightDecay else (optimizer, {})


def rate_of(rates: Mapping[str, float], name: str) -> float:
    """The array's decay; as in WeightDecay.step."""
    return next((rate for start, rate in rates.items() if name.startswith(start)), 0.0)


def dtype_of(model: WideDeep) -> str:
    return "float64" if any(w.dtype == "float64" for _, w in flatten(model.params())) else "float32"


def memories(name: str, params: Any, rule: Optimizer) -> dict[str, tuple[Array, ...]]:
    """The rule's memory of each array, by the array's name; of Windows, windows of its one vector."""
    if isinstance(params, Windows):
        parts = [Windows(params.shapes, part) for part in rule._memory(name, params.flat)]
        return {f"{name}.{key}" if name else key: tuple(part[key] for part in parts) for key in params}
    if isinstance(params, dict):
        found: dict[str, tuple[Array, ...]] = {}
        for key, inner in params.items():
            found |= memories(f"{name}.{key}" if name else key, inner, rule)
        return found
    return {name: rule._memory(name, params)}


def check_known(model: WideDeep, optimizers: Mapping[str, Optimizer], loss: Any, ema: Any, *batches: Any) -> None:
    """Raise ValueError, by name, for what this engine does not know; the optimizers' own pages say what they are."""
    if type(model).forward is not WideDeep.forward or type(model).backward not in (
            WideDeep.backward, OrdinalRegression.backward):
        raise ValueError(f"fit (jax): {type(model).__name__} has a forward or backward of its own"
                         + INSTEAD.format("head"))
    for name, tower in model.towers.items():
        if type(tower) not in TOWERS:
            raise ValueError(f"fit (jax): tower {name!r}, {type(tower).__name__}, is not known here; there are "
                             f"{', '.join(known.__name__ for known in TOWERS)}" + INSTEAD.format("tower"))
        if isinstance(tower, Deep) and any(f != relu for f in tower.mlp.activations):
            raise ValueError(f"fit (jax): tower {name!r} has activations other than relu"
                             + INSTEAD.format("activation"))
    for group, params in model.params().items():
        rule, rates = undecayed(optimizers[group])
        if type(rule) not in RULES or (rates and type(rule) is FTRL):
            decay = " inside WeightDecay" if type(optimizers[group]) is WeightDecay else ""
            raise ValueError(f"fit (jax): the rule of {group!r}, {type(rule).__name__}{decay}, is not known here; "
                             f"there are {', '.join(known.__name__ for known in RULES)}, and WeightDecay around all "
                             "but FTRL"
                             + INSTEAD.format("rule"))
        large = [name for name, w in flatten(params) if f"{group}.{name}" in model.frozen() and w.size > SMALL]
        if large and isinstance(rule, (Adam, Momentum)) and rule.lazy:
            raise ValueError(f"fit (jax): {group}.{large[0]} is a large table, and lazy=True moves the rows of the "
                             "batch alone; here every step moves the whole table: lazy=False, or widedeep.fit")
        if any(w.dtype not in ("float32", "float64") for _, w in flatten(params)):
            raise ValueError(f"fit (jax): {group!r} has weights that are not float32 or float64")
    loss_plan(loss)
    if ema is not None and type(ema) is not EMA:
        raise ValueError(f"fit (jax): the average {type(ema).__name__} is not known here; want EMA(model.params(), "
                         "decay)" + INSTEAD.format("average"))
    if any(isinstance(batch, Ragged) for batch in batches):
        raise ValueError("fit (jax): a few rows are much longer than the others, and here all would be padded to the "
                         "longest" + INSTEAD.format("rows") + ", or Batch rows: batch.whole()")
