"""Ranked: what `widedeep recommend` and `recommend_for` answer, over HTTP."""

from types import SimpleNamespace

import numpy as np
import pytest

from mlp.losses import softmax
from widedeep import save
from widedeep.interactions.suggesting import for_newcomer, for_person
from widedeep.ranking.catalogue import Catalogue
from widedeep.ranking.ranker import Ranker
from widedeep.ranking.recommend import recommend_for
from widedeep.serve.ranked import Ranked
from widedeep.serve.requests import Refused, Wanted, read_wanted
from widedeep.serve.served import Served, ServedRanker, Shop
from widedeep.serve.sources import check_of_file, served_from_file, shop_of_files
from widedeep.serve.swap import Check, dry_run


@pytest.fixture(scope="module")
def shop_served(rankers):
    return rankers["shop_ranker"]


@pytest.fixture(scope="module")
def films_served(rankers):
    return rankers["catalogue_ranker"]


def as_told(found):
    return [(one["item"], one["title"], one["because"]) for one in found["recommendations"]]


def test_a_person_of_the_table_gets_what_widedeep_recommend_says(shop_served, recommending):
    want = for_person(recommending, "c004", 5)
    found = shop_served.recommend(Wanted("c004", [], {}, 5, 0.5))
    assert as_told(found) == [(one.item, one.title, one.because) for one in want]
    assert [one["probability"] for one in found["recommendations"]] == [one.share for one in want]
    row = recommending.shop.row_of["c004"]
    assert found["n_liked"] == len(recommending.shop.histories[row]) > 0
    assert found["liked"][0] == recommending.shop.titles[recommending.shop.histories[row][-1]]
    seen = {recommending.shop.items[column] for column in recommending.shop.seen[row]}
    assert not seen & {one["item"] for one in found["recommendations"]}


def test_a_newcomer_by_titles_or_keys(shop_served, recommending):
    want = for_newcomer(recommending, ["tea1", "tea2"], 3)
    for likes in (["tea1", "tea2"], ["the TEA, no. 1", "tea2"], ["tea1", "tea2", "tea1"][:2]):
        assert as_told(shop_served.recommend(Wanted(None, likes, {}, 3, 0.5))) == [
            (one.item, one.title, one.because) for one in want
        ]


def test_sides_alone_and_beside_a_list(shop_served):
    """Those of 20 to 24 like tea, those of 60 to 64 tools; the list says more than the age."""
    for age, taste in ((21, "tea"), (62, "tool")):
        found = shop_served.recommend(Wanted(None, [], {"age": age}, 3, 0.5))
        assert all(one["item"].startswith(taste) and one["because"] is None for one in found["recommendations"])
        assert found["n_liked"] == 0
    plain = shop_served.recommend(Wanted(None, ["tea1"], {}, 3, 0.5))
    aged = shop_served.recommend(Wanted(None, ["tea1"], {"age": 62}, 3, 0.5))
    assert [one["probability"] for one in plain["recommendations"]] != [
        one["probability"] for one in aged["recommendations"]
    ]


def test_both_parts_and_the_bias_are_the_logit_and_the_slider_weighs_them(films_served, film_ranker):
    batch = Catalogue(film_ranker).encode({"liked": [[0, 3]]})
    towers = {name: tower.forward(batch)[0][0] for name, tower in film_ranker.towers.items()}
    for mix in (0.0, 0.25, 0.5, 1.0):
        found = films_served.recommend(Wanted(None, [0, 3], {}, 5, mix))["recommendations"]
        z = 2 * (1 - mix) * towers["wide"] + 2 * mix * towers["deep"] + film_ranker.b
        order = [j for j in np.argsort(-z) if j not in (0, 3)]
        assert [one["item"] for one in found] == order
        for one in found:
            assert one["memory"] == pytest.approx(2 * (1 - mix) * towers["wide"][one["item"]], abs=1e-9)
            assert one["generalization"] == pytest.approx(2 * mix * towers["deep"][one["item"]], abs=1e-9)
            assert one["probability"] == pytest.approx(softmax(z[None])[0, one["item"]], abs=1e-9)


def test_a_ranker_kept_by_save_answers_what_recommend_for_says(tmp_path, film_ranker):
    path = save(tmp_path / "films.npz", film_ranker, Catalogue(film_ranker))
    served = served_from_file(path, lambda encoder: None)
    assert isinstance(served, ServedRanker) and served.about()["head"]["kind"] == "ranking" and served.fields == []
    want = recommend_for(film_ranker, [2, 5], k=4)
    found = served.recommend(Wanted(None, [2, 5], {}, 4, 0.5))["recommendations"]
    assert [one["item"] for one in found] == [one.item for one in want]
    told = [(one["difference"], one["because"]) for one in found]
    for (difference, because), one in zip(told, want):
        if one.difference > 0:
            assert because == str(one.because) and difference == pytest.approx(one.difference, abs=1e-9)
        else:
            assert because is None
    assert served.about()["people"] == {
        "titles": list("0123456"), "n_users": 0, "some_users": [], "asked": []
    }  # fmt: skip


def test_titles_of_a_data_set(film_ranker, films_served, tmp_path):
    items = {"item": np.arange(7), "title": np.array([f"Film {n}" for n in range(7)])}
    path = save(tmp_path / "films.npz", film_ranker, Catalogue(film_ranker))
    served = served_from_file(path, lambda encoder: Shop({}, items, {}, {}))
    wanted = Wanted(None, ["film 2"], {}, 2, 0.5)
    assert served.recommend(wanted) == films_served.recommend(wanted) and served.version == films_served.version


@pytest.mark.parametrize(
    "wanted, message, field",
    [
        (Wanted("c0004", [], {}, 3, 0.5), "unknown user 'c0004' among 120; near it are 'c0", "user"),
        (Wanted(None, ["tea1", "taa2"], {}, 3, 0.5), "unknown item 'taa2' among 20; near it are ", "likes[1]"),
        (Wanted("c004", [], {"age": 3}, 3, 0.5), "unknown 'age'", "about.age"),
        (Wanted(None, [], {"size": 3}, 3, 0.5), "unknown 'size'; want age", "about.size"),
        (Wanted(None, [], {"age": "x"}, 3, 0.5), "'x' is no number", "about.age"),
        (Wanted(None, [f"{t}{n}" for t in ("tea", "tool") for n in range(10)], {}, 3, 0.5), "nothing is left", "likes"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(shop_served, wanted, message, field):
    with pytest.raises(Refused, match=message) as caught:
        shop_served.recommend(wanted)
    assert (caught.value.status, caught.value.field) == (422, field)


def test_a_catalogue_knows_no_people(films_served):
    with pytest.raises(Refused, match="unknown user 'ann' among 0; want likes"):
        films_served.recommend(Wanted("ann", [], {}, 3, 0.5))


def test_an_empty_list_wants_sides():
    assert read_wanted({"likes": [], "about": {"age": 3}}).likes == []
    for data in ({"likes": []}, {"likes": [], "about": {}}):
        with pytest.raises(Refused, match="want a list of 1 to 100 titles, or of none with `about`"):
            read_wanted(data)


def test_rows_are_refused(shop_served):
    with pytest.raises(Refused, match="ranks items for people and reads no rows; want /recommend") as caught:
        shop_served.check_rows()
    assert caught.value.status == 404


def test_no_other_ranker_takes_its_place_while_it_runs(shop_served, films_served, table_served):
    for old, new in ((shop_served, films_served), (table_served, films_served), (films_served, table_served)):
        found = dry_run(old, new, Check({}, np.zeros((1, 1))))
        assert not found.accepted and found.why.startswith("a ranker reads no labelled rows to compare it on; start")


def test_options_that_a_ranker_has_no_use_for(tmp_path, film_ranker):
    encoder = Catalogue(film_ranker)
    with pytest.raises(ValueError, match="--users, --items: the model is a ranker, whose archive holds its items"):
        shop_of_files(encoder, tmp_path / "u.csv", tmp_path / "i.csv", None)
    with pytest.raises(ValueError, match="--check: the model is a ranker, .* leave it out"):
        check_of_file(tmp_path / "c.csv", "liked", encoder)


def test_a_ranker_without_its_encoder(film_ranker, good):
    with pytest.raises(ValueError, match="a ranker with a SimpleNamespace; want its Catalogue: save.path, model, Cata"):
        Ranked(film_ranker, SimpleNamespace())
    assert isinstance(film_ranker, Ranker)
    with pytest.raises(ValueError, match="the model is a Ranker, which gives no probability of yes"):
        Served(film_ranker, good[1])
