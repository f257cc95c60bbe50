"""Training that explodes, in all three fits: stopped, advised, and the last good weights are back."""

import numpy as np
import pytest

from mlp import MLP, SGD, squared_error
from mlp.train import fit
from mlp.windows import flatten
from tests.widedeep.probe import LABELS, TABLE, build
from widedeep import Encoder, Standard
from widedeep import fit as fit_model
from widedeep.train import train_step

X = np.random.default_rng(0).normal(size=(64, 3))
Y = X[:, :1] * 3
quiet = pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value", "ignore:divide")


@quiet
@pytest.mark.parametrize(
    "lr, epochs, validation, words",
    [
        (1e3, 30, None, "became .* in epoch"),
        (1e3, 30, (X, Y), "became .* in epoch"),
        (1e308, 1, None, "the weights, and not the loss, became infinite or NaN in epoch 1; lower the learning rate"),
    ],
    ids=["later", "with validation", "in the very last step"],
)
def test_a_network_keeps_its_last_good_weights(lr, epochs, validation, words):
    net = MLP([3, 8, 1], np.random.default_rng(0), np.float64)
    seen = [net.params().flat.copy()]
    options = dict(rng=np.random.default_rng(1), epochs=epochs, batch_size=64, validation=validation)
    with pytest.raises(ValueError, match=words):
        fit(net, X, 1e3 * Y, squared_error, SGD(lr), report=lambda _: seen.append(net.params().flat.copy()), **options)
    assert np.isfinite(net.params().flat).all()
    assert any((net.params().flat == w).all() for w in seen)


@quiet
@pytest.mark.parametrize("validated, lr", [(False, 1e38), (True, 1e38), (False, 3e38)])
def test_a_model_keeps_its_last_good_weights(validated, lr):
    encoder = Encoder(wide=["a"], deep=["a"], numbers=[Standard("n")]).fit(TABLE)
    batch = encoder.encode(TABLE, LABELS)
    model = build(encoder, dtype=np.float32)
    before = [w.copy() for _, w in flatten(model.params())]
    rules = {name: SGD(lr) for name in model.params()}
    with pytest.raises(ValueError, match="fit: the .* became .* in epoch 1; lower the learning rate"):
        fit_model(
            model, rules, batch, batch if validated else None, rng=np.random.default_rng(0), epochs=3, batch_size=2
        )
    for w, was in zip((w for _, w in flatten(model.params())), before):
        np.testing.assert_array_equal(w, was)
    gentle = {name: SGD(0.1) for name in model.params()}
    assert np.isfinite(train_step(model, gentle, batch))  # and it can be trained on


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_named_by_row_and_column(value):
    spoilt, labels = X.copy(), Y.copy()
    spoilt[5, 2] = labels[7, 0] = value
    net = MLP([3, 8, 1], np.random.default_rng(0))
    options = dict(rng=np.random.default_rng(1), epochs=1)
    with pytest.raises(ValueError, match="X holds NaN or infinite numbers, first .* in row 5, column 2; drop"):
        fit(net, spoilt, Y, squared_error, SGD(0.1), **options)
    with pytest.raises(ValueError, match="y holds NaN or infinite numbers, first .* in row 7, column 0; drop"):
        fit(net, X, labels, squared_error, SGD(0.1), **options)
    encoder = Encoder(wide=["a"], numbers=[Standard("n")], deep=["a"]).fit(TABLE)
    batch = encoder.encode(TABLE, LABELS)
    batch.numbers[3, 0] = value
    model = build(encoder)
    with pytest.raises(ValueError, match="numbers hold NaN or infinite values, first .* in row 3, column 0; drop"):
        fit_model(model, {name: SGD(0.1) for name in model.params()}, batch, **options)
