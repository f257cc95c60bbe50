import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest

from widedeep import (
    Bag,
    BagWithMissing,
    Buckets,
    Category,
    Cross,
    Deep,
    Encoder,
    Exact,
    FillMedian,
    Hashed,
    Quantile,
    Standard,
    WasMissing,
    Wide,
    WideDeep,
    WithMissing,
    fit,
    load,
    optimizers_for,
    save,
)
from widedeep.features.missing import missing

MARKERS = [None, float("nan"), pd.NA, pd.NaT, np.float32("nan"), np.datetime64("NaT"), "", "  "]
ids = ["None", "NaN", "NA", "NaT", "float32 NaN", "datetime64 NaT", "empty", "spaces"]
JOB = WithMissing(Category("job"))
AGE = WithMissing(Buckets("age", 2))


def column(*values):
    return np.fromiter(values, object, len(values))


@pytest.mark.parametrize("marker", MARKERS, ids=ids)
def test_a_missing_category_is_a_value_of_its_own(marker):
    encoder = Encoder(wide=[JOB]).fit({"job": column("cook", marker, "cook", "nurse")})
    assert [encoder.wide_name(i) for i in range(1, encoder.n_wide)] == ["job=cook", "job=nurse", "job missing"]
    assert encoder.encode({"job": column(marker, "nurse", "pilot")}).wide[:, 0].tolist() == [3, 2, 0]


@pytest.mark.parametrize("marker", MARKERS, ids=ids)
def test_missing_where_training_rows_had_all_is_nothing_known(marker):
    encoder = Encoder(wide=[JOB, AGE], numbers=[FillMedian(Standard("age")), WasMissing("age")])
    encoder.fit({"job": ["cook", "nurse"], "age": [20, 40]})
    batch = encoder.encode({"job": column(marker, "cook"), "age": column(marker, 40)})
    assert batch.wide.tolist() == [[0, 0], [1, 3]]
    assert batch.numbers.tolist() == [[0, 0], [1, 0]]


@pytest.mark.parametrize("marker", MARKERS, ids=ids)
def test_a_missing_number_has_a_bucket_a_median_and_a_number_that_says_so(marker):
    table = {"age": column(10, marker, 20, 60)}
    encoder = Encoder(wide=[AGE], numbers=[FillMedian(Standard("age")), WasMissing("age")]).fit(table)
    names = [encoder.wide_name(i) for i in range(1, encoder.n_wide)]
    assert names == ["age below 20", "age from 20", "age missing"]
    batch = encoder.encode(table, dtype=np.float64)
    assert batch.wide[:, 0].tolist() == [1, 3, 2, 2]
    mean, spread = 30, np.std([10, 20, 60])
    np.testing.assert_allclose(batch.numbers[:, 0], (np.array([10, 20, 20, 60]) - mean) / spread)
    assert batch.numbers[:, 1].tolist() == [0, 1, 0, 0]
    assert [number.name for number in encoder.numbers] == ["age", "age missing"]


GAPS = {
    "NaN": np.array([1, np.nan]),
    "day": np.array(["2020-01-01", "NaT"], "M8[D]"),
    "seconds": np.array([3, "NaT"], "m8[s]"),
    "text": np.array(["a", " "]),
    "NA": column("a", pd.NA),
}


@pytest.mark.parametrize("values", GAPS.values(), ids=GAPS)
def test_which_cells_are_missing(values):
    assert missing(values).tolist() == [False, True]


@pytest.mark.parametrize("values", [np.array([0, np.inf]), np.array([False, True]), np.array(["?", "nan"]),
                                    column((), "None")])  # fmt: skip
def test_what_is_not_missing(values):
    assert missing(values).tolist() == [False, False]


def test_a_cross_of_columns_with_missing_values_names_both():
    table = {"job": column("cook", None, None, "cook"), "age": column(10, None, 60, 20)}
    encoder = Encoder(wide=[JOB, AGE, Cross("job", "age")]).fit(table)
    names = [encoder.wide_name(i) for i in range(encoder.n_wide)]
    assert "job missing AND age missing" in names and "job missing AND age from 20" in names
    row = encoder.encode({"job": [None], "age": [np.nan]}).wide[0]
    assert [names[i] for i in row] == ["job missing", "age missing", "job missing AND age missing"]


def test_all_kinds_of_columns_can_be_wrapped():
    table = {"gain": column(0, 0, 0, None, 5, 7), "key": column("a", "b", None, "c", "a", "a")}
    encoder = Encoder(
        wide=[WithMissing(Exact("gain")), WithMissing(Hashed("key", 8))], numbers=[FillMedian(Quantile("gain", 3))]
    )
    batch = encoder.fit(table).encode(table)
    assert encoder.wide_name(int(batch.wide[3, 0])) == "gain missing"
    assert encoder.wide_name(int(batch.wide[2, 1])) == "key missing"
    assert encoder.wide_name(int(batch.wide[0, 1])).startswith("key=")
    assert batch.numbers[3, 0] == batch.numbers[0, 0]  # the median is 0


def test_a_column_that_is_missing_everywhere():
    nothing = {"job": column(None, None), "age": np.array([np.nan, np.nan])}
    encoder = Encoder(wide=[JOB, AGE], numbers=[FillMedian(Standard("age")), WasMissing("age")]).fit(nothing)
    assert [encoder.wide_name(i) for i in range(1, encoder.n_wide)] == ["job missing", "age missing"]
    batch = encoder.encode({"job": ["cook", None], "age": [3, None]})
    assert batch.wide.tolist() == [[0, 0], [1, 2]] and batch.numbers[:, 1].tolist() == [0, 1]


def test_fitted_again_it_forgets():
    encoder = Encoder(wide=[JOB]).fit({"job": column("cook", None)})
    assert encoder.fit({"job": ["nurse", "pilot"]}).n_wide == 3
    assert encoder.encode({"job": [None, "cook", "pilot"]}).wide[:, 0].tolist() == [0, 0, 2]


def test_bags_that_are_missing_and_bags_that_are_empty():
    bags = column(("tea",), None, (), ("jam", "tea"))
    encoder = Encoder(wide=[BagWithMissing("likes")], deep=[BagWithMissing("likes")]).fit({"likes": bags})
    names = [encoder.wide_name(i) for i in range(encoder.n_wide)]
    assert names == ["nothing known", "likes has tea", "likes has jam", "likes missing"]
    batch = encoder.encode({"likes": column(None, (), ("jam",), pd.NA)})
    assert batch.wide[:, 0].tolist() == [3, 0, 2, 3] and batch.shares[:, 0].tolist() == [1, 0, 1, 1]
    joined = Encoder(wide=[BagWithMissing("likes", sep="|")]).fit({"likes": column("tea|jam", "", "tea")})
    assert joined.encode({"likes": column(None, "", "jam")}).wide[:, 0].tolist() == [0, 0, 2]


def test_long_bags_beside_missing_ones():
    likes = [None if row % 3 == 0 else ("tea",) for row in range(3000)] + [tuple(map(str, range(5000)))]
    table = {"likes": np.fromiter(likes, object, len(likes)), "job": column(*["cook", None, "nurse"] * 1000, None)}
    encoder = Encoder(wide=[BagWithMissing("likes"), JOB]).fit(table)
    batch = encoder.encode(table)
    assert len(batch.pieces) > 1  # divided by length
    names = {encoder.wide_name(int(i)) for i in batch[np.array([0])].wide[0] if i}
    assert names == {"likes missing", "job=cook"}


@pytest.mark.parametrize("column, message", [
    (lambda: WithMissing(Bag("likes")), r"want BagWithMissing\('likes'\)"),
    (lambda: WithMissing(Cross("a", "b")), "of a cross its parts"),
    (lambda: WithMissing(Standard("age")), "of numbers FillMedian"),
    (lambda: WithMissing("age"), "want a column of one value"),
    (lambda: FillMedian(Category("age")), "of columns WithMissing"),
])  # fmt: skip
def test_what_cannot_be_wrapped_says_what_can(column, message):
    with pytest.raises(ValueError, match=message):
        column()


@pytest.mark.parametrize("marker", [None, pd.NA, pd.NaT, float("nan")], ids=ids[:3] + ["nan"])
def test_the_strict_columns_name_the_kinds_that_allow_missing_values(marker):
    with pytest.raises(ValueError, match=r"row 1: .*WithMissing\(Category\('job'\)\)"):
        Encoder(wide=["job"]).fit({"job": column("cook", marker)})
    with pytest.raises(ValueError, match=r"row 1: .*FillMedian\(Standard\('age'\)\), WithMissing\(Buckets\('age'\)\)"):
        Encoder(wide=[Buckets("age")]).fit({"age": column(1, marker)})
    with pytest.raises(ValueError, match=r"row 1: .*BagWithMissing\('likes'\)"):
        Encoder(wide=[Bag("likes")]).fit({"likes": column((), marker)})
    with pytest.raises(ValueError, match="FillMedian"):
        Encoder(numbers=[Standard("age")]).fit({"age": ["1", ""]})


def test_infinite_numbers_are_not_missing():
    with pytest.raises(ValueError, match="row 1: inf; want finite numbers") as caught:
        Encoder(wide=[AGE]).fit({"age": [np.nan, np.inf, 1.0]})
    assert "FillMedian" not in str(caught.value)
    with pytest.raises(ValueError, match="row 2: 'ten' is not a number") as caught:
        Encoder(numbers=[FillMedian(Standard("age"))]).fit({"age": column(None, 1, "ten")})
    assert "FillMedian" not in str(caught.value)


def test_an_error_names_the_row_of_the_whole_table():
    encoder = Encoder(wide=[JOB, BagWithMissing("likes")]).fit({"job": ["a", None], "likes": column((), None)})
    with pytest.raises(ValueError, match="'job', row 2: .*is no string"):
        encoder.encode({"job": column(None, "a", object()), "likes": column((), (), ())})
    with pytest.raises(ValueError, match="'likes', row 2: .*is not a bag"):
        encoder.encode({"job": column(None, "a", "a"), "likes": column(None, (), "tea")})


def test_dates_that_are_missing():
    days = column(dt.date(2026, 1, 1), None, dt.date(2026, 1, 2))
    encoder = Encoder(wide=[WithMissing(Category("day"))]).fit({"day": days})
    again = encoder.encode({"day": np.array(["2026-01-02", "NaT"], "M8[s]")}).wide[:, 0]
    assert [encoder.wide_name(int(i)) for i in again] == ["day=2026-01-02", "day missing"]


def test_archives_keep_them(tmp_path):
    rng = np.random.default_rng(0)
    n = 60
    table = {
        "job": np.where(rng.random(n) < 0.3, None, rng.choice(["cook", "nurse"], n).astype(object)),
        "age": np.where(rng.random(n) < 0.3, np.nan, rng.integers(20, 60, n)),
        "likes": np.fromiter([None if row % 5 == 0 else ("tea",) for row in range(n)], object, n),
    }
    y = rng.integers(0, 2, (n, 1)) * 1.0
    columns = [JOB, AGE, BagWithMissing("likes")]
    encoder = Encoder(wide=[*columns, Cross("job", "age")], deep=columns,
                      numbers=[FillMedian(Standard("age")), WasMissing("age")]).fit(table)  # fmt: skip
    batch = encoder.encode(table, y)
    model = WideDeep(wide=Wide(encoder.n_wide), deep=Deep(encoder.n_deep, 3, encoder.n_inputs, [5], rng))
    optimizers = optimizers_for(model, 8)
    fit(model, optimizers, batch, rng=rng, epochs=2, batch_size=8)
    again, same, _ = load(save(tmp_path / "model.npz", model, encoder, optimizers))
    assert again.predict(same.encode(table)).tobytes() == model.predict(batch).tobytes()
    assert same.fingerprint == encoder.fingerprint
    assert [same.wide_name(i) for i in range(same.n_wide)] == [encoder.wide_name(i) for i in range(encoder.n_wide)]
    assert json.dumps(same.state()) == json.dumps(encoder.state())
    weights = {same.wide_name(i): w for i, w in enumerate(again.towers["wide"].w)}
    assert weights["age missing"] != 0 and weights["job missing"] != 0


@pytest.mark.parametrize(
    "inner", [Category("job"), Buckets("job"), Exact("job"), Hashed("job", 4)], ids=lambda column: type(column).__name__
)
def test_archives_keep_a_column_that_was_missing_everywhere(tmp_path, inner):
    encoder = Encoder(wide=[WithMissing(inner)]).fit({"job": [None, None]})
    model = WideDeep(wide=Wide(encoder.n_wide))
    _, same, _ = load(save(tmp_path / "model.npz", model, encoder))
    assert same.fingerprint == encoder.fingerprint
    assert same.encode({"job": [1, None]}).wide[:, 0].tolist() == [0, 1]
