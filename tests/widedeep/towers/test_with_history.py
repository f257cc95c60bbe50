"""Towers with histories: their gradients, and a wrong one seen."""

import numpy as np
import pytest

from mlp.gradcheck import check
from perceptron.losses import log_loss
from tests.widedeep.ratings import ratings, rows_of, world
from widedeep import Category, Deep, Encoder, WideDeep
from widedeep.deep import pre_activations
from widedeep.features.histories import Histories, History
from widedeep.towers.with_history import DeepWithHistory, MatrixFactorizationWithHistory


@pytest.mark.parametrize("earlier", [None, "time"])
@pytest.mark.parametrize("method", ["centred", "complex"])
@pytest.mark.parametrize("towers", ["deep", "product", "wide deep product"])
def test_every_gradient_is_the_slope(towers, method, earlier):
    model, batch, *_ = world(towers, earlier=earlier)
    batch = batch[np.array([0, 3, 3, 7, 11, 14, 5])]  # a row twice, users several times

    def forward(m):
        return m.forward(batch, np.random.default_rng(5))  # the same dropout each time

    z, caches = forward(model)
    grads = model.backward(log_loss(z, batch.labels)[1], caches)
    kinks = (lambda m: pre_activations(forward(m)[1]["deep"])) if "deep" in towers else None
    assert check(
        model,
        lambda m: log_loss(forward(m)[0], batch.labels)[0],
        grads,
        method=method,
        pre_activations=kinks if method == "centred" else None,
    )


def test_a_history_that_keeps_its_own_entry_in_backward_is_caught():
    model, batch, *_ = world("product")
    z, caches = model.forward(batch)
    grads = model.backward(log_loss(z, batch.labels)[1], caches)
    own = batch.histories[0].left_out
    grads["product"]["E"][own[0]] *= 1.01
    assert not check(model, lambda m: log_loss(m.forward(batch)[0], batch.labels)[0], grads, method="complex")


def test_backward_writes_into_no_input(sealed):
    model, batch, *_ = world("wide deep product")
    z, caches = model.forward(batch, np.random.default_rng(0))
    dz = log_loss(z, batch.labels)[1]
    sealed(dz, batch.deep, batch.wide, *(a for s in batch.histories for a in (s.entries, s.start, s.stop, s.left_out)))
    model.backward(dz, caches)


def test_a_batch_without_histories_is_refused_with_the_remedy():
    model, _, encoder, _, table, _ = world("product")
    with pytest.raises(ValueError, match="Histories.join"):
        model.forward(encoder.encode(rows_of(table, np.arange(3))))


def test_a_model_learns_the_same_whatever_the_test_labels_are():
    """Flip the test labels: no feature, no weight, no validation figure changes."""
    from mlp.optimizers import Adam
    from widedeep import fit

    def train(y):
        table, _ = ratings()
        trained, held = np.arange(15), np.arange(15, 19)
        encoder = Encoder(deep=[Category("user"), Category("item")]).fit(rows_of(table, trained))
        histories = Histories([History("user", "item"), History("item", "user")], encoder.n_deep - 1)
        batch = histories.fit(rows_of(table, trained), y[trained], encoder.encode(rows_of(table, trained), y[trained]))
        validation = histories.join(rows_of(table, held), encoder.encode(rows_of(table, held), y[held]))
        rng = np.random.default_rng(3)
        model = WideDeep(product=MatrixFactorizationWithHistory(histories.n_rows, 3, (0, 2), (1, 3), rng))
        optimizers = {"product": Adam(0.01), "bias": Adam(0.01)}
        seen = fit(model, optimizers, batch, validation, rng=rng, epochs=3, batch_size=4)
        test = histories.join(rows_of(table, np.arange(19, 23)), encoder.encode(rows_of(table, np.arange(19, 23))))
        return seen, model.towers["product"].E, model.predict(test)

    _, y = ratings()
    y[15:17], y[17:19] = 0, 1  # validation wants both classes
    flipped = y.copy()
    flipped[19:] = 1 - y[19:]
    (seen, E, p), (seen2, E2, p2) = train(y), train(flipped)
    assert seen == seen2 and (E == E2).all() and (p == p2).all()


def test_the_tower_without_histories_is_the_plain_one():
    table, _ = ratings()
    encoder = Encoder(deep=[Category("user")]).fit(table)
    batch = encoder.encode(table)
    plain = Deep(encoder.n_deep, 3, (1, 0), (4,), np.random.default_rng(0))
    with_none = DeepWithHistory(encoder.n_deep, 3, (1, 0), (4,), np.random.default_rng(0))
    joined = Histories([], encoder.n_deep - 1).join(table, batch)
    assert (plain.forward(batch)[0] == with_none.forward(joined)[0]).all()
