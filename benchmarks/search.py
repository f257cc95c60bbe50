"""python -m benchmarks search: settings for a split of Adult, found on its training and validation rows alone.

The score is k-fold cross-validation: each fold validates a model trained on the others, and the score is the mean over
folds of the best epoch's log loss (a little optimistic, for all settings alike).  The search is coordinate descent.  It
starts from settings not tuned to this table (START), changes one setting at a time, keeps the best value, and repeats
until a whole round changes nothing.  The columns and the learning rates of the wide part count as one setting, because
many crosses need small steps.  Prints every trial, and the final settings.  The whole model is scored, no tower alone.
"""

import argparse
import json
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from widedeep import Cross, Encoder
from widedeep.datasets import Dataset, adult
from widedeep.experiments.ablation import bucketed
from widedeep.recipes import Columns, Recipe, Training, varied
from widedeep.recipes.adult import adult_columns

Choice = dict[str, Any]


def no_crosses() -> Encoder:
    whole = adult_columns()
    return Encoder([c for c in whole.wide if not isinstance(c, Cross)], whole.deep, whole.numbers)


COLUMNS: dict[str, Callable[[], Encoder]] = {
    "buckets, pairs": lambda: bucketed(adult_columns()), "exact, no pairs": no_crosses, "exact, pairs": adult_columns,
}  # fmt: skip
START: Choice = {
    "wide": ("buckets, pairs", 0.1, 1.0), "l1": 0.0, "lr": 0.05, "d": 8, "hidden": (64, 32), "scale": 1.0,
    "embedding_decay": 0.0, "ema": 0.0, "dropout": 0.0, "drop_inputs": 0.0, "batch_size": 256,
}  # fmt: skip
VALUES: dict[str, tuple[Any, ...]] = {
    "wide": tuple((columns, alpha, crosses) for columns in COLUMNS for alpha in (0.02, 0.05, 0.1)  # and of crosses
                  for crosses in ((1.0,) if columns == "exact, no pairs" else (0.15, 0.5, 1.0))),
    "scale": (0.02, 0.05, 0.2, 1.0), "embedding_decay": (0.0, 0.02, 0.05, 0.1, 0.2), "ema": (0.0, 0.99, 0.999),
    "lr": (0.01, 0.02, 0.03, 0.05), "l1": (0.0, 0.5, 1.0, 2.0), "dropout": (0.0, 0.1, 0.2),
    "hidden": ((32, 16), (64, 32), (128, 64), (128,)), "d": (4, 8, 16), "drop_inputs": (0.0, 0.05, 0.1),
    "batch_size": (128, 256, 512),
}  # fmt: skip
PARTS = {"wide": ("l1",), "training": ("lr", "ema", "batch_size"),
         "deep": ("d", "hidden", "scale", "embedding_decay", "dropout", "drop_inputs")}  # fmt: skip


def folds(data: Dataset, split: str, k: int) -> Dataset:
    """The split's training and validation rows, cut in k parts; "fold 0" trains on all but the first, and so on."""
    pool = np.concatenate([data.splits[split][part] for part in ("train", "validation")])
    parts = np.array_split(np.random.default_rng(0).permutation(pool), k)
    cut = {}
    for i, held in enumerate(parts):
        rest = np.concatenate(parts[:i] + parts[i + 1 :])
        cut[f"fold {i}"] = {"train": rest, "validation": held, "test": held}
    return replace(data, splits=cut)


@cache
def prepared(columns: str, split: str, fold: int, k: int) -> Any:
    return Recipe(Columns(COLUMNS[columns]), split=f"fold {fold}").prepare(folds(adult.load(), split, k))


def score(choice: Choice, split: str, fold: int, k: int) -> tuple[float, float]:
    """(log loss, its epoch) of the whole model on the held-out fold."""
    columns, alpha, crosses = choice["wide"]
    recipe = Recipe(Columns(COLUMNS[columns]), split=f"fold {fold}", training=Training(patience=4, epochs=30))
    parts = {part: {name: choice[name] for name in names if name in choice} for part, names in PARTS.items()}
    recipe = varied(recipe, **parts | {"wide": {"alpha": alpha, "crosses": crosses, **parts["wide"]}})
    try:
        history = recipe.fit(prepared(columns, split, fold, k), seed=fold).history
    except ValueError:  # it diverged
        return np.inf, 0
    best = min(history, key=lambda record: record["validation"])
    return best["validation"], best["epoch"]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks search", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--split", choices=["random", "official"], default="official", help="of Adult")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3, help="at most")
    parser.add_argument("--gain", type=float, default=0.0001, help="nats that a change must bring (default .0001)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every trial to this file")
    args = parser.parse_args(argv)
    if args.folds < 2 or args.rounds < 1 or args.jobs < 1:
        parser.error("want at least 2 folds, 1 round and 1 job")
    trials: list[dict[str, Any]] = []
    with ProcessPoolExecutor(args.jobs) as pool:

        def tried(choice: Choice) -> float:
            known = next((trial for trial in trials if trial["choice"] == choice), None)
            if known is None:
                jobs = [pool.submit(score, choice, args.split, fold, args.folds) for fold in range(args.folds)]
                found = [job.result() for job in jobs]
                known = {"choice": dict(choice), "log_loss": float(np.mean([loss for loss, _ in found])),
                         "folds": [loss for loss, _ in found], "epochs": [epoch for _, epoch in found]}  # fmt: skip
                trials.append(known)
                if args.json:
                    args.json.write_text(json.dumps(trials, indent=1) + "\n")
            return known["log_loss"]

        choice, best = dict(START), tried(START)
        print(f"start {best:.5f}  {choice}", flush=True)
        for turn in range(args.rounds):
            before = dict(choice)
            for name, values in VALUES.items():
                found = {value: tried(choice | {name: value}) for value in values}
                print(f"{name:<12}" + "  ".join(f"{value}: {loss:.5f}" for value, loss in found.items()), flush=True)
                value = min(found, key=lambda value: found[value])
                if found[value] < best - args.gain:
                    choice, best = choice | {name: value}, found[value]
            print(f"round {turn + 1}: {best:.5f}  {choice}", flush=True)
            if choice == before:
                break
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
