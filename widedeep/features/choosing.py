"""Choosing: what is each column, and which pairs are crossed?   By the column's values, and by what it tells.

    number      in buckets, or exact where few numbers fill most of them; coarse buckets, unless finer ones earn it
    bag         tuples
    category    anything else
    out         a value of its own in (nearly) every row
    twins       two columns that divide the rows into the same groups: the first is enough (a number stays a number)

Crosses are the pairs that gain most over a sum of all columns (measuring.py).  This is the only place that chooses:
propose.py prints it, scikit-learn's estimators (bridges/kinds.py) and `widedeep train` (auto/choose.py) use it.

Read before: column_plans.py, measuring.py        Read next: propose.py
"""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from perceptron.activations import Array
from widedeep.cells import BAGS
from widedeep.columns import Buckets
from widedeep.features.column_plans import DAYS, ColumnPlan, Pairs
from widedeep.features.measuring import Measured
from widedeep.features.missing import missing
from widedeep.metrics import auc
from widedeep.table import Sheet

ROWS = 20_000                                           # measured at most
IDS = 100                                               # of a column, in a pair; Category's are ordered by frequency
SOME = 500                                              # rows that show whether a number repeats
SLOTS = 16                                              # of a bag
FEW = 10                                                # different numbers: each has an id
COARSE = 10                                             # buckets of a number, unless more of them
EARNED = 5e-4                                           # gain so much, nats a row
NOISE = 3.0                                             # a cross gains so much over n: shuffled labels gain 1 to 5
STRONG = 0.2                                            # of the best cross's gain: the others are weak
CROSSES = 60                                            # at most


@dataclass(frozen=True)
class Chosen:
    """plans : {name: ColumnPlan}        strong, weak : pairs to cross, the best first
    told : {name: nats a row that the column gains alone}        gains : {pair: nats a row beyond its parts}
    ahead : {name: AUC of the column alone; of several questions the least}
    notes : why, for people        pairs : how many were measured
    """

    plans: dict[str, ColumnPlan]
    strong: Pairs
    weak: Pairs
    told: dict[str, float]
    gains: dict[tuple[str, str], float]
    ahead: dict[str, float]
    notes: tuple[str, ...]
    pairs: int


def column_plan(values: Array) -> ColumnPlan:
    """What a column (N,) may be, whose numbers are numbers: a frame's, say, or read_csv's."""
    gaps = missing(values)
    known = values[~gaps]
    if len(known) == 0:
        return ColumnPlan("out", note="every row lacks it")
    if values.dtype.kind in "iuf":
        return number_plan(known.astype(np.float64), len(values))
    if any(isinstance(value, BAGS) for value in known[:100]):
        return ColumnPlan("bag", min_count=min_count(len(values)), sep="")
    texts = known.tolist()
    if sum(isinstance(text, str) and "|" in text for text in texts) > 0.1 * len(texts):
        return ColumnPlan("bag", min_count=min_count(len(values)), sep="|")
    distinct = len(set(texts))
    if distinct > 0.9 * len(texts) and len(texts) >= 20:
        return ColumnPlan("out", note="a value of its own in nearly every row, as an id or a name has")
    return ColumnPlan("category", min_count=min_count(len(values)), note=f"{distinct:,} values")


def number_plan(x: Array, n: int, dirt: str = "") -> ColumnPlan:
    """x : the known numbers of n rows        dirt : said about the others"""
    values, gaps = np.unique(x), len(x) < n
    if len(values) == 1:
        return ColumnPlan("number", 0, missing=True, note=f"{values[0]:g} or missing{dirt}") if gaps else \
            ColumnPlan("out", note=f"one value, {values[0]:g}")
    if len(values) <= FEW:
        return ColumnPlan("number", 2, 1, gaps, note=f"{len(values)} different numbers{dirt}")
    buckets = buckets_for(n)
    cuts = Buckets("x", buckets)
    cuts.fit(Sheet({"x": x}, ["x"]))
    spiky = cuts.size < 0.6 * buckets                               # few numbers fill most of the buckets
    return ColumnPlan("number", min(buckets, 5) if spiky else buckets, 2 if spiky else 0, gaps,
                      note=f"{len(values):,} different numbers from {x.min():g} to {x.max():g}{dirt}")


def min_count(n: int) -> int:
    return 1 if n < 200 else 2


def buckets_for(n: int) -> int:
    """Of a number: crosses of two have about 15 rows a pair of buckets."""
    return int(np.clip(np.sqrt(n / 15), 4, 32))


def sampled(n: int, seed: int = 0) -> Array:
    """Rows to measure by, at most ROWS of n, ascending."""
    return np.sort(np.random.default_rng(seed).permutation(n)[:ROWS])


def choose_columns(plans: Mapping[str, ColumnPlan], table: Mapping[str, Array], questions: Sequence[Array],
                   yes_no: bool, *, coarse: int = COARSE, most: int = CROSSES, seed: int = 0) -> Chosen:
    """Measure on TRAINING rows.

    plans : what each column may be        table : {name: (n,)}, of a date its days
    questions : (n,) each: 0 or 1, or standardised numbers if not yes_no
    coarse : buckets of a number, unless more earn it        most : crosses at most        seed : draws two halves
    """
    n = len(questions[0])
    noise = NOISE * np.sqrt(len(questions)) / n
    half = np.random.default_rng(seed).permutation(n) % 2
    asked = [Measured(y, yes_no, half) for y in questions]
    sheet = Sheet(table, [name + DAYS * (plan.kind == "date") for name, plan in plans.items() if plan.kind != "out"])
    found = dict(plans)
    ids: dict[str, Array] = {}
    notes: list[str] = []
    for name, plan in plans.items():
        most_told = -np.inf
        for option in options(name, plan, coarse, sheet):
            if (ids_then := ids_of(name, option, sheet)) is None:
                continue
            alone = sum(question.alone(ids_then)[0] for question in asked)
            if alone > most_told + max(EARNED, noise):              # the plainer, unless it earns it
                most_told, found[name], seen = alone, option, ids_then
        if most_told == -np.inf:
            continue
        twin = next((other for other, theirs in ids.items() if same(seen, theirs)), None)
        if twin is None:
            ids[name] = seen
        elif plan.kind in ("number", "date"):
            found[name] = replace(plan, buckets=0, exact=0)
            notes.append(f"{name} only as a number: its groups are those of {twin}")
        else:
            found[name] = ColumnPlan("out", note=f"its groups are those of {twin}")
            notes.append(f"{name} left out: its groups are those of {twin}")
    names, columns = list(ids), [np.minimum(seen[:, :SLOTS], IDS) for seen in ids.values()]
    told, ahead = dict.fromkeys(names, 0.0), dict.fromkeys(names, 1.0)
    gains: dict[tuple[str, str], float] = {}
    for question in asked:
        above = (question.y > (0.5 if yes_no else np.median(question.y))).astype(np.float64)[:, None]
        for name, seen in zip(names, columns):
            gained, z = question.alone(seen)
            told[name] += gained
            ahead[name] = min(ahead[name], auc(above, z[:, None]) if 0 < above.mean() < 1 else 0.0)
        question.fit_sum(columns)
        for (a, b), gained in question.pairs(columns).items():
            gains[names[a], names[b]] = gains.get((names[a], names[b]), 0.0) + gained
    best = sorted((pair for pair in gains if gains[pair] > noise), key=lambda pair: -gains[pair])[:most]
    strong = tuple(pair for pair in best if gains[pair] >= STRONG * gains[best[0]])
    return Chosen(found, strong, tuple(best[len(strong):]), told, {pair: gains[pair] for pair in best}, ahead,
                  tuple(notes), len(gains))


def options(name: str, plan: ColumnPlan, coarse: int, sheet: Sheet) -> list[ColumnPlan]:
    """What a column may be, the plainest first: of a number coarse buckets, finer ones, exact values if they repeat."""
    if plan.kind not in ("number", "date") or plan.exact == 1 or not (plan.buckets or plan.exact):
        return [plan]
    found = [replace(plan, buckets=coarse, exact=0)] if plan.exact or plan.buckets > coarse else []
    found.append(plan)
    some = sheet[name + DAYS * (plan.kind == "date")][:2 * SOME]
    if not plan.exact and len(some) > SOME and len(np.unique(some)) < min(len(some) / 2, IDS):
        found.append(replace(plan, buckets=min(plan.buckets, 5), exact=2))
    return found


def ids_of(name: str, plan: ColumnPlan, sheet: Sheet) -> Array | None:
    """(n, slots) the column's ids, or None for one that has none."""
    made = plan.column(name)
    if made is None:
        return None
    made.fit(sheet)
    found: Array = made.ids(sheet)
    return found.astype(np.int64) if made.size else None


def same(a: Array, b: Array) -> bool:
    """Do two columns (n, 1) divide the rows into the same groups?"""
    return a.shape[1] == b.shape[1] == 1 and all(tells(a[rows, 0], b[rows, 0]) and tells(b[rows, 0], a[rows, 0])
                                                 for rows in (slice(200), slice(None)))      # most differ early


def tells(a: Array, b: Array) -> bool:
    """Does a row's group by a (n,) say which group it has by b?"""
    of = np.zeros(int(a.max()) + 1, np.int64)
    of[a] = b
    return bool((of[a] == b).all())
