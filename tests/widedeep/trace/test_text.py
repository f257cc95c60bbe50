"""The trace as text and as JSON: every number is there."""

import json
import re

import numpy as np
import pytest

from widedeep.trace.quantity import Quantity, as_words
from widedeep.trace.steps import ARTICLE
from widedeep.trace.text import as_json, as_text, lines_of, shape, shortened


def test_every_quantity_stands_there_with_shape_equation_and_numbers(stops):
    text = as_text(stops)
    for step, said in ARTICLE.items():
        assert f"STEP {step}.  {said}\n" in text
    for stop in stops:
        assert f"\n{stop.number}  {stop.title}\n" in text
        for q in stop.quantities:
            assert f"     {q.symbol} {shape(q)}   {q.equation}" in text
    assert max(map(len, text.splitlines())) <= 120


def test_a_matrix_has_a_line_for_each_name(stops):
    W0 = next(q for stop in stops for q in stop.quantities if q.symbol == "W0")
    lines = lines_of(W0)
    assert lines[0].startswith("     W0 (13, 8)") and lines[1].split() == [
        w for n in range(8) for w in ("neuron", f"{n}")
    ]
    for name, row, line in zip(W0.down, W0.array, lines[2:], strict=True):
        assert line.split() == [name, *map(as_words, row)]


def test_one_number_stands_beside_its_equation():
    line = lines_of(Quantity("p", "p = sigmoid(z)", np.array([[0.25]])))
    assert line == ["     p (1, 1)   p = sigmoid(z)  =  0.2500"]
    assert lines_of(Quantity("z", "z = ...", np.array([[0.25]])))[0].endswith("=  +0.2500")
    assert "L number" in lines_of(Quantity("L", "L = ...", np.array([0.7])))[0]


@pytest.mark.parametrize(
    "name, most, short",
    [
        ("abc", 3, "abc"),
        ("genres has Drama", 16, "genres has Drama"),
        ("genres has Drama", 10, "genres h.."),
        ("a=Alphabet AND b=Beta", 20, "a=Alpha.. AND b=Beta"),
        ("a=Alphabet AND b=Betabet", 20, "a=Alp.. AND b=Beta.."),
        ("abcdefgh", 2, "abc.."),
    ],
)
def test_names_are_shortened_where_they_are_longest(name, most, short):
    assert shortened(name, most) == short


def test_json_holds_every_number_as_it_was(stops):
    found = json.loads(json.dumps(as_json(stops), allow_nan=False))
    assert [(stop["step"], stop["part"]) for stop in found] == [(stop.step, stop.part) for stop in stops]
    for stop, mine in zip(found, stops):
        for q, same in zip(stop["quantities"], mine.quantities, strict=True):
            assert set(q) == {"symbol", "equation", "shape", "values", "down", "across", "parameter"}
            assert tuple(q["shape"]) == same.array.shape
            assert np.asarray(q["values"], same.array.dtype).tobytes() == same.array.tobytes()
    parameters = {q["parameter"] for stop in found for q in stop["quantities"]}
    assert None in parameters and "deep.mlp.0.W" in parameters
    assert re.search(r'"parameter"', as_json.__doc__)
