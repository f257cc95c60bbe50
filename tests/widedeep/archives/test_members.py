"""The zip against itself: whatever it claims has to agree with the length of the file."""

import io
import struct
import zipfile

import numpy as np
import pytest

from benchmarks.mutants import bytes_of, packed
from widedeep.archives.members import Members
from widedeep.archives.schema import Unfit

ARRAYS = {"a": np.arange(6.0).reshape(2, 3), "b": np.zeros((0, 4), np.float32), "c": np.float64(3.0)}
WHOLE = packed({f"{name}.npy": bytes_of(array) for name, array in ARRAYS.items()})


def refused(file, words):
    with pytest.raises(Unfit, match=words):
        Members(io.BytesIO(file))


def directory(file, name, field, form, value):
    """The central directory's entry of this name, with another value in one field."""
    changed = bytearray(file)
    at = changed.index(name.encode(), changed.index(b"PK\x01\x02")) - 46
    struct.pack_into(form, changed, at + field, value)
    return bytes(changed)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_come_back_as_numpy_reads_them(compressed, order):
    file = io.BytesIO()
    arrays = {name: np.asarray(array, order=order) for name, array in ARRAYS.items()} | {"d": np.arange(3, dtype=">f4")}
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    members = Members(file)
    for name, array in arrays.items():
        came = members.array(name)
        assert came.dtype == array.dtype.newbyteorder("=") and came.shape == array.shape
        assert came.tolist() == array.tolist()


def test_what_stands_before_between_or_behind_is_refused():
    refused(b"#!" + WHOLE, "overlaps another, or something stands before it")
    refused(WHOLE + b"\0", "something stands behind its end")
    commented = io.BytesIO(WHOLE)
    with zipfile.ZipFile(commented, "a") as archive:
        archive.comment = b"hello"
    refused(commented.getvalue(), "something stands behind its end")


def test_an_entry_that_lies_is_refused():
    refused(directory(WHOLE, "a.npy", 8, "<H", 1), "encrypted, or packed in another way")
    refused(directory(WHOLE, "a.npy", 10, "<H", 12), "encrypted, or packed in another way")
    refused(directory(WHOLE, "a.npy", 24, "<I", 2**31), "claims 2,147,483,648 bytes")
    refused(directory(WHOLE, "b.npy", 42, "<I", 0), "overlaps another")
    refused(directory(WHOLE, "c.npy", 20, "<I", 10**6), "reach beyond the end|claims")


def test_names_that_stand_twice_and_what_is_no_array_are_refused():
    data = bytes_of(np.zeros(2))
    refused(packed([("a.npy", data), ("a.npy", data)]), "'a.npy' stands in it twice")
    refused(packed([("a.txt", b"text")]), "'a.txt' is no array")
    refused(packed([("a.npy", b"text")]), "'a' is no plain array of numbers")
    refused(packed([("a.npy", data[:-1])]), r"says \(2,\) of float64, and has 15 bytes")
    refused(packed([("a.npy", data + b"\0")]), r"says \(2,\) of float64, and has 17 bytes")


@pytest.mark.parametrize(
    "array",
    [np.array(["x"]), np.zeros(2, complex), np.zeros(2, bool), np.zeros(2, "M8[s]"), np.zeros(2, [("a", "f4")])],
    ids=lambda array: str(array.dtype),
)
def test_what_are_no_numbers_is_refused(array):
    refused(packed([("a.npy", bytes_of(array))]), "no plain array of numbers")


def test_no_member_is_written_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = bytes_of(np.zeros(2))
    members = Members(io.BytesIO(packed([("../up.npy", data), ("/root.npy", data)])))
    assert members.array("../up").tolist() == [0, 0] and list(tmp_path.iterdir()) == []


def test_settings_that_are_no_json_or_say_something_twice_are_refused():
    def settings(text, dtype=np.uint8):
        return Members(io.BytesIO(packed([("about.npy", bytes_of(np.frombuffer(text, dtype)))]))).settings("about")

    assert settings(b'{"a": [1, "x"]}') == {"a": [1, "x"]}
    for text in (b"", b"{", b"\xff", b"[" * 100_000):
        with pytest.raises(Unfit, match="'about' is no JSON"):
            settings(text)
    with pytest.raises(Unfit, match="'a' stands in it twice"):
        settings(b'{"b": {"a": 1, "a": 2}}')
    with pytest.raises(Unfit, match="want bytes"):
        settings(b"[1, 2]  ", np.float64)


def test_a_type_that_this_machine_has_not_is_named():
    data = bytes_of(np.zeros(2)).replace(b"'<f8'", b"'<f7'")
    refused(packed([("a.npy", data)]), "the member 'a' is of <f7, which this machine has not")


def test_a_member_that_ends_before_its_length_is_refused():
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", bytes_of(np.zeros(1000))[:-8])
    short, size = whole.getvalue(), struct.pack("<I", 128 + 7992)
    assert short.count(size) == 2  # beside the member, and in the directory
    members = Members(io.BytesIO(short.replace(size, struct.pack("<I", 128 + 8000))))
    with pytest.raises(Unfit, match="the member 'a' ends after 7992 of 8000 bytes"):
        members.array("a")
