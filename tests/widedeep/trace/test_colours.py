"""Colours: which is which, and dark text on all of them."""

import numpy as np
import pytest

from widedeep.trace.colours import BLUE, INK, ORANGE, WHITE, contrast, largest, shade


def rgb(text):
    return tuple(int(text[i : i + 2], 16) for i in (1, 3, 5))


def test_white_at_0_blue_below_orange_above():
    assert shade(0.0, 1.0) == "#ffffff" and rgb(shade(-2.0, 2.0)) == BLUE and rgb(shade(9.0, 2.0)) == ORANGE
    assert shade(0.0, 0.0) == shade(1.0, 0.0) == "#ffffff"
    blues = [rgb(shade(-x, 1))[0] for x in (0.1, 0.4, 0.9)]
    assert blues == sorted(blues, reverse=True)


def test_dark_text_can_be_read_on_every_shade():
    assert min(contrast(INK, rgb(shade(x, 1))) for x in np.linspace(-1, 1, 101)) >= 4.5


def test_contrast_is_that_of_wcag():
    assert contrast((0, 0, 0), WHITE) == pytest.approx(21) and contrast(WHITE, WHITE) == 1
    assert contrast((0x77, 0x77, 0x77), WHITE) == pytest.approx(4.48, abs=0.01)


def test_the_two_ends_differ_in_blue_and_yellow_which_all_but_the_rarest_vision_tells_apart():
    assert BLUE[2] - ORANGE[2] > 120 and ORANGE[0] - BLUE[0] > 120


def test_largest_magnitude():
    assert largest(np.array([[1.0, -3.0]])) == 3.0 and largest(np.zeros((0, 2))) == 0.0
