"""Tables as people have them (cases/): each is read as its plain twin, and what was recognised is said."""

import csv
from pathlib import Path

import numpy as np
import pytest

pa = pytest.importorskip("pyarrow", reason="no pyarrow: pip install 'widedeep[tables]'")

from widedeep.auto.reading import read_rows  # noqa: E402
from widedeep.auto.run_train import main  # noqa: E402
from widedeep.bridges.tables import read_chunks, read_table  # noqa: E402
from widedeep.datasets import adult, read_csv  # noqa: E402

CASES = Path(__file__).parent / "cases"
PLAIN = CASES / "tab.tsv"  # nothing is odd but the tabs


def plain():
    with open(PLAIN, newline="") as file:
        names, *rows = csv.reader(file, delimiter="\t")
    table = dict(zip(names, zip(*rows), strict=True))
    return {"id": [int(v) for v in table["id"]], "region": table["region"], "label": table["label"],
            "amount": [float(v) for v in table["amount"]]}  # fmt: skip


def read(name, **settings):
    said = []
    return read_table(CASES / name, say=said.append, **settings), said


@pytest.mark.parametrize(
    "name, said",
    [
        ("tab.tsv", ["read with tabs between the values"]),
        ("thousands.csv", ["amount: numbers with a comma between thousands"]),
        ("semicolon_decimal_comma.csv",
         ["read with semicolons between the values", "amount: numbers with a decimal comma"]),
    ],
)  # fmt: skip
def test_a_table_is_read_as_its_plain_twin(name, said):
    table, told = read(name)
    assert told == said
    assert list(table) == ["id", "region", "amount", "label"]
    assert table["id"].dtype == np.int64 and table["amount"].dtype == np.float64
    for column, values in plain().items():
        assert table[column].tolist() == list(values)


@pytest.mark.parametrize("name", ["missing.csv", "na_words.csv"])
def test_missing_values(name):
    """Every fifth amount, every seventh region."""
    table, said = read(name)
    twin = plain()
    assert said == [] and np.isnan(table["amount"]).sum() == 8 and (table["region"] == None).sum() == 5  # noqa: E711
    for got, want in zip(table["amount"], twin["amount"], strict=True):
        assert np.isnan(got) or got == want
    for got, want in zip(table["region"], twin["region"], strict=True):
        assert got is None or got == want


def test_a_newline_inside_a_value():
    table, _ = read("quoted_newlines.csv")
    assert len(table["id"]) == 40 and sum("\n" in region for region in table["region"]) > 0
    assert table["amount"].tolist() == plain()["amount"]


def test_another_encoding_is_said():
    table, said = read("latin1.csv")
    assert said == ["read as cp1252: the file is no UTF-8"]
    assert len(table["id"]) == 40 and any(ord(c) > 127 for region in table["region"] for c in region)
    assert not any("\ufffd" in region for region in table["region"])


def test_dates_stay_text_of_which_train_makes_days(tmp_path):
    table, _ = read("dates.csv")
    assert table["when"][0] == "2024-02-02"
    assert main([str(CASES / "dates.csv"), "--label", "label", "--budget", "2", "--out", str(tmp_path / "m.npz")]) == 0


def test_lines_of_another_length_are_set_aside_and_counted(tmp_path):
    path = tmp_path / "ragged.csv"
    path.write_bytes((CASES / "ragged.csv").read_bytes())
    said = []
    table = read_table(path, say=said.append)
    assert len(table["id"]) == 38
    assert said[0].startswith("2 lines have another number of values than the 4 columns, as line 10, which has 5")
    aside = (tmp_path / "ragged.csv.ragged.csv").read_text().splitlines()
    lines = path.read_text().splitlines()
    assert aside == [lines[0], lines[9], lines[20]]
    with pytest.raises(ValueError, match="2 lines .* as line 10.*a comma inside a value needs quotes around it"):
        read_table(path, ragged="stop")
    with pytest.raises(ValueError, match="2 lines"):
        list(read_chunks(path, 10))


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_train_takes_every_one(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    path.write_bytes((CASES / name).read_bytes())
    assert main([str(path), "--label", "label", "--budget", "2"]) == 0, capsys.readouterr().err
    assert (tmp_path / "model.npz").exists()


def test_what_pandas_writes_by_default(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(",a,b\n0,x,1\n1,y,2\n")
    said = []
    table = read_table(path, say=said.append)
    assert {name: column.tolist() for name, column in table.items()} == {"a": ["x", "y"], "b": [1, 2]}
    assert said == ["the first column has no name and is left out: row numbers, as pandas writes them"]


@pytest.mark.parametrize(
    "values, wanted",
    [
        (["1", "2"], [1, 2]),
        (["1", "2.5"], [1.0, 2.5]),
        (["1", "NA", "3"], [1.0, None, 3.0]),
        (["007", "8"], ["007", "8"]),
        (["1e3", "-.5"], [1000.0, -0.5]),
        (["9223372036854775808", "1"], ["9223372036854775808", "1"]),
        (["1,5", "2"], ["1,5", "2"]),  # with commas between values this is no number, nor are these thousands
        (["1,000", "2"], [1000, 2]),
        (["1,000.5", "20"], [1000.5, 20.0]),
        (["12,34", "1"], ["12,34", "1"]),
        ([" 1", "2 "], [1, 2]),
        (["yes", ""], ["yes", None]),
        (["1_000", "2"], ["1_000", "2"]),
        (["NA", "N/A"], [None, None]),
    ],
)
def test_what_a_column_is(tmp_path, values, wanted):
    path = tmp_path / "x.csv"
    path.write_text("k,v\n" + "".join(f'r{k},"{value}"\n' for k, value in enumerate(values)))
    found = [None if value != value else value for value in read_table(path)["v"].tolist()]
    assert found == wanted and list(map(type, found)) == list(map(type, wanted))


@pytest.mark.parametrize("values, wanted", [(["1,5", "2"], [1.5, 2.0]), (["1.234,5", "7"], [1234.5, 7.0]),
                                            (["1.5", "2"], [1.5, 2.0]), (["1.234", "2"], [1.234, 2.0])])  # fmt: skip
def test_decimal_commas_stand_between_semicolons(tmp_path, values, wanted):
    path = tmp_path / "x.csv"
    path.write_text("k;v\n" + "".join(f"r{k};{value}\n" for k, value in enumerate(values)))
    assert read_table(path)["v"].tolist() == wanted


def test_a_header_that_is_missing_is_asked_for(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("ann,31\nbob,45\n")
    with pytest.raises(ValueError, match="line 1 looks like a row, since '31' is a number; .* or header=False"):
        read_table(path)
    assert list(read_table(path, header=False)) == ["column 1", "column 2"]
    table = read_table(path, header=False, names=["who", "age"])
    assert table["who"].tolist() == ["ann", "bob"] and table["age"].tolist() == [31, 45]
    with pytest.raises(ValueError, match="1 names for 2 columns"):
        read_table(path, header=False, names=["who"])


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "an empty file; want a line with the names"),
        (b"a,b\n", "a header and no rows"),
        (b"a,a\n1,2\n", "a name of its own; empty or given twice: 'a'"),
        (b"a,,c\n1,2,3\n", "empty or given twice: ''"),
    ],
    ids=["empty", "no rows", "twice", "no name"],
)
def test_what_is_no_table_is_refused(tmp_path, content, words):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    for read_it in (read_table, lambda path: read_rows(path, print)):
        with pytest.raises(ValueError, match=words):
            read_it(path)


@pytest.mark.parametrize(
    "content, wanted, said",
    [
        ("a,b\nü,1\n".encode("utf-16"), "ü", ["read as utf-16: the file is no UTF-8"]),
        (b"a,b\n\x81\xe9,1\n", "\x81é", ["read as latin-1: the file is no UTF-8"]),
        ("\ufeffa,b\nü,1\n".encode(), "ü", []),
        (b"a;b\r\nx;1\r\n", "x", ["read with semicolons between the values"]),
        (b"a, b\nx, 1\n\n", "x", []),
    ],
    ids=["utf-16", "latin-1", "byte order mark", "line ends of Windows", "spaces and blank lines"],
)
def test_encodings_and_line_ends(tmp_path, content, wanted, said):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    told = []
    table = read_table(path, say=told.append)
    assert {name: column.tolist() for name, column in table.items()} == {"a": [wanted], "b": [1]} and told == said


def test_a_quote_that_is_never_closed_and_a_cell_without_end(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('a,b\nz,3\n"x,1\ny,2\n')
    said = []
    assert read_table(path, say=said.append)["b"].tolist() == [3] and said[0].startswith("1 line has another number")
    path.write_text('a,b\n"' + "z" * 20_000_000 + '",1\n')
    for read_it in (read_table, lambda path: list(read_chunks(path, 2))):
        with pytest.raises(ValueError, match="x.csv: not a table of commas .*block"):
            read_it(path)


def test_a_parquet_file_without_columns(tmp_path):
    pa.parquet.write_table(pa.table({}), tmp_path / "none.parquet")
    with pytest.raises(ValueError, match="none.parquet: no columns"):
        read_table(tmp_path / "none.parquet")


def test_paths_that_are_no_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="gone.csv: no such file; is the path right"):
        read_table(tmp_path / "gone.csv")
    with pytest.raises(ValueError, match="a folder; want a file in it"):
        read_table(tmp_path)
    with pytest.raises(ValueError, match="https://example.org/x.csv: an address, and no file; download it first"):
        read_table("https://example.org/x.csv")
    with pytest.raises(ValueError, match="ragged 'drop'; want 'aside' or 'stop'"):
        read_table(PLAIN, ragged="drop")


def parquet(tmp_path):
    path = tmp_path / "x.parquet"
    columns = {
        "n": pa.array([1, None, 3]), "w": pa.array([1, 2, 3]), "x": pa.array([0.5, None, 2]),
        "c": pa.array(["a", "b", None]).dictionary_encode(), "t": pa.array(["a", None, "c"]),
        "day": pa.array([19000, 19001, None], pa.date32()), "bag": pa.array([["u"], [], None]),
        "yes": pa.array([True, None, False]), "money": pa.array(["1.50", None, "2"]).cast(pa.decimal128(9, 2)),
        "k": pa.array([5, 6, 5]).dictionary_encode(),
    }  # fmt: skip
    pa.parquet.write_table(pa.table(columns), path)
    return path


def test_parquet(tmp_path):
    path = parquet(tmp_path)
    table = read_table(path)
    found = {name: [None if value != value else value for value in column.tolist()] for name, column in table.items()}
    assert found == {
        "n": [1, None, 3], "w": [1, 2, 3], "x": [0.5, None, 2], "c": ["a", "b", None], "t": ["a", None, "c"],
        "day": ["2022-01-08", "2022-01-09", None], "bag": [("u",), (), None], "yes": ["true", None, "false"],
        "money": [1.5, None, 2], "k": [5, 6, 5],
    }  # fmt: skip
    assert table["w"].dtype == np.int64 and table["n"].dtype == np.float64
    chunks = list(read_chunks(path, 2))
    assert [len(chunk["w"]) for chunk in chunks] == [2, 1] and chunks[1]["c"].tolist() == [None]
    (tmp_path / "cut.parquet").write_bytes(path.read_bytes()[:-10])
    for read_it in (read_table, lambda path: list(read_chunks(path, 2))):
        with pytest.raises(ValueError, match="cut.parquet: not a whole Parquet file .*was it cut short"):
            read_it(tmp_path / "cut.parquet")


def test_chunks_are_the_table(tmp_path, monkeypatch):
    table, chunks = read_table(PLAIN), list(read_chunks(PLAIN, 7))
    assert [len(chunk["id"]) for chunk in chunks] == [7] * 5 + [5]
    for name, column in table.items():
        assert np.concatenate([chunk[name] for chunk in chunks]).tolist() == column.tolist()


def test_adult_is_read_as_without_it(tmp_path):
    data = adult.load().table
    path = tmp_path / "adult.csv"
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(data)
        writer.writerows(zip(*(column[:500].tolist() for column in data.values())))
    table = read_table(path)
    for name, column in read_csv(path).items():
        assert table[name].tolist() == column.tolist()
