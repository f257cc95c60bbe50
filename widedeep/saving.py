"""Saving: model, encoder and optimizers in one archive, since none is of use without the others.

An .npz file (a zip of arrays) without pickle, so that opening one runs no code: weights and optimizer memory as arrays,
vocabularies and settings as one JSON text.  It is written beside and renamed into place: a crash leaves the old one.

Read before: encoder.py, model.py        Read next: exact.py
"""
import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mlp.optimizers import SGD, AdaGrad, Adam, Momentum, Optimizer
from mlp.windows import flatten
from perceptron.activations import Array
from widedeep.decay import Decay
from widedeep.deep import Deep
from widedeep.encoder import Encoder
from widedeep.ftrl import FTRL
from widedeep.heads import Classes, DeepClasses, Regression, WideClasses
from widedeep.model import Tower, WideDeep
from widedeep.ordered import Ordered
from widedeep.pace import PacedFTRL
from widedeep.product import Product
from widedeep.wide import Wide

VERSION = 1
BUILD: dict[str, Callable[..., Tower]] = {"Wide": Wide, "Deep": partial(Deep, rng=np.random.default_rng(0)),
                                          "Product": partial(Product, rng=np.random.default_rng(0)),
                                          "WideClasses": WideClasses,
                                          "DeepClasses": partial(DeepClasses, rng=np.random.default_rng(0))}
HEADS: dict[str, Callable[..., WideDeep]] = {"WideDeep": WideDeep, "Regression": Regression, "Classes": Classes,
                                             "Ordered": Ordered}
RULES: dict[str, type[Optimizer]] = {rule.__name__: rule
                                     for rule in (SGD, Momentum, AdaGrad, Adam, FTRL, PacedFTRL, Decay)}


def save(path: str | os.PathLike[str], model: WideDeep, encoder: Encoder,
         optimizers: Mapping[str, Optimizer] | None = None) -> Path:
    """Write one archive; with the optimizers, training can go on where it stopped.  Returns its path.

    Raises OSError if the folder cannot be written, TypeError for a tower of another kind or a category that is neither
    a string nor a number.
    """
    for name, tower in model.towers.items():
        if type(tower).__name__ not in BUILD:
            raise TypeError(f"save: tower {name!r} is a {type(tower).__name__}, and load builds {sorted(BUILD)} only")
    if not isinstance(encoder, Encoder):
        raise TypeError(f"save: a {type(encoder).__name__} holds training rows; an archive keeps an Encoder only")
    arrays = {f"params/{name}": w for name, w in flatten(model.params())}
    rules = {}
    for group, optimizer in (optimizers or {}).items():
        rules[group] = rule_state(optimizer)
        for name, memory in optimizer.memory.items():
            arrays |= {f"memory/{group}/{name}/{i}": m for i, m in enumerate(memory)}
    about = {"version": VERSION, "dtype": str(model.b.dtype), "encoder": encoder.state(), "optimizers": rules,
             "towers": {name: {"kind": type(tower).__name__, "spec": tower.spec()}
                        for name, tower in model.towers.items()}}
    if isinstance(model, (Regression, Classes, Ordered)):
        about["head"] = {"kind": type(model).__name__, "spec": model.spec()}
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    return write_beside(Path(path), lambda beside: write_arrays(beside, arrays))


def load(path: str | os.PathLike[str]) -> tuple[WideDeep, Encoder, dict[str, Optimizer]]:
    """(model, encoder, optimizers) as they were saved; the optimizers are {} if none were.

    Raises FileNotFoundError, or ValueError if the file is cut short, is not such an archive, or is of a newer version.
    """
    arrays = read(Path(path))
    try:
        about = json.loads(arrays.pop("about").tobytes())
        newer = about["version"] > VERSION
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: an .npz, but not one of widedeep.save ({error!r})") from error
    if newer:
        raise ValueError(f"{path}: written by a newer version of this package (archive version {about['version']}, "
                         f"this one reads up to {VERSION}); update the package")
    try:
        towers = {name: BUILD[saved["kind"]](**saved["spec"]) for name, saved in about["towers"].items()}
        head = about.get("head", {"kind": "WideDeep", "spec": {}})
        model = HEADS[head["kind"]](**head["spec"], dtype=about["dtype"], **towers)
        for name, w in flatten(model.params()):
            w[...] = arrays[f"params/{name}"]
        optimizers = {}
        for group, saved in about["optimizers"].items():
            optimizers[group] = build_rule(saved)
        for key in sorted(key for key in arrays if key.startswith("memory/")):
            _, group, name, _ = key.split("/")
            optimizers[group].memory[name] = (*optimizers[group].memory.get(name, ()), arrays[key])
        return model, Encoder.from_state(about["encoder"]), optimizers
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: damaged, or not an archive of widedeep.save ({error!r}); save it again") from error


def rule_state(optimizer: Optimizer) -> dict[str, Any]:
    """The rule's name and settings; of one around another (Decay), the other's too.  Memory is arrays, kept apart."""
    if type(optimizer).__name__ not in RULES:
        raise TypeError(f"save: an optimizer is a {type(optimizer).__name__}, and load builds {sorted(RULES)}")
    return {"rule": type(optimizer).__name__,
            "settings": {name: {"optimizer": rule_state(value)} if isinstance(value, Optimizer) else value
                         for name, value in vars(optimizer).items() if name != "memory"}}


def build_rule(saved: dict[str, Any]) -> Optimizer:
    rule = RULES[saved["rule"]]
    optimizer = rule.__new__(rule)
    for name, value in saved["settings"].items():
        inner = isinstance(value, dict) and "optimizer" in value
        setattr(optimizer, name, build_rule(value["optimizer"]) if inner else value)
    optimizer.memory = optimizer.rule.memory if isinstance(optimizer, Decay) else {}    # the pair's is one and the same
    return optimizer


def read(path: Path) -> dict[str, Array]:
    """All arrays of the archive, each byte checked against the zip's own checksums."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except Exception as error:                                      # a broken zip can raise anything at all
        raise ValueError(f"{path}: not a whole archive of widedeep.save ({error}); "
                         "was it cut short while copying?") from error
    if "about" not in arrays:
        raise ValueError(f"{path}: an .npz, but not one of widedeep.save: it holds {sorted(arrays)[:5]}")
    return arrays


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    with open(path, "wb") as file:                                  # an open file: savez would add .npz to a name
        np.savez_compressed(file, **arrays)                         # type: ignore[arg-type]


def write_beside(path: Path, write: Callable[[Path], Any]) -> Path:
    """Write the whole file under another name first, then rename it: never half a file under the right name."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(beside)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return path
