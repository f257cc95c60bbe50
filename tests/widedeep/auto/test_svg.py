"""Figures: round ticks, points where they belong, text that is escaped."""

import re

import numpy as np
import pytest

from widedeep.auto.svg import HEIGHT, WIDTH, Plot, ticks, written


@pytest.mark.parametrize(
    "ends, want",
    [
        ((0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]),
        ((1, 25), [5, 10, 15, 20, 25]),
        ((-130, 130), [-100, -50, 0, 50, 100]),
        ((0.27, 0.29), [0.27, 0.275, 0.28, 0.285, 0.29]),
        ((12_000, 990_000), [200_000, 400_000, 600_000, 800_000]),
    ],
)
def test_ticks_are_round(ends, want) -> None:
    np.testing.assert_allclose(ticks(*ends), want)


@pytest.mark.parametrize(
    "x, want", [(0.30000000000000004, "0.3"), (1500.0, "1,500"), (-0.0, "0"), (2e6, "2e+06"), (-50.0, "-50")]
)
def test_ticks_are_written_as_people_write_them(x, want) -> None:
    assert written(x) == want


def test_everything_lies_in_the_picture_and_up_is_more() -> None:
    plot = Plot("x", "y", (0, 10), (-1, 1))
    plot.line([0, 5, 10], [-1, 0, 1], "c0").points([0, 10], [-1, 1], [3, 3], "c0").bars([0, 5, 10], [1, -0.5], "c0")
    svg = plot.label(10, 1, "end", "c0").svg("what")
    points = [tuple(map(float, pair.split(","))) for pair in re.search(r'points="([^"]+)"', svg)[1].split()]
    assert points[0][0] < points[1][0] < points[2][0] and points[0][1] > points[1][1] > points[2][1]
    for x, y in points:
        assert 0 <= x <= WIDTH and 0 <= y <= HEIGHT
    assert 'text-anchor="end"' in svg and "NaN" not in svg


def test_an_axis_of_one_value_is_widened() -> None:
    assert "nan" not in Plot("x", "y", (3, 3), (2, 2)).line([3], [2], "c0").svg("a point").lower()


def test_names_are_escaped() -> None:
    svg = Plot("<b>", "a & b", (0, 1), (0, 1)).label(0, 0, "<script>", "c0").svg('say "so"')
    assert "<b>" not in svg and "<script>" not in svg and "&lt;script&gt;" in svg and "a &amp; b" in svg
    assert 'aria-label="say &quot;so&quot;"' in svg


def test_labels_stand_apart_and_inside() -> None:
    plot = Plot("x", "y", (0, 1), (0, 1))
    svg = plot.label(0.5, 1, "a", "c0").label(0.52, 1, "b", "c1").label(0.5, 0.99, "c", "c2").svg("labels")
    heights = sorted(float(y) for y in re.findall(r'<text class="c\d"[^>]* y="([\d.]+)"', svg))
    assert heights[0] > 12 and np.diff(heights).min() >= 12
