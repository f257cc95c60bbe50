"""Choosing: what is every column of a table?   By its values first, then by what it tells about training rows' labels.

    out         one value; a value of its own in (nearly) every row, as an id has; free text; it tells nothing and never
                repeats
    date        ISO dates
    number      numbers, also where some rows have none, or a text; in buckets, or exact where few numbers fill most
    bag         texts joined by | or ;
    category    anything else

Crosses are the pairs that gain most over a sum of all columns (measuring.py).

Read before: plan.py, measuring.py        Read next: table_encoder.py
"""
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.auto.answers import Answers
from widedeep.auto.measuring import IDS, ROWS, Measured
from widedeep.auto.plan import ColumnPlan, Plan
from widedeep.auto.reading import as_days, as_numbers, as_texts, gaps, prepared
from widedeep.columns import Buckets
from widedeep.datasets.table import take
from widedeep.metrics import auc
from widedeep.table import Sheet

NUMERIC = 0.9                                           # so large a share of a column's texts are numbers: it is one
FEW = 10                                                # different numbers: each has an id
FLOOR = 5e-5                                            # a cross gains so much, nats a row
COARSE = 10                                             # buckets of a number, unless more of them
EARNED = 5e-4                                           # gain so much, nats a row
STRONG = 0.2                                            # of the best cross's gain: the others are weak
CROSSES = 60                                            # at most
GIVES_AWAY = 0.995                                      # AUC of one column alone
ID_NAME = re.compile(r"(^|[_\W])(id|ids|uuid|guid|key|nr|no|number|index|row)$|^(id|idx|index)|ID$", re.I)
Pairs = tuple[tuple[str, str], ...]
LONG = 4                                                # words of a text, on average: a sentence


def choose(table: Mapping[str, Array], answers: Answers, desired: Array) -> Plan:
    """The plan for TRAINING rows: table without the label, and what is desired (N, K)."""
    columns = {name: kind_of(name, values) for name, values in table.items()}
    notes = [f"{name} left out: {plan.note}" for name, plan in columns.items() if plan.kind == "out"]
    if all(plan.kind == "out" for plan in columns.values()):
        raise ValueError("no column is left to learn from: " + "; ".join(notes)[:300])
    plan = Plan(answers.label, answers.head, columns,
                positive=answers.names[1] if answers.head == "binary" else None)
    plan, crosses, weak, told, warnings = measured(plan, table, answers, desired)
    columns = {name: replace(column, note=f"{column.note}; {told[name]:+.4f} nats a row alone" if name in told
                             else column.note) for name, column in plan.columns.items()}
    notes += [f"{len(crosses) + len(weak)} pairs of columns know something beyond their parts"] if crosses else []
    return replace(plan, columns=columns, crosses=crosses, weak=weak, notes=(*warnings, *notes))


def kind_of(name: str, values: Array) -> ColumnPlan:
    """What a column is, by its values (N,)."""
    n, missing = len(values), gaps(values)
    known = values[~missing]
    share = f", {missing.mean():.0%} missing" if missing.any() else ""
    if len(known) == 0:
        return ColumnPlan("out", note="every row lacks it")
    if any(isinstance(value, (list, tuple, set, dict, np.ndarray)) for value in known[:100]):
        return ColumnPlan("out", note="holds lists; join their values by |")
    x = as_numbers(values)
    numbers = x[np.isfinite(x)]
    if len(numbers) >= NUMERIC * len(known) and values.dtype.kind != "b" and not padded(known):
        return number_plan(name, numbers, n, share + (f", {len(known) - len(numbers)} rows with no number" if
                                                      len(numbers) < len(known) else ""), len(numbers) < n)
    texts = as_texts(known).tolist()
    distinct = len(set(texts))
    if distinct == 1:
        return ColumnPlan("out", note=f"one value, {texts[0][:40]!r}" + share)
    dates = as_days(known[:200])
    if np.isfinite(dates).mean() > NUMERIC:
        return ColumnPlan("date", missing=bool(missing.any()), note=f"{distinct:,} dates{share}")
    for sep in ("|", ";"):
        if sum(sep in text for text in texts) > 0.1 * len(texts):
            return ColumnPlan("bag", min_count=min_count(n), sep=sep, note=f"values joined by {sep}{share}")
    if distinct > 0.3 * len(texts) and len(texts) >= 20:
        words = np.mean([len(text.split()) for text in texts[:1000]])
        if words >= LONG:
            return ColumnPlan("out", note=f"free text, {words:.0f} words on average; make columns of what it says")
        if distinct > 0.9 * len(texts):
            return ColumnPlan("out", note="a value of its own in nearly every row, as an id or a name has")
    return ColumnPlan("category", min_count=min_count(n), note=f"{distinct:,} values{share}")


def number_plan(name: str, x: Array, n: int, share: str, missing: bool) -> ColumnPlan:
    values, counts = np.unique(x, return_counts=True)
    if len(values) == 1:
        return ColumnPlan("number", 0, missing=True, note=f"{values[0]:g} or missing") if missing else \
            ColumnPlan("out", note=f"one value, {values[0]:g}")
    whole = bool((x == np.round(x)).all())
    if whole and len(values) == len(x) and len(x) >= 20 and (ID_NAME.search(name) or np.ptp(x) < 1.2 * len(x)):
        return ColumnPlan("out", note="a whole number of its own in every row, as an id has")
    if len(values) <= FEW:
        return ColumnPlan("number", 2, 1, missing, note=f"{len(values)} different numbers{share}")
    buckets = buckets_for(n)
    cuts = Buckets(name, buckets)
    cuts.fit(Sheet({name: x}, [name]))
    spiky = cuts.size < 0.6 * buckets                               # few numbers fill most of the buckets
    return ColumnPlan("number", min(buckets, 5) if spiky else buckets, 2 if spiky else 0, missing,
                      note=f"{len(values):,} different numbers from {x.min():g} to {x.max():g}{share}")


def padded(values: Array) -> bool:
    """Codes such as 00501, whose zeros a number would lose."""
    return values.dtype.kind in "OU" and sum(bool(re.fullmatch(r"0\d+", str(value).strip())) for value in
                                             values[:500].tolist()) > 0.01 * min(len(values), 500)


def min_count(n: int) -> int:
    return 1 if n < 200 else 2


def buckets_for(n: int) -> int:
    """Of a number: crosses of two have about 15 rows a pair of buckets."""
    return int(np.clip(np.sqrt(n / 15), 4, 32))


def measured(plan: Plan, table: Mapping[str, Array], answers: Answers, desired: Array
             ) -> tuple[Plan, Pairs, Pairs, dict[str, float], list[str]]:
    """(the plan, its numbers in the buckets that tell most; strong crosses, the best first; weak ones; what each column
    gains alone; warnings)."""
    rng = np.random.default_rng(0)
    rows = np.sort(rng.permutation(len(desired))[:ROWS])
    ready = prepared(take(table, rows), plan.kinds())
    half = rng.permutation(len(rows)) % 2
    questions = [Measured(y, answers.head != "number", half) for y in answers.questions(desired[rows])]
    ids: dict[str, Array] = {}
    columns = dict(plan.columns)
    for name, column in plan.columns.items():
        options = [(option, seen) for option in finer(column) if (seen := ids_of(name, option, ready)) is not None]
        if options:
            alone = [sum(question.alone(seen)[0] for question in questions) for _, seen in options]
            taken = len(options) - 1 if alone[-1] > alone[0] + EARNED else 0        # the plainer, unless it earns it
            columns[name], ids[name] = options[taken]
            ids[name] = np.minimum(ids[name], IDS)
    told: dict[str, float] = dict.fromkeys(ids, 0.0)
    pairs: dict[tuple[int, int], float] = {}
    ahead: dict[str, float] = dict.fromkeys(ids, 1.0)
    for question in questions:
        y = question.y
        above = (y > (0.5 if answers.head != "number" else np.median(y))).astype(np.float64)[:, None]
        for name, column_ids in ids.items():
            gained, z = question.alone(column_ids)
            told[name] += gained
            ahead[name] = min(ahead[name], auc(above, z[:, None]) if 0 < above.mean() < 1 else 0.0)
        question.fit_sum(list(ids.values()))
        for pair, gained in question.pairs(list(ids.values())).items():
            pairs[pair] = pairs.get(pair, 0.0) + gained
    names = list(ids)
    best = sorted(((gained, pair) for pair, gained in pairs.items() if gained > FLOOR), reverse=True)[:CROSSES]
    warnings = [f"WARNING: {name} gives {answers.label} away (AUC {ahead[name]:.3f} alone): is it known before the "
                f"answer is? If not: {name} = {{ kind = \"out\" }} in a columns file" for name in names
                if ahead[name] >= GIVES_AWAY and len(rows) >= 50]
    strong, weak = (tuple((names[a], names[b]) for gained, (a, b) in best if (gained >= STRONG * best[0][0]) is wanted)
                    for wanted in (True, False))
    return replace(plan, columns=columns), strong, weak, told, warnings


def finer(column: ColumnPlan) -> list[ColumnPlan]:
    """What a column may be, the plainest first: of a number coarse buckets, then its own finer ones or exact values."""
    coarse = replace(column, buckets=COARSE, exact=0)
    if column.kind not in ("number", "date") or column.exact == 1 or coarse == column or \
            column.buckets < COARSE and not column.exact:
        return [column]
    return [coarse, column]


def ids_of(name: str, column: ColumnPlan, ready: Mapping[str, Array]) -> Array | None:
    """(n,) the column's ids, or None for one that has none, or several a row."""
    made = column.column(name)
    if made is None or column.kind == "bag":
        return None
    sheet = Sheet(ready, made.reads)
    made.fit(sheet)
    return made.ids(sheet)[:, 0].astype(np.int64)


def check_plan(plan: Plan, table: Mapping[str, Any]) -> Plan:
    """A person's plan for this table: columns that the file does not name are left out.

    Raises ValueError if it names what the table lacks.
    """
    lacking = [name for name in (plan.label, *plan.columns) if name not in table]
    if lacking:
        raise ValueError(f"the columns file names {', '.join(map(repr, lacking))}, which the table lacks; it has "
                         f"{', '.join(table)}"[:400])
    if plan.label in plan.columns and plan.columns[plan.label].kind != "out":
        raise ValueError(f"the columns file has the label {plan.label!r} among its columns, too; "
                         "take it out of [columns]")
    return plan
