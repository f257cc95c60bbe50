"""Explanations: why this answer, how certain is it, and what has the model learned about the films?

Read in this order:

    neighbours.py     which films does the model treat as similar?
    verdicts.py       memorized or generalized, and which film of the history contributed most
    reliability.py    calibration: is a probability of .7 right seven times in ten, for every kind of film?
    plots.py          the reliability curve, and a map of the films

`python -m widedeep.explanations` shows all of it.  `recommend.explain` gives a row's logit as a sum of named terms.
"""
from widedeep.explanations.neighbours import neighbours, principal_plane, rows_of
from widedeep.explanations.reliability import Part, as_text, by_slice
from widedeep.explanations.verdicts import Usual, Verdict, influences, influences_of_history, usual_parts, verdicts

__all__ = ["Part", "Usual", "Verdict", "as_text", "by_slice", "influences", "influences_of_history", "neighbours",
           "principal_plane", "rows_of", "usual_parts", "verdicts"]
