"""Fields: the kinds, known values and usual values that a form and the schema are made from."""

import numpy as np

from tests.builders import bags
from widedeep import Bag, BagWithMissing, Buckets, Category, Cross, Encoder, FillMedian, Hashed, Standard, WithMissing
from widedeep.serve.fields import fields_of


def test_each_column_that_the_encoder_reads_is_one_field(table_served):
    fields = {field.name: field for field in table_served.fields}
    assert list(fields) == list(dict.fromkeys(table_served.encoder.reads))
    assert [field.kind for field in fields.values()] == ["category", "category", "number", "number"]
    assert fields["education"].values[0] == fields["education"].usual == "HS-grad"
    assert fields["age"].whole and 20 < fields["age"].usual < 60
    assert not any(field.optional for field in fields.values())


def test_bags_and_what_may_be_missing():
    table = {"a": ["x", None, "x"], "n": [1.5, None, 3.0], "g": bags(("p",), ("p", "q"), ()), "j": ["u|v", "u", "v"]}
    table |= {"m": bags(("p",), None, ()), "h": ["s", "t", "s"], "k": np.array([1, 2, 3])}
    encoder = Encoder(
        wide=[WithMissing(Category("a")), Bag("g"), Bag("j", sep="|"), BagWithMissing("m"), Cross("h", "k")],
        deep=[Hashed("h", 8)],
        numbers=[FillMedian(Standard("n"))],
    ).fit(table)
    fields = {field.name: field for field in fields_of(encoder)}
    assert {name: field.kind for name, field in fields.items()} == {
        "a": "category", "g": "bag", "j": "bag", "m": "bag", "h": "category", "k": "category", "n": "number"
    }  # fmt: skip
    assert {name for name, field in fields.items() if field.optional} == {"a", "m", "n"}
    assert fields["j"].sep == "|" and fields["g"].sep is None and fields["k"].values == [1, 2, 3]
    assert fields["n"].usual == 2.25 and not fields["n"].whole


def test_every_usual_value_is_one_that_the_model_takes(table_served, people_served):
    for served in (table_served, people_served):
        assert 0 < served.predict({field.name: [field.usual] for field in served.fields})[0] < 1


def test_the_schema_names_type_and_example(table_served):
    schema = {field.name: field.schema() for field in table_served.fields}
    assert schema["age"]["type"] == ["number"] and "string" in schema["education"]["type"]
    optional = Buckets("age", 3)
    optional = fields_of(Encoder(wide=[WithMissing(optional)]).fit({"age": [1.0, 2.0, None]}))[0]
    assert optional.schema()["type"] == ["number", "null"]
