"""FTRL with a learning rate per block: each block moves as FTRL with its own alpha."""

import numpy as np
import pytest

from mlp.sparse import Rows
from widedeep.columns import Category
from widedeep.crosses import Cross
from widedeep.encoder import Encoder
from widedeep.ftrl import FTRL
from widedeep.training.block_rates import block_rates


def test_every_block_moves_as_ftrl_with_its_own_alpha():
    rng = np.random.default_rng(3)
    factors = np.array([1.0, 0.1, 0.1, 2.0, 1.0])
    by_block, w = FTRL(0.3, l1=0.5, l2=2.0, batch_size=4, blocks=[(1, 1.0), (2, 0.1), (1, 2.0), (1, 1.0)]), np.zeros(5)
    apart, v = [FTRL(0.3 * factor, l1=0.5, l2=2.0, batch_size=4) for factor in factors], [np.zeros(1) for _ in factors]
    for _ in range(7):
        ids = np.sort(rng.choice(5, 3, replace=False))
        g = rng.normal(size=3)
        by_block.step({"w": w}, {"w": Rows(ids, g)})
        for i, slope in zip(ids, g):
            apart[i].step({"w": v[i]}, {"w": np.array([slope])})
    assert w == pytest.approx(np.concatenate(v), rel=1e-12) and w.any()


def test_blocks_are_those_of_the_encoder():
    encoder = Encoder(wide=[Category("a"), Cross("a", "b")]).fit({"a": ["x", "y"], "b": ["x", "x"]})
    assert block_rates(encoder, 0.1) == [(1, 1.0), (2, 1.0), (2, 0.1)]
    with pytest.raises(ValueError, match="blocks of 5 features"):
        FTRL(blocks=block_rates(encoder, 0.1)).step({"w": np.zeros(6)}, {"w": np.zeros(6)})
    with pytest.raises(ValueError, match="more than 0"):
        block_rates(encoder, 0)
