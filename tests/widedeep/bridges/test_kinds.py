import datetime as dt

import numpy as np
import pytest

from widedeep import Cross
from widedeep.bridges.kinds import both_towers, inputs, with_days
from widedeep.heads.answers import Answers


def names(columns):
    return [f"{type(getattr(column, 'column', column)).__name__} {column.name}" for column in columns]


def answers(y):
    """(Answers, what is desired) of class numbers."""
    y = np.asarray(y, int)
    meant = Answers("binary" if y.max() == 1 else "classes", tuple(range(y.max() + 1)))
    return meant, meant.coded(y)


def table(n=200):
    rng = np.random.default_rng(0)
    gain = np.where(rng.random(n) < 0.9, 0.0, rng.integers(1, 40, n) * 100)
    age = rng.normal(size=n)
    age[3] = np.nan
    likes = np.fromiter([("tea",) if row % 2 else () for row in range(n)], object, n)
    return {"job": rng.choice(np.array(["cook", "nurse", None], object), n), "age": age, "gain": gain,
            "floor": rng.integers(0, 3, n), "likes": likes, "key": np.array([f"k{row}" for row in range(n)], object),
            "day": np.array([dt.date(2026, 1, 1) + dt.timedelta(row) for row in range(n)], object)}  # fmt: skip


def test_what_each_column_becomes():
    rows = with_days(table(), ["day"])
    rows["copy"] = rows["floor"]
    encoder = both_towers(rows, ["day"], *answers((rows["gain"] > 0) ^ (rows["floor"] > 1)))
    columns = names(column for column in encoder.wide if not isinstance(column, Cross))
    assert columns == [
        "Category job",
        "Buckets age",
        "Buckets gain",
        "Exact floor",
        "BagWithMissing likes",
        "Buckets day (days)",
    ]  # fmt: skip     key left out: each value stands in one row; copy says what floor says
    assert [number.name for number in encoder.numbers] == ["age", "gain", "floor", "day (days)", "copy", "age missing"]
    assert [column.name for column in encoder.wide if isinstance(column, Cross)][0] == "gain x floor"
    assert {column.name for column in encoder.deep} == {"job", "age", "gain", "floor", "likes", "day (days)"}
    assert encoder.fit(rows).encode(rows).wide.shape[0] == 200


def test_a_plain_network_has_no_buckets_and_no_crosses():
    encoder = inputs(with_days(table(), ["day"]), ["day"])
    assert names(encoder.wide) == ["Category job", "Exact gain", "Exact floor", "BagWithMissing likes"]
    assert encoder.deep == [] and len(encoder.numbers) == 5


def test_a_number_with_a_far_end_does_not_squeeze_the_others():
    rows = {"pay": np.append(np.arange(199.0), 1e6)}
    encoder = both_towers(rows, [], *answers(np.arange(200) > 100)).fit(rows)
    x = encoder.encode(rows).numbers[:, 0]
    assert x.max() <= 3 and x[150] - x[50] > 0.9


def test_few_rows_know_every_value_and_ids_tell_nothing():
    few = {"key": np.array(["a", "b"], object)}
    assert inputs(few, []).fit(few).n_wide == 3
    with pytest.raises(ValueError, match="nothing to learn from: key: a value of its own in nearly every row"):
        inputs({"key": table()["key"]}, [])
    with pytest.raises(ValueError, match="nothing to learn from: no columns"):
        inputs({}, [])


def test_a_column_of_dates_that_holds_none_is_refused_and_one_that_lacks_all_is_missing():
    rows = {"day": np.array(["soon", None], object)}
    with pytest.raises(ValueError, match="column 'day' held dates in training, and holds none here, but 'soon'; want"):
        with_days(rows, ["day"])
    assert np.isnan(with_days({"day": np.array([None, None], object)}, ["day"])["day (days)"]).all()
    assert np.isfinite(
        with_days({"day": np.array(["2026-01-01", "soon"], object)}, ["day"])["day (days)"]
    ).tolist() == [
        True,
        False,
    ]


def test_a_number_of_one_value_is_kept_for_rows_that_have_others():
    rows = {"x": np.full(30, 2.0)}
    assert inputs(rows, []).fit(rows).encode({"x": np.array([2.0])}).numbers.tolist() == [[0.0]]


@pytest.mark.parametrize("classes", [2, 3])
def test_pairs_that_decide_together_are_crossed(classes):
    rng = np.random.default_rng(0)
    rows = {f"c{j}": rng.choice(np.array(list("abc"), object), 900) for j in range(14)}
    codes = [np.unique(rows[name], return_inverse=True)[1] for name in ("c4", "c9")]
    encoder = both_towers(rows, [], *answers((codes[0] + codes[1]) % classes))
    assert [column.name for column in encoder.wide if isinstance(column, Cross)][0] == "c4 x c9"
