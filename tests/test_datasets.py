"""Tables, CSV files, the bundled census and the generated app store. All offline."""

import gzip
import hashlib
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from widedeep.datasets import Dataset, DataUnavailable, adult, appstore, read_csv, take


def csv_file(folder, text, encoding="utf-8"):
    path = folder / "some.csv"
    path.write_bytes(text.encode(encoding))
    return path


def assert_partition(parts, n):
    """The parts share no row and leave none out."""
    assert list(parts) == ["train", "validation", "test"]
    together = np.concatenate(list(parts.values()))
    assert together.size == n
    np.testing.assert_array_equal(np.sort(together), np.arange(n))


# ---- tables


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


# ---- CSV


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


# ---- Adult


@pytest.fixture(scope="module")
def census():
    return adult.load()


def test_adult_has_the_published_counts(census):
    t, y = census.table, census.labels
    assert y.shape == (48_842, 1) and y.dtype == np.float32 and set(np.unique(y)) == {0.0, 1.0}
    assert y[:16_281].sum() == 3_846 and y[16_281:].sum() == 7_841  # adult.test, adult.data
    missing = {name: int((column == "?").sum()) for name, column in t.items() if column.dtype.kind == "U"}
    assert {name: count for name, count in missing.items() if count} == {
        "workclass": 2_799,
        "occupation": 2_809,
        "native_country": 857,
    }
    assert list(t) == [
        "age",
        "workclass",
        "fnlwgt",
        "education",
        "education_num",
        "marital_status",
        "occupation",
        "relationship",
        "race",
        "sex",
        "capital_gain",
        "capital_loss",
        "hours_per_week",
        "native_country",
    ]
    assert {name for name in t if t[name].dtype == np.int64} == {
        "age",
        "fnlwgt",
        "education_num",
        "capital_gain",
        "capital_loss",
        "hours_per_week",
    }
    assert {len(column) for column in t.values()} == {48_842}
    assert t["age"].min() == 17 and t["age"].max() == 90 and t["capital_gain"].max() == 99_999


def test_adult_starts_with_adult_test_and_goes_on_with_adult_data(census):
    t = census.table
    first = (t["age"][0], t["workclass"][0], t["education"][0], t["occupation"][0])
    assert first == (25, "Private", "11th", "Machine-op-inspct")  # line 1 of UCI's adult.test
    second = (t["age"][16_281], t["workclass"][16_281], t["fnlwgt"][16_281], t["capital_gain"][16_281])
    assert second == (39, "State-gov", 77_516, 2_174)  # line 1 of UCI's adult.data


def test_adult_random_split_is_the_formula(census):
    p = np.random.default_rng(2024).permutation(48_842)
    parts = census.splits["random"]
    assert_partition(parts, 48_842)
    np.testing.assert_array_equal(parts["validation"], p[:3_907])  # a tenth of int(0.8 n) = 39,073
    np.testing.assert_array_equal(parts["train"], p[3_907:39_073])
    np.testing.assert_array_equal(parts["test"], p[39_073:])


def test_adult_official_split_is_the_formula(census):
    p = 16_281 + np.random.default_rng(2024).permutation(32_561)
    parts = census.splits["official"]
    assert_partition(parts, 48_842)
    np.testing.assert_array_equal(parts["validation"], p[:3_256])
    np.testing.assert_array_equal(parts["train"], p[3_256:])
    np.testing.assert_array_equal(parts["test"], np.arange(16_281))


def test_adult_refuses_another_file(monkeypatch):
    monkeypatch.setattr(adult, "SHA256", "0" * 64)
    with pytest.raises(ValueError, match="adult.csv.gz: SHA-256 is 838d.*install the package again"):
        adult.load()


def test_adult_names_its_makers_and_its_licence(census):
    assert "Becker" in census.citation and "10.24432/C5XW20" in census.citation and "CC BY 4.0" in census.citation
    folder = os.path.dirname(adult.__file__)
    with open(os.path.join(folder, "adult.LICENSE.md"), encoding="utf-8") as file:
        text = file.read()
    assert "10.24432/C5XW20" in text and "What was changed" in text
    with open(os.path.join(folder, adult.FILE), "rb") as file:
        assert gzip.decompress(file.read()).startswith(b"age,workclass,fnlwgt,")


# ---- the app store


@pytest.fixture(scope="module")
def world():
    return appstore.world(seed=0)


def digest(data):
    """One number for everything in a data set."""
    text = repr([(name, column.tolist()) for name, column in data.table.items()]) + repr(data.labels.tolist())
    return hashlib.sha256(text.encode()).hexdigest()


def test_appstore_same_seed_same_set_in_another_process_too(world):
    assert digest(appstore.load(0)) == digest(world.dataset)
    assert digest(appstore.load(1)) != digest(world.dataset)
    code = (
        "import hashlib; from widedeep.datasets import appstore; d = appstore.load(0); "
        "text = repr([(name, column.tolist()) for name, column in d.table.items()]) + repr(d.labels.tolist()); "
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "7",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == digest(world.dataset)


@pytest.mark.parametrize("seed", range(3))
def test_appstore_never_shows_an_installed_app_nor_one_app_twice(seed):
    t = appstore.load(seed).table
    assert not any(title in bag for title, bag in zip(t["title"].tolist(), t["installed"]))
    assert len(set(zip(t["user"].tolist(), t["item"].tolist()))) == len(t["user"]) == 36_000
    sizes = [len(bag) for bag in t["installed"]]
    assert min(sizes) == 3 and max(sizes) == 10
    assert all(len(set(bag)) == len(bag) for bag in t["installed"])


def test_appstore_split_is_the_formula_and_large_enough(world):
    p = np.random.default_rng(2024).permutation(36_000)
    parts = world.dataset.splits["random"]
    assert_partition(parts, 36_000)
    np.testing.assert_array_equal(parts["train"], p[:25_200])
    np.testing.assert_array_equal(parts["validation"], p[25_200:28_800])


def test_appstore_users_and_items_join_into_the_table(world):
    d = world.dataset
    assert next(iter(d.users)) == "user" and next(iter(d.items)) == "item"
    assert set(d.users) | set(d.items) == set(d.table)
    assert len(set(d.items["title"].tolist())) == 80 and len(set(d.items["category"].tolist())) == 10
    for side, key in ((d.users, "user"), (d.items, "item")):
        for name, column in side.items():
            assert column[d.table[key]].tolist() == d.table[name].tolist()


def test_appstore_truth_is_calibrated_and_gives_the_best_log_loss(world):
    d = world.dataset
    y, z = d.labels.astype(np.float64), world.logits
    assert y.shape == z.shape == (36_000, 1)
    p = 1 / (1 + np.exp(-z))
    spread = np.sqrt((p * (1 - p)).sum())  # of the number of ones
    assert abs(y.sum() - p.sum()) < 4 * spread
    test = d.splits["random"]["test"]
    loss = np.logaddexp(0, z[test]) - y[test] * z[test]
    assert d.best_log_loss == pytest.approx(loss.mean(), abs=1e-12)
    assert 0.45 < d.best_log_loss < 0.53


def test_appstore_exceptions_are_rare_strong_and_in_the_logits(world):
    assert len(world.exceptions) == int(0.03 * 80 * 79)
    assert {effect for _, _, effect in world.exceptions} == {-4.0, 4.0}
    assert world.exceptions == sorted(world.exceptions)
    assert all(installed != shown for installed, shown, _ in world.exceptions)
    effects = {(installed, shown): effect for installed, shown, effect in world.exceptions}
    t = world.dataset.table
    total = np.array(
        [sum(effects.get((app, title), 0.0) for app in bag) for title, bag in zip(t["title"].tolist(), t["installed"])]
    )
    rest = world.logits[:, 0] - total  # taste and life alone know no exception
    assert np.abs(rest).max() < 6 and np.abs(world.logits).max() > 6
    assert abs(np.corrcoef(rest, total)[0, 1]) < 0.05
    assert 0.10 < (total != 0).mean() < 0.25
    rate = {effect: world.dataset.labels[total == effect].mean() for effect in (-4.0, 0.0, 4.0)}
    assert rate[-4.0] < 0.15 and 0.4 < rate[0.0] < 0.6 and rate[4.0] > 0.85


def test_appstore_exceptions_are_seen_often_enough_to_be_learned(world):
    table, _ = world.dataset.rows("random", "train")
    seen = Counter((app, title) for title, bag in zip(table["title"].tolist(), table["installed"]) for app in bag)
    times = [seen[installed, shown] for installed, shown, _ in world.exceptions]
    assert np.median(times) >= 15
