"""Checkpoints: a run that was killed goes on where its file is, to the same weights, bit for bit.

    fit(model, optimizers, train, ..., checkpoint=Checkpoint("run.npz"))        the same program again goes on

Weights alone would not do.  The next step also depends on what each rule remembers, on the generator (the order of the
rows, dropout), on the place in the epoch, on the average of the weights; and the end depends on the best epoch so far.
All of it is written, every so often, into one file: beside the last one, flushed, renamed (archives/files.py).

The order of an epoch's rows is not kept: the generator as it was before the epoch draws it again.

A program that is started again has to hand fit what it did before: rows, settings, a model with the same first weights
(seed its generator).  A checkpoint of anything else is refused.  What `report` keeps to itself is not part of it.

Read before: train.py, saving.py        Read next: stream.py
"""
import copy
import dataclasses
import json
import time
import warnings
from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from mlp.optimizers import Optimizer
from mlp.train import begin_step
from mlp.windows import flatten
from perceptron.activations import Array
from widedeep.archives.files import write_beside
from widedeep.archives.models import RULES
from widedeep.archives.reading import About, members_of, sealed, whole_or_not
from widedeep.archives.schema import Unfit, check, listing, maybe, number, one_of, settings, text, want, whole
from widedeep.archives.versions import VERSION
from widedeep.model import WideDeep
from widedeep.saving import moved_at_once
from widedeep.train import Optimizers, Progress, snapshot

Headers = Mapping[str, Any]


class Checkpoint:
    """path : of the file.  It is written when fit begins, and then after a step

    seconds : from one writing to the next, at least        steps : or after so many steps, whatever the time

    At the beginning a file that cannot be written raises OSError.  Later that is a warning: training goes on, the last
    good file stays, and the next writing is tried when it is due.
    """

    def __init__(self, path: Any, seconds: float = 30.0, steps: int | None = None):
        if not seconds >= 0 or not (steps is None or (isinstance(steps, (int, np.integer)) and steps >= 1)):
            raise ValueError(f"Checkpoint: seconds {seconds!r}, steps {steps!r}; want 0 or more, and 1+ or None")
        self.path, self.seconds, self.every = Path(path), seconds, steps

    def begin(self, now: Progress, model: WideDeep, optimizers: Optimizers, rng: Any, ema: Any, run: Any) -> None:
        """Take everything, `now` included, to where the file is, if there is one; then write it.

        run : what makes the run, as rows and settings        Raises ValueError for the checkpoint of another one.
        """
        if not hasattr(rng, "bit_generator"):
            raise ValueError(f"Checkpoint: rng {rng!r} does not tell its state; want np.random.default_rng(0)")
        if ema is not None and not hasattr(ema, "means"):
            raise ValueError(f"Checkpoint: the average is a {type(ema).__name__}; want an EMA")
        self.now, self.model, self.optimizers, self.rng, self.ema = now, model, optimizers, rng, ema
        self.run = {"rows and settings": digest_of(run), "first weights and memories": digest_of(self.arrays()),
                    "rules": {name: settings_of(rule) for name, rule in optimizers.items()},
                    "average": None if ema is None else ema.decay,
                    "generator": rng.bit_generator.state["bit_generator"]}
        self.before = self.after = rng.bit_generator.state          # of the generator: as the epoch began, and now
        self.taken, self.skip = 0, 0                                # steps of the epoch
        self.encoders = {"", model.made_for, run[0].made_by}        # of which the model may be
        if self.path.exists():
            about, arrays = self.read()
            self.go_on(about["checkpoint"], arrays)
        self.write()
        self.due()

    def steps(self, batches: Iterator[Any]) -> Iterator[Any]:
        """The mini-batches of the epoch that are left; after a step whose time has come, the file is written."""
        skip, self.skip, self.taken = self.skip, 0, 0
        self.before = self.rng.bit_generator.state                  # the first batch will draw the order of the rows
        for self.taken, rows in enumerate(batches, start=1):
            if self.taken <= skip:
                if self.taken == skip:
                    self.rng.bit_generator.state = self.after
                continue
            yield rows
            self.until -= 1                                         # fit asks for the next batch: the step is taken
            if self.until <= 0 or time.monotonic() >= self.at:
                self.after = self.rng.bit_generator.state
                self.try_to_write()
                self.due()
        if self.taken < skip:
            raise ValueError(f"{self.path}: {skip} steps of an epoch of {self.taken}; want this run's checkpoint")

    def due(self) -> None:
        self.until = np.inf if self.every is None else self.every
        self.at = time.monotonic() + self.seconds if self.every is None else np.inf

    def try_to_write(self) -> None:
        try:
            self.write()
        except (OSError, ValueError) as error:
            warnings.warn(f"fit: no checkpoint: {error}; training goes on", RuntimeWarning, stacklevel=4)

    def write(self) -> None:
        """Raises OSError, or ValueError if the weights are not finite."""
        now, best, arrays = self.now, None, self.arrays()
        if now.kept is not None:
            weights, memories = now.kept
            rules = {name: as_it_was(self.optimizers[name], its) for name, its in memories.items()}
            names = [name for name, _ in flatten(self.model.params())]
            arrays |= {f"best/{name}": w for name, w in arrays_of(zip(names, weights), rules).items()}
            best = {"loss": now.best, "epoch": now.best_epoch, "rules": rules_of(rules)}
        its = {"run": self.run, "before": self.before, "after": self.after, "steps": self.taken, "total": now.total,
               "total_dtype": str(np.asarray(now.total).dtype) if isinstance(now.total, np.generic) else None,
               "history": now.history, "best": best, "rules": rules_of(self.optimizers),
               "made_for": self.model.made_for, "averaged": None if self.ema is None else self.ema.steps}
        about = json.loads(json.dumps({"version": VERSION, "checkpoint": its}, default=plain))
        members = sealed(about, arrays, self.fits, finite)
        write_beside(self.path, lambda beside: write_arrays(beside, members))

    def arrays(self) -> dict[str, Array]:
        """Live: weights, memories, and the average."""
        averages = {} if self.ema is None else {f"average/{i}": mean for i, mean in enumerate(self.ema.means)}
        return arrays_of(flatten(self.model.params()), self.optimizers) | averages

    def read(self) -> tuple[About, dict[str, Array]]:
        with open(self.path, "rb") as file:
            return whole_or_not(self.path, "Checkpoint", lambda: members_of(file, self.fits, finite))

    def fits(self, about: About, arrays: Headers) -> None:
        """Raise Unfit unless settings and arrays are a checkpoint of this run: compared with the live model's own."""
        check(about, "about", {"version": whole(1), "checkpoint": settings})
        its = about["checkpoint"]
        check(its, "checkpoint", {
            "run": settings, "before": settings, "after": settings, "steps": whole(), "total": number(),
            "total_dtype": maybe(one_of("float16", "float32", "float64", "float128")),
            "history": listing(record), "best": maybe(best), "rules": settings, "made_for": text,
            "averaged": maybe(whole())})
        mine = json.loads(json.dumps(self.run, default=plain))
        odd = [name for name in mine if its["run"].get(name, "") != mine[name]] + [*(its["run"].keys() - mine.keys())]
        if odd:
            raise Unfit(f"of another run: other {', '.join(odd)}; hand fit what it had then (seed the generators), or "
                        "remove the file to begin anew")
        want((its["averaged"] is None) == (self.ema is None), "averaged", its["averaged"], "as the run has an average")
        for name in ("before", "after"):
            state_of(self.rng.bit_generator, its[name], name)
        want(its["made_for"] in self.encoders, "made_for", its["made_for"], "the encoder of the rows")
        left = dict(arrays)
        for start, rules in (("", its["rules"]), ("best/", (its["best"] or {}).get("rules"))):
            if rules is None:
                continue
            want(rules.keys() == self.optimizers.keys(), f"{start}rules", sorted(rules), str(sorted(self.optimizers)))
            for group, rule in self.optimizers.items():
                same_form(settings_of(rule), rules[group], f"{start}rules.{group}")
                in_range(rules[group], f"{start}rules.{group}")
                for name, w in moved_at_once(self.model.params().get(group, {})).items():
                    for i in range(9):
                        if (kept := left.pop(f"{start}memory/{group}/{name}/{i}", None)) is not None:
                            same_array(f"{start}memory/{group}/{name}/{i}", kept, w)
            for name, w in flatten(self.model.params()):
                same_array(f"{start}params/{name}", left.pop(f"{start}params/{name}", None), w)
        for i, mean in enumerate(() if self.ema is None else self.ema.means):
            same_array(f"average/{i}", left.pop(f"average/{i}", None), mean)
        want(not left, "members", sorted(left), "none but weights, memories and the average")

    def go_on(self, its: dict[str, Any], arrays: Mapping[str, Array]) -> None:
        now, model = self.now, self.model
        now.history[:], now.total, model.made_for = its["history"], its["total"], its["made_for"]
        if its["total_dtype"] is not None:                          # 1 / 3 in float32 is not 1 / 3
            now.total = np.dtype(its["total_dtype"]).type(its["total"])
        if its["best"] is not None:                                 # for a moment the model is that of the best epoch
            put(model, self.optimizers, its["best"]["rules"], arrays, "best/")
            now.best, now.best_epoch = its["best"]["loss"], its["best"]["epoch"]
            now.kept = snapshot(model, self.optimizers)
        put(model, self.optimizers, its["rules"], arrays, "")
        if self.ema is not None:
            self.ema.steps = its["averaged"]
            for i, mean in enumerate(self.ema.means):
                mean[...] = arrays[f"average/{i}"]
        begin_step(model, self.optimizers)
        self.before, self.after = (state_of(self.rng.bit_generator, its[name], name) for name in ("before", "after"))
        self.rng.bit_generator.state = self.before                  # the order of the epoch's rows is drawn again
        self.taken = self.skip = its["steps"]


def put(model: WideDeep, optimizers: Optimizers, rules: Mapping[str, Any], arrays: Mapping[str, Array], start: str
        ) -> None:
    """Set weights, memories and the rules' settings, in place."""
    for name, w in flatten(model.params()):
        w[...] = arrays[f"{start}params/{name}"]
    for group, optimizer in optimizers.items():
        set_rule(optimizer, rules[group])
        memory: dict[str, tuple[Array, ...]] = {}
        for name in moved_at_once(model.params().get(group, {})):
            found = [arrays[key] for i in range(9) if (key := f"{start}memory/{group}/{name}/{i}") in arrays]
            if found:
                memory[name] = tuple(m.copy() for m in found)
        optimizer.memory = memory


def arrays_of(weights: Any, optimizers: Optimizers) -> dict[str, Array]:
    arrays = {f"params/{name}": w for name, w in weights}
    for group, optimizer in optimizers.items():
        for name, memory in optimizer.memory.items():
            arrays |= {f"memory/{group}/{name}/{i}": m for i, m in enumerate(memory)}
    return arrays


def rules_of(optimizers: Optimizers) -> dict[str, Any]:
    return {name: settings_of(optimizer) for name, optimizer in optimizers.items()}


def settings_of(optimizer: Optimizer) -> dict[str, Any]:
    """A rule's class and settings, those of a rule inside it too, and the rates of its last step."""
    its = {name: settings_of(value) if isinstance(value, Optimizer) else value
           for name, value in vars(optimizer).items() if name != "memory"}
    rates = getattr(optimizer, "rates", None)
    its["rates of the last step"] = None if not isinstance(rates, tuple) else list(rates)
    return {"class": type(optimizer).__name__, **its}


def set_rule(optimizer: Optimizer, its: Mapping[str, Any]) -> None:
    for name, value in its.items():
        mine = vars(optimizer).get(name)
        if isinstance(mine, Optimizer):
            set_rule(mine, value)
        elif isinstance(mine, (int, float)):
            setattr(optimizer, name, type(mine)(value))
    if its["rates of the last step"] is not None:
        optimizer.rates = tuple(its["rates of the last step"])      # type: ignore[attr-defined]


def in_range(its: Mapping[str, Any], where: str) -> None:
    """Raise Unfit for a setting that its rule would not take; of a rule of somebody's own nobody knows."""
    for name, wanted in RULES.get(its["class"], {}).items():
        if isinstance(its[name], dict) and "rates of the last step" in its[name]:
            in_range(its[name], f"{where}.{name}")
        else:
            wanted(its[name], f"{where}.{name}")


def as_it_was(optimizer: Optimizer, its: Mapping[str, Any]) -> Optimizer:
    """The optimizer of the best epoch, from what `snapshot` kept of it."""
    other = copy.copy(optimizer)
    vars(other).update(its)
    return other


def record(value: Any, where: str) -> None:
    settings(value, where)
    for name, its in value.items():
        number()(its, f"{where}.{name}")


def best(value: Any, where: str) -> None:
    check(value, where, {"loss": number(), "epoch": whole(1), "rules": settings})


def same_form(mine: Any, its: Any, where: str) -> None:
    """Raise Unfit unless it has the names, types and lengths of what is here; numbers may differ, and are finite."""
    mine = json.loads(json.dumps(mine, default=plain))
    if isinstance(mine, dict):
        want(isinstance(its, dict) and its.keys() == mine.keys(), where, its, f"the settings {', '.join(mine)}")
        for name in mine:
            if name == "rates of the last step":
                maybe(listing(number(), 4, 4))(its[name], f"{where}.{name}")
            else:
                same_form(mine[name], its[name], f"{where}.{name}")
    elif isinstance(mine, bool) or not isinstance(mine, (int, float, list)):
        want(type(its) is type(mine) and its == mine, where, its, repr(mine))
    elif isinstance(mine, list):
        want(isinstance(its, list) and len(its) == len(mine), where, its, f"a list of {len(mine)}")
        for i, part in enumerate(mine):
            same_form(part, its[i], f"{where}[{i}]")
    elif isinstance(mine, int):
        whole(0, 2 ** 128 - 1)(its, where) if isinstance(its, int) else number()(its, where)
    else:
        number()(its, where)


def same_array(name: str, came: Any, wanted: Array) -> None:
    fine = came is not None and (came.shape, came.dtype) == (wanted.shape, wanted.dtype)
    want(fine, name, None if came is None else (came.shape, str(came.dtype)), f"{wanted.shape} of {wanted.dtype}")


def finite(about: About, name: str, array: Array) -> None:
    want(bool(np.isfinite(array).all()), name, "NaN or infinite numbers", "finite ones")


def plain(value: Any) -> Any:
    """NumPy's numbers and arrays as JSON knows them."""
    if not hasattr(value, "tolist"):
        raise ValueError(f"Checkpoint: cannot keep a {type(value).__name__}, {value!r}; want numbers, texts and lists")
    return value.tolist()


def state_of(generator: Any, its: Any, where: str) -> Any:
    """A generator's state from JSON, tried on another generator of the kind; Unfit if that is in another state then."""
    other = type(generator)(0)
    same_form(other.state, its, where)
    try:
        other.state = like(other.state, its)
        again = json.loads(json.dumps(other.state, default=plain))
    except (ValueError, TypeError, OverflowError) as error:
        raise Unfit(f"{where} is no state of {type(generator).__name__} ({error})") from None
    want(json.dumps(again, sort_keys=True) == json.dumps(its, sort_keys=True), where, its,
         f"a state of {type(generator).__name__}")
    return other.state


def like(template: Any, value: Any) -> Any:
    """Arrays where the generator has arrays."""
    if isinstance(template, dict):
        return {name: like(template[name], value[name]) for name in template}
    return np.array(value, template.dtype) if isinstance(template, np.ndarray) else value


def digest_of(things: Any) -> str:
    """Of arrays inside tuples, dicts and batches; of functions the name, of anything else the text."""
    total = blake2b(digest_size=16)

    def add(thing: Any) -> None:
        if isinstance(thing, np.ndarray):
            total.update(f"{thing.dtype.str} {thing.shape}".encode() + np.ascontiguousarray(thing).tobytes())
        elif dataclasses.is_dataclass(thing):
            for field in dataclasses.fields(thing):
                add(getattr(thing, field.name))
        elif isinstance(thing, (tuple, list)):
            total.update(f"({len(thing)}".encode())
            for part in thing:
                add(part)
        elif isinstance(thing, dict):
            add([part for name in sorted(thing) for part in (name, thing[name])])
        elif isinstance(thing, partial):
            add((thing.func, thing.args, thing.keywords))
        elif callable(thing):
            total.update(getattr(thing, "__qualname__", type(thing).__qualname__).encode())
        else:
            total.update(repr(thing).encode())
    add(things)
    return total.hexdigest()


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Not packed: a checkpoint is written often, and read once."""
    with open(path, "wb") as file:
        np.savez(file, **arrays)                                    # type: ignore[arg-type]
