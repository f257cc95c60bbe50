"""python -m widedeep.explanations: why these answers, how certain, and what has the model learned?

It trains a model, on MovieLens-100K if available and else on the generated app store.  For a person's recommendations,
or for one test row (--row), it shows the log-odds as a sum of named terms, whether they were memorized or generalized,
and which entries of the person's history contributed most.  Then it shows the calibration of the probabilities, for
each value of a column (--by).  It saves two pictures: the reliability curve, and a map of the items' embeddings.  On
MovieLens the default is the recipe with matrix factorization, whose embeddings show best which films are similar
(neighbours.py).
"""
import argparse
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from perceptron.activations import Array
from widedeep.columns import Bag, Buckets
from widedeep.commands.arguments import (
    add_data,
    add_recommendations,
    check_folder,
    check_least,
    check_recipe,
    check_writable,
    load_data,
)
from widedeep.commands.blas_threads import one_thread
from widedeep.commands.exit_codes import exit_code
from widedeep.commands.people import choose_user, seen_by, titles_of
from widedeep.commands.wording import readable
from widedeep.datasets import Dataset
from widedeep.explanations.neighbours import neighbours, principal_plane, rows_of
from widedeep.explanations.reliability import as_text, by_slice
from widedeep.explanations.verdicts import Usual, Verdict, influences, influences_of_history, usual_parts, verdicts
from widedeep.metrics import evaluate
from widedeep.model import WideDeep
from widedeep.recipes import BEST, RECIPES, Prepared
from widedeep.recommend import Recommender
from widedeep.saving import write_beside
from widedeep.table import Sheet

BY = {"movielens": "genres", "adult": "occupation", "appstore": "category"}
RECIPE = {"movielens": "movielens-product", "adult": "adult", "appstore": "appstore"}
KNOWN = 20                                              # training rows that an item needs to count for the map's axes
SHOWN = 40                                              # items with a title on the map


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    with one_thread():
        return exit_code(lambda: run(args))


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m widedeep.explanations", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add_data(parser, RECIPES, "movielens, or appstore if that is not available")
    add_recommendations(parser, "whose recommendations", top=5)
    parser.add_argument("--row", type=int, help="explain this test row instead, from 0")
    parser.add_argument("--by", metavar="COLUMN", help="group test rows by this column (default: genres, occupation "
                                                       "or category)")
    parser.add_argument("--recipe", metavar="R", choices=list(BEST),
                        help=f"{', '.join(BEST)} (default: movielens-product, adult, appstore)")
    parser.add_argument("--epochs", type=int, help="at most (default: the recipe's)")
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("."), help="folder of the pictures")
    parser.add_argument("--quick", action="store_true", help="the quick recipe, two epochs, no network")
    args = parser.parse_args(argv)
    check_least(parser, args, top=1, seed=0, epochs=1, row=0)
    check_recipe(parser, args)
    check_folder(parser, args.folder, args.data)
    if args.user is not None and (args.data == "adult" or args.row is not None):
        parser.error("--user: Adult has no recommendations, and --row has a person of its own; leave --user out")
    return args


def run(args: argparse.Namespace) -> None:
    check_writable(args.out)
    data = load_data(args.data, args.folder, network=not args.quick)
    recipe = RECIPES[data.name] if args.quick else BEST[args.recipe or RECIPE[data.name]]
    by = args.by or BY[data.name]
    n_test = len(data.splits[recipe.split]["test"])
    user = None if args.row is not None else choose_user(data, args.user)
    if by not in data.table:
        raise ValueError(f"--by {by}: {data.name} has no such column; it has {', '.join(data.table)}")
    if args.row is not None and args.row >= n_test:
        raise ValueError(f"--row {args.row}: {data.name} has {n_test:,} test rows, 0 to {n_test - 1}")

    ready = recipe.prepare(data)
    epochs = args.epochs or (2 if args.quick else None)
    with tqdm(total=epochs or recipe.training.epochs, unit="epoch", disable=None, leave=False) as bar:
        model = recipe.fit(ready, None, args.seed, epochs=epochs, report=lambda record: bar.update()).model
    found = evaluate(model.logits(ready.test), ready.test.labels)
    print(f"Trained on {len(ready.train):,} rows of {data.name}; on {n_test:,} test rows AUC {found['auc']:.4f}, "
          f"log loss {found['log_loss']:.4f}.")

    usual = usual_parts(model, ready.encoder, ready.train[np.arange(min(len(ready.train), 20_000))])
    if user is None:
        explain_row(data, recipe.split, model, ready, usual, args.row or 0)
    else:
        explain_user(data, recipe.split, model, ready, usual, user, args.top)

    values = values_to_cut(data, recipe.split, by)
    parts = by_slice(ready.test.labels, model.predict(ready.test).astype(np.float64), values)
    print(f"\nAre the probabilities calibrated?  Test rows by {by}; an error near that by chance is no evidence.\n")
    print(as_text(parts, by))
    counts = count_verdicts(model, ready, usual)
    print(f"\nOf {sum(counts.values()):,} test rows {counts['memorized']:,} were memorized, "
          f"{counts['generalized']:,} generalized.")
    draw(args.out, data, recipe.split, model, ready, parts, by)


def explain_user(data: Dataset, split: str, model: WideDeep, ready: Prepared, usual: Usual, user: int, top: int
                 ) -> None:
    """The best unseen items, each with its verdict and the evidence for it."""
    assert data.users is not None and data.items is not None
    recommender = Recommender(model, ready.encoder, data.users, data.items, seen_by(data))
    titles = titles_of(data)
    row_of = {item: row for row, item in enumerate(data.items["item"].tolist())}
    found = recommender.recommend(user, top)
    rows = np.array([row_of[one.item] for one in found])
    table = recommender.candidates(user, rows, {})
    batch = ready.encoder.encode(table)
    print(f"\nFor user {user}, in log-odds: how much crosses, the deep part and single columns differ for each film "
          "from their usual values.")
    for n, (one, verdict) in enumerate(zip(found, verdicts(model, ready.encoder, batch, usual))):
        print(f"\n{n + 1:>3}  {one.probability:.3f}  {one.title}")
        print(f"       {verdict}")
        row = {name: np.asarray(column)[n:n + 1] for name, column in table.items()}
        print_evidence(data, split, model, ready, verdict, row, batch[np.array([n])], user, titles)


def explain_row(data: Dataset, split: str, model: WideDeep, ready: Prepared, usual: Usual, n: int) -> None:
    """One test row: every term of its logit, and the verdict."""
    table, labels = data.rows(split, "test")
    row, batch = {name: column[n:n + 1] for name, column in table.items()}, ready.test[np.array([n])]
    verdict = verdicts(model, ready.encoder, batch, usual)[0]
    p = float(model.predict(batch)[0, 0])
    titles = titles_of(data)
    print(f"\nTest row {n}: " + ", ".join(f"{name}={column[0]}" for name, column in row.items() if name != "rating"))
    print(f"Probability {p:.3f}, label {int(labels[n, 0])}.  The log-odds, {verdict.reasons.logit:+.3f}, are the "
          "sum of:")
    terms = [*verdict.reasons.wide[:12], ("the deep part", verdict.reasons.deep), ("the bias", verdict.reasons.bias),
             *((f"the {name} part", part) for name, part in verdict.reasons.others.items())]
    if rest := verdict.reasons.wide[12:]:
        terms.append((f"{len(rest)} more wide terms", sum(weight for _, weight in rest)))
    for name, weight in terms:
        print(f"  {weight:+.3f}  {readable(name, titles)}")
    print(f"\n{verdict}")
    print_evidence(data, split, model, ready, verdict, row, batch,
                   None if "user" not in table else int(row["user"][0]), titles)


def print_evidence(data: Dataset, split: str, model: WideDeep, ready: Prepared, verdict: Verdict,
                   row: dict[str, Array], batch: Any, user: int | None, titles: dict[int, str] | None) -> None:
    """Memorized: its crosses.  Generalized: the nearest items this person liked.  Both: influences of the history."""
    if verdict.word == "memorized":
        for name, weight in verdict.because[:3]:
            print(f"         {weight:+.2f}  {readable(name, titles)}")
    elif data.items is not None:
        column, liked = item_column(ready.encoder), known_to(data, split, user, ready.encoder)
        near = neighbours(model, ready.encoder, column, row[column][0].item(), 3, tower=table_tower(model), among=liked)
        if near:
            print("         nearest that they liked: " + "; ".join(
                f"{title_of(value, titles)} ({cosine:+.2f})" for value, cosine in near))
    bags = [c.name for c in ready.encoder.columns if isinstance(c, Bag) and c.name in (data.users or ())]
    did: list[Any] = []
    if getattr(batch, "histories", ()) and not batch.histories[0].left_out[0]:
        did = influences_of_history(model, ready.encoder, batch)
    elif bags:
        did = influences(model, ready.encoder, row, bags[0])
    if did:
        print("         of their history: " + "; ".join(
            f"{readable(str(name), titles)} {change:+.2f}" for name, change in did[:3]))


def item_column(encoder: Any) -> str:
    """The column by which the items are embedded."""
    return "item" if any(column.name == "item" for column in encoder.deep) else "title"


def table_tower(model: WideDeep) -> str:
    """The tower whose embeddings show best which items are similar: the matrix factorization, where there is one."""
    return "product" if "product" in model.towers else "deep"


def known_to(data: Dataset, split: str, user: int | None, encoder: Any) -> set[Any]:
    """The items that the person liked in training rows, or has installed."""
    train, labels = data.rows(split, "train")
    rows = np.flatnonzero((train["user"] == user) & (labels[:, 0] == 1))
    items = set(train[item_column(encoder)][rows].tolist())
    if "installed" in train:
        items |= {title for row in np.flatnonzero(train["user"] == user)[:1] for title in train["installed"][row]}
    return items


def title_of(value: Any, titles: dict[int, str] | None) -> str:
    return titles[value] if titles and value in titles else str(value)


def values_to_cut(data: Dataset, split: str, by: str) -> Any:
    """The column of the test rows; numbers with many values in five buckets, fitted on the training rows."""
    (train, _), (test, _) = data.rows(split, "train"), data.rows(split, "test")
    if train[by].dtype.kind not in "iuf" or len(np.unique(train[by])) <= 20:
        return test[by]
    buckets = Buckets(by, 5)
    buckets.fit(Sheet(train, [by]))
    return np.array([buckets.value(int(i)) for i in buckets.ids(Sheet(test, [by]))[:, 0]])


def count_verdicts(model: WideDeep, ready: Prepared, usual: Usual, most: int = 5_000) -> dict[str, int]:
    found = [v.word for v in verdicts(model, ready.encoder, ready.test[np.arange(min(most, len(ready.test)))], usual)]
    return {word: found.count(word) for word in ("memorized", "generalized")}


def main_groups(bags: list[tuple[str, ...]], catalogue: list[tuple[str, ...]], most: int = 7) -> list[str]:
    """One group for each item: the `most` values that most items have, and of these the rarest in the catalogue.

    A film that is Action, Romance and Sci-Fi is best described by Sci-Fi, the rarest of the three.
    """
    here, everywhere = (Counter(value for bag in some for value in bag) for some in (bags, catalogue))
    coloured = sorted(here, key=lambda value: (-here[value], value))[:most]
    return [min((value for value in bag if value in coloured), key=lambda value: everywhere[value], default="other")
            for bag in bags]


def draw(folder: Path, data: Dataset, split: str, model: WideDeep, ready: Prepared, parts: Any, by: str) -> None:
    import matplotlib

    matplotlib.use("Agg")                                           # files, no window
    from widedeep.explanations.plots import plot_map, plot_reliability

    figure = plot_reliability(parts, f"{data.name}: are the probabilities calibrated?  Test rows by {by}")
    path = folder / f"reliability-{data.name}.png"
    write_beside(path, lambda beside: figure.savefig(beside, dpi=120, format="png"))
    print(f"\nfigure: {path}")
    if data.items is None:
        return
    column, tower = item_column(ready.encoder), table_tower(model)
    values, E = rows_of(model, ready.encoder, column, tower)
    train = data.rows(split, "train")[0]
    seen, counts = np.unique(train[column], return_counts=True)
    count = dict(zip(seen.tolist(), counts.tolist()))
    rated = np.array([count[value] for value in values])
    points, shares = principal_plane(E, rated >= min(KNOWN, int(np.median(rated))))
    top = np.argsort(-rated, kind="stable")[:SHOWN]
    row = {value: n for n, value in enumerate(data.items[column].tolist())}
    bags = data.items.get("genres", data.items.get("category"))
    catalogue = [bag if isinstance(bag, tuple) else (bag,) for bag in np.asarray(bags).tolist()]
    groups = main_groups([catalogue[row[values[i]]] for i in top], catalogue)
    titles = [short_title(str(data.items["title"][row[values[i]]])) for i in top]
    figure = plot_map(points[top], titles, groups, f"{data.name}: the {len(top)} items with most rows, as the {tower} "
                      "tower's embeddings see them", "main genre" if "genres" in data.items else "category", shares)
    path = folder / f"map-{data.name}.png"
    write_beside(path, lambda beside: figure.savefig(beside, dpi=120, format="png"))
    print(f"figure: {path}")


def short_title(title: str) -> str:
    """"Empire Strikes Back, The (1980)" -> "The Empire Strikes Back"."""
    title = re.sub(r" \((\d{4}|V)\)", "", title)
    title = re.sub(r"^(.*), (The|A|An)$", r"\2 \1", title)
    return title if len(title) <= 28 else title[:26].rstrip() + "..."


if __name__ == "__main__":
    raise SystemExit(main())
