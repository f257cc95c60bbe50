"""A model trained on fewer rows, one row of it, and what was recorded; for each kind of table."""

import pytest

from widedeep.datasets import appstore
from widedeep.trace import record, steps_of
from widedeep.trace import small as small_module


@pytest.fixture(scope="session")
def small():
    """The command's model, after 2,000 rows in place of 20,000."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(small_module, "ROWS", 2_000)
        return small_module.small_model(appstore.load())


@pytest.fixture(scope="session")
def k(small):
    return small.instructive()


@pytest.fixture(scope="session")
def seen(small, k):
    return record(small.model, small.optimizers, small.row(k)[1])


@pytest.fixture(scope="session")
def stops(small, seen):
    return steps_of(small, seen)
