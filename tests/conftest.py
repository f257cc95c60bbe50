"""What the tests share: a seeded generator, and a seal that makes writing into an input an error."""

import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def sealed():
    """sealed(a, b, ...): the arrays made read-only, nested tuples and lists too; None is passed over."""

    def seal(*things):
        for thing in things:
            if isinstance(thing, np.ndarray):
                thing.flags.writeable = False
            elif isinstance(thing, tuple | list):
                seal(*thing)

    return seal
