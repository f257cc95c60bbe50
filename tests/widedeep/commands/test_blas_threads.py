"""BLAS threads: without threadpoolctl nothing is limited."""

import sys

import pytest

from widedeep.commands.blas_threads import one_thread


def test_without_threadpoolctl_nothing_is_limited(monkeypatch):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with threadpoolctl.threadpool_limits(2, "blas"):
        before = threadpoolctl.threadpool_info()
        monkeypatch.setitem(sys.modules, "threadpoolctl", None)
        with one_thread():
            assert threadpoolctl.threadpool_info() == before
