"""Versions: archives of earlier ones are read as if they had been written today.

    1    kinds with the names of the first months
    2    today's names                          neither has a digest: a mixture of two such archives is seen only where
    3    a digest over all members              sizes differ, and a changed number not at all

Read before: arrays.py        Read next: reading.py
"""
from typing import Any

VERSION = 3
SEALED = 3                                              # from this one on there is a digest
FORMERLY: dict[str, str] = {                            # names in version 1: today's
    "Decay": "WeightDecay", "Ordered": "OrdinalRegression", "PacedFTRL": "FTRL", "Product": "MatrixFactorization",
    "Wave": "Periodic", "levels": "thresholds", "pace": "blocks",
}


def up_to_date(about: Any) -> Any:
    """What version 1 said, in today's names."""
    if isinstance(about, list):
        return [up_to_date(part) for part in about]
    if not isinstance(about, dict):
        return about
    new: dict[str, Any] = {}
    for name, value in about.items():
        is_kind = name in ("kind", "rule") and isinstance(value, str)
        new[today(name)] = today(value) if is_kind else up_to_date(value)
    if new.get("rule") == "FTRL" and isinstance(new.get("settings"), dict):
        new["settings"].setdefault("blocks", None)
    return new


def today(name: str) -> str:
    return FORMERLY.get(name, name)
