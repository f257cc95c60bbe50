"""The search: candidates trained on most of the training rows, judged on those left out, within a budget of seconds.

    1  every candidate is trained on fold 1's rows, and judged by the rows of the fold (few rows: on all folds)
    2  the best ones are trained on further folds, while there is time
    3  a weighted mean of net sums is chosen on the rows left out (Caruana's greedy ensemble)

A mean of net sums is one model again: towers add, so each candidate's last weights are multiplied by its weight, wide
and linear towers are summed into one, and the deep ones stand side by side.

Read before: candidates.py, model.py        Read next: table_model.py
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
from widedeep.auto.candidates import Candidate, scaled_rates
from widedeep.batch import Batch
from widedeep.model import WideDeep
from widedeep.train import train_step
from widedeep.training.ema import EMA

FOLDS = 5
FEW = 3000                                              # rows: below, every candidate is judged on all folds
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
    """One trained model: of which candidate, and its net sums of the rows left out."""

    candidate: Candidate
    model: WideDeep
    fold: int
    z: Array                                            # (n, K) of the fold's rows
    loss: float
    epochs: int


def batch_size_for(n: int) -> int:
    """At least 20 steps an epoch, where there are as many rows."""
    return int(np.clip(n // 20, 16, 256))


def train_member(candidate: Candidate, encoder: Any, answers: Answers, train: Batch, held: Batch, fold: int, seed: int,
                 clock: Clock, seconds: float, report: Callable[[], Any]) -> Member:
    """One model on these rows, at most `seconds` long; its best epoch by the rows held out.

    report : called after every epoch
    Raises OutOfTime before the first epoch is complete.
    """
    rng, n = np.random.default_rng((seed, fold)), len(train)
    size = batch_size_for(n)
    model, rules = candidate.build(encoder, answers, rng, size)
    model.b[...] = answers.constant(np.asarray(train.labels, np.float64))
    full = {name: rule.lr for name, rule in rules.items() if name != "wide"}
    ema = EMA(model.params(), min(candidate.ema, 1 - 1 / max(10.0, n / size)))
    epochs, step, start = candidate.epochs, 0, time.perf_counter()
    best, best_epoch, kept, epoch = np.inf, 0, None, 0
    steps = -(-n // size)
    while epoch < epochs:
        for rows in minibatches(n, size, rng):
            scaled_rates(rules, max(0.5 * (1 + np.cos(np.pi * min(step / (epochs * steps), 1.0))), 1e-4), full)
            train_step(model, rules, train[rows], rng, answers.loss)
            ema.update()
            step += 1
            if step == 10:                                          # how many epochs are there seconds for?
                pace = (time.perf_counter() - start) / 10 * steps
                epochs = max(1, min(epochs, int(seconds / (pace * 1.1))))
            if clock.left() <= 0:
                break
        whole = step == (epoch + 1) * steps
        if not whole and kept is None:
            raise OutOfTime(f"{step} of the {steps} steps of one epoch")
        if not whole:
            break
        epoch += 1
        with ema.applied():
            z = model.logits(held)
            loss = float(answers.loss(z.astype(np.float64), np.asarray(held.labels, np.float64))[0])
            if np.isfinite(loss) and loss < best:
                best, best_epoch = loss, epoch
                kept = [w.copy() for _, w in flatten(model.params())], z
        report()
        if epoch - best_epoch >= max(4, epochs // 3):
            break
    if kept is None:
        raise ValueError(f"the loss of {candidate.name!r} is not finite from the first epoch on; are there odd numbers "
                         "in the table?")
    for (_, w), value in zip(flatten(model.params()), kept[0]):
        w[...] = value
    return Member(candidate, model, fold, kept[1].astype(np.float64), best, best_epoch)


@dataclass
class Found:
    """What the search found.

    model : of all members, finished        rows : (n,) those that members had left out        z : (n, K) their net sums
    chosen : {candidate: (weight, members, loss)}        judged : {candidate: loss on the rows left out}
    """

    model: WideDeep
    rows: Array
    z: Array
    chosen: dict[str, tuple[float, int, float]]
    judged: dict[str, float]
    epochs: dict[str, list[int]]


def folds_of(desired: Array, classes: bool, seed: int) -> Array:
    """(N,) 0 .. FOLDS - 1; of classes each fold has its share."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(desired))
    key = desired.argmax(axis=1) if desired.shape[1] > 1 else desired[:, 0] if classes else np.zeros(len(desired))
    order = order[np.argsort(key[order], kind="stable")]
    fold = np.empty(len(desired), np.intp)
    fold[order] = np.arange(len(desired)) % FOLDS
    return fold


def search(candidates: Sequence[Candidate], encoder: Any, answers: Answers, batch: Batch, clock: Clock, seed: int,
           say: Say, report: Callable[[], Any]) -> Found:
    """Train and choose.   batch : all training rows, with labels

    Raises OutOfTime if not even one member was trained.
    """
    desired = np.asarray(batch.labels, np.float64)
    fold = folds_of(desired, answers.head != "number", seed)
    members: list[Member] = []

    def train(candidate: Candidate, k: int, seconds: float) -> Member:
        seen = candidate.sees(batch, encoder)
        member = train_member(candidate, encoder, answers, seen[np.flatnonzero(fold != k)],
                              seen[np.flatnonzero(fold == k)], k, seed, clock, seconds, report)
        members.append(member)
        return member

    few = len(desired) < FEW
    total = clock.left()
    try:
        for i, candidate in enumerate(candidates):
            rest = len(candidates) - i
            share = (clock.left() - (0.0 if few else 0.55 * total)) / rest
            for k in range(FOLDS if few else 1):
                member = train(candidate, k, max(share / (FOLDS if few else 1), 0.02 * total))
            say(f"  {candidate.name:<10} loss {judged(members, candidate):.4f} on rows left out "
                f"({member.epochs} epochs)")
        best = sorted(candidates, key=lambda c: judged(members, c))
        jobs = [(c, k) for k in range(1, FOLDS) for c in best[:2]] if not few else []
        jobs.sort(key=lambda job: best.index(job[0]) + 0.1 * job[1] if judged(members, best[1]) >
                  1.02 * judged(members, best[0]) else job[1])
        spent: dict[str, float] = {}
        for i, (candidate, k) in enumerate(jobs):
            if clock.left() < spent.get(candidate.name, 0.0) * 0.5 or clock.left() < 0.02 * total:
                break
            start = time.perf_counter()
            train(candidate, k, clock.left() / (len(jobs) - i) * 1.2)
            spent[candidate.name] = time.perf_counter() - start
    except KeyboardInterrupt:
        clock.stopped = True
        if not members:
            raise
    except OutOfTime:
        if not members:
            raise
    return put_together(members, answers, desired, fold)


def judged(members: Sequence[Member], candidate: Candidate) -> float:
    """The candidate's loss on the rows left out, a mean over its folds."""
    return float(np.mean([m.loss for m in members if m.candidate == candidate]))


def put_together(members: Sequence[Member], answers: Answers, desired: Array, fold: Array) -> Found:
    """Weights of the candidates, by the rows that members of all of them have left out; then one model."""
    of: dict[str, dict[int, Member]] = {}
    for member in members:
        of.setdefault(member.candidate.name, {})[member.fold] = member
    best = min(of, key=lambda name: np.mean([m.loss for m in of[name].values()]))
    shared = set.intersection(*(set(found) for found in of.values()))
    sums = {name: np.concatenate([found[k].z for k in sorted(shared)]) for name, found in of.items()}
    rows = np.concatenate([np.flatnonzero(fold == k) for k in sorted(shared)])
    weights = greedy(sums, desired[rows], answers.loss)
    used = {name: weight for name, weight in weights.items() if weight > 0}
    common = sorted(set.intersection(*(set(of[name]) for name in used)))
    z = np.concatenate([sum(weight * of[name][k].z for name, weight in used.items()) for k in common])
    parts = [(member.model, weight / len(of[name])) for name, weight in used.items() for member in of[name].values()]
    towers, b = merged(parts)
    if not towers:
        towers, b = merged([(member.model, 0.0) for member in of[best].values()])
    return Found(answers.finished(towers, b), np.concatenate([np.flatnonzero(fold == k) for k in common]), z,
                 {name: (weight, len(of[name]), float(np.mean([m.loss for m in of[name].values()])))
                  for name, weight in used.items()},
                 {name: float(np.mean([m.loss for m in found.values()])) for name, found in of.items()},
                 {name: [m.epochs for m in found.values()] for name, found in of.items()})


def greedy(sums: dict[str, Array], desired: Array, loss: Any) -> dict[str, float]:
    """Weights that add up to 1: one candidate more, ROUNDS times, the one that lowers the loss most."""
    counts, total = dict.fromkeys(sums, 0), np.zeros_like(desired)
    for taken in range(ROUNDS):
        name = min(sums, key=lambda name: float(loss((total + sums[name]) / (taken + 1), desired)[0]))
        counts[name] += 1
        total = total + sums[name]
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
