"""Served: one model with all that it answers.  Nothing of it changes; another model is another Served.

Read before: heads.py, ranked.py        Read next: queue.py
"""
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from mlp.windows import flatten
from widedeep.commands.wording import as_json
from widedeep.model import WideDeep
from widedeep.ranking.ranker import Ranker
from widedeep.serve.fields import fields_of
from widedeep.serve.heads import Head
from widedeep.serve.people import People
from widedeep.serve.ranked import Ranked
from widedeep.serve.requests import Refused, Table, Wanted, refused_by_encoder


class Shop(NamedTuple):
    """Whom to recommend what: users, items (tables), seen and liked {user: items}."""

    users: Any
    items: Any
    seen: Mapping[Any, Any]
    liked: Mapping[Any, Any]


class Served:
    """model : of a head that heads.py knows        shop : None for a model of one table; else it answers yes or no

    Raises ValueError for a model of another head, or a shop that does not fit it.
    """

    def __init__(self, model: WideDeep, encoder: Any, shop: Shop | None = None, name: str = "model"):
        self.model, self.encoder, self.name, self.head = model, encoder, name, Head(model, encoder)
        self.fields = fields_of(encoder)
        if shop is not None and self.head.kind != "binary":
            raise ValueError(f"serve: the model is a {type(model).__name__}, which cannot order items for people; want "
                             "a WideDeep of yes and no, or no --users and --items")
        self.people: Any = None if shop is None else People(model, encoder, self.fields, *shop)
        self.version = version_of(model, encoder)

    def check_rows(self) -> None:
        """Raise Refused for a model that reads no rows."""

    def predict(self, table: Table) -> list[Any]:
        """The answers of all rows, as the head gives them."""
        return self.answered(self.head.predict, table, lambda answer: answer)

    def answered(self, of: Callable[[Any], list[Any]], table: Table, number: Callable[[Any], Any]) -> list[Any]:
        """of(the rows, encoded).   number : of an answer what has to be finite, or the row is refused, as are the
        encoder's"""
        with np.errstate(over="ignore", invalid="ignore"):
            try:
                batch = self.encoder.encode(table)
            except ValueError as error:
                raise refused_by_encoder(error) from None
            found = of(batch)
        finite = np.isfinite(np.array([number(answer) for answer in found])).reshape(len(found), -1).all(axis=1)
        if not finite.all():
            raise Refused(422, "the row has no finite answer; want numbers nearer to those of training rows",
                          f"rows[{int(finite.argmin())}]")
        return found

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
        """Of each row its answer and the terms that add up to its logit."""
        found = self.answered(self.head.explain, table, lambda answer: answer[1].logit)
        named = None if self.people is None else self.people.named
        return [answer | {"reasons": as_json(reasons, named)} for answer, reasons in found]

    def recommend(self, wanted: Wanted) -> dict[str, Any]:
        if self.people is None:
            raise Refused(404, "this model has no users and items; want /predict or /explain")
        return self.people.recommend(wanted)

    def about(self) -> dict[str, Any]:
        """What the page is made from."""
        return {"name": self.name, "model": self.version, "towers": list(self.model.towers),
                "head": self.head.about(),
                "fields": [field._asdict() for field in self.fields],
                "people": None if self.people is None else self.people.about()}


class Ranks:
    """The head of a ranker: no rows, items."""

    kind, key, names = "ranking", "recommendations", ()

    def about(self) -> dict[str, Any]:
        return {"kind": self.kind, "label": "", "names": []}

    def schemas(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """As heads.py has them: of nothing."""
        return {}, {}


class ServedRanker(Served):
    """A ranker: /recommend alone.   titles : {item: title}, where the archive has none"""

    def __init__(self, model: Ranker, encoder: Any, titles: Mapping[Any, str] | None = None, name: str = "model"):
        self.model, self.encoder, self.name, self.head = model, encoder, name, Ranks()          # type: ignore[assignment]
        self.fields = []
        self.people = Ranked(model, encoder, titles)
        self.version = version_of(model, encoder)

    def check_rows(self) -> None:
        raise Refused(404, "this model ranks items for people and reads no rows; want /recommend")


def served_of(model: WideDeep, encoder: Any, shop: Shop | None, name: str) -> Served:
    """What serves this model.   shop : of a Catalogue's ranker it gives the titles"""
    if not isinstance(model, Ranker):
        return Served(model, encoder, shop, name)
    items = {} if shop is None else dict(shop.items)
    titles = dict(zip(np.asarray(items["item"]).tolist(), map(str, items["title"]))) if "title" in items else None
    return ServedRanker(model, encoder, titles, name)


def version_of(model: WideDeep, encoder: Any) -> str:
    """Of encoder and weights."""
    told = blake2b(encoder.fingerprint.encode(), digest_size=4)
    for array, w in flatten(model.params()):
        told.update(array.encode() + np.ascontiguousarray(w).tobytes())
    return told.hexdigest()
