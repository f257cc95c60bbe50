"""The course: what its notebooks share.

    turns       "your turn": an answer is checked; a hint after a miss, the worked answer for those who ask
    explore     a picture with sliders, where the notebook is live
    plots       L1's path, the embedding map, who gets what
    flow        the whole model, forward and backward
    offline     a folder for machines without a network

The notebooks are kept as text, notebooks/text/*.md; notebooks/build.py makes and executes the .ipynb beside them.
"""
from widedeep.course.explore import explore
from widedeep.course.turns import turn

__all__ = ["explore", "turn"]
