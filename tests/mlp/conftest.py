"""Fixtures that several tests here share."""

import numpy as np
import pytest

from mlp.data import two_spirals


@pytest.fixture(scope="module")
def spirals():
    return two_spirals(60, 0.05, np.random.default_rng(1))
