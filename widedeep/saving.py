"""Saving: model, encoder and optimizers in one archive, because each is useless without the others.

An .npz file (a zip of arrays) without pickle, so that opening one runs no code: weights and optimizer memory as arrays,
vocabularies and settings as one JSON text, and a digest over all of it.  Kinds stand in it by their names alone
(registry.py).  What a file says is checked before anything is built (archives/).  docs/archive.md is the format.

Read before: encoder.py, model.py, registry.py        Read next: features/exact.py
"""
import inspect
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mlp.optimizers import SGD, AdaGrad, Adam, Momentum, Optimizer
from mlp.train import begin_step, check_together
from mlp.windows import Windows, flatten
from perceptron.activations import Array
from widedeep.archives.arrays import values
from widedeep.archives.files import write_beside as write_beside
from widedeep.archives.reading import check_model, read, sealed
from widedeep.archives.versions import VERSION
from widedeep.batch import check_made_by
from widedeep.encoder import Encoder
from widedeep.model import Tower, WideDeep, check_sizes
from widedeep.registry import find, name_of, register

for rule in (SGD, Momentum, AdaGrad, Adam):             # chapter 2 knows nothing of archives
    register("rule")(rule)


def save(path: Any, model: WideDeep, encoder: Any, optimizers: Mapping[str, Optimizer] | None = None) -> Any:
    """Write one archive; with the optimizers, training can go on where it stopped.  Returns `path`, a Path.

    path : of the file, or a file open for writing bytes
    encoder : an Encoder, or a HistoryEncoder, whose archive then holds the training rows' keys (ids of users and films)
        and labels, and nothing else of them

    Raises OSError if the folder cannot be written, TypeError for a kind that is not registered, ValueError for parts
    that do not belong together, or that load would refuse, such as weights of NaN.
    """
    if not isinstance(model, WideDeep) or not hasattr(encoder, "fingerprint"):
        raise ValueError(f"save: {type(model).__name__}, {type(encoder).__name__}; want save(path, model, encoder)")
    arrays = {f"params/{name}": w for name, w in flatten(model.params())}
    rules = {}
    check_made_by("save", encoder.fingerprint, model.made_for)
    check_sizes(model, encoder)
    check_together("save", model, optimizers or {})
    for memory in optimizers["bias"].memory.values() if optimizers and "bias" in optimizers else ():
        if memory and memory[0].shape != model.b.shape:
            raise ValueError(f"save: optimizers for {memory[0].shape} biases and a model with {model.b.shape}; save "
                             "the OrdinalRegression itself, or its model at_threshold without optimizers")
    for group, optimizer in (optimizers or {}).items():
        optimizer.follow(model.params().get(group, {}))
        rules[group] = rule_state(optimizer)
        for name, memory in optimizer.memory.items():
            arrays |= {f"memory/{group}/{name}/{i}": m for i, m in enumerate(memory)}
    about = {"version": VERSION, "dtype": str(model.b.dtype), "encoder": encoder_state(encoder), "optimizers": rules,
             "towers": {name: {"kind": name_of(tower, "tower"), "spec": tower.spec()}
                        for name, tower in model.towers.items()}}
    if type(model) is not WideDeep:
        about["head"] = {"kind": name_of(model, "head"), "spec": model.spec()}
    try:
        arrays = sealed(about, arrays, check_model, values)
    except ValueError as error:
        raise ValueError(f"save: {error}") from None
    if hasattr(path, "write"):
        np.savez_compressed(path, **arrays)                         # type: ignore[arg-type]
        return path
    return write_beside(Path(path), lambda beside: write_arrays(beside, arrays))


def load(path: Any) -> tuple[WideDeep, Any, dict[str, Optimizer]]:
    """(model, encoder, optimizers) as they were saved; the optimizers are {} if none were.

    path : of the file, or a file open for reading bytes
    Raises FileNotFoundError, or ValueError if the file is cut short, is not such an archive, or is of a newer version.
    """
    path = path if hasattr(path, "read") else Path(path)
    about, arrays = read(path)
    try:
        towers = {name: build_tower(find(saved["kind"], "tower"), saved["spec"], np.random.default_rng(0))
                  for name, saved in about["towers"].items()}
        head = about.get("head", {"kind": "WideDeep", "spec": {}})
        model = find(head["kind"], "head")(**head["spec"], dtype=about["dtype"], **towers)
        fill(dict(flatten(model.params())), arrays)
        optimizers = {}
        for group, saved in about["optimizers"].items():
            optimizers[group] = build_rule(saved)
        for key in sorted(key for key in arrays if key.startswith("memory/")):
            _, group, name, _ = key.split("/")
            if name not in (moved := moved_at_once(model.params()[group])):
                raise ValueError(f"{key}: memory of {name or 'all arrays'}; want that of {', '.join(moved) or 'all'}")
            optimizers[group].memory[name] = (*optimizers[group].memory.get(name, ()), arrays[key])
        for optimizer in optimizers.values():
            optimizer.follow({})                                    # its rates are those of its memory
        saved = about["encoder"] if "kind" in about["encoder"] else {"kind": "Encoder", "state": about["encoder"]}
        encoder = find(saved["kind"], "encoder").from_state(saved["state"])
        check_sizes(model, encoder)
        model.made_for = encoder.fingerprint
        begin_step(model, optimizers)
        return model, encoder, optimizers
    except Exception as error:                                      # a kind of somebody's own may raise anything
        raise ValueError(f"{path}: damaged, or not an archive of widedeep.save ({error!r}); save it again") from error


def fill(params: Mapping[str, Array], arrays: Mapping[str, Array]) -> None:
    """Write the saved arrays into the model's, each of the same shape and dtype."""
    saved = {name.removeprefix("params/"): w for name, w in arrays.items() if name.startswith("params/")}
    if odd := saved.keys() ^ params.keys():
        raise ValueError(f"weights of {sorted(saved)}; want {sorted(params)}, not {sorted(odd)}")
    for name, w in params.items():
        if (saved[name].shape, saved[name].dtype) != (w.shape, w.dtype):
            raise ValueError(f"{name} is {saved[name].dtype} {saved[name].shape}; want {w.dtype} {w.shape}")
        w[...] = saved[name]


def moved_at_once(params: Any, name: str = "") -> dict[str, Array]:
    """What an optimizer moves and remembers, under its names: Windows are one vector."""
    if isinstance(params, Windows):
        return {name: params.flat}
    if not isinstance(params, dict):
        return {name: params}
    return {key: w for part in params
            for key, w in moved_at_once(params[part], f"{name}.{part}" if name else part).items()}


def encoder_state(encoder: Any) -> dict[str, Any]:
    """What it learned; of any but the chapter's encoder with its kind."""
    state: dict[str, Any] = encoder.state()
    return state if type(encoder) is Encoder else {"kind": name_of(encoder, "encoder"), "state": state}


def build_tower(kind: type[Any], spec: Mapping[str, Any], rng: np.random.Generator) -> Tower:
    """A tower of this kind and spec; rng draws the weights of those whose weights are drawn."""
    drawn = {"rng": rng} if "rng" in inspect.signature(kind).parameters else {}
    tower: Tower = kind(**spec, **drawn)
    return tower


def rule_state(optimizer: Optimizer) -> dict[str, Any]:
    """The rule's name and settings; of one around another, the other's too.  Memory is arrays, kept apart."""
    return {"rule": name_of(optimizer, "rule"),
            "settings": {name: {"optimizer": rule_state(value)} if isinstance(value, Optimizer) else value
                         for name, value in vars(optimizer).items() if name != "memory"}}


def build_rule(saved: dict[str, Any]) -> Optimizer:
    rule = find(saved["rule"], "rule")
    optimizer: Optimizer = rule.__new__(rule)                       # the settings take the place of __init__
    for name, value in saved["settings"].items():
        inner = isinstance(value, dict) and "optimizer" in value
        setattr(optimizer, name, build_rule(value["optimizer"]) if inner else value)
    optimizer.memory = {}
    return optimizer


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    packed = io.BytesIO()               # savez would add .npz to a name, and on a full disk leave its zip open
    np.savez_compressed(packed, **arrays)                           # type: ignore[arg-type]
    path.write_bytes(packed.getbuffer())
