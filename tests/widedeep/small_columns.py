"""Builders that several tests here share."""

import numpy as np

from tests.builders import bags
from widedeep import Encoder


def wide(column, train, serve=None):
    """The ids (N, slots) that one column learned on `train` gives to `serve`."""
    return encoder(column, train).encode(train if serve is None else serve).wide


def encoder(column, train):
    return Encoder(wide=[column]).fit(train)


def active(column, train, serve=None):
    """For each row the sorted names of the features that are 1."""
    learned = encoder(column, train)
    ids = learned.encode(train if serve is None else serve).wide
    return [sorted(learned.wide_name(int(i)) for i in row if i) for row in ids]


TABLE = {
    "a": np.array(["x", "y", "x", "x"]),
    "b": np.array([1, 1, 2, 1]),
    "c": np.array(["p", "q", "p", "q"]),
    "g": bags(("u", "v"), ("v",), (), ("v", "w")),
    "h": bags((1,), (1, 2), (2,), ()),
}
