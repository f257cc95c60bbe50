"""What every picture has to satisfy: each text inside the figure, large enough, and none upon another."""

import itertools


def texts_of(figure):
    """Every text that is drawn: labels, titles, numbers of axes, legends."""
    figure.draw_without_rendering()
    found = list(figure.texts)
    for ax in figure.axes:
        found += [*ax.texts, ax.title]
        found += ax.get_legend().get_texts() if ax.get_legend() else []
        if ax.axison:
            for axis in (ax.xaxis, ax.yaxis):
                low, high = sorted(axis.get_view_interval())
                ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
                found += [axis.label, *(text for tick in ticks for text in (tick.label1, tick.label2))]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def words_of(ax):
    """What stands in the axes, annotations included."""
    return [text.get_text() for text in ax.texts if text.get_text()]


def corners(text):
    """The text's rectangle in pixels, (4, 2), turned as it is drawn."""
    import numpy as np
    from matplotlib.transforms import Affine2D

    angle, kept = text.get_rotation(), text.get_rotation_mode()
    drawn = text.get_window_extent()
    if angle % 90 == 0:
        return np.array([[drawn.x0, drawn.y0], [drawn.x1, drawn.y0], [drawn.x1, drawn.y1], [drawn.x0, drawn.y1]])
    text.set_rotation(0)
    flat = text.get_window_extent()
    text.set(rotation=angle, rotation_mode=kept)
    turn = Affine2D().rotate_deg(angle)
    turned = turn.transform([[flat.x0, flat.y0], [flat.x1, flat.y0], [flat.x1, flat.y1], [flat.x0, flat.y1]])
    return turned - turned.min(axis=0) + [drawn.x0, drawn.y0]


def apart(a, b):
    """Do two rectangles (4, 2) share no point?  True if, and only if, an edge of one of them separates them."""
    for one in (a, b):
        for k in range(2):
            edge = one[k + 1] - one[k]
            shadows = [other @ edge for other in (a, b)]
            if shadows[0].max() <= shadows[1].min() or shadows[1].max() <= shadows[0].min():
                return True
    return False


def assert_readable(figure, smallest=9):
    texts = texts_of(figure)
    assert texts
    places = [(text.get_text(), corners(text)) for text in texts]
    width, height = figure.bbox.width, figure.bbox.height
    for text, (words, place) in zip(texts, places):
        assert text.get_fontsize() >= smallest, f"{words!r} is small: {text.get_fontsize()}"
        low, high = place.min(axis=0), place.max(axis=0)
        assert min(low) >= -1 and high[0] <= width + 1 and high[1] <= height + 1, (
            f"{words!r} leaves the figure: {place}"
        )
    for (one, a), (other, b) in itertools.combinations(places, 2):
        assert apart(a, b), f"{one!r} lies on {other!r}"
