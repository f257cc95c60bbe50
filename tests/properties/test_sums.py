"""What adds up: towers to a logit, parts of a batch to its gradient, windows of a stream to an epoch."""

from dataclasses import replace

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from mlp.train import minibatches
from mlp.windows import flatten
from tests.properties.strategies import cases, gradients, rules, taken
from widedeep import OrdinalRegression, WideDeep, fit, train_step
from widedeep.training.stream import fit_stream, regrouped


def weights_of(model):
    return {name: w.copy() for name, w in flatten(model.params())}


def put_back(model, weights):
    for name, w in flatten(model.params()):
        w[...] = weights[name]


def refused(model, labels):
    """Would a new model learn nothing from the first window's labels?  (Of grades all on one side.)"""
    try:
        model.check_labels("", labels)
    except ValueError:
        return True
    return False


@given(cases())
def test_the_logit_is_the_sum_of_the_towers_and_the_bias(case):
    parts = [WideDeep(np.float64, **{name: tower}).logits(case.batch) for name, tower in case.model.towers.items()]
    np.testing.assert_allclose(case.model.logits(case.batch), sum(parts) + case.model.b, rtol=1e-12, atol=1e-13)
    z, caches = case.model.forward(case.batch)
    _, dz = case.loss(z, case.batch.labels)
    grads = case.model.backward(dz, caches)
    ds = dz.sum(axis=1, keepdims=True) if isinstance(case.model, OrdinalRegression) else dz
    for name, tower in case.model.towers.items():  # the same error signal into each
        alone = dict(flatten(tower.backward(ds, tower.forward(case.batch)[1])))
        for array, g in flatten(grads[name]):
            np.testing.assert_array_equal(g, alone[array])
    np.testing.assert_array_equal(grads["bias"]["b"], dz.sum(axis=0))


@given(cases(), st.lists(st.integers(0, 8), max_size=3), st.booleans())
def test_gradients_of_parts_add_up_to_the_gradient_of_the_whole(case, cuts, weighted):
    """As n workers compute them: each divides by the whole batch's n."""
    weight = case.rng.uniform(0.1, 3, (len(case.batch), 1)) if weighted else np.ones((len(case.batch), 1))
    value, grads = gradients(case.model, case.batch, case.loss, weight)
    total, added = 0.0, {name: 0.0 for name in grads}
    for rows in np.split(np.arange(len(case.batch)), sorted(cut for cut in cuts if cut < len(case.batch))):
        if len(rows):
            part, more = gradients(case.model, case.batch[rows], case.loss, weight[rows], weight.sum())
            total, added = total + part, {name: added[name] + g for name, g in more.items()}
    np.testing.assert_allclose(total, value, rtol=1e-12)
    for name, g in grads.items():
        np.testing.assert_allclose(added[name], g, rtol=1e-9, atol=1e-13 * (1 + np.abs(g).max(initial=0)))


@given(cases(least=2), rules, st.integers(1, 9), st.integers(1, 4), st.integers(1, 2))
def test_a_stream_is_training_in_memory_in_the_same_order(case, rule, window, batch_size, epochs):
    """Windows of any length; where one window holds all rows it is fit, to the bit."""
    model, n, first = case.model, len(case.batch), weights_of(case.model)
    starts = range(0, n, window)
    assume(not refused(model, case.batch.labels[:window]))

    def read():
        for start in starts:
            rows = range(start, min(start + window, n))
            yield taken(case.table, rows), case.batch.labels[rows]

    one = {name: rule() for name in model.params()}
    streamed = fit_stream(model, one, case.encoder, read, n, rng=np.random.default_rng(0), epochs=epochs,
                          batch_size=batch_size, loss=case.loss)  # fmt: skip
    after = weights_of(model)

    put_back(model, first)
    other, rng, history = {name: rule() for name in model.params()}, np.random.default_rng(0), []
    for epoch in range(epochs):
        total = 0.0
        for start in starts:
            rows = np.arange(start, min(start + window, n))
            for chosen in minibatches(len(rows), batch_size, rng):
                total += train_step(model, other, case.batch[rows[chosen]], rng, case.loss) * len(chosen)
        history.append({"epoch": epoch + 1, "loss": total / n})
    for name, w in flatten(model.params()):  # a window may pad its bags less than the whole batch
        np.testing.assert_allclose(after[name], w, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose([r["loss"] for r in streamed], [r["loss"] for r in history], rtol=1e-7)

    if window >= n and (case.batch.labels != case.batch.labels[0]).any():
        put_back(model, first)
        third = {name: rule() for name in model.params()}
        assert streamed == fit(model, third, replace(case.batch), rng=np.random.default_rng(0), epochs=epochs,
                               batch_size=batch_size, loss=case.loss)  # fmt: skip
        for name, w in flatten(model.params()):
            assert w.tobytes() == after[name].tobytes()


@given(st.lists(st.integers(1, 7), min_size=1, max_size=6), st.integers(1, 9))
def test_chunks_of_any_lengths_are_regrouped_in_order(lengths, size):
    values = np.arange(sum(lengths))
    chunks = [{"a": part, "b": -part} for part in np.split(values, np.cumsum(lengths)[:-1])]
    tables = list(regrouped(chunks, size))
    assert all(len(table["a"]) == size for table in tables[:-1]) and 1 <= len(tables[-1]["a"]) <= size
    assert np.concatenate([table["a"] for table in tables]).tolist() == values.tolist()
    assert all((table["b"] == -table["a"]).all() for table in tables)
