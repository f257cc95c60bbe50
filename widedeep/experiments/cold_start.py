"""Cold start: what can each part predict for a user, or a film, never seen in training?

A tenth of the users and a tenth of the films are held out of training entirely.  So there are four kinds of test rows:

                      known film          new film
    known user        warm                new item
    new user          new user            both new

A value never seen in training is out-of-vocabulary, id 0: no wide weight, an embedding of zeros.  The wide part still
has the side features (age, genre) and their crosses.  The deep part gets zeros where it always had a user's embedding,
an input that it was never trained on.

"base rate" predicts the training rows' share of ones for everybody, a lower bound for a useful model.  Compare models
within one kind of rows; the kinds differ in more than novelty (the rows of new films are of other people).

Read before: ablation.py        Read next: features.py
"""
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from widedeep.datasets import Dataset, take
from widedeep.experiments.plots import LOOKS
from widedeep.experiments.trial import METRICS, Outcome, Row, Setting, trial, values
from widedeep.metrics import evaluate

DATA = ("movielens", "appstore")
SPLITS = ("held-out",)
SEEDS = 5
MODELS = ("base rate", "wide", "deep", "joint")
KINDS = ("warm", "new user", "new item", "both new")


def held_out(data: Dataset, share: float = 0.1) -> tuple[Dataset, dict[str, Any]]:
    """The data set with one split, "held-out", whose test rows are the warm ones; and the rows of each kind."""
    rng = np.random.default_rng(2024)
    new = {}
    for key in ("user", "item"):
        known = np.unique(data.table[key])
        new[key] = np.isin(data.table[key], rng.permutation(known)[:max(1, int(share * len(known)))])       # (N,)
    warm = rng.permutation(np.flatnonzero(~new["user"] & ~new["item"]))
    a, b = len(warm) * 8 // 10, len(warm) * 9 // 10
    kinds = {"warm": warm[b:], "new user": np.flatnonzero(new["user"] & ~new["item"]),
             "new item": np.flatnonzero(~new["user"] & new["item"]),
             "both new": np.flatnonzero(new["user"] & new["item"])}
    parts = {"train": warm[:a], "validation": warm[a:b], "test": warm[b:]}
    return replace(data, splits={"held-out": parts}), kinds


def count(setting: Setting) -> int:
    return setting.seeds * (len(MODELS) - 1)


def run(setting: Setting, tick: Callable[[], Any]) -> Outcome:
    data, kinds = held_out(setting.data)
    recipe = replace(setting.recipe, split="held-out")
    prepared = recipe.prepare(data)
    batches = {kind: prepared.encoder.encode(take(data.table, rows), data.labels[rows]) for kind, rows in kinds.items()}
    rows: list[Row] = []
    share = float(data.rows("held-out", "train")[1].mean())
    for seed in range(setting.seeds):
        for kind, batch in batches.items():
            z = np.full((len(batch), 1), np.log(share / (1 - share)))
            rows.append({"model": "base rate", "seed": seed, **evaluate(z, batch.labels), "kind": kind})
        for name, towers in (("wide", ("wide",)), ("deep", ("deep",)), ("joint", recipe.towers)):
            model = trial(name, recipe, prepared, towers, seed, setting.epochs).trained.model
            for kind, batch in batches.items():
                rows.append({"model": name, "seed": seed, **evaluate(model.logits(batch), batch.labels), "kind": kind})
            tick()
    return Outcome(rows, {"rows": {kind: len(batch) for kind, batch in batches.items()}})


def table(outcome: Outcome) -> list[str]:
    lines = [f"{'':<22}" + "".join(f"{kind:>18}" for kind in KINDS),
             f"{'test rows':<22}" + "".join(f"{n:>18,}" for n in outcome.summary["rows"].values())]
    for metric in METRICS:
        lines.append("")
        for name in MODELS:
            found = (values(outcome.rows, metric, model=name, kind=kind) for kind in KINDS)
            lines.append(f"{metric.replace('_', ' '):<10}{name:<12}"
                         + "".join(f"{v.mean():>8.4f} +- {v.std():.4f}" for v in found))
    return lines


def draw(outcome: Outcome, figure: Any) -> None:
    left, right = figure.subplots(1, 2)
    for axes, metric in ((left, "auc"), (right, "log_loss")):
        for shift, name in enumerate(("wide", "deep", "joint")):
            color, marker, _ = LOOKS[name]
            for place, kind in enumerate(KINDS):
                found = values(outcome.rows, metric, model=name, kind=kind)
                axes.plot(np.full(len(found), place + 0.2 * (shift - 1)), found, marker, color=color, alpha=0.5,
                          label=name if place == 0 else None)
        for place, kind in enumerate(KINDS):
            base = values(outcome.rows, metric, model="base rate", kind=kind).mean()
            axes.plot([place - 0.4, place + 0.4], [base, base], color="black", linewidth=1,
                      label="base rate" if place == 0 else None)
        axes.set_xticks(range(len(KINDS)), [f"{kind}\n{outcome.summary['rows'][kind]:,} rows" for kind in KINDS])
        axes.grid(axis="y", alpha=0.3)
    left.set(title="Right order?", ylabel="AUC")
    right.set(title="Right probabilities?", ylabel="log loss (nats per row)")
    left.legend(frameon=False)
