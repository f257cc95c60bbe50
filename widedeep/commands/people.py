"""People: whom to recommend to, what they have seen, and what they liked."""
from typing import Any

import numpy as np

from widedeep.datasets import Dataset
from widedeep.recommend import history


def choose_user(data: Dataset, asked: int | None) -> int | None:
    """The user asked for, or by default the one with the middle number of rows (of several, the first).

    None for a data set that has no users.  Raises ValueError for an unknown one.
    """
    if data.users is None:
        return None
    if asked is None:
        users, counts = np.unique(data.table["user"], return_counts=True)
        return int(users[np.argsort(counts, kind="stable")[len(users) // 2]])
    known = data.users["user"]
    if asked not in known:
        raise ValueError(f"--user {asked}: unknown; {data.name} has users {known.min()} to {known.max()}")
    return asked


def seen_by(data: Dataset) -> dict[Any, set[Any]]:
    """What not to recommend: what the user rated or was shown, and the apps that they have installed."""
    seen = history(data.table)
    if data.users is not None and data.items is not None and "installed" in data.users:
        item_of = dict(zip(data.items["title"].tolist(), data.items["item"].tolist()))
        for user, installed in zip(data.users["user"].tolist(), data.users["installed"].tolist()):
            seen[user] |= {item_of[title] for title in installed}
    return seen


def liked_by(data: Dataset, user: int, n: int = 8) -> list[str]:
    """Titles that the user rated high, the latest of the best first; or the apps that they have installed."""
    rows = np.flatnonzero(data.table["user"] == user)
    if "installed" in data.table:
        return list(data.table["installed"][rows[0]])
    order = np.lexsort((-data.table["timestamp"][rows], -data.table["rating"][rows]))
    best = [row for row in rows[order] if data.table["rating"][row] >= 4][:n]
    return [f"{data.table['title'][row]}, {data.table['rating'][row]} stars" for row in best]


def titles_of(data: Dataset) -> dict[int, str] | None:
    """item -> its title; None for a data set without items."""
    return None if data.items is None else dict(zip(data.items["item"].tolist(), data.items["title"].tolist()))
