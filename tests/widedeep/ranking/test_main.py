"""python -m widedeep.ranking: its table, and one line where something is wrong."""

import json

import numpy as np
import pytest

from tests.widedeep.ranking.builders import V
from widedeep.ranking.__main__ import compare, main, print_table
from widedeep.ranking.recipes import BASELINES, RECIPES
from widedeep.ranking.recommend import recommend_for
from widedeep.recipes import varied


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
