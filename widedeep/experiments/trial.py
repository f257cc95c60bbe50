"""A trial: one model, one seed, and test rows scored once.

    settings: a recipe's        epoch: chosen on validation rows        test rows: scored once, after training

An experiment is a module with these names, and __main__.py does the rest:

    DATA, SPLITS, SEEDS         the data sets it is for; its splits (empty: the data set's own); seeds by default
    count(setting)              how many times `run` will call tick (for the progress bar)
    run(setting, tick)          -> Outcome: the rows of the JSON, and a summary of them
    table(outcome)              -> lines to print
    draw(outcome, figure)       into an empty matplotlib figure

Read before: recipes/recipe.py        Read next: paired.py
"""
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from perceptron.activations import Array, sigmoid
from widedeep.columns import Column
from widedeep.crosses import Cross
from widedeep.datasets import Dataset
from widedeep.encoder import Encoder
from widedeep.metrics import evaluate
from widedeep.recipes import Prepared, Recipe, Trained, varied

Row = dict[str, Any]                                    # at least model, seed, auc, log_loss, accuracy
METRICS = ("auc", "log_loss", "accuracy")


class Setting(NamedTuple):
    """What an experiment is run on.  epochs : at most, None for the recipe's"""

    data: Dataset
    recipe: Recipe
    seeds: int
    epochs: int | None = None


class Outcome(NamedTuple):
    rows: list[Row]
    summary: dict[str, Any]                             # figures computed from the rows, for table, figure and JSON


class Experiment(Protocol):
    DATA: tuple[str, ...]
    SPLITS: tuple[str, ...]
    SEEDS: int

    @staticmethod
    def count(setting: Setting) -> int: ...
    @staticmethod
    def run(setting: Setting, tick: Callable[[], Any]) -> Outcome: ...
    @staticmethod
    def table(outcome: Outcome) -> list[str]: ...
    @staticmethod
    def draw(outcome: Outcome, figure: Any) -> None: ...


class Trial(NamedTuple):
    row: Row
    z: Array                                            # (N, 1) float64 logits of the test rows
    trained: Trained


def trial(model: str, recipe: Recipe, data: Prepared, towers: Sequence[str], seed: int, epochs: int | None = None,
          **more: Any) -> Trial:
    """Train, then score the test rows.  model : its name in the row        more : goes into the row"""
    trained = recipe.fit(data, towers, seed, epochs=epochs)
    best = min(trained.history, key=lambda record: record.get("validation", -record["epoch"]))   # without: the last
    z = trained.model.logits(data.test).astype(np.float64)                              # (N, 1)
    row = {"model": model, "seed": seed, **evaluate(z, data.test.labels), "validation": best.get("validation"),
           "epoch": best["epoch"], "epochs": len(trained.history), "seconds": round(trained.seconds, 3), **more}
    return Trial(row, z, trained)


def mixed(seed: int, parts: Sequence[Array], labels: Array, **more: Any) -> tuple[Row, Array]:
    """The ensemble: the mean probability of models trained separately, as a row, and as logits (N, 1).

    parts : logits (N, 1) of each
    """
    p = np.mean([sigmoid(z.astype(np.float64)) for z in parts], axis=0)
    p = np.clip(p, 1e-12, 1 - 1e-12)
    z = np.log(p / (1 - p))
    return {"model": "ensemble", "seed": seed, **evaluate(z, labels), **more}, z


def values(rows: Iterable[Row], key: str, **where: Any) -> Array:
    """The figures under `key` of the rows that match `where`, in their order: one for each seed."""
    return np.array([row[key] for row in rows if all(row[name] == value for name, value in where.items())], float)


def line(name: str, rows: Iterable[Row], width: int = 26, **where: Any) -> str:
    """A line of a table: mean and deviation over seeds of the three metrics."""
    rows = list(rows)
    cells = (values(rows, metric, **where) for metric in METRICS)
    return f"{name:<{width}}" + "".join(f"{v.mean():>10.4f} +- {v.std():.4f}" for v in cells)


def heading(first: str, width: int = 26) -> str:
    return f"{first:<{width}}" + "".join(f"{metric.replace('_', ' '):>20}" for metric in METRICS).replace("auc", "AUC")


def is_cross(column: Column) -> bool:
    return isinstance(column, Cross)


def with_crosses(recipe: Recipe, names: Collection[str]) -> Recipe:
    """The recipe, with only the crosses of these names in its wide tower."""
    def encoder() -> Encoder:
        whole = recipe.columns.encoder()
        return Encoder(wide=[column for column in whole.wide if not is_cross(column) or column.name in names],
                       deep=whole.deep, numbers=whole.numbers)
    return varied(recipe, columns={"encoder": encoder})
