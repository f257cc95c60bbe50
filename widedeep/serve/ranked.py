"""Ranked: a ranker answers /recommend: which items suit a list, and what is known of its person?

    {"user": "ann"}                                     somebody of the table: widedeep train --user --item
    {"likes": ["tea", "lamp"], "about": {"age": 30}}    a newcomer; either part may be empty
    {"likes": [50, 181]}                                of a ranker that save(path, model, Catalogue(model)) keeps

Each item has its share of the softmax over all items, both parts of its logit as people.py has them, and the item of
the list without which it would fall most.

Read before: people.py, interactions/suggesting.py        Read next: served.py
"""
from collections.abc import Mapping
from typing import Any

from widedeep.cells import shown
from widedeep.interactions.shop import Shop, SideReader
from widedeep.interactions.suggesting import near, suggest
from widedeep.interactions.training import Recommending
from widedeep.ranking.catalogue import Catalogue
from widedeep.ranking.ranker import Ranker
from widedeep.serve.fields import fields_of
from widedeep.serve.people import mixed
from widedeep.serve.requests import Refused, Wanted, read_value, refuse_others

SOME = 50                                               # people that the page offers


class Ranked:
    """titles : {item: title}, for a Catalogue, which has none

    Raises ValueError for a ranker whose encoder is neither a Shop nor a Catalogue.
    """

    def __init__(self, model: Ranker, encoder: Any, titles: Mapping[Any, str] | None = None):
        if not isinstance(encoder, (Shop, Catalogue)):
            raise ValueError(f"serve: a ranker with a {type(encoder).__name__}; want its Catalogue: save(path, model, "
                             "Catalogue(model))")
        self.model, self.shop = model, encoder if isinstance(encoder, Shop) else shop_of(encoder, titles or {})
        self.by_title = {title.casefold(): column for column, title in reversed(list(enumerate(self.shop.titles)))}
        sides = self.shop.sides
        self.asked = [] if sides.encoder is None else fields_of(sides.encoder, sides.plan.kinds())

    def about(self) -> dict[str, Any]:
        """What the page wants to know."""
        shop = self.shop
        with_likes = [person for person, history in zip(shop.people, shop.histories) if history]
        return {"titles": shop.titles, "n_users": len(shop.people), "some_users": (with_likes or shop.people)[:SOME],
                "asked": [field._asdict() for field in self.asked]}

    def recommend(self, wanted: Wanted) -> dict[str, Any]:
        """The answer of /recommend."""
        shop, model = self.shop, mixed(self.model, wanted.mix)
        if wanted.user is None:
            liked = list(dict.fromkeys(self.column(like, f"likes[{n}]") for n, like in enumerate(wanted.likes)))
            seen, sides = liked, self.sides(wanted.about)
        else:
            refuse_others(wanted.about, [], "about.")
            row = shop.row_of.get(str(wanted.user))
            if row is None:
                raise Refused(422, f"unknown user {shown(wanted.user)} among {len(shop.people):,}"
                              f"{near(str(wanted.user), shop.people) if shop.people else '; want likes'}", "user")
            liked, seen, sides = list(shop.histories[row]), list(shop.seen[row]), shop.sides_of(row)
        try:
            found = suggest(Recommending(model, shop, {}, {}, 0.0), liked, seen, sides, wanted.k)
        except ValueError as error:
            raise Refused(422, str(error)[:300], "likes" if wanted.user is None else "user") from None
        batch = shop.bags([liked], sides)
        parts = {name: tower.forward(batch)[0][0] for name, tower in model.towers.items()}      # type: ignore[arg-type]
        memory = parts.pop("wide", None)
        named = [shop.titles[column] for column in liked]
        columns = [shop.column_of[one.item] for one in found]
        return {"user": wanted.user, "read_as": None, "mix": wanted.mix, "liked": named[::-1][:12],
                "n_liked": len(named), "recommendations": [
                    {"item": one.item, "title": one.title, "probability": one.share,
                     "memory": 0.0 if memory is None else float(memory[column]),
                     "generalization": float(sum(part[column] for part in parts.values())),
                     "because": one.because, "difference": one.difference} for one, column in zip(found, columns)]}

    def column(self, like: Any, where: str) -> int:
        """Of a title, or an item's key."""
        column = self.shop.column_of.get(like)
        column = self.by_title.get(str(like).casefold()) if column is None else column
        if column is None:
            raise Refused(422, f"unknown item {shown(like)} among {len(self.shop.items):,}"
                          f"{near(str(like), [*map(str, self.shop.items), *self.shop.titles])}", where)
        return column

    def sides(self, about: Mapping[str, Any]) -> Any:
        """(1, G) of a newcomer, or None where nothing is said."""
        refuse_others(dict(about), [field.name for field in self.asked], "about.")
        if not about:
            return None
        return self.shop.sides.read({field.name: [read_value(field, dict(about), f"about.{field.name}")]
                                     for field in self.asked})


def shop_of(catalogue: Catalogue, titles: Mapping[Any, str]) -> Shop:
    """A shop without people and sides."""
    named = [str(titles.get(item, item)) for item in catalogue.items]
    return Shop(catalogue.items, named, catalogue.half_lives, [], [], [], SideReader({}), [], {})
