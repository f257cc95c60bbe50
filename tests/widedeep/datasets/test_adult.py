"""Adult: the published counts, its splits, its licence."""

import gzip
import os

import numpy as np
import pytest

from tests.widedeep.datasets.builders import assert_partition
from widedeep.datasets import adult


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
