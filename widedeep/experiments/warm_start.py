"""Warm start: does yesterday's model help today's?

Rows in order of time (MovieLens), or of user (the app store, which has no times):

    |-- yesterday trains: 60 % --|- validates: 10 % -|
    |-- today trains: 80 %, a larger vocabulary ----------|- validates: 10 % -|- tests: 10 % -|

    yesterday           yesterday's model with yesterday's encoder, on today's rows: the model in service
    cold                today's model from scratch
    warm                yesterday's weights and optimizer state carried over (warm.py), then trained on today's rows
    warm, new rows      the same, then trained only on the rows that came since yesterday: a quarter of them
    warm, forgetful     as warm, but fresh optimizers: every row has large steps again.  (All but FTRL, whose weights
                        are computed from its state.)
    warm, broken        as warm, but with today's labels shuffled: the gate has to refuse it

The gate: a new model is promoted only if its log loss on today's validation rows is not above the served model's.

Read before: warm.py        Read next: cold_start.py
Source: Cheng et al. 2016, section 4.2 (warm start) and 4.3 (a dry run, and a check against the previous model).
"""
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from mlp.train import Epoch
from perceptron.losses import log_loss
from perceptron.plots import BLUE, GREEN, GREY, ORANGE
from widedeep.datasets import Dataset, take
from widedeep.experiments.trial import Outcome, Row, Setting, heading, line, values
from widedeep.experiments.warm import carried, grow
from widedeep.metrics import evaluate
from widedeep.recipes import Prepared, Recipe, Trained, train, varied

DATA = ("movielens", "appstore")
SPLITS = ("ordered",)
SEEDS = 5
MODELS = ("yesterday", "cold", "warm", "warm, new rows", "warm, forgetful", "warm, broken")
NEAR = 0.001                                            # nats: this close to cold's best counts as equal


def days(data: Dataset) -> tuple[Dataset, Dataset]:
    """The data set with one split, "ordered": as it was yesterday, and as it is today.  Both test on the same rows."""
    order = np.argsort(data.table["timestamp" if "timestamp" in data.table else "user"], kind="stable")
    a, b, c, d = (len(order) * tenths // 10 for tenths in (6, 7, 8, 9))
    cuts = {"yesterday": (a, b), "today": (c, d)}
    both = [replace(data, splits={"ordered": {"train": order[:train], "validation": order[train:stop],
                                              "test": order[d:]}}) for train, stop in cuts.values()]
    return both[0], both[1]


def train_on(recipe: Recipe, model: Any, optimizers: Any, data: Prepared, seed: int, epochs: int | None
             ) -> list[Epoch]:
    """Train as Recipe.fit does, but an existing model, and without learning-rate decay."""
    return train(replace(recipe.training, lr_decay=1.0), model, optimizers, data.train, data.validation,
                 rng=np.random.default_rng(seed), epochs=epochs)


def count(setting: Setting) -> int:
    return setting.seeds * len(MODELS)


def run(setting: Setting, tick: Callable[[], Any]) -> Outcome:
    seeds, epochs = setting.seeds, setting.epochs
    recipe = varied(replace(setting.recipe, split="ordered"), labels={"grades": None},
                    training={"patience": max(1, setting.recipe.training.patience)})
    before, after = days(setting.data)
    old, new = recipe.prepare(before), recipe.prepare(after)
    rows_today = after.splits["ordered"]
    served = old._replace(validation=old.encoder.encode(*after.rows("ordered", "validation")))    # through its encoder
    rows: list[Row] = []

    def judge(row: Row, bar: float, target: float, start: list[float]) -> None:
        """Is it promoted?  After how many epochs, and rows seen, is it as good as cold?"""
        curve = [*(start or [np.inf]), *row["curve"]]
        epoch = next((epoch for epoch, loss in enumerate(curve) if loss <= target), None)
        row |= {"promoted": promoted(row["validation"], bar), "epochs_to_cold": epoch,
                "rows_to_cold": None if epoch is None else epoch * row["rows"]}

    def add(name: str, seed: int, trained: Trained, data: Prepared, **more: Any) -> Row:
        validation = float(log_loss(trained.model.logits(data.validation), data.validation.labels)[0])
        best = min(trained.history, key=lambda record: record["validation"])["epoch"]
        losses = [record["validation"] for record in trained.history]
        row = {"model": name, "seed": seed, **evaluate(trained.model.logits(data.test), data.test.labels),
               "validation": validation, "epoch": best, "epochs": len(losses), "rows": len(data.train), "curve": losses,
               **more}
        rows.append(row)
        tick()
        return row

    shuffled = np.random.default_rng(0).permutation(new.train.labels)
    since = np.arange(len(old.train), len(new.train))
    today = {name: new for name in MODELS[2:]}
    today |= {"warm, new rows": new._replace(train=new.train[since]),
              "warm, broken": new._replace(train=replace(new.train, labels=shuffled))}
    for seed in range(seeds):
        yesterday = recipe.fit(old, None, seed, epochs=epochs)
        bar = add("yesterday", seed, yesterday, served)["validation"]
        cold_run = recipe.fit(new, None, seed, epochs=epochs)
        cold = add("cold", seed, cold_run, new)
        target = cold["validation"] + NEAR
        judge(cold, bar, target, [])
        for name in MODELS[2:]:
            rng = np.random.default_rng(seed)
            model, optimizers = grow(yesterday.model, old.encoder, new.encoder, yesterday.optimizers, rng=rng)
            if name == "warm, forgetful":
                _, quick = recipe.model(new.encoder, rng, recipe.towers)
                optimizers = quick | {"wide": optimizers["wide"]}
            start = float(log_loss(model.logits(new.validation), new.validation.labels)[0])
            history = train_on(recipe, model, optimizers, today[name], seed, epochs)
            row = add(name, seed, Trained(model, optimizers, history, 0.0), today[name], start=start)
            judge(row, bar, target, [start])
    kept = {tower: [len(carried(one, two)[0]) - 1, *(sum(column.size for column in columns) for columns in (one, two))]
            for tower, one, two in (("wide", old.encoder.wide, new.encoder.wide),
                                    ("deep", old.encoder.deep, new.encoder.deep))}
    who = [set(take(setting.data.table, rows_today[part])["user"].tolist()) for part in ("train", "test")]
    return Outcome(rows, {"carried, old, new": kept, "test users never seen": len(who[1] - who[0]) / len(who[1])})


def promoted(new: float, old: float) -> bool:
    """The gate: validation log loss of the new model, and of the one that is served."""
    return new <= old


def table(outcome: Outcome) -> list[str]:
    rows, summary = outcome
    lines = [f"{tower}: {kept:,} rows carried over by name, of {old:,} yesterday and {new:,} today"
             for tower, (kept, old, new) in summary["carried, old, new"].items()]
    lines += [f"of the test rows' users {summary['test users never seen']:.0%} are new", "",
              heading("on today's test rows")]
    lines += [line(name, rows, model=name) for name in MODELS]
    lines += ["", f"{'log loss, validation':<26}{'at start':>12}{'at best':>10}{'best epoch':>12}{'promoted':>11}"
              f"   epochs (rows) until within {NEAR} of cold's best"]
    for name in MODELS:
        mine = [row for row in rows if row["model"] == name]
        start = f"{values(mine, 'start').mean():.4f}" if "start" in mine[0] else "-"
        gate = f"{sum(row['promoted'] for row in mine)} of {len(mine)}" if "promoted" in mine[0] else "serves"
        there = [row for row in mine if row.get("epochs_to_cold") is not None]
        told = "-" if not there else f"{values(there, 'epochs_to_cold').mean():.1f} " \
            f"({values(there, 'rows_to_cold').mean():,.0f}) on {len(there)} of {len(mine)} seeds"
        lines.append(f"{name:<26}{start:>12}{values(mine, 'validation').mean():>10.4f}"
                     f"{values(mine, 'epoch').mean():>12.1f}{gate:>11}   {told}")
    return lines


def draw(outcome: Outcome, figure: Any) -> None:
    left, right = figure.subplots(1, 2)
    looks = {"cold": (BLUE, "o", "-"), "warm": (ORANGE, "D", "-"), "warm, new rows": (GREEN, "s", "--")}
    served = values(outcome.rows, "validation", model="yesterday").mean()
    left.axhline(served, color="black", linewidth=0.8, label="yesterday's model: the gate")
    for name, (color, marker, style) in looks.items():
        for row in (row for row in outcome.rows if row["model"] == name):
            losses = ([row["start"]] if "start" in row else []) + row["curve"]
            first = 0 if "start" in row else 1
            left.plot(range(first, first + len(losses)), losses, style, color=color, marker=marker, markersize=4,
                      alpha=0.5, label=name if row["seed"] == 0 else None)
    left.xaxis.get_major_locator().set_params(integer=True)
    left.set(title="Cold or warm: each line a seed", xlabel="epochs (of new rows, an epoch is a quarter as long)",
             ylabel="log loss on today's validation rows")
    lowest = min(min(row["curve"]) for row in outcome.rows if row["model"] in looks)
    left.set_ylim(lowest - 0.001, served + 0.012)                   # later overfitting is cut off
    left.legend(frameon=False)
    for place, name in enumerate(MODELS):
        color = looks.get(name, (GREY,))[0]
        found = values(outcome.rows, "log_loss", model=name)
        right.plot(found, np.full(len(found), place), "o", color=color, alpha=0.6)
    right.set_yticks(range(len(MODELS)), MODELS)
    right.invert_yaxis()
    right.grid(axis="x", alpha=0.3)
    right.set(title="On today's test rows: left is better", xlabel="log loss (nats per row)")
