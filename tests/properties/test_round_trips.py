"""Encoders: every id is read back as the cell that it was made of, whatever the cell, and after an archive too."""

import io

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.builders import bags
from tests.properties.strategies import any_text, cells, encoders, tables
from widedeep import Bag, Category, Cross, Encoder, Hashed, Wide, WideDeep, load, save
from widedeep.table import Sheet

some_text = st.lists(any_text, min_size=1, max_size=9)
printable = st.text(st.characters(codec="utf-8"), max_size=6)
FIELDS = ("wide", "deep", "shares", "numbers")


def as_objects(values):
    column = np.empty(len(values), object)
    column[:] = values
    return column


def through_an_archive(encoder):
    """The encoder as a file gives it back."""
    file = io.BytesIO()
    save(file, WideDeep(wide=Wide(encoder.n_wide)), encoder)
    file.seek(0)
    return load(file)[1]


def plain(cell):
    """1, 1.0 and True are one number, spelled 1; a string is itself."""
    return cell if isinstance(cell, str) or cell != int(cell) else int(cell)


@given(some_text, some_text)
def test_any_text_comes_back_as_it_went_in(train, serve):
    encoder = Encoder(wide=[Category("c")]).fit({"c": train})
    for values in (train, as_objects(train)):
        ids = encoder.encode({"c": values}).wide[:, 0]
        assert [encoder.wide[0].values[i - 1] for i in ids] == train
        assert [encoder.wide_name(i) for i in ids] == [f"c={text}" for text in train]
    known = encoder.encode({"c": serve}).wide[:, 0] > 0
    assert known.tolist() == [text in set(train) for text in serve]


@given(st.lists(cells, min_size=1, max_size=9))
def test_mixed_cells_come_back_or_are_refused_as_two_spellings(values):
    try:
        encoder = Encoder(wide=[Category("c")]).fit({"c": values})
    except ValueError as error:
        assert "are two values" in str(error)
        return
    ids = encoder.encode({"c": values}).wide[:, 0]
    assert ids.all() and [encoder.wide[0].values[i - 1] for i in ids] == list(map(plain, values))
    assert encoder.encode({"c": as_objects(values)}).wide[:, 0].tolist() == ids.tolist()
    assume(not any("\ud800" <= letter <= "\udfff" for letter in "".join(v for v in values if isinstance(v, str))))
    again = through_an_archive(encoder)
    assert again.encode({"c": values}).wide[:, 0].tolist() == ids.tolist()
    assert again.wide[0].values == encoder.wide[0].values
    assert list(map(type, again.wide[0].values)) == list(map(type, encoder.wide[0].values))


@given(st.lists(st.lists(any_text, max_size=4).map(tuple), min_size=1, max_size=6))
def test_bags_of_any_text(column):
    encoder = Encoder(deep=[Bag("g")], wide=["c"]).fit({"g": bags(*column), "c": [0] * len(column)})
    for table in ({"g": bags(*column)}, {"g": list(column)}, {"g": list(map(list, column))}):
        batch = encoder.encode(table | {"c": [0] * len(column)})
        read = [tuple(encoder.deep[0].values[i - 1] for i in row if i) for row in batch.deep]
        assert read == list(column)


@given(st.lists(st.lists(any_text, max_size=4), min_size=1, max_size=6), st.sampled_from(["|", ", ", "a"]))
def test_joined_strings_are_what_split_and_strip_make_of_them(column, sep):
    joined = [sep.join(parts) for parts in column]
    sheet = Sheet({"g": joined}, ["g"])
    assert sheet.bags("g", sep) == [tuple(p.strip() for p in text.split(sep) if p.strip()) for text in joined]


@given(some_text, st.lists(st.integers(-3, 3), min_size=9, max_size=9))
def test_a_cross_is_the_pair(words, codes):
    table = {"c": words, "k": codes[: len(words)]}
    encoder = Encoder(wide=[Cross("c", "k")]).fit(table)
    names = [encoder.wide_name(i) for i in encoder.encode(table).wide[:, 0]]
    assert names == [f"c={c} AND k={k}" for c, k in zip(words, table["k"])]
    assert encoder.n_wide == 1 + len(set(zip(words, table["k"])))


@given(st.lists(printable, min_size=1, max_size=9), st.integers(2, 9))
def test_hashed_text_is_where_it_was_in_every_form(words, buckets):
    encoder = Encoder(wide=[Hashed("c", buckets)]).fit({"c": words})
    ids = encoder.encode({"c": words}).wide[:, 0].tolist()
    assert 1 <= min(ids) and max(ids) <= buckets
    assert through_an_archive(encoder).encode({"c": as_objects(words)}).wide[:, 0].tolist() == ids


@given(some_text)
def test_halves_of_surrogate_pairs_are_no_text_to_an_archive(words):
    encoder = Encoder(wide=[Category("c")]).fit({"c": words})
    if not any("\ud800" <= letter <= "\udfff" for word in words for letter in word):
        assert through_an_archive(encoder).fingerprint == encoder.fingerprint
        return
    with pytest.raises(ValueError, match="want text that can be printed"):
        through_an_archive(encoder)


@given(tables(), tables(), st.data())
def test_an_archive_keeps_every_id_and_number(train, serve, data):
    encoder = data.draw(encoders(train))
    again = through_an_archive(encoder)
    assert again.fingerprint == encoder.fingerprint
    for table in (train, serve):
        one, other = encoder.encode(table), again.encode(table)
        for field in FIELDS:
            np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
            assert getattr(one, field).dtype == getattr(other, field).dtype
    for i in range(encoder.n_wide):
        assert encoder.wide_name(i) == again.wide_name(i)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=9))
def test_whatever_the_width_a_number_has_one_spelling(values):
    assume(all(abs(v) < 1e300 for v in values))
    encoder = Encoder(wide=[Category("c")]).fit({"c": values})
    for form in (np.array(values), as_objects(values), as_objects(list(np.array(values))), tuple(values)):
        assert [encoder.wide[0].values[i - 1] for i in encoder.encode({"c": form}).wide[:, 0]] == values
    with pytest.raises(ValueError, match="are two values"):
        encoder.encode({"c": [str(encoder.wide[0].values[0])]})
