"""Class weights: both classes count the same."""

import numpy as np
import pytest

from widedeep import class_weights


def test_both_classes_weigh_the_same_and_together_n():
    y = np.array([[1.0], [0.0], [0.0], [0.0]])
    w = class_weights(y)
    assert w[:, 0] == pytest.approx([2, 2 / 3, 2 / 3, 2 / 3])
    assert w.sum() == pytest.approx(4)
    with pytest.raises(ValueError, match="both classes"):
        class_weights(np.ones((3, 1)))
