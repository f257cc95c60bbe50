"""People: the best unseen items for a user, or for somebody who likes a few; from only memory to only generalization.

The slider s in [0, 1] weighs the towers:

    z(s)  =  2 (1 - s) z_wide  +  2 s (z_deep + any other tower)  +  b

    s = 0      only memory: what was learned by heart of these combinations
    s = 1/2    the trained model, exactly
    s = 1      only generalization: similarity of embeddings

The bias stays, since it is neither.  Only at 1/2 is sigmoid(z) the trained model's probability.

Somebody who is no user: where the encoder reads a bag of items (installed apps), the liked ones are that bag.  Else
they are read as the user whose liked items overlap most with theirs (Jaccard), and the answer says so.

Read before: heads.py, widedeep/recommend.py        Read next: ranked.py
"""
import copy
from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from widedeep.batch import Batch
from widedeep.cells import shown
from widedeep.columns import Bag
from widedeep.commands.wording import as_json
from widedeep.model import WideDeep
from widedeep.recommend import Recommender
from widedeep.serve.fields import Field
from widedeep.serve.requests import Refused, Wanted, read_value, refuse_others
from widedeep.table import as_column
from widedeep.wide import Wide

M = TypeVar("M", bound=WideDeep)
YOU = "you"


class Scaled:
    """A tower whose logit counts `factor` times; for answers only."""

    def __init__(self, tower: Any, factor: float):
        self.tower, self.factor = tower, factor

    def forward(self, batch: Batch, rng: np.random.Generator | None = None) -> tuple[Array, Any]:
        z, cache = self.tower.forward(batch, rng)
        return z * self.factor, cache

    def astype(self, dtype: npt.DTypeLike) -> "Scaled":
        return Scaled(self.tower.astype(dtype), self.factor)


def mixed(model: M, s: float) -> M:
    """The model with its towers weighed by the slider; a copy, but for s = 1/2."""
    if s == 0.5:
        return model
    other, towers = copy.copy(model), dict[str, Any]()
    for name, tower in model.towers.items():
        if name == "wide" and not isinstance(tower, Wide):
            towers[name] = Scaled(tower, 2 * (1 - s))               # of a ranker
        elif isinstance(tower, Wide):
            scaled = copy.copy(tower)
            scaled.w = tower.w * np.asarray(2 * (1 - s), tower.w.dtype)
            towers[name] = scaled
        else:
            towers[name] = Scaled(tower, 2 * s)
    other.towers = towers
    return other


class Titles(dict[int, str]):
    """item -> title; the encoder may know an item that is not for sale any more."""

    def __missing__(self, item: int) -> str:
        return "not among the items"


class People:
    """users, items : as Recommender has them        seen : what not to recommend        liked : user -> liked items"""

    def __init__(self, model: WideDeep, encoder: Any, fields: list[Field], users: Any, items: Any,
                 seen: Mapping[Any, Any], liked: Mapping[Any, Any]):
        self.recommender = Recommender(model, encoder, users, items, seen)
        of = self.recommender
        if odd := [name for name in encoder.reads if name not in of.users and name not in of.items]:
            raise ValueError(f"serve: the model reads {', '.join(odd)}, which neither users nor items have; want the "
                             "users and items that it was trained for")
        self.keys: list[Any] = list(of.item_rows)
        self.titles = [str(title) for title in of.items.get("title", of.items["item"])]
        self.by_title = {title: item for item, title in zip(self.keys, self.titles)}
        self.title_of = dict(zip(self.keys, self.titles))
        self.named = Titles(self.title_of) if all(type(item) is int for item in self.keys) else None
        self.liked = {user: set(items) for user, items in liked.items()}
        self.of_users = [field for field in fields if field.name in of.users and field.name != "user"]
        self.bag, self.by = self.bag_of_items(encoder)

    def bag_of_items(self, encoder: Any) -> tuple[str | None, str]:
        """(a bag of the users' that holds items, are these keys or titles?); (None, "") where the encoder has none."""
        if "user" in encoder.reads:
            return None, ""
        for column in encoder.columns:
            if isinstance(column, Bag) and column.name in self.recommender.users and column.values:
                for by, known in (("title", self.by_title), ("item", self.recommender.item_rows)):
                    if sum(value in known for value in column.values) > len(column.values) / 2:
                        return column.name, by
        return None, ""

    def about(self) -> dict[str, Any]:
        """What the page wants to know."""
        some = list(self.recommender.row_of)
        with_likes = [user for user in some if self.liked.get(user)]
        asked = [field._asdict() for field in self.of_users if field.name != self.bag] if self.bag else []
        return {"titles": self.titles, "n_users": len(some), "some_users": (with_likes or some)[:50], "asked": asked}

    def recommend(self, wanted: Wanted) -> dict[str, Any]:
        """The answer of /recommend."""
        likes: list[Hashable] = []
        recommender, user, read_as = copy.copy(self.recommender), wanted.user, None
        if wanted.user is None:
            likes = [self.item(like, f"likes[{n}]") for n, like in enumerate(wanted.likes)]
            user, read_as = self.stranger(recommender, likes, wanted.about)
        else:
            refuse_others(wanted.about, [], "about.")
            if user not in recommender.row_of:
                some = ", ".join(map(str, list(recommender.row_of)[:3]))
                raise Refused(422, f"unknown user {shown(user)}; there are {len(recommender.row_of):,}, such as {some}",
                              "user")
            likes = sorted(self.liked.get(user, ()), key=str)
            recommender.seen = {user: recommender.seen.get(user, set())}
        recommender.model = mixed(self.recommender.model, wanted.mix)
        try:
            found = recommender.recommend(user, wanted.k)
        except ValueError as error:
            raise Refused(422, str(error)[:300], "likes" if wanted.user is None else "user") from None
        return {"user": wanted.user, "read_as": read_as, "mix": wanted.mix,
                "liked": [self.title_of[item] for item in likes if item in self.title_of][:12], "n_liked": len(likes),
                "recommendations": [
                    {"item": r.item, "title": r.title, "probability": r.probability,
                     "memory": sum(weight for _, weight in r.reasons.wide),
                     "generalization": r.reasons.deep + sum(r.reasons.others.values()),
                     "reasons": as_json(r.reasons, self.named)} for r in found]}

    def item(self, like: Any, where: str) -> Any:
        """A title, or an item's key."""
        if isinstance(like, str) and like in self.by_title:
            return self.by_title[like]
        if like in self.recommender.item_rows:
            return like
        raise Refused(422, f"unknown item {shown(like)}; want a title, such as {self.titles[0]!r}", where)

    def stranger(self, recommender: Recommender, likes: list[Any], about: dict[str, Any]) -> tuple[Any, Any]:
        """Somebody who likes these items becomes a user of this recommender.  (their key, whom they were read as)"""
        asked = {field.name: field for field in self.of_users if field.name != self.bag}
        refuse_others(about, list(asked) if self.bag else [], "about.")
        if self.bag is None:
            read_as = max(self.liked, key=lambda user: overlap(self.liked[user], set(likes)), default=None)
            if read_as is None or not overlap(self.liked[read_as], set(likes)):
                raise Refused(422, "nobody among the users likes any of these; name a title that more people like",
                              "likes")
            recommender.seen = {read_as: recommender.seen.get(read_as, set()) | set(likes)}
            return read_as, read_as
        row = {name: read_value(field, {name: about.get(name, field.usual)}, f"about.{name}")
               for name, field in asked.items()}
        held = next(field for field in self.of_users if field.name == self.bag)
        values = likes if self.by == "item" else [self.title_of[item] for item in likes]
        row[self.bag] = tuple(values) if held.sep is None else held.sep.join(map(str, values))
        recommender.users = {name: as_column([value]) for name, value in row.items()}
        recommender.row_of, recommender.seen = {YOU: 0}, {YOU: set(likes)}
        return YOU, None


def overlap(a: set[Any], b: set[Any]) -> float:
    """Jaccard: |a and b| / |a or b|."""
    return len(a & b) / len(a | b) if a or b else 0.0
