"""Fixtures that several tests here share."""

import numpy as np
import pytest

from tests.widedeep.ranking.builders import V, world
from widedeep.ranking.protocol import leave_one_out


@pytest.fixture(scope="module")
def split():
    return leave_one_out(*world(), items=np.arange(100, 100 + V), negatives=7)
