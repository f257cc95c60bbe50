"""The picture of the whole model: arrows join the right boxes, and the error reaches both towers unchanged."""

import numpy as np
import pytest

from perceptron.drawing import ORANGE
from tests.pictures import assert_readable, words_of
from widedeep.course.flow import BACKWARD, ENDS, FORWARD, PARTS, plot_flow, way

NUMBERS = {"z_wide": 0.42, "z_deep": -1.3, "b": 0.12, "z": -0.76, "p": 0.319, "y": 1.0, "dz": -0.681}


@pytest.fixture(autouse=True)
def closed():
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


def arrows(ax):
    """(start, end, colour, width) of every arrow."""
    from matplotlib.colors import to_hex

    found = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    return [(text.xyann, text.xy, to_hex(text.arrow_patch.get_edgecolor()).upper(), text.arrow_patch.get_linewidth())
            for text in found]  # fmt: skip


def nearest(place):
    """The box whose edge is nearest to a place."""

    def distance(name):
        x, y, width, height = (PARTS | ENDS)[name][:4]
        beyond = np.abs(np.array(place) - [x, y]) - np.array([width, height]) / 2
        return abs(beyond.max()) + np.maximum(beyond, 0).sum()

    return min(PARTS | ENDS, key=distance)


def test_forward_joins_the_boxes_of_the_model():
    ax = plot_flow()
    joined = [f"{nearest(start)} {nearest(end)}" for start, end, _, _ in arrows(ax)]
    assert joined == FORWARD
    into = {name: sorted(pair.split()[0] for pair in joined if pair.split()[1] == name) for name in PARTS}
    assert into["z"] == ["b", "z_deep", "z_wide"] and into["loss"] == ["p", "y"]
    for start in ("row", "b", "y"):
        assert into[start] == []
    for route in (["row", "ids", "crosses", "w", "z_wide", "z", "sigmoid", "p", "loss"],
                  ["row", "ids", "E", "layers", "z_deep", "z"]):  # fmt: skip
        assert all(f"{a} {b}" in joined for a, b in zip(route, route[1:]))
    assert len(ax.patches) == len(PARTS)
    assert_readable(ax.figure)


def test_backward_carries_the_same_error_into_both_towers():
    ax = plot_flow("backward", NUMBERS)
    thick = [(start, end) for start, end, color, width in arrows(ax) if color == ORANGE and width > 2]
    assert len(thick) == len(arrows(ax)) - len(FORWARD) == len(BACKWARD) + 1
    assert [f"{nearest(start)} {nearest(end)}" for start, end in thick] == [*BACKWARD, "loss z"]
    assert {"z z_wide", "z z_deep", "z b", "w dw", "b db", "layers dW", "E dE"} <= set(BACKWARD)
    words = words_of(ax)
    assert words.count("dz = -0.681") == 2 and words.count("dz = (p - y) / N = -0.681") == 1
    ends = [word for word in words if "FTRL" in word or "AdaGrad" in word]
    assert sorted(ends) == ["dE: AdaGrad", "dW: AdaGrad", "db: AdaGrad", "dw: FTRL"]
    assert not any("crosses" in pair for pair in BACKWARD)  # a cross has nothing to learn
    assert_readable(ax.figure)


def test_the_optimizers_are_those_of_the_model(rng):
    from widedeep import Deep, Wide, WideDeep, optimizers_for

    model = WideDeep(wide=Wide(3), deep=Deep(3, 2, (1, 0), [2], rng))
    kinds = {name: type(rule).__name__ for name, rule in optimizers_for(model, 8).items()}
    words = {name: ENDS[name][4].split(": ")[1] for name in ENDS}
    assert kinds == {"wide": words["dw"], "deep": words["dE"], "bias": words["db"]} and words["dW"] == words["dE"]


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_numbers_stand_in_their_boxes(direction):
    ax = plot_flow(direction, NUMBERS)
    for name, value in NUMBERS.items():
        if name != "dz":
            (text,) = [t for t in ax.texts if t.get_text().endswith(f"\n{value:.3g}")]
            assert text.get_position() == PARTS[name][:2]
    assert ("dz" in "".join(words_of(ax))) == (direction == "backward")
    assert_readable(ax.figure)


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_what_a_box_says_stays_in_the_box(direction):
    ax = plot_flow(direction, {name: -0.123 for name in NUMBERS})
    ax.figure.draw_without_rendering()
    inside = 0
    for patch in ax.patches:
        frame = patch.get_window_extent()
        for text in ax.texts:
            box = text.get_window_extent()
            if text.get_text() and frame.contains((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2):
                assert frame.x0 <= box.x0 and box.x1 <= frame.x1, text.get_text()
                assert frame.y0 <= box.y0 and box.y1 <= frame.y1, text.get_text()
                inside += 1
    assert inside == len(ax.patches)


def test_arrows_run_from_edge_to_edge_and_pass_each_other():
    for pair in FORWARD:
        for aside in (0, 0.18, -0.18):
            for name, place in zip(pair.split(), way(pair, aside)):
                x, y, width, height = PARTS[name][:4]
                beyond = np.abs(place - [x, y]) - np.array([width, height]) / 2
                assert np.isclose(beyond.max(), 0)
        there, back = way(pair, 0.18), way(" ".join(reversed(pair.split())), 0.18)
        along = there[1] - there[0]
        between = back[1] - there[0]
        aside = (along[0] * between[1] - along[1] * between[0]) / np.linalg.norm(along)
        assert np.isclose(aside, -0.36)  # to the right of the way
    start, end = way("row ids")
    assert np.allclose(start, [1.05, 2]) and np.allclose(end, [1.3, 2])


def test_two_panels_can_be_read():
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 1, figsize=(9, 7), layout="constrained")
    assert plot_flow("forward", NUMBERS, axes[0]) is axes[0]
    assert plot_flow("backward", NUMBERS, ax=axes[1]) is axes[1]
    assert_readable(figure)


def test_unknown_words_are_refused():
    with pytest.raises(ValueError, match="direction 'sideways'"):
        plot_flow("sideways")
    with pytest.raises(ValueError, match=r"numbers \['q'\]; want some of"):
        plot_flow(numbers={"q": 1.0})
