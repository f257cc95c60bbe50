import datetime as dt

import numpy as np
import pytest

from widedeep import Cross
from widedeep.bridges.kinds import both_towers, inputs, with_days


def names(columns):
    return [f"{type(getattr(column, 'column', column)).__name__} {column.name}" for column in columns]


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
    encoder = both_towers(rows, ["day"], [])
    columns = names(column for column in encoder.wide if not isinstance(column, Cross))
    assert columns == [
        "Category job",
        "Buckets age",
        "Exact gain",
        "Exact floor",
        "BagWithMissing likes",
        "Buckets day (days)",
    ]  # fmt: skip     key left out: each value stands in one row
    assert [number.name for number in encoder.numbers] == ["age", "age missing", "gain", "floor", "day (days)"]
    assert sum(isinstance(column, Cross) for column in encoder.wide) == 10  # of five columns, the bag not among them
    assert {column.name for column in encoder.deep} == {"job", "age", "gain", "floor", "likes", "day (days)"}
    assert encoder.fit(rows).encode(rows).wide.shape[0] == 200


def test_a_plain_network_has_no_buckets_and_no_crosses():
    encoder = inputs(with_days(table(), ["day"]), ["day"])
    assert names(encoder.wide) == ["Category job", "Exact gain", "Exact floor", "BagWithMissing likes"]
    assert encoder.deep == [] and len(encoder.numbers) == 5


def test_a_number_with_a_far_end_is_read_by_its_rank():
    rows = {"pay": np.append(np.arange(199.0), 1e6), "age": np.arange(200.0)}
    far, near = both_towers(rows, [], []).numbers
    assert (type(far.number).__name__, type(near.number).__name__) == ("Quantile", "Standard")


def test_few_rows_know_every_value():
    few = {"key": np.array(["a", "b"], object)}
    assert inputs(few, []).fit(few).n_wide == 3
    with pytest.raises(ValueError, match="nothing to learn from: no value of key stands in two rows"):
        inputs({"key": table()["key"]}, [])


def test_only_the_columns_that_tell_most_are_crossed():
    rng = np.random.default_rng(0)
    rows = {f"c{j}": rng.choice(np.array(list("abc"), object), 400) for j in range(14)}
    y = ((rows["c4"] == "a") * 1.0)[:, None]
    encoder = both_towers(rows, [], [y, np.ones_like(y)])  # an answer that is always the same measures nothing
    crossed = {part.name for column in encoder.wide if isinstance(column, Cross) for part in column.parts}
    assert len(crossed) == 12 and "c4" in crossed
