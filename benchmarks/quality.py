"""python -m benchmarks quality: AUC, log loss and accuracy on test rows, mean and spread over seeds.

Settings were chosen on validation rows (widedeep/recipes); the epoch is chosen on them too, in each run.  Test rows are
scored once, at the end of each run.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from widedeep.commands.comparison import SPOKEN, TOWERS
from widedeep.datasets import adult, appstore, movielens
from widedeep.metrics import evaluate
from widedeep.recipes import BEST, RECIPES

LOAD = {"movielens": movielens.load, "adult": adult.load, "appstore": appstore.load}
METRICS = ("auc", "log_loss", "accuracy")


def runs(name: str, seeds: int, best: bool) -> list[dict[str, Any]]:
    """One record for each model and seed."""
    recipe = (BEST if best else RECIPES)[name]
    data = recipe.prepare(LOAD[name.split("-")[0]]())
    records = []
    for seed in range(seeds):
        for model_name, towers in TOWERS.items():
            model = recipe.fit(data, recipe.towers if model_name == "wide_deep" else towers, seed).model
            scores = evaluate(model.logits(data.test), data.test.labels)
            records.append({"data": name, "model": model_name, "seed": seed} | scores)
    return records


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks quality", description=__doc__)
    parser.add_argument("--data", nargs="+", choices=list(BEST), default=["movielens", "adult"])
    parser.add_argument("--best", action="store_true", help="the best recipes, which train slowly")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    if args.seeds < 1:
        parser.error(f"--seeds {args.seeds}: want at least 1")
    if not args.best and (odd := [name for name in args.data if name not in RECIPES]):
        parser.error(f"--data {odd}: only with --best")
    records = []
    for name in args.data:
        records += (found := runs(name, args.seeds, args.best))
        print(f"\n{name}, test rows of split {BEST[name].split!r}, mean +- deviation over {args.seeds} seeds")
        print(f"{'':<13}" + "".join(f"{metric:>18}" for metric in METRICS) + "   above both alone")
        for model in TOWERS:
            mine = {m: np.array([r[m] for r in found if r["model"] == model]) for m in METRICS}
            told = "".join(f"{mine[m].mean():>10.4f} +- {mine[m].std():.4f}" for m in METRICS)
            alone = [r for r in found if r["model"] != "wide_deep"]
            wins = [max(r["auc"] for r in alone if r["seed"] == s) < mine["auc"][s] for s in range(args.seeds)]
            print(f"{SPOKEN[model]:<13}{told}" + (f"   on {sum(wins)} of {len(wins)}" if model == "wide_deep" else ""))
    if args.json:
        args.json.write_text(json.dumps(records, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
