"""The search: members add up to one model, judged by rows that they had not seen."""

from dataclasses import replace
from itertools import count
from time import perf_counter

import numpy as np
import pytest

from mlp.losses import log_loss
from widedeep.auto.answers import choose_answers
from widedeep.auto.candidates import Candidate, candidates_for
from widedeep.auto.choose import choose
from widedeep.auto.search import Clock, OutOfTime, folds_of, greedy, merged, search, train_member
from widedeep.auto.table_encoder import TableEncoder


def world(label, n=300):
    rng = np.random.default_rng(0)
    table = {"x": rng.normal(size=n), "job": rng.choice(list("abc"), n)}
    y = 3 * table["x"] + (table["job"] == "a") + rng.normal(0, 0.3, n)
    values = {"number": 100 + y, "binary": (y > 0) * 1, "classes": np.array(["low", "mid", "top"])[
        np.digitize(y, [-1, 1])]}[label]  # fmt: skip
    answers, _, _ = choose_answers("y", values)
    desired = answers.desired(values)
    encoder = TableEncoder.by(choose(table, answers, desired), answers)
    encoder.fit(table)
    return encoder, answers, replace(encoder.encode(table), labels=desired.astype(np.float32))


@pytest.mark.parametrize("label", ["number", "binary", "classes"])
def test_the_merged_model_is_the_weighted_sum_of_its_members(label):
    encoder, answers, batch = world(label)
    rng, parts = np.random.default_rng(1), []
    for candidate, weight in zip(candidates_for(300, encoder), (0.1, 0.2, 0.1, 0.2, 0.1, 0.1, 0.2), strict=True):
        model, _ = candidate.build(encoder, answers, rng, 32)
        for tower in model.towers.values():
            tower.w[...] = rng.normal(size=tower.w.shape)
        model.b[...] = rng.normal(size=model.b.shape)
        if "wide" in model.towers:
            model.towers["wide"].w[0] = 0
        parts.append((model, weight))
    want = sum(weight * model.logits(batch) for model, weight in parts)
    finished = answers.finished(*merged(parts))
    assert np.allclose(answers.standardised(finished.logits(batch)), want, atol=1e-4)
    assert list(finished.towers) == ["wide", "linear", "deep", "deep 2", "deep 3", "deep 4"]


@pytest.mark.parametrize("label", ["number", "binary", "classes"])
def test_rows_left_out_are_scored_by_members_that_had_not_seen_them(label):
    encoder, answers, batch = world(label)
    noise = np.random.default_rng(5).permutation(len(batch))
    shuffled = replace(batch, labels=batch.labels[noise])  # nothing to learn: who has seen a row would know it
    clock = Clock(perf_counter(), perf_counter() + 30)
    wild = [Candidate("wild", hidden=(64,), alpha=0.5, l1=0.0, l2=0.0, pairs="all", decay=0.0, epochs=4)]
    found = search(wild, encoder, answers, shuffled, clock, 0, lambda line: None, lambda: None)
    desired = np.asarray(shuffled.labels, np.float64)
    constant = np.tile(answers.constant(desired), (len(desired), 1))
    assert len(found.rows) == len(batch)
    assert answers.loss(found.z, desired[found.rows])[0] > 0.98 * answers.loss(constant, desired)[0]


def trained(candidate, label="number", n=300):
    encoder, answers, batch = world(label, n)
    rows = np.arange(n)
    clock = Clock(perf_counter(), perf_counter() + 30)
    return encoder, answers, batch, train_member(candidate, encoder, answers, batch[rows[60:]], batch[rows[:60]], 0, 0,
                                                 clock, 30, lambda: None)  # fmt: skip


@pytest.mark.parametrize("price", [0.1, 30.0])
def test_the_ridge_is_ridge_regression(price):
    candidate = replace(candidates_for(300, world("number")[0])[0], ridge=price)
    _, _, batch, member = trained(candidate)
    x, y = batch.numbers[60:].astype(float), batch.labels[60:].astype(float)
    centred = x - x.mean(axis=0)
    w = np.linalg.solve(centred.T @ centred + price * np.eye(x.shape[1]), centred.T @ (y - y.mean()))
    assert np.allclose(member.model.towers["linear"].w, w, atol=1e-3)
    assert np.allclose(member.model.b, y.mean() - x.mean(axis=0) @ w, atol=1e-3)


def test_with_few_rows_the_last_epoch_is_kept_and_the_rows_left_out_choose_no_epoch():
    plain = Candidate("plain", hidden=(32,), alpha=0.0, decay=0.0, lr=0.02, epochs=40)
    assert trained(plain)[3].epochs < 40 == trained(replace(plain, stop=False))[3].epochs
    assert not any(candidate.stop for candidate in candidates_for(300, world("number")[0]))


def test_greedy_weights_prefer_what_helps_and_add_up_to_one():
    y = np.array([[0.0], [1.0]] * 50)
    good, bad = (2 * y - 1) * 2, (1 - 2 * y) * 2
    weights = greedy({"good": good, "bad": bad}, y, log_loss)
    assert weights["good"] == 1 and sum(weights.values()) == pytest.approx(1)


def test_each_fold_has_its_share_of_a_rare_class():
    y = np.zeros((1000, 1))
    y[:25] = 1
    fold = folds_of(y, True, 0)
    assert [int(y[fold == k].sum()) for k in range(5)] == [5] * 5


@pytest.mark.parametrize(
    "looks, words", [(100, "the time was spent before"), (10**6, "on 15 of 15 further folds")], ids=["few", "many"]
)
def test_it_says_what_there_was_time_for(monkeypatch, looks, words):
    """Each look at the clock takes a second here: no machine is faster than another."""
    seconds = count()
    monkeypatch.setattr("time.perf_counter", lambda: next(seconds))
    encoder, answers, batch = world("binary", 60)
    said = []
    found = search(candidates_for(60, encoder), encoder, answers, batch, Clock(0, looks), 0, said.append, lambda: None)
    assert words in said[-1]
    assert np.isfinite(found.model.logits(batch)).all()


def test_a_spent_budget_is_said_before_anything_is_kept():
    encoder, answers, batch = world("number")
    with pytest.raises(OutOfTime, match="of the .* steps of one epoch"):
        search(candidates_for(300, encoder), encoder, answers, batch, Clock(0, 0), 0, lambda line: None, lambda: None)


@pytest.mark.filterwarnings("ignore:invalid value", "ignore:overflow")
def test_a_loss_that_is_never_finite_names_its_candidate():
    encoder, answers, batch = world("binary")
    broken = replace(batch, numbers=np.full_like(batch.numbers, np.inf))
    clock = Clock(perf_counter(), perf_counter() + 30)
    with pytest.raises(ValueError, match="the loss of 'wild' is not finite from the first epoch on; are there odd"):
        train_member(Candidate("wild", hidden=(4,), epochs=1), encoder, answers, broken, broken, 0, 0, clock, 30.0,
                     lambda: None)  # fmt: skip
