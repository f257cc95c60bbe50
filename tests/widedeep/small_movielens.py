"""Builders that several tests here share."""

import numpy as np

from widedeep.datasets import Dataset
from widedeep.recipes import BEST, varied


def small_movielens(rng, n=600):
    """Ratings that nobody gave, in MovieLens' columns."""
    user, item = rng.integers(1, 31, n), rng.integers(1, 21, n)
    genres = np.empty(n, object)
    genres[:] = [("Drama",) if i % 2 else ("Drama", "War") for i in item]
    rating = np.clip(np.rint(3 + np.sin(user) + np.cos(item) + rng.normal(0, 0.5, n)), 1, 5).astype(int)
    table = {
        "user": user,
        "item": item,
        "age": 20 + user,
        "year": 1970 + item,
        "gender": np.where(user % 2, "F", "M"),
        "occupation": np.where(user % 3, "writer", "doctor"),
        "zip_area": (user % 5).astype(str),
        "title": np.array([f"Film {i}" for i in item]),
        "genres": genres,
        "rating": rating,
    }
    labels = (rating >= 4).astype(np.float32)[:, None]
    return Dataset(name="movielens", table=table, labels=labels, splits={}, citation="invented")


RECIPE = varied(
    BEST["movielens"],
    deep={"d": 4, "hidden": (8,)},
    factors={"d": 4},
    training={"batch_size": 32, "lr": 1e-2},
)
