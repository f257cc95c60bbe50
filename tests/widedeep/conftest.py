"""Fixtures that several tests here share."""

from dataclasses import fields

import numpy as np
import pytest

from tests.widedeep.people import people
from tests.widedeep.probe import LABELS, TABLE
from widedeep import Bag, Category, Cross, Encoder, Standard
from widedeep import deep as deep_module
from widedeep import rows as rows_module


@pytest.fixture
def train(rng):
    return people(rng, 60)


@pytest.fixture
def encoder():
    """Learned on the rows below and one more, whose ids no row of the batch uses; "never" is not known."""
    learn = {name: np.concatenate([column[:6], column[:1]]) for name, column in TABLE.items()}
    learn["a"], learn["g"][6] = np.array([*TABLE["a"][:6], "unused"]), ("p",)
    likes = Bag("g")
    wide = [Category("a"), likes, Cross("a", likes)]
    return Encoder(wide, deep=[Category("a"), likes, Bag("h")], numbers=[Standard("n"), Standard("m")]).fit(learn)


@pytest.fixture
def batch(encoder, sealed):
    encoded = encoder.encode(TABLE, LABELS, dtype=np.float64)
    sealed(*(getattr(encoded, f.name) for f in fields(encoded)))  # writing into a batch is an error in every test
    return encoded


@pytest.fixture(params=["small", "large"])
def table(request, monkeypatch):
    """Tables of either form: with SMALL = 0 every table is large, and its gradient is Rows."""
    if request.param == "large":
        monkeypatch.setattr(rows_module, "SMALL", 0)
        monkeypatch.setattr(deep_module, "SMALL", 0)
    return request.param
