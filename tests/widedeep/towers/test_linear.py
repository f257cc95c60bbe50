"""The linear tower: a weight for each number."""

import numpy as np
import pytest

from mlp.gradcheck import check
from mlp.losses import squared_error
from widedeep import Encoder, Regression, Standard, load, number_labels, save
from widedeep.towers.linear import Linear


@pytest.fixture
def batch(rng):
    table = {"a": rng.normal(size=7), "b": rng.normal(size=7)}
    encoder = Encoder(numbers=[Standard("a"), Standard("b")]).fit(table)
    return encoder, number_labels(encoder.encode(table, dtype=np.float64), rng.normal(size=(7, 1)))


def test_it_is_a_product_of_numbers_and_weights(batch):
    tower = Linear(2, 3, np.float64)
    tower.w[...] = [[1, 2, 0], [0, -1, 5]]
    z, _ = tower.forward(batch[1])
    x = batch[1].numbers
    assert np.allclose(z, np.column_stack([x[:, 0], 2 * x[:, 0] - x[:, 1], 5 * x[:, 1]]))


def test_its_gradient_is_the_slope_and_a_wrong_one_is_seen(batch):
    model = Regression(-9, 9, np.float64, linear=Linear(2, dtype=np.float64))
    model.towers["linear"].w[...] = [[0.3], [-2.0]]
    z, caches = model.forward(batch[1])
    grads = model.backward(squared_error(z, batch[1].labels)[1], caches)

    def loss(m):
        return squared_error(m.forward(batch[1])[0], batch[1].labels)[0]

    assert check(model, loss, grads, method="complex")
    grads["linear"]["w"][0] *= 1.01
    assert not check(model, loss, grads, method="complex")


def test_an_archive_keeps_it(batch, tmp_path):
    model = Regression(-9, 9, linear=Linear(2))
    model.towers["linear"].w[...] = [[0.5], [1.5]]
    again, encoder, _ = load(save(tmp_path / "m.npz", model, batch[0]))
    assert again.towers["linear"].w.tolist() == [[0.5], [1.5]]


def test_it_wants_a_number():
    with pytest.raises(ValueError, match="at least 1 of both"):
        Linear(0)
