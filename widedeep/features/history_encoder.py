"""The history encoder: an encoder's columns, and beside them histories and target statistics of the training rows.

The training rows go through fit_encode, each without itself; all others through encode, which reads no labels for them.

Read before: encoder.py, histories.py, target_statistics.py        Read next: column_plans.py
"""
import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy.typing as npt

from widedeep.batch import Batch, digest
from widedeep.columns import Column
from widedeep.encoder import Encoder
from widedeep.features.histories import Histories, History
from widedeep.features.target_statistics import TargetStatistics, with_numbers
from widedeep.registry import register
from widedeep.table import Table


@register("encoder")
class HistoryEncoder:
    """encoder : not fitted yet        histories, statistics : over the same table"""

    def __init__(self, encoder: Encoder, histories: Sequence[History], statistics: Sequence[TargetStatistics]):
        parts = copy.deepcopy((encoder, list(histories), list(statistics)))             # the caller's stay unfitted
        self.encoder, self.history_columns, self.statistics = parts
        self.learned: tuple[Histories, str] | None = None           # histories with their ids, and the fingerprint

    def fit_encode(self, table: Table, labels: npt.ArrayLike) -> Batch:
        """Learn from the training rows and encode them, each without its own rating."""
        batch = self.encoder.fit(table).encode(table, labels).whole()
        histories = Histories(self.history_columns, self.encoder.n_deep - 1)
        batch = histories.fit(table, labels, batch)
        numbers = [statistics.fit(table, labels) for statistics in self.statistics]
        self.finish(histories)
        return replace(with_numbers(batch, numbers), made_by=self.fingerprint)

    def encode(self, table: Table, labels: npt.ArrayLike | None = None) -> Batch:
        """Any other rows.  The labels only go into the batch."""
        batch = self.histories.join(table, self.encoder.encode(table, labels).whole())
        batch = with_numbers(batch, [statistics.encode(table) for statistics in self.statistics])
        return replace(batch, made_by=self.fingerprint)

    def finish(self, histories: Histories) -> None:
        states = [part.state() for part in self.history_columns] + [part.state() for part in self.statistics]
        self.learned = histories, digest([self.encoder.fingerprint, *states])

    @property
    def histories(self) -> Histories:
        return self.fitted()[0]

    @property
    def fingerprint(self) -> str:
        """As an Encoder's: a digest of all that was learned."""
        return self.fitted()[1]

    def fitted(self) -> tuple[Histories, str]:
        if self.learned is None:
            raise ValueError("HistoryEncoder: nothing learned yet; call fit_encode(training rows, labels) first")
        return self.learned

    def state(self) -> dict[str, Any]:
        """Everything learned, for an archive.  It holds the training rows' keys (users and films) and labels."""
        return {"encoder": self.encoder.state(), "histories": [history.state() for history in self.history_columns],
                "statistics": [statistics.state() for statistics in self.statistics]}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "HistoryEncoder":
        made = cls(Encoder.from_state(state["encoder"]), [History.from_state(part) for part in state["histories"]],
                   [TargetStatistics.from_state(part) for part in state["statistics"]])
        made.finish(Histories(made.history_columns, made.encoder.n_deep - 1))
        return made

    @property
    def reads(self) -> list[str]:
        """The table's columns that encoding reads."""
        groups = [part.groups.reads for part in self.history_columns] + [part.groups.reads for part in self.statistics]
        return list(dict.fromkeys([*self.encoder.reads, *(name for reads in groups for name in reads)]))

    @property
    def columns(self) -> list[Column]:
        return self.encoder.columns

    @property
    def wide(self) -> list[Column]:
        return self.encoder.wide

    @property
    def deep(self) -> list[Column | History]:
        """What the deep tower embeds, in the order of its inputs."""
        return [*self.encoder.deep, *self.history_columns]

    @property
    def n_wide(self) -> int:
        return self.encoder.n_wide

    @property
    def n_deep(self) -> int:
        return self.histories.n_rows

    @property
    def n_inputs(self) -> tuple[int, int]:
        C, M = self.encoder.n_inputs
        return C + len(self.history_columns), M + 2 * len(self.statistics)

    def wide_name(self, i: int) -> str:
        return self.encoder.wide_name(i)

    def deep_name(self, i: int) -> str:
        """The row i of the embedding table, in words."""
        if i < self.encoder.n_deep:
            return self.encoder.deep_name(i)
        for history in self.history_columns:
            if history.first < i <= history.first + history.size:
                return history.value(i - history.first)
        raise ValueError(f"id {i} is out of range; want 0 .. {self.n_deep - 1}")
