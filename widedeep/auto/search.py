"""The search: candidates trained on most of the training rows, judged on those left out, within a budget of seconds.

    1  every candidate is trained on fold 1's rows, and judged by the rows of the fold (few rows: on all folds)
    2  a weighted mean of net sums is chosen on the rows left out (Caruana's greedy ensemble)
    3  those in it are trained on further folds, and on other folds again, while there is time; weights are chosen anew

A mean of net sums is one model again: towers add, so each candidate's last weights are multiplied by its weight, wide
and linear towers are summed into one, and the deep ones stand side by side.

Read before: candidates.py, model.py        Read next: resume.py
Source: Caruana et al. 2004, "Ensemble Selection from Libraries of Models".
"""
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlp.train import minibatches
from mlp.windows import flatten
from perceptron.activations import Array
from widedeep.auto.answers import Answers
from widedeep.auto.candidates import FEW, Candidate, scaled_rates
from widedeep.batch import Batch
from widedeep.model import WideDeep
from widedeep.train import train_step
from widedeep.training.ema import EMA

FOLDS = 5
REPEATS, FEW_REPEATS = 2, 4                             # how often the rows are divided into folds, at most
WORTH = 0.15                                            # a candidate of less weight is not trained further
ROUNDS = 20                                             # of the greedy ensemble: weights are twentieths
Say = Callable[[str], Any]


class OutOfTime(Exception):
    """The budget is spent, or somebody pressed Ctrl-C."""


@dataclass
class Clock:
    """The budget.   end : time.perf_counter() when it is spent"""

    start: float
    end: float
    stopped: bool = False                               # by hand

    def left(self) -> float:
        return 0.0 if self.stopped else self.end - time.perf_counter()


@dataclass
class Member:
    """One trained model: of which candidate, and its net sums of the rows left out.

    curve : of each epoch (loss in training, loss on the rows left out or NaN); none of a model from a checkpoint
    """

    candidate: Candidate
    model: WideDeep
    fold: int
    z: Array                                            # (n, K) of the fold's rows
    loss: float
    epochs: int
    curve: tuple[tuple[float, float], ...] = ()


def train_member(candidate: Candidate, encoder: Any, answers: Answers, train: Batch, held: Batch, fold: int, seed: int,
                 clock: Clock, seconds: float, report: Callable[[], Any]) -> Member:
    """One model on these rows, at most `seconds` long; its best epoch by the rows held out, or its last.

    report : called after every epoch
    Raises OutOfTime before the first epoch is complete.
    """
    rng, n = np.random.default_rng((seed, fold)), len(train)
    size = candidate.batch_size(n)
    model, rules = candidate.build(encoder, answers, rng, size)
    model.b[...] = answers.constant(np.asarray(train.labels, np.float64))
    full = {name: rule.lr for name, rule in rules.items() if name != "wide"}
    ema = EMA(model.params(), min(candidate.ema, 1 - 1 / max(10.0, n / size)))
    epochs, step, start, steps = candidate.epochs, 0, time.perf_counter(), -(-n // size)
    best, best_epoch, kept, epoch = np.inf, 0, None, 0
    curve: list[tuple[float, float]] = []

    def judge() -> float:
        nonlocal best, best_epoch, kept
        with ema.applied():
            z = model.logits(held)
            loss = float(answers.loss(z.astype(np.float64), np.asarray(held.labels, np.float64))[0])
            if np.isfinite(loss) and loss < best:
                best, best_epoch = loss, epoch
                kept = [w.copy() for _, w in flatten(model.params())], z
        return loss

    try:
        while epoch < epochs:
            total = 0.0
            for rows in minibatches(n, size, rng):
                fallen = 0.5 * (1 + np.cos(np.pi * min(step / (epochs * steps), 1.0)))
                scaled_rates(rules, max(fallen, 1e-4), full)
                total += train_step(model, rules, train[rows], rng, answers.loss) * len(rows)
                ema.update()
                step += 1
                if step in (20, steps, 3 * steps):                  # how many epochs are there seconds for?
                    pace = (time.perf_counter() - start) / step * steps
                    epochs = max(epoch + 1, min(candidate.epochs, int(seconds / pace)))
                if clock.left() <= 0:
                    raise OutOfTime(f"{step} of the {steps} steps of one epoch")
            epoch += 1
            curve.append((total / n, judge() if candidate.stop or epoch >= epochs else np.nan))
            report()
            if candidate.stop and epoch - best_epoch >= max(4, epochs // 3):
                break
    except (OutOfTime, KeyboardInterrupt) as why:
        clock.stopped = clock.stopped or isinstance(why, KeyboardInterrupt)
        if not candidate.stop and epoch:
            judge()
        if kept is None:
            raise
    if kept is None:
        raise ValueError(f"the loss of {candidate.name!r} is not finite from the first epoch on; are there odd numbers "
                         "in the table?")
    for (_, w), value in zip(flatten(model.params()), kept[0]):
        w[...] = value
    return Member(candidate, model, fold, kept[1].astype(np.float64), best, best_epoch, tuple(curve))


@dataclass
class Found:
    """What the search found.

    model : of all members, finished        rows : (n,) those that members had left out        z : (n, K) their net sums
    chosen : {candidate: (weight, members, loss)}        judged : {candidate: loss on the rows left out}
    curves : {candidate: its first member's curve}
    """

    model: WideDeep
    rows: Array
    z: Array
    chosen: dict[str, tuple[float, int, float]]
    judged: dict[str, float]
    epochs: dict[str, list[int]]
    curves: dict[str, tuple[tuple[float, float], ...]]


def folds_of(desired: Array, classes: bool, seed: int) -> Array:
    """(N,) 0 .. FOLDS - 1; of classes each fold has its share."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(desired))
    key = desired.argmax(axis=1) if desired.shape[1] > 1 else desired[:, 0] if classes else np.zeros(len(desired))
    order = order[np.argsort(key[order], kind="stable")]
    fold = np.empty(len(desired), np.intp)
    fold[order] = np.arange(len(desired)) % FOLDS
    return fold


class Trained:
    """All members so far, and what they say of rows that they had not seen."""

    def __init__(self, answers: Answers, desired: Array):
        self.answers, self.desired = answers, desired
        self.members: dict[str, list[Member]] = {}
        self.sums: dict[str, Array] = {}                            # (N, K) net sums of the rows left out, added up
        self.counts: dict[str, Array] = {}                          # (N, 1) by how many members

    def add(self, member: Member, rows: Array) -> None:
        name = member.candidate.name
        self.members.setdefault(name, []).append(member)
        self.sums.setdefault(name, np.zeros(self.desired.shape))[rows] += member.z
        self.counts.setdefault(name, np.zeros((len(self.desired), 1)))[rows] += 1

    def judged(self, name: str) -> float:
        """The candidate's loss on the rows left out, a mean over its members."""
        return float(np.mean([member.loss for member in self.members[name]]))

    def weights(self) -> dict[str, float]:
        """Of the candidates trained on most folds, by rows that members of each have left out."""
        most = max(len(members) for members in self.members.values())
        names = [name for name, members in self.members.items() if len(members) >= most - 1]
        rows = np.flatnonzero(np.all([self.counts[name][:, 0] > 0 for name in names], axis=0))
        means = {name: self.sums[name][rows] / self.counts[name][rows] for name in names}
        found = greedy(means, self.desired[rows], self.answers.loss)
        return {name: weight for name, weight in found.items() if weight}

    def put_together(self) -> Found:
        """One model, and its net sums of the rows that each candidate in it has left out."""
        weights = self.weights()
        rows = np.flatnonzero(np.all([self.counts[name][:, 0] > 0 for name in weights], axis=0))
        z = np.sum([weight * self.sums[name][rows] / self.counts[name][rows] for name, weight in weights.items()], 0)
        parts = [(member.model, weight / len(self.members[name])) for name, weight in weights.items()
                 for member in self.members[name]]
        return Found(self.answers.finished(*merged(parts)), rows, z,
                     {name: (weight, len(self.members[name]), self.judged(name)) for name, weight in weights.items()},
                     {name: self.judged(name) for name in self.members},
                     {name: [member.epochs for member in found] for name, found in self.members.items()},
                     {name: found[0].curve for name, found in self.members.items()})


def search(candidates: Sequence[Candidate], encoder: Any, answers: Answers, batch: Batch, clock: Clock, seed: int,
           say: Say, report: Callable[[], Any], kept: Any = None) -> Found:
    """Train and choose.   batch : all training rows, with labels        kept : trained models in a file, resume.Kept

    Raises OutOfTime if not even one member was trained.
    """
    desired = np.asarray(batch.labels, np.float64)
    few, total = len(desired) < FEW, clock.left()
    found, spent = Trained(answers, desired), dict.fromkeys((c.name for c in candidates), 0.0)
    if kept is not None and (there := kept.begin((tuple(candidates), encoder.fingerprint, batch, seed), clock)):
        say(f"  {there} models are in {kept.path}; going on, with {clock.left():.0f} seconds")

    def train(candidate: Candidate, repeat: int, k: int, seconds: float) -> None:
        start = time.perf_counter()
        fold, seen = folds_of(desired, answers.head != "number", seed + 1000 * repeat), candidate.sees(batch, encoder)
        rows = np.flatnonzero(fold == k)
        shape, size = (len(rows), answers.outputs), candidate.batch_size(len(desired) - len(rows))
        before = None if kept is None else kept.find(candidate, repeat, k, shape, lambda: candidate.build(
            encoder, answers, np.random.default_rng(0), size)[0])
        if before is not None:
            member, spent[candidate.name] = before
            return found.add(member, rows)
        member = train_member(candidate, encoder, answers, seen[np.flatnonzero(fold != k)], seen[rows], k,
                              seed + repeat, clock, seconds, report)
        found.add(member, rows)
        spent[candidate.name] = time.perf_counter() - start
        if kept is not None and not clock.stopped:                  # one stopped by hand is half-trained
            try:
                kept.add(member, repeat, spent[candidate.name])
            except OSError as error:
                say(f"  no checkpoint: {error}; training goes on")

    tried: list[str] = []
    more = 0                                                        # folds beyond those that all were tried on
    jobs = [(repeat, k) for repeat in range(FEW_REPEATS if few else REPEATS) for k in range(FOLDS)]
    jobs = jobs[FOLDS if few else 1:]
    try:
        for i, candidate in enumerate(candidates):
            folds = FOLDS if few else 1
            share = (clock.left() - (0.4 if few else 0.55) * total) / (len(candidates) - i) / folds
            for k in range(folds):
                train(candidate, 0, k, max(share, 0.02 * total))
            tried.append(candidate.name)
            epochs = found.members[candidate.name][-1].epochs
            say(f"  {candidate.name:<12} loss {found.judged(candidate.name):.4f} on rows left out ({epochs} epochs)")
        weights = found.weights()
        used = [c for c in candidates if weights.get(c.name, 0.0) >= min(WORTH, max(weights.values()))]
        for repeat, k in jobs:
            if clock.left() < 1.1 * sum(spent[c.name] for c in used):
                break
            for candidate in used:                                  # all of them, or rows left out would differ
                train(candidate, repeat, k, clock.left() / len(used))       # few members, rather than half-trained ones
            more += 1
    except KeyboardInterrupt:
        clock.stopped = True
        if not found.members:
            raise
    except OutOfTime:
        if not found.members:
            raise
    left = [candidate.name for candidate in candidates if candidate.name not in tried]
    say(f"  the time was spent before {', '.join(left)} could be tried; a larger budget has time for more" if left else
        f"  the best of them trained again, on {more} of {len(jobs)} further folds")
    return found.put_together()


def greedy(means: dict[str, Array], desired: Array, loss: Any) -> dict[str, float]:
    """Weights that add up to 1: one candidate more, ROUNDS times, the one that lowers the loss most."""
    counts, total = dict.fromkeys(means, 0), np.zeros_like(desired)
    for taken in range(ROUNDS):
        name = min(means, key=lambda name: float(loss((total + means[name]) / (taken + 1), desired)[0]))
        counts[name] += 1
        total = total + means[name]
    return {name: count / ROUNDS for name, count in counts.items()}


def merged(parts: Sequence[tuple[WideDeep, float]]) -> tuple[dict[str, Any], Array]:
    """(towers, biases) of the weighted sum of models' net sums."""
    towers: dict[str, Any] = {}
    b = np.zeros_like(parts[0][0].b, np.float64)
    for model, weight in parts:
        b += weight * model.b
        for name, tower in model.towers.items():
            tower.w[...] *= weight                                              # type: ignore[attr-defined]
            if name in towers and name != "deep":
                towers[name].w[...] += tower.w                                  # type: ignore[attr-defined]
            else:
                count = sum(other.startswith("deep") for other in towers)
                towers[name if name != "deep" or not count else f"deep {count + 1}"] = tower
    order = sorted(towers, key=lambda name: ("wide", "linear").index(name) if not name.startswith("deep") else 2)
    return {name: towers[name] for name in order}, b
