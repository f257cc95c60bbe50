"""Builders that several tests here share."""

import numpy as np

from tests.builders import bags
from widedeep import Bag, Buckets, Category, Cross, Encoder, Quantile, Standard

ARRAYS = ("wide", "deep", "shares", "numbers")


def people(rng, n):
    return {
        "job": rng.choice(["cook", "nurse", "?", "pilot"], n),
        "city": rng.choice(["cook", "Oslo", "Rome"], n),
        "age": rng.integers(16, 80, n),
        "pay": rng.gamma(2, 10, n),
        "likes": bags(
            *(tuple(rng.choice(["tea", "jam", "rye", "ice"], k, False).tolist()) for k in rng.integers(0, 4, n))
        ),
        "unused": rng.normal(size=n),
    }


def make():
    """Shared objects, crosses by name and by object, a bag before a single column, a cross that is embedded."""
    likes, age = Bag("likes"), Buckets("age", 5)
    return Encoder(
        wide=[Category("job"), age, likes, Cross("job", likes), Cross(age, "city", "job", min_count=2)],
        deep=[likes, Category("city"), Cross("job", likes), age],
        numbers=[Standard("pay", log1p=True), Quantile("age", 5)],
    )


def assert_same(one, other):
    for name in ARRAYS:
        mine, yours = getattr(one, name), getattr(other, name)
        assert mine.dtype == yours.dtype, name
        np.testing.assert_array_equal(mine, yours, err_msg=name)
    assert one.bags == other.bags
