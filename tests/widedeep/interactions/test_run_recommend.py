"""train --user --item, and recommend, as a person types them."""

import json
import os
from pathlib import Path

import pytest

from tests.widedeep.auto.small_tables import people, write
from tests.widedeep.interactions.small_logs import views
from widedeep.__main__ import main
from widedeep.interactions import training


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    data = write(folder / "views.csv", views())
    code = main(["train", data, "--user", "customer", "--item", "product", "--out", str(folder / "shop.npz"),
                 "--budget", "6", "--json", str(folder / "t.json")])  # fmt: skip
    assert code == 0
    return folder


def test_train_says_the_figures_beside_popularity(shop):
    told = json.loads((shop / "t.json").read_text())
    assert told["head"] == "ranking" and told["rows"] == len(views()["day"]) and told["model"].endswith("shop.npz")
    assert told["metrics"]["ndcg"] > told["judged"]["popularity"]["ndcg"] and told["seconds"] > 0


def test_recommend_to_a_person_and_to_a_newcomer(shop, capsys):
    model = str(shop / "shop.npz")
    assert main(["recommend", model, "--user", "c004", "--top", "3", "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["head"] == "ranking" and len(told["ranking"]) == 3 and told["model"] == model
    had = set(views()["product"][views()["customer"] == "c004"])
    assert all(one["item"].startswith("tea") and one["item"] not in had for one in told["ranking"])
    assert main(["recommend", model, "--likes", "tool1,tool2", "--likes", "The tool, no. 3", "--top", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert len(lines) == 2 and all("(tool" in line and "because of The tool" in line for line in lines)


def test_what_is_known_of_a_newcomer_is_enough_or_comes_beside_the_list(shop, capsys):
    """Those of 60 to 64 like tools, those of 20 to 24 tea."""
    model, found = str(shop / "shop.npz"), {}
    for options in (["--about", "age=62"], ["--about", "age=21"], ["--likes", "tea1", "--about", "age=62"]):
        assert main(["recommend", model, *options, "--top", "3", "--json", "-"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["about"] == options[-1:]
        found[tuple(options)] = [one["item"] for one in told["ranking"]]
    old, young, both = found.values()
    assert all(item.startswith("tool") for item in old) and all(item.startswith("tea") for item in young)
    assert "tea1" not in both


@pytest.mark.parametrize(
    "options, words",
    [
        (["--about", "size=3"], ["--about size: the recommender reads no such side", "want age"]),
        (["--about", "age"], ["--about age: want SIDE=VALUE"]),
        (["--about", "=3"], ["--about =3: want SIDE=VALUE"]),
        (["--user", "c004", "--about", "age=3"], ["want one of --user"]),
        (["--user", "c04"], ["--user 'c04'", "near it are", "--likes"]),
        (["--likes", "toll1"], ["--likes 'toll1'", "'tool1'"]),
        (["--likes", ","], ["no item"]),
        ([], ["want one of --user"]),
        (["--user", "c004", "--top", "0"], ["--top 0"]),
    ],
)
def test_who_is_not_known_is_told_in_one_line(shop, capsys, options, words):
    assert main(["recommend", str(shop / "shop.npz"), *options]) == 2
    err = capsys.readouterr().err
    assert all(word in err.splitlines()[-1] for word in words) and "Traceback" not in err


def test_models_of_the_other_kind_are_told_apart(shop, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["inspect", str(shop / "shop.npz")]) == 2
    assert "widedeep recommend" in capsys.readouterr().err
    write("p.csv", {name: people()[name] for name in ("age", "job", "income")})
    assert main(["train", "p.csv", "--label", "income", "--out", "m.npz", "--budget", "1"]) == 0
    assert main(["recommend", "m.npz", "--user", "1"]) == 2
    assert "no recommender" in capsys.readouterr().err
    assert main(["recommend", "none.npz", "--user", "1"]) == 2
    assert "no such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options, words",
    [
        (["--user", "customer"], "want --user COLUMN and --item COLUMN"),
        (["--user", "nobody", "--item", "product"], "--user nobody: the table lacks it"),
        (["--user", "customer", "--item", "product", "--head", "number"], "--head is not for a table of interactions"),
        (["--user", "day", "--item", "customer"], "7 people"),
    ],
)
def test_columns_that_do_not_fit_leave_nothing_behind(tmp_path, monkeypatch, capsys, options, words):
    monkeypatch.chdir(tmp_path)
    write("v.csv", views())
    assert main(["train", "v.csv", *options]) == 2
    assert words in capsys.readouterr().err.splitlines()[-1] and sorted(os.listdir(Path())) == ["v.csv"]


def test_stopped_by_hand_says_where_the_best_so_far_is(tmp_path, monkeypatch, capsys):
    def stopping(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "fit", stopping)
    data, model = write(tmp_path / "views.csv", views()), str(tmp_path / "s.npz")
    assert main(["train", data, "--user", "customer", "--item", "product", "--out", model, "--budget", "6"]) == 2
    assert f"the best so far is kept in {model}; run it again for the rest" in capsys.readouterr().err
    assert main(["recommend", model, "--user", "c004"]) == 0
