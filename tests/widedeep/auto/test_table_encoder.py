"""New rows that are unlike training rows: refused where a column is of another kind, else said."""

import numpy as np
import pytest

from tests.widedeep.auto.small_tables import people, without, write
from widedeep.__main__ import main
from widedeep.auto.answers import choose_answers
from widedeep.auto.plan import Plan
from widedeep.auto.table_encoder import TableEncoder
from widedeep.features.column_plans import ColumnPlan

DAYS = [str(day) for day in np.datetime64("2024-01-01") + np.arange(400)]
TABLE = without(people(), "id", "remarks", "colour", "wage", "income") | {"since": DAYS}
PLANS = {"age": ColumnPlan("number"), "height": ColumnPlan("number", buckets=0), "job": ColumnPlan("category"),
         "since": ColumnPlan("date")}  # fmt: skip


@pytest.fixture(scope="module")
def encoder() -> TableEncoder:
    answers, _, _ = choose_answers("income", np.array(people()["income"]))
    return TableEncoder.by(Plan("income", "binary", PLANS), answers).fit(TABLE)


@pytest.mark.parametrize(
    "name, values, words",
    [
        ("age", [f"about {x}" for x in TABLE["age"]], ["'age' held numbers in training", "'about ", "train again"]),
        ("height", ["tall"] + [""] * 399, ["'height' held numbers in training", "'tall'"]),
        ("since", ["soon"] * 400, ["'since' held dates in training", "'soon'", "want dates"]),
    ],
)
def test_a_column_of_another_kind_than_in_training_is_refused(encoder, name, values, words) -> None:
    with pytest.raises(ValueError) as error:
        encoder.encode({**TABLE, name: values})
    assert all(word in str(error.value) for word in words) and "\n" not in str(error.value)


def test_no_value_at_all_is_missing_and_no_other_kind(encoder) -> None:
    batch = encoder.encode({**TABLE, "age": [""] * 400, "since": ["NA"] * 400})
    assert len(batch) == 400 and encoder.doubts({**TABLE, "age": [""] * 400}) == []


def test_rows_like_those_of_training_leave_no_doubt(encoder) -> None:
    assert encoder.doubts(TABLE) == []
    assert encoder.doubts({**TABLE, "job": ["king", *TABLE["job"][1:]]}) == []  # one unseen value is no surprise


def test_a_few_cells_that_are_no_numbers_are_said(encoder) -> None:
    found = encoder.doubts({**TABLE, "age": ["about 40", "", "old", *TABLE["age"][3:]], "since": ["soon", *DAYS[1:]]})
    assert found == [
        "age: 2 of 400 values are no numbers, as 'about 40'; they count as missing",
        "since: 1 of 400 values are no dates, as 'soon'; they count as missing",
    ]


def test_a_column_whose_every_value_is_new_is_said(encoder) -> None:
    found = encoder.doubts({**TABLE, "job": ["", *(job.upper() for job in TABLE["job"][1:])]})
    assert len(found) == 1 and found[0].startswith("job: the model knows none of its 399 values, as '")
    assert "spelled another way?" in found[0]
    assert encoder.doubts({name: values[:19] for name, values in TABLE.items()} | {"job": ["king"] * 19}) == []  # rare?


def test_the_commands_say_it_beside_their_answers(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    table = without(people(200), "colour", "wage", "remarks", "id")
    data, shouted = write("t.csv", table), {**table, "job": [job.upper() for job in table["job"]]}
    write("new.csv", shouted)
    assert main(["train", data, "--label", "income", "--out", "m.npz", "--budget", "2"]) == 0
    capsys.readouterr()
    for command in (["predict", "m.npz", "new.csv", "--out", "p.csv"], ["evaluate", "m.npz", "new.csv"],
                    ["explain", "m.npz", "new.csv", "--rows", "30"]):  # fmt: skip
        assert main(command) == 0
        assert "note: job: the model knows none of its" in capsys.readouterr().err
    write("other.csv", {**table, "age": ["old"] * 200})
    assert main(["predict", "m.npz", "other.csv", "--out", "q.csv"]) == 2
    assert "error: column 'age' held numbers in training" in capsys.readouterr().err
    assert not (tmp_path / "q.csv").exists()
