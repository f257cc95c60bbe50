"""Builders that several tests here share."""

from dataclasses import replace

import numpy as np

from widedeep.datasets import Dataset, adult


def small_adult() -> Dataset:
    data = adult.load()
    parts = data.splits["random"]
    return replace(data, splits={"random": {part: rows[:600] for part, rows in parts.items()}})


def small_films() -> Dataset:
    """Invented ratings in the columns of MovieLens, by pages of three in one second that resemble each other."""
    rng = np.random.default_rng(0)
    U, P, n = 40, 12, 3
    user, time = np.repeat(np.arange(U), P * n), np.repeat(np.arange(U * P) * 60, n)
    item = rng.integers(0, 50, U * P * n)
    liked = rng.random(U * P * n) < np.repeat(rng.choice([0.15, 0.85], U * P), n)
    table = {"user": user, "item": item, "age": 18 + user % 30, "year": 1950 + item, "timestamp": time}
    table |= {
        name: np.array(words)[user % 3]
        for name, words in (("gender", ["F", "M", "X"]), ("occupation", ["a", "b", "c"]))
    }
    table |= {"zip_area": np.array(list("0123"))[user % 4], "rating": np.where(liked, 4, 2)}
    table["genres"] = np.empty(len(user), object)
    table["genres"][:] = [("Drama",) if i % 2 else ("Comedy", "War") for i in item]
    data = Dataset(name="movielens", table=table, labels=liked[:, None].astype(np.float32), splits={}, citation="")
    return cut(data, rng.permutation(len(user)), [1000, 1200])


def cut(data: Dataset, rows: np.ndarray, places: list[int]) -> Dataset:
    parts = dict(zip(("train", "validation", "test"), np.split(np.arange(len(rows)), places)))
    table = {name: column[rows] for name, column in data.table.items()}
    return replace(data, table=table, labels=data.labels[rows], splits={"random": parts})
