"""Tables of the data sets: rows taken, CSV files read."""

import numpy as np
import pytest

from widedeep.datasets import Dataset, DataUnavailable, read_csv, take


def csv_file(folder, text, encoding="utf-8"):
    path = folder / "some.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_take_gathers_every_column_and_copies():
    bags = np.empty(3, dtype=object)
    bags[:] = [("a",), (), ("a", "b")]
    table = {"x": np.array([1, 2, 3]), "bag": bags}
    got = take(table, np.array([2, 0, 2]))
    assert got["x"].tolist() == [3, 1, 3]
    assert got["bag"].tolist() == [("a", "b"), ("a",), ("a", "b")]
    got["x"][0] = 99
    assert table["x"].tolist() == [1, 2, 3]


def test_take_understands_masks_and_no_rows():
    table = {"x": np.array([1, 2, 3])}
    assert take(table, np.array([True, False, True]))["x"].tolist() == [1, 3]
    assert take(table, [])["x"].shape == (0,)


def test_take_names_columns_of_different_length():
    with pytest.raises(ValueError, match="one length.*'x': 2.*'y': 3"):
        take({"x": np.zeros(2), "y": np.zeros(3)}, np.array([0]))


@pytest.mark.parametrize("rows", [[3], [0.5], [True, False]])
def test_take_refuses_rows_that_are_not_there(rows):
    with pytest.raises(ValueError, match="table of 3 rows"):
        take({"x": np.zeros(3)}, rows)


def test_rows_gathers_table_and_labels_and_names_what_exists():
    data = Dataset(
        name="tiny",
        table={"x": np.array([10, 20, 30])},
        labels=np.array([[0], [1], [1]], dtype=np.float32),
        splits={
            "random": {"train": np.array([2, 0]), "validation": np.array([1]), "test": np.array([], dtype=np.int64)}
        },
        citation="nobody",
    )
    table, labels = data.rows("random", "train")
    assert table["x"].tolist() == [30, 10] and labels.tolist() == [[1], [0]]
    with pytest.raises(ValueError, match="tiny has no split 'official'; it has: random"):
        data.rows("official", "train")
    with pytest.raises(ValueError, match="no part 'valid'; it has: train, validation, test"):
        data.rows("random", "valid")
    with pytest.raises(AttributeError):
        data.name = "frozen"


def test_read_csv_types_each_column_by_its_values(tmp_path):
    table = read_csv(
        csv_file(
            tmp_path, 'n,x,word,zip,gap,big,odd\n1,0.5,"a, b",01234,3,9223372036854775808,1_0\n-2,1e3,c,99999,,1,2\n'
        )
    )
    assert {name: column.dtype.kind for name, column in table.items()} == {
        "n": "i",
        "x": "f",
        "word": "U",
        "zip": "U",
        "gap": "U",
        "big": "U",
        "odd": "U",
    }
    assert table["n"].dtype == np.int64 and table["n"].tolist() == [1, -2]
    assert table["x"].dtype == np.float64 and table["x"].tolist() == [0.5, 1000.0]
    assert table["word"].tolist() == ["a, b", "c"]
    assert table["zip"].tolist() == ["01234", "99999"]  # a code keeps its zero
    assert table["gap"].tolist() == ["3", ""]


def test_read_csv_takes_whole_and_broken_numbers_together_as_float(tmp_path):
    table = read_csv(csv_file(tmp_path, "x,zero\n1,0\n0.5,0.0\nnan,-0\n"))
    np.testing.assert_array_equal(table["x"], [1.0, 0.5, np.nan])
    assert table["zero"].dtype == np.float64


def test_read_csv_skips_blank_lines_spaces_and_a_byte_order_mark(tmp_path):
    table = read_csv(csv_file(tmp_path, "\ufeffa, b\r\n1, 7\r\n\r\n2, 8\r\n"))
    assert list(table) == ["a", "b"] and table["a"].tolist() == [1, 2]
    assert table["b"].dtype == np.int64 and table["b"].tolist() == [7, 8]  # spaces after commas, as UCI writes


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "line 1 should hold the names"),
        ("a,b\n", "a header and no rows"),
        ("a,b\n1,2\n1,2,3\n", "line 3: 3 values for 2 columns"),
        ("a,b\n1\n", "line 2: 1 values for 2 columns"),
        ('a,b\n"x\ny",2\n1\n', "line 4: 1 values"),  # a value with a line break counts its lines
        ("a,b,a\n1,2,3\n", r"given twice: \['a'\]"),
        ("a,\n1,2\n", r"empty or given twice: \[''\]"),
        ('a,b\n1,"2\n', "not CSV"),
    ],
)
def test_read_csv_refuses_what_is_no_table_and_names_the_line(tmp_path, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_csv(csv_file(tmp_path, text))
    assert "some.csv" in str(caught.value)


def test_read_csv_refuses_another_encoding(tmp_path):
    with pytest.raises(ValueError, match="not UTF-8"):
        read_csv(csv_file(tmp_path, "a\ncafé\n", "latin-1"))


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_read_csv_says_which_file_cannot_be_opened(tmp_path, name):
    with pytest.raises(DataUnavailable, match="cannot open .*is the path right"):
        read_csv(tmp_path / name)
