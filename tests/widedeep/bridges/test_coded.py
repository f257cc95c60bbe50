"""Coded columns give what the same values give spelled out; their codes are of use and never wrong."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widedeep import Bag, Category, Cross, Encoder, Hashed, WithMissing
from widedeep.bridges.coded import Coded, coded
from widedeep.cells import cells
from widedeep.table import Sheet

WORDS = np.array(["never", "b", "a", "rare"], object)
CODES = np.array([2, 1, 2, 1, 2, 2, 1, 3, 1, 2])  # a, b, a, b, ...; the first word stands in no row


def plain(column):
    return np.array(column.tolist(), object)


def test_values_are_spelled_out_and_kept_once_in_order_of_appearance() -> None:
    column = coded(WORDS, CODES)
    assert isinstance(column, Coded) and column.tolist() == WORDS[CODES].tolist()
    assert column.distinct.tolist() == ["a", "b", "rare"]
    assert column.distinct[column.codes].tolist() == column.tolist()


def test_where_codes_save_nothing_the_column_is_plain() -> None:
    assert type(coded(WORDS, np.array([0, 1, 2, 3]))) is np.ndarray
    assert type(coded(WORDS, CODES)[:3]) is np.ndarray


@given(
    st.lists(st.text(max_size=3), min_size=1, max_size=5, unique=True).flatmap(
        lambda words: st.tuples(
            st.just(words),
            st.lists(st.integers(0, len(words) - 1), min_size=1, max_size=40),
            st.lists(st.booleans(), min_size=40, max_size=40),
        )
    )
)
def test_some_rows_of_it_say_the_same_twice(drawn) -> None:
    words, codes, kept = drawn
    column = coded(np.array(words, object), np.array(codes))
    for at in (np.array(kept[: len(codes)], bool), slice(None, None, 2), np.arange(len(codes))[::-1]):
        found = column[at]
        assert found.tolist() == plain(column)[at].tolist()
        if isinstance(found, Coded):
            assert found.distinct[found.codes].tolist() == found.tolist()
            assert sorted(set(found.tolist())) == sorted(found.distinct.tolist())  # none unused


@pytest.mark.parametrize(
    "columns",
    [
        [Category("word")],
        [Category("word", min_count=4)],
        [WithMissing(Category("word"))],
        [Category("word"), Category("other"), Cross("word", "other")],
        [Hashed("word", 7)],
        [Category("other"), Bag("word", sep="a")],
    ],
    ids=["category", "rare", "missing", "cross", "hashed", "bag"],
)
def test_an_encoder_learns_and_gives_the_same_from_both(columns) -> None:
    rng = np.random.default_rng(0)
    words, codes = np.array(["x", "aa", "", "y y", "Z"], object), rng.integers(0, 5, (2, 200))
    tables = [{"word": coded(words, codes[0]), "other": coded(words, codes[1])}]
    tables.append({name: plain(column) for name, column in tables[0].items()})
    found = [Encoder(wide=columns, deep=columns[:1]).fit(table) for table in tables]
    assert found[0].fingerprint == found[1].fingerprint
    rows = {"word": coded(np.append(words, ["unseen"]), rng.integers(0, 6, 90)), "other": tables[0]["other"][:90]}
    for table in (tables[0], rows):
        a, b = found[0].encode(table), found[1].encode({name: plain(column) for name, column in table.items()})
        np.testing.assert_array_equal(a.wide, b.wide)
        np.testing.assert_array_equal(a.deep, b.deep)


def test_a_missing_value_is_one_value_more_or_refused_by_its_row() -> None:
    words = np.array(["a", "b", None], object)
    column = coded(words, np.array([0, 1, 0, 0, 2, 1, 0, 2]))
    both = [Encoder(deep=[WithMissing(Category("word"))]).fit({"word": values}) for values in (column, plain(column))]
    assert both[0].fingerprint == both[1].fingerprint
    np.testing.assert_array_equal(both[0].encode({"word": column}).deep, both[1].encode({"word": plain(column)}).deep)
    with pytest.raises(ValueError, match=r"column 'word', row 4: a missing value, None"):
        Encoder(deep=["word"]).fit({"word": column})


def test_values_that_stand_twice_are_counted_together() -> None:
    column = coded(np.array(["a", "a", "b"], object), np.array([0, 0, 1, 1, 2, 0, 1]))
    assert type(column) is np.ndarray and column.tolist().count("a") == 6


def test_what_cannot_be_a_cell_is_named_by_its_own_row() -> None:
    column = coded(np.array(["a", float("nan"), b"x"], object), np.array([0, 0, 0, 0, 0, 1, 0, 2]))
    with pytest.raises(ValueError, match="column 'word', row 5: a missing value, nan"):
        Encoder(deep=["word"]).fit({"word": column})


def test_each_different_value_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr("widedeep.table.cells", lambda name, values: seen.append(len(values)) or cells(name, values))
    column = coded(WORDS, np.tile(CODES, 50))
    Encoder(deep=[WithMissing(Category("word"))]).fit({"word": column}).encode({"word": column})
    assert seen == [3, 3]
    assert Sheet({"word": column}, ["word"])["word"] is column


def test_it_cannot_be_written_into_and_what_is_computed_of_it_is_plain() -> None:
    column = coded(WORDS, CODES)
    with pytest.raises(ValueError, match="read-only"):
        column[0] = "other"
    with pytest.raises(ValueError, match="read-only"):
        column.distinct[0] = "other"
    copy = column.copy()
    copy[0] = "other"
    assert getattr(copy, "codes", None) is None and Sheet({"w": copy}, ["w"]).cells("w")[0] == "other"
    assert type(column == "a") is np.ndarray and (column == "a").sum() == 5
    again = pickle.loads(pickle.dumps(column))
    assert again.tolist() == column.tolist()
    assert column[0] == "a" and column[-1] == "a"
