"""Builders that tests of several packages share."""

import numpy as np


def bags(*tuples):
    """A column of bags: an object array of tuples."""
    column = np.empty(len(tuples), object)
    column[:] = tuples
    return column


def memories(optimizers):
    """Every array that the optimizers remember, as bytes."""
    return {
        (group, name, i): m.tobytes()
        for group, optimizer in optimizers.items()
        for name, memory in optimizer.memory.items()
        for i, m in enumerate(memory)
    }
