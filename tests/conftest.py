"""What the tests share: one BLAS thread each, a seeded generator, a seal that makes writing into inputs an error."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # `pytest -n auto` has a process for each core

import numpy as np  # noqa: E402
import pytest  # noqa: E402

from tests import raised  # noqa: E402

try:
    from hypothesis import HealthCheck, settings
except ImportError:  # the extras docs and grading run their own tests without it
    pass
else:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    settings.register_profile("short", max_examples=30, derandomize=True, deadline=None, suppress_health_check=slow)
    settings.register_profile("long", max_examples=2_000, deadline=None, suppress_health_check=slow)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))  # `long`, by hand: new examples every time


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


def pytest_configure(config):
    config.pluginmanager.register(raised.Merging())
