"""The pictures: labels do not overlap."""

import itertools

import pytest

from widedeep.explanations import by_slice
from widedeep.explanations.plots import plot_map, plot_reliability


def test_labels_on_a_map_do_not_overlap(rng):
    import matplotlib.pyplot as plt

    points = rng.normal(size=(40, 2)) * [3, 1]
    points[:6] = points[0] + 0.01 * rng.normal(size=(6, 2))  # a crowd
    titles = [f"A film of number {i}" for i in range(40)]
    figure = plot_map(points, titles, [f"genre {i % 7}" for i in range(39)] + ["other"], "map", "genre")
    texts = [text for text in figure.axes[0].texts if text.get_text() in titles]
    boxes = [text.get_window_extent() for text in texts]
    assert len(texts) == 40
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    frame = figure.axes[0].get_window_extent()
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in boxes)
    plt.close(figure)
    with pytest.raises(ValueError, match="9 groups"):
        plot_map(points[:9], titles[:9], list("abcdefghi"), "map")


def test_reliability_is_drawn(rng):
    import matplotlib.pyplot as plt

    p = rng.random((500, 1))
    figure = plot_reliability(by_slice((p > 0.5).astype(float), p, rng.integers(0, 3, 500)), "title")
    assert len(figure.axes) == 2
    plt.close(figure)
