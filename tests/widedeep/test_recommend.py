"""Recommending: the best of all unseen items, in order, each with reasons that add up to its logit."""

import numpy as np
import pandas as pd
import pytest

from mlp.windows import flatten
from tests.builders import bags
from tests.widedeep.three_towers import ratings
from widedeep import (
    Bag,
    Buckets,
    Category,
    Cross,
    Deep,
    Encoder,
    History,
    HistoryEncoder,
    Recommender,
    Regression,
    Standard,
    Wide,
    WideDeep,
    explain,
    history,
)
from widedeep.datasets import DataUnavailable, movielens
from widedeep.recipes import RECIPES
from widedeep.towers.with_history import DeepWithHistory

N_ITEMS = 40


def shop(rng):
    """Users, items, and the table of 200 views that joins them, with the hour as a column of neither."""
    users = {
        "user": np.array([10, 11, 12, 13, 14]),
        "age": np.array([20, 35, 50, 65, 41]),
        "likes": bags(("tea",), ("tea", "jam"), (), ("rye", "jam"), ("ice",)),
    }
    items = {
        "item": np.arange(100, 100 + N_ITEMS),
        "title": np.array([f"Item number {i}" for i in range(N_ITEMS)]),
        "kind": rng.choice(["cup", "jar", "tin"], N_ITEMS),
        "price": rng.gamma(2, 5, N_ITEMS),
    }
    u, i = rng.integers(0, 4, 200), rng.integers(0, N_ITEMS, 200)  # user 14 never comes
    table = {name: column[u] for name, column in users.items()} | {name: column[i] for name, column in items.items()}
    return users, items, table | {"hour": rng.choice(["morning", "night"], 200)}


def columns(towers, context):
    likes, kind = Bag("likes"), Category("kind")
    hour = [Category("hour")] if context else []
    wide = [Category("item"), Buckets("age", 3), Cross(likes, kind), *hour] if "wide" in towers else []
    deep = [kind, likes, Category("user"), *hour] if "deep" in towers else []
    return Encoder(wide, deep, [Standard("price")] if "deep" in towers else [])


def build(rng, towers=("wide", "deep"), context=False, dtype=np.float32):
    users, items, table = shop(rng)
    encoder = columns(towers, context).fit(table)
    made = {}
    if "wide" in towers:
        made["wide"] = Wide(encoder.n_wide, dtype)
    if "deep" in towers:
        made["deep"] = Deep(encoder.n_deep, 4, encoder.n_inputs, [8], rng, dtype)
    model = WideDeep(dtype, **made)
    for name, w in flatten(model.params()):
        w += rng.normal(0, 1, w.shape).astype(dtype)
        if name in model.frozen():
            w[0] = 0
    return Recommender(model, encoder, users, items, history(table)), table


def by_brute_force(recommender, user, **context):
    """Score every unseen item in a table of its own, best first: [(item, probability)]."""
    u = recommender.users["user"].tolist().index(user)
    scored = []
    for i, item in enumerate(recommender.items["item"].tolist()):
        if item in recommender.seen[user]:
            continue
        row = {name: column[u : u + 1] for name, column in recommender.users.items()}
        row |= {name: column[i : i + 1] for name, column in recommender.items.items()}
        row |= {name: np.array([value]) for name, value in context.items()}
        scored.append((item, float(recommender.model.predict(recommender.encoder.encode(row))[0, 0])))
    return sorted(scored, key=lambda pair: -pair[1])


@pytest.fixture
def recommender(rng):
    return build(rng)[0]


# ---- which -----------------------------------------------------------------------------------------------------------

towers = pytest.mark.parametrize("towers", [("wide",), ("deep",), ("wide", "deep")], ids="+".join)


@towers
@pytest.mark.parametrize("k", [1, 5, 1000])
def test_the_best_k_are_those_of_scoring_every_unseen_item(rng, towers, k):
    recommender, _ = build(rng, towers)
    for user in (10, 13):
        want = by_brute_force(recommender, user)
        got = recommender.recommend(user, k)
        assert len(got) == min(k, len(want))
        np.testing.assert_allclose([r.probability for r in got], [p for _, p in want[:k]], rtol=1e-5)
        of = dict(want)
        np.testing.assert_allclose([of[r.item] for r in got], [p for _, p in want[:k]], rtol=1e-5)  # ties may swap
        assert len({r.item for r in got}) == len(got)


def test_what_was_seen_is_left_out_and_nothing_else(rng):
    recommender, table = build(rng)
    for user in (10, 11, 12, 13):
        seen = set(table["item"][table["user"] == user].tolist())
        got = {r.item for r in recommender.recommend(user, 1000)}
        assert seen and got == set(range(100, 100 + N_ITEMS)) - seen


def test_two_users_get_lists_of_their_own(recommender):
    assert [r.item for r in recommender.recommend(10)] != [r.item for r in recommender.recommend(13)]


def test_ten_are_recommended_unless_told_otherwise_each_with_its_title(recommender):
    found = recommender.recommend(10)
    assert len(found) == 10
    assert all(type(r.item) is int and r.title == f"Item number {r.item - 100}" for r in found)


def test_items_without_titles_go_by_their_key(rng):
    recommender, _ = build(rng)
    del recommender.items["title"]
    assert all(r.title == str(r.item) for r in recommender.recommend(10))


def test_equal_logits_come_in_the_order_of_the_items(rng):
    items = {"item": np.arange(500)}
    encoder = Encoder([Category("item")]).fit(items)
    model = WideDeep(wide=Wide(encoder.n_wide))
    model.towers["wide"].w[1:] = weights = rng.integers(0, 3, 500)
    found = Recommender(model, encoder, {"user": [0]}, items, {0: []}).recommend(0, 500)
    assert [r.item for r in found] == sorted(range(500), key=lambda item: (-weights[item], item))


def test_keys_may_be_words_and_tables_data_frames(rng):
    users = pd.DataFrame({"user": ["ann", "bob"], "age": [30, 40]}, index=[8, 9])
    items = pd.DataFrame({"item": ["a", "b", "c"], "title": ["A", "B", "C"]})
    encoder = Encoder([Category("item"), Cross("item", "user")]).fit({"user": ["ann", "bob"], "item": ["a", "b"]})
    model = WideDeep(wide=Wide(encoder.n_wide))
    model.towers["wide"].w[...] = np.arange(encoder.n_wide)
    got = Recommender(model, encoder, users, items, {"ann": ["a"], "bob": []}).recommend("ann")
    assert [(r.item, r.title) for r in got] == [("b", "B"), ("c", "C")]


def test_history_is_who_saw_what():
    table = {"user": np.array([1, 2, 1, 1]), "item": np.array([7, 7, 8, 7])}
    assert history(table) == {1: {7, 8}, 2: {7}}
    assert history(pd.DataFrame(table)) == history(table)


# ---- context -------------------------------------------------------------------------------------------------------


def test_context_fills_columns_of_neither_user_nor_item(rng):
    recommender, _ = build(rng, context=True)
    found = {hour: recommender.recommend(10, 1000, context={"hour": hour}) for hour in ("morning", "night")}
    for hour, got in found.items():
        want = dict(by_brute_force(recommender, 10, hour=hour))
        np.testing.assert_allclose([r.probability for r in got], [want[r.item] for r in got], rtol=1e-5)
        assert all(any(name == f"hour={hour}" for name, _ in r.reasons.wide) for r in got)
    assert found["morning"][0].probability != found["night"][0].probability


def test_missing_context_is_asked_for_by_name(rng):
    with pytest.raises(ValueError, match="'hour' belongs neither.*give context="):
        build(rng, context=True)[0].recommend(10)


def test_a_bag_may_be_context(rng):
    users, items, table = shop(rng)
    table["basket"] = bags(*[("tea", "jam"), ("rye", "ice")] * 100)
    encoder = Encoder([Cross(Bag("basket"), "kind")]).fit(table)
    model = WideDeep(wide=Wide(encoder.n_wide))
    recommender = Recommender(model, encoder, users, items, history(table))
    assert len(recommender.recommend(10, 3, context={"basket": ("tea", "jam")})) == 3


# ---- why -----------------------------------------------------------------------------------------------------------


def assert_adds_up(reasons):
    total = sum(weight for _, weight in reasons.wide) + reasons.deep + reasons.bias + sum(reasons.others.values())
    assert abs(total - reasons.logit) <= 1e-12 * max(1, abs(reasons.logit))  # the docstring says 1e-15 or so


@towers
def test_reasons_add_up_to_the_logit_and_its_sigmoid_is_the_probability(rng, towers):
    recommender, _ = build(rng, towers)
    for r in recommender.recommend(11, 1000):
        assert_adds_up(r.reasons)
        assert r.probability == pytest.approx(1 / (1 + np.exp(-r.reasons.logit)), rel=1e-12)
        assert ("wide" in towers) == bool(r.reasons.wide) and ("deep" in towers) == bool(r.reasons.deep)
        sizes = [abs(weight) for _, weight in r.reasons.wide]
        assert sizes == sorted(sizes, reverse=True)


def test_reasons_are_the_named_weights_of_the_features_that_are_1(rng):
    recommender, _ = build(rng)
    encoder, w = recommender.encoder, recommender.model.towers["wide"].w
    weight = {encoder.wide_name(i): float(w[i]) for i in range(encoder.n_wide)}
    for r in recommender.recommend(11, 5):
        assert all(weight[name] == pytest.approx(given, rel=1e-6) for name, given in r.reasons.wide)
        named = {name for name, _ in r.reasons.wide}
        kind = recommender.items["kind"][r.item - 100]
        crossed = {f"likes has {like} AND kind={kind}" for like in ("tea", "jam")} & weight.keys()
        assert f"item={r.item}" in named and crossed <= named and crossed
        assert len(named) == 2 + len(crossed)  # item, a bucket of age, the crosses; no padding


def test_weights_of_0_are_no_reasons(rng):
    recommender, _ = build(rng)
    recommender.model.towers["wide"].w[...] = 0
    found = recommender.recommend(10, 3)
    assert all(r.reasons.wide == [] for r in found)
    for r in found:
        assert_adds_up(r.reasons)


def test_reasons_can_be_read(recommender):
    r = recommender.recommend(11, 1)[0]
    text = str(r.reasons)
    assert f"item={r.item}" in text and "deep part" in text and "bias" in text
    assert f"{r.reasons.wide[0][1]:+.2f} {r.reasons.wide[0][0]}" in text


@towers
def test_explain_explains_every_row_of_a_batch(rng, towers):
    recommender, table = build(rng, towers)
    batch = recommender.encoder.encode(table)
    found = explain(recommender.model, recommender.encoder, batch)
    assert len(found) == 200
    np.testing.assert_allclose([r.logit for r in found], recommender.model.logits(batch)[:, 0], rtol=1e-4, atol=1e-4)
    for reasons in found:
        assert_adds_up(reasons)


class Constant:
    """A third tower, of somebody else."""

    def params(self):
        return {}

    def frozen(self):
        return {}

    def forward(self, batch, rng=None):
        return np.full((len(batch), 1), 2.0), None

    def astype(self, dtype):
        return self


def test_reasons_of_a_third_tower_are_told_by_its_name(rng):
    recommender, table = build(rng)
    model = WideDeep(**recommender.model.towers, third=Constant())
    for reasons in explain(model, recommender.encoder, recommender.encoder.encode(table)):
        assert reasons.others == {"third": 2.0} and "+2.00 third part" in str(reasons)
        assert_adds_up(reasons)


def test_terms_of_two_wide_towers_are_added(rng):
    recommender, table = build(rng)
    encoder, wide = recommender.encoder, recommender.model.towers["wide"]
    batch = encoder.encode(table)
    once, twice = (explain(WideDeep(**towers), encoder, batch)[0] for towers in ({"a": wide}, {"a": wide, "b": wide}))
    assert once.wide and [name for name, _ in twice.wide] == [name for name, _ in once.wide]
    np.testing.assert_allclose([w for _, w in twice.wide], [2 * w for _, w in once.wide])
    assert_adds_up(twice)


def test_towers_of_other_names_are_explained_too(rng):
    recommender, table = build(rng)
    model = WideDeep(memory=recommender.model.towers["wide"], taste=recommender.model.towers["deep"])
    batch = recommender.encoder.encode(table)
    for mine, theirs in zip(
        explain(model, recommender.encoder, batch), explain(recommender.model, recommender.encoder, batch)
    ):
        assert_adds_up(mine)
        assert mine.wide == theirs.wide and mine.others == {"taste": theirs.deep} and mine.deep == 0


# ---- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [0, -3])
def test_fewer_than_one_is_refused(recommender, k):
    with pytest.raises(ValueError, match=f"k {k}; want at least 1"):
        recommender.recommend(10, k)


@pytest.mark.parametrize("user", [9, 99, "ann"])
def test_an_unknown_user_is_refused(recommender, user):
    with pytest.raises(ValueError, match=f"unknown user {user!r}; there are 5, from 10 to 14"):
        recommender.recommend(user)


def test_a_user_without_history_is_told_how_to_choose_from_all(rng):
    recommender, _ = build(rng)
    with pytest.raises(ValueError, match=r"user 14 has no history; .*seen\[14\] = \[\]"):
        recommender.recommend(14)
    recommender.seen[14] = []
    assert len(recommender.recommend(14, 1000)) == N_ITEMS


def test_a_user_who_has_seen_everything_is_told_so(recommender):
    recommender.seen[12] = range(100, 100 + N_ITEMS)
    with pytest.raises(ValueError, match="user 12 has seen all 40 items"):
        recommender.recommend(12)


@pytest.mark.parametrize("table, key", [("users", "user"), ("items", "item")])
def test_tables_without_their_key_are_refused(recommender, table, key):
    tables = {"users": dict(recommender.users), "items": dict(recommender.items)}
    del tables[table][key]
    with pytest.raises(ValueError, match=f"no column '{key}' among"):
        Recommender(recommender.model, recommender.encoder, **tables, seen={})


# ---- real films ----------------------------------------------------------------------------------------------------


@pytest.mark.download
def test_films_that_a_person_rated_are_never_recommended_to_them(rng):
    try:
        data = movielens.load()
    except DataUnavailable as error:
        pytest.skip(str(error))
    recipe = RECIPES["movielens"]
    encoder = recipe.columns.encoder().fit(data.rows("random", "train")[0])
    model, _ = recipe.model(encoder, rng)
    recommender = Recommender(model, encoder, data.users, data.items, history(data.table))
    for user in (1, 405, 943):
        found = recommender.recommend(user)
        rated = data.table["item"][data.table["user"] == user].tolist()
        assert len(found) == 10 and not {r.item for r in found} & set(rated)
        for r in found:
            assert_adds_up(r.reasons)


# ---- what is handed in is checked once, there ----------------------------------------------------------------------


def people(users=("ann", "bob", "eve"), items=("Heat", "Alien", "Brazil")):
    """A model over text ids; nothing is known of anybody."""
    encoder = Encoder(wide=["user", "item", "hour"]).fit({"user": users, "item": items, "hour": [1, 2, 3]})
    return WideDeep(wide=Wide(encoder.n_wide)), encoder, {"user": list(users)}, {"item": list(items)}


HANDED_IN = {  # a slip: users, items, seen, context -> the words of its line
    "a user of another name": ({"ask": "carl"}, "unknown user 'carl'; there are 3, from 'ann' to 'eve'"),
    "a number among text ids": ({"ask": 5}, "unknown user 5; there are 3"),
    "nobody": ({"ask": None}, "a missing value, None"),
    "a history in other ids": ({"seen": {"ann": [1, 2]}}, "no item of `seen`, such as .*holds .*'Heat'"),
    "a history of another spelling": (
        {"items": {"item": [1, 2, 3]}, "seen": {"ann": ["1"]}},
        "'item': '1' and 1 are two values",
    ),
    "users of another spelling": ({"users": {"user": [1, 2]}, "seen": {"1": []}}, "'user': '1' and 1 are two values"),
    "one film is no history": ({"seen": {"ann": "Heat"}}, r"seen\['ann'\] is 'Heat'; want a collection, as \['Heat'\]"),
    "a number is no history": ({"seen": {"ann": 3}}, r"seen\['ann'\] is 3; want a collection"),
    "a history with a gap": ({"seen": {"ann": [float("nan")]}}, "a missing value"),
    "a user twice": ({"users": {"user": ["ann", "ann"]}}, "user 'ann' has two rows in users"),
    "the second user twice": ({"users": {"user": ["bob", "ann", "ann"]}}, "user 'ann' has two rows in users"),
    "a user in two spellings": ({"users": {"user": [1, "1"]}}, "'user': 1 and '1' are two values"),
    "nobody of numbers and names": (
        {"users": {"user": ["bob", 7, "ann", 3]}, "ask": "carl"},
        "unknown user 'carl'; there are 4, from 3 to 'bob'",
    ),
    "an item twice": ({"items": {"item": ["Heat", "Heat"]}}, "item 'Heat' has two rows in items"),
    "a user missing": ({"users": {"user": ["ann", None]}}, "column 'user', row 1: a missing value"),
    "no key": ({"users": {"name": ["ann"]}}, r"no column 'user' among \['name'\]; users want one"),
    "no items": ({"items": {"item": []}}, "an empty table"),
    "unequal columns": ({"items": {"item": ["Heat", "Alien"], "title": ["Heat"]}}, "columns of unequal length"),
    "no context": ({"context": {}}, "column 'hour' belongs neither to users nor to items; give context"),
    "a context that nobody reads": (
        {"context": {"hour": 1, "mood": "sad"}},
        r"context 'mood' .*want values of \['hour'\]",
    ),
    "a context of a user's column": ({"context": {"hour": 1, "user": "bob"}}, "context 'user' would not be read"),
    "a context without a name": ({"context": 2}, "context is a int; want {column: value}"),
    "half a film": ({"k": 2.5}, "k 2.5; want at least 1, a whole number"),
}


@pytest.mark.parametrize("slip, words", HANDED_IN.values(), ids=HANDED_IN)
def test_what_is_handed_in_is_checked(slip, words):
    model, encoder, users, items = people()
    with pytest.raises(ValueError, match=words) as caught:
        recommender = Recommender(model, encoder, slip.get("users", users), slip.get("items", items),
                                  slip.get("seen", {"ann": [], 5: [], "carl": []}))  # fmt: skip
        recommender.recommend(slip.get("ask", "ann"), slip.get("k", 10), slip.get("context", {"hour": 2}))
    assert len(str(caught.value)) <= 300 and "\n" not in str(caught.value)


def test_films_that_have_left_the_catalogue_may_stay_in_a_history():
    model, encoder, users, items = people()
    found = Recommender(model, encoder, users, items, {"ann": ["Heat", "Gone"], "bob": ["Gone"]})
    assert [r.item for r in found.recommend("ann", context={"hour": 1})] == ["Alien", "Brazil"]
    assert len(found.recommend("bob", context={"hour": 1})) == 3


def test_tables_of_every_form_will_do():
    model, encoder, users, items = people()
    for form in (pd.DataFrame, lambda table: [dict(zip(table, row)) for row in zip(*table.values())]):
        found = Recommender(model, encoder, form(users), form(items), {"ann": {"Heat"}})
        assert [r.item for r in found.recommend(np.str_("ann"), context={"hour": 1})] == ["Alien", "Brazil"]


def test_only_new_releases_may_be_asked_for():
    model, encoder, users, _ = people()
    found = Recommender(model, encoder, users, {"item": ["Dune", "Tenet"]}, {"ann": ["Heat"]})
    assert [r.item for r in found.recommend("ann", context={"hour": 1})] == ["Dune", "Tenet"]


def test_columns_that_nobody_reads_may_hold_anything():
    model, encoder, users, items = people()
    items |= {"poster": np.zeros((3, 4)), "note": [None, {"a": 1}, b"x"]}
    assert len(Recommender(model, encoder, users, items, {"ann": []}).recommend("ann", context={"hour": 1})) == 3


def test_a_number_of_stars_is_no_probability():
    model, encoder, users, items = people()
    stars = Regression(1, 5, wide=model.towers["wide"])
    with pytest.raises(ValueError, match="the model is a Regression, which gives no probability"):
        Recommender(stars, encoder, users, items, {})
    for seen in (None, ["Heat"], pd.DataFrame({"user": ["ann"]})):
        with pytest.raises(ValueError, match="seen is a .*; want {user: items}"):
            Recommender(model, encoder, users, items, seen)


def test_histories_are_columns_too(rng):
    """Their keys need not be columns of the encoder."""
    table, y = ratings(rng)
    table["age"] = table["user"] % 5
    encoder = HistoryEncoder(Encoder(wide=["age"], deep=["age"]), [History("user", "item")], [])
    train = encoder.fit_encode(table, y)
    model = WideDeep(wide=Wide(encoder.n_wide), deep=DeepWithHistory(encoder.n_deep, 2, encoder.n_inputs, [3], rng))
    users = {"user": np.arange(12), "age": np.arange(12) % 5}
    found = Recommender(model, encoder, users, {"item": np.arange(15)}, {3: []}).recommend(3, 2)
    assert len(found) == 2 and encoder.reads == ["age", "user"] and len(train) == 120


def test_explain_names_what_stands_for_the_model():
    model, encoder, users, _ = people()
    batch = encoder.encode({"user": ["ann"], "item": ["Heat"], "hour": [1]})
    with pytest.raises(ValueError, match=r"explain: the model is a Encoder; want explain\(model, encoder, batch\)"):
        explain(encoder, model, batch)


@pytest.mark.parametrize("users, items", [([1, 2], ["a"]), ([1], ["a", "b"])], ids=["users", "items"])
def test_a_history_wants_an_item_for_each_user(users, items):
    with pytest.raises(ValueError, match="zip"):
        history({"user": users, "item": items})


def test_a_history_of_one_pair_is_no_table():
    with pytest.raises(ValueError, match="history: want columns, a value a row"):
        history({"user": 1, "item": "a"})


def test_explain_wants_the_encoder_of_the_model(rng):
    recommender, table = build(rng)
    model, encoder = recommender.model, recommender.encoder
    batch = encoder.encode(table)
    model.made_for = "ffffffff"
    with pytest.raises(ValueError, match=r"^explain: another encoder \(\w+\) than the model's \(ffffffff\)"):
        explain(model, encoder, batch)
    batch = Encoder(wide=["user"]).fit(table).encode(table)
    with pytest.raises(ValueError, match=r"^explain: another encoder \(\w+\) than the encoder given"):
        explain(model, encoder, batch)
