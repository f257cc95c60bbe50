"""Warm start: train yesterday's model further, with today's vocabulary.

    new row of a table = the old row of the same NAME, if there was one, with its optimizer state        else fresh

Ids change from one day to the next: a new film shifts every id after it.  Names are stable: "item=50",
"age in [25, 31)", "occupation=student AND genres has Drama".  So the rows of wide weights and embeddings are carried
over by the names that the encoders give them.  Everything that is not a table, the layers of the MLP and the bias, is
copied unchanged.

The optimizer state (`memory`) is carried over with the weights.  AdaGrad's sum of squares makes the steps of a row that
was seen often small, and those of a fresh row large: old rows change little while new ones are learned.  FTRL computes
w from its state (so weights set by EMA last until FTRL first updates them).

A bucket whose boundaries moved has another name, and starts afresh.  The name of a hashed bucket is its number.

Read before: encoder.py, ftrl.py, saving.py        Read next: warm_start.py
Source: Cheng et al. 2016, section 4.2: a "warm-starting system which initializes a new model with the embeddings and
the linear model weights from the previous model".
"""
import copy
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mlp.optimizers import Optimizer
from mlp.windows import Windows, flatten
from perceptron.activations import Array
from widedeep.batch import check_made_by
from widedeep.features.hashing import HashedColumn
from widedeep.ftrl import FTRL
from widedeep.model import WideDeep
from widedeep.saving import build_tower
from widedeep.training.weight_decay import WeightDecay
from widedeep.wide import Wide

Optimizers = Mapping[str, Optimizer]


def grow(model: WideDeep, encoder: Any, new_encoder: Any, optimizers: Optimizers | None = None, *,
         rng: np.random.Generator) -> tuple[WideDeep, dict[str, Optimizer]]:
    """A copy of the model and of its optimizers, for another encoder; no optimizers given: {}.

    model, encoder : trained, and the encoder that made its batches        new_encoder : fitted on more rows
    rng : draws the fresh rows of embeddings

    Both encoders must give the deep tower the same columns and numbers, in the same order, and the wide tower the same
    columns; or ValueError.
    """
    check_made_by("grow", encoder.fingerprint, model.made_for)
    check_same("wide", encoder.wide, new_encoder.wide)
    check_same("deep", encoder.deep, new_encoder.deep)
    if encoder.n_inputs != new_encoder.n_inputs:
        raise ValueError(f"grow: {encoder.n_inputs} and {new_encoder.n_inputs} (columns, numbers) into the deep tower; "
                         "want the same")
    towers: dict[str, Any] = {}
    for name, tower in model.towers.items():
        size = {"n_features": new_encoder.n_wide} if isinstance(tower, Wide) else {"n_rows": new_encoder.n_deep}
        towers[name] = build_tower(type(tower), tower.spec() | size, rng)
    grown = type(model)(**model.spec(), dtype=model.b.dtype, **towers)
    rules = {name: fresh(rule, new_encoder) for name, rule in (optimizers or {}).items()}
    memories = {name: start(grown.params()[name], rule) for name, rule in rules.items()}    # before weights are copied
    wide, deep = carried(encoder.wide, new_encoder.wide), carried(encoder.deep, new_encoder.deep)
    old_arrays = dict(flatten(model.params()))
    tables = {f"{name}.{array}": wide if isinstance(tower, Wide) else deep
              for name, tower in towers.items() for array in tower.frozen()}            # with a row 0: tables
    for name, w in flatten(grown.params()):
        put(w, old_arrays[name], tables.get(name))
    for group, memory in memories.items():
        had = by_name("", model.params()[group], (optimizers or {})[group].memory)
        for name, new in by_name("", grown.params()[group], memory).items():
            for ours, theirs in zip(new, had.get(name, ())):        # no memory yet: no step taken
                put(ours, theirs, tables.get(f"{group}.{name}"))
        rules[group].memory.update(memory)
    grown.made_for, grown.last_step = new_encoder.fingerprint, model.last_step
    return grown, rules


def check_same(tower: str, old: Sequence[Any], new: Sequence[Any]) -> None:
    names = [[column.name for column in columns] for columns in (old, new)]
    if names[0] != names[1]:
        odd = sorted(set(names[0]) ^ set(names[1])) or "in another order"
        raise ValueError(f"grow: the {tower} columns of the two encoders differ: {odd}; want the same columns, "
                         "fitted on other rows")


def carried(old: Sequence[Any], new: Sequence[Any]) -> tuple[Array, Array]:
    """(from, to), both (K,): rows of the old table and of the new one that have the same name.  Row 0 to row 0."""
    place = {name: i for i, name in enumerate(names(old), start=1)}
    pairs = [(0, 0), *((place[name], i) for i, name in enumerate(names(new), start=1) if name in place)]
    source, target = zip(*pairs)
    return np.array(source), np.array(target)


def names(columns: Sequence[Any]) -> Iterator[tuple[str, Hashable]]:
    """(column, value) of the ids 1, 2, ... of a tower."""
    for column in columns:
        for i in range(1, column.size + 1):
            yield column.name, i if isinstance(column, HashedColumn) else column.value(i)


def put(new: Array, old: Array, rows: tuple[Array, Array] | None) -> None:
    """Write the old array into the new one, in place; of a table, the rows (from, to)."""
    if rows is None:
        new[...] = old
    else:
        source, target = rows
        new[target] = old[source]


def fresh(rule: Optimizer, new_encoder: Any) -> Optimizer:
    """The same rule and settings, without its state.  The step count is kept: Adam needs it."""
    rule = copy.deepcopy(rule)
    rule.memory.clear()                                             # in place: WeightDecay and its rule share it
    if isinstance(rule, FTRL) and rule.blocks is not None:
        factors = [factor for _, factor in rule.blocks]
        rule.blocks = list(zip([1, *(column.size for column in new_encoder.wide)], factors))
    return rule


def start(params: Any, rule: Optimizer, name: str = "") -> dict[str, tuple[Array, ...]]:
    """The rule's initial state for these arrays, under the names that the rule itself uses."""
    rule = rule.rule if isinstance(rule, WeightDecay) else rule
    if isinstance(params, Windows):
        return {name: rule.start(params.flat)}
    if isinstance(params, Mapping):
        return {key: memory for part in params
                for key, memory in start(params[part], rule, f"{name}.{part}" if name else part).items()}
    return {name: rule.start(params)}


def by_name(name: str, params: Any, memory: Mapping[str, tuple[Array, ...]]) -> dict[str, list[Array]]:
    """{array's name: its memory}: views.  The memory of Windows is one vector; this gives the part of each array."""
    if isinstance(params, Windows):
        parts = [Windows(params.shapes, m) for m in memory.get(name, ())]
        return {f"{name}.{key}" if name else key: [part[key] for part in parts] for key in params}
    if isinstance(params, Mapping):
        return {key: found for part in params
                for key, found in by_name(f"{name}.{part}" if name else part, params[part], memory).items()}
    return {name: list(memory.get(name, ()))}
