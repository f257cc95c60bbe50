"""Sparsity: what does L1 cost, and what does it save?   A sweep of FTRL's lambda1.

    a weight is exactly 0 as long as its summed gradient stays within [-lambda1, lambda1]

so a rare feature, or one redundant with others, keeps the weight 0.  A weight of 0 need not be stored or served: the
archive shrinks.  The summed gradient grows with a feature's rows, so rare tuples of large crosses are dropped first.

In the joint model fewer weights leave 0 than in the wide part alone, since the deep part explains common patterns.
(The EMA of a weight is 0 only where the weight was 0 for long, so EMA lowers the number of zeros.)

Read before: ftrl.py, ablation.py        Read next: warm.py
"""
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from widedeep.experiments.plots import LOOKS, curve
from widedeep.experiments.trial import Outcome, Row, Setting, trial, values
from widedeep.model import WideDeep
from widedeep.recipes import varied
from widedeep.saving import save

DATA = ("movielens", "adult", "appstore")
SPLITS: tuple[str, ...] = ()
SEEDS = 3
SWEEP = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
MODELS = ("wide", "joint")


def count(setting: Setting) -> int:
    return setting.seeds * len(SWEEP) * len(MODELS)


def run(setting: Setting, tick: Callable[[], Any]) -> Outcome:
    data, recipe, seeds, epochs = setting
    prepared = recipe.prepare(data)
    rows: list[Row] = []
    for l1 in SWEEP:
        swept = varied(replace(recipe, wide_alone=with_l1(recipe.wide_alone, l1)), wide={"l1": l1})
        for name, towers in (("wide", ("wide",)), ("joint", recipe.towers)):
            for seed in range(seeds):
                found = trial(name, swept, prepared, towers, seed, epochs, l1=l1)
                rows.append(found.row | weights(found.trained.model, prepared.encoder)
                            | {"archive_bytes": archive(found.trained.model, prepared.encoder)})
                tick()
    return Outcome(rows, {"lambda1 of the recipe": recipe.wide.l1, "average of the recipe": recipe.training.ema})


def with_l1(alone: dict[str, dict[str, Any]], l1: float) -> dict[str, dict[str, Any]]:
    """The settings that differ where the wide tower is trained alone, with this lambda1."""
    return alone | {"wide": alone.get("wide", {}) | {"l1": l1}}


def weights(model: WideDeep, encoder: Any) -> Row:
    """How many wide weights are not 0, in all and by column: {"columns": {name: [not 0, all]}}."""
    tower: Any = model.towers["wide"]
    columns, start = {}, 1
    for column in encoder.wide:
        block = tower.w[start:start + column.size]
        columns[column.name] = [int(np.count_nonzero(block)), column.size]
        start += column.size
    return {"nonzero_wide": int(np.count_nonzero(tower.w)), "wide_weights": len(tower.w) - 1, "columns": columns}


def archive(model: WideDeep, encoder: Any) -> int | None:
    """Bytes of widedeep.save's file, model and encoder; None for towers that it cannot save."""
    with TemporaryDirectory() as folder:
        try:
            return save(Path(folder) / "model.npz", model, encoder).stat().st_size
        except TypeError:
            return None


def table(outcome: Outcome) -> list[str]:
    rows = outcome.rows
    lines = [f"{'lambda1':>8} {'model':<7}{'not 0':>9}{'of':>8}{'zeros':>8}{'archive':>11}{'AUC':>9}{'log loss':>10}"]
    for l1 in SWEEP:
        for name in MODELS:
            def mean(key: str, l1: float = l1, name: str = name) -> float:
                return float(values(rows, key, model=name, l1=l1).mean())
            size = mean("archive_bytes")
            told = "-" if np.isnan(size) else f"{size / 1000:,.0f} kB"
            share = 1 - mean("nonzero_wide") / mean("wide_weights")
            lines.append(f"{l1:>8g} {name:<7}{mean('nonzero_wide'):>9,.0f}{mean('wide_weights'):>8,.0f}{share:>8.1%}"
                         f"{told:>11}{mean('auc'):>9.4f}{mean('log_loss'):>10.4f}")
    chosen = [l1 for l1 in SWEEP if l1 <= 30][1::2]
    lines += ["", "joint, seed 0: weights not 0 by column (the ten largest columns)",
              f"  {'':<36}{'all':>8}" + "".join(f"{f'lambda1 {l1:g}':>13}" for l1 in chosen)]
    found = {row["l1"]: row["columns"] for row in rows if row["model"] == "joint" and row["seed"] == 0}
    for name in sorted(found[SWEEP[0]], key=lambda name: -found[SWEEP[0]][name][1])[:10]:
        cells = "".join(f"{found[l1][name][0]:>13,}" for l1 in chosen)
        lines.append(f"  {name:<36}{found[SWEEP[0]][name][1]:>8,}{cells}")
    return lines


def draw(outcome: Outcome, figure: Any) -> None:
    left, right = figure.subplots(1, 2)
    places = [l1 or 0.03 for l1 in SWEEP]               # 0 has no logarithm
    for name in MODELS:
        curve(left, name, places, [values(outcome.rows, "auc", model=name, l1=l1) for l1 in SWEEP])
        nonzero = [values(outcome.rows, "nonzero_wide", model=name, l1=l1).mean() for l1 in SWEEP]
        color, marker, style = LOOKS[name]
        right.plot(places, nonzero, style, color=color, marker=marker, label=name)
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xticks(places, [f"{l1:g}" for l1 in SWEEP])
        axes.minorticks_off()
        axes.set_xlabel("lambda1, per example")
        axes.legend(frameon=False)
    left.set(title="What L1 costs", ylabel="AUC on test rows")
    right.set(title="What L1 saves", ylabel="wide weights that are not 0", yscale="symlog")
    right.set_ylim(bottom=0)
