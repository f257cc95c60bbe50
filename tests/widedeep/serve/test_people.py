"""People: users and those who like a few things; and the slider, whose middle is the trained model."""

import numpy as np
import pytest

from widedeep import Category, Cross, Encoder, Recommender
from widedeep.serve.people import Scaled, mixed, overlap
from widedeep.serve.requests import Refused, Wanted
from widedeep.serve.served import Served, Shop
from widedeep.wide import Wide

from .conftest import trained


def wanted(user=None, likes=(), about=None, k=5, mix=0.5):
    return Wanted(user, list(likes), about or {}, k, mix)


def test_the_slider_weighs_the_towers(apps, store):
    model, encoder = apps
    batch = encoder.encode(store.rows("random", "test")[0])
    z = {name: tower.forward(batch)[0] for name, tower in model.towers.items()}
    for s in (0.0, 0.3, 0.5, 1.0):
        want = 2 * (1 - s) * z["wide"] + 2 * s * z["deep"] + model.b
        np.testing.assert_allclose(mixed(model, s).logits(batch), want, rtol=1e-5, atol=1e-6)
    assert mixed(model, 0.5) is model
    assert isinstance(mixed(model, 0.2).towers["wide"], Wide) and isinstance(mixed(model, 0.2).towers["deep"], Scaled)


def test_the_middle_is_the_recommender_itself(people_served, apps, shop):
    want = Recommender(*apps, shop.users, shop.items, shop.seen).recommend(7, 5)
    found = people_served.recommend(wanted(7))
    assert [one["item"] for one in found["recommendations"]] == [r.item for r in want]
    assert [one["probability"] for one in found["recommendations"]] == [r.probability for r in want]


@pytest.mark.parametrize("mix", [0.0, 0.25, 0.5, 1.0])
def test_memory_generalization_and_bias_add_up(people_served, apps, mix):
    for one in people_served.recommend(wanted(7, mix=mix))["recommendations"]:
        total = one["memory"] + one["generalization"] + one["reasons"]["bias"]
        assert total == pytest.approx(one["reasons"]["logit"], abs=1e-6)
        assert one["reasons"]["bias"] == pytest.approx(float(apps[0].b[0]))
        if mix == 0:
            assert one["generalization"] == 0
        if mix == 1:
            assert one["memory"] == 0 and one["reasons"]["wide"] == []


def test_the_ends_order_by_one_tower_alone(people_served):
    memory = people_served.recommend(wanted(7, mix=0.0, k=30))["recommendations"]
    similar = people_served.recommend(wanted(7, mix=1.0, k=30))["recommendations"]
    assert [one["item"] for one in memory] != [one["item"] for one in similar]
    for found, part in ((memory, "memory"), (similar, "generalization")):
        parts = [one[part] for one in found]
        assert parts == sorted(parts, reverse=True) and parts[0] > parts[-1]


def test_answers_leave_the_recommender_as_it_was(people_served):
    before = people_served.recommend(wanted(7))
    people_served.recommend(wanted(likes=["Bread Diary"], mix=0.0))
    people_served.recommend(wanted(7, mix=1.0))
    assert people_served.recommend(wanted(7)) == before


def test_who_likes_apps_is_a_user_who_has_installed_them(people_served, store, apps):
    user = 11
    likes = list(store.users["installed"][user])
    found = people_served.recommend(wanted(likes=likes, about={"age": int(store.users["age"][user])}, k=50))
    titles = [one["title"] for one in found["recommendations"]]
    assert not set(titles) & set(likes) and found["read_as"] is None
    shop = Shop(store.users, store.items, {user: []}, {})
    same = Served(*apps, shop).recommend(wanted(user, k=80))["recommendations"]
    probability = {one["title"]: one["probability"] for one in same}
    for one in found["recommendations"]:
        assert one["probability"] == pytest.approx(probability[one["title"]], rel=1e-6)


def test_a_model_that_knows_users_by_name_reads_a_stranger_as_the_most_similar_one():
    rng = np.random.default_rng(0)
    table = {"user": rng.integers(0, 6, 300), "item": rng.integers(0, 9, 300)}
    labels = ((table["user"] % 2) == (table["item"] % 2))[:, None] * 1.0
    encoder = Encoder(wide=[Cross("user", "item"), "item"], deep=[Category("user"), Category("item")])
    liked = {0: {0, 2, 4}, 1: {1, 3, 5}}
    items = {"item": np.arange(9), "title": np.array([f"t{n}" for n in range(9)])}
    model = trained(encoder, table, labels, 3)
    served = Served(*model, Shop({"user": np.arange(6)}, items, {0: {0}, 1: {1}}, liked))
    found = served.recommend(wanted(likes=["t1", "t3"], k=9))
    assert found["read_as"] == 1 and not {"t1", "t3"} & {one["title"] for one in found["recommendations"]}
    with pytest.raises(Refused, match="nobody among the users likes any of these"):
        served.recommend(wanted(likes=["t8"]))
    with pytest.raises(Refused, match="user 0 has seen all 9 items") as caught:
        Served(*model, Shop({"user": np.arange(6)}, items, {0: set(range(9))}, liked)).recommend(wanted(0))
    assert caught.value.status == 422
    assert served.recommend(wanted(5))["n_liked"] == 0  # no history: chosen from all items


@pytest.mark.parametrize(
    "asked, field",
    [
        (wanted(99_999), "user"),
        (wanted("7"), "user"),
        (wanted(likes=["Nothing Such"]), "likes[0]"),
        (wanted(likes=["Bread Diary"], about={"height": 3}), "about.height"),
        (wanted(likes=["Bread Diary"], about={"age": "old"}), "about.age"),
        (wanted(7, about={"age": 30}), "about.age"),
    ],
)
def test_what_cannot_be_answered_says_where(people_served, asked, field):
    with pytest.raises(Refused) as caught:
        people_served.recommend(asked)
    assert (caught.value.status, caught.value.field) == (422, field)


def test_overlap():
    assert overlap({1, 2}, {2, 3}) == 1 / 3 and overlap(set(), set()) == 0


def test_users_and_items_of_another_model_are_refused_at_the_start(good, store):
    with pytest.raises(ValueError, match="reads education, occupation, capital_gain, which neither users nor items"):
        Served(*good, Shop(store.users, store.items, {}, {}))
