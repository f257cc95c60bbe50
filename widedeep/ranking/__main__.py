"""python -m widedeep.ranking: which film comes next?  Every baseline, every loss, wide, deep, and both, on one split.

MovieLens-100K, leave-one-out (protocol.py): models read training films only; settings were chosen on the validation
films (recipes.py); the figures are those of the test films.  Everything with 3 seeds takes some 20 minutes on a core;
`--models deep --seeds 1` takes one.  The JSON file holds every figure:

    data, people, items, k
    rows    [{model, seed, hr, ndcg, map, mrr             the hidden film among 99 sampled ones
                          hr_all, ndcg_all, map_all, mrr_all             and among all unrated ones
                          lists, shared, items            different lists, people who share the commonest, films on any
                          validation_hr, validation_ndcg, seconds, loss (a list, epoch by epoch)}]
    liked, recommendations [{item, title, logit, because, difference}]
"""
import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mlp.train import Epoch
from perceptron.activations import Array
from perceptron.plots import BLUE, GREEN, GREY, ORANGE
from widedeep.commands.exit_codes import exit_code
from widedeep.datasets import movielens
from widedeep.ranking.metrics import among_unrated, best, diversity, leave_one_out_figures, ranks
from widedeep.ranking.protocol import Split, leave_one_out
from widedeep.ranking.ranker import Ranker
from widedeep.ranking.recipes import BASELINES, RECIPES, Baseline, Recipe, train_ranker
from widedeep.ranking.recommend import Suggestion, recommend_for
from widedeep.saving import write_beside

Row = dict[str, Any]
FIGURES = ("hr", "ndcg", "map", "mrr")
LIKED = (50, 181, 172)                                              # the three Star Wars films up to 1998


def main(argv: Sequence[str] | None = None) -> int:
    args = parse(argv)
    return exit_code(lambda: run(args))


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m widedeep.ranking", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", metavar="NAME", choices=[*BASELINES, *RECIPES],
                        help=f"some of: {', '.join([*BASELINES, *RECIPES])} (default: all)")
    parser.add_argument("--seeds", type=int, default=3, help="trained models of each recipe (default 3)")
    parser.add_argument("--epochs", type=int, help="at most (default: the recipe's)")
    parser.add_argument("--top", type=int, default=10, help="k of every figure and list (default 10)")
    parser.add_argument("--like", type=int, nargs="+", metavar="ITEM", default=list(LIKED),
                        help="films that a person likes, the latest last, to recommend to them (default: %(default)s)")
    parser.add_argument("--folder", metavar="DIR", help="unpacked MovieLens: 100K, 1M, or the CSV form")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every figure printed to this file")
    parser.add_argument("--figure", metavar="FILE", type=Path, help="draw hits against the length of the list")
    args = parser.parse_args(argv)
    for option in ("seeds", "epochs", "top"):
        if getattr(args, option) is not None and getattr(args, option) < 1:
            parser.error(f"--{option} {getattr(args, option)}: want at least 1")
    return args


def run(args: argparse.Namespace) -> None:
    data = movielens.load(args.folder)
    table, films = data.table, data.items
    assert films is not None
    split = leave_one_out(table["user"], table["item"], table["timestamp"], items=films["item"])
    titles = dict(zip(films["item"].tolist(), films["title"].tolist()))
    if unknown := [item for item in args.like if item not in titles]:
        raise ValueError(f"--like {unknown[0]}: unknown film; MovieLens-100K has 1 .. {max(titles)}")
    names = args.models or [*BASELINES, *RECIPES]
    print(f"{data.name}: {len(split.users)} people, {len(split.items)} films, {len(split.train.items):,} rows to "
          "train on, two films of each person hidden.")
    known: dict[str, Recipe | Baseline] = {**BASELINES, **RECIPES}
    rows, ranker, curves = compare(split, {name: known[name] for name in names}, args.seeds, args.top, args.epochs)
    print_table(rows, args.top)
    result: Row = {"data": data.name, "people": len(split.users), "items": len(split.items), "k": args.top,
                   "rows": rows, "liked": args.like, "recommendations": []}
    if ranker is not None:
        suggestions = recommend_for(ranker, args.like, args.top)
        print_suggestions(args.like, suggestions, titles)
        result["recommendations"] = [s._asdict() | {"title": titles[s.item]} for s in suggestions]
    if args.figure is not None:
        draw(curves, args.figure)
        print(f"\nfigure: {args.figure}")
    if args.json is not None:
        write_beside(args.json, lambda path: path.write_text(json.dumps(result, indent=1) + "\n"))
        print(f"figures: {args.json}")


def compare(split: Split, models: Mapping[str, Recipe | Baseline], seeds: int, k: int = 10, epochs: int | None = None
            ) -> tuple[list[Row], Ranker | None, dict[str, Array]]:
    """A row of figures for every model and seed; the last ranker trained; and each model's hits by length of list.

    models : recipes are trained `seeds` times, seeds 0, 1, ...; baselines have no seed (0)
    epochs : None, or at most so many
    """
    rows: list[Row] = []
    curves: dict[str, Array] = {}
    ranker: Ranker | None = None
    jobs = [(name, model, seed) for name, model in models.items()
            for seed in range(seeds if isinstance(model, Recipe) else 1)]
    total = sum(at_most(model, epochs) if isinstance(model, Recipe) else 1 for _, model, _ in jobs)
    with tqdm(total=total, unit="epoch", leave=False) as bar:
        for name, model, seed in jobs:
            bar.set_description(f"{name}, seed {seed}")
            begun = time.perf_counter()
            losses: list[float] = []

            def report(record: Epoch, losses: list[float] = losses) -> None:
                losses.append(record["loss"])
                bar.update()
            if isinstance(model, Recipe):
                ranker = train_ranker(model, split.items, split.train, seed, at_most(model, epochs), report)
                scores = ranker.scores(split.train)
            else:
                scores = model(split.train)
                bar.update()
            seconds = time.perf_counter() - begun
            validation = leave_one_out_figures(scores, split.validation, split.rated, k)
            test = leave_one_out_figures(scores, split.test, split.rated, k)
            rows.append({"model": name, "seed": seed, **test,
                         **diversity(best(scores, split.train.matrix() > 0, k)), "validation_hr": validation["hr"],
                         "validation_ndcg": validation["ndcg"], "seconds": round(seconds, 2), "loss": losses})
            _, r = ranks(*among_unrated(scores, split.test, split.rated))
            hits = (r[:, None] <= np.arange(1, 51)).mean(axis=0)
            curves[name] = curves.get(name, 0) + hits / (seeds if isinstance(model, Recipe) else 1)
    return rows, ranker, curves


def at_most(recipe: Recipe, epochs: int | None) -> int:
    """How many epochs: the recipe's, or fewer."""
    return recipe.training.epochs if epochs is None else min(epochs, recipe.training.epochs)


def print_table(rows: Sequence[Row], k: int) -> None:
    """Means over seeds, and after HR and NDCG their standard deviation."""
    width = max(len(row["model"]) for row in rows)
    print(f"\n{'':{width}}  {f'among 99 drawn films, k = {k}':^37}  {'among all unrated films':^25}  lists  s a model")
    print(f"{'':{width}}  {'HR':^11} {'NDCG':^11} {'MAP':>5} {'MRR':>5}   {'HR':>5} {'NDCG':>5} {'MAP':>5} {'MRR':>5}")
    for name in dict.fromkeys(row["model"] for row in rows):
        mine = [row for row in rows if row["model"] == name]

        def mean(key: str, mine: Sequence[Row] = mine) -> str:
            return f"{np.mean([row[key] for row in mine]):.3f}".removeprefix("0")

        def spread(key: str, mine: Sequence[Row] = mine) -> str:
            return f"±{np.std([row[key] for row in mine], ddof=1):.3f}".replace("0.", ".") if len(mine) > 1 else ""
        sampled = " ".join(f"{mean(key)} {spread(key):<6}" for key in ("hr", "ndcg"))
        others = " ".join(f"{mean(key):>5}" for key in ("map", "mrr"))
        whole = " ".join(f"{mean(key + '_all'):>5}" for key in FIGURES)
        print(f"{name:{width}}  {sampled} {others}   {whole}   {int(np.mean([row['lists'] for row in mine])):5d} "
              f"{np.mean([row['seconds'] for row in mine]):8.1f}")


def print_suggestions(liked: Sequence[int], suggestions: Sequence[Suggestion], titles: Mapping[int, str]) -> None:
    print("\nSomebody who is not in the data likes " + "; ".join(titles[item] for item in liked) + ".  So they get:")
    for s in suggestions:
        print(f"  {s.logit:6.2f}  {titles[s.item]:<45}  because of {titles[s.because]} ({s.difference:+.2f})")


def draw(curves: Mapping[str, Array], path: Path) -> None:
    """Share of people whose hidden film is among the first n of all unrated films."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for k, (name, hits) in enumerate(curves.items()):
        color, style = (GREY, BLUE, GREEN, ORANGE)[k % 4], ("-", "--", ":", "-.")[k // 4 % 4]
        axes.plot(np.arange(1, len(hits) + 1), hits, style, color=color, label=name)
    axes.set_xlabel("length of the list, n")
    axes.set_ylabel("share of people whose hidden film is on it")
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(main())
