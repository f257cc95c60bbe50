"""Exercises: write a backward by hand, and be told which mistake it holds.

    python -m widedeep.exercises start           twenty files, one for each idea of the three chapters
    python -m widedeep.exercises check           which array is wrong, where, and what it looks like

Most courses say "wrong"; the better ones say at which index.  These checks compare the numbers with those that each
known mistake would give, and name the one that fits exactly; where none fits they say that.

In a notebook:

    from widedeep.exercises import check, diagnose
    check(dense_backward)                        a report that shows itself
    diagnose(model, batch)                       of a whole model: which array, which row

Read in this order:

    exercise.py          an exercise is data
    catalog/             the twenty, a file each
    counterfactuals.py   which known mistake gives these numbers?
    calls.py             the student's functions on the cases
    facts.py             what can be said without a guess
    judge.py             the verdict
    process.py           a file runs in a process of its own
    checking.py          the check, of a file or of functions
    messages/            every sentence, in English and German
    report.py            the verdict as text
    heat_map.py          and as a picture, for notebooks
    progress.py          what the student has done so far
    models.py            the same for whole models
    own.py               the demo on the student's own functions
    finales.py           the chapters of the exercise notebooks
    export.py            for the lecturer: nbgrader, otter, notebooks
    handed_in.py         and the class's mistakes

docs/exercises.md is the manual, and shows how to write number 21.
"""
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from widedeep.exercises.checking import check
    from widedeep.exercises.models import diagnose

__all__ = ["check", "diagnose"]


def __getattr__(name: str) -> Any:
    """check and diagnose are loaded at their first use: a student's process needs neither (PEP 562)."""
    if name in __all__:
        module = import_module(f"widedeep.exercises.{'checking' if name == 'check' else 'models'}")
        value = globals()[name] = getattr(module, name)
        return value
    raise AttributeError(f"module 'widedeep.exercises' has no attribute {name!r}")
