"""Swapping: the dry run of a new model, before it answers anybody.   Cheng et al. 2016, section 4.2

    the same columns of the same kinds      or requests would have to change with the model
    users and items, if the old one had     or /recommend would end
    the same label, and classes             or answers would mean something else
    a finite answer for every row           of the check rows
    a log loss that is not higher           than the old model's on the same labelled check rows, but for `slack`; of
                                            numbers the RMSE

Read before: served.py        Read next: service.py
"""
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from widedeep.serve.heads import LOSS
from widedeep.serve.served import Served


class Check(NamedTuple):
    """Labelled rows that no model was trained on."""

    table: Any
    labels: npt.NDArray[Any]                            # (N, 1), 0 or 1, or numbers; (N, K) of classes


class DryRun(NamedTuple):
    """accepted, and why (not)        was, now : log losses on the check rows"""

    accepted: bool
    why: str
    was: float | None = None
    now: float | None = None


def dry_run(old: Served, new: Served, check: Check | None, slack: float = 0.0) -> DryRun:
    """May `new` take the place of `old`?   slack : how much higher its log loss may be, in nats"""
    if new.head.kind == "ranking" or old.head.kind == "ranking":
        return DryRun(False, "a ranker reads no labelled rows to compare it on; start the server again for another one")
    if check is None:
        return DryRun(False, "no labelled check rows to compare the models on; start with --check FILE --label COLUMN")
    want, have = ({field.name: field.kind for field in served.fields} for served in (old, new))
    if want != have:
        odd = sorted(name for name in want.keys() | have.keys() if want.get(name) != have.get(name))
        return DryRun(False, f"the new model reads other columns, or other kinds of them: {', '.join(odd)}")
    if (old.people is None) != (new.people is None):
        return DryRun(False, "one of the two models has users and items, and the other has none")
    if old.head.about() != new.head.about():
        return DryRun(False, f"the new model answers another question: {new.head.about()}; the old one "
                      f"{old.head.about()}"[:300])
    try:
        (_, before), (now, after) = (served.head.judged(check.table, check.labels) for served in (old, new))
    except ValueError as error:
        return DryRun(False, f"the check rows cannot be read: {error}"[:300])
    if not np.isfinite(now).all():
        return DryRun(False, f"{int((~np.isfinite(now)).sum())} of {len(now)} check rows have no finite answer")
    told = f"{LOSS[old.head.kind]} {after:.4f} after {before:.4f} on {len(now):,} check rows"
    if after > before + slack:
        return DryRun(False, f"worse: {told}", before, after)
    return DryRun(True, f"not worse: {told}", before, after)
