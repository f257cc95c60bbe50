"""Answers of a table: which of its label's values is a yes, which are classes, or is it a number?

Labels are texts here, however a file spells them; what they mean to a model is in heads/answers.py.

Read before: reading.py, heads/answers.py        Read next: plan.py
"""
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.auto.reading import as_numbers, as_texts, gaps
from widedeep.heads import answers as heads
from widedeep.table import as_column

MOST_CLASSES = 50
FEW_NUMBERS = 10                                        # whole numbers of so few values are classes
YES = {"1", "yes", "y", "true", "t", "positive", "pos"}


@dataclass(frozen=True)
class Answers(heads.Answers):
    """label : the column        names : texts"""

    names: tuple[str, ...] = ()
    label: str = ""

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> "Answers":
        return cls(**{**state, "names": tuple(state["names"])})

    def state(self) -> dict[str, Any]:
        return asdict(self)

    def desired(self, values: Any) -> Array:
        """(N, K) float64: 0 or 1, one-hot, or standardised numbers.  Raises ValueError for a label never seen."""
        return self.coded(self.read(values))

    def read(self, values: Any) -> Array:
        """(N,) class numbers, or numbers in their unit."""
        values = as_column(values)
        if self.head == "number":
            y = as_numbers(values)
            if not np.isfinite(y).all():
                row = int(np.flatnonzero(~np.isfinite(y))[0])
                raise ValueError(f"label {self.label!r}, row {row}: {values[row]!r} is no number; drop such rows")
            return y
        number = {name: k for k, name in enumerate(self.names)}
        texts = as_texts(values).tolist()
        strange = [text for text in texts if text not in number]
        if strange:
            raise ValueError(f"label {self.label!r} holds {strange[0]!r}; the model knows "
                             f"{', '.join(map(repr, self.names[:8]))}: drop rows with other labels, or train again")
        return np.array([number[text] for text in texts], np.intp)

    def standardised(self, z: Array) -> Array:
        """Net sums of a finished model as training has them."""
        return (z - self.mean) / self.spread if self.head == "number" else z

    def columns(self, z: Array) -> dict[str, Array]:
        """What predict writes, of a finished model's net sums (N, K)."""
        z = np.asarray(z, np.float64)
        if self.head == "number":
            return {"prediction": np.clip(z[:, 0], self.low, self.high)}
        p = self.probabilities(z)
        return {"probability": p[:, 1]} if self.head == "binary" else dict(zip(self.names, p.T))


def choose_answers(label: str, values: Array, head: str | None = None, positive: str | None = None
                   ) -> tuple[Answers, Array, str]:
    """(answers, (N,) bool: the rows that have a label, why), by what the label's column holds.

    head, positive : as a person said
    Raises ValueError for a label of one value, of values that are all different, or that is not what `head` says.
    """
    known = ~gaps(values)
    if not known.any():
        raise ValueError(f"label {label!r}: every row lacks it; name another column with --label")
    found, x = values[known], as_numbers(values[known])
    counts = Counter(as_texts(found).tolist())
    if len(counts) == 1:
        raise ValueError(f"label {label!r} is {next(iter(counts))!r} in every row; want two values at least: is it the "
                         "right column, and are these all rows?")
    numeric, whole = bool(np.isfinite(x).all()), bool((x == np.round(x)).all())
    if head is None:
        few = len(counts) <= FEW_NUMBERS and len(counts) <= max(2, len(found) / 10)
        head = "number" if numeric and not (len(counts) == 2 or (whole and few)) else \
            "binary" if len(counts) == 2 else "classes"
    if head == "number":
        if not numeric:
            odd = found[~np.isfinite(x)][0]
            raise ValueError(f"label {label!r} holds {odd!r}, which is no number; want numbers, or --head classes")
        spread = float(x.std())
        answers = Answers(head, (), float(x.mean()), spread if spread > 0 else 1.0, float(x.min()), float(x.max()),
                          label)
        return answers, known, f"{len(counts):,} different numbers from {x.min():g} to {x.max():g}: a number"
    if len(counts) == len(found):
        raise ValueError(f"label {label!r}: all {len(found):,} rows have a value of their own, as an id has; want a "
                         "label that rows share, or numbers")
    if head == "binary":
        if len(counts) != 2:
            raise ValueError(f"label {label!r} holds {len(counts)} values; want two for a yes or no, or --head classes")
        if positive is not None and positive not in counts:
            raise ValueError(f"--positive {positive!r}: label {label!r} holds {' and '.join(map(repr, counts))}")
        yes = positive or next((name for name in counts if name.lower() in YES), None) or min(counts, key=rarer(counts))
        no = next(name for name in counts if name != yes)
        answers = Answers(head, (no, yes), label=label)
        return answers, known, f"two values: yes or no; {yes!r} is 1 ({counts[yes]:,} rows)"
    if len(counts) > MOST_CLASSES:
        raise ValueError(f"label {label!r} holds {len(counts)} different values; want at most {MOST_CLASSES} classes: "
                         "merge the rare ones, or name another column")
    names = sorted(counts, key=lambda name: (float(name), name)) if numeric else sorted(counts)
    answers = Answers(head, tuple(names), label=label)
    return answers, known, f"{len(names)} different values: one of {len(names)} classes"


def rarer(counts: Mapping[str, int]) -> Any:
    return lambda name: (counts[name], name)
