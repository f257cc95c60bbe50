"""The pictures of one neuron: what they draw is what the numbers say, and everything on them can be read."""

import inspect

import numpy as np
import pytest

from perceptron import Perceptron, plots, relu, sigmoid, step, tanh
from perceptron.data import AND, INPUTS, two_clouds
from perceptron.plots import (
    BLUE,
    GREY,
    ORANGE,
    chord,
    plot_activations,
    plot_boundary,
    plot_boundary_path,
    plot_loss_surface,
    plot_neuron,
)
from tests.pictures import apart, assert_readable, corners, words_of


@pytest.fixture(autouse=True)
def closed():
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


def arrows(ax):
    """(colour, width, style) of every arrow, in the order in which they were drawn."""
    from matplotlib.colors import to_hex

    found = [text.arrow_patch for text in ax.texts if getattr(text, "arrow_patch", None)]
    return [(to_hex(a.get_edgecolor()).upper(), a.get_linewidth(), a.get_linestyle()) for a in found]


# ---- the checks of pictures can fail -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "places, size, what",
    [
        ([(0.2, 0.5), (0.25, 0.5)], 10, "lies on"),
        ([(0.2, 0.5), (0.98, 0.5)], 10, "leaves the figure"),
        ([(0.2, 0.2), (0.6, 0.6)], 8, "is small"),
    ],
)
def test_what_cannot_be_read_is_found(places, size, what):
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6, 4))
    ax.axis("off")
    for k, place in enumerate(places):
        figure.text(*place, f"a label {k}", fontsize=size)
    with pytest.raises(AssertionError, match=what):
        assert_readable(figure)


def test_turned_labels_are_compared_as_they_lie():
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(6, 4))
    looks = {"rotation": 45, "rotation_mode": "anchor", "ha": "right"}
    labels = [figure.text(x, 0.5, "a long label of a column", **looks) for x in (0.5, 0.55, 0.501)]
    boxes = [label.get_window_extent() for label in labels]
    assert boxes[0].overlaps(boxes[1]) and apart(corners(labels[0]), corners(labels[1]))
    assert not apart(corners(labels[0]), corners(labels[2]))


@pytest.mark.parametrize("name", [name for name in plots.__all__ if name.startswith("plot_")])
def test_each_picture_has_its_sentence_for_those_who_do_not_see_it(name):
    assert "*Picture: " in inspect.getdoc(getattr(plots, name))


# ---- a neuron ------------------------------------------------------------------------------------------------------

X4, W4, B4 = np.array([0.5, -1.25, 2.0, 0.3]), np.array([[1.5], [-2.125], [0.0], [0.25]]), np.array([-0.5])


def test_a_neuron_shows_its_numbers():
    ax = plot_neuron(X4, W4, B4, sigmoid)
    words = words_of(ax)
    z = 0.5 * 1.5 + 1.25 * 2.125 + 0.3 * 0.25 - 0.5
    for wanted in ["0.5", "-1.25", "2", "0.3", "1",  # the inputs, and the bias's
                   "$w_{1}$ = 1.5", "$w_{2}$ = -2.12", "$w_{3}$ = 0", "$w_{4}$ = 0.25",
                   "$x_{1} w_{1}$ = 0.75", "$x_{2} w_{2}$ = 2.66", "$x_{3} w_{3}$ = 0", "$x_{4} w_{4}$ = 0.075",
                   f"z = {z:.3g}", "sigmoid", f"a = {1 / (1 + np.exp(-z)):.3g}"]:  # fmt: skip
        assert words.count(wanted) == 1, (wanted, words)
    assert words.count("b = -0.5") == 2  # on its arrow, and in its box
    assert_readable(ax.figure)


@pytest.mark.parametrize("D", [1, 4])
def test_the_net_sum_is_written_beside_its_circle(D):
    ax = plot_neuron(X4[:D], W4[:D], B4, sigmoid)
    ax.figure.draw_without_rendering()
    (label,) = [text for text in ax.texts if text.get_text().startswith("z = ")]
    box, centre = label.get_window_extent(), ax.transData.transform((4.3, D / 2))
    nearest = np.clip(centre, [box.x0, box.y0], [box.x1, box.y1])
    radius = np.sqrt(900 / np.pi) * ax.figure.dpi / 72
    assert radius < np.linalg.norm(nearest - centre) < 2 * radius
    assert ax.collections[-1].get_sizes() == 900 and np.allclose(ax.collections[-1].get_offsets(), (4.3, D / 2))


def test_an_arrow_is_as_thick_as_its_weight_and_bears_its_sign():
    inputs = arrows(plot_neuron(X4, W4, B4, relu))[::2][:5]  # every second arrow leads from a box to the sum
    colors, widths, styles = zip(*inputs)
    assert colors == (BLUE, ORANGE, GREY, BLUE, ORANGE) and styles == ("-", "--", ":", "-", "--")
    assert list(np.argsort(widths)) == [2, 3, 4, 0, 1]  # by |w|: 0, 0.25, 0.5, 1.5, 2.125
    turned = arrows(plot_neuron(X4, -W4, -B4, relu))[::2][:5]
    assert [color for color, _, _ in turned] == [ORANGE, BLUE, GREY, ORANGE, BLUE]


@pytest.mark.parametrize("D", [1, 2, 10])
def test_neurons_of_every_size_can_be_read(D, rng):
    ax = plot_neuron(rng.normal(size=D) * 10, rng.normal(size=(D, 1)), rng.normal(size=1), step)
    assert len(ax.patches) == D + 2 and len(ax.collections) == D + 2  # boxes: products, bias, f; circles: and the sum
    assert_readable(ax.figure)


def test_a_neuron_of_zeros_is_drawn():
    assert "a = 1" in words_of(plot_neuron(np.zeros(2), np.zeros((2, 1)), np.zeros(1), step))


def test_too_many_inputs_are_refused():
    with pytest.raises(ValueError, match="11 inputs; want at most 10"):
        plot_neuron(np.ones(11), np.ones((11, 1)), np.zeros(1), step)
    with pytest.raises(ValueError, match="does not fit W"):
        plot_neuron(np.ones(3), np.ones((2, 1)), np.zeros(1), step)


# ---- activations, and a line on a plane ----------------------------------------------------------------------------


def test_four_activations_are_drawn_under_their_names():
    ax = plot_activations()
    curves = {line.get_label(): line for line in ax.lines}
    assert list(curves) == ["step", "sigmoid", "tanh", "relu"] and ax.get_legend() is not None
    for f in (step, sigmoid, tanh, relu):
        z, a = curves[f.name].get_data()
        assert (z[0], z[-1]) == (-4, 4) and np.array_equal(a, f(z))
    assert len({line.get_linestyle() for line in ax.lines}) == 4  # told apart without colours


def test_the_plane_is_parted_where_z_is_0():
    X, y = np.array([[-1.0, 0.0], [1.0, 0.0]]), np.array([[0.0], [1.0]])
    unit = Perceptron(2)
    unit.W, unit.b = np.array([[1.0], [0.0]]), np.array([-0.25])
    ax = plot_boundary(unit, X, y)
    (line,) = ax.collections[2].get_paths()  # after the circles and the squares
    assert np.allclose(line.vertices[:, 0], 0.25)


def test_a_unit_that_says_the_same_everywhere_has_no_line():
    X, y = np.array([[-1.0, 0.0], [1.0, 0.0]]), np.array([[0.0], [1.0]])
    unit, sides = Perceptron(2), {}
    for b in (0.5, -100.0, 100.0):
        unit.W, unit.b = np.array([[1.0], [0.0]]), np.array([b])
        sides[b] = len(plot_boundary(unit, X, y).collections)
    assert sides[0.5] == sides[100.0] + 1 == sides[-100.0] + 1


# ---- the line, epoch by epoch --------------------------------------------------------------------------------------


def learned(X, y, epochs):
    unit, history = Perceptron(2), []
    for _ in range(epochs):
        unit.fit(X, y, epochs=1)
        history.append((unit.W.copy(), unit.b.copy()))
    return history


def test_each_line_is_where_its_neuron_changes_its_mind(rng):
    X, y = two_clouds(40, 2.0, rng)
    history = learned(X, y, 9)
    ax = plot_boundary_path(history, X, y)
    lines = sorted(ax.lines, key=lambda line: line.get_zorder())
    ends = [chord(W, b, *ax.get_xlim()) for W, b in history]
    shown = [(W, b) for (W, b), chord_of in zip(history, ends) if chord_of is not None]
    assert len(lines) == len(shown) >= 7
    for line, (W, b) in zip(lines, shown):
        points = line.get_xydata()
        assert np.allclose(points @ W + b, 0) and np.ptp(points, axis=0).max() > 0.1
        assert not np.allclose(points @ W + b + 0.1, 0)
    shades = [float(line.get_color()) for line in lines]
    assert shades == sorted(shades, reverse=True) and shades[-1] == 0 and len(set(shades)) == len(shades)
    assert lines[-1].get_linewidth() > lines[0].get_linewidth()
    assert "9" in words_of(ax)
    assert_readable(ax.figure)


def test_epochs_without_a_mistake_share_a_line():
    history = learned(INPUTS, AND, 9)
    same = [np.array_equal(W, history[-1][0]) and np.array_equal(b, history[-1][1]) for W, b in history]
    first = same.index(True) + 1
    assert 1 < first < 9
    ax = plot_boundary_path(history, INPUTS, AND)
    assert f"{first}-9" in words_of(ax)
    assert_readable(ax.figure)


def test_a_number_stands_at_its_own_line(rng):
    X, y = two_clouds(40, 2.0, rng)
    history = learned(X, y, 9)
    ax = plot_boundary_path(history, X, y)
    numbered = [text for text in ax.texts if text.get_text().isdigit()]
    assert len(numbered) >= 6
    for text in numbered:
        W, b = history[int(text.get_text()) - 1]
        assert abs((np.array(text.get_position()) @ W + b) / np.linalg.norm(W)) < 1e-9


def test_weights_of_zero_have_no_line():
    history = [(np.zeros((2, 1)), np.zeros(1)), (np.array([[1.0], [0.0]]), np.array([-0.5]))]
    ax = plot_boundary_path(history, INPUTS, AND)
    (line,) = ax.lines
    assert np.allclose(line.get_xdata(), 0.5) and words_of(ax) == ["2"]


@pytest.mark.parametrize(
    "W, b, wanted",
    [
        ([[1.0], [0.0]], 0.5, [[-0.5, -1], [-0.5, 1]]),  # upright
        ([[0.0], [2.0]], 1.0, [[-1, -0.5], [1, -0.5]]),  # level
        ([[1.0], [1.0]], 1.0, [[-1, 0], [0, -1]]),
        ([[1.0], [1.0]], 3.0, None),  # beside the square
        ([[0.0], [1.0]], 3.0, None),
        ([[0.0], [0.0]], 3.0, None),
    ],
)
def test_chord_of_the_square(W, b, wanted):
    found = chord(np.array(W), np.array([b]), -1, 1)
    if wanted is None:
        assert found is None
    else:
        assert np.allclose(sorted(found.tolist()), wanted)


# ---- the loss as a landscape ---------------------------------------------------------------------------------------


def bowl(w1, w2):
    return (w1 - 1) ** 2 + 4 * (w2 + 1) ** 2


def walk(lr, steps=12):
    path = [np.array([-2.0, 1.0])]
    for _ in range(steps):
        path.append(path[-1] - lr * np.array([2 * (path[-1][0] - 1), 8 * (path[-1][1] + 1)]))
    return np.array(path)


def test_the_path_lies_on_the_landscape():
    path = walk(0.1)
    ax = plot_loss_surface(bowl, path, names=("slope", "height"))
    steps, start, end = ax.lines
    assert np.array_equal(steps.get_xydata(), path)
    assert np.array_equal(start.get_xydata(), path[:1]) and start.get_marker() == "s"
    assert np.array_equal(end.get_xydata(), path[-1:]) and end.get_marker() == "*"
    assert words_of(ax) == [f"start: {bowl(*path[0]):.3g}", f"end: {bowl(*path[-1]):.3g}"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("slope", "height")
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
    assert (low < path.min(axis=0)).all() and (path.max(axis=0) < high).all()
    assert_readable(ax.figure)


def test_contours_are_lines_of_equal_loss_and_darker_is_lower():
    ax = plot_loss_surface(bowl, walk(0.1))
    filled, lines = ax.collections
    checked = 0
    for level, path in zip(lines.levels, lines.get_paths()):
        for points in path.to_polygons(closed_only=False):
            heights = bowl(*points.T)
            assert np.abs(heights - level).max() < 0.05 * max(level, 1)
            assert np.abs(bowl(points[:, 0], points[:, 1] + 0.5) - level).max() > 0.05 * max(
                level, 1
            )  # w2 goes upwards
            checked += len(points)
    assert checked > 200
    light = filled.get_facecolor()[:, :3] @ [0.299, 0.587, 0.114]
    assert (np.diff(light) > 0).all()


def test_an_end_outside_is_said_to_be_outside():
    ax = plot_loss_surface(bowl, walk(0.26), span=((-4, 4), (-4, 4)))
    assert words_of(ax)[1].startswith("end, outside: ")
    assert ax.get_xlim() == ax.get_ylim() == (-4, 4)
    assert_readable(ax.figure)


def test_a_flat_loss_and_a_single_point_are_drawn():
    ax = plot_loss_surface(lambda w1, w2: 1.0, np.array([[0.5, 0.5]]))
    assert not ax.collections and words_of(ax) == ["start: 1", "end: 1"]


def test_pictures_are_drawn_on_the_axes_that_they_are_given(rng):
    import matplotlib.pyplot as plt

    X, y = two_clouds(10, 4.0, rng)
    for draw in (
        lambda ax: plot_neuron(X4, W4, B4, step, ax),
        lambda ax: plot_boundary_path(learned(X, y, 3), X, y, ax),
        lambda ax: plot_loss_surface(bowl, walk(0.1), ax),
    ):
        _, axes = plt.subplots(1, 2)
        assert draw(axes[1]) is axes[1] and not axes[0].has_data() and not axes[0].texts
