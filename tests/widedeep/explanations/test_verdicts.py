"""Verdicts: the rule by hand, and on a truth that is known."""

import numpy as np
import pytest

from tests.builders import bags
from tests.widedeep.explanations.builders import shop
from widedeep import Category, Encoder, WideDeep, explain
from widedeep.explanations import Usual, influences, influences_of_history, usual_parts, verdicts
from widedeep.explanations.verdicts import split_parts
from widedeep.features.histories import History
from widedeep.features.history_encoder import HistoryEncoder
from widedeep.towers.with_history import DeepWithHistory


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_logit_is_the_sum_of_its_terms(rng, dtype):
    rows, encoder, model = shop(rng, dtype=dtype)
    batch = encoder.encode(rows)
    usual = usual_parts(model, encoder, batch)
    found = verdicts(model, encoder, batch, usual)
    for z, reasons, verdict in zip(model.logits(batch)[:, 0].tolist(), explain(model, encoder, batch), found):
        total = sum(weight for _, weight in reasons.wide) + reasons.deep + reasons.bias
        assert abs(total - reasons.logit) <= 1e-12 * max(1, abs(total))
        assert abs(total - z) <= 1e-6 * max(1, abs(z)) * (10 if dtype == np.float32 else 1)
        assert verdict.reasons == reasons
        parts = np.array([verdict.single, verdict.crosses, verdict.deep]) + np.array(usual)
        assert abs(parts.sum() + reasons.bias - reasons.logit) < 1e-10
        crosses = [weight for name, weight in reasons.wide if " AND " in name]
        assert parts[1] == pytest.approx(sum(crosses))


def test_the_usual_row_differs_by_nothing(rng):
    rows, encoder, model = shop(rng)
    batch = encoder.encode(rows)
    usual = usual_parts(model, encoder, batch)
    found = verdicts(model, encoder, batch, usual)
    assert np.mean([[v.single, v.crosses, v.deep] for v in found], axis=0) == pytest.approx([0, 0, 0], abs=1e-12)


def test_the_rule_by_hand(rng):
    """One cross of weight 2 against deep parts of 0, 1 and 3, on either side."""
    rows, encoder, model = shop(rng)
    batch = encoder.encode(rows)
    row = int(np.flatnonzero(batch.wide[:, 1] > 0)[0])
    one = batch[np.array([row])]
    wide, cross = model.towers["wide"], int(batch.wide[row, 1])
    wide.w[...] = 0
    for sign, weight, deep, word in [
        (1, 2.0, 0.0, "memorized"),
        (1, 2.0, 1.0, "memorized"),
        (1, 2.0, 3.0, "generalized"),
        (1, 0.4, 0.0, "generalized"),  # too weak for a memory
        (1, 2.0, -1.0, "memorized"),  # the deep part says the opposite
        (-1, 2.0, 1.0, "memorized"),
        (-1, 2.0, 3.0, "generalized"),
        (1, 2.0, -3.0, "generalized"),  # the deep part wins, to the other side
    ]:
        wide.w[cross] = sign * weight
        here = split_parts(model, encoder, one)[0]
        usual = Usual(here[0], 0.0, here[2] - sign * deep)
        found = verdicts(model, encoder, one, usual)[0]
        assert (found.word, found.side) == (word, sign if weight + deep > 0 else -sign)
        assert found.deep == pytest.approx(sign * deep) and found.crosses == pytest.approx(sign * weight)
        assert found.because == ([(encoder.wide_name(cross), sign * weight)] if weight + deep > 0 else [])
        assert word in str(found)


def test_least_is_asked_to_be_positive(rng):
    rows, encoder, model = shop(rng)
    with pytest.raises(ValueError, match="least 0"):
        verdicts(model, encoder, encoder.encode(rows), Usual(0, 0, 0), 0)


def test_exceptions_are_memorized_and_tastes_generalized(store):
    world, ready, model, found = store
    effects = {(installed, shown): effect for installed, shown, effect in world.exceptions}
    data = world.dataset
    train, test = data.rows("random", "train")[0], data.rows("random", "test")[0]
    seen = {}
    for installed, shown in zip(train["installed"], train["title"]):
        for app in installed:
            seen[app, shown] = seen.get((app, shown), 0) + 1
    memorized, named, free = [], [], []
    for verdict, installed, shown in zip(found, test["installed"], test["title"]):
        pairs = [(app, shown) for app in installed if (app, shown) in effects]
        if not pairs:
            free.append(verdict.word == "generalized")
        elif len(pairs) == 1 and seen.get(pairs[0], 0) >= 20 and verdict.side == np.sign(effects[pairs[0]]):
            memorized.append(verdict.word == "memorized")
            if memorized[-1]:
                named.append(verdict.because[0][0] == f"installed has {pairs[0][0]} AND title={shown}")
    assert len(memorized) > 500 and np.mean(memorized) > 0.8
    assert np.mean(named) > 0.95  # and the right pair is named
    assert len(free) > 3000 and np.mean(free) > 0.9


def test_an_influence_is_the_logit_less_the_logit_without(rng):
    rows, encoder, model = shop(rng)
    n = next(n for n, bag in enumerate(rows["has"]) if len(bag) == 3)
    row = {name: column[n : n + 1] for name, column in rows.items()}
    found = dict(influences(model, encoder, row, "has"))
    z = model.logits(encoder.encode(row, dtype=np.float64))[0, 0]
    assert found.keys() == set(rows["has"][n])
    for value, change in found.items():
        rest = row | {"has": bags(tuple(v for v in rows["has"][n] if v != value))}
        assert change == pytest.approx(z - model.logits(encoder.encode(rest, dtype=np.float64))[0, 0])
    sizes = [abs(change) for _, change in influences(model, encoder, row, "has")]
    assert sizes == sorted(sizes, reverse=True)
    with pytest.raises(ValueError, match="want one row"):
        influences(model, encoder, rows, "has")
    with pytest.raises(ValueError, match="want one row"):
        influences(model, encoder, row, "x")


def test_the_influence_of_a_history_is_that_of_one_entry_less(rng):
    n = 40
    rows = {"user": rng.integers(0, 4, n), "item": rng.permutation(np.repeat(np.arange(10), 4))}
    labels = (rng.random((n, 1)) < 0.5).astype(float)
    encoder = HistoryEncoder(Encoder([Category("item")], [Category("item")]), [History("user", "item")], [])
    encoder.fit_encode(rows, labels)
    deep = DeepWithHistory(encoder.n_deep, 3, encoder.n_inputs, (5,), rng, np.float64)
    model = WideDeep(np.float64, deep=deep)
    one = encoder.encode({"user": np.array([2]), "item": np.array([5])})
    found = influences_of_history(model, encoder, one)
    entries = one.histories[0].inside(0)
    assert {name for name, _ in found} == {encoder.deep_name(entry) for entry in entries}
    gone = entries[0]
    rest = np.array([entry for entry in entries if entry != gone])
    if len(rest) == len(entries) - 1:  # by hand: h = sum of the other rows / sqrt of their number
        h = deep.E[rest].sum(axis=0) / np.sqrt(len(rest))
        X = np.concatenate([deep.E[one.deep[0]].ravel(), h])[None]
        without = (deep.mlp.forward(X)[0] @ deep.w)[0, 0]
        assert dict(found)[encoder.deep_name(gone)] == pytest.approx(model.logits(one)[0, 0] - without)
    with pytest.raises(ValueError, match="want one row"):
        influences_of_history(model, encoder, one, 3)
