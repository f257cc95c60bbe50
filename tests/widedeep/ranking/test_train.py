"""Training a ranker: each loss learns, and hidden films change nothing."""

import numpy as np
import pytest

from mlp.optimizers import SGD, Adam
from mlp.windows import flatten
from tests.widedeep.ranking.builders import V, optimizers, ranker, world
from widedeep.ranking import baselines, losses, metrics
from widedeep.ranking.protocol import Sequences, leave_one_out
from widedeep.ranking.train import fit


@pytest.mark.parametrize(
    ("loss", "power"),
    [(losses.softmax_all, None), (losses.sampled_log_loss, 0), (losses.pairwise, 0), (losses.pairwise, 0.75)],
)
def test_each_loss_learns_the_two_halves(split, loss, power):
    model, counts = ranker(split), split.train.matrix().sum(axis=0)
    negatives = None if power is None else (losses.Negatives(counts, power), 4)
    first = metrics.leave_one_out_figures(model.scores(split.train), split.test, split.rated, 3)
    history = fit(
        model,
        optimizers(),
        split.train,
        loss,
        rng=np.random.default_rng(1),
        epochs=30,
        batch_size=32,
        keep=0.8,
        negatives=negatives,
    )
    got = metrics.leave_one_out_figures(model.scores(split.train), split.test, split.rated, 3)
    assert history[-1]["loss"] < history[0]["loss"] and [record["epoch"] for record in history] == list(range(1, 31))
    assert got["hr"] > 0.6 and got["hr"] > first["hr"] + 0.1


def test_training_is_repeatable(split):
    a, b = ranker(split), ranker(split)
    for model in (a, b):
        fit(model, optimizers(), split.train, rng=np.random.default_rng(4), epochs=2, keep=0.7)
    assert (a.scores(split.train) == b.scores(split.train)).all()


@pytest.mark.parametrize("part", ["test", "validation"])
def test_another_hidden_film_changes_no_weight(part):
    user, item, time = world(2)
    catalogue = np.arange(100, 100 + V)
    first = leave_one_out(user, item, time, items=catalogue, negatives=5)
    other = item.copy()
    for u, name in enumerate(first.users):  # everybody's hidden film becomes one that they never rated
        hidden = first.items[getattr(first, part).item[u]]
        other[(user == name) & (item == hidden)] = np.setdiff1d(catalogue, item[user == name])[0]
    second = leave_one_out(user, other, time, items=catalogue, negatives=5)
    assert (getattr(first, part).item != getattr(second, part).item).all()
    scores = []
    for s in (first, second):
        model = ranker(s)
        fit(model, optimizers(), s.train, rng=np.random.default_rng(0), epochs=2)
        X = s.train.matrix()
        scores.append((model.scores(s.train), baselines.ease(X), baselines.neighbours(X, 5), baselines.popularity(X)))
    for a, b in zip(*scores):
        assert (a == b).all()


def test_fit_refuses(split, rng):
    model = ranker(split)
    with pytest.raises(ValueError, match="nobody has two films"):
        fit(model, optimizers(), Sequences.of([[1], [2]], V), rng=rng, epochs=1)
    with pytest.raises(ValueError, match="keep 0"):
        fit(model, optimizers(), split.train, rng=rng, epochs=1, keep=0)
    with pytest.raises(ValueError, match="no optimizer for"):
        fit(model, {"deep": Adam()}, split.train, rng=rng, epochs=1)
    with pytest.raises(ValueError, match="pairwise wants negatives"):
        fit(model, optimizers(), split.train, losses.pairwise, rng=rng, epochs=1)
    with pytest.raises(ValueError, match="sequences of 5 films"):
        model.scores(Sequences.of([[1]], 5))


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_a_loss_that_diverges_is_named_with_its_epoch(split, rng):
    rules = {name: SGD(1e38) for name in ("deep", "wide", "bias")}
    model = ranker(split)
    with pytest.raises(ValueError, match="fit: the .* became .* in epoch [12]; lower the learning rate"):
        fit(model, rules, split.train, rng=rng, epochs=2)
    assert all(np.isfinite(w).all() for _, w in flatten(model.params()))  # the last good ones are back
