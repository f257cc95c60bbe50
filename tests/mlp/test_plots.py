"""The pictures of a network: the numbers and colours are those of the caches, and everything on them can be read."""

import inspect

import numpy as np
import pytest

from mlp import MLP, log_loss, plots
from mlp.data import INPUTS, XOR
from mlp.gradcheck.check import check
from mlp.plots import (
    DEFAULT_STEP,
    plot_boundary_of,
    plot_learning,
    plot_network,
    plot_network_values,
    plot_step_sizes,
)
from perceptron import tanh
from perceptron.drawing import BLUE, ORANGE, number, signed_map
from tests.pictures import assert_readable, words_of


@pytest.fixture(autouse=True)
def closed():
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


@pytest.fixture
def xor(rng):
    """A network, its caches on XOR, and the deltas of both layers by hand."""
    network = MLP([2, 3, 1], rng, np.float64, hidden=tanh)
    z, caches = network.forward(INPUTS)
    dz = log_loss(z, XOR)[1]
    A = caches[0][0][2]
    return network, caches, [dz @ network.layers[1].W.T * (1 - A * A), dz]


def discs(ax, size):
    """Places (n, 2) and colours (n, 4) of the circles of this size, in the order in which they were drawn."""
    found = [dots for dots in ax.collections if dots.get_sizes()[0] == size]
    return np.array([dots.get_offsets()[0] for dots in found]), np.array([dots.get_facecolor()[0] for dots in found])


def place_of(color):
    """Where a colour lies on the map: -1 orange, 0 white, 1 blue."""
    shades = signed_map()(np.linspace(0, 1, 256))
    return np.abs(shades - color).sum(axis=1).argmin() / 127.5 - 1


@pytest.mark.parametrize("name", plots.__all__)
def test_each_picture_has_its_sentence_for_those_who_do_not_see_it(name):
    assert "*Picture: " in inspect.getdoc(getattr(plots, name))


def test_the_map_runs_from_orange_over_white_to_blue():
    from matplotlib.colors import to_hex

    ends = [to_hex(signed_map()(t)).upper() for t in (0.0, 0.5, 1.0)]
    assert (ends[0], ends[2]) == (ORANGE, BLUE) and min(signed_map()(0.5)) > 0.99


@pytest.mark.parametrize("names", [None, ["in", "one", "two", "out"]], ids=["usual names", "given names"])
def test_a_circle_for_each_neuron_and_an_arrow_for_each_weight(names):
    ax = plot_network([3, 4, 2, 1], names)
    assert [len(layer.get_offsets()) for layer in ax.collections] == [3, 4, 2, 1]
    ends = {(text.xyann, text.xy) for text in ax.texts if getattr(text, "arrow_patch", None)}
    places = [[tuple(place) for place in layer.get_offsets().tolist()] for layer in ax.collections]
    wanted = {(a, b) for left, right in zip(places, places[1:]) for a in left for b in right}
    assert ends == wanted and len(wanted) == 3 * 4 + 4 * 2 + 2 * 1
    assert all(a[0] < b[0] for a, b in ends)
    assert [words for words in words_of(ax) if words] == (names or ["inputs", "hidden 1", "hidden 2", "output"])


@pytest.mark.parametrize("keys", [("loss",), ("loss", "validation")], ids=["training", "validation too"])
def test_the_learning_curves_are_the_records(keys):
    history = [{"epoch": e, "loss": 1 / e, "validation": 2 / e} for e in (1, 2, 3)]
    ax = plot_learning([{key: record[key] for key in ("epoch", *keys)} for record in history])
    assert [line.get_label() for line in ax.lines] == ["training", "validation"][: len(keys)]
    for line, key in zip(ax.lines, keys):
        assert line.get_xdata().tolist() == [1, 2, 3] and line.get_ydata().tolist() == [r[key] for r in history]
    assert ax.get_ylim()[0] == 0


def test_the_boundary_of_a_network_is_where_its_logit_is_0(xor):
    network = xor[0]
    network.theta["1.b"][...] -= np.median(network.forward(INPUTS)[0])  # so that the line crosses the picture
    ax = plot_boundary_of(network, INPUTS, XOR)
    line = np.concatenate([path.vertices for path in ax.collections[2].get_paths()])
    assert len(line) > 100 and np.abs(network.forward(line)[0]).max() < 0.01


@pytest.mark.parametrize("example", range(4))
def test_circles_hold_the_outputs_of_the_example(xor, example):
    network, caches, _ = xor
    ax = plot_network_values(network, caches, example=example)
    values = np.concatenate([INPUTS[example], caches[0][0][2][example], caches[1][0][2][example]])
    _, colors = discs(ax, 900)
    assert len(colors) == 6
    largest = max(1.0, *(np.abs(A).max() for (_, _, A), _ in caches))
    assert np.allclose([place_of(color) for color in colors], values / largest, atol=0.02)
    words = words_of(ax)
    for value in values:
        assert number(value, 2) in words
    assert {"inputs", "hidden 1", "outputs"} <= set(words)
    weights = [number(w, 2) for layer in network.layers for w in layer.W.ravel()]
    assert all(words.count(text) >= weights.count(text) for text in weights)
    assert_readable(ax.figure)


def test_rings_hold_the_deltas(xor):
    network, caches, deltas = xor
    ax = plot_network_values(network, caches, deltas, example=2)
    values = np.concatenate([deltas[0][2], deltas[1][2]])
    assert (values < 0).any() and np.ptp(values) > 0.05
    places, colors = discs(ax, 2000)
    largest = max(np.abs(delta).max() for delta in deltas)
    assert np.allclose([place_of(color) for color in colors], values / largest, atol=0.02)
    assert np.array_equal(places, discs(ax, 900)[0][2:])  # round the neurons, and not round the inputs
    for value in values:
        assert rf"$\delta$ = {number(value, 2)}" in words_of(ax)
    names = [bar.get_ylabel() for bar in ax.figure.axes[1:]]
    assert names == ["output a (circle)", "delta (ring)"]
    assert np.allclose(ax.figure.axes[2].get_ylim(), (-largest, largest))
    assert_readable(ax.figure)


def test_without_deltas_there_are_no_rings(xor):
    network, caches, _ = xor
    ax = plot_network_values(network, caches)
    assert len(discs(ax, 2000)[0]) == 0 and not any("delta" in word for word in words_of(ax))
    assert len(ax.figure.axes) == 2


def test_arrows_are_as_thick_as_their_weights_and_lead_where_they_lead(xor):
    network, caches, _ = xor
    ax = plot_network_values(network, caches)
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    weights = [(x, i, j, w) for x, layer in enumerate(network.layers) for (i, j), w in np.ndenumerate(layer.W)]
    assert len(arrows) == len(weights) == 9
    places = discs(ax, 900)[0]
    first = [0, 2, 5]
    for arrow, (x, i, j, w) in zip(arrows, weights):
        assert np.allclose(arrow.xyann, places[first[x] + i]) and np.allclose(arrow.xy, places[first[x + 1] + j])
        assert arrow.arrow_patch.get_linestyle() == ("-" if w > 0 else "--")
    widths = [arrow.arrow_patch.get_linewidth() for arrow in arrows]
    assert list(np.argsort(widths)) == list(np.argsort([abs(w) for _, _, _, w in weights]))


def test_a_weight_stands_on_its_own_arrow(xor):
    network, caches, _ = xor
    ax = plot_network_values(network, caches)
    places, first, checked = discs(ax, 900)[0], [0, 2, 5], 0
    for x, layer in enumerate(network.layers):
        for (i, j), w in np.ndenumerate(layer.W):
            start, end = places[first[x] + i], places[first[x + 1] + j]
            near = [text for text in ax.texts if text.get_text() == number(w, 2)]
            off = [np.cross(np.append(end - start, 0), np.append(text.get_position() - start, 0))[2] for text in near]
            assert min(np.abs(off)) < 1e-9
            checked += 1
    assert checked == 9


def test_a_silenced_neuron_shows_0(rng):
    network = MLP([2, 6, 1], rng, np.float64, hidden=tanh, dropout=0.5)
    _, caches = network.forward(INPUTS + 1, np.random.default_rng(1))
    mask = caches[0][1]
    silent = int((mask[0] == 0).sum())
    assert 0 < silent < 6
    assert words_of(plot_network_values(network, caches)).count("0") == silent


def test_larger_networks_can_be_read(rng):
    network = MLP([4, 4, 3, 2], rng, np.float64)
    z, caches = network.forward(rng.normal(size=(5, 4)))
    ax = plot_network_values(network, caches, [rng.normal(size=(5, k)) / 100 for k in (4, 3, 2)], example=4)
    assert len([text for text in ax.texts if getattr(text, "arrow_patch", None)]) == 16 + 12 + 6
    assert_readable(ax.figure)


def test_numbers_of_another_network_are_refused(xor, rng):
    network, caches, deltas = xor
    with pytest.raises(ValueError, match=r"want those of this network, \[2, 4, 1\]"):
        plot_network_values(MLP([2, 4, 1], rng), caches)
    with pytest.raises(ValueError, match="example 4; want one of the 4 rows"):
        plot_network_values(network, caches, example=4)
    with pytest.raises(ValueError, match="want one for each layer"):
        plot_network_values(network, caches, deltas[::-1])


# ---- the V ---------------------------------------------------------------------------------------------------------

STEPS = 10.0 ** np.arange(-1, -12.5, -0.5)
CURVES = {
    "centred, float64": STEPS**2 + 1e-16 / STEPS,
    "centred, float32": STEPS**2 + 1e-7 / STEPS,
    "forward, float64": STEPS + 1e-16 / STEPS,
    "complex step": np.maximum(STEPS**2, 1e-17),
}


def test_the_v_is_drawn_with_small_steps_to_the_right():
    ax = plot_step_sizes(STEPS, CURVES)
    curves = {line.get_label(): line for line in ax.lines if line.get_label() in CURVES}
    assert list(curves) == list(CURVES)
    for name, line in curves.items():
        assert np.array_equal(line.get_xdata(), STEPS) and np.array_equal(line.get_ydata(), CURVES[name])
    assert ax.get_xscale() == ax.get_yscale() == "log" and ax.xaxis_inverted()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(CURVES)
    looks = [(line.get_color(), line.get_linestyle(), line.get_marker()) for line in curves.values()]
    assert all(len(set(kind)) == 4 for kind in zip(*looks))  # by colour, by stroke, by mark: each alone tells
    assert ax.get_ylim()[0] < 1e-17 and ax.get_ylim()[1] > max(CURVES["centred, float32"])
    assert_readable(ax.figure)


def test_the_default_step_is_marked_where_it_is():
    assert f"{DEFAULT_STEP:.0e}".replace("e-06", "e-6") + " max(1" in inspect.getdoc(check)
    assert f"{np.cbrt(np.finfo(float).eps):.0e}" == f"{DEFAULT_STEP:.0e}"
    ax = plot_step_sizes(STEPS, CURVES)
    (mark,) = [line for line in ax.lines if line.get_label() not in CURVES]
    assert list(mark.get_xdata()) == [6e-6, 6e-6] and words_of(ax) == ["6e-6, the default"]
    ax = plot_step_sizes(STEPS[:6], {"few": CURVES["centred, float64"][:6]})
    assert len(ax.lines) == 1 and not words_of(ax)


def test_five_curves_are_refused():
    with pytest.raises(ValueError, match="5 curves; want at most 4"):
        plot_step_sizes(STEPS, CURVES | {"another": STEPS})


def test_pictures_are_drawn_on_the_axes_that_they_are_given(xor):
    import matplotlib.pyplot as plt

    network, caches, deltas = xor
    for draw in (
        lambda ax: plot_network_values(network, caches, deltas, ax),
        lambda ax: plot_step_sizes(STEPS, CURVES, ax),
    ):
        _, axes = plt.subplots(1, 2)
        assert draw(axes[1]) is axes[1] and not axes[0].has_data() and not axes[0].texts
