"""The course: what its notebooks share; plots.py draws, flow.py draws the whole model."""
