"""python -m widedeep.experiments NAME: run one experiment; print its table, draw its figure, write its JSON.

The JSON file holds {"experiment", "data", "split", "recipe", "seeds", "rows", "summary"}; each row has at least
"model", "seed", "auc", "log_loss" and "accuracy", on test rows.

Read before: trial.py
"""
import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, cast

from tqdm import tqdm

from widedeep.commands.arguments import (
    add_data,
    check_file,
    check_folder,
    check_least,
    check_recipe,
    check_writable,
    load_data,
)
from widedeep.commands.blas_threads import one_thread
from widedeep.commands.exit_codes import exit_code
from widedeep.datasets import Dataset, DataUnavailable
from widedeep.experiments import (
    ablation,
    cold_start,
    features,
    leakage,
    ratings,
    silent_bugs,
    small_wide,
    sparsity,
    trial,
    warm_start,
)
from widedeep.recipes import BEST, RECIPES
from widedeep.saving import write_beside

EXPERIMENTS = cast(dict[str, trial.Experiment], {
    "ablation": ablation, "small-wide": small_wide, "sparsity": sparsity, "warm-start": warm_start,
    "cold-start": cold_start, "features": features, "leakage": leakage, "ratings": ratings,
    "silent-bugs": silent_bugs})


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, exit code 2."""
        self.exit(2, f"error: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    args = parse(argv)
    with one_thread():
        return exit_code(lambda: run(args))


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(prog="python -m widedeep.experiments", description=sys.modules["widedeep.experiments"].__doc__,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", metavar="NAME", choices=list(EXPERIMENTS), help=", ".join(EXPERIMENTS))
    add_data(parser, RECIPES, "the first that the experiment supports")
    parser.add_argument("--split", metavar="S", help="random, or for adult official, for movielens time "
                        "(default: the recipe's)")
    parser.add_argument("--recipe", metavar="R", choices=list(BEST),
                        help=f"the best settings, which train slowly: {', '.join(BEST)} (default: the quick ones)")
    parser.add_argument("--seeds", metavar="N", type=int, help="how many (default: the experiment's)")
    parser.add_argument("--epochs", metavar="N", type=int, help="at most (default: the recipe's)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every row to this file")
    picture = parser.add_mutually_exclusive_group()
    picture.add_argument("--plot", metavar="FILE", type=Path, help="the figure, a PNG")
    picture.add_argument("--out", metavar="DIR", type=Path, help="the folder of the figure (default: here)")
    args = parser.parse_args(argv)
    check_least(parser, args, seeds=1, epochs=1)
    check_recipe(parser, args)
    experiment = EXPERIMENTS[args.name]
    if args.data and args.data not in experiment.DATA:
        parser.error(f"{args.name} is not for {args.data}; want --data {' or '.join(experiment.DATA)}")
    data = args.data or experiment.DATA[0]
    check_folder(parser, args.folder, data)
    own = {"adult": ("random", "official"), "movielens": ("random", "time")}
    splits = experiment.SPLITS or own.get(data, ("random",))
    if args.split and args.split not in splits:
        parser.error(f"--split {args.split}: want {' or '.join(splits)}")
    return args


def run(args: argparse.Namespace) -> None:
    experiment = EXPERIMENTS[args.name]
    check_writable(args.out or Path("."))
    check_file("--json", args.json)
    check_file("--plot", args.plot)
    data = choose(args, experiment)
    recipe = BEST[args.recipe] if args.recipe else RECIPES[data.name]
    recipe = replace(recipe, split=args.split or recipe.split)
    setting = trial.Setting(data, recipe, args.seeds or experiment.SEEDS, args.epochs)
    split = experiment.SPLITS[0] if experiment.SPLITS else recipe.split
    start = time.perf_counter()
    with tqdm(total=experiment.count(setting), unit="model", desc=args.name, disable=None, leave=False) as bar:
        outcome = experiment.run(setting, bar.update)
    told = f"recipe {args.recipe}, " if args.recipe else ""
    print(f"{args.name}: {data.name}, {told}split {split!r}, {setting.seeds} seed{'s' * (setting.seeds > 1)}; "
          f"{time.perf_counter() - start:.0f} s\n")
    print("\n".join(experiment.table(outcome)))
    path = args.plot or (args.out or Path(".")) / f"experiment-{args.name}-{args.recipe or data.name}.png"
    print(f"\nfigure: {draw(experiment, outcome, path, f'{args.name}: {data.name}, split {split}')}")
    if args.json:
        about = {"experiment": args.name, "data": data.name, "split": split, "recipe": args.recipe or "quick",
                 "seeds": setting.seeds}
        write_beside(args.json, lambda beside: beside.write_text(as_json(about, outcome)))
        print(f"every row: {args.json}")


def choose(args: argparse.Namespace, experiment: trial.Experiment) -> Dataset:
    """The data set of --data, or the experiment's first; the app store, if that is not available and is supported."""
    name = args.data or experiment.DATA[0]
    if args.data is None and name == "movielens" and "appstore" in experiment.DATA:
        name = None
    try:
        return load_data(name, args.folder)
    except DataUnavailable as error:
        raise DataUnavailable(" ".join(str(error).split())) from None                   # in one line


def as_json(about: dict[str, Any], outcome: trial.Outcome) -> str:
    """A line for each row, so that a file can be read and compared."""
    rows = ",\n  ".join(json.dumps(row, allow_nan=False) for row in outcome.rows)
    head = json.dumps(about | {"summary": outcome.summary}, indent=1, allow_nan=False)
    return head.removesuffix("\n}") + f',\n "rows": [\n  {rows}\n ]\n}}\n'


def draw(experiment: trial.Experiment, outcome: trial.Outcome, path: Path, title: str) -> Path:
    import matplotlib

    matplotlib.use("Agg")                               # a file, no window: works without a screen
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(12, 4.8), layout="constrained")
    figure.suptitle(title)
    experiment.draw(outcome, figure)
    write_beside(path, lambda beside: figure.savefig(beside, dpi=110, format="png"))
    plt.close(figure)
    return path


if __name__ == "__main__":
    raise SystemExit(main())
