"""Periodic features, by hand."""

import numpy as np
import pytest

from widedeep.encoder import Encoder
from widedeep.features.periodic import Periodic, periodic_features


def test_periodic_features_by_hand():
    x = {"x": np.arange(1, 6)}
    encoder = Encoder(numbers=[Periodic("x", 1.0, 0.25, n_q=5), *periodic_features("x", 2)[:2]]).fit(x)
    numbers = encoder.encode(x, dtype=np.float64).numbers
    assert numbers[:, 0] == pytest.approx([1, 0, -1, 0, 1], abs=1e-12)  # a cosine, one turn
    assert numbers[[0, -1], 1] == pytest.approx([0, np.sin(np.pi * 80 / 99)], abs=1e-12)  # 80 % lie below 5
    assert numbers.shape == (5, 3) and len({wave.name for wave in periodic_features("x", 4)}) == 8
    with pytest.raises(ValueError, match="more than 0"):
        Periodic("x", 0)
