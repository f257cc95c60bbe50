"""A table model: trained on a table with nothing but a label, and kept in one archive.

    found = train_table(table, "income", budget=60)         found.metrics, found.model, found.encoder, found.plan
    kept = open_model("model.npz")                          kept.answer(table), kept.evaluate(table)

Read before: resume.py        Read next: baselines.py
"""
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.auto.answers import Answers, choose_answers
from widedeep.auto.candidates import candidates_for
from widedeep.auto.choose import check_plan, choose
from widedeep.auto.plan import Plan
from widedeep.auto.reading import gaps
from widedeep.auto.search import Clock, OutOfTime, search
from widedeep.auto.table_encoder import TableEncoder
from widedeep.datasets.table import take
from widedeep.model import WideDeep
from widedeep.saving import load
from widedeep.table import as_column

LEAST_ROWS = 20


@dataclass(frozen=True)
class HeldOut:
    """Rows with a label, and the net sums of those that were scored by models trained on others.

    known : (N,) numbers of the table's rows with a label        desired : (N, K) as training has them
    rows : (n,) which of the N were scored        z : (n, K) their net sums        curves : of the search
    """

    known: Array
    desired: Array
    rows: Array
    z: Array
    curves: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class TableModel:
    """model and encoder of one archive, and what they answer.

    metrics : on rows held out; rows, seconds, stopped, held_out : of the training that made it (an archive: rows alone)
    """

    model: WideDeep
    encoder: TableEncoder
    metrics: dict[str, float]
    rows: int
    seconds: float = 0.0
    stopped: bool = False
    held_out: HeldOut | None = None

    @property
    def answers(self) -> Answers:
        return self.encoder.answers

    @property
    def plan(self) -> Plan:
        return self.encoder.plan

    def net_sums(self, table: Mapping[str, Any]) -> Array:
        """(N, K) float64"""
        z: Array = self.model.astype(np.float64).logits(self.encoder.encode(table, dtype=np.float64))
        return z

    def answer(self, table: Mapping[str, Any]) -> dict[str, Array]:
        """{"probability"}, {class: (N,)}, or {"prediction"}"""
        return self.answers.columns(self.net_sums(table))

    def evaluate(self, table: Mapping[str, Any], label: str | None = None) -> tuple[int, dict[str, float]]:
        """(rows with a label, metrics)"""
        held = self.scored(table, label)
        return len(held.rows), self.answers.figures(held.z, held.desired)

    def scored(self, table: Mapping[str, Any], label: str | None = None) -> HeldOut:
        """The rows with a label, all of them scored."""
        label = label or self.answers.label
        if label not in table:
            raise ValueError(f"label {label!r}: the table lacks it; it has {', '.join(table)}"[:400])
        values = as_column(table[label])
        known = ~gaps(values)
        if not known.any():
            raise ValueError(f"label {label!r}: every row lacks it")
        z = self.answers.standardised(self.net_sums(take(table, np.flatnonzero(known))))
        return HeldOut(np.flatnonzero(known), self.answers.desired(values[known]), np.arange(len(z)), z)


def train_table(table: Mapping[str, Any], label: str, *, plan: Plan | None = None, head: str | None = None,
                positive: str | None = None, budget: float = 60.0, seed: int = 0,
                say: Callable[[str], Any] = lambda line: None, report: Callable[[], Any] = lambda: None,
                kept: Any = None) -> TableModel:
    """Choose head, columns, model and settings by measurement on these rows, within `budget` seconds.

    plan : a person's columns; None to choose        head, positive : of the label, where it is not to be guessed
    say : gets lines for people        report : called after every epoch
    kept : a resume.Kept, the file from which a killed run goes on
    Raises ValueError for a table or a label that nothing can be learned from, or too small a budget.
    """
    start = time.perf_counter()
    clock = Clock(start, start + budget)
    if label not in table:
        raise ValueError(f"label {label!r}: the table lacks it; it has {', '.join(table)}"[:400])
    if plan is not None:
        check_plan(plan, table)
        head, positive = plan.head, plan.positive if plan.head == "binary" else None
    values = as_column(table[label])
    answers, known, why = choose_answers(label, values, head, positive)
    say(f"{label}: {why}")
    rows = np.flatnonzero(known)
    if len(rows) < LEAST_ROWS:
        raise ValueError(f"{len(rows)} rows with a label; want at least {LEAST_ROWS}, since some are held out")
    if len(rows) < len(values):
        say(f"{len(values) - len(rows):,} rows without a label left out")
    rest = take({name: column for name, column in table.items() if name != label}, rows)
    desired = answers.desired(values[rows])
    if plan is None:
        plan = choose(rest, answers, desired)
    for note in plan.notes:
        say(note)
    encoder = TableEncoder.by(plan, answers)
    encoder.fit(rest)
    batch = replace(encoder.encode(rest).whole(), labels=desired.astype(np.float32))
    try:
        found = search(candidates_for(len(rows), encoder), encoder, answers, batch, clock, seed, say, report, kept)
    except OutOfTime as spent:
        raise ValueError(f"--budget {budget:g}: after choosing columns there was time for {spent}; want more seconds: "
                         f"--budget {max(10, round(4 * budget)):g}") from None
    metrics = answers.figures(found.z, desired[found.rows])
    seconds = time.perf_counter() - start
    encoder.about = {"rows": len(rows), "metrics": metrics, "chosen": found.chosen, "judged": found.judged,
                     "epochs": found.epochs, "held_out": len(found.rows)}       # no seconds: equal runs, equal archives
    found.model.made_for = encoder.fingerprint
    return TableModel(found.model, encoder, metrics, len(rows), seconds, clock.stopped,
                      HeldOut(rows, desired, found.rows, found.z, found.curves))


def open_model(path: Any) -> TableModel:
    """The model in an archive of `widedeep train`.  Raises ValueError for another archive, or what is none."""
    if str(path).lower().endswith((".csv", ".tsv", ".txt", ".parquet", ".pq")):
        raise ValueError(f"{path}: a table, where a model is wanted: first MODEL, then DATA; widedeep train makes one")
    try:
        model, encoder, _ = load(path)
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file; a model is written by: widedeep train DATA --label COLUMN --out {path}"
                         ) from None
    if not isinstance(encoder, TableEncoder):
        raise ValueError(f"{path}: an archive of widedeep.save without a plan of its table; want one "
                         "that widedeep train --label has written (of a recommender: widedeep recommend)")
    about = encoder.about
    return TableModel(model, encoder, about.get("metrics", {}), about.get("rows", 0))
