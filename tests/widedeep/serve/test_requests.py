"""Requests: whatever comes becomes a table, or one sentence with the place in the request."""

import json

import pytest

from widedeep.serve.requests import Refused, read_json, read_rows, read_wanted, refused_by_encoder


def refused(call, *args):
    with pytest.raises(Refused) as caught:
        call(*args)
    return caught.value


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"1" * 10_000, b'{"a": ' * 50_000], ids=range(6))
def test_what_is_not_json_is_400(body):
    error = refused(read_json, body)
    assert error.status == 400 and len(str(error)) < 200


def test_what_is_no_object_is_422():
    assert refused(read_json, b"[1]").status == 422


@pytest.mark.parametrize(
    "body, field, said",
    [
        ({}, "rows", "missing"),
        ({"rows": []}, "rows", "0 rows; want 1 to 5"),
        ({"rows": [{}] * 6}, "rows", "6 rows"),
        ({"rows": {}}, "rows", "list"),
        ({"rows": [3]}, "rows[0]", "{column: value}"),
        ({"rows": [], "x": 1}, "x", "unknown"),
        ({"rows": ["OK", {"height": 3}]}, "rows[1].height", "unknown 'height'; want education, occupation"),
        ({"rows": ["OK", {"age": None}]}, "rows[1].age", "null"),
        ({"rows": ["OK", {"age": "41"}]}, "rows[1].age", "no number"),
        ({"rows": ["OK", {"age": True}]}, "rows[1].age", "no number"),
        ({"rows": ["OK", {"age": float("nan")}]}, "rows[1].age", "nan; want a finite number"),
        ({"rows": ["OK", {"age": float("inf")}]}, "rows[1].age", "inf; want"),
        ({"rows": ["OK", {"age": 10**400}]}, "rows[1].age", "too large"),
        ({"rows": ["OK", {"education": ["Masters"]}]}, "rows[1].education", "single value"),
        ({"rows": ["OK", {"education": float("nan")}]}, "rows[1].education", "nan"),
    ],
)
def test_the_field_at_fault_is_named(table_served, row, body, field, said):
    body = json.loads(json.dumps(body))
    if isinstance(body.get("rows"), list) and body["rows"][:1] == ["OK"]:
        body["rows"] = [row, row | body["rows"][1]]
    error = refused(read_rows, body, table_served.fields, 5)
    assert (error.status, error.field) == (422, field) and said in str(error)


def test_rows_become_columns(table_served, row):
    table = read_rows({"rows": [row, row | {"age": 20.5}]}, table_served.fields, 5)
    assert table == {"education": ["Masters"] * 2, "occupation": ["Sales"] * 2, "age": [41, 20.5],
                     "capital_gain": [0, 0]}  # fmt: skip


@pytest.mark.parametrize("bag", ["Chess", [["Chess"]], [None], [1.5], {"a": 1}])
def test_a_bag_is_a_list_of_values(people_served, bag):
    row = {field.name: field.usual for field in people_served.fields} | {"installed": bag}
    assert refused(read_rows, {"rows": [row]}, people_served.fields, 5).field == "rows[0].installed"


@pytest.mark.parametrize(
    "body, field",
    [
        ({}, "user"),
        ({"user": 1, "likes": ["a"]}, "user"),
        ({"user": 1.5}, "user"),
        ({"user": True}, "user"),
        ({"likes": []}, "likes"),
        ({"likes": [["a"]]}, "likes"),
        ({"user": 1, "k": 0}, "k"),
        ({"user": 1, "k": 101}, "k"),
        ({"user": 1, "k": True}, "k"),
        ({"user": 1, "mix": 1.01}, "mix"),
        ({"user": 1, "mix": float("nan")}, "mix"),
        ({"user": 1, "about": 3}, "about"),
        ({"user": 1, "top": 3}, "top"),
    ],
)
def test_what_recommend_is_asked(body, field):
    error = refused(read_wanted, body)
    assert (error.status, error.field) == (422, field)


def test_defaults_of_recommend():
    assert read_wanted({"user": 3}) == (3, [], {}, 10, 0.5)


def test_the_encoders_words_get_their_place():
    error = refused_by_encoder(ValueError("column 'age', row 3: nan; want finite numbers"))
    assert (error.status, error.field) == (422, "rows[3].age")
    assert refused_by_encoder(ValueError("column 'n' holds -5; log1p wants")).field == "rows.n"
    assert refused_by_encoder(ValueError("an empty table")).field == "rows"
