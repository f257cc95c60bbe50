"""Ranking: the protocol, metrics against brute force, baselines, gradients, leaks, and lists for strangers."""

import copy
import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from mlp.gradcheck import check
from mlp.network import pre_activations
from mlp.optimizers import Adam
from perceptron.activations import identity, relu, tanh
from widedeep.ranking import baselines, losses, metrics
from widedeep.ranking.__main__ import compare, main, print_table
from widedeep.ranking.bags import Bags, bags_at, bags_of
from widedeep.ranking.protocol import Sequences, leave_one_out
from widedeep.ranking.ranker import Ranker
from widedeep.ranking.recipes import BASELINES, RECIPES
from widedeep.ranking.recommend import recommend_for
from widedeep.ranking.towers import DeepItems, WideItems
from widedeep.ranking.train import examples, fit
from widedeep.recipes import varied

V = 23  # films


def world(seed=0, people=40, films=V, low=5, high=12):
    """user, item, time: people like one of two halves of the catalogue; films are named 100, 101, ..."""
    rng = np.random.default_rng(seed)
    rows = []
    for u in range(people):
        half = np.arange(films // 2) if u % 2 else np.arange(films // 2, films)
        chosen = rng.choice(half, min(len(half) - 1, rng.integers(low, high)), replace=False)
        rows += [(u + 1, 100 + i, int(t)) for i, t in zip(chosen, rng.integers(0, 50, len(chosen)))]
    user, item, time = np.array(rows)[rng.permutation(len(rows))].T
    return user, item, time


@pytest.fixture(scope="module")
def split():
    return leave_one_out(*world(), items=np.arange(100, 100 + V), negatives=7)


def small(rng, dtype=np.float64, half_lives=(2.0, np.inf), hidden=(5, 3), activation=tanh, wide=True, dropout=0.0):
    """A ranker of 7 films with both towers, moved off its symmetric start."""
    towers = {"deep": DeepItems(7, len(half_lives), 2, hidden, rng, dtype, activation=activation, dropout=dropout)}
    if wide:
        towers["wide"] = WideItems(7, dtype)
        towers["wide"].W[...] = rng.normal(size=(7, 7))
    model = Ranker(np.arange(7), np.arange(7), half_lives, dtype, **towers)
    model.b += rng.normal(size=7)
    return model


def some_bags(rng, half_lives=(2.0, np.inf)):
    """Five examples of two people; an empty bag and films that stand in several bags among them."""
    sequences = Sequences.of([[3, 1, 4], [5, 3, 2, 6]], 7)
    bags = bags_at(sequences, np.array([0, 2, 5, 6, 6]), half_lives)
    return Bags(bags.shares.astype(np.float64), bags.had)


def optimizers(lr=0.02):
    return {name: Adam(lr) for name in ("deep", "wide", "bias")}


# ---- protocol


def test_the_last_film_tests_and_the_one_before_validates_equal_times_in_file_order():
    user = np.array([2, 1, 2, 1, 2, 1, 2, 1])
    item = np.array([7, 8, 9, 7, 8, 5, 5, 9])
    time = np.array([4, 1, 4, 1, 4, 1, 0, 0])
    s = leave_one_out(user, item, time, items=np.arange(5, 12), negatives=2)
    assert s.users.tolist() == [1, 2] and s.items.tolist() == [5, 6, 7, 8, 9, 10, 11]
    assert s.items[s.test.item].tolist() == [5, 8]  # the last of the equals in the file
    assert s.items[s.validation.item].tolist() == [7, 9]
    assert s.items[s.train.items].tolist() == [9, 8, 5, 7] and s.train.bounds.tolist() == [0, 2, 4]


def test_films_of_one_second_come_in_any_order_and_no_others(rng, split):
    train, seen = split.train, set()
    for _ in range(30):
        other = train.reordered(rng)
        seen.add(tuple(other.items.tolist()))
        for u in range(len(train)):
            mine = slice(train.bounds[u], train.bounds[u + 1])
            assert sorted(zip(train.times[mine], train.items[mine])) == sorted(
                zip(other.times[mine], other.items[mine])
            )
    assert len(seen) > 1 and (np.diff(train.times)[np.diff(train.user) == 0] >= 0).all()
    assert Sequences.of([[1, 0]], 2).reordered(rng).items.tolist() == [1, 0]


def test_candidates_are_those_of_the_published_recipe():
    user, item, time = world(3)
    s = leave_one_out(user, item, time, negatives=5)
    rng = np.random.default_rng(7)
    for hidden in (s.test, s.validation):  # one generator, test first
        for u, name in enumerate(np.unique(user)):
            unseen = np.setdiff1d(np.unique(item), item[user == name])
            assert s.items[hidden.candidates[u, 1:]].tolist() == rng.choice(unseen, 5, replace=False).tolist()
    assert (s.test.candidates[:, 0] == s.test.item).all()
    assert not np.take_along_axis(s.rated, s.test.candidates[:, 1:], axis=1).any()


def test_parts_are_disjoint_and_together_everything(split):
    X = split.train.matrix()
    u = np.arange(len(X))
    assert X[u, split.test.item].sum() == X[u, split.validation.item].sum() == 0
    assert (split.test.item != split.validation.item).all()
    X[u, split.test.item] = X[u, split.validation.item] = 1
    assert (X == split.rated).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda u, i, t: (u[:-1], i, t), r"want \(N,\) each"),
        (lambda u, i, t: (np.append(u, 99), np.append(i, 101), np.append(t, 0)), "user 99 has fewer than 3"),
        (lambda u, i, t: (np.append(u, u[0]), np.append(i, i[0]), np.append(t, 0)), "1 ratings repeat"),
        (lambda u, i, t: (u, np.where(i == i[0], 7, i), t), "not in the catalogue, as 7"),
    ],
)
def test_a_bad_table_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        leave_one_out(*change(*world()), items=np.arange(100, 100 + V), negatives=3)


def test_too_few_rivals_are_refused():
    with pytest.raises(ValueError, match="fewer than 99 unrated"):
        leave_one_out(*world())
    with pytest.raises(ValueError, match="negatives 0"):
        leave_one_out(*world(), negatives=0)


# ---- metrics


def slow(scores, right, k):
    """By walking down each list."""
    sums = {"hr": 0.0, "ndcg": 0.0, "map": 0.0, "mrr": 0.0}
    for s, y in zip(scores, right):
        order = y[np.argsort(-s, kind="stable")][:k]
        places = [r for r, hit in enumerate(order, 1) if hit]
        most = min(k, y.sum())
        sums["hr"] += bool(places)
        sums["ndcg"] += sum(1 / np.log2(1 + r) for r in places) / sum(1 / np.log2(1 + r) for r in range(1, most + 1))
        sums["map"] += sum(n / r for n, r in enumerate(places, 1)) / most
        sums["mrr"] += 1 / places[0] if places else 0
    return {name: value / len(scores) for name, value in sums.items()}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.floats(0.05, 0.9))
def test_metrics_are_those_of_a_walk_down_the_list(seed, k, share):
    rng = np.random.default_rng(seed)
    right = rng.random((6, 9)) < share
    right[np.arange(6), rng.integers(0, 9, 6)] = True
    scores = rng.permuted(np.tile(np.arange(9.0), (6, 1)), axis=1)  # no ties
    assert metrics.at_k(scores, right, k) == pytest.approx(slow(scores, right, k), abs=1e-12)
    assert metrics.at_k(scores, right, k)["ndcg"] == pytest.approx(ndcg_score(right, scores, k=k), abs=1e-12)


def test_level_items_count_half():
    right = np.zeros((1, 9), bool)
    right[0, 4] = True
    got = metrics.at_k(np.zeros((1, 9)), right, 5)  # rank 1 + 8 / 2 = 5
    assert got == pytest.approx({"hr": 1, "ndcg": 1 / np.log2(6), "map": 1 / 5, "mrr": 1 / 5})
    assert metrics.at_k(np.zeros((1, 9)), right, 4)["hr"] == 0
    assert metrics.ranks(np.array([[3.0, 3, 1]]), np.array([[True, False, False]]))[1] == [1.5]


def test_with_one_right_item_map_is_mrr(rng, split):
    got = metrics.leave_one_out_figures(rng.normal(size=split.rated.shape), split.test, split.rated)
    assert got["map"] == got["mrr"] and got["map_all"] == got["mrr_all"]


def test_all_items_are_the_unrated_ones_and_the_hidden(rng, split):
    S = rng.normal(size=split.rated.shape)
    got = metrics.leave_one_out_figures(S, split.test, split.rated, k=3)
    hits = []
    for u, j in enumerate(split.test.item):
        rivals = S[u, ~split.rated[u]]
        hits.append((rivals > S[u, j]).sum() < 3)
    assert got["hr_all"] == pytest.approx(np.mean(hits)) and got["hr"] >= got["hr_all"]


def test_diversity_of_lists():
    lists = np.array([[1, 2], [2, 1], [1, 3], [5, 6]])
    assert metrics.diversity(lists) == {"lists": 3, "shared": 2, "items": 5}


def test_best_leaves_out_what_is_seen():
    S, seen = np.array([[1.0, 4, 3, 4]]), np.array([[False, True, False, False]])
    assert metrics.best(S, seen, 2).tolist() == [[3, 2]]
    with pytest.raises(ValueError, match=r"k 4; want 1 .. 3"):
        metrics.best(S, seen, 4)


@pytest.mark.parametrize(
    ("scores", "right", "message"),
    [
        (np.zeros((2, 3)), np.ones((2, 4), bool), "want"),
        (np.full((1, 3), np.nan), np.ones((1, 3), bool), "NaN"),
        (np.zeros((2, 3)), np.array([[True, False, False], [False] * 3]), "row 1 has no right item"),
        (np.array([[-np.inf, 1]]), np.array([[True, False]]), "must be a candidate"),
    ],
)
def test_metrics_refuse(scores, right, message):
    with pytest.raises(ValueError, match=message):
        metrics.at_k(scores, right)


def test_k_below_one_is_refused():
    with pytest.raises(ValueError, match="k 0"):
        metrics.at_k(np.zeros((1, 2)), np.array([[True, False]]), 0)


# ---- baselines


def test_ease_is_the_least_squares_of_each_film_on_the_others(rng):
    X = (rng.random((30, 6)) < 0.4).astype(float)
    W = baselines.ease_weights(X, 3.0)
    for j in range(6):
        others = np.delete(np.arange(6), j)
        A = X[:, others]
        w = np.linalg.solve(A.T @ A + 3 * np.eye(5), A.T @ X[:, j])  # ridge regression
        assert W[others, j] == pytest.approx(w, abs=1e-12) and W[j, j] == 0


def test_neighbours_by_hand():
    X = np.array([[1, 1, 0], [1, 1, 1], [0, 0, 1.0]])
    a, b = 1.0, 1 / 2  # cos(0, 1) = 2 / sqrt(2 2); cos(0, 2) = 1 / sqrt(2 2)
    assert baselines.neighbours(X, 1) == pytest.approx(X @ np.array([[0, a, b], [a, 0, b], [0, 0, 0]]))
    assert baselines.neighbours(X, 2) == pytest.approx(X @ np.array([[0, a, b], [a, 0, b], [b, b, 0]]))


def test_popularity_is_the_same_for_everybody(split):
    S = baselines.popularity(split.train.matrix())
    assert (S == S[0]).all() and S[0].sum() == len(split.train.items)


def test_baselines_refuse(split):
    with pytest.raises(ValueError, match="l2 0"):
        baselines.ease(split.train.matrix(), 0)
    with pytest.raises(ValueError, match="k 23"):
        baselines.neighbours(split.train.matrix(), 23)


# ---- bags


def test_bags_by_hand():
    sequences = Sequences.of([[3, 1, 4], [5, 3, 2, 6]], 7)
    bags = bags_at(sequences, np.array([0, 2, 6]), [1.0, np.inf])
    want = np.zeros((2, 3, 7))  # place 0: nothing before
    want[0, 1, [1, 3]] = 2 / 3, 1 / 3  # place 2: film 1 is the latest, half as much for 3
    want[0, 2, [2, 3, 5]] = 4 / 7, 2 / 7, 1 / 7  # place 6 is the other person's last: nothing of the first person
    want[1, 1, [1, 3]] = 1 / 2
    want[1, 2, [2, 3, 5]] = 1 / 3
    assert bags.shares == pytest.approx(want) and (bags.had == (want[0] > 0)).all()
    whole = bags_of(sequences, [np.inf])
    assert whole.shares[0, 1, [5, 3, 2, 6]] == pytest.approx(np.full(4, 1 / 4)) and whole.had.sum() == 7


def test_a_film_of_long_ago_has_no_share_rather_than_a_tiny_one():
    bags = bags_of(Sequences.of([list(range(100))], 100), [4.0, np.inf])
    shares = bags.shares[0, 0]
    assert (shares[:19] == 0).all() and (shares[19:] > 1e-8).all() and bags.had.all()  # 2^-20 at age 80
    assert bags.shares[1, 0] == pytest.approx(np.full(100, 1 / 100))


def test_dropped_films_leave_shares_that_sum_to_one(rng, split):
    bags = bags_at(split.train, examples(split.train), [3.0], 0.5, rng)
    sums = bags.shares[0].sum(axis=1)
    assert np.all((abs(sums - 1) < 1e-6) | (sums == 0)) and (bags.shares[0] > 0).sum() < 0.6 * bags.had.sum()


def test_no_film_stands_in_its_own_bag_nor_a_later_one(split):
    places = examples(split.train)
    bags = bags_at(split.train, places, [3.0])
    for n, place in enumerate(places):
        u = split.train.user[place]
        assert not bags.had[n, split.train.items[place : split.train.bounds[u + 1]]].any()


def test_half_lives_are_refused():
    with pytest.raises(ValueError, match="half-lives"):
        bags_of(Sequences.of([[0]], 2), [0.0])


# ---- losses


@pytest.mark.parametrize("loss", [losses.softmax_all, losses.sampled_log_loss, losses.pairwise])
@pytest.mark.parametrize("method", ["centred", "complex"])
def test_loss_gradients_with_repeated_negatives(rng, loss, method):
    Z, item = rng.normal(0, 2, (3, 7)), np.array([2, 5, 0])
    negatives = np.array([[1, 1, 4, 6], [0, 3, 3, 3], [6, 5, 6, 1]])
    _, dZ = loss(Z, item, negatives)
    report = check({"Z": Z}, lambda m: loss(m["Z"], item, negatives)[0], {"Z": dZ}, method=method)
    assert report.ok, report


def test_losses_by_hand():
    Z, item, negatives = np.array([[2.0, 0.0, -1.0]]), np.array([0]), np.array([[1, 2]])
    assert losses.softmax_all(Z, item)[0] == pytest.approx(np.log(1 + np.exp(-2) + np.exp(-3)))
    assert losses.pairwise(Z, item, negatives)[0] == pytest.approx((np.log1p(np.exp(-2)) + np.log1p(np.exp(-3))) / 2)
    rows = [np.log1p(np.exp(-2)), np.log(2), np.log1p(np.exp(-1))]
    assert losses.sampled_log_loss(Z, item, negatives)[0] == pytest.approx(np.mean(rows))


def test_an_assignment_in_place_of_a_sum_is_seen_by_the_check(rng, monkeypatch):
    def last_wins(Z, chosen, dz):
        dZ = np.zeros(Z.shape)
        dZ[np.arange(len(Z))[:, None], chosen] += dz
        return dZ

    monkeypatch.setattr(losses, "put_back", last_wins)
    Z, item, negatives = rng.normal(size=(2, 5)), np.array([0, 1]), np.array([[2, 2], [3, 4]])
    _, dZ = losses.pairwise(Z, item, negatives)
    assert not check({"Z": Z}, lambda m: losses.pairwise(m["Z"], item, negatives)[0], {"Z": dZ}).ok


@pytest.mark.parametrize("loss", [losses.softmax_all, losses.sampled_log_loss, losses.pairwise])
def test_losses_refuse_columns_out_of_range(loss):
    with pytest.raises(ValueError, match="columns from 0 to 3; want 0 .. 2|columns from 3 to 3"):
        loss(np.zeros((1, 3)), np.array([3]), np.array([[0]]))
    with pytest.raises(ValueError, match="whole"):
        loss(np.zeros((1, 3)), np.array([1.0]), np.array([[0.0]]))


def test_negatives_are_films_they_do_not_have_in_the_right_shares(rng):
    counts = np.array([8, 4, 2, 1, 1, 0])
    have = np.zeros((1, 6), bool)
    have[0, 0] = True
    for power, want in ((0.0, np.full(5, 1 / 5)), (1.0, np.array([4, 2, 1, 1, 0]) / 8)):
        drawn = losses.Negatives(counts, power).draw(have, 40_000, rng)
        assert np.bincount(drawn[0], minlength=6)[1:] / 40_000 == pytest.approx(want, abs=0.012)
        assert not (drawn == 0).any()


def test_negatives_refuse(rng):
    with pytest.raises(ValueError, match="somebody has every film"):
        losses.Negatives(np.array([1, 1, 0]), 1.0).draw(np.array([[True, True, False]]), 1, rng)
    with pytest.raises(ValueError, match="all counts are 0"):
        losses.Negatives(np.zeros(3), 1.0)
    with pytest.raises(ValueError, match="m 0"):
        losses.Negatives(np.ones(3)).draw(np.zeros((1, 3), bool), 0, rng)
    with pytest.raises(ValueError, match="power -1"):
        losses.Negatives(np.ones(3), -1)


# ---- towers


@pytest.mark.parametrize("method", ["centred", "complex"])
@pytest.mark.parametrize("activation", [tanh, identity])
@pytest.mark.parametrize("loss", [losses.softmax_all, losses.pairwise, losses.sampled_log_loss])
def test_every_gradient_of_the_ranker(rng, sealed, method, activation, loss):
    model, batch = small(rng, activation=activation), some_bags(rng)
    item = np.array([3, 4, 3, 6, 6])  # repeats
    negatives = rng.integers(0, 7, (5, 3))
    sealed(batch.shares, batch.had, item, negatives)
    Z, caches = model.forward(batch)
    _, dZ = loss(Z, item, negatives)
    sealed(dZ)
    grads = model.backward(dZ, caches)
    report = check(model, lambda m: loss(m.forward(batch)[0], item, negatives)[0], grads, method=method)
    assert report.ok, report


def test_gradients_through_relu_and_dropout(rng):
    model, batch, item = small(rng, activation=relu, dropout=0.3), some_bags(rng), np.arange(5)

    def loss(m):
        return losses.softmax_all(m.forward(batch, np.random.default_rng(5))[0], item)[0]

    Z, caches = model.forward(batch, np.random.default_rng(5))
    grads = model.backward(losses.softmax_all(Z, item)[1], caches)
    report = check(
        model,
        loss,
        grads,
        pre_activations=lambda m: pre_activations(m.forward(batch, np.random.default_rng(5))[1]["deep"][1]),
    )
    assert report.ok, report


def test_scores_are_the_sum_of_the_towers_and_the_bias(rng):
    model, batch = small(rng), some_bags(rng)
    apart = sum(tower.forward(batch)[0] for tower in model.towers.values()) + model.b
    assert model.forward(batch)[0] == pytest.approx(apart, abs=1e-12)
    n, j = 4, 2  # one entry by hand: B W
    by_hand = sum(batch.shares[0, n, i] * model.towers["wide"].W[i, j] for i in range(7))
    assert model.towers["wide"].forward(batch)[0][n, j] == pytest.approx(by_hand)


@pytest.mark.parametrize("other", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_learns(rng, split, other):
    model = other(ranker(split))
    before = model.scores(split.train)
    fit(model, optimizers(), split.train, rng=rng, epochs=1)
    assert not np.allclose(before, model.scores(split.train))
    assert model.towers["deep"].E.base is not None


# ---- training


def ranker(split, seed=0, wide=True):
    rng = np.random.default_rng(seed)
    towers = {"deep": DeepItems(V, 2, 6, [8], rng)} | ({"wide": WideItems(V)} if wide else {})
    return Ranker(split.items, split.train.matrix().sum(axis=0), (3.0, np.inf), **towers)


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


# ---- the table


def test_compare_gives_a_row_for_every_model_and_seed(split, capsys):
    models = {
        "EASE": BASELINES["EASE"],
        "both": varied(RECIPES["wide & deep"], deep={"d": 4, "hidden": (8, 6)}, training={"epochs": 9}),
    }
    rows, model, curves = compare(split, models, seeds=2, k=3, epochs=2)
    assert [(row["model"], row["seed"]) for row in rows] == [("EASE", 0), ("both", 0), ("both", 1)]
    for row in rows:
        assert {f"{name}{among}" for name in ("hr", "ndcg", "map", "mrr") for among in ("", "_all")} <= row.keys()
        assert row["seconds"] >= 0 and 0 <= row["validation_hr"] <= 1
        assert 1 <= row["shared"] <= 40 and row["lists"] <= 40 and row["items"] <= V
    assert [len(row["loss"]) for row in rows] == [0, 2, 2] and rows[1]["loss"] != rows[2]["loss"]
    assert curves["both"][-1] == 1 and (np.diff(curves["both"]) >= 0).all() and len(recommend_for(model, [100], 2)) == 2
    json.dumps(rows)
    print_table(rows, 3)
    out = capsys.readouterr().out
    assert "EASE" in out and "both" in out and "NDCG" in out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--seeds", "0"], "want at least 1"),
        (["--models", "bert"], "invalid choice"),
        (["--top", "0"], "want at least"),
    ],
)
def test_a_wrong_call_ends_with_2_and_one_line(argv, message, capsys):
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2 and message in capsys.readouterr().err


def test_data_that_are_not_there_end_with_2(tmp_path, capsys):
    assert main(["--folder", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.download
def test_the_command_on_movielens(tmp_path, capsys):
    files = [tmp_path / "rows.json", tmp_path / "hits.png"]
    argv = ["--models", "popularity", "EASE", "deep", "--seeds", "1", "--epochs", "2"]
    assert main([*argv, "--json", str(files[0]), "--figure", str(files[1])]) == 0
    result = json.loads(files[0].read_text())
    by = {row["model"]: row for row in result["rows"]}
    assert (by["EASE"]["hr"], by["EASE"]["ndcg"]) == pytest.approx((0.635, 0.376), abs=0.002)  # as others found
    assert by["popularity"]["hr"] == pytest.approx(0.395, abs=0.006) and by["deep"]["hr"] > 0.64
    assert len(result["recommendations"]) == 10 and files[1].stat().st_size > 10_000
    assert main(["--like", "99999"]) == 2 and "unknown film" in capsys.readouterr().err


# ---- lists for strangers


@pytest.fixture(scope="module")
def trained(split):
    model = ranker(split)
    fit(model, optimizers(), split.train, rng=np.random.default_rng(0), epochs=30, batch_size=32)
    return model


def test_a_stranger_gets_films_of_the_half_they_like(trained):
    low, high = [100, 102, 104], [115, 117, 119]
    for liked, own in ((low, range(100, 100 + V // 2)), (high, range(100 + V // 2, 100 + V))):
        got = recommend_for(trained, liked, k=4)
        assert all(s.item in own and s.item not in liked and s.because in liked for s in got)
        assert [s.logit for s in got] == sorted((s.logit for s in got), reverse=True)
        assert type(got[0].item) is int


def test_why_is_the_film_whose_absence_costs_most(trained):
    liked = [100, 103, 119]
    (s,) = recommend_for(trained, liked, k=1)
    columns = [trained.column_of[i] for i in liked]
    full = trained.scores(Sequences.of([columns], V))[0]
    without = [trained.scores(Sequences.of([columns[:i] + columns[i + 1 :]], V))[0] for i in range(3)]
    falls = [full[trained.column_of[s.item]] - w[trained.column_of[s.item]] for w in without]
    assert s.because == liked[int(np.argmax(falls))] and s.difference == pytest.approx(max(falls), abs=1e-5)


def test_exclude_leaves_films_out(trained):
    first = recommend_for(trained, [101], k=3)
    again = recommend_for(trained, [101], k=3, exclude=[first[0].item, 10**9])
    assert first[0].item not in [s.item for s in again] and again[0].item == first[1].item


@pytest.mark.parametrize(
    ("liked", "k", "message"),
    [
        ([], 3, "empty list"),
        ([100, 7], 3, r"unknown items \[7\]; the model knows 23, from 100 to 122"),
        ([100, 100], 3, "twice"),
        ([100], 0, "k 0; want 1 .. 22"),
        ([100], 23, "k 23"),
        ("100", 3, "one text"),
    ],
)
def test_a_bad_list_is_refused(trained, liked, k, message):
    with pytest.raises(ValueError, match=message):
        recommend_for(trained, liked, k)
