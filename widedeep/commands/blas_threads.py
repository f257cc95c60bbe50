"""BLAS threads: how many of them the matrix products may use.

Two threads make a product of 256 x 77 and 77 x 64 a little faster on an idle machine; on a busy one they wait for each
other, and a step takes many times as long (docs/speed.md has the figures).  So the commands that train small models,
the demo and the experiments, use one.  Layers of a thousand units gain from two: the packages themselves set no limit.
"""
from contextlib import AbstractContextManager, nullcontext
from typing import Any


def one_thread() -> AbstractContextManager[Any]:
    """One BLAS thread while the context lasts, if threadpoolctl is installed (pip install -e '.[threads]').

    Without it set OPENBLAS_NUM_THREADS=1 before Python starts.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    return threadpool_limits(1, "blas")
