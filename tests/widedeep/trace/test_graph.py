"""The graph: a place for every number, and parts that the stops name."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest

from widedeep.trace.graph import Show, brief, graph
from widedeep.trace.steps import Names


@pytest.fixture(scope="module")
def svg(small, seen, stops):
    return ElementTree.fromstring(graph(seen, Names(small, seen.batch), stops, 'all of "it"'))


def places(part):
    return [(g, json.loads(g.get("data-shows"))) for g in part.iter("g") if g.get("data-shows")]


def part_of(svg, name):
    return next(g for g in svg.iter("g") if g.get("data-part") == name)


def test_it_is_one_picture_with_a_text_in_its_place(svg):
    assert svg.tag == "svg" and svg.get("role") == "img" and svg.get("aria-label") == 'all of "it"'


def test_every_part_that_a_stop_names_is_there_and_every_part_is_looked_at(svg, stops):
    there = {g.get("data-part") for g in svg.iter("g") if g.get("data-part")}
    named = {part for stop in stops for part in stop.parts}
    assert named <= there and there - named == {"headings"}


def test_neurons_show_their_outputs_and_then_their_errors(svg, seen, stops):
    at = {stop.number: n for n, stop in enumerate(stops)}
    for i, (forward, told, back) in enumerate((("3.3", "5.3", "5.4"), ("3.4", "5.2", "5.3"))):
        found = places(part_of(svg, f"hidden{i}"))
        assert len(found) == seen.forward[f"A{i}"].size
        for k, (g, shows) in enumerate(found):
            numbers = (seen.forward[f"A{i}"], seen.errors[f"A{i}"], seen.errors[f"delta{i}"], seen.again[f"A{i}"])
            assert [show[0] for show in shows] == [at[forward], at[told], at[back], at["5.9"]]
            assert [show[1] for show in shows] == [brief(array[0, k]) for array in numbers]
            assert g.find("text").text == brief(seen.forward[f"A{i}"][0, k])


def test_the_right_end_shows_logit_probability_loss_and_error(svg, seen):
    def first(part):
        return places(part_of(svg, part))[0][1][0][1]

    for name in ("z_wide", "z_deep", "z", "p"):
        shows = places(part_of(svg, name))[0][1]
        assert shows[0][1] == brief(seen.forward[name][0, 0], signed=name != "p")
        assert shows[-1][1] == brief(seen.again[name][0, 0], signed=name != "p")
    assert first("loss") == brief(seen.loss, signed=False) and first("error") == brief(seen.errors["dz"][0, 0])
    assert first("y") == str(int(seen.batch.labels[0, 0])) and first("bias") == brief(seen.before["bias.b"][0])
    assert places(part_of(svg, "loss"))[0][1][-1][1] == brief(seen.loss_again, signed=False)


def test_each_feature_and_each_row_of_the_table_has_its_line(svg, small, seen):
    names = Names(small, seen.batch)
    assert len(places(part_of(svg, "features"))) == len(names.wide)
    assert len(places(part_of(svg, "rows"))) == 4 * len(names.deep)
    full = [text.find("title").text for text in part_of(svg, "features").iter("text") if text.find("title") is not None]
    assert full == list(names.wide)


def test_shows_are_in_order_and_within_the_stops(svg, stops):
    for _, shows in places(svg):
        order = [show[0] for show in shows]
        assert order == sorted(set(order)) and order[-1] < len(stops)
        assert all(len(text) <= 5 and colour.startswith("#") for _, text, colour in shows)


def test_a_line_carries_nothing_where_its_neuron_is_at_0(svg, seen):
    edges = list(part_of(svg, "weights1").iter("path"))
    A, delta = seen.forward["A0"][0], seen.errors["delta1"][0]
    assert len(edges) == A.size * delta.size
    for n, edge in enumerate(edges):
        j, k = divmod(n, delta.size)
        assert (" still" in edge.get("class")) == (A[j] == 0) and (" off" in edge.get("class")) == (delta[k] == 0)


def test_nothing_lies_outside_the_picture(svg):
    _, _, width, height = map(float, svg.get("viewBox").split())
    for circle in svg.iter("circle"):
        x, y, r = (float(circle.get(name)) for name in ("cx", "cy", "r"))
        assert r < x < width - r and r < y < height
    for rect in svg.iter("rect"):
        assert 0 < float(rect.get("y")) and float(rect.get("y")) + float(rect.get("height")) < height


@pytest.mark.parametrize(
    "x, text", [(0.0, "0"), (1.0, "1"), (0.444, "+0.44"), (-0.001, "-0.00"), (np.float32(-2.5), "-2.50")]
)
def test_numbers_in_circles_are_brief(x, text):
    assert brief(x) == text and brief(x, signed=False) == text.lstrip("+")
    assert Show("1.1", x, 1.0).x == x
