"""Somebody who is not in the training data gets what a person like them would get."""

import numpy as np
import pytest

from mlp.windows import flatten
from tests.builders import bags
from widedeep import (
    Bag,
    Category,
    Cross,
    Deep,
    Encoder,
    FillMedian,
    History,
    HistoryEncoder,
    MatrixFactorization,
    Recommender,
    Standard,
    TargetStatistics,
    Wide,
    WideDeep,
    fit,
    history,
    optimizers_for,
    recommend_newcomer,
)
from widedeep.features.slices import sum_pool
from widedeep.newcomers.recommend import nearest, with_history
from widedeep.newcomers.unknown import forget
from widedeep.towers.with_history import DeepWithHistory

PEOPLE, ITEMS = 60, 30


def world(rng):
    """Each person is of a club, a or b, and likes the films of one half of the catalogue; club a mostly the first."""
    first = rng.random(PEOPLE) < 0.5  # which half
    club = np.where(rng.random(PEOPLE) < 0.9, np.where(first, "a", "b"), np.where(first, "b", "a"))
    users = {"user": np.arange(1000, 1000 + PEOPLE), "club": club, "age": rng.integers(20, 60, PEOPLE).astype(float)}
    items = {"item": np.arange(ITEMS), "title": np.array([f"film {i}" for i in range(ITEMS)])}
    items["kind"] = np.where(np.arange(ITEMS) < ITEMS // 2, "early", "late")
    u = np.repeat(np.arange(PEOPLE), 14)
    i = np.concatenate([rng.choice(ITEMS, 14, replace=False) for _ in range(PEOPLE)])
    liked = ((i < ITEMS // 2) == first[u])[:, None] * 1.0
    table = {name: values[u] for name, values in users.items()} | {name: values[i] for name, values in items.items()}
    return users, items, table, liked


def plain(seed=0, trained=True, numbers=()):
    rng = np.random.default_rng(seed)
    users, items, table, y = world(rng)
    sides = [Category("user"), Category("item"), Category("club"), Category("kind")]
    crosses = [Cross("club", "kind"), Cross("club", "item")]
    encoder = Encoder(wide=[*sides, *crosses], deep=sides, numbers=numbers).fit(table)
    model = WideDeep(wide=Wide(encoder.n_wide), deep=Deep(encoder.n_deep, 4, encoder.n_inputs, [16], rng),
                     product=MatrixFactorization(encoder.n_deep, 4, [0], [1], rng))  # fmt: skip
    if trained:
        rows = encoder.encode(table, y)
        fit(model, optimizers_for(model, 32), rows, rng=rng, epochs=25, batch_size=32)
    else:
        for _, w in flatten(model.params()):
            w += rng.normal(0, 0.5, w.shape).astype(w.dtype)
    shown = {"user": table["user"][y[:, 0] > 0], "item": table["item"][y[:, 0] > 0]}
    return Recommender(model, encoder, users, items, history(shown))


def with_histories(seed=0):
    rng = np.random.default_rng(seed)
    users, items, table, y = world(rng)
    sides = [Category("user"), Category("item"), Category("club")]
    encoder = HistoryEncoder(Encoder(wide=[*sides, Cross("club", "item")], deep=sides),
                             [History("user", "item"), History("item", "user")],
                             [TargetStatistics("user"), TargetStatistics("item")])  # fmt: skip
    rows = encoder.fit_encode(table, y)
    model = WideDeep(deep=DeepWithHistory(encoder.n_deep, 6, encoder.n_inputs, [24], rng))
    fit(model, optimizers_for(model, 32), rows, rng=rng, epochs=12, batch_size=32)
    return Recommender(model, encoder, users, items, history(table)), table, y


def halves(found):
    """How many of the recommended films are of the first half."""
    return sum(r.item < ITEMS // 2 for r in found)


def test_sides_alone_are_the_model_with_a_user_never_seen():
    recommender = plain(trained=False)
    found = recommend_newcomer(recommender, sides={"club": "b"}, k=ITEMS)
    table = recommender.items | {"user": np.full(ITEMS, 9), "club": np.full(ITEMS, "b")}
    want = recommender.model.predict(recommender.encoder.encode(table))[:, 0]
    assert [r.item for r in found] == np.argsort(-want, kind="stable").tolist()
    assert [r.probability for r in found] == pytest.approx(sorted(want, reverse=True), abs=1e-6)
    nothing = recommend_newcomer(recommender, sides={}, k=ITEMS)
    want = recommender.model.predict(recommender.encoder.encode(table | {"club": np.full(ITEMS, "?")}))[:, 0]
    assert [r.probability for r in nothing] == pytest.approx(sorted(want, reverse=True), abs=1e-6)


def test_sides_alone_say_which_half():
    recommender = plain()
    assert halves(recommend_newcomer(recommender, sides={"club": "a"}, k=8)) >= 7
    assert halves(recommend_newcomer(recommender, sides={"club": "b"}, k=8)) <= 1


@pytest.mark.parametrize("make", [plain, lambda: with_histories()[0]], ids=["by those alike", "by histories"])
def test_a_list_of_liked_items_says_which_half(make):
    recommender = make()
    early, late = [1, 3, 5, 7], [20, 22, 24, 26]
    for liked, least, most in ((early, 7, 8), (late, 0, 1)):
        found = recommend_newcomer(recommender, liked, k=8)
        assert least <= halves(found) <= most and not {r.item for r in found} & set(liked)


def test_a_history_says_more_than_a_club_that_says_otherwise():
    recommender, _, _ = with_histories()
    assert halves(recommend_newcomer(recommender, [1, 3, 5, 7], {"club": "b"}, k=8)) >= 7
    assert halves(recommend_newcomer(recommender, [20, 22, 24, 26], {"club": "a"}, k=8)) <= 1


def test_those_who_are_alike_stand_for_the_newcomer():
    recommender = plain(trained=False)
    liked, rows = [2, 4], np.array([i for i in range(ITEMS) if i not in (2, 4)])
    users = nearest(recommender, liked, 5)
    near = {user: len(items & {2, 4}) / np.sqrt(len(items)) for user, items in recommender.seen.items()}
    first = [near[user] for user in users]
    assert len(users) == 5 and first == sorted(near.values(), reverse=True)[:5]
    z = []
    for user in users:
        table = {name: values[rows] for name, values in recommender.items.items()}
        table |= {"user": np.full(len(rows), user), "club": np.full(len(rows), "b")}
        z.append(recommender.model.logits(recommender.encoder.encode(table))[:, 0])
    want = dict(zip(rows.tolist(), np.mean(z, axis=0)))
    found = recommend_newcomer(recommender, liked, {"club": "b"}, k=ITEMS, alike=5)
    assert [r.item for r in found] == sorted(want, key=lambda item: -want[item])
    for r in found:
        why = r.reasons
        assert why.logit == pytest.approx(want[r.item], abs=1e-5)
        total = sum(w for _, w in why.wide) + why.deep + why.bias + sum(why.others.values())
        assert total == pytest.approx(why.logit, abs=1e-9)
        assert [abs(w) for _, w in why.wide] == sorted((abs(w) for _, w in why.wide), reverse=True)


def test_a_list_is_the_history_of_somebody_who_liked_just_that():
    """The same sums and numbers as for a person of the training rows, all of whose films are liked."""
    rng = np.random.default_rng(0)
    _, _, table, y = world(rng)
    y[table["user"] == 1003] = 1
    sides = [Category("user"), Category("item")]
    encoder = HistoryEncoder(Encoder(deep=sides), [History("user", "item"), History("item", "user")],
                             [TargetStatistics("item"), TargetStatistics("user")])  # fmt: skip
    encoder.fit_encode(table, y)
    liked = table["item"][table["user"] == 1003].tolist()
    ask = {"item": np.arange(ITEMS)}
    real = encoder.encode(ask | {"user": np.full(ITEMS, 1003)})
    new = with_history(encoder, encoder.encode(ask | {"user": np.full(ITEMS, 1009)}), liked)
    E = rng.normal(0, 1, (encoder.n_deep, 3))
    E[0] = 0
    for one, other in zip(real.histories, new.histories, strict=True):
        np.testing.assert_allclose(sum_pool(E, one), sum_pool(E, other), rtol=0, atol=1e-12)
    np.testing.assert_allclose(real.numbers, new.numbers, rtol=0, atol=1e-6)
    nobody = with_history(encoder, encoder.encode(ask | {"user": np.full(ITEMS, 1009)}), [])
    never = encoder.encode(ask | {"user": np.full(ITEMS, 5)})
    np.testing.assert_allclose(nobody.numbers, never.numbers, rtol=0, atol=1e-6)
    assert forget(nobody, encoder.encoder, ["user"]).deep.tolist() == never.deep.tolist()
    assert not sum_pool(E, nobody.histories[0]).any()


def test_items_of_the_list_and_excluded_ones_are_left_out():
    recommender = plain(trained=False)
    found = recommend_newcomer(recommender, [1, 2], k=ITEMS, exclude=[3, 99])
    assert sorted(r.item for r in found) == [i for i in range(ITEMS) if i not in (1, 2, 3)]
    assert len(recommend_newcomer(recommender, [1, 1, 2], k=4)) == 4  # a film twice is one film


def test_numbers_want_a_value_or_a_kind_that_allows_their_absence():
    strict = plain(trained=False, numbers=[Standard("age")])
    with pytest.raises(ValueError, match="'age' is read as a number, Standard"):
        recommend_newcomer(strict, sides={"club": "a"})
    assert len(recommend_newcomer(strict, sides={"club": "a", "age": 30.0}, k=3)) == 3
    assert len(recommend_newcomer(strict, [1, 2], k=3)) == 3  # those alike have ages
    lenient = plain(trained=False, numbers=[FillMedian(Standard("age"))])
    assert len(recommend_newcomer(lenient, sides={"age": None}, k=3)) == 3


def test_a_list_that_says_nothing_is_refused_with_what_would():
    rng = np.random.default_rng(0)
    users = {"user": [1, 2], "installed": bags(("x",), ("y", "z"))}
    items = {"item": [7, 8, 9], "title": ["x", "y", "z"]}
    table = {"installed": bags(("x",), ("y", "z"), ("x",)), "title": ["y", "x", "z"]}
    encoder = Encoder(wide=["title", Cross(Bag("installed"), "title")]).fit(table)
    model = WideDeep(wide=Wide(encoder.n_wide))
    model.towers["wide"].w[1:] = rng.normal(0, 1, encoder.n_wide - 1)
    shop = Recommender(model, encoder, users, items, {1: [7], 2: []})
    with pytest.raises(ValueError, match=r"says nothing; give the list as a side: sides=\{'installed': \[...\]\}"):
        recommend_newcomer(shop, [7])
    found = recommend_newcomer(shop, sides={"installed": ("y", "z")}, k=3)
    want = model.predict(encoder.encode({"installed": bags(*[("y", "z")] * 3), "title": ["x", "y", "z"]}))[:, 0]
    assert [r.probability for r in found] == pytest.approx(sorted(want, reverse=True), abs=1e-6)


@pytest.mark.parametrize(
    "given, message",
    [
        ({}, "neither liked items nor sides"),
        ({"liked": "12"}, "liked '12', sides None; want a list of items"),
        ({"liked": [1, 99]}, r"unknown items \[99\]; there are 30"),
        ({"liked": ["1"]}, "'1' and 1 are two values"),
        ({"sides": ["a"]}, "want a list of items, and"),
        ({"sides": {"colour": "red"}}, r"side 'colour' would not be read; want values of \['club'\]"),
        ({"sides": {"user": 1000}}, "side 'user' would not be read"),
        ({"sides": {"kind": "early"}}, "side 'kind' would not be read"),
        ({"sides": {}, "context": {"hour": 3}}, r"context 'hour' would not be read; want values of \[\]"),
        ({"sides": {}, "k": 0}, "k 0, alike 20; want at least 1"),
        ({"sides": {}, "alike": 0}, "k 10, alike 0; want at least 1"),
        ({"sides": {}, "exclude": range(ITEMS)}, "nothing is left of 30 items"),
        ({"sides": {"club": None}}, "column 'club', row 0: a missing value"),
    ],
)
def test_what_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        recommend_newcomer(plain(trained=False), **given)


def test_nobody_has_the_items():
    recommender = plain(trained=False)
    recommender.seen = {user: {0} for user in recommender.seen}
    with pytest.raises(ValueError, match=r"none of the 60 people has any of \[5\]"):
        recommend_newcomer(recommender, [5])
