"""What one value is: each member of the kind beside what comes out, for every column that reads values."""

import datetime as dt
import enum
import re
import time
import uuid
import warnings
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from tests.builders import bags
from widedeep import (
    Bag,
    Category,
    Cross,
    Encoder,
    Exact,
    Hashed,
    HashedCross,
    Recommender,
    Standard,
    Wide,
    WideDeep,
    load,
    save,
)
from widedeep.cells import cell, cells, shown
from widedeep.table import as_column

DAY = [
    dt.date(1997, 9, 20),
    dt.datetime(1997, 9, 20),
    pd.Timestamp("1997-09-20"),
    *(np.datetime64("1997-09-20", unit) for unit in ("D", "h", "m", "s", "ms", "us", "ns")),
    dt.datetime(1997, 9, 20, tzinfo=dt.UTC),
    pd.Timestamp("1997-09-20", tz="UTC"),
    dt.datetime(1997, 9, 20, 2, tzinfo=ZoneInfo("Europe/Berlin")),
]


class Genre(str, enum.Enum):  # noqa: UP042  (not StrEnum, whose str() is its value)
    DRAMA = "Drama"


class Period:
    """Not pandas'."""


SAME = {  # one thing, in all its spellings: what it is as a cell
    "one": (1, [1, 1.0, True, np.int8(1), np.uint64(1), np.float32(1), np.bool_(True), Decimal(1), Decimal("1.0")]),
    "a tenth": (0.1, [0.1, np.float64(0.1), np.float32(0.1), np.float16(0.1), Decimal("0.1")]),
    "a large number": (2**80, [2**80, Decimal(2**80)]),
    "a number beyond floats": (2**80 + 1, [2**80 + 1, Decimal(2**80 + 1)]),
    "text": ("Drama", ["Drama", np.str_("Drama"), Genre.DRAMA]),
    "a day": ("1997-09-20", DAY),
    "a month": ("1997-09-01", [np.datetime64("1997-09"), dt.date(1997, 9, 1)]),
    "a second": ("1997-09-20T03:05:10", [np.datetime64("1997-09-20T03:05:10", unit) for unit in ("s", "ms", "ns")]),
    "a minute": ("1997-09-20T03:05:00", [np.datetime64("1997-09-20T03:05"), pd.Timestamp("1997-09-20 03:05")]),
    "a part of a second": ("1997-09-20T03:05:10.25", [dt.datetime(1997, 9, 20, 3, 5, 10, 250_000)]),
    "a nanosecond after three": ("1997-09-20T03:00:00.000000001", [pd.Timestamp("1997-09-20 03:00:00.000000001")]),
    "a time of day": ("03:05:10", [dt.time(3, 5, 10)]),
    "ninety seconds": (
        "90 s",
        [dt.timedelta(seconds=90), pd.Timedelta("90s"), np.timedelta64(90, "s"), np.timedelta64(90 * 10**9, "ns")],
    ),
    "minus a day and a half": ("-129600 s", [dt.timedelta(days=-1.5), np.timedelta64(-36, "h")]),
    "half a millisecond": ("0.0005 s", [np.timedelta64(500, "us"), pd.Timedelta("500us")]),
    "no time at all": ("0 s", [dt.timedelta(0), np.timedelta64(0, "D"), pd.Timedelta(0)]),
    "a nanosecond": ("0.000000001 s", [np.timedelta64(1, "ns"), pd.Timedelta(1, "ns"), np.timedelta64(1000, "ps")]),
    "more seconds than a float can count": (f"{2**60 + 1} s", [np.timedelta64(2**60 + 1, "s")]),
    "an interval": ("(0, 10]", [pd.Interval(0, 10)]),
    "a period": ("1997Q3", [pd.Period("1997Q3")]),
}
MISSING = [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT"), Decimal("NaN"), Decimal("sNaN")]
NO_CELL = [b"text", {"a": 1}, uuid.UUID(int=7), object(), 1j, float("inf"), np.timedelta64(2, "M"), range(3),
           pd.DateOffset(months=1), Period()]  # fmt: skip
BAGS = [("a", "b"), ["a", "b"], {"a", "b"}, np.array(["a", "b"]), frozenset("ab")]


@pytest.mark.parametrize("want, spellings", SAME.values(), ids=SAME)
def test_spellings_of_one_thing_are_one_cell(want, spellings):
    for value in spellings:
        assert cell(value) == want and type(cell(value)) in (str, int, float, bool), value
        assert cells("c", bags(value, value)) == [want, want]
        if isinstance(value, np.generic):
            assert cells("c", np.array([value, value])) == [want, want]


@pytest.mark.parametrize("want, spellings", SAME.values(), ids=SAME)
@pytest.mark.parametrize(
    "column",
    [Category("c"), Cross("c", "x"), Bag("c"), Hashed("c", 1000), HashedCross("c", "x", buckets=1000)],
    ids=lambda column: type(column).__name__,
)
def test_what_fit_took_encode_knows_again_and_save_keeps(tmp_path, column, want, spellings):
    pack = (lambda value: (value,)) if isinstance(column, Bag) else (lambda value: value)
    for fitted in (spellings[0], spellings[-1]):
        other = "other" if isinstance(want, str) else -7
        rows = {"c": bags(pack(fitted), pack(other)), "x": ["x", "x"]}
        encoder = Encoder(wide=[column]).fit(rows)
        known = int(encoder.encode(rows).wide[0, 0])
        model = WideDeep(wide=Wide(encoder.n_wide))
        again = load(save(tmp_path / "m.npz", model, encoder))[1]
        assert known > 0
        for value in spellings:
            for reader in (encoder, again):
                assert reader.encode({"c": bags(pack(value)), "x": ["x"]}).wide[0, 0] == known, value


@pytest.mark.parametrize("value", MISSING, ids=lambda value: f"{type(value).__name__} {value}")
@pytest.mark.parametrize("make", [bags, lambda *values: list(values)], ids=["objects", "list"])
def test_missing_values_are_refused_with_their_row(value, make):
    first = 1 if isinstance(value, (float, np.floating, Decimal)) else "x"
    for column in (Category("c"), Hashed("c", 7)):
        with pytest.raises(ValueError, match="'c', row 1: .*fill"):
            Encoder(wide=[column]).fit({"c": make(first, value)})
    with pytest.raises(ValueError, match="'c', row 1: .*fill"):
        Encoder(wide=[Bag("c")]).fit({"c": bags((first,), (first, value))})


@pytest.mark.parametrize(
    "column, gap, kind",
    [(Category("c"), None, r"WithMissing\(Category\('c'\)\)"), (Bag("c"), None, r"BagWithMissing\('c'\)"),
     (Bag("c"), "text", None)],
)  # fmt: skip
def test_a_gap_is_told_the_kind_that_allows_it(column, gap, kind):
    with pytest.raises(ValueError, match="column 'c', row 1") as caught:
        Encoder(wide=[column]).fit({"c": bags(("a",), gap) if column.several else ["a", gap]})
    assert re.search(rf", or allow it: {kind}$" if kind else "for joined strings$", str(caught.value))


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has no time.tzset")
def test_a_moment_with_a_zone_is_read_in_utc_without_a_warning_wherever_it_is_read(monkeypatch):
    with monkeypatch.context() as elsewhere, warnings.catch_warnings():
        elsewhere.setenv("TZ", "America/New_York")
        time.tzset()
        warnings.simplefilter("error")
        assert cell(dt.datetime(1997, 9, 20, 5, tzinfo=ZoneInfo("Europe/Berlin"))) == "1997-09-20T03:00:00"
    time.tzset()


def test_dates_with_gaps_are_refused_with_their_row():
    for unit in ("D", "s", "ns"):
        with pytest.raises(ValueError, match="'c', row 1: a missing value"):
            Encoder(wide=[Category("c")]).fit({"c": np.array(["2020-01-01", "NaT"], f"M8[{unit}]")})
    with pytest.raises(ValueError, match="'c', row 0: a missing value"):
        Encoder(wide=[Category("c")]).fit({"c": pd.to_timedelta(["NaT", "3 s"])})


@pytest.mark.parametrize("value", NO_CELL, ids=lambda value: type(value).__name__)
def test_what_is_no_cell_is_refused_by_fit_in_a_line(value):
    for column in (Category("c"), Hashed("c", 7), Cross("c", "x")):
        with pytest.raises(ValueError, match="column 'c', row 0: ") as caught:
            Encoder(wide=[column]).fit({"c": bags(value, value), "x": [1, 2]})
        assert len(str(caught.value)) <= 300 and "\n" not in str(caught.value)


def test_the_remedies_run():
    for value in (b"text", uuid.UUID(int=7), {"a": 1}):
        table = {"c": bags(value, value)}
        with pytest.raises(ValueError) as caught:
            Encoder(wide=[Category("c")]).fit(table)
        exec(str(caught.value).partition("values: ")[2], {"table": table})
        assert Encoder(wide=[Category("c")]).fit(table).n_wide == 2
    for column, kind in ((np.array(["2020-01-02"], "M8[ns]"), "dates"), (np.array([90], "m8[s]"), "differences")):
        table = {"c": column}
        with pytest.raises(ValueError, match=kind) as caught:
            Encoder(wide=[Exact("c")]).fit(table)
        code = str(caught.value)
        number = eval(code[code.index("(np." if kind == "dates" else "np.") :], {"table": table, "np": np})
        assert number.dtype == np.float64


@pytest.mark.parametrize("value", BAGS, ids=lambda value: type(value).__name__)
def test_bags_come_as_any_sequence_and_are_no_single_value(value):
    for column in (bags(value, value), [value, value]):
        encoder = Encoder(wide=[Bag("g")]).fit({"g": column})
        assert [encoder.wide_name(i) for i in encoder.encode({"g": [("a", "b")]}).wide[0]] == ["g has a", "g has b"]
        for single in (Category("g"), Hashed("g", 7), Cross("g", "g")):
            with pytest.raises(ValueError, match=r"'g' holds bags.*Bag\('g'\)"):
                Encoder(wide=[single]).fit({"g": column})


def test_a_set_is_a_bag_in_the_order_of_its_texts():
    likes = {f"film {i}" for i in range(50)}
    assert Encoder(wide=[Bag("g")]).fit({"g": [likes]}).wide[0].values == sorted(likes)
    assert Encoder(wide=[Bag("g")]).fit({"g": [{10, 9, "x"}]}).wide[0].values == [10, 9, "x"]


def test_one_and_the_string_one_are_two_values_and_never_in_one_column():
    """pandas' DtypeWarning: the rows of one chunk of a file were numbers, those of another text."""
    mixed = [1, 2, "1", "x"]
    for column in (mixed, bags(*mixed), pd.Series(mixed, dtype=object)):
        table = {"c": column}
        with pytest.raises(ValueError, match="'c': 1 and '1' are two values") as caught:
            Encoder(wide=[Category("c")]).fit(table)
        assert len(str(caught.value)) <= 300
        exec(str(caught.value).partition("always: ")[2], {"table": table})
        assert Encoder(wide=[Category("c")]).fit(table).wide[0].values == ["1", "2", "x"]
    with pytest.raises(ValueError, match="True and 'True' are two values"):
        Encoder(wide=[Category("c")]).fit({"c": bags(True, "True")})
    Encoder(wide=[Category("c")]).fit({"c": ["?", 1, 2]})  # a sign among numbers is nobody's other spelling


@pytest.mark.parametrize(
    "fitted, asked",
    [
        ([1, 2, 3], ["7", "2"]),
        (["1", "2"], [2, 7]),
        ([1.5, 2.5], ["2.5"]),
        (["1.0"], [1.0]),
        (["1.0"], [1]),
        ([1, "?"], ["01"]),
        ([True, True], ["True"]),
        ([False, False], ["False"]),
    ],
)
@pytest.mark.parametrize("column", [Category, lambda name: Cross(name, "x")], ids=["category", "cross"])
def test_ids_asked_for_in_another_spelling_do_not_make_strangers(column, fitted, asked):
    encoder = Encoder(wide=[column("c")]).fit({"c": fitted, "x": [0] * len(fitted)})
    table = {"c": asked, "x": [0] * len(asked)}
    with pytest.raises(ValueError, match="are two values.*want one kind, always") as caught:
        encoder.encode(table)
    code = str(caught.value).partition("always: ")[2]
    exec(code, {"table": table})  # the remedy runs, and helps
    assert encoder.encode(table).wide.any()


def test_bags_too_know_numbers_from_text():
    encoder = Encoder(wide=[Bag("g")]).fit({"g": [(1, 2), (3,)]})
    table = {"g": [("2",)]}
    with pytest.raises(ValueError, match="'g': '2' and 2 are two values") as caught:
        encoder.encode(table)
    exec(str(caught.value).partition("always: ")[2], {"table": table})
    assert encoder.encode(table).wide.tolist() == [[2]]
    with pytest.raises(ValueError, match="'g': 1 and '1' are two values"):
        Encoder(wide=[Bag("g")]).fit({"g": [(1,), ("1",)]})


@pytest.mark.parametrize(
    "values, kind",
    [
        ([1, "1"], "O"),
        ([True, "a"], "O"),
        ([2**63, -1], "O"),
        ([np.float32(0.1), 0.1], "O"),
        ([None, ["a"]], "O"),
        ([["a"], ["b"]], "O"),
        ([np.array([1]), np.array([2])], "O"),
        ([2**53, 0.5], "O"),
        ([2**53 - 1, 0.5], "f"),
        ([1, 2.5], "f"),
        ([True, 2], "i"),
        (["a", "b"], "O"),
    ],
)
def test_numpy_does_not_merge_the_values_of_a_list(values, kind):
    column = as_column(values)
    assert column.dtype.kind == kind and column.shape == (2,)


def test_a_nul_at_the_end_of_a_text_is_part_of_it():
    """NumPy's arrays of text drop it: "a\\0" of a list was "a", and of an object array it was not."""
    encoder = Encoder(wide=[Category("c")]).fit({"c": ["a\0", "a", "a"]})
    assert encoder.wide[0].values == ["a", "a\0"]
    for values in (["a\0", "a"], np.array(["a\0", "a"], object)):
        assert encoder.encode({"c": values}).wide.tolist() == [[2], [1]]


def test_truths_whole_numbers_and_others_are_numbers_together():
    assert as_column([True, 2, 2.5]).dtype == np.float64


def test_joined_strings_know_no_spaces_and_no_empty_parts():
    encoder = Encoder(wide=[Bag("g", sep="|")]).fit({"g": ["Drama|War|", " War | Drama ", "", " | "]})
    assert encoder.wide[0].values == ["Drama", "War"]
    assert Encoder(wide=[Bag("g", sep=",")]).fit({"g": ["Drama, War"]}).wide[0].values == ["Drama", "War"]
    assert encoder.encode({"g": ["| |", "War|"]}).wide.tolist() == [[0], [2]]
    with pytest.raises(ValueError, match="sep ''; want a separator"):
        Bag("g", sep="")


def test_a_recommender_knows_its_ids_by_the_same_rule():
    encoder = Encoder(wide=[Cross("user", "item")]).fit({"user": [1, 2], "item": [10, 11]})
    model = WideDeep(wide=Wide(encoder.n_wide))
    users, items = {"user": np.array([1, 2], np.int16)}, {"item": [10.0, 11.0, 12.0]}
    found = Recommender(model, encoder, users, items, {np.float64(1.0): [np.int8(10)], 2: []}).recommend(1)
    assert [r.item for r in found] == [11, 12]


def test_numpy_merges_no_large_numbers_and_no_units_of_time():
    large = [2**53 + 1, 2**53, 0.5]
    assert Encoder(wide=["c"]).fit({"c": large}).wide[0].values == large
    far = [np.datetime64("3000-01-01"), np.datetime64("2020-01-01T00:00:00.000000001")]
    assert Encoder(wide=["c"]).fit({"c": far}).wide[0].values == ["3000-01-01", "2020-01-01T00:00:00.000000001"]


def test_masked_values_are_missing():
    masked = np.ma.masked_array([1.0, 2.0, 999.0], [0, 0, 1])
    for make in (lambda: Encoder(numbers=[Standard("c")]), lambda: Encoder(wide=["c"])):
        with pytest.raises(ValueError, match="column 'c', row 2: .*fill"):
            make().fit({"c": masked})
    assert Encoder(wide=["c"]).fit({"c": masked[:2]}).n_wide == 3
    for values in ([1, 2], ["a", "b"]):
        with pytest.raises(ValueError, match="column 'c', row 1: a missing value, None"):
            Encoder(wide=["c"]).fit({"c": np.ma.masked_array(values, [0, 1])})
    words = np.array(["a", "b"], object)
    with pytest.raises(ValueError, match="row 1: a missing value"):
        Encoder(wide=["c"]).fit({"c": np.ma.masked_array(words, [0, 1])})
    assert words.tolist() == ["a", "b"]  # nothing is written into what was handed in


def test_times_among_objects_are_no_numbers():
    for values in ([np.timedelta64(1, "D"), np.timedelta64(2, "h")], [np.datetime64("2020-01-01"), 18000.0]):
        with pytest.raises(ValueError, match="'c', row 0: .*is not a number"):
            Encoder(numbers=[Standard("c")]).fit({"c": values})


@pytest.mark.parametrize(
    "value, text",
    [("a" * 58, repr("a" * 58)), ("a" * 59, repr("a" * 59)[:57] + "..."), (np.str_("b"), "'b'"), ("c\n  d", r"'c\n d'"),
     ([1,  2], "[1, 2]")],
    ids=["fits", "one too long", "NumPy's", "line ends", "list"],
)  # fmt: skip
def test_a_value_is_shown_in_at_most_sixty_characters(value, text):
    assert shown(value) == text and len(shown(value)) <= 60
