"""A small wide part: how many crosses does joint training need, and how many does the ensemble?

    "joint training ... the wide part only needs to complement the weaknesses of the deep part with a small number of
    cross-product feature transformations, rather than a full-size wide model"            Cheng et al. 2016, section 3.3

The crosses are ranked by what each adds to the columns on TRAINING rows alone (features/measuring.py: nats a row, one
half judged by the other); then the wide tower gets the best 0, 1, 3, 10, ... of them.  The deep tower never has
crosses.  If the paper is right, the joint model's curve becomes flat early, and the ensemble's keeps rising.

Read before: ablation.py, features/measuring.py        Read next: sparsity.py
"""
from collections.abc import Callable
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.experiments.paired import Interval, over_seeds
from widedeep.experiments.plots import curve
from widedeep.experiments.trial import Outcome, Row, Setting, is_cross, mixed, trial, values, with_crosses
from widedeep.features.measuring import Measured
from widedeep.recipes import Recipe
from widedeep.table import Table

DATA = ("adult", "movielens", "appstore")
SPLITS: tuple[str, ...] = ()
SEEDS = 5
STEPS = (0, 1, 3, 10, 30)


def ranked(recipe: Recipe, table: Table, labels: Array) -> dict[str, float]:
    """{cross: nats a row that it adds to its columns}, the best first.  table, labels (N, 1) : training rows"""
    encoder = recipe.columns.encoder().fit(table)
    sheet = encoder.sheet(table)
    half = np.random.default_rng(0).permutation(len(labels)) % 2                        # (N,) 0 or 1
    question = Measured(labels[:, 0].astype(np.float64), True, half)
    question.fit_sum([sheet.ids(column) for column in encoder.wide if not is_cross(column)])
    told = {column.name: question.beyond(sheet.ids(column)) for column in encoder.wide if is_cross(column)}
    return dict(sorted(told.items(), key=lambda pair: -pair[1]))


def counts(recipe: Recipe) -> list[int]:
    n = sum(is_cross(column) for column in recipe.columns.encoder().wide)
    return [k for k in STEPS if k < n] + [n]


def count(setting: Setting) -> int:
    return setting.seeds * (1 + 2 * len(counts(setting.recipe)))


def run(setting: Setting, tick: Callable[[], Any]) -> Outcome:
    data, recipe, seeds, epochs = setting
    told = ranked(recipe, *data.rows(recipe.split, "train"))
    rows: list[Row] = []
    deep: list[Array] = []
    for k in counts(recipe):
        narrow = with_crosses(recipe, list(told)[:k])
        prepared = narrow.prepare(data)
        for seed in range(seeds):
            if len(deep) <= seed:                       # the deep tower has no crosses: train once for each seed
                found = trial("deep", narrow, prepared, ("deep",), seed, epochs, crosses=0)
                rows.append(found.row)
                deep.append(found.z)
                tick()
            logits = {}
            for name, towers in (("wide", ("wide",)), ("joint", recipe.towers)):
                found = trial(name, narrow, prepared, towers, seed, epochs, crosses=k)
                w: Any = found.trained.model.towers["wide"]
                rows.append(found.row | {"nonzero_wide": int(np.count_nonzero(w.w)), "wide_weights": len(w.w) - 1})
                logits[name] = found.z
                tick()
            rows.append(mixed(seed, [logits["wide"], deep[seed]], prepared.test.labels, crosses=k)[0])
    steps = counts(recipe)
    gaps = {str(k): over_seeds(values(rows, "auc", model="joint", crosses=k),
                               values(rows, "auc", model="ensemble", crosses=k))._asdict() for k in steps}
    whole = {name: {str(k): over_seeds(values(rows, "auc", model=name, crosses=k),
                                       values(rows, "auc", model=name, crosses=steps[-1]))._asdict() for k in steps}
             for name in ("joint", "ensemble", "wide")}
    return Outcome(rows, {"crosses by gain": told, "joint minus ensemble": gaps, "minus all crosses": whole})


def table(outcome: Outcome) -> list[str]:
    rows, summary = outcome
    deep = values(rows, "auc", model="deep").mean()
    lines = [f"AUC on test rows; deep alone {deep:.4f}",
             f"{'crosses':>8}{'wide weights':>14}{'not 0 (joint)':>15}{'wide':>9}{'ensemble':>10}{'joint':>9}"
             "    joint minus ensemble, 95 %       joint minus joint with all"]
    for k in map(int, summary["joint minus ensemble"]):
        weights = values(rows, "wide_weights", model="joint", crosses=k) if k in step_of(rows) else np.zeros(1)
        nonzero = values(rows, "nonzero_wide", model="joint", crosses=k)
        wide, both, joint = (values(rows, "auc", model=m, crosses=k).mean() for m in ("wide", "ensemble", "joint"))
        lines.append(f"{k:>8}{weights[0]:>14,.0f}{nonzero.mean():>15,.0f}{wide:>9.4f}{both:>10.4f}{joint:>9.4f}"
                     f"    {Interval(**summary['joint minus ensemble'][str(k)])}"
                     f"   {Interval(**summary['minus all crosses']['joint'][str(k)])}")
    lines += ["", "The best crosses, by what they add to their columns (nats a training row):"]
    return lines + [f"  {told:+.5f}  {name}" for name, told in list(summary["crosses by gain"].items())[:10]]


def step_of(rows: list[Row]) -> list[int]:
    return list(dict.fromkeys(row["crosses"] for row in rows))


def draw(outcome: Outcome, figure: Any) -> None:
    left, right = figure.subplots(1, 2)
    steps = step_of(outcome.rows)
    places = [k if k else 0.5 for k in steps]           # 0 has no logarithm
    for axes, key, label in ((left, "auc", "AUC"), (right, "log_loss", "log loss (nats per row)")):
        for name in ("wide", "ensemble", "joint"):
            curve(axes, name, places, [values(outcome.rows, key, model=name, crosses=k) for k in steps])
        axes.axhline(values(outcome.rows, key, model="deep").mean(), color="black", linewidth=0.8, label="deep")
        axes.set_xscale("log")
        axes.set_xticks(places, [str(k) for k in steps])
        axes.minorticks_off()
        axes.set(xlabel="crosses in the wide part, largest gain first", ylabel=f"{label} on test rows")
        axes.legend(frameon=False)
    left.set_title("A small wide part?")
