"""Shapes of all that is public, and what the order of rows and columns may not change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp.windows import flatten
from tests.properties.strategies import cases, encoders, gradients, networks, tables, taken
from widedeep import Encoder, OrdinalRegression, explain

FIELDS = ("wide", "deep", "shares", "numbers")


@given(cases(), st.sampled_from([np.float32, np.float64]))
def test_every_array_has_the_shape_that_its_docstring_gives(case, dtype):
    n, K = len(case.table["word"]), len(case.model.b)
    batch = case.encoder.encode(case.table, dtype=dtype)
    assert len(batch) == n and batch.deep.shape == (n, len(case.encoder.deep) - len(batch.bags) + sum(batch.bags))
    assert batch.shares.shape == (n, sum(batch.bags)) and batch.numbers.shape == (n, len(case.encoder.numbers))
    assert batch.wide.dtype == batch.deep.dtype == np.int32 and batch.shares.dtype == batch.numbers.dtype == dtype
    assert batch.wide.max() < case.encoder.n_wide and batch.deep.max(initial=0) < case.encoder.n_deep
    ends = {row for shares, width in zip(np.split(batch.shares, np.cumsum(batch.bags), axis=1), batch.bags)
            for row in shares.sum(axis=1).round(6).tolist()}  # fmt: skip
    assert ends <= {0.0, 1.0}  # the mean of a bag's known values; an empty one gives zeros
    model = case.model.astype(dtype)
    z = model.logits(batch)
    assert z.shape == model.predict(batch).shape == (n, K) and z.dtype == dtype and np.isfinite(z).all()
    _, grads = gradients(case.model, case.batch, case.loss)
    assert {name: g.shape for name, g in grads.items()} == {name: w.shape for name, w in flatten(case.model.params())}
    for name, rows in case.model.frozen().items():
        assert not grads[name][rows].any()


@given(cases())
def test_explanations_are_one_a_row_and_add_up_to_the_logit(case):
    model = case.model.at_threshold(2) if isinstance(case.model, OrdinalRegression) else case.model
    if len(model.b) > 1:
        with pytest.raises(ValueError, match="logits a row"):
            explain(model, case.encoder, case.batch)
        return
    reasons = explain(model, case.encoder, case.batch)
    added = [sum(w for _, w in r.wide) + r.deep + r.bias + sum(r.others.values()) for r in reasons]
    np.testing.assert_allclose(added, model.logits(case.batch)[:, 0], rtol=1e-9, atol=1e-12)


@given(networks())
def test_shapes_of_a_network(case):
    z, caches = case.net.forward(case.X)
    value, dz = case.loss(z, case.y)
    dX, grads = case.net.backward(dz, caches)
    assert np.ndim(value) == 0 and dz.shape == z.shape == case.y.shape and dX.shape == case.X.shape
    assert {name: g.shape for name, g in grads.items()} == dict(case.net.params().shapes)
    assert case.net.backward(dz, caches, need_dX=False)[0] is None


@given(cases(), st.data())
def test_the_order_of_rows_is_the_order_of_predictions_and_nothing_else(case, data):
    p = np.array(data.draw(st.permutations(range(len(case.batch)))))
    turned, loss = case.batch[p], case.loss
    np.testing.assert_allclose(case.model.predict(turned), case.model.predict(case.batch)[p], rtol=1e-9, atol=1e-12)
    (value, grads), (other, others) = (gradients(case.model, batch, loss) for batch in (case.batch, turned))
    np.testing.assert_allclose(other, value, rtol=1e-12)
    for name, g in grads.items():
        np.testing.assert_allclose(others[name], g, rtol=1e-9, atol=1e-12 * (1 + np.abs(g).max(initial=0)))
    again = case.encoder.encode(taken(case.table, p), dtype=np.float64)
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(again, field), getattr(turned, field))


@given(cases(), st.data())
def test_a_row_is_answered_alone_as_among_others(case, data):
    rows = data.draw(st.lists(st.integers(0, len(case.batch) - 1), min_size=1, max_size=5))
    alone = case.encoder.encode(taken(case.table, rows), dtype=np.float64)
    np.testing.assert_allclose(case.model.logits(alone), case.model.logits(case.batch)[rows], rtol=1e-9, atol=1e-12)


@given(tables(), st.data())
def test_the_order_of_rows_decides_ties_among_ids_and_no_name(table, data):
    encoder = data.draw(encoders(table))
    p = data.draw(st.permutations(range(len(table["word"]))))
    again = Encoder.from_state(encoder.state()).fit(taken(table, p))
    for n, name, other in ((encoder.n_wide, encoder.wide_name, again.wide_name),
                           (encoder.n_deep, encoder.deep_name, again.deep_name)):  # fmt: skip
        assert sorted(map(name, range(n))) == sorted(map(other, range(n)))


@given(cases(), st.data())
def test_the_order_of_columns_changes_nothing(case, data):
    names = data.draw(st.permutations(list(case.table)))
    table = {name: case.table[name] for name in names} | {"unread": [None] * len(case.batch)}
    assert Encoder.from_state(case.encoder.state()).fit(table).fingerprint == case.encoder.fingerprint
    batch = case.encoder.encode(table, dtype=np.float64)
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(batch, field), getattr(case.batch, field))
    records = [dict(zip(table, row)) for row in zip(*table.values())]
    assert case.model.predict(case.encoder.encode(records, dtype=np.float64)).tobytes() == (
        case.model.predict(case.batch).tobytes()
    )
