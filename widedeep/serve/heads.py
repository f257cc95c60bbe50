"""Heads: what a model answers for each row, and why.   `Served` asks the one that fits the model.

                    /predict                            /explain, for each row
    yes or no       {"probabilities": [p, ...]}         {"probability", "reasons"}
    one of K        {"probabilities": [[p, ...], ...]}  {"class", "probabilities", "reasons"}
    a number        {"predictions": [x, ...]}           {"prediction", "reasons"}

Reasons add up to the logit, of a number to the answer before it is kept between its limits, of classes to the log-odd
of the most probable one against the mean of all.

Read before: requests.py, heads/classes.py, heads/regression.py        Read next: people.py
"""
import copy
from typing import Any

import numpy as np

from perceptron.activations import Array, sigmoid
from widedeep.auto.table_encoder import TableEncoder
from widedeep.heads.classes import Classes, evaluate_classes
from widedeep.heads.regression import Regression, evaluate_numbers
from widedeep.metrics import evaluate
from widedeep.model import WideDeep
from widedeep.recommend import Reasons, explain, take_apart
from widedeep.wide import Wide

LOSS = {"binary": "log loss", "classes": "log loss", "number": "RMSE"}
TERM = {"type": "object", "required": ["feature", "weight"],
        "properties": {"feature": {"type": "string"}, "weight": {"type": "number"}}}
REASONS = {"type": "object", "required": ["wide", "deep", "bias", "logit"], "properties": {
    "wide": {"type": "array", "items": TERM}, "deep": {"type": "number"}, "bias": {"type": "number"},
    "logit": {"type": "number"}, "others": {"type": "object", "additionalProperties": {"type": "number"}}}}
P = {"type": "number", "minimum": 0, "maximum": 1}


class Head:
    """kind : "binary", "classes" or "number"        names : of the classes, or what 0 and 1 mean; [] where nobody said
    label : the column that is answered; "" where nobody said

    Raises ValueError for a model of another head.
    """

    def __init__(self, model: WideDeep, encoder: Any):
        self.model, self.encoder = model, encoder
        if isinstance(model, (Classes, Regression)):
            self.kind = "classes" if isinstance(model, Classes) else "number"
        elif type(model).predict is WideDeep.predict and len(model.b) == 1:
            self.kind = "binary"
        else:
            raise ValueError(f"serve: the model is a {type(model).__name__}, which gives no probability of yes; want a "
                             "WideDeep, as OrdinalRegression's model.at_threshold(t), Classes, Regression or a Ranker")
        answers = encoder.answers if isinstance(encoder, TableEncoder) else None
        self.label: str = "" if answers is None else answers.label
        self.names: list[Any] = list(model.names) if isinstance(model, Classes) else \
            [] if answers is None or self.kind == "number" else list(answers.names)

    def about(self) -> dict[str, Any]:
        """What the page and the one who asks want to know."""
        return {"kind": self.kind, "label": self.label, "names": self.names}

    @property
    def key(self) -> str:
        """Under which /predict gives the answers."""
        return "predictions" if self.kind == "number" else "probabilities"

    def predict(self, batch: Any) -> list[Any]:
        """Of each row a probability, one for each class, or a number."""
        found = self.model.predict(batch).astype(np.float64)
        answers: list[Any] = (found if self.kind == "classes" else found[:, 0]).tolist()
        return answers

    def explain(self, batch: Any) -> list[tuple[dict[str, Any], Reasons]]:
        """Of each row its answer, and the terms that add up to it."""
        if self.kind == "classes":
            return self.explain_classes(batch.whole())
        reasons = [gathered(why) for why in explain(self.model, self.encoder, batch)]
        if isinstance(self.model, Regression):
            low, high = self.model.low, self.model.high
            return [({"prediction": float(np.clip(why.logit, low, high))}, why) for why in reasons]
        return [({"probability": float(sigmoid(np.array(why.logit)))}, why) for why in reasons]

    def explain_classes(self, batch: Any) -> list[tuple[dict[str, Any], Reasons]]:
        exact = self.model.astype(np.float64)
        p = exact.predict(batch)
        best = p.argmax(axis=1)
        found: list[Any] = [None] * len(batch)
        for k in np.unique(best).tolist():
            rows = np.flatnonzero(best == k)
            for n, why in zip(rows.tolist(), take_apart(against_all(exact, k), self.encoder, batch[rows])):
                found[n] = {"class": self.names[k], "probabilities": p[n].tolist()}, gathered(why)
        return found

    def judged(self, table: Any, labels: Array) -> tuple[Array, float]:
        """Net sums (N, K), and the loss that LOSS names; NaN where a net sum is not finite.   labels : (N, K)"""
        z = self.model.logits(self.encoder.encode(table)).astype(np.float64)
        if not np.isfinite(z).all():
            return z, np.nan
        if isinstance(self.model, Regression):
            return z, evaluate_numbers(np.clip(z, self.model.low, self.model.high), labels)["rmse"]
        return z, (evaluate_classes if self.kind == "classes" else evaluate)(z, labels)["log_loss"]

    def schemas(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Of an answer of /predict, and of /explain, for one row."""
        if self.kind == "number":
            number = {"type": "number"}
            return number, {"prediction": number, "reasons": REASONS}
        if self.kind == "binary":
            return P, {"probability": P, "reasons": REASONS}
        all_of_them = {"type": "array", "items": P, "minItems": len(self.names), "maxItems": len(self.names)}
        return all_of_them, {"class": {"enum": self.names}, "probabilities": all_of_them, "reasons": REASONS}


def against_all(exact: WideDeep, k: int) -> WideDeep:
    """A model of one logit: that of class k, less the mean of all classes'."""
    def told(w: Array) -> Array:
        difference: Array = w[..., k] - w.mean(axis=-1)
        return difference

    one = WideDeep(exact.b.dtype, **exact.towers)
    one.b = told(exact.b)[None]
    for name, tower in exact.towers.items():
        part: Any = copy.copy(tower)
        if isinstance(tower, Wide):
            part = Wide(len(tower.w), exact.b.dtype)
            part.w = told(tower.w)
        else:
            part.w = told(part.w)[:, None]
        one.towers[name] = part
    return one


def gathered(why: Reasons) -> Reasons:
    """The deep towers of a mean of models, "deep 2" and so on, are one deep part."""
    deep = {name: part for name, part in why.others.items() if name.startswith("deep ")}
    others = {name: part for name, part in why.others.items() if name not in deep}
    return why._replace(deep=why.deep + sum(deep.values()), others=others)

