"""The pictures of what a wide & deep model has learned: positions, colours and hatches are those of the numbers."""

import inspect

import numpy as np
import pytest

from perceptron.drawing import number, signed_map
from tests.pictures import assert_readable, words_of
from widedeep.course import plots
from widedeep.course.plots import plot_crosses, plot_embedding_map, plot_flow, plot_l1_path
from widedeep.datasets import appstore


@pytest.fixture(autouse=True)
def closed():
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


@pytest.mark.parametrize("name", plots.__all__)
def test_each_picture_has_its_sentence_for_those_who_do_not_see_it(name):
    assert "*Picture: " in inspect.getdoc(getattr(plots, name))


# ---- the strength of L1 --------------------------------------------------------------------------------------------

STRENGTHS = [0.3, 1.0, 3.0, 10.0, 30.0]
START = np.array([2.0, -1.5, 0.4, -0.05, 0.9])
WEIGHTS = np.sign(START) * np.maximum(np.abs(START) - np.array(STRENGTHS)[:, None] / 20, 0)  # (5, 5)


def test_each_weight_has_its_line_and_the_zeros_are_counted():
    ax = plot_l1_path(STRENGTHS, WEIGHTS)
    *lines, crosses, level = ax.lines
    assert len(lines) == 5 and list(level.get_ydata()) == [0, 0]
    for line, path in zip(lines, WEIGHTS.T):
        assert list(line.get_xdata()) == STRENGTHS and np.array_equal(line.get_ydata(), path)
    gone = [max(s for s in range(5) if WEIGHTS[s, v] != 0) + 1 for v in (1, 2, 4)]  # by hand, of three weights
    assert {STRENGTHS[s] for s in gone} <= set(crosses.get_xdata()) and set(crosses.get_ydata()) == {0}
    assert set(crosses.get_xdata()) == {
        STRENGTHS[s] for s in range(1, 5) if (WEIGHTS[s] == 0).sum() > (WEIGHTS[s - 1] == 0).sum()
    }
    counts = ax.figure.axes[1]
    (curve,) = counts.lines
    assert list(curve.get_ydata()) == [0, 1, 1, 2, 4] == [(row == 0).sum() for row in WEIGHTS]
    assert ax.get_xscale() == counts.get_xscale() == "log" and ax.get_xlim() == counts.get_xlim()
    assert_readable(ax.figure)


def test_a_tiny_weight_is_not_counted_as_zero():
    weights = np.array([[0.5, 0.5], [1e-12, 0.0]])
    counts = plot_l1_path([1.0, 2.0], weights).figure.axes[1]
    assert list(counts.lines[0].get_ydata()) == [0, 1]


def test_strengths_may_come_in_any_order():
    mixed = [3, 0, 4, 1, 2]
    ax = plot_l1_path([STRENGTHS[s] for s in mixed], WEIGHTS[mixed])
    assert list(ax.lines[0].get_xdata()) == STRENGTHS and np.array_equal(ax.lines[0].get_ydata(), WEIGHTS[:, 0])


def test_named_weights_are_told_apart_by_more_than_colour(rng):
    names = [f"installed has app {v} AND title=app {v + 1}" for v in range(12)]
    ax = plot_l1_path(STRENGTHS, rng.normal(size=(5, 12)), names)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == names
    assert len({(line.get_color(), line.get_linestyle()) for line in ax.lines[:12]}) == 12
    assert len({line.get_marker() for line in ax.lines[:12]}) == 12
    assert_readable(ax.figure)


def test_both_panels_stay_in_the_place_of_the_axes():
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4))
    place = axes[1].get_position()
    assert plot_l1_path(STRENGTHS, WEIGHTS, ax=axes[1]) is axes[1]
    counts = figure.axes[2].get_position()
    assert np.isclose(axes[1].get_position().y1, place.y1) and np.isclose(counts.y0, place.y0)
    assert counts.y1 < axes[1].get_position().y0 and np.isclose(counts.x0, place.x0)
    with pytest.raises(ValueError, match="no place in a grid"):
        plot_l1_path(STRENGTHS, WEIGHTS, ax=plt.figure().add_axes((0.1, 0.1, 0.8, 0.8)))


@pytest.mark.parametrize(
    "strengths, weights, names, words",
    [
        ([0.0, 1.0], WEIGHTS[:2], None, "has no place for 0"),
        ([1.0], WEIGHTS[:1], None, "want at least two"),
        ([1.0, 2.0], WEIGHTS, None, "a row for each strength"),
        ([1.0, 2.0], WEIGHTS[:2], ["one"], "1 names"),
        ([1.0, 2.0], np.ones((2, 13)), ["a"] * 13, "at most 12"),
    ],
)
def test_paths_that_do_not_fit_are_refused(strengths, weights, names, words):
    with pytest.raises(ValueError, match=words):
        plot_l1_path(strengths, weights, names)


# ---- the map of embeddings -----------------------------------------------------------------------------------------

TITLES = [title for titles in appstore.APPS.values() for title in titles]
CATEGORIES = [category for category, titles in appstore.APPS.items() for _ in titles]


@pytest.fixture
def table(rng):
    """80 rows of 8 numbers, those of a category close together."""
    centres = {category: 2 * rng.normal(size=8) for category in appstore.APPS}
    return np.array([centres[category] for category in CATEGORIES]) + rng.normal(size=(80, 8))


def test_points_are_the_two_largest_directions(table):
    ax = plot_embedding_map(table, TITLES)
    points = np.array(ax.collections[0].get_offsets())
    centred = table - table.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    for axis in range(2):
        ours, wanted = points[:, axis], centred @ vectors[:, -1 - axis]
        assert np.allclose(ours, wanted) or np.allclose(ours, -wanted)
        share = f"({values[-1 - axis] / values.sum():.0%} of the variance)"
        assert share in (ax.get_xlabel(), ax.get_ylabel())[axis]
    assert ax.get_legend() is None


def test_groups_are_told_apart_by_colour_and_mark(table):
    ax = plot_embedding_map(table, TITLES, CATEGORIES)
    groups = [dots for dots in ax.collections if dots.get_label() in appstore.APPS]
    assert [dots.get_label() for dots in groups] == sorted(appstore.APPS) and len(groups) == 10
    assert all(len(dots.get_offsets()) == CATEGORIES.count(dots.get_label()) for dots in groups)
    looks = {
        (tuple(dots.get_facecolor()[0]), tuple(dots.get_edgecolor()[0]), dots.get_paths()[0].vertices.tobytes())
        for dots in groups
    }
    assert len(looks) == 10
    marks = {(dots.get_paths()[0].vertices.tobytes(), min(dots.get_facecolor()[0]) == 1) for dots in groups}
    assert len(marks) == 10  # by mark, filled or hollow, alone
    assert [text.get_text() for text in ax.get_legend().get_texts()] == sorted(appstore.APPS)


def test_the_furthest_are_named_near_their_points(table):
    ax = plot_embedding_map(table, TITLES, CATEGORIES, k=24)
    points = plots.principal_plane(table)[0]
    far = {TITLES[i] for i in np.argsort(-np.linalg.norm(points, axis=1))[:24]}
    assert set(words_of(ax)) == far and len(words_of(ax)) == 24
    width = np.ptp(ax.get_xlim())
    for text in ax.texts:
        if text.get_text():
            away = np.abs(np.array(text.get_position()) - points[TITLES.index(text.get_text())])
            assert away[0] < 0.3 * width
    assert_readable(ax.figure)


def test_labels_keep_off_their_points_however_fine_the_figure_is(table):
    import matplotlib.pyplot as plt

    for dpi in (60, 240):
        figure, ax = plt.subplots(figsize=(8, 6), dpi=dpi, layout="constrained")
        plot_embedding_map(table, TITLES, ax=ax)
        pixels = ax.transData.transform(plots.principal_plane(table)[0])
        for text in ax.texts:
            if text.get_text():
                x, y = pixels[TITLES.index(text.get_text())]
                box = text.get_window_extent()
                gap = np.hypot(x - np.clip(x, box.x0, box.x1), y - np.clip(y, box.y0, box.y1))
                assert 4 < gap * 100 / dpi < 60
        assert_readable(figure)


def test_maps_that_do_not_fit_are_refused(table):
    with pytest.raises(ValueError, match="80 rows, 79 names"):
        plot_embedding_map(table, TITLES[:-1])
    with pytest.raises(ValueError, match="80 groups; want at most 16"):
        plot_embedding_map(table, TITLES, TITLES)
    with pytest.raises(ValueError, match="at least two rows"):
        plot_embedding_map(table[:1], TITLES[:1])


# ---- who gets what -------------------------------------------------------------------------------------------------

GRID = np.array([[1.5, 0.0, 0.0], [-0.75, 1e-9, 3.0]])
ROWS, COLUMNS = ["has Chess Club", "has Go Corner"], ["shown Tuning Fork", "shown Soup Season", "shown Market Day"]


def test_cells_have_the_colours_of_their_weights():
    ax = plot_crosses(GRID, ROWS, COLUMNS)
    (image,) = ax.images
    assert np.array_equal(image.get_array(), GRID) and image.get_clim() == (-3, 3)  # centred at 0
    assert image.get_cmap() == signed_map()
    order = [image.to_rgba(weight) for weight in (-3.0, -0.75, 0.0, 1.5, 3.0)]
    blue_minus_red = [color[2] - color[0] for color in order]
    assert blue_minus_red == sorted(blue_minus_red) and blue_minus_red[0] < blue_minus_red[1] < 0 < blue_minus_red[3]
    assert [text.get_text() for text in ax.get_yticklabels()] == ROWS
    assert [text.get_text() for text in ax.get_xticklabels()] == COLUMNS
    assert_readable(ax.figure)


def test_exactly_the_zeros_are_hatched_and_the_others_bear_their_numbers():
    ax = plot_crosses(GRID, ROWS, COLUMNS)
    hatched = {(patch.get_y() + 0.5, patch.get_x() + 0.5) for patch in ax.patches if patch.get_hatch()}
    assert hatched == {(0, 1), (0, 2)} and len(ax.patches) == 2  # 1e-9 is not 0
    written = {tuple(text.get_position()[::-1]): text.get_text() for text in ax.texts}
    assert written == {(r, c): number(w, 2) for (r, c), w in np.ndenumerate(GRID) if w != 0}


def test_numbers_can_be_read_on_their_cells(rng):
    ax = plot_crosses(rng.normal(size=(9, 9)), [f"has {t}" for t in TITLES[:9]], [f"shown {t}" for t in TITLES[20:29]])
    (image,) = ax.images

    def light(color):
        from matplotlib.colors import to_rgb

        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
        return np.dot(linear, [0.2126, 0.7152, 0.0722])

    for text in ax.texts:
        c, r = text.get_position()
        pair = sorted([light(text.get_color()), light(image.to_rgba(image.get_array()[int(r), int(c)]))])
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5  # the contrast that WCAG 2 asks for
    assert_readable(ax.figure)


def test_large_maps_can_be_read(rng):
    grid = rng.normal(size=(20, 16)) * (rng.random((20, 16)) < 0.2)
    ax = plot_crosses(grid, TITLES[:20], TITLES[20:36])
    assert len(ax.patches) == (grid == 0).sum() and not ax.texts
    assert_readable(ax.figure)
    ax = plot_crosses(np.zeros((2, 2)), TITLES[:2], TITLES[2:4])
    assert len(ax.patches) == 4


@pytest.mark.parametrize("grid", [GRID.T, np.full((2, 3), np.nan), np.ones(3)])
def test_grids_that_do_not_fit_are_refused(grid):
    with pytest.raises(ValueError, match=r"plot_crosses: weights .* want \(2, 3\)"):
        plot_crosses(grid, ROWS, COLUMNS)


def test_the_whole_model_is_drawn_from_here_too():
    from widedeep.course.flow import plot_flow as same

    assert plot_flow is same
