"""Propose an encoder: kinds of columns, exact values, buckets and crosses, measured on training rows, printed as code.

    proposal = propose(table, labels)        print(proposal.code)        encoder = proposal.encoder()

All candidates are compared by one measure, nats a row: by how much does the log loss of one half of the rows fall when
the rates of the other half are known?  A group g of rows (a value, a bucket, a pair of values) shifts the logit by

    shift_g = sum_g (y - p) / (sum_g p (1 - p) + damping)        one damped Newton step from p

For single columns p is the mean label.  For pairs p comes from a main-effects model of all columns, fitted on the other
half: a cross is proposed for what it adds to its two columns.

The code is a start: edit it before you use it.

    python -m widedeep.features.propose people.csv --label income --positive ">50K"

Read before: encoder.py, wide.py        Read next: towers/matrix_factorization.py
"""
import argparse
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from mlp.optimizers import AdaGrad
from perceptron.activations import Array, sigmoid
from perceptron.losses import log_loss
from perceptron.neuron import check_labels
from widedeep.cells import BAGS, cells, shown
from widedeep.columns import Bag, Buckets, Category, Column
from widedeep.commands.exit_codes import exit_code
from widedeep.crosses import Cross
from widedeep.datasets.table import read_csv, take
from widedeep.encoder import Encoder
from widedeep.features.exact import Exact
from widedeep.ftrl import FTRL
from widedeep.model import WideDeep
from widedeep.numbers import Quantile, Standard
from widedeep.table import Sheet, as_column, as_table
from widedeep.train import train_step
from widedeep.wide import Wide

NAMESPACE: dict[str, Any] = {kind.__name__: kind for kind in (Bag, Buckets, Category, Cross, Encoder, Exact, Quantile,
                                                              Standard)}
FLOOR = 5e-4            # nats a row: less is noise
DAMPING = 2.0, 20.0        # added to the slopes of a column and of a cross: crosses are sparser


@dataclass(frozen=True)
class Proposal:
    """code : an Encoder(...) expression        notes : what was left out, and why"""

    code: str
    notes: tuple[str, ...]

    def encoder(self) -> Encoder:
        """A fresh encoder, not fitted: the value of `code`."""
        encoder: Encoder = eval(self.code, dict(NAMESPACE))         # our own text; names stand in it as literals
        return encoder

    def __str__(self) -> str:
        return "".join(f"# {note}\n" for note in self.notes) + self.code


def propose(source: Mapping[str, npt.ArrayLike] | str | PathLike[str], labels: npt.ArrayLike | str, *,
            positive: Any = None, n_q: int = 10, most: int = 100, seed: int = 0) -> Proposal:
    """Look at TRAINING rows, and propose.

    source : {column: (N,) values}, or the path of a CSV with a header line
    labels : (N, 1), 0 or 1; or the name of the label's column, of two values, of which `positive` is 1 (default: the
        rarer one)
    n_q : buckets of a number        most : crosses at most        seed : draws the two halves

    Raises ValueError for labels of another shape or of one class, columns of unequal length, or if no column tells
    anything.
    """
    if isinstance(source, (str, PathLike)):
        source = read_csv(source)
    table = {name: as_column(values) for name, values in as_table(source).items()}
    y = read_labels(table, labels, positive)
    sheet = Sheet(table, table)
    check_labels("propose", y, sheet.n)
    if y.min() == y.max():
        raise ValueError(f"propose: all {len(y)} labels are {y[0, 0]:g}; want both classes")
    half = np.random.default_rng(seed).permutation(sheet.n) % 2     # (N,) 0 or 1

    columns: dict[str, tuple[Column, str, float]] = {}              # name -> column, its code, what it gains
    weak: dict[str, float] = {}                                     # names of those that tell nothing alone
    numbers: dict[str, str] = {}
    notes = []
    for name in table:
        options = kinds(sheet, name, n_q)
        if not options:
            notes.append(f"{name} left out: nearly every row has a value of its own")
            continue
        measured = []
        for code in options:
            column = eval(code, dict(NAMESPACE))
            column.fit(sheet)
            measured.append((gain(y, base(y), half, column.ids(sheet), DAMPING[0]), column, code))
        best = measured[0]
        for other in measured[1:]:
            best = other if other[0] > best[0] + FLOOR else best    # the plainer kind, unless the other earns its place
        if best[0] < FLOOR:
            weak[name] = best[0]                                    # but perhaps in company
        if table[name].dtype.kind in "iuf":
            numbers[name] = number(sheet, name)
        twin = next((other for other, (column, _, _) in columns.items() if same(sheet, column, best[1])), None)
        if twin:
            notes.append(f"{name} only as a number: its groups are those of {twin}" if table[name].dtype.kind in "iuf"
                         else f"{name} left out: its groups are those of {twin}")
            continue
        columns[name] = best[1], best[2], best[0]
    if not columns:
        raise ValueError("propose: only columns of identifiers; nothing to learn from")
    main = main_effects([column for column, _, _ in columns.values()], table, y, half)
    found = []
    for a, b in combinations(columns, 2):
        cross = Cross(columns[a][0], columns[b][0])
        cross.resolve((columns[a][0], columns[b][0]))
        cross.fit(sheet)
        found.append((gain(y, main, half, cross.ids(sheet), DAMPING[1]), a, b, cross.size))
    kept = [(gained, a, b, size) for gained, a, b, size in sorted(found, key=lambda pair: -pair[0])
            if gained > (FLOOR if a in weak or b in weak else 0)][:most]
    for name in [name for name in weak if not any(name in (a, b) for _, a, b, _ in kept)]:
        columns.pop(name, None)
        numbers.pop(name, None)
        notes.append(f"{name} left out: it tells nothing about the label, alone ({weak[name]:+.4f} nats a row) "
                     "or in a cross")
    if not columns:
        raise ValueError("propose: no column tells anything about the labels; are they in the rows' order?")
    notes.append(f"{len(kept)} of {len(found)} pairs know something beyond their parts")
    return Proposal(spell(columns, kept, list(numbers.values())), tuple(notes))


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


def kinds(sheet: Sheet, name: str, n_q: int) -> list[str]:
    """The code of every kind that a column may be, the plainest first; none for a column of identifiers."""
    values = sheet[name]
    if values.dtype.kind in "iuf":
        distinct = len(np.unique(values))
        if distinct <= n_q:
            return [f"Category({name!r})"]
        return [f"Buckets({name!r}, {n_q})", f"Buckets({name!r}, {2 * n_q})"] + \
            ([f"Category({name!r})", f"Exact({name!r}, 3)"] if distinct < sheet.n / 2 else [])
    if any(isinstance(value, BAGS) for value in values[:100]):
        return [f"Bag({name!r})"]
    texts = sheet.cells(name)
    joined = [text for text in texts if isinstance(text, str) and "|" in text]
    if len(joined) > 0.1 * len(texts):
        return [f"Bag({name!r}, sep='|')"]
    return [f"Category({name!r})"] if len(set(texts)) < sheet.n / 2 else []


def number(sheet: Sheet, name: str) -> str:
    """Standard, of the logarithm where one end is far away."""
    x = sheet.numbers(name)
    far = x.min() >= 0 and x.max() - x.mean() > 8 * x.std()
    return f"Standard({name!r}, log1p=True)" if far else f"Standard({name!r})"


def base(y: Array) -> Array:
    """(N, 1) the logit of the mean label."""
    return np.full_like(y, np.log(y.mean() / (1 - y.mean())))


def gain(y: Array, z: Array, half: Array, ids: Array, damping: float) -> float:
    """Nats a row by which groups improve on the logits z, each half from the rates of the other half.

    y, z : (N, 1)        half : (N,) 0 or 1        ids : (N, slots) the groups of a row, 0 for none
    damping : see DAMPING
    """
    p = sigmoid(z)
    error, slope = (y - p)[:, 0], (p * (1 - p))[:, 0]
    told = z.copy()
    for side in (0, 1):
        inside, slots = half == side, ids.shape[1]
        groups = ids[inside].ravel()
        size = int(ids.max()) + 1
        up = np.bincount(groups, np.repeat(error[inside], slots), size)
        weight = np.bincount(groups, np.repeat(slope[inside], slots), size)
        shift = up / (weight + damping)
        shift[0] = 0
        other = ids[~inside]
        told[~inside, 0] += shift[other].sum(axis=1) / np.maximum((other > 0).sum(axis=1), 1)
    return float(log_loss(z, y)[0] - log_loss(told, y)[0])


def main_effects(columns: list[Column], table: Mapping[str, Array], y: Array, half: Array) -> Array:
    """(N, 1) logits of a wide tower without crosses; each half's from a model fitted on the other."""
    encoder = Encoder(wide=columns).fit(table)
    z = np.zeros_like(y)
    for side in (0, 1):
        rows, others = np.flatnonzero(half == side), np.flatnonzero(half != side)
        batch = encoder.encode(take(table, rows), y[rows], np.float64)
        model = WideDeep(np.float64, wide=Wide(encoder.n_wide, np.float64))
        optimizers = {"wide": FTRL(0.3, batch_size=64), "bias": AdaGrad(0.3)}
        rng = np.random.default_rng(side)
        for _ in range(5):
            order = rng.permutation(len(rows))
            for start in range(0, len(rows), 64):
                train_step(model, optimizers, batch[order[start:start + 64]])
        z[others] = model.logits(encoder.encode(take(table, others), dtype=np.float64))
    return z


def same(sheet: Sheet, a: Column, b: Column) -> bool:
    """Do two columns of one value a row divide the rows into the same groups?"""
    left, right = a.ids(sheet), b.ids(sheet)
    if left.shape[1] != 1 or right.shape[1] != 1:
        return False
    pairs = len(np.unique(left[:, 0].astype(np.int64) * (int(right.max()) + 1) + right[:, 0]))
    return pairs == len(np.unique(left)) == len(np.unique(right))


def spell(columns: Mapping[str, tuple[Column, str, float]], crosses: list[tuple[float, str, str, int]],
          numbers: list[str]) -> str:
    lines = ["Encoder(", "    wide=[*(columns := ["]
    lines += [f"        {code + ',':44s}# {column.size:6,} ids  {gained:+.4f} nats a row"
              for column, code, gained in columns.values()]
    lines += ["    ]),"]
    lines += [f"        {f'Cross({a!r}, {b!r}),':44s}# {size:6,} ids  {gained:+.5f} beyond its parts"
              for gained, a, b, size in crosses]
    lines += ["    ],", "    deep=columns,", f"    numbers=[{', '.join(numbers)}],", ")"]
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m widedeep.features.propose",
                                     description="Proposes columns, as code.")
    parser.add_argument("file", help="a CSV of TRAINING rows with a header line")
    parser.add_argument("--label", required=True, metavar="COLUMN", help="the column to predict, of two values")
    parser.add_argument("--positive", metavar="VALUE", help="which of them is 1 (default: the rarer one)")
    parser.add_argument("--buckets", type=int, default=10, metavar="N", help="of a number (default 10)")
    parser.add_argument("--most", type=int, default=100, metavar="N", help="crosses at most (default 100)")
    args = parser.parse_args(argv)
    if args.buckets < 2 or args.most < 0:
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
