"""A log of interactions: who had what, when, and whether they liked it.   Further columns are sides.

    customer  product  stars  day         age   price
    ann       tea      5      2026-01-02  31    4.5         age is a function of the customer: a side of people
    ann       lamp     2      2026-01-09  31    30          price one of the product: a side of items

A person and an item stand together once, at their latest row.  Without a time the order is not known.

Read before: auto/reading.py        Read next: hiding.py
"""
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.auto.answers import choose_answers
from widedeep.auto.choose import kind_of
from widedeep.auto.reading import as_days, as_numbers, as_texts, gaps
from widedeep.features.column_plans import ColumnPlan
from widedeep.table import as_column, as_table

MOST_ITEMS = 20_000                                     # scored at once; rarer ones are left out
TIME_NAME = re.compile(r"(^|[_\W])(time|timestamp|date|datetime|day|when|ts)([_\W]|$)|(_at|Time|Date)$", re.I)
SHARED = 10                                             # people or items that have a value: rarer ones are not known
ALMOST = 0.98                                           # a side may differ in so few rows: the commonest value counts


@dataclass(frozen=True)
class Roles:
    """What a person said of the columns; None: not said.   least : a rating from here on is a like"""

    user: str
    item: str
    rating: str | None = None
    label: str | None = None
    time: str | None = None
    least: float | None = None


@dataclass(frozen=True)
class Sides:
    """Of people, or of items.   values : {column: (n,)}, a row for each        plans : {column: what it is}"""

    values: Mapping[str, Array]
    plans: Mapping[str, ColumnPlan]


@dataclass(frozen=True)
class Log:
    """people (U,), items (V,) : their names, texts        titles : (V,) what items are called in lists
    person, item : (N,) rows, by person and in each by time        liked : (N,) bool
    time : (N,), or None: the order is not known
    people_sides, item_sides        rows : of the table        notes : for people
    """

    people: Array
    items: Array
    titles: Array
    person: Array
    item: Array
    liked: Array
    time: Array | None
    people_sides: Sides
    item_sides: Sides
    rows: int
    notes: tuple[str, ...]


def read_log(table: Mapping[str, Any], roles: Roles) -> Log:
    """The log in a table.  Raises ValueError, naming the option, for columns that it lacks or that say nothing."""
    table = {name: as_column(values) for name, values in as_table(table).items()}
    for option, name in vars(roles).items():
        if option != "least" and name is not None and name not in table:
            raise ValueError(f"--{option} {name}: the table lacks it; it has {', '.join(table)}"[:400])
    named = [name for option, name in vars(roles).items() if option != "least" and name is not None]
    if len(set(named)) < len(named):
        raise ValueError(f"one column has two roles: {', '.join(named)}; want a column each")
    notes: list[str] = []
    who, what = as_texts(table[roles.user]), as_texts(table[roles.item])
    when, time_name = read_time(table, roles, notes)
    liked, known = read_liked(table, roles, notes)
    known &= np.array([a is not None and b is not None for a, b in zip(who, what)], bool)
    if when is not None:
        known &= np.isfinite(when)
    if not known.any():
        raise ValueError(f"no row has a {roles.user} and a {roles.item}; are they the right columns?")
    if (lost := int((~known).sum())):
        notes.append(f"{lost:,} rows left out, which lack one of {', '.join(named)}")
    rows = np.flatnonzero(known)
    rows = most_frequent(rows, what, notes)
    people, person = np.unique(who[rows].astype(str), return_inverse=True)
    items, item = np.unique(what[rows].astype(str), return_inverse=True)
    if len(items) < 3 or len(people) < 2:
        raise ValueError(f"--user {roles.user}, --item {roles.item}: {len(people)} people and {len(items)} items; "
                         "want 2 and 3 at least: are they the right columns?")
    kept = latest(person, item, None if when is None else when[rows])
    if len(kept) < len(rows):
        notes.append(f"{len(rows) - len(kept):,} rows repeat a person and an item; the latest of each counts")
    rest = {name: values[rows] for name, values in table.items() if name not in named and name != time_name}
    titles, people_sides, item_sides = read_sides(rest, person, item, items, notes)
    return Log(people, items, titles, person[kept], item[kept], liked[rows][kept],
               None if when is None else when[rows][kept], people_sides, item_sides, len(who), tuple(notes))


def read_time(table: Mapping[str, Array], roles: Roles, notes: list[str]) -> tuple[Array | None, str | None]:
    """((N,) numbers that grow with time, its column): the one named, or one called like a time."""
    guesses = [name for name in table if TIME_NAME.search(name) and name not in vars(roles).values()]
    for name in [roles.time] if roles.time is not None else guesses:
        x = as_numbers(table[name])
        x = x if np.isfinite(x).mean() > 0.5 else as_days(table[name])
        if np.isfinite(x).mean() > 0.5:
            if roles.time is None:
                notes.append(f"{name} says when (another column: --time COLUMN)")
            return x, name
        if roles.time is not None:
            raise ValueError(f"--time {name}: holds {table[name][0]!r}; want numbers, or dates such as 2026-01-31")
    notes.append("no column says when: the order is not known, and all of a person's items count the same "
                 "(--time COLUMN, if there is one)")
    return None, None


def read_liked(table: Mapping[str, Array], roles: Roles, notes: list[str]) -> tuple[Array, Array]:
    """((N,) bool: liked; (N,) bool: known)."""
    n = len(table[roles.user])
    if roles.rating is not None and roles.label is not None:
        raise ValueError(f"--rating {roles.rating} and --label {roles.label}; want one of the two")
    if roles.rating is not None:
        x = as_numbers(table[roles.rating])
        if not np.isfinite(x).any():
            raise ValueError(f"--rating {roles.rating}: holds {table[roles.rating][0]!r}; want numbers, or --label "
                             "for a column of yes and no")
        least = float(np.nanmedian(x)) if roles.least is None else roles.least
        liked = np.nan_to_num(x, nan=-np.inf) >= least
        notes.append(f"{roles.rating} of {least:g} and more is a like (--least), {liked.sum():,} of {n:,} rows; what "
                     "was rated lower is seen, and not recommended again")
    elif roles.label is not None:
        values = table[roles.label]
        answers, _, why = choose_answers(roles.label, values, "binary")
        texts = as_texts(values)
        liked = np.array([text == answers.names[1] for text in texts], bool)
        notes.append(f"{roles.label}: {why}; the others are seen, and not recommended again")
        return liked, ~gaps(values)
    else:
        return np.ones(n, bool), np.ones(n, bool)
    if not liked.any():
        raise ValueError(f"--least {least:g}: no row has such a {roles.rating}; it goes from {np.nanmin(x):g} to "
                         f"{np.nanmax(x):g}")
    return liked, np.isfinite(x)


def most_frequent(rows: Array, what: Array, notes: list[str]) -> Array:
    """The rows of the MOST_ITEMS most frequent items."""
    names, column, counts = np.unique(what[rows].astype(str), return_inverse=True, return_counts=True)
    if len(names) <= MOST_ITEMS:
        return rows
    keep = np.argsort(-counts, kind="stable")[:MOST_ITEMS]
    rows = rows[np.isin(column, keep)]
    notes.append(f"{len(names) - MOST_ITEMS:,} of {len(names):,} items left out: the rarest; all that are left are "
                 f"scored at once")
    return rows


def latest(person: Array, item: Array, when: Array | None) -> Array:
    """Rows by person and time, each pair once, at its latest row."""
    order = np.lexsort((np.arange(len(person)) if when is None else when, person))
    pair = person[order].astype(np.int64) * (int(item.max()) + 1) + item[order]
    _, last = np.unique(pair[::-1], return_index=True)              # of the reversed: the last one
    return order[np.sort(len(order) - 1 - last)]


def read_sides(rest: Mapping[str, Array], person: Array, item: Array, items: Array, notes: list[str]
               ) -> tuple[Array, Sides, Sides]:
    """(titles, sides of people, sides of items): the columns that are a function of one of the two."""
    found: dict[str, tuple[dict[str, Array], dict[str, ColumnPlan]]] = {"people": ({}, {}), "items": ({}, {})}
    titles: Array | None = None
    for name, values in rest.items():
        texts = as_texts(values)
        codes = np.unique(np.array([text or "" for text in texts]), return_inverse=True)[1]
        if codes.max() == 0:
            notes.append(f"{name} left out: one value")
            continue
        held = {of: function_of(key, codes) for of, key in (("items", item), ("people", person))}
        of = max(held, key=lambda of: held[of][0])                  # of both: of items
        if held[of][0] < ALMOST:
            notes.append(f"{name} left out: neither people nor items have one value of it (a rating? --rating {name}; "
                         "yes or no? --label)")
            continue
        one = values[held[of][1]]
        plan = kind_of(name, one)
        if plan.kind == "out" and of == "items" and titles is None and one.dtype.kind in "OU" and \
                len(set(as_texts(one).tolist())) > 0.9 * len(one):
            titles = np.array([text or str(key) for text, key in zip(as_texts(one), items)])
            notes.append(f"{name}: what items are called")
        elif plan.kind == "out":
            notes.append(f"{name} left out: {plan.note}")
        else:
            found[of][0][name], found[of][1][name] = one, coarser(plan)
            notes.append(f"{name}: a side of {of}, {plan.kind}, {plan.note}")
    people, of_items = (Sides(*found[of]) for of in ("people", "items"))
    return items if titles is None else titles, people, of_items


def coarser(plan: ColumnPlan) -> ColumnPlan:
    """Few buckets, and values that some share: each has a weight for every item."""
    if plan.kind in ("number", "date"):
        return replace(plan, buckets=min(plan.buckets, 8)) if plan.buckets else plan
    return replace(plan, min_count=max(plan.min_count, SHARED))


def function_of(key: Array, codes: Array) -> tuple[float, Array]:
    """(share of rows that hold the commonest value of their key, a row of each key that holds it)."""
    size = int(codes.max()) + 1
    pairs, first, counts = np.unique(key.astype(np.int64) * size + codes, return_index=True, return_counts=True)
    order = np.lexsort((-counts, pairs // size))                    # of each key the commonest first
    start = np.flatnonzero(np.diff(pairs[order] // size, prepend=-1))
    return float(counts[order][start].sum() / len(key)), first[order][start]
