"""FTRL at two block_rates: the pace is the only difference."""

import numpy as np
import pytest

from mlp.optimizers import Rows
from widedeep.columns import Category
from widedeep.crosses import Cross
from widedeep.encoder import Encoder
from widedeep.ftrl import FTRL
from widedeep.training.block_rates import block_rates


def test_every_pace_alone_is_ftrl_with_that_alpha():
    rng = np.random.default_rng(3)
    pace = np.array([1.0, 0.1, 0.1, 2.0, 1.0])
    paced, w = FTRL(0.3, l1=0.5, l2=2.0, batch_size=4, blocks=[(1, 1.0), (2, 0.1), (1, 2.0), (1, 1.0)]), np.zeros(5)
    apart, v = [FTRL(0.3 * p, l1=0.5, l2=2.0, batch_size=4) for p in pace], [np.zeros(1) for _ in pace]
    for _ in range(7):
        ids = np.sort(rng.choice(5, 3, replace=False))
        g = rng.normal(size=3)
        paced.step({"w": w}, {"w": Rows(ids, g)})
        for i, slope in zip(ids, g):
            apart[i].step({"w": v[i]}, {"w": np.array([slope])})
    assert w == pytest.approx(np.concatenate(v), rel=1e-12) and w.any()


def test_paces_follow_the_blocks_of_the_encoder():
    encoder = Encoder(wide=[Category("a"), Cross("a", "b")]).fit({"a": ["x", "y"], "b": ["x", "x"]})
    assert block_rates(encoder, 0.1) == [(1, 1.0), (2, 1.0), (2, 0.1)]
    with pytest.raises(ValueError, match="blocks of 5 features"):
        FTRL(blocks=block_rates(encoder, 0.1)).step({"w": np.zeros(6)}, {"w": np.zeros(6)})
    with pytest.raises(ValueError, match="more than 0"):
        block_rates(encoder, 0)
