"""Propose an encoder: kinds of columns, exact values, buckets and crosses, measured on training rows, printed as code.

    proposal = propose(table, labels)        print(proposal.code)        encoder = proposal.encoder()

All candidates are compared by one measure, nats a row (measuring.py): by how much does the log loss of one half of the
rows fall when the rates of the other half are known?  A column that tells nothing alone must be in a cross that does.

The code is for people: a start, to edit before you use it.  `encoder` makes the same columns without reading it.

    python -m widedeep.features.propose people.csv --label income --positive ">50K"

`widedeep columns` prints the same choice as a file for `widedeep train`, and reads tables with dirt.

Read before: choosing.py, encoder.py        Read next: towers/matrix_factorization.py
"""
import argparse
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from perceptron.neuron import check_labels
from widedeep.cells import cells, shown
from widedeep.commands.exit_codes import exit_code
from widedeep.datasets.table import read_csv, take
from widedeep.encoder import Encoder
from widedeep.features.choosing import COARSE, choose_columns, column_plan, sampled
from widedeep.features.column_plans import ColumnPlan, Pairs, code, parts
from widedeep.table import Sheet, as_column, as_table

LEAST = 5e-4                                            # nats a row: less is noise


@dataclass(frozen=True)
class Proposal:
    """plans : {name: ColumnPlan}        crosses : pairs of names        gains : of each, nats a row
    notes : what was left out, and why
    """

    plans: Mapping[str, ColumnPlan]
    crosses: Pairs
    gains: Mapping[tuple[str, str], float]
    notes: tuple[str, ...]

    @property
    def code(self) -> str:
        """For people."""
        return code(self.plans, self.crosses, self.gains)

    def encoder(self) -> Encoder:
        """A fresh encoder, not fitted."""
        columns, crosses, numbers = parts(self.plans, self.crosses)
        return Encoder(wide=[*columns, *crosses], deep=columns, numbers=numbers)

    def __str__(self) -> str:
        return "".join(f"# {note}\n" for note in self.notes) + self.code


def propose(source: Mapping[str, npt.ArrayLike] | str | PathLike[str], labels: npt.ArrayLike | str, *,
            positive: Any = None, n_q: int | None = None, most: int = 60, seed: int = 0) -> Proposal:
    """Look at TRAINING rows, and propose.

    source : {column: (N,) values}, or the path of a CSV with a header line
    labels : (N, 1), 0 or 1; or the name of the label's column, of two values, of which `positive` is 1 (default: the
        rarer one)
    n_q : buckets of a number; None to choose        most : crosses at most        seed : draws the two halves

    Raises ValueError for labels of another shape or of one class, columns of unequal length, or if no column tells
    anything.
    """
    if isinstance(source, (str, PathLike)):
        source = read_csv(source)
    table = {name: as_column(values) for name, values in as_table(source).items()}
    y = read_labels(table, labels, positive)
    check_labels("propose", y, Sheet(table, table).n)
    if y.min() == y.max():
        raise ValueError(f"propose: all {len(y)} labels are {y[0, 0]:g}; want both classes")
    plans = {name: column_plan(values) for name, values in table.items()}
    notes = [f"{name} left out: {plan.note}" for name, plan in plans.items() if plan.kind == "out"]
    if len(notes) == len(plans):
        raise ValueError("propose: nothing to learn from: " + "; ".join(notes)[:300])
    if n_q is not None:
        plans = {name: replace(plan, buckets=n_q) if plan.kind == "number" and plan.buckets and not plan.exact else plan
                 for name, plan in plans.items()}
    rows = sampled(len(y), seed)
    found = choose_columns(plans, take(table, rows), [y[rows, 0]], True, coarse=n_q or COARSE, most=most, seed=seed)
    weak = {name: told for name, told in found.told.items() if told < LEAST}
    crosses = tuple(pair for pair in (*found.strong, *found.weak)
                    if found.gains[pair] > LEAST or not set(pair) & weak.keys())
    of_no_use = {name: told for name, told in weak.items() if not any(name in pair for pair in crosses)}
    notes += [*found.notes, *(f"{name} left out: it tells nothing about the label, alone ({told:+.4f} nats a row) or "
                              "in a cross" for name, told in of_no_use.items())]
    kept = {name: replace(plan, note=gained(found.told, name)) for name, plan in found.plans.items()
            if plan.kind != "out" and name not in of_no_use}
    if not kept:
        raise ValueError("propose: no column tells anything about the labels; are they in the rows' order?")
    notes.append(f"{len(crosses)} of {found.pairs} pairs know something beyond their parts")
    return Proposal(kept, crosses, found.gains, tuple(notes))


def gained(gains: Mapping[str, float], name: str) -> str:
    return f"{gains[name]:+.4f} nats a row" if name in gains else ""


def read_labels(table: dict[str, Array], labels: npt.ArrayLike | str, positive: Any) -> Array:
    """(N, 1) float64; a label's column is taken OUT of `table`, which is our own dict."""
    if not isinstance(labels, str):
        return np.asarray(labels, np.float64)
    if labels not in table:
        raise ValueError(f"propose: no column {labels!r}; the table has {', '.join(table)}")
    answers = cells(labels, table.pop(labels))
    counts = Counter(answers)
    if len(counts) != 2 or positive not in (None, *counts):
        raise ValueError(f"propose: {labels!r} holds {shown(list(counts)[:5])}, positive {positive!r}; want two values")
    if positive is None:
        positive = min(counts, key=lambda value: (counts[value], isinstance(value, str), value))
    return np.array([[float(answer == positive)] for answer in answers])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m widedeep.features.propose",
                                     description="Proposes columns, as code.")
    parser.add_argument("file", help="a CSV of TRAINING rows with a header line")
    parser.add_argument("--label", required=True, metavar="COLUMN", help="the column to predict, of two values")
    parser.add_argument("--positive", metavar="VALUE", help="which of them is 1 (default: the rarer one)")
    parser.add_argument("--buckets", type=int, metavar="N", help="of a number (default: chosen)")
    parser.add_argument("--most", type=int, default=60, metavar="N", help="crosses at most (default 60)")
    args = parser.parse_args(argv)
    if args.buckets is not None and args.buckets < 2 or args.most < 0:
        parser.error(f"--buckets {args.buckets}, --most {args.most}: want at least 2 and at least 0")
    return exit_code(lambda: run(args))


def run(args: argparse.Namespace) -> None:
    table, positive = read_csv(args.file), args.positive
    if positive is not None and args.label in table:                # "1" names the number 1, where there is one
        values = np.unique(table[args.label]).tolist()
        positive = next((value for value in values if str(value) == positive), positive)
    print(propose(table, args.label, positive=positive, n_q=args.buckets, most=args.most))


if __name__ == "__main__":
    raise SystemExit(main())
