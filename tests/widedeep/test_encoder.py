"""The encoder: learned on training rows, the same in serving, and read back from JSON."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.widedeep.people import assert_same, make, people
from widedeep import Bag, Buckets, Category, Cross, Deep, Encoder, Quantile, Standard


def test_equal_values_in_two_columns_stay_apart():
    learned = Encoder(wide=[Category("a"), Category("b")]).fit({"a": ["x", "y"], "b": ["y", "x"]})
    assert learned.encode({"a": ["x"], "b": ["x"]}).wide.tolist() == [[1, 4]]
    assert [learned.wide_name(i) for i in range(1, 5)] == ["a=x", "a=y", "b=y", "b=x"]


@pytest.fixture
def others():
    return people(np.random.default_rng(1), 23) | {"city": np.array(["Lima"] * 5 + ["Oslo"] * 18)}


def test_a_batch_has_the_shapes_and_types_it_promises(train):
    learned = make().fit(train)
    batch = learned.encode(train, np.eye(60)[:, :1])
    assert len(batch) == 60 and learned.n_inputs == (4, 2)
    assert batch.wide.dtype == batch.deep.dtype == np.int32
    assert batch.shares.dtype == batch.numbers.dtype == batch.labels.dtype == np.float32
    assert batch.deep.shape == (60, 2 + sum(batch.bags)) and len(batch.bags) == 2
    assert batch.numbers.shape == (60, 2) and batch.labels.shape == (60, 1)
    assert batch.wide.max() < learned.n_wide and batch.deep.max() < learned.n_deep and batch.wide.min() == 0
    assert learned.encode(train, dtype=np.float64).numbers.dtype == np.float64


def test_columns_of_one_value_come_before_bags_whatever_their_order_was(train):
    learned = make().fit(train)
    for row in learned.encode(train).deep:
        words = [learned.deep_name(int(i)) for i in row]
        assert words[0].startswith("city=") and words[1].startswith("age ")
        assert all(" has " in word or word == "nothing known" for word in words[2:])


def test_other_rows_change_nothing_that_was_learned(train, others):
    learned = make().fit(train)
    before, known = learned.encode(train), json.dumps(learned.state())
    learned.encode(others)
    learned.encode({name: column[:1] for name, column in others.items()})
    assert json.dumps(learned.state()) == known
    assert_same(learned.encode(train), before)
    assert json.dumps(make().fit(train).state()) == known


def test_fit_again_forgets_the_first_rows(train, others):
    assert make().fit(train).fit(others).state() == make().fit(others).state()


def test_fit_again_has_another_fingerprint(train, others):
    encoder = make().fit(train)
    first = encoder.fingerprint
    assert encoder.fit(others).fingerprint == make().fit(others).fingerprint != first
    assert encoder.fit(train).fingerprint == first


def test_an_encoder_fits_copies_so_columns_can_be_given_to_another(train, others):
    job, likes = Category("job"), Bag("likes")
    one = Encoder([job, Cross(job, likes)], [likes]).fit(train)
    before = one.encode(others)
    Encoder([job, Cross(job, likes)], [likes]).fit({name: column[:3] for name, column in train.items()})
    assert_same(one.encode(others), before)


def test_serving_row_by_row_is_serving_all_at_once(train, others):
    learned = make().fit(train)
    deep = Deep(learned.n_deep, 3, learned.n_inputs, [5], np.random.default_rng(2), np.float64)
    whole = learned.encode(others, dtype=np.float64)
    z = deep.forward(whole)[0]
    for n in range(len(whole)):
        one = learned.encode({name: column[n : n + 1] for name, column in others.items()}, dtype=np.float64)
        assert set(one.wide[0]) - {0} == set(whole.wide[n]) - {0}
        assert one.numbers.tolist() == whole.numbers[n : n + 1].tolist()
        np.testing.assert_allclose(deep.forward(one)[0][0], z[n], rtol=1e-12)


def test_what_was_not_seen_is_0_and_nothing_else(train, others):
    learned = make().fit(train)
    city = learned.encode(others).deep[:, 0]
    assert (city[:5] == 0).all() and (city[5:] > 0).all()


def test_a_column_that_no_part_reads_may_be_missing(train):
    learned = make().fit(train)
    assert_same(learned.encode({k: v for k, v in train.items() if k != "unused"}), learned.encode(train))


def test_the_table_is_not_touched(train, sealed):
    sealed(*train.values())
    copies = {name: column.copy() for name, column in train.items()}
    make().fit(train).encode(train)
    assert all(copies[name].tolist() == column.tolist() for name, column in train.items())


def holds(feature, row):
    """Is a feature, given by its name, true of a row of the table?  Read from the words alone, for "=" and "has"."""
    for term in feature.split(" AND "):
        if " has " in term:
            name, _, value = term.partition(" has ")
            if value not in row[name]:
                return False
        elif "=" in term:
            name, _, value = term.partition("=")
            if str(row[name]) != value:
                return False
    return True


@pytest.mark.parametrize("tower", ["wide", "deep"])
def test_every_id_has_a_name_of_its_own_that_is_true_of_the_rows_that_have_it(tower, train):
    learned = make().fit(train)
    n, name, ids = {
        "wide": (learned.n_wide, learned.wide_name, learned.encode(train).wide),
        "deep": (learned.n_deep, learned.deep_name, learned.encode(train).deep),
    }[tower]
    names = [name(i) for i in range(n)]
    assert names[0] == "nothing known" and len(set(names)) == n
    for i in range(1, n):
        rows = [n for n in range(60) if holds(names[i], {key: column[n] for key, column in train.items()})]
        having = np.flatnonzero((ids == i).any(axis=1)).tolist()
        assert having, f"{names[i]} is nowhere"
        assert set(having) <= set(rows)
        if "age" not in names[i]:  # buckets are not read from their words here
            assert having == rows


def test_every_bucket_spans_what_its_name_says(train):
    learned = Encoder(wide=[Buckets("age", 5)]).fit(train)
    spans = [sorted(train["age"][learned.encode(train).wide[:, 0] == i]) for i in range(1, learned.n_wide)]
    for below, above in zip(range(1, len(spans)), range(2, len(spans) + 1)):
        cut = spans[above - 1][0]
        assert spans[below - 1][-1] < cut
        assert f"{cut}" in learned.wide_name(below) and f"{cut}" in learned.wide_name(above)


@pytest.mark.parametrize("i", [-1, "n"])
def test_an_id_that_is_none_is_refused(train, i):
    learned = make().fit(train)
    with pytest.raises(ValueError, match="want 0"):
        learned.wide_name(learned.n_wide if i == "n" else i)
    with pytest.raises(ValueError, match="want 0"):
        learned.deep_name(learned.n_deep if i == "n" else i)


def test_the_refusal_names_the_last_id(train):
    learned = make().fit(train)
    with pytest.raises(ValueError, match=rf"want 0 \.\. {learned.n_wide - 1}$"):
        learned.wide_name(learned.n_wide + 5)


def test_state_survives_json(train, others):
    learned = make().fit(train)
    text = json.dumps(learned.state())
    again = Encoder.from_state(json.loads(text))
    assert json.dumps(again.state()) == text
    assert (again.n_wide, again.n_deep, again.n_inputs) == (learned.n_wide, learned.n_deep, learned.n_inputs)
    assert_same(again.encode(others), learned.encode(others))
    assert [again.wide_name(i) for i in range(again.n_wide)] == [learned.wide_name(i) for i in range(learned.n_wide)]
    assert [again.deep_name(i) for i in range(again.n_deep)] == [learned.deep_name(i) for i in range(learned.n_deep)]


def test_an_encoder_out_of_an_archive_can_be_fitted_again(train, others):
    again = Encoder.from_state(json.loads(json.dumps(make().fit(train).state()))).fit(others)
    assert_same(again.encode(others), make().fit(others).encode(others))


@pytest.mark.parametrize("kind", [Category, Buckets, Bag, Cross, Quantile, Standard])
def test_every_kind_of_column_survives_json(kind):
    table = {"x": np.array([1, 2, 2, 5]), "y": np.array(["a", "b", "a", "b"]), "g": np.array(["p|q", "", "q", "p"])}
    build = {
        Category: lambda: Encoder(wide=[Category("x", min_count=2)]),
        Buckets: lambda: Encoder(wide=[Buckets("x", 3)]),
        Bag: lambda: Encoder(deep=[Bag("g", sep="|")]),
        Cross: lambda: Encoder(wide=[Cross("x", "y", Bag("g", sep="|"))]),
        Quantile: lambda: Encoder(numbers=[Quantile("x", 3)]),
        Standard: lambda: Encoder(numbers=[Standard("x", log1p=True)]),
    }[kind]
    learned = build().fit(table)
    again = Encoder.from_state(json.loads(json.dumps(learned.state())))
    assert_same(again.encode(table), learned.encode(table))
    assert (
        again.encode({name: column[::-1] for name, column in table.items()}).wide.shape
        == learned.encode(table).wide.shape
    )


def refusal(table, labels=None, *, fit=True):
    learned = Encoder(wide=[Category("a")], numbers=[Standard("b")])
    if fit:
        learned.fit({"a": ["x", "y"], "b": [1, 2]})
        learned.encode(table, labels)
    else:
        learned.fit(table)


@pytest.mark.parametrize("fit", [True, False], ids=["encode", "fit"])
@pytest.mark.parametrize(
    "table, words",
    [
        ({"a": ["x", "y"]}, "unknown column 'b'; the table has a"),
        ({"a": ["x", "y"], "b": [1]}, "unequal length: {'a': 2, 'b': 1}"),
        ({"a": [], "b": []}, "an empty table"),
        ({"a": np.array([["x", "y"]]), "b": [1]}, r"'a' is \(1, 2\); want \(N,\)"),
        ({"a": "x", "b": 1}, r"'a' is \(\); want \(N,\)"),
        (pd.DataFrame([["x", "y", 1]], columns=["a", "a", "b"]), r"'a' is \(1, 2\).*twice in a DataFrame"),
    ],
    ids=["unknown column", "unequal lengths", "empty", "2-D", "one value", "name twice"],
)
def test_a_table_that_is_none_is_refused(table, words, fit):
    with pytest.raises(ValueError, match=words):
        refusal(table, fit=fit)


@pytest.mark.parametrize(
    "labels, words",
    [
        (np.array([0, 1]), r"labels \(2,\); want \(2, 1\).*y\[:, None\]"),
        (pd.Series([0, 1]), r"labels \(2,\)"),
        (np.array([[0], [1], [1]]), r"labels \(3, 1\); want \(2, 1\)"),
        (np.array([[0, 1], [1, 0]]), r"labels \(2, 2\)"),
        (np.array([[-1], [1]]), "must be 0 or 1.*-1"),
        (np.array([[0.5], [1]]), "must be 0 or 1.*0.5"),
        (np.array([[np.nan], [1]]), "must be 0 or 1.*nan"),
    ],
    ids=["(N,)", "Series", "too many", "two columns", "-1", "0.5", "NaN"],
)
def test_labels_that_are_none_are_refused(labels, words):
    with pytest.raises(ValueError, match=words):
        refusal({"a": ["x", "y"], "b": [1, 2]}, labels)


@pytest.mark.parametrize(
    "labels", [[[0], [1]], np.array([[False], [True]]), np.array([[0.0], [1.0]])], ids=["list", "bool", "float"]
)
def test_labels_of_any_type_become_numbers(labels):
    learned = Encoder(wide=[Category("a")]).fit({"a": ["x", "y"]})
    got = learned.encode({"a": ["x", "y"]}, labels).labels
    assert got.dtype == np.float32 and got.tolist() == [[0], [1]]


def test_encode_before_fit_is_refused(train):
    with pytest.raises(ValueError, match="call fit"):
        make().encode(train)


@pytest.mark.parametrize("tower", ["wide", "deep", "numbers"])
def test_a_column_given_twice_is_refused(tower):
    column = Standard if tower == "numbers" else Category
    with pytest.raises(ValueError, match=rf"{tower} names \['a'\] twice"):
        Encoder(**{tower: [column("a"), column("b"), column("a")]})
    Encoder(wide=[Category("a")], deep=[Category("a")], numbers=[Standard("a")])  # once in each is no mistake


def test_an_encoder_without_columns_is_refused():
    with pytest.raises(ValueError, match="no columns"):
        Encoder()


def test_a_name_in_a_cross_means_the_encoders_own_column(train):
    rare = Category("job", min_count=10**6)
    learned = Encoder(wide=[rare, Cross("job", "city")]).fit(train)
    assert learned.n_wide == 1  # no job is known, so no pair is
    assert Encoder(wide=[Cross("job", "city")]).fit(train).n_wide > 1


def test_shares_of_a_bag_that_has_the_first_ids():
    batch = Encoder(deep=[Bag("g")]).fit({"g": [("a",), ("a", "b"), ()]}).encode({"g": [("a",), ("b", "a"), ("z",)]})
    assert batch.shares.tolist() == [[1.0, 0.0], [0.5, 0.5], [0.0, 0.0]]
