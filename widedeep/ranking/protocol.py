"""Leave-one-out: hide each person's last film, and see how high the model ranks it.

    a person's films by time     | 71  12  9  ...  50 |   8          |  203     |
                                   training              validation     test

Every rating is a positive: the question is what a person will watch, not how they will like it.  The hidden film is
ranked among films that the person never rated: all of them, or 99 sampled at random.  Most papers report the second.
Its figures are far higher and vary with the sample, so the sampled candidates are part of the protocol.

Films rated in the same second keep the order of the file.  In MovieLens-100K people rated whole pages at once: 415 of
943 have several films in their last second.  So part of the gain from weighting the latest films most is a gain from
films of the same page.

Read before: widedeep/recommend.py        Read next: metrics.py
Source: He et al. 2017, section 4.1 (leave-one-out, 99 negatives); Krichene and Rendle 2020 (why to look at all items).
"""
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from widedeep.cells import cells
from widedeep.table import as_column


@dataclass(frozen=True)
class Sequences:
    """The films of U people, each person's in order of time, one person after the other.

    items : (K,) int32       columns of films, 0 .. V - 1
    bounds : (U + 1,)        person u's are items[bounds[u]:bounds[u + 1]]
    n_items : V
    times : (K,)             when, in each person's films ascending; None if only their order is known
    sides : (U, G)           what else is known of the people, 0 .. 1 each; None for nothing
    """

    items: Array
    bounds: Array
    n_items: int
    times: Array | None = None
    sides: Array | None = None

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def user(self) -> Array:
        """(K,) the person of each position."""
        return np.repeat(np.arange(len(self)), np.diff(self.bounds))

    def reordered(self, rng: np.random.Generator) -> "Sequences":
        """The same, with films of the same second shuffled: their order in the file is arbitrary."""
        if self.times is None:
            return self
        order = np.lexsort((rng.random(len(self.items)), self.times, self.user))
        return Sequences(self.items[order], self.bounds, self.n_items, self.times, self.sides)

    def matrix(self) -> Array:
        """X (U, V) float32: 1 where the person has the film."""
        X = np.zeros((len(self), self.n_items), np.float32)
        X[self.user, self.items] = 1
        return X

    @classmethod
    def of(cls, lists: list[list[int]], n_items: int) -> "Sequences":
        """From a list of columns for each person, the oldest first."""
        bounds = np.cumsum([0, *map(len, lists)])
        return cls(np.array([i for one in lists for i in one], np.int32), bounds, n_items)


@dataclass(frozen=True)
class Hidden:
    """One hidden film for each person.

    item : (U,)                     its column
    candidates : (U, 1 + negatives) the columns to rank it among, its own first
    """

    item: Array
    candidates: Array


@dataclass(frozen=True)
class Split:
    """users (U,), items (V,): their names, ascending; a film is called by its column, its place in `items`.

    train : what models may read        validation, test : the hidden films        rated (U, V) : all three together
    """

    users: Array
    items: Array
    train: Sequences
    validation: Hidden
    test: Hidden
    rated: Array


def ids_of(name: str, values: npt.ArrayLike) -> Array:
    """The ids of users or items as cells (cells.py), all numbers or all strings."""
    read = cells(name, as_column(values))
    if len({isinstance(value, str) for value in read}) > 1:
        raise ValueError(f"leave_one_out: {name} holds strings and numbers; want one kind, as [str(value) for value in "
                         f"{name}]")
    return np.array(read)


def leave_one_out(user: npt.ArrayLike, item: npt.ArrayLike, time: npt.ArrayLike, *, items: npt.ArrayLike | None = None,
                  negatives: int = 99, seed: int = 7) -> Split:
    """Split N ratings by time, and sample negatives for each hidden film.

    user, item, time : (N,)        items : the catalogue, if it is more than the films rated
    negatives : how many unrated films are sampled, without repeats, by ONE generator default_rng(seed): first for every
        test film, people in ascending order; then for every validation film

    Raises ValueError if a person has fewer than three films, rated one twice, or left too few unrated.
    """
    user, item, time = ids_of("user", user), ids_of("item", item), as_column(time)
    if not (user.shape == item.shape == time.shape and user.ndim == 1 and len(user)):
        raise ValueError(f"leave_one_out: user {user.shape}, item {item.shape}, time {time.shape}; "
                         "want (N,) each, N >= 1")
    if time.dtype.kind not in "iufM" or (time != time).any():
        raise ValueError(f"leave_one_out: time of {time.dtype}, {int((time != time).sum())} of them missing; want "
                         "numbers or dates, none missing")
    if negatives < 1:
        raise ValueError(f"leave_one_out: negatives {negatives}; want at least 1")
    users, row = np.unique(user, return_inverse=True)
    catalogue = np.unique(item if items is None else ids_of("items", items))
    if unknown := set(item.tolist()) - set(catalogue.tolist()):
        raise ValueError(f"leave_one_out: {len(unknown)} rated items are not in the catalogue, as {min(unknown)}")
    column = np.searchsorted(catalogue, item).astype(np.int32)
    rated = np.zeros((len(users), len(catalogue)), bool)
    rated[row, column] = True
    counts = np.bincount(row)
    if rated.sum() < len(item):
        raise ValueError(f"leave_one_out: {len(item) - rated.sum()} ratings repeat a user and item; keep one of each")
    for short, what in ((counts < 3, "fewer than 3 ratings: one each to test, validate and train"),
                        (len(catalogue) - counts < negatives, f"fewer than {negatives} unrated items")):
        if short.any():
            raise ValueError(f"leave_one_out: user {users[short][0]} has {what}; leave such users out")

    order = np.lexsort((time, row))                                 # by person, then time; equal times keep their order
    stop = np.cumsum(counts)
    last, before = order[stop - 1], order[stop - 2]
    kept = np.ones(len(order), bool)
    kept[stop - 1] = kept[stop - 2] = False
    kept = order[kept]
    train = Sequences(column[kept], np.concatenate([[0], np.cumsum(counts - 2)]), len(catalogue), time[kept])
    rng = np.random.default_rng(seed)
    drawn = [np.stack([rng.choice(np.flatnonzero(~seen), negatives, replace=False) for seen in rated])
             for _ in ("test", "validation")]
    test, validation = (Hidden(column[rows], np.column_stack([column[rows], rivals]))
                        for rows, rivals in zip((last, before), drawn))
    return Split(users, catalogue, train, validation, test, rated)
