"""Ablation: is joint training better than each part, and what does each ingredient of the recipe bring?

    joint - wide, joint - deep, joint - ensemble        the same seed in both: paired differences
    joint without X - joint                             one ingredient left out at a time, without a replacement
    joint with X - joint                                one added that the recipe does not have

An ingredient whose absence changes nothing could be left out.  Two ingredients with the same effect each look useless
when left out one at a time; where that happens, both are also left out together.  What is added has a usual strength
(MORE), which was not tuned: such a line shows its effect without tuning, and tuning could improve it.

Read before: trial.py, paired.py        Read next: small_wide.py
"""
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.columns import Buckets, Column
from widedeep.encoder import Encoder
from widedeep.experiments.paired import Interval, auc_over_rows, loss_over_rows, over_seeds
from widedeep.experiments.plots import dots, intervals
from widedeep.experiments.trial import (
    Outcome,
    Row,
    Setting,
    heading,
    is_cross,
    line,
    mixed,
    trial,
    values,
    with_crosses,
)
from widedeep.features.exact import pairs
from widedeep.recipes import Recipe, varied
from widedeep.training.class_weights import class_weights

DATA = ("movielens", "adult", "appstore")
SPLITS: tuple[str, ...] = ()
SEEDS = 10
WHOLE = ("wide", "deep", "joint", "ensemble")
Change = dict[str, dict[str, Any]]                      # part of the recipe -> settings, as varied() takes them
LESS: dict[str, Change] = {
    "embedding decay": {"deep": {"embedding_decay": 0.0}}, "small embeddings": {"deep": {"scale": 1.0}},
    "average": {"training": {"ema": 0.0}}, "dropout": {"deep": {"dropout": 0.0}},
    "dropout of inputs": {"deep": {"drop_inputs": 0.0}}, "pace": {"wide": {"crosses": 1.0}},
    "L1": {"wide": {"l1": 0.0}}, "early stopping": {"training": {"patience": 0}},
}
MORE: dict[str, Change] = {
    "learning-rate decay": {"training": {"lr_decay": 0.8}}, "decay of the layers": {"deep": {"layer_decay": 0.05}},
    "L2 of wide weights": {"wide": {"l2": 1.0}}, "dropout of inputs": {"deep": {"drop_inputs": 0.1}},
    "class weights": {"labels": {"sample_weight": lambda table, y: class_weights(y)}},
}
SURVEY: Change = {"labels": {"sample_weight": lambda table, y: survey_weights(table["fnlwgt"])}}    # people to a row
SPOKEN = {"without average": "without EMA", "without pace": "without a rate per block",
          "without other grades": "without auxiliary losses", "without product": "without factors",
          "with decay of the layers": "with weight decay of layers"}                    # the JSON keeps the old names


def differs(recipe: Recipe, change: Change) -> bool:
    return any(getattr(getattr(recipe, part), name) != value
               for part, settings in change.items() for name, value in settings.items())


def without(data: str, recipe: Recipe) -> dict[str, Recipe]:
    """What the recipe has, left out one at a time.  data : for "adult", exact values are left out too"""
    encoder = recipe.columns.encoder
    left: dict[str, Recipe] = {}
    if any(is_cross(column) for column in encoder().wide):
        left["crosses"] = with_crosses(recipe, ())
    if data == "adult":
        left["exact values"] = varied(recipe, columns={"encoder": lambda: bucketed(encoder())})
    left |= {name: varied(recipe, **change) for name, change in LESS.items() if differs(recipe, change)}
    if recipe.factors is not None:
        left["product"] = replace(recipe, factors=None)
    if "small embeddings" in left and "embedding decay" in left:
        left["both of decay, small"] = varied(recipe, deep={"embedding_decay": 0.0, "scale": 1.0})
    if recipe.labels.grades:
        left["other grades"] = varied(recipe, labels={"auxiliary_weight": 0.0})
    if recipe.columns.histories:
        left["histories, statistics"] = without_histories(recipe)
    return left


def without_histories(recipe: Recipe) -> Recipe:
    plain = varied(recipe, columns={"histories": False})
    if recipe.factors is None:
        return plain
    left, right = (tuple(name for name in side if "'" not in name) for side in recipe.factors.sides)
    return varied(plain, factors={"sides": (left, right)})


def with_more(data: str, recipe: Recipe) -> dict[str, Recipe]:
    """What the recipe does not have, added one at a time."""
    plain = Recipe(recipe.columns)                                  # every setting at its default
    put_in = MORE | ({"survey weights": SURVEY} if data == "adult" else {})
    return {name: varied(recipe, **change) for name, change in put_in.items()
            if all(getattr(getattr(recipe, part), setting) == getattr(getattr(plain, part), setting)
                   for part, settings in change.items() for setting in settings)}


def survey_weights(people: Array) -> Array:
    """(N,) how many people a row stands for -> (N, 1) weights whose mean is 1."""
    return (people / people.mean()).astype(np.float32)[:, None]


def changed(data: str, recipe: Recipe) -> dict[str, Recipe]:
    """Every line below the first four: name of the model -> its recipe."""
    return {f"without {name}": poorer for name, poorer in without(data, recipe).items()} | \
        {f"with {name}": richer for name, richer in with_more(data, recipe).items()}


def bucketed(encoder: Encoder) -> Encoder:
    """Adult without exact values: capital gain and loss in 20 quantile buckets, in both towers and in the pairs."""
    columns: list[Column] = [Buckets(column.name, 20) if column.name.startswith("capital") else column
                             for column in encoder.wide if not is_cross(column)]
    return Encoder(wide=[*columns, *pairs(columns)], deep=columns, numbers=encoder.numbers)


def same_inputs(one: Recipe, other: Recipe) -> bool:
    return one.columns == other.columns and one.labels.sample_weight is other.labels.sample_weight


def count(setting: Setting) -> int:
    return setting.seeds * (3 + len(changed(setting.data.name, setting.recipe)))


def run(setting: Setting, tick: Callable[[], Any]) -> Outcome:
    data, recipe, seeds, epochs = setting
    prepared = recipe.prepare(data)
    y = prepared.test.labels
    rows: list[Row] = []
    logits: dict[str, list[Array]] = {name: [] for name in WHOLE}
    for seed in range(seeds):
        for name, towers in (("wide", ("wide",)), ("deep", ("deep",)), ("joint", recipe.towers)):
            found = trial(name, recipe, prepared, towers, seed, epochs)
            rows.append(found.row)
            logits[name].append(found.z)
            tick()
        row, z = mixed(seed, [logits["wide"][-1], logits["deep"][-1]], y)
        rows.append(row)
        logits["ensemble"].append(z)
    for name, other in changed(data.name, recipe).items():
        inputs = prepared if same_inputs(other, recipe) else other.prepare(data)
        for seed in range(seeds):
            rows.append(trial(name, other, inputs, other.towers, seed, epochs).row)
            tick()
    joint = {metric: values(rows, metric, model="joint") for metric in ("auc", "log_loss")}
    differences = {other: {metric: over_seeds(joint[metric], values(rows, metric, model=other)) for metric in joint}
                   | {"auc over rows": auc_over_rows(y, logits["joint"], logits[other]),
                      "log_loss over rows": loss_over_rows(y, logits["joint"], logits[other])}
                   for other in WHOLE if other != "joint"}
    others = {name: {metric: over_seeds(values(rows, metric, model=name), joint[metric]) for metric in joint}
              for name in changed(data.name, recipe)}
    return Outcome(rows, {"joint minus": as_json(differences), "changed minus joint": as_json(others)})


def as_json(found: dict[str, dict[str, Interval]]) -> dict[str, dict[str, dict[str, Any]]]:
    return {name: {metric: interval._asdict() for metric, interval in each.items()} for name, each in found.items()}


def table(outcome: Outcome) -> list[str]:
    rows, summary = outcome
    lines = [heading("on test rows")] + [line(name, rows, model=name) for name in WHOLE]
    lines += ["", "joint minus ...             AUC, 95 % over seeds                  log loss, 95 % over seeds"]
    for other, found in summary["joint minus"].items():
        auc, loss = Interval(**found["auc"]), Interval(**found["log_loss"])
        lines += [f"  {other:<24}{auc}  higher on {auc.above} of {auc.n}   {loss}",
                  f"  {'... over test rows':<24}{Interval(**found['auc over rows'])}{'':>20}   "
                  f"{Interval(**found['log_loss over rows'])}"]
    lines += ["", "one thing changed, minus joint    AUC, 95 % over seeds                  log loss, 95 % over seeds"]
    for name, found in summary["changed minus joint"].items():
        auc, loss = Interval(**found["auc"]), Interval(**found["log_loss"])
        lines.append(f"  {SPOKEN.get(name, name):<30}{auc}  lower on {auc.below} of {auc.n}    {loss}")
    return lines


def draw(outcome: Outcome, figure: Any) -> None:
    left, right = figure.subplots(1, 2)
    dots(left, {name: values(outcome.rows, "auc", model=name) for name in WHOLE})
    left.set(title="Each seed, and the mean", xlabel="AUC on test rows (right is better)")
    found = {f"joint - {name}": differences["auc"] for name, differences in outcome.summary["joint minus"].items()}
    found |= {SPOKEN.get(name, name): differences["auc"]
              for name, differences in outcome.summary["changed minus joint"].items()}
    intervals(right, {name: (d["mean"], d["low"], d["high"]) for name, d in found.items()})
    right.set(title="Paired differences, 95 % over seeds", xlabel="difference in AUC (grey: the interval holds 0)")
