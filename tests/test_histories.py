"""Histories, statistics and the product: what stands in a bag, what does not, and that every gradient is right."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlp.gradcheck import check
from perceptron.losses import log_loss
from widedeep import Category, Deep, Encoder, Wide, WideDeep
from widedeep.deep import pre_activations
from widedeep.features.histories import Histories, History, HistoryBatch, first_at
from widedeep.features.slices import sum_pool
from widedeep.features.target_statistics import TargetStatistics, with_numbers
from widedeep.towers.matrix_factorization import MatrixFactorization
from widedeep.towers.with_history import DeepWithHistory, MatrixFactorizationWithHistory


def ratings(n=23, seed=0, users=5, items=7):
    rng = np.random.default_rng(seed)
    pairs = rng.choice(users * items, n, replace=False)
    table = {"user": pairs // items, "item": pairs % items, "time": rng.integers(0, 6, n)}
    return table, rng.integers(0, 2, n)[:, None].astype(np.float64)


def rows_of(table, keep):
    return {name: column[keep] for name, column in table.items()}


def words(history, bags, row):
    return sorted(history.value(i - history.first) for i in bags.inside(row))


def slow(table, y, row, trained, of, what, earlier):
    """The bag of one row of `table`, from the rows `trained`, by the definition."""
    bag = []
    for other in trained:
        same = table[of][other] == table[of][row] and other != row
        if same and (earlier is None or table[earlier][other] < table[earlier][row]):
            bag.append(f"{what}={table[what][other]} " + ("liked" if y[other, 0] else "not liked"))
    return sorted(bag)


# ---- what stands in a bag ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("earlier", [None, "time"])
@pytest.mark.parametrize("of, what", [("user", "item"), ("item", "user")])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999))
def test_a_bag_is_that_of_the_definition(of, what, earlier, seed):
    table, y = ratings(seed=seed)
    trained, others = np.arange(15), np.arange(15, 23)
    history = History(of, what, earlier)
    bags = history.fit(rows_of(table, trained), y[trained], first=4)
    for row in trained:
        assert words(history, bags, row) == slow(table, y, row, trained, of, what, earlier)
    bags = history.bags(rows_of(table, others))
    for k, row in enumerate(others):
        assert words(history, bags, k) == slow(table, y, row, trained, of, what, earlier)


def test_a_bag_by_hand():
    table = {"user": ["ann", "ann", "ann", "bob"], "item": ["x", "y", "z", "y"]}
    history = History("user", "item")
    bags = history.fit(table, np.array([[1.0], [0.0], [1.0], [1.0]]))
    assert words(history, bags, 0) == ["item=y not liked", "item=z liked"]
    assert words(history, bags, 3) == []
    assert bags.counts.tolist() == [2, 2, 2, 0]


def test_the_sum_is_divided_by_the_root_and_an_empty_bag_gives_zeros():
    table = {"user": [1, 1, 1, 2], "item": [1, 2, 3, 2]}
    history = History("user", "item")
    bags = history.fit(table, np.array([[1.0], [0.0], [1.0], [1.0]]))
    E = np.arange(14.0).reshape(7, 2)  # item 2: ids 1, 2; item 1: 3, 4; item 3: 5, 6
    by_hand = (E[bags.inside(0)[0]] + E[bags.inside(0)[1]]) / np.sqrt(2)
    np.testing.assert_allclose(sum_pool(E, bags)[0], by_hand)
    assert sum_pool(E, bags)[3].tolist() == [0, 0]
    np.testing.assert_allclose(sum_pool(E, bags[np.array([3, 0, 0])]), [[0, 0], by_hand, by_hand])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 5), max_size=6), min_size=1, max_size=5), st.integers(-1, 6))
def test_bisection_finds_what_searchsorted_finds(groups, t):
    groups = [sorted(group) for group in groups]
    bounds = np.cumsum([0, *map(len, groups)])
    times = np.array([time for group in groups for time in group], float)
    if len(times):
        got = first_at(times, bounds[:-1], bounds[1:], np.full(len(groups), float(t)))
        assert got.tolist() == [b + np.searchsorted(g, t) for b, g in zip(bounds, groups)]


# ---- nothing leaks -------------------------------------------------------------------------------------------------


def features(table, y, trained, others, earlier=None):
    """Every feature of every row that other ratings go into: bags in words, and statistics."""
    bags, numbers = [], []
    for history in (History("user", "item", earlier), History("item", "user", earlier)):
        mine, theirs = history.fit(rows_of(table, trained), y[trained]), history.bags(rows_of(table, others))
        bags.append(
            [words(history, mine, k) for k in range(len(trained))]
            + [words(history, theirs, k) for k in range(len(others))]
        )
    for statistics in (TargetStatistics("user", earlier=earlier), TargetStatistics("item", earlier=earlier)):
        numbers.append(
            np.concatenate(
                [statistics.fit(rows_of(table, trained), y[trained]), statistics.encode(rows_of(table, others))]
            )
        )
    return [list(row) for row in zip(*bags)], np.concatenate(numbers, axis=1)


@pytest.mark.parametrize("earlier", [None, "time"])
@pytest.mark.parametrize("row", range(0, 15, 2))
def test_a_training_rows_own_label_is_not_in_its_own_features(earlier, row):
    table, y = ratings()
    trained, others = np.arange(15), np.arange(15, 23)
    bags, numbers = features(table, y, trained, others, earlier)
    flipped = y.copy()
    flipped[row] = 1 - y[row]
    after_bags, after_numbers = features(table, flipped, trained, others, earlier)
    assert after_bags[row] == bags[row]
    assert (after_numbers[row] == numbers[row]).all()


def test_but_it_is_in_those_of_others():
    table, y = ratings()
    flipped = y.copy()
    flipped[0] = 1 - y[0]
    before, after = (features(table, labels, np.arange(15), np.arange(15, 23)) for labels in (y, flipped))
    assert before[0] != after[0] and (before[1] != after[1]).any()


def test_later_ratings_never_count_in_the_earlier_mode():
    table, y = ratings()
    flipped = np.where((table["time"] >= 3)[:, None], 1 - y, y)
    before, after = (features(table, labels, np.arange(15), np.arange(15, 23), "time") for labels in (y, flipped))
    for row in np.flatnonzero(table["time"] <= 3):
        assert before[0][row] == after[0][row] and (before[1][row] == after[1][row]).all()


def test_statistics_by_hand():
    table = {"user": [1, 1, 1, 2]}
    statistics = TargetStatistics("user", a=1.0)
    numbers = statistics.fit(table, np.array([[1.0], [0.0], [1.0], [1.0]]))
    # row 0: 2 others, 1 liked: log 2 / 2; row 1: 2 others, 2 liked: log 3 / 1; row 3: no others: log 1 / 1
    np.testing.assert_allclose(numbers[:, 0], [0, np.log(3), 0, 0])
    sizes = np.log([3, 3, 3, 1])
    np.testing.assert_allclose(numbers[:, 1], (sizes - sizes.mean()) / sizes.std())
    np.testing.assert_allclose(statistics.encode({"user": [1, 9]})[:, 0], [np.log(3 / 2), 0])


def test_a_pseudo_count_of_0_is_refused():
    with pytest.raises(ValueError, match="pseudo-count 0"):
        TargetStatistics("user", a=0)


# ---- towers --------------------------------------------------------------------------------------------------------


def world(towers="deep product", d=3, dtype=np.float64, earlier=None):
    table, y = ratings()
    trained = rows_of(table, np.arange(15))
    encoder = Encoder(wide=[Category("user")], deep=[Category("user"), Category("item")]).fit(trained)
    histories = Histories([History("user", "item", earlier), History("item", "user", earlier)], encoder.n_deep - 1)
    batch = histories.fit(trained, y[:15], encoder.encode(trained, y[:15], dtype))
    batch = with_numbers(batch, [TargetStatistics("user").fit(trained, y[:15])])
    rng = np.random.default_rng(1)
    built = {
        "wide": Wide(encoder.n_wide, dtype),
        "deep": DeepWithHistory(histories.n_rows, d, (4, 2), (5,), rng, dtype, drop_inputs=0.3),
        "product": MatrixFactorizationWithHistory(histories.n_rows, d, (0, 2), (1, 3), rng, dtype, sd=0.5, dropout=0.3),
    }
    return WideDeep(dtype, **{name: built[name] for name in towers.split()}), batch, encoder, histories, table, y


@pytest.mark.parametrize("earlier", [None, "time"])
@pytest.mark.parametrize("method", ["centred", "complex"])
@pytest.mark.parametrize("towers", ["deep", "product", "wide deep product"])
def test_every_gradient_is_the_slope(towers, method, earlier):
    model, batch, *_ = world(towers, earlier=earlier)
    batch = batch[np.array([0, 3, 3, 7, 11, 14, 5])]  # a row twice, users several times

    def forward(m):
        return m.forward(batch, np.random.default_rng(5))  # the same dropout each time

    z, caches = forward(model)
    grads = model.backward(log_loss(z, batch.labels)[1], caches)
    kinks = (lambda m: pre_activations(forward(m)[1]["deep"])) if "deep" in towers else None
    assert check(
        model,
        lambda m: log_loss(forward(m)[0], batch.labels)[0],
        grads,
        method=method,
        pre_activations=kinks if method == "centred" else None,
    )


def test_a_history_that_keeps_its_own_entry_in_backward_is_caught():
    model, batch, *_ = world("product")
    z, caches = model.forward(batch)
    grads = model.backward(log_loss(z, batch.labels)[1], caches)
    own = batch.histories[0].left_out
    grads["product"]["E"][own[0]] *= 1.01
    assert not check(model, lambda m: log_loss(m.forward(batch)[0], batch.labels)[0], grads, method="complex")


def test_the_product_is_a_sum_of_products():
    encoder = Encoder(deep=[Category("user"), Category("item")]).fit({"user": [1, 2], "item": [7, 7]})
    batch = encoder.encode({"user": [2, 1, 3], "item": [7, 7, 7]})
    tower = MatrixFactorization(encoder.n_deep, 2, [0], [1], np.random.default_rng(0))
    tower.E[1:] = [[1, 2], [3, 4], [10, 100]]  # users 1 and 2, item 7
    assert tower.forward(batch)[0].tolist() == [[430], [210], [0]]  # 3*10 + 4*100, 1*10 + 2*100, an unknown user


@pytest.mark.parametrize("left, right, d", [([], [1], 2), ([0], [0], 2), ([0], [1], 0)])
def test_a_product_without_two_sides_is_refused(left, right, d):
    with pytest.raises(ValueError, match="some on each side"):
        MatrixFactorization(4, d, left, right, np.random.default_rng(0))


def test_backward_writes_into_no_input(sealed):
    model, batch, *_ = world("wide deep product")
    z, caches = model.forward(batch, np.random.default_rng(0))
    dz = log_loss(z, batch.labels)[1]
    sealed(dz, batch.deep, batch.wide, *(a for s in batch.histories for a in (s.entries, s.start, s.stop, s.left_out)))
    model.backward(dz, caches)


def test_gathering_rows_keeps_their_histories():
    _, batch, *_ = world()
    some = batch[np.array([4, 4, 9])]
    assert isinstance(some, HistoryBatch) and len(some) == 3
    assert [bags.inside(1) for bags in some.histories] == [bags.inside(4) for bags in batch.histories]
    assert isinstance(batch[:3], HistoryBatch)
    for rows, same in ((4, 4), (-1, len(batch) - 1), ([4], 4)):
        one = batch[rows]
        assert len(one) == 1 and [b.inside(0) for b in one.histories] == [b.inside(same) for b in batch.histories]


def test_a_batch_without_histories_is_refused_with_the_remedy():
    model, _, encoder, _, table, _ = world("product")
    with pytest.raises(ValueError, match="Histories.join"):
        model.forward(encoder.encode(rows_of(table, np.arange(3))))


def test_a_row_of_somebody_unknown_has_empty_bags():
    _, _, encoder, histories, *_ = world()
    other = {"user": np.array([99]), "item": np.array([99]), "time": np.array([0])}
    batch = histories.join(other, encoder.encode(other))
    assert [bags.counts.tolist() for bags in batch.histories] == [[0], [0]]


def test_a_model_learns_the_same_whatever_the_test_labels_are():
    """Flip the test labels: no feature, no weight, no validation figure changes."""
    from mlp.optimizers import Adam
    from widedeep import fit

    def train(y):
        table, _ = ratings()
        trained, held = np.arange(15), np.arange(15, 19)
        encoder = Encoder(deep=[Category("user"), Category("item")]).fit(rows_of(table, trained))
        histories = Histories([History("user", "item"), History("item", "user")], encoder.n_deep - 1)
        batch = histories.fit(rows_of(table, trained), y[trained], encoder.encode(rows_of(table, trained), y[trained]))
        validation = histories.join(rows_of(table, held), encoder.encode(rows_of(table, held), y[held]))
        rng = np.random.default_rng(3)
        model = WideDeep(product=MatrixFactorizationWithHistory(histories.n_rows, 3, (0, 2), (1, 3), rng))
        optimizers = {"product": Adam(0.01), "bias": Adam(0.01)}
        seen = fit(model, optimizers, batch, validation, rng=rng, epochs=3, batch_size=4)
        test = histories.join(rows_of(table, np.arange(19, 23)), encoder.encode(rows_of(table, np.arange(19, 23))))
        return seen, model.towers["product"].E, model.predict(test)

    _, y = ratings()
    y[15:17], y[17:19] = 0, 1  # validation wants both classes
    flipped = y.copy()
    flipped[19:] = 1 - y[19:]
    (seen, E, p), (seen2, E2, p2) = train(y), train(flipped)
    assert seen == seen2 and (E == E2).all() and (p == p2).all()


def test_the_tower_without_histories_is_the_plain_one():
    table, _ = ratings()
    encoder = Encoder(deep=[Category("user")]).fit(table)
    batch = encoder.encode(table)
    plain = Deep(encoder.n_deep, 3, (1, 0), (4,), np.random.default_rng(0))
    with_none = DeepWithHistory(encoder.n_deep, 3, (1, 0), (4,), np.random.default_rng(0))
    joined = Histories([], encoder.n_deep - 1).join(table, batch)
    assert (plain.forward(batch)[0] == with_none.forward(joined)[0]).all()


def test_the_way_back_by_turned_lists_is_the_plain_one(rng):
    from dataclasses import replace

    from widedeep.features.slices import sum_pool_backward

    table, y = ratings()
    for history in (History("user", "item"), History("item", "user")):
        bags = history.fit(table, y)[np.array([0, 3, 3, 7, 22, 14])]
        dh = rng.normal(size=(6, 3))
        whole = []
        for form in (bags, replace(bags, inverted=None)):
            dE = np.zeros((history.size + 1, 3))
            np.add.at(dE, sum_pool_backward(dh, form)[0], sum_pool_backward(dh, form)[1])
            whole.append(dE[1:])
        np.testing.assert_allclose(*whole, atol=1e-12)
