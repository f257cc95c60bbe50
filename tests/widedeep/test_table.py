"""A table: what may be one, and what is refused with its row."""

import datetime as dt
import gc
import re
import weakref
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tests.builders import bags
from tests.widedeep.small_columns import TABLE, active
from widedeep import (
    Bag,
    Buckets,
    Category,
    Cross,
    Encoder,
    History,
    Quantile,
    Recommender,
    Standard,
    Wide,
    WideDeep,
    history,
)
from widedeep.datasets import take
from widedeep.features.propose import propose
from widedeep.table import Sheet, as_table


def number_users(name):
    return {
        "Buckets": lambda: Encoder(wide=[Buckets(name)]),
        "Quantile": lambda: Encoder(numbers=[Quantile(name)]),
        "Standard": lambda: Encoder(numbers=[Standard(name)]),
    }


@pytest.mark.parametrize("make", number_users("x").values(), ids=number_users("x"))
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(make, bad):
    with pytest.raises(ValueError, match="'x', row 2: .*want finite"):
        make().fit({"x": [1.0, 2.0, bad]})
    with pytest.raises(ValueError, match="'x', row 0: .*want finite"):
        make().fit({"x": [1.0, 2.0]}).encode({"x": [bad]})


@pytest.mark.parametrize("make", number_users("x").values(), ids=number_users("x"))
def test_words_are_not_numbers(make):
    with pytest.raises(ValueError, match="'x', row 0: .*is not a number.*Category"):
        make().fit({"x": ["old", "young"]})


def test_a_list_of_tuples_is_a_column_of_bags_even_where_all_are_of_one_length():
    assert active(Bag("g"), {"g": [("a", "b"), ("b", "a")]}) == [["g has a", "g has b"]] * 2


def test_a_data_frame_is_a_table():
    def make():
        return Encoder(
            wide=[Category("a"), Cross("a", Bag("g"))], deep=[Bag("g"), Category("c")], numbers=[Standard("b")]
        )

    frame = pd.DataFrame({name: list(column) for name, column in TABLE.items()}, index=[7, 5, 3, 1])
    one, other = make().fit(TABLE), make().fit(frame)
    assert one.state() == other.state()
    mine, yours = one.encode(TABLE), other.encode(frame)
    for name in ("wide", "deep", "shares", "numbers"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(yours, name))


# ---- one table in every form ---------------------------------------------------------------------------------------

COLUMNS = {
    "city": ["Oslo", "Rome", "Oslo"],
    "age": [25, 38, 61],
    "likes": [["a", "b"], [], ["b"]],
    "day": [dt.date(2020, 1, 2), dt.date(2021, 3, 4), dt.date(2020, 1, 2)],
    "paid": [Decimal("1.50"), Decimal("2"), Decimal("1.50")],
    "member": [True, False, True],
}
RECORDS = [dict(zip(COLUMNS, row)) for row in zip(*COLUMNS.values())]
FORMS = {
    "dict": lambda: COLUMNS,
    "records": lambda: RECORDS,
    "tuple of records": lambda: tuple(RECORDS),
    "pandas": lambda: pd.DataFrame(COLUMNS, index=[7, 5, 3]),
    "pandas from Arrow": lambda: pa.table(COLUMNS).to_pandas(),
    "pandas with Arrow types": lambda: pa.table(COLUMNS).to_pandas(types_mapper=pd.ArrowDtype),
    "Polars": lambda: pl.DataFrame(COLUMNS),
    "Arrow table": lambda: pa.table(COLUMNS),
    "Arrow chunks": lambda: pa.concat_tables([pa.table(COLUMNS)[:1], pa.table(COLUMNS)[1:]]),
    "Arrow batch": lambda: pa.table(COLUMNS).to_batches()[0],
}


def of_all():
    return Encoder(
        wide=["city", "day", "paid", "member", Bag("likes"), Cross("city", "likes")],
        deep=["city", Bag("likes")],
        numbers=[Standard("age")],
    )


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_table_may_have_any_form_and_is_the_same_table(form):
    want, got = of_all().fit(COLUMNS), of_all().fit(form())
    assert got.fingerprint == want.fingerprint
    one, other = want.encode(COLUMNS), want.encode(form())
    for name in ("wide", "deep", "shares", "numbers"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert [str(value) for value in take(form(), np.array([2]))["city"]] == ["Oslo"]


def test_a_structured_array_is_a_table():
    rows = np.array([("x", 1.0), ("y", 2.0)], [("a", "U1"), ("b", float)])
    assert Encoder(wide=["a"], numbers=[Standard("b")]).fit(rows).n_wide == 3


def test_a_record_without_a_column_has_a_missing_value_there():
    with pytest.raises(ValueError, match="column 'age', row 1: nan; want finite numbers: fill"):
        Encoder(numbers=[Standard("age")]).fit([{"age": 3, "x": 1}, {"x": 2}])
    with pytest.raises(ValueError, match="column 'age', row 1: a missing value, None"):
        Encoder(wide=["age"]).fit([{"age": 3}, {"x": 2}])


class Query:
    """Something with names of columns that are asked for, as a database's cursor or query."""

    def columns(self):
        return ["a"]

    def __getitem__(self, name):
        return [1, 2]

    def __repr__(self):
        return "Query()"


NO_TABLE = {
    "nothing": None,
    "a path": "people.csv",
    "a path of pathlib": Path("people.csv"),
    "a query": Query(),
    "a number": 3,
    "an array": np.zeros((3, 2)),
    "a list of lists": [[1, 2], [3, 4]],
    "an empty list": [],
    "a series": pd.Series([1, 2], name="a"),
    "a generator": (record for record in RECORDS),
}
USES = {
    "fit": lambda table: Encoder(wide=["a"]).fit(table),
    "encode": lambda table: Encoder(wide=["a"]).fit({"a": [1]}).encode(table),
    "history": history,
    "take": lambda table: take(table, [0]),
    "a history column": lambda table: History("a", "b").fit(table, np.ones((1, 1))),
    "users": lambda table: Recommender(WideDeep(wide=Wide(2)), Encoder(wide=["a"]).fit({"a": [1]}), table, RECORDS, {}),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("wrong", NO_TABLE.values(), ids=NO_TABLE)
def test_what_is_no_table_is_refused_in_a_line(use, wrong):
    with pytest.raises(ValueError, match="is not a table; want {column: values}") as caught:
        use(wrong)
    assert len(str(caught.value)) <= 300 and "\n" not in str(caught.value)
    assert ("read_csv(path)" in str(caught.value)) == isinstance(wrong, (str, Path))


@pytest.mark.filterwarnings("ignore:Determining the column names of a LazyFrame")
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_lazy_frame_wants_to_be_collected(use):
    with pytest.raises(ValueError, match=r"a LazyFrame whose columns cannot be read .* collect it first") as caught:
        use(pl.LazyFrame({"a": [1, 2]}))
    assert len(str(caught.value)) <= 300 and "\n" not in str(caught.value)


def test_propose_reads_tables_too():
    n = 400
    frame = pa.table({"a": ["x", "y"] * (n // 2), "b": list(range(n))})
    assert "Category('a', min_count=2)" in propose(frame, np.arange(n)[:, None] % 2).code


def test_one_record_is_no_table_of_columns():
    encoder = Encoder(wide=["city"]).fit(COLUMNS)
    with pytest.raises(ValueError, match=r"'city' is \(\); want \(N,\).*write \[record\]"):
        encoder.encode({"city": "Oslo"})
    assert encoder.encode([{"city": "Oslo"}]).wide.tolist() == [[1]]


def test_a_history_of_other_names_says_so():
    with pytest.raises(ValueError, match="history: no column 'user' among who, what; want history"):
        history({"who": [1], "what": [2]})
    assert history(pa.table({"user": [1, 1], "item": ["a", "b"]})) == {1: {"a", "b"}}


# ---- columns by their names ----------------------------------------------------------------------------------------


def test_a_name_is_a_category_or_the_column_of_that_name():
    encoder = Encoder(wide=["city", "likes", "age"], deep=[Bag("likes"), "city"], numbers=[Standard("age")]).fit(
        COLUMNS
    )
    assert encoder.wide_name(1) == "city=Oslo" and encoder.wide[1] is encoder.deep[1]
    assert isinstance(encoder.wide[2], Category) and len(encoder.columns) == 4
    with pytest.raises(ValueError, match=r"'likes' holds bags, use Bag\('likes'\)"):
        Encoder(wide=["likes"]).fit(COLUMNS)


SLIPS = {
    "a bare name": (lambda: Encoder(wide="city"), r"wide is 'city'; want a list: wide=\['city'\]"),
    "a bare column": (lambda: Encoder(deep=Category("city")), r"want a list: deep=\[Category\('city'\)\]"),
    "a bare number": (lambda: Encoder(numbers=Standard("age")), r"want a list: numbers=\[Standard\('age'\)\]"),
    "no list": (lambda: Encoder(wide=3), "wide is 3; want a list"),
    "a name among numbers": (lambda: Encoder(numbers=["age"]), r"numbers holds 'age'; want Standard\('age'\)"),
    "a number in wide": (lambda: Encoder(wide=[Standard("age")]), r"wide holds .*Buckets\('age'\)"),
    "a column in numbers": (lambda: Encoder(numbers=[Category("city")]), r"numbers holds .*wide=\['city'\]"),
    "a class": (lambda: Encoder(wide=[Category]), "wide holds .*; want columns, as Category"),
    "nothing in it": (lambda: Encoder(deep=[None]), "deep holds None; want columns"),
    "a list in it": (lambda: Encoder(wide=[["city"]]), r"wide holds \['city'\]; want columns"),
    "a name twice": (lambda: Encoder(wide=["city", Category("city")]), "names .*city.* twice"),
    "a cross of numbers": (lambda: Cross("city", 3), "Cross: 3 is no column; want columns"),
    "a cross of classes": (lambda: Cross(Category, "city"), "Cross: .* is no column"),
    "a column of a list": (lambda: Category(["city"]), r"Category\(\['city'\]\): want the name of a column"),
    "a number of nothing": (lambda: Standard(None), r"Standard\(None\): want the name of a column"),
}


@pytest.mark.parametrize("slip, words", SLIPS.values(), ids=SLIPS)
def test_slips_of_columns_are_refused_in_a_line(slip, words):
    with pytest.raises(ValueError, match=words) as caught:
        slip()
    assert len(str(caught.value)) <= 300 and "\n" not in str(caught.value)


def test_numbers_are_not_made_of_dates_and_other_integers_behind_them():
    for values in (np.array(["2020-01-01"], "M8[ns]"), np.array([3], "m8[s]"), np.array([1j]), np.array([b"1"])):
        for make in number_users("x").values():
            with pytest.raises(ValueError, match="'x'.*(dates|differences|not a number|cannot be read)"):
                make().fit({"x": values})


def test_as_table_leaves_a_mapping_as_it_is():
    assert as_table(COLUMNS) is COLUMNS


def test_a_sheet_is_gone_with_its_last_name() -> None:
    """Without waiting for the collector of cycles, which counts objects, not megabytes."""
    gc.disable()
    try:
        for bags in ([("a",)] * 3, [("a",)] * 200_000 + [tuple(range(500))]):  # the second is divided
            sheet = Sheet({"bag": bags}, ["bag"])
            sheet.split(np.array([len(bag) for bag in bags]))
            gone = weakref.ref(sheet)
            assert sheet.parts == [sheet] if len(bags) == 3 else len(sheet.parts) == 2
            del sheet
            assert gone() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "bad, allowed",
    [(np.nan, r", or allow them: FillMedian\(Standard\('x'\)\), WithMissing\(Buckets\('x'\)\)$"), (np.inf, "ones$")],
)
def test_only_a_missing_number_can_be_allowed(bad, allowed):
    with pytest.raises(
        ValueError, match=f"column 'x', row 1: {bad}; want finite numbers: fill or drop missing ones"
    ) as caught:
        Sheet({"x": [1.0, bad]}, ["x"]).numbers("x")
    assert re.search(allowed, str(caught.value))


def test_a_sheet_of_no_columns_is_empty():
    with pytest.raises(ValueError, match="an empty table: no rows in columns $"):
        Sheet({"a": [1]}, [])


@pytest.mark.parametrize(
    "values, words",
    [
        (["1", " "], r"row 1: ' ' is not a number; fill or drop it, or allow it: FillMedian\(Standard\('x'\)\)"),
        ([1, pd.NA], r"row 1: <NA> is not a number; fill or drop it, or allow it: FillMedian"),
        (["1", "many"], r"row 1: 'many' is not a number; fill or drop it, or use Category$"),
        (np.array([1j, 2]), "column 'x', complex128, cannot be read as numbers"),
        (
            bags(np.float32(1), np.datetime64(3, "D"), np.datetime64("1970-01-04")),
            r"row 1: .*1970-01-04.* is not a number",
        ),
        (bags(1, np.timedelta64(5, "s")), "row 1: .* is not a number; fill or drop it, or use Category$"),
    ],
    ids=["a blank", "a gap", "a word", "complex", "a date", "a difference of times"],
)
def test_the_first_value_that_is_no_number_is_named_and_whether_it_can_be_allowed(values, words):
    with pytest.raises(ValueError, match=words):
        Sheet({"x": values}, ["x"]).numbers("x")
