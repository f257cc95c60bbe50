"""python -m widedeep.demo: train wide, deep, and wide & deep on the same rows; compare, recommend, and say why.

It takes MovieLens-100K if that is in the cache or can be fetched, and else a generated app store.  The JSON file holds
every figure printed:

    data, split, seed, rows {train, validation, test}, best_log_loss (null where nobody knows)
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
import os
import re
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from perceptron.activations import Array
from widedeep.batch import Batch
from widedeep.commands import exit_code
from widedeep.datasets import Dataset, DataUnavailable, adult, appstore, movielens
from widedeep.encoder import Encoder
from widedeep.metrics import accuracy, auc, calibration, evaluate
from widedeep.model import WideDeep, ensemble
from widedeep.recipes import BEST, RECIPES, Prepared, Recipe
from widedeep.recommend import Reasons, Recommendation, Recommender, explain, history
from widedeep.saving import write_beside
from widedeep.threads import one_thread

TOWERS = {"wide": ("wide",), "deep": ("deep",), "wide_deep": ("wide", "deep")}
SPOKEN = {"wide": "wide", "deep": "deep", "wide_deep": "wide & deep", "ensemble": "ensemble"}
WHAT = {"movielens": "MovieLens-100K: will this person rate this film 4 or 5?",
        "adult": "Adult census: an income above $50,000?",
        "appstore": "a generated app store: will this person install the app they are shown?"}


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    with one_thread():
        return exit_code(lambda: run(args))


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m widedeep.demo", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", choices=list(RECIPES), help="default: movielens, or appstore if that is out of reach")
    parser.add_argument("--folder", metavar="DIR", help="unpacked MovieLens-100K (u.data, u.item, u.user)")
    parser.add_argument("--user", type=int, help="whom to recommend to (default: one with a middling number of rows)")
    parser.add_argument("--top", type=int, default=10, help="how many recommendations (default 10)")
    parser.add_argument("--seed", type=int, default=0, help="of weights, order and dropout (default 0)")
    parser.add_argument("--epochs", type=int, help="at most (default: the recipe's)")
    parser.add_argument("--batch-size", type=int, help="rows a step (default: the recipe's)")
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("."),
                        help="folder of the figure (default: here)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every figure printed to this file")
    parser.add_argument("--best", action="store_true", help="the settings that go furthest: MovieLens takes a minute")
    parser.add_argument("--quick", action="store_true", help="two epochs, no network: under ten seconds")
    args = parser.parse_args(argv)
    for name, least in (("top", 1), ("seed", 0), ("epochs", 1), ("batch_size", 1)):
        value = getattr(args, name)
        if value is not None and value < least:
            parser.error(f"--{name.replace('_', '-')} {value}: want at least {least}")
    if args.folder and args.data not in (None, "movielens"):
        parser.error(f"--folder is for MovieLens, not for --data {args.data}")
    if args.user is not None and args.data == "adult":
        parser.error("--user: Adult has people but no items, so nothing is recommended; leave it out")
    return args


def run(args: argparse.Namespace) -> None:
    for folder in {args.out, args.json.parent if args.json else args.out}:
        check_writable(folder)
    if args.json and args.json.is_dir():
        raise OSError(f"--json {args.json} is a folder; name a file")
    data = choose(args)
    recipe = BEST[data.name] if args.best else RECIPES[data.name]
    recipe = replace(recipe, batch_size=args.batch_size or recipe.batch_size)
    epochs = args.epochs or (2 if args.quick else None)
    if data.users is not None:
        user = args.user if args.user is not None else default_user(data)
        if user not in data.users["user"]:
            known = data.users["user"]
            raise ValueError(f"--user {user}: unknown; {data.name} has users {known.min()} to {known.max()}")

    prepared = recipe.prepare(data)
    encoder = prepared.encoder
    rows = {part: len(getattr(prepared, part)) for part in ("train", "validation", "test")}
    print(f"\n{WHAT[data.name]}\n{rows['train']:,} rows to train on, {rows['validation']:,} to choose the epoch, "
          f"{rows['test']:,} to test (split {recipe.split!r}); {encoder.n_wide - 1:,} wide features, "
          f"{encoder.n_deep - 1:,} embedded values.\n")

    models, results = train_all(recipe, prepared, args.seed, epochs)
    print_table(results, data.best_log_loss)
    if extra := [name for name in recipe.towers if name not in ("wide", "deep")]:
        print(f"(wide & deep here has a third tower: {', '.join(extra)}; the ensemble is of wide and deep alone)")
    titles = None if data.items is None else dict(zip(data.items["item"].tolist(), data.items["title"].tolist()))
    heaviest = heaviest_weights(models["wide_deep"], encoder, titles)
    report: dict[str, Any] = {
        "data": data.name, "split": recipe.split, "seed": args.seed, "rows": rows,
        "best_log_loss": data.best_log_loss, "models": results, "heaviest": heaviest, "user": None, "liked": [],
        "recommendations": [], "explained": None}

    if data.users is not None:
        report["user"], report["liked"] = user, liked(data, user)
        recommender = Recommender(models["wide_deep"], encoder, data.users, data.items or {}, seen_by(data))
        found = recommender.recommend(user, args.top)
        print_recommendations(data, user, report["liked"], found, titles)
        report["recommendations"] = [r._asdict() | {"reasons": as_json(r.reasons, titles)} for r in found]
    else:
        report["explained"] = explain_one(models["wide_deep"], encoder, prepared.test)

    report["figure"] = str(draw(args.out / f"widedeep-{data.name}.png", results, WHAT[data.name]))
    print(f"\nfigure: {report['figure']}")
    if args.json:
        write_beside(args.json, lambda path: path.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n"))
        print(f"every figure above: {args.json}")


def choose(args: argparse.Namespace) -> Dataset:
    """The data set asked for; MovieLens by default, and the app store, saying why, where it is out of reach."""
    if args.data == "adult":
        return adult.load()
    if args.data == "appstore":
        return appstore.load()
    try:
        return movielens.load(args.folder, network=not args.quick)
    except DataUnavailable as error:
        if args.data or args.folder:
            raise
        why = str(error).splitlines()
        print(f"The app store instead of MovieLens-100K: {' '.join(line.strip() for line in why[:-1]) or why[0]}")
        return appstore.load()


def train_all(recipe: Recipe, data: Prepared, seed: int, epochs: int | None
              ) -> tuple[dict[str, WideDeep], dict[str, dict[str, Any]]]:
    """Wide, deep, and both, each trained from the same seed; and the ensemble of the first two."""
    models: dict[str, WideDeep] = {}
    results: dict[str, dict[str, Any]] = {}
    test = data.test
    y = np.asarray(test.labels, np.float64)
    longest = epochs or recipe.epochs
    with tqdm(total=len(TOWERS) * longest, unit="epoch", disable=None, leave=False) as bar:
        for place, (name, towers) in enumerate(TOWERS.items(), start=1):
            bar.set_description(SPOKEN[name])
            towers = recipe.towers if name == "wide_deep" else towers
            model, _, history, seconds = recipe.fit(data, towers, seed, epochs=epochs,
                                                    report=lambda record: bar.update())
            bar.update(max(0, place * longest - bar.n))             # stopped early: skip the rest
            wide: Any = model.towers.get("wide")
            models[name] = model
            results[name] = evaluate(model.logits(test), y) | {
                "seconds": seconds, "epochs": len(history), "nonzero_wide": wide and int(np.count_nonzero(wide.w)),
                "wide_weights": wide and len(wide.w) - 1, "calibration": calibrated(y, model.predict(test)),
                "history": history}
    p = ensemble([models["wide"], models["deep"]], test).astype(np.float64)
    each = np.where(y == 1, p, 1 - p)
    results["ensemble"] = {
        "auc": auc(y, p), "log_loss": float(-np.log(np.maximum(each, 1e-15)).mean()), "accuracy": accuracy(y, p),
        "seconds": results["wide"]["seconds"] + results["deep"]["seconds"], "epochs": None,
        "nonzero_wide": results["wide"]["nonzero_wide"], "wide_weights": results["wide"]["wide_weights"],
        "calibration": calibrated(y, p)}
    return models, results


def calibrated(y: Array, p: Array) -> dict[str, Any]:
    found = calibration(y, p)
    return {name: value.tolist() for name, value in found._asdict().items()} | {"error": found.error}


def print_table(results: dict[str, dict[str, Any]], best: float | None) -> None:
    heads = f"{'AUC':>8}{'log loss':>10}{'accuracy':>10}{'seconds':>9}{'epochs':>8}   wide weights not 0"
    print(f"{'on test rows':<13}{heads}")
    for name, r in results.items():
        weights = "-" if r["nonzero_wide"] is None else f"{r['nonzero_wide']:,} of {r['wide_weights']:,}"
        print(f"{SPOKEN[name]:<13}{r['auc']:>8.4f}{r['log_loss']:>10.4f}{r['accuracy']:>10.4f}{r['seconds']:>9.1f}"
              f"{r['epochs'] or '-':>8}   {weights}")
    if best is not None:
        print(f"{'the truth':<13}{'':>8}{best:>10.4f}   (the probabilities that made the labels: none is better)")


def heaviest_weights(model: WideDeep, encoder: Encoder, titles: dict[int, str] | None, n: int = 10
                     ) -> list[dict[str, Any]]:
    """Print and return the wide weights of the largest magnitude, by name."""
    w = model.towers["wide"].params()["w"]
    heaviest = [{"feature": readable(encoder.wide_name(int(i)), titles), "weight": float(w[i])}
                for i in np.argsort(-np.abs(w), kind="stable")[:n]]
    print("\nThe heaviest wide weights of wide & deep (log-odds):")
    for term in heaviest:
        print(f"  {term['weight']:+.2f}  {term['feature']}")
    return heaviest


def readable(feature: str, titles: dict[int, str] | None) -> str:
    """item=50 with its title, where there is one."""
    return re.sub(r"\bitem=(\d+)", lambda m: f"{m[0]} ({titles[int(m[1])]})" if titles else m[0], feature)


def default_user(data: Dataset) -> int:
    """The user with the middle number of rows (of several, the first): neither a stranger nor a critic."""
    users, counts = np.unique(data.table["user"], return_counts=True)
    return int(users[np.argsort(counts, kind="stable")[len(users) // 2]])


def seen_by(data: Dataset) -> dict[Any, set[Any]]:
    """What not to recommend: what the user rated or was shown, and the apps that they have installed."""
    seen = history(data.table)
    if data.users is not None and data.items is not None and "installed" in data.users:
        item_of = dict(zip(data.items["title"].tolist(), data.items["item"].tolist()))
        for user, installed in zip(data.users["user"].tolist(), data.users["installed"].tolist()):
            seen[user] |= {item_of[title] for title in installed}
    return seen


def liked(data: Dataset, user: int, n: int = 8) -> list[str]:
    """Titles that the user rated high, the latest of the best first; or the apps that they have installed."""
    rows = np.flatnonzero(data.table["user"] == user)
    if "installed" in data.table:
        return list(data.table["installed"][rows[0]])
    order = np.lexsort((-data.table["timestamp"][rows], -data.table["rating"][rows]))
    best = [row for row in rows[order] if data.table["rating"][row] >= 4][:n]
    return [f"{data.table['title'][row]}, {data.table['rating'][row]} stars" for row in best]


def print_recommendations(data: Dataset, user: int, liked: list[str], found: list[Recommendation],
                          titles: dict[int, str] | None) -> None:
    did = "has installed" if data.name == "appstore" else "rated high"
    print(textwrap.fill(f"User {user} {did}: " + "; ".join(liked or ["nothing"]), 120, initial_indent="\n"))
    print("\nRecommended, with the terms that add up to the log-odds of each:")
    for place, r in enumerate(found, start=1):
        print(f"{place:>3}  {r.probability:.3f}  {r.title}")
        print(textwrap.fill(short(r.reasons, titles), 110, initial_indent=" " * 12, subsequent_indent=" " * 12))


def short(reasons: Reasons, titles: dict[int, str] | None, n: int = 3) -> str:
    """The deep part, other towers, the heaviest wide terms, the sum of the others and the bias, on one line."""
    rest = reasons.wide[n:]
    parts = [f"{reasons.deep:+.2f} deep part"]
    parts += [f"{value:+.2f} {name} part" for name, value in reasons.others.items()]
    parts += [f"{weight:+.2f} {readable(name, titles)}" for name, weight in reasons.wide[:n]]
    if rest:
        parts.append(f"{sum(weight for _, weight in rest):+.2f} from {len(rest)} more wide terms")
    return "; ".join([*parts, f"{reasons.bias:+.2f} bias"])


def as_json(reasons: Reasons, titles: dict[int, str] | None) -> dict[str, Any]:
    wide = [{"feature": readable(name, titles), "weight": weight} for name, weight in reasons.wide]
    return {name: part for name, part in reasons._asdict().items() if part != {}} | {"wide": wide}


def explain_one(model: WideDeep, encoder: Encoder, test: Batch) -> dict[str, Any]:
    """Print and return why the first test row has its probability."""
    reasons = explain(model, encoder, test[np.arange(1)])[0]
    p, label = float(1 / (1 + np.exp(-reasons.logit))), int(np.asarray(test.labels)[0, 0])
    print(f"\nOne person of the test rows: probability {p:.3f}, and it was {label}.  The log-odds are the sum of:")
    print("  " + short(reasons, None, n=6).replace("; ", "\n  "))
    return {"probability": p, "label": label, "reasons": as_json(reasons, None)}


def draw(path: Path, results: dict[str, dict[str, Any]], title: str) -> Path:
    import matplotlib

    matplotlib.use("Agg")                                           # a file, no window: works without a screen
    from widedeep.metrics import Calibration
    from widedeep.plots import plot_comparison

    figure = plot_comparison(
        {SPOKEN[name]: results[name]["history"] for name in TOWERS}, {SPOKEN[name]: r for name, r in results.items()},
        {SPOKEN[name]: Calibration(*(np.array(results[name]["calibration"][key]) for key in Calibration._fields))
         for name in TOWERS}, title)
    write_beside(path, lambda beside: figure.savefig(beside, dpi=120, format="png"))
    return path


def check_writable(folder: Path) -> None:
    """Before any work: make the folder, or raise OSError saying what is wrong with it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"{folder} cannot be made a folder ({error.strerror}); choose another --out or --json") from None
    if not os.access(folder, os.W_OK):
        raise OSError(f"the folder {folder} cannot be written; choose another --out or --json")


if __name__ == "__main__":
    raise SystemExit(main())
