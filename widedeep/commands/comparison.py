"""The comparison: wide, deep, and both, trained on the same rows, and the ensemble of the first two.

Read before: recipes/recipe.py, metrics.py        Read next: comparison_text.py
"""
from collections.abc import Callable
from typing import Any

import numpy as np
from tqdm import tqdm

import widedeep.train
from mlp.train import Epoch
from perceptron.activations import Array
from widedeep.batch import Batch
from widedeep.metrics import accuracy, auc, calibration, evaluate
from widedeep.model import WideDeep, ensemble
from widedeep.recipes import Prepared, Recipe, Trained

TOWERS = {"wide": ("wide",), "deep": ("deep",), "wide_deep": ("wide", "deep")}
SPOKEN = {"wide": "wide", "deep": "deep", "wide_deep": "wide & deep", "ensemble": "ensemble"}
Loop = Callable[..., list[Epoch]]                       # widedeep.train.fit, or a twin of it
Result = dict[str, Any]                                 # of one model, as the demo's JSON holds it


def train_all(recipe: Recipe, data: Prepared, seed: int, epochs: int | None, loop: Loop = widedeep.train.fit
              ) -> dict[str, Trained]:
    """{"wide", "deep", "wide_deep"}, each trained from the same seed by this loop, with a progress bar."""
    trained: dict[str, Trained] = {}
    longest = epochs or recipe.training.epochs
    with tqdm(total=len(TOWERS) * longest, unit="epoch", disable=None, leave=False) as bar:
        for number, (name, towers) in enumerate(TOWERS.items(), start=1):
            bar.set_description(SPOKEN[name])
            towers = recipe.towers if name == "wide_deep" else towers
            trained[name] = recipe.fit(data, towers, seed, epochs=epochs, report=lambda record: bar.update(), loop=loop)
            bar.update(max(0, number * longest - bar.n))            # stopped early: skip the rest
    return trained


def measure_all(trained: dict[str, Trained], test: Batch) -> dict[str, Result]:
    """Each model's figures on test rows, and those of the ensemble of wide and deep."""
    results = {name: measure(found, test) for name, found in trained.items()}
    parts = results["wide"], results["deep"]
    p = ensemble([trained["wide"].model, trained["deep"].model], test).astype(np.float64)
    y = np.asarray(test.labels, np.float64)
    each = np.where(y == 1, p, 1 - p)
    results["ensemble"] = {
        "auc": auc(y, p), "log_loss": float(-np.log(np.maximum(each, 1e-15)).mean()), "accuracy": accuracy(y, p),
        "seconds": parts[0]["seconds"] + parts[1]["seconds"], "epochs": None,
        "nonzero_wide": parts[0]["nonzero_wide"], "wide_weights": parts[0]["wide_weights"],
        "calibration": calibrated(y, p)}
    return results


def measure(trained: Trained, test: Batch) -> Result:
    model, y = trained.model, np.asarray(test.labels, np.float64)
    wide: Any = model.towers.get("wide")
    return evaluate(model.logits(test), y) | {
        "seconds": trained.seconds, "epochs": len(trained.history),
        "nonzero_wide": wide and int(np.count_nonzero(wide.w)), "wide_weights": wide and len(wide.w) - 1,
        "calibration": calibrated(y, model.predict(test)), "history": trained.history}


def calibrated(y: Array, p: Array) -> Result:
    found = calibration(y, p)
    return {name: value.tolist() for name, value in found._asdict().items()} | {"error": found.error}


def heaviest_weights(model: WideDeep, encoder: Any, n: int = 10) -> list[tuple[str, float]]:
    """The n wide weights of the largest magnitude, with their names."""
    w = model.towers["wide"].params()["w"]
    return [(encoder.wide_name(int(i)), float(w[i])) for i in np.argsort(-np.abs(w), kind="stable")[:n]]
