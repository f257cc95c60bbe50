"""A ranker's encoder: lists of films become bags.   With it a ranker is saved and served like other models.

    catalogue = Catalogue(model)
    save("ranker.npz", model, catalogue)
    model, catalogue, _ = load("ranker.npz")
    model.predict(catalogue.encode({"liked": [[50, 181], [8]]}))        # (2, V): which film comes next?

A film that is not in the catalogue is unknown, and left out.  A list of nothing known is an empty bag: popularity.

Read before: ranker.py        Read next: train.py
"""
from math import inf
from typing import Any

from widedeep.batch import digest
from widedeep.cells import refuse_other_spellings
from widedeep.ranking.bags import Bags, bags_of
from widedeep.ranking.protocol import Sequences
from widedeep.ranking.ranker import Ranker
from widedeep.registry import register
from widedeep.table import Sheet, Table

LIKED = "liked"                                         # the one column that it reads


@register("encoder")
class Catalogue:
    """model : a ranker, whose films and half-lives these are"""

    reads = [LIKED]

    def __init__(self, model: Ranker):
        if not isinstance(model, Ranker):
            raise ValueError(f"Catalogue: a {type(model).__name__}; want a Ranker, whose films these are")
        self.restore(model.films())

    def restore(self, state: dict[str, Any]) -> None:
        self.items, self.half_lives = state["items"], state["half_lives"]
        self.column_of = {item: column for column, item in enumerate(self.items)}
        self.n_wide = self.n_deep = len(self.items)

    @property
    def fingerprint(self) -> str:
        return digest(self.state())

    def encode(self, table: Table) -> Bags:
        """Bags of N lists.   table : {"liked": N lists of films, the latest last}; a film twice counts at its latest

        Raises ValueError for what is no list, or a film whose name is spelled in another way.
        """
        lists = Sheet(table, self.reads).bags(LIKED)
        refuse_other_spellings(LIKED, {film for films in lists for film in films} - self.column_of.keys(),
                               self.column_of, bags=True)
        columns = [[self.column_of[film] for film in latest(films) if film in self.column_of] for films in lists]
        half_lives = [inf if half_life is None else half_life for half_life in self.half_lives]
        return bags_of(Sequences.of(columns, len(self.items)), half_lives)

    def state(self) -> dict[str, Any]:
        return {"items": self.items, "half_lives": self.half_lives}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Catalogue":
        made = cls.__new__(cls)
        made.restore(state)
        return made


def latest(films: Any) -> list[Any]:
    """Each film once, at its latest place."""
    return list(dict.fromkeys(reversed(films)))[::-1]
