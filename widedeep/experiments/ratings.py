"""Ratings: how many stars?   Two other heads on the towers of the recipe.

    regression   a = z                  half the squared error     what is the best guess, in stars?
    classes      a = softmax(Z)         cross-entropy              how likely is each number of stars?

    RMSE = sqrt(mean (a - y)^2)        MAE = mean |a - y|          in stars; of classes, a = sum over k of k p_k

The split is 75/25 of the rows permuted by default_rng(2024).  Of the 75 %, the last tenth is for validation.
Histories and target statistics, leave-one-out, hold only whether a rating was 4 or more.  AUC, log loss and accuracy
are those of "4 or 5 stars?", for comparison; regression has no log loss.  The best settings, chosen on validation rows,
are `--recipe movielens-ratings`.

Read before: heads/classes.py, trial.py        Read next: ablation.py
"""
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mlp.losses import softmax_cross_entropy, squared_error
from perceptron.activations import Array
from widedeep.batch import Batch
from widedeep.datasets import Dataset
from widedeep.experiments.plots import dots
from widedeep.experiments.trial import Outcome, Row, Setting, values
from widedeep.heads.classes import Classes, DeepClasses, WideClasses, class_labels, evaluate_classes
from widedeep.heads.regression import Regression, evaluate_numbers, number_labels
from widedeep.metrics import auc
from widedeep.model import Tower
from widedeep.recipes import Prepared, Recipe, train
from widedeep.towers.with_history import HistoryFeatures

DATA = ("movielens",)
SPLITS = ("ratings",)
SEEDS = 5
STARS = (1, 2, 3, 4, 5)
MODELS = ("mean", "wide", "deep", "joint", "classes")
PARTS = ("train", "validation", "test")


class DeepClassesWithHistory(HistoryFeatures, DeepClasses):
    """DeepClasses with histories as inputs too."""


def cut(data: Dataset) -> Dataset:
    """The data set with one split, "ratings": 75/25."""
    p = np.random.default_rng(2024).permutation(len(data.labels))
    learn, test = p[:3 * len(p) // 4], p[3 * len(p) // 4:]
    a = len(learn) - len(learn) // 10
    return replace(data, splits={"ratings": {"train": learn[:a], "validation": learn[a:], "test": test}})


def number_head(recipe: Recipe, ready: Prepared, stars: dict[str, Array], towers: Sequence[str], seed: int,
                epochs: int | None = None) -> tuple[Regression, dict[str, Batch], int]:
    """(model, batches with stars (N, 1) as labels, best epoch)."""
    rng = np.random.default_rng(seed)
    built, optimizers = recipe.model(ready.encoder, rng, towers)
    model = Regression(STARS[0], STARS[-1], np.float32, **built.towers)
    batches = {part: number_labels(getattr(ready, part), stars[part]) for part in PARTS}
    return model, batches, learn(recipe, model, optimizers, batches, squared_error, rng, epochs)


def class_head(recipe: Recipe, ready: Prepared, stars: dict[str, Array], seed: int, epochs: int | None = None
               ) -> tuple[Classes, dict[str, Batch], int]:
    """(model, batches with one-hot labels (N, 5), best epoch).  Without matrix factorization: it has one output."""
    rng = np.random.default_rng(seed)
    encoder, deep, K = ready.encoder, recipe.deep, len(STARS)
    kind = DeepClassesWithHistory if recipe.columns.histories else DeepClasses
    towers: dict[str, Tower] = {
        "wide": WideClasses(encoder.n_wide, K),
        "deep": kind(encoder.n_deep, deep.d, encoder.n_inputs, deep.hidden, rng, K, dropout=deep.dropout,
                     drop_inputs=deep.drop_inputs, scale=deep.scale)}
    model = Classes(STARS, np.float32, **towers)
    _, optimizers = recipe.model(encoder, np.random.default_rng(seed))
    optimizers["wide"] = recipe.wide.rule(recipe.training.batch_size)
    batches = {part: class_labels(getattr(ready, part), stars[part][:, 0], STARS) for part in PARTS}
    return model, batches, learn(recipe, model, optimizers, batches, softmax_cross_entropy, rng, epochs)


def learn(recipe: Recipe, model: Regression | Classes, optimizers: Any, batches: dict[str, Batch], loss: Any,
          rng: np.random.Generator, epochs: int | None) -> int:
    """Train in place; return the epoch of the lowest validation loss."""
    model.init_bias(batches["train"].labels)
    history = train(recipe.training, model, optimizers, batches["train"], batches["validation"], rng=rng, epochs=epochs,
                    loss=loss)
    return int(min(history, key=lambda record: record["validation"])["epoch"])


def scores(a: Array, y: Array) -> Row:
    """rmse and mae of predictions a (N, 1) in stars; AUC and accuracy of "4 or 5 stars?" """
    liked = (y >= 4).astype(np.float64)
    found = evaluate_numbers(a, y) | {"auc": auc(liked, a), "log_loss": None}
    return found | {"accuracy": float(((a >= 3.5) == (liked == 1)).mean())}


def count(setting: Setting) -> int:
    return setting.seeds * (len(MODELS) - 1)


def run(setting: Setting, tick: Callable[[], Any]) -> Outcome:
    data, recipe = cut(setting.data), replace(setting.recipe, split="ratings")
    ready = recipe.prepare(data)
    stars = {part: data.rows("ratings", part)[0]["rating"][:, None].astype(np.float64) for part in PARTS}
    rows: list[Row] = []
    for seed in range(setting.seeds):
        mean = np.full(stars["test"].shape, stars["train"].mean())
        rows.append({"model": "mean", "seed": seed, **scores(mean, stars["test"])})
        for name, towers in (("wide", ("wide",)), ("deep", ("deep",)), ("joint", recipe.towers)):
            number, batches, epoch = number_head(recipe, ready, stars, towers, seed, setting.epochs)
            held = evaluate_numbers(number.predict(batches["validation"]), stars["validation"])
            rows.append({"model": name, "seed": seed, **scores(number.predict(batches["test"]), stars["test"]),
                         "validation": held["rmse"], "epoch": epoch})
            tick()
        classes, batches, epoch = class_head(recipe, ready, stars, seed, setting.epochs)
        q, p = classes.predict(batches["validation"]), classes.predict(batches["test"]).astype(np.float64)
        liked = np.clip(p[:, 3:].sum(axis=1, keepdims=True), 1e-12, 1 - 1e-12)          # (N, 1) p of 4 or 5
        y = (stars["test"] >= 4).astype(np.float64)
        of_five = evaluate_classes(classes.logits(batches["test"]), batches["test"].labels)
        rows.append({"model": "classes", "seed": seed, **scores(expected(p), stars["test"]), "auc": auc(y, liked),
                     "log_loss": float(-np.log(np.where(y == 1, liked, 1 - liked)).mean()),
                     "accuracy": float(((liked >= 0.5) == (y == 1)).mean()),
                     "log_loss_of_five": of_five["log_loss"], "accuracy_of_five": of_five["accuracy"],
                     "validation": evaluate_numbers(expected(q), stars["validation"])["rmse"], "epoch": epoch})
        tick()
    return Outcome(rows, {"rows": {part: len(stars[part]) for part in PARTS}})


def expected(p: Array) -> Array:
    """(N, 1) the mean number of stars under probabilities p (N, 5): the best guess for a squared error."""
    return p @ np.array(STARS, p.dtype)[:, None]


def table(outcome: Outcome) -> list[str]:
    lines = [f"{'on test rows':<12}{'RMSE':>18}{'MAE':>18}{'AUC of 4 or 5':>20}"]
    for name in MODELS:
        cells = (values(outcome.rows, metric, model=name) for metric in ("rmse", "mae", "auc"))
        lines.append(f"{name:<12}" + "".join(f"{v.mean():>10.4f} +- {v.std():.4f}" for v in cells))
    five = [values(outcome.rows, metric, model="classes").mean() for metric in ("log_loss_of_five", "accuracy_of_five")]
    return [*lines, "", f"which of five: log loss {five[0]:.4f} nats a row, accuracy {five[1]:.4f}"]


def draw(outcome: Outcome, figure: Any) -> None:
    for axes, metric in zip(figure.subplots(1, 2), ("rmse", "mae")):
        dots(axes, {name: values(outcome.rows, metric, model=name) for name in MODELS})
        axes.set(title=f"{metric.upper()} on test rows: left is better", xlabel="stars")
