"""The record: what train_step computes, every gradient a measured slope, and a wrong one is seen."""

import copy

import numpy as np
import pytest

from mlp.dense import Dense
from mlp.windows import flatten
from perceptron.activations import relu, sigmoid
from perceptron.losses import log_loss
from widedeep import Deep, Wide, WideDeep, optimizers_for, train_step
from widedeep import deep as deep_module
from widedeep import rows as rows_module
from widedeep.trace.recording import memory_of, record, used, weights_of
from widedeep.trace.small import small_model

STEP = 1e-6


def test_every_number_is_the_one_that_train_step_computes(small, k, seen):
    batch = small.row(k)[1]
    model, optimizers = copy.deepcopy((small.model, small.optimizers))
    z, caches = model.forward(batch)
    loss, dz = log_loss(z, batch.labels)
    found = {"z": z, "p": sigmoid(z), "z_wide": model.towers["wide"].forward(batch)[0]}
    found["z_deep"] = model.towers["deep"].forward(batch)[0]
    for i, ((X, Z, A), _) in enumerate(caches["deep"][1]):
        found |= {f"Z{i}": Z, f"A{i}": A} | ({} if i else {"X": X, "V": model.towers["deep"].look_up(batch)})
    assert found.keys() == seen.forward.keys()
    for name, array in found.items():
        assert array.tobytes() == seen.forward[name].tobytes(), name
    grads = dict(flatten(model.backward(dz, caches)))
    assert grads.keys() == seen.grads.keys()
    for name, g in grads.items():
        assert g.shape == seen.grads[name].shape and g.tobytes() == seen.grads[name].tobytes(), name
    assert dz.tobytes() == seen.errors["dz"].tobytes()

    before, memory = weights_of(model), memory_of(model, optimizers)
    assert train_step(model, optimizers, batch) == loss == seen.loss
    for name, w in weights_of(model).items():
        assert w.tobytes() == seen.after[name].tobytes() and before[name].tobytes() == seen.before[name].tobytes(), name
    for name, parts in memory_of(model, optimizers).items():
        for old, new, was, became in zip(memory[name], parts, seen.memory[name], seen.memory_after[name]):
            assert old.tobytes() == was.tobytes() and new.tobytes() == became.tobytes(), name
    assert seen.memory.keys() == before.keys()
    z, caches = model.forward(batch)
    assert z.tobytes() == seen.again["z"].tobytes() and sigmoid(z).tobytes() == seen.again["p"].tobytes()
    for i, ((_, Z, A), _) in enumerate(caches["deep"][1]):
        assert Z.tobytes() == seen.again[f"Z{i}"].tobytes() and A.tobytes() == seen.again[f"A{i}"].tobytes()
    assert seen.again.keys() == seen.forward.keys()
    assert log_loss(z, batch.labels)[0] == seen.loss_again < seen.loss


def test_nothing_of_the_callers_moves(small, k):
    before, memory = weights_of(small.model), copy.deepcopy(memory_of(small.model, small.optimizers))
    step = small.model.last_step
    record(small.model, small.optimizers, small.row(k)[1])
    for name, w in weights_of(small.model).items():
        assert w.tobytes() == before[name].tobytes()
    for name, parts in memory_of(small.model, small.optimizers).items():
        assert all(a.tobytes() == b.tobytes() for a, b in zip(parts, memory[name]))
    assert small.model.last_step == step and [type(t) for t in small.model.towers.values()] == [Wide, Deep]
    assert all(type(layer) is Dense for layer in small.model.towers["deep"].mlp.layers)


def exact(small, k):
    """The same model and row in float64."""
    table, _ = small.row(k)
    rows = small.data.splits["random"]["test"][k : k + 1]
    return small.model.astype(np.float64), small.encoder.encode(table, small.data.labels[rows], dtype=np.float64)


def slope(loss, x):
    """The centred difference of loss(x) in every entry of x."""
    found = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        h = np.zeros(x.shape)
        h[i] = STEP
        found[i] = (loss(x + h) - loss(x - h)) / (2 * STEP)
    return found


def places_off(seen, model, batch):
    """Names of gradients and errors that differ from the measured slope of the loss.  Nothing of backward is used."""
    deep, y, off = model.towers["deep"], batch.labels, []
    layers = [Dense(layer.W, layer.b, layer.activation) for layer in deep.mlp.layers]

    def rest(i, A):
        """The loss, if A comes in at layer i."""
        for layer in layers[i:]:
            A = layer.forward(A)[0]
        return log_loss(seen.forward["z_wide"] + A @ deep.w + model.b, y)[0]

    def compare(name, given, measured):
        if not np.allclose(given, measured, rtol=1e-6, atol=1e-9):
            off.append(name)

    for name, others in (("z_wide", "z_deep"), ("z_deep", "z_wide"), ("dz", None)):
        start = seen.forward[name] if others else seen.forward["z"]
        rest_of = seen.forward[others] + model.b if others else 0.0
        compare(name, seen.errors[name], slope(lambda z: log_loss(z + rest_of, y)[0], start))  # noqa: B023
    for i in range(len(layers)):
        compare(f"A{i}", seen.errors[f"A{i}"], slope(lambda A: rest(i + 1, A), seen.forward[f"A{i}"]))  # noqa: B023
        compare(f"delta{i}", seen.errors[f"delta{i}"],
                slope(lambda Z: rest(i + 1, relu(Z)), seen.forward[f"Z{i}"]))  # fmt: skip  # noqa: B023
    compare("X", seen.errors["X"], slope(lambda X: rest(0, X), seen.forward["X"]))
    summed = np.zeros(seen.grads["deep.E"].shape)
    np.add.at(summed, batch.deep[0], seen.errors["V"])
    summed[0] = 0
    compare("V", seen.grads["deep.E"], summed)

    tables = {"wide.w": used(batch.wide), "deep.E": used(batch.deep)}
    for name, w in flatten(model.params()):
        rows = tables.get(name, np.arange(len(w)))

        def loss_at(moved, w=w, rows=rows):
            kept = w.copy()
            w[rows] = moved
            value = log_loss(model.forward(batch)[0], y)[0]
            w[...] = kept
            return value

        compare(name, seen.grads[name][rows], slope(loss_at, w[rows]))
        rest_of_table = np.delete(seen.grads[name], rows, axis=0)
        compare(f"{name}, other rows", rest_of_table, np.zeros_like(rest_of_table))
    return off


@pytest.mark.parametrize("row", [0, 1, 2, 3])
def test_every_gradient_and_every_error_is_a_measured_slope(small, row):
    model, batch = exact(small, row)
    assert places_off(record(model, small.optimizers, batch), model, batch) == []


def test_a_number_recorded_wrong_is_seen_whichever_it_is(small, k):
    """One entry of one array, off by one part in a thousand: this array is named, and no other."""
    model, batch = exact(small, k)
    seen = record(model, small.optimizers, batch)
    rows = {"wide.w": used(batch.wide), "deep.E": used(batch.deep)}
    for part in ("errors", "grads"):
        for name, array in getattr(seen, part).items():
            wrong = array.copy()
            at = np.zeros(array.shape, bool)
            at[rows.get(name, slice(None))] = True
            i = np.unravel_index(np.argmax(np.abs(array) * at), array.shape)
            wrong[i] *= 1.001
            off = places_off(seen._replace(**{part: getattr(seen, part) | {name: wrong}}), model, batch)
            assert off == (["V", name] if name == "deep.E" else [name]), (part, name, off)  # V adds up to dE


def no_slope(self, dA, cache, dW, db, need_dX=True):
    X, _, _ = cache
    np.matmul(X.T, dA, out=dW)
    db[...] = dA.sum(axis=0)
    return dA @ self.W.T if need_dX else None


def dX_doubled(right):
    def backward(self, dA, cache, dW, db, need_dX=True):
        return 2 * right(self, dA, cache, dW, db, need_dX)

    return backward


SLIPS = {  # what is patched, with what, and where it has to show
    "the slope of ReLU forgotten": (Dense, "backward", lambda right: no_slope, "delta1"),
    "dX doubled": (Dense, "backward", dX_doubled, "X"),
    "the wide tower gets -dz": (Wide, "backward", lambda right: lambda self, dz, ids: right(self, -dz, ids), "wide.w"),
    "the bias gets none": (
        WideDeep,
        "backward",
        lambda right: lambda self, dz, c: right(self, dz, c) | {"bias": {"b": 0 * self.b}},
        "bias.b",
    ),
    "a bag's values get no share": (
        deep_module,
        "spread",
        lambda right: (
            lambda dC, batch: np.concatenate([dC[:, :2], np.repeat(dC[:, 2:], batch.bags[0], axis=1)], axis=1)
        ),
        "deep.E",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_wrong_gradient_is_seen(small, k, monkeypatch, slip):
    where, name, wrong, shows = SLIPS[slip]
    model, batch = exact(small, k)
    monkeypatch.setattr(where, name, wrong(getattr(where, name)))
    assert shows in places_off(record(model, small.optimizers, batch), model, batch)


def test_large_tables_have_sparse_gradients_and_the_same_numbers(small, k, seen, monkeypatch):
    monkeypatch.setattr(rows_module, "SMALL", 0)
    monkeypatch.setattr(deep_module, "SMALL", 0)
    monkeypatch.setattr("widedeep.trace.small.ROWS", 2_000)
    large = small_model(small.data)
    assert not large.model.towers["deep"].joined
    other = record(large.model, large.optimizers, large.row(k)[1])
    for part in ("forward", "errors", "before", "grads", "after"):
        mine, theirs = getattr(seen, part), getattr(other, part)
        assert mine.keys() == theirs.keys()
        for name in mine:
            np.testing.assert_allclose(theirs[name], mine[name], rtol=1e-4, atol=1e-5, err_msg=f"{part} {name}")
    assert other.memory.keys() == seen.memory.keys()


def test_used_ids_stand_once_in_their_order():
    assert used(np.array([[7, 0, 3, 7, 0, 9]])).tolist() == [7, 3, 9]


def test_what_cannot_be_recorded_is_refused(small, k, rng):
    batch = small.row(k)[1]
    two = small.encoder.encode({name: np.repeat(c, 2) for name, c in small.row(k)[0].items()}, [[0.0], [1.0]])
    with pytest.raises(ValueError, match="record: 2 rows, labels given; want one row"):
        record(small.model, small.optimizers, two)
    with pytest.raises(ValueError, match="record: 1 rows, labels missing"):
        record(small.model, small.optimizers, small.encoder.encode(small.row(k)[0]))
    with pytest.raises(ValueError, match="record: a dict"):
        record(small.model, small.optimizers, {})
    wide = WideDeep(wide=Wide(small.encoder.n_wide))
    with pytest.raises(ValueError, match="towers wide, no step made; want a WideDeep of wide=... and deep=..."):
        record(wide, optimizers_for(wide, 1), batch)
    fresh = WideDeep(
        wide=Wide(small.encoder.n_wide), deep=Deep(small.encoder.n_deep, 2, small.encoder.n_inputs, [3], rng)
    )
    with pytest.raises(ValueError, match="no step made"):
        record(fresh, optimizers_for(fresh, 1), batch)
    with pytest.raises(ValueError, match="the optimizer of wide has no memory yet"):
        record(small.model, optimizers_for(small.model, 1), batch)
