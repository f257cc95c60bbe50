"""Served: the answers are the model's own, alone or computed together."""

import numpy as np
import pytest

from widedeep import OrdinalRegression, explain
from widedeep.serve.requests import Refused, Wanted
from widedeep.serve.served import Served


def test_predictions_are_the_models(table_served, good, check):
    model, encoder = good
    table = {name: check.table[name][:50].tolist() for name in encoder.reads}
    np.testing.assert_array_equal(table_served.predict(table), model.predict(encoder.encode(table))[:, 0])


def test_together_is_as_alone(table_served, row):
    tables = [{name: [value] * n for name, value in (row | {"age": 20 + n}).items()} for n in (1, 3, 2)]
    together = table_served.predict_together(tables)
    assert [len(found) for found in together] == [1, 3, 2]
    for found, table in zip(together, tables):
        np.testing.assert_allclose(found, table_served.predict(table), rtol=1e-6)


def test_one_request_at_fault_leaves_the_others_their_answers(table_served, row):
    ok = {name: [value] for name, value in row.items()}
    bad = ok | {"capital_gain": [-5]}
    first, refused, last = table_served.predict_together([ok, bad, ok])
    assert first == last == table_served.predict(ok)
    assert isinstance(refused, Refused) and refused.field == "rows.capital_gain"


def test_bags_of_unlike_lengths_are_computed_together(people_served):
    usual = {field.name: [field.usual] for field in people_served.fields}
    long = usual | {"installed": [["Bread Diary", "Star Chart", "Radio Owl", "Slide Box"]]}
    together = people_served.predict_together([usual, long])
    np.testing.assert_allclose(
        [p[0] for p in together], [people_served.predict(t)[0] for t in (usual, long)], rtol=1e-5
    )


def test_reasons_are_those_of_explain(table_served, good, row):
    table = {name: [value] for name, value in row.items()}
    want = explain(*good, good[1].encode(table))[0]
    found = table_served.explain(table)[0]
    assert found["reasons"]["logit"] == want.logit and found["probability"] == 1 / (1 + np.exp(-want.logit))
    assert [(term["feature"], term["weight"]) for term in found["reasons"]["wide"]] == want.wide


def test_the_version_is_that_of_weights_and_encoder(good):
    model, encoder = good
    other = model.astype(np.float32)
    assert Served(model, encoder).version == Served(other, encoder).version
    other.b = other.b + 1
    assert Served(model, encoder).version != Served(other, encoder).version


def test_a_model_of_grades_is_refused(good):
    model, encoder = good
    with pytest.raises(ValueError, match="no probability of yes; want a WideDeep, as OrdinalRegression's"):
        Served(OrdinalRegression([1.0, 2.0], np.float32, **model.towers), encoder)


def test_a_table_has_nothing_to_recommend(table_served):
    with pytest.raises(Refused, match="no users and items") as caught:
        table_served.recommend(Wanted(1, [], {}, 3, 0.5))
    assert caught.value.status == 404
