"""python -m widedeep.demo: train wide, deep, and wide & deep on the same rows; compare, recommend, and say why.

It takes MovieLens-100K if that is in the cache or can be fetched, and else a generated app store.  The JSON file holds
every figure printed:

    data, split, seed, engine, rows {train, validation, test}, best_log_loss (null where the truth is not known)
    models.wide | deep | wide_deep | ensemble
        auc, log_loss, accuracy on test rows; seconds and epochs of training; nonzero_wide of wide_weights (null
        without a wide tower); calibration {predicted, observed, counts, error}; history [{epoch, loss, validation}]
        (the ensemble has no epochs and no history of its own)
    heaviest         [{feature, weight}]: wide weights of wide_deep, the largest magnitudes first
    user, liked      whom the recommendations are for (null for adult); titles they rated high, or have installed
    recommendations  [{item, title, probability, reasons {wide [{feature, weight}], deep, bias, logit,
                     others {tower: part}, only where there is a third tower}}]; [] for adult
    explained        adult: one test row's {probability, label, reasons}; null elsewhere
    figure           the path of the picture
"""
import argparse
import json
import textwrap
from pathlib import Path

import numpy as np

from widedeep.commands import comparison_text as show
from widedeep.commands.arguments import (
    add_data,
    add_recommendations,
    check_file,
    check_folder,
    check_least,
    check_writable,
    load_data,
    loop_of,
)
from widedeep.commands.blas_threads import one_thread
from widedeep.commands.comparison import heaviest_weights, measure_all, train_all
from widedeep.commands.comparison_plot import draw_comparison
from widedeep.commands.exit_codes import exit_code
from widedeep.commands.people import choose_user, liked_by, seen_by, titles_of
from widedeep.commands.wording import Answer, answer_as_json, readable
from widedeep.datasets import Dataset
from widedeep.model import WideDeep
from widedeep.recipes import BEST, RECIPES, Prepared, varied
from widedeep.recommend import Recommender, explain
from widedeep.saving import write_beside


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    with one_thread():
        return exit_code(lambda: run_own(args) if args.own else run(args))


def run_own(args: argparse.Namespace) -> None:
    """The demo on a student's functions."""
    from widedeep.exercises.own import USED, functions_of, in_place

    own = functions_of(args.own)
    print(f"On the functions of {args.own}:", textwrap.indent(textwrap.fill(", ".join(USED), 96), "  "), sep="\n")
    with in_place(own):
        run(args)
    print(f"\nEvery gradient and every step above was computed by the functions of {args.own}.")


def run(args: argparse.Namespace) -> None:
    """The demo, step by step."""
    check_writable(args.out)
    check_file("--json", args.json)
    loop = loop_of(args.engine)
    data = load_data(args.data, args.folder, network=not args.quick)
    user = choose_user(data, args.user)
    recipe = BEST[data.name] if args.best else RECIPES[data.name]
    if args.engine == "jax" and recipe.columns.histories:
        raise ValueError("--engine jax: --best has histories here, and that engine does not know their towers; "
                         "leave out --engine jax, or --best")
    if args.batch_size:
        recipe = varied(recipe, training={"batch_size": args.batch_size})

    prepared = recipe.prepare(data)                                 # table -> ids, learned on training rows
    show.print_sizes(data, recipe.split, prepared)
    trained = train_all(recipe, prepared, args.seed, args.epochs or (2 if args.quick else None), loop)
    results = measure_all(trained, prepared.test)                   # on test rows, once
    show.print_table(results, data.best_log_loss, recipe.towers)

    model, titles = trained["wide_deep"].model, titles_of(data)
    heaviest = [{"feature": readable(name, titles), "weight": weight}
                for name, weight in heaviest_weights(model, prepared.encoder)]
    show.print_heaviest(heaviest)
    answer = explain_one(model, prepared) if user is None else recommend(model, prepared, data, user, args.top)
    show.print_answer(answer, data.name, titles)

    figure = draw_comparison(args.out / f"widedeep-{data.name}.png", results, show.question(data))
    print(f"\nfigure: {figure}")
    if args.json:
        report = {"data": data.name, "split": recipe.split, "seed": args.seed, "engine": args.engine,
                  "rows": show.rows_of(prepared), "best_log_loss": data.best_log_loss, "models": results,
                  "heaviest": heaviest, **answer_as_json(answer, titles), "figure": str(figure)}
        write_beside(args.json, lambda path: path.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n"))
        print(f"every figure above: {args.json}")


def recommend(model: WideDeep, prepared: Prepared, data: Dataset, user: int, k: int) -> Answer:
    """The k best unseen items for a user, with their reasons."""
    recommender = Recommender(model, prepared.encoder, data.users or {}, data.items or {}, seen_by(data))
    return Answer(user, liked_by(data, user), recommender.recommend(user, k))


def explain_one(model: WideDeep, prepared: Prepared) -> Answer:
    """Where there is nothing to recommend: why the first test row has its probability."""
    reasons = explain(model, prepared.encoder, prepared.test[np.arange(1)])[0]
    p, label = float(1 / (1 + np.exp(-reasons.logit))), int(np.asarray(prepared.test.labels)[0, 0])
    return Answer(None, [], [], (p, label, reasons))


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m widedeep.demo", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data(parser, RECIPES, "movielens, or appstore if that is not available")
    add_recommendations(parser, "whom to recommend to", top=10)
    parser.add_argument("--epochs", type=int, help="at most (default: the recipe's)")
    parser.add_argument("--batch-size", type=int, help="rows a step (default: the recipe's)")
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("."),
                        help="folder of the figure (default: here)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every figure printed to this file")
    parser.add_argument("--best", action="store_true", help="the best settings, trained slowly (MovieLens: a minute)")
    parser.add_argument("--quick", action="store_true", help="two epochs, no network: under ten seconds")
    parser.add_argument("--engine", choices=["numpy", "jax"], default="numpy",
                        help="what trains: NumPy, or the same epochs compiled by JAX (pip install 'widedeep[jax]'); "
                             "its seconds include compiling")
    parser.add_argument("--with", dest="own", metavar="DIR", type=Path,
                        help="on your own functions: the folder of python -m widedeep.exercises, all of it right")
    args = parser.parse_args(argv)
    check_least(parser, args, top=1, seed=0, epochs=1, batch_size=1)
    check_folder(parser, args.folder, args.data)
    if args.own and args.engine != "numpy":
        parser.error("--with runs your own functions, and --engine jax runs none of them; leave one of the two out")
    if args.user is not None and args.data == "adult":
        parser.error("--user: Adult has people but no items, so nothing is recommended; leave it out")
    return args


if __name__ == "__main__":
    raise SystemExit(main())
