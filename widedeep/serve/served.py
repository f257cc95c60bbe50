"""Served: one model with all that it answers.  Nothing of it changes; another model is another Served.

Read before: fields.py, people.py        Read next: queue.py
"""
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from mlp.windows import flatten
from perceptron.activations import sigmoid
from widedeep.commands.wording import as_json
from widedeep.model import WideDeep
from widedeep.recommend import explain
from widedeep.serve.fields import fields_of
from widedeep.serve.people import People
from widedeep.serve.requests import Refused, Table, Wanted, refused_by_encoder


class Shop(NamedTuple):
    """Whom to recommend what: users, items (tables), seen and liked {user: items}."""

    users: Any
    items: Any
    seen: Mapping[Any, Any]
    liked: Mapping[Any, Any]


class Served:
    """model : a WideDeep of yes and no        shop : None for a model of one table

    Raises ValueError for a model that gives no probability, or a shop that does not fit it.
    """

    def __init__(self, model: WideDeep, encoder: Any, shop: Shop | None = None, name: str = "model"):
        if type(model).predict is not WideDeep.predict or len(model.b) > 1:
            raise ValueError(f"serve: the model is a {type(model).__name__}, which gives no probability of yes; want a "
                             "WideDeep, as OrdinalRegression's model.at_threshold(t)")
        self.model, self.encoder, self.name = model, encoder, name
        self.fields = fields_of(encoder)
        self.people = None if shop is None else People(model, encoder, self.fields, *shop)
        told = blake2b(encoder.fingerprint.encode(), digest_size=4)
        for array, w in flatten(model.params()):
            told.update(array.encode() + np.ascontiguousarray(w).tobytes())
        self.version = told.hexdigest()                             # of encoder and weights

    def predict(self, table: Table) -> list[float]:
        """Probabilities of all rows."""
        try:
            p: list[float] = self.model.predict(self.encoder.encode(table))[:, 0].astype(np.float64).tolist()
        except ValueError as error:
            raise refused_by_encoder(error) from None
        return p

    def predict_together(self, tables: Sequence[Table]) -> list[Any]:
        """Of each request its probabilities, or the Refused that it gets: one encoding and one forward pass for all."""
        if len(tables) > 1:
            try:
                joined = {name: [value for table in tables for value in table[name]] for name in tables[0]}
                p = self.predict(joined)
                ends = np.cumsum([len(next(iter(table.values()))) for table in tables])
                return [p[end - len(next(iter(table.values()))):end] for table, end in zip(tables, ends.tolist())]
            except Refused:
                pass                                                # one is at fault: each by itself
        answers: list[Any] = []
        for table in tables:
            try:
                answers.append(self.predict(table))
            except Refused as refused:
                answers.append(refused)
        return answers

    def explain(self, table: Table) -> list[dict[str, Any]]:
        """Of each row its probability and the terms that add up to its logit."""
        try:
            reasons = explain(self.model, self.encoder, self.encoder.encode(table))
        except ValueError as error:
            raise refused_by_encoder(error) from None
        named = None if self.people is None else self.people.named
        return [{"probability": float(sigmoid(np.array(r.logit))), "reasons": as_json(r, named)} for r in reasons]

    def recommend(self, wanted: Wanted) -> dict[str, Any]:
        if self.people is None:
            raise Refused(404, "this model has no users and items; want /predict or /explain")
        return self.people.recommend(wanted)

    def about(self) -> dict[str, Any]:
        """What the page is made from."""
        return {"name": self.name, "model": self.version, "towers": list(self.model.towers),
                "fields": [field._asdict() for field in self.fields],
                "people": None if self.people is None else self.people.about()}
