"""Leakage: a result too good to be true, and why.   The ratings next to a rating in TIME.

People rated MovieLens by the page: a screen of films, some clicks, one button.  The ratings of a page have the same
time, to the second, and agree more often than other ratings of the same user.  The features here are made of the user's
TRAINING ratings around the row's moment, the row itself left out.  Each stretch of time gives two numbers, the log-odds
of liking and log(1 + how many):

    earlier      the last 5 strictly earlier ratings: available in serving
    same second  the page: the leak
    later        the next 5 strictly later ones: not available in serving either
    neighbours   all three

Every rule that a test can check is kept: training rows only, the row itself left out, no test label read.  Yet when the
row has to be predicted, before the page is shown, none of the page's ratings exists.  A random split puts some ratings
of a page in the training rows and others in the test rows; the feature then shows the model how the rest of a test
row's page was rated.  So the gain has to come from the test rows whose page is known in part: "on known pages" against
"elsewhere" shows whether it does.

Read before: features/target_statistics.py        Read next: docs/accuracy.md
"""
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from perceptron.activations import Array
from perceptron.plots import GREY, ORANGE
from widedeep.datasets import Dataset
from widedeep.experiments.paired import Interval, over_seeds
from widedeep.experiments.plots import dots
from widedeep.experiments.trial import Outcome, Row, Setting, heading, line, trial, values
from widedeep.features.histories import Groups, first_at
from widedeep.features.target_statistics import with_numbers
from widedeep.metrics import auc
from widedeep.recipes import Prepared
from widedeep.table import Sheet, Table

DATA = ("movielens",)
SPLITS: tuple[str, ...] = ()
SEEDS = 5
K = 5
FEATURES = {"earlier": ("earlier",), "same second": ("same second",), "later": ("later",),
            "neighbours": ("earlier", "same second", "later")}


class Around:
    """The evidence (log-odds, and how many) of a user's training rows around a row's moment.

    stretches : some of "earlier", "same second", "later"        k : rows in an earlier or later stretch, at most
    """

    def __init__(self, stretches: Sequence[str], k: int = K):
        self.stretches, self.k = tuple(stretches), k
        self.groups = Groups("user", "timestamp")

    def fit(self, table: Table, labels: npt.ArrayLike) -> Array:
        """Learn from training rows; return THEIR numbers, (N, 2) a stretch, each without its own label."""
        sheet, liked = Sheet(table, self.groups.reads), np.asarray(labels, np.float64)
        order = self.groups.fit(sheet)
        self.sums = np.concatenate([[0], np.cumsum(liked[order, 0])])                   # (N + 1,) liked before place i
        return self.numbers(sheet, liked[:, 0])

    def encode(self, table: Table) -> Array:
        """The numbers of rows that were not trained on.  Reads no labels."""
        return self.numbers(Sheet(table, self.groups.reads))

    def numbers(self, sheet: Sheet, own: Array | None = None) -> Array:
        """own : (N,) labels of training rows: each row is in its own second, and is taken out of it"""
        found = []
        for stretch in self.stretches:
            begin, end = self.places(sheet)[stretch]
            n, s = end - begin, self.sums[end] - self.sums[begin]   # (N,) rows, (N,) liked ones
            if own is not None and stretch == "same second":
                n, s = n - 1, s - own
            found += [np.log((s + 1) / (n - s + 1)), np.log1p(n)]
        return np.column_stack(found)

    def places(self, sheet: Sheet) -> dict[str, tuple[Array, Array]]:
        """Where each stretch begins and ends among the training rows, by user and time."""
        group, time = self.groups.read(sheet)
        start, left = self.groups.slices(sheet)                     # the user's rows, up to this second
        stop = np.where(group > 0, self.groups.bounds[np.minimum(group + 1, self.groups.key.size + 1)], start)
        right = first_at(self.groups.times, left, stop, time + 1)   # and from after this second
        return {"earlier": (np.maximum(left - self.k, start), left), "same second": (left, right),
                "later": (right, np.minimum(right + self.k, stop))}


class Beside:
    """An encoder with additional numbers.  Only n_inputs differs, which sizes the deep tower."""

    def __init__(self, encoder: Any, more: int):
        self.encoder, self.more = encoder, more

    def __getattr__(self, name: str) -> Any:
        return getattr(self.encoder, name)

    @property
    def n_inputs(self) -> tuple[int, int]:
        C, M = self.encoder.n_inputs
        return C, M + self.more


def beside(data: Dataset, split: str, plain: Prepared, feature: Around) -> Prepared:
    """The prepared data with the feature's numbers."""
    parts = {"train": feature.fit(*data.rows(split, "train"))}
    parts |= {part: feature.encode(data.rows(split, part)[0]) for part in ("validation", "test")}
    batches = {part: with_numbers(getattr(plain, part), [numbers]) for part, numbers in parts.items()}
    return plain._replace(encoder=Beside(plain.encoder, parts["train"].shape[1]), **batches)


def pages(table: Table) -> tuple[Array, Array]:
    """(N,) row numbers in order of user and time; and the page of each: rows of the same user and second."""
    user, time = np.asarray(table["user"]), np.asarray(table["timestamp"])
    order = np.lexsort((time, user))
    turns = (np.diff(user[order]) != 0) | (np.diff(time[order]) != 0)
    return order, np.concatenate([[0], np.cumsum(turns)])


def why(data: Dataset, split: str) -> dict[str, float]:
    """How many ratings share user and second with another; and how often two training ratings agree."""
    counts = np.bincount(pages(data.table)[1])                      # reads no labels
    table, labels = data.rows(split, "train")
    order, page = pages(table)
    user, time, liked = table["user"][order], table["timestamp"][order], labels[order, 0]
    apart = (user[1:] == user[:-1]) & (time[1:] > time[:-1])

    def agree(group: Array) -> float:
        """Over all pairs of different rows in a group: (ones^2 + zeros^2 - n) / (n^2 - n)."""
        n, ones = np.bincount(group).astype(float), np.bincount(group, liked)
        return float((ones ** 2 + (n - ones) ** 2 - n).sum() / (n ** 2 - n).sum())

    return {"share a second": float(counts[counts > 1].sum() / counts.sum()),
            "mean page": float(counts[counts > 1].mean()), "agree, same second": agree(page),
            "agree, next in time": float((liked[1:] == liked[:-1])[apart].mean()),
            "agree, same user": agree(user), "agree, anybody": agree(np.zeros(len(user), int))}


def count(setting: Setting) -> int:
    return setting.seeds * (1 + len(FEATURES))


def run(setting: Setting, tick: Callable[[], Any]) -> Outcome:
    data, recipe, seeds, epochs = setting
    plain = recipe.prepare(data)
    page = Around(["same second"])
    page.fit(*data.rows(recipe.split, "train"))
    known = page.encode(data.rows(recipe.split, "test")[0])[:, 1] > 0                   # (N,) page partly in training
    y = plain.test.labels
    rows: list[Row] = []
    for name, stretches in {"joint": (), **FEATURES}.items():
        prepared = beside(data, recipe.split, plain, Around(stretches)) if stretches else plain
        for seed in range(seeds):
            found = trial(f"+ {name}" if stretches else name, recipe, prepared, recipe.towers, seed, epochs)
            rows.append(found.row | {"auc_known_page": auc(y[known], found.z[known]),
                                     "auc_elsewhere": auc(y[~known], found.z[~known])})
            tick()
    gaps = {name: {key: over_seeds(values(rows, key, model=f"+ {name}"), values(rows, key, model="joint"))._asdict()
                   for key in ("auc", "log_loss", "auc_known_page", "auc_elsewhere")} for name in FEATURES}
    return Outcome(rows, {"why": why(data, recipe.split), "test rows on a known page": float(known.mean()),
                          "minus joint": gaps})


def table(outcome: Outcome) -> list[str]:
    found, gaps = outcome.summary["why"], outcome.summary["minus joint"]
    lines = [heading("on test rows"), line("joint", outcome.rows, model="joint")]
    lines += [line(f"+ {name}", outcome.rows, model=f"+ {name}") for name in FEATURES]
    share = outcome.summary["test rows on a known page"]
    lines += ["", f"AUC minus joint, 95 % over seeds; {share:.0%} of the test rows share user and second "
              "with a training row", f"{'':<26}{'all':<33}{'on known pages':<33}elsewhere"]
    lines += [f"{f'+ {name}':<26}" + "".join(f"{str(Interval(**gaps[name][key])):<33}"
              for key in ("auc", "auc_known_page", "auc_elsewhere")).rstrip() for name in FEATURES]
    return lines + [
        "", f"Why: {found['share a second']:.1%} of the ratings share user and second with another, "
        f"{found['mean page']:.1f} to a page.", "How often do two ratings agree (both liked, or both not)?",
        *(f"  {told:<58}{found[key]:.3f}" for key, told in (
            ("agree, anybody", "any two ratings"), ("agree, same user", "of one user"),
            ("agree, next in time", "of one user, next to each other, in different seconds"),
            ("agree, same second", "of one user, in the same second")))]


def draw(outcome: Outcome, figure: Any) -> None:
    left, right = figure.subplots(1, 2)
    models = dict.fromkeys(row["model"] for row in outcome.rows)
    dots(left, {name: values(outcome.rows, "auc", model=name) for name in models})
    left.set(title="Too good: the page's other ratings", xlabel="AUC on test rows (right is better)")
    found = outcome.summary["why"]
    names = {"agree, anybody": "anybody's", "agree, same user": "one user's", "agree, next in time":
             "one user's,\nnext in time", "agree, same second": "one user's,\nsame second"}
    bars = right.bar(range(len(names)), [found[key] - 0.5 for key in names], bottom=0.5,
                     color=[ORANGE if key == "agree, same second" else GREY for key in names])
    right.bar_label(bars, [f"{found[key]:.3f}" for key in names])
    right.set_xticks(range(len(names)), list(names.values()))
    right.set(title=f"Why: {found['share a second']:.0%} of the ratings share a second with another",
              ylabel="chance that two ratings agree (1/2: a coin)", ylim=(0.495, None))
