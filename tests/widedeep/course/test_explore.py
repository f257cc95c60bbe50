"""Sliders where ipywidgets is there; one line where it is not."""

import sys
import types

import matplotlib
import pytest

from widedeep.course import explore


def test_without_ipywidgets_one_line_says_what_could_be_moved(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    explore(pytest.fail, lr=(0.1, 30.0, 3.0), l1=(0.0, 1.0, 0.5))
    assert capsys.readouterr().out == "(A live notebook with ipywidgets has a slider here for lr and l1.)\n"


def test_with_ipywidgets_each_argument_has_a_slider_and_draw_is_called_with_its_value(monkeypatch):
    matplotlib.use("Agg")
    drawn, sliders = [], {}
    fake = types.SimpleNamespace(
        FloatSlider=lambda **settings: settings,
        interact=lambda draw, **given: (sliders.update(given), draw(lr=given["lr"]["value"])),
    )
    monkeypatch.setitem(sys.modules, "ipywidgets", fake)
    explore(lambda lr: drawn.append(lr), lr=(0.1, 30.0, 3.0))
    assert drawn == [3.0]
    assert sliders["lr"] == {"value": 3.0, "min": 0.1, "max": 30.0, "step": 29.9 / 50, "continuous_update": False}
