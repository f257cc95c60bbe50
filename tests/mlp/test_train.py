"""Training: minibatches, early stopping, and what fit refuses before a weight moves."""

import subprocess
import sys

import numpy as np
import pytest

from mlp import MLP, SGD, AdaGrad, Adam, Momentum, fit, l2_penalty, log_loss, minibatches
from mlp.data import INPUTS, XOR
from perceptron import sigmoid, tanh


def test_minibatches_show_every_row_once_in_a_new_order(rng):
    first, second = list(minibatches(10, 4, rng)), list(minibatches(10, 4, rng))
    assert [len(rows) for rows in first] == [4, 4, 2]
    assert sorted(np.concatenate(first)) == sorted(np.concatenate(second)) == list(range(10))
    assert (np.concatenate(first) != np.concatenate(second)).any() and (np.concatenate(first) != range(10)).any()


@pytest.mark.parametrize("seed", range(3))
def test_xor_is_solved(seed):
    rng = np.random.default_rng(seed)
    net = MLP([2, 4, 1], rng, np.float64, hidden=tanh)
    history = fit(net, INPUTS, XOR, log_loss, Adam(0.05), rng=rng, epochs=2000, batch_size=4, tolerance=0.01)
    assert history[-1]["loss"] <= 0.01
    np.testing.assert_array_equal(sigmoid(net.forward(INPUTS)[0]).round(), XOR)


def test_without_a_hidden_layer_xor_is_not_solved(rng):
    net = MLP([2, 1], rng, np.float64)
    fit(net, INPUTS, XOR, log_loss, Adam(0.05), rng=rng, epochs=500, batch_size=4)
    assert log_loss(net.forward(INPUTS)[0], XOR)[0] == pytest.approx(np.log(2), abs=0.01)


def a_net(seed=0, **options):
    return MLP([2, 8, 1], np.random.default_rng(seed), np.float64, hidden=tanh, **options)


def train(net, X, y, **options):
    options = {"epochs": 4, "batch_size": 16, "rng": np.random.default_rng(7), **options}
    return fit(net, X, y, log_loss, options.pop("optimizer", None) or Adam(0.03), **options)


@pytest.mark.parametrize("optimizer", [SGD, Momentum, AdaGrad, Adam])
def test_the_loss_falls_with_every_optimizer(optimizer, spirals):
    history = train(a_net(), *spirals, optimizer=optimizer(0.03), epochs=30)
    assert history[-1]["loss"] < history[0]["loss"] - 0.005


def test_one_epoch_by_hand_is_forward_loss_backward_step(spirals):
    X, y = spirals
    net, other, rng = a_net(), a_net(), np.random.default_rng(7)
    history = train(net, X, y, optimizer=SGD(0.1), epochs=1, l2=0.5, batch_size=50)
    order, total = rng.permutation(120), 0.0
    for rows in (order[:50], order[50:100], order[100:]):  # 50, 50 and 20
        z, caches = other.forward(X[rows])
        value, dz = log_loss(z, y[rows])
        grads = other.backward(dz, caches)[1]
        for name, w in other.params().items():
            w -= 0.1 * (grads[name] + 0.5 * w * (w.ndim == 2))
        total += value * len(rows)  # the last batch counts for less
    assert history == [{"epoch": 1, "loss": pytest.approx(total / 120, rel=1e-13)}]
    np.testing.assert_allclose(net.theta.flat, other.theta.flat, rtol=1e-12, atol=1e-15)


def test_l2_makes_weights_smaller(spirals):
    free, priced = a_net(), a_net()
    train(free, *spirals, epochs=20)
    train(priced, *spirals, epochs=20, l2=0.1)
    assert l2_penalty(priced.params(), 1)[0] < l2_penalty(free.params(), 1)[0] / 2


def test_same_seed_same_bytes(spirals):
    runs = []
    for seed in (7, 7, 8):
        net = a_net(dropout=0.3)
        runs.append((train(net, *spirals, rng=np.random.default_rng(seed)), net.theta.flat.tobytes()))
    assert runs[0] == runs[1] and runs[0] != runs[2]


def test_dropout_acts_in_training_and_not_in_validation(spirals):
    X, y = spirals
    net, seen = a_net(dropout=0.5), []
    forward = net.forward

    def spy(X, rng=None):
        seen.append((len(X), rng is not None))
        return forward(X, rng)

    net.forward = spy
    train(net, X, y, epochs=1, batch_size=60, validation=(X[:9], y[:9]))
    assert seen == [(60, True), (60, True), (9, False)]


def test_stops_at_the_tolerance(spirals):
    whole = train(a_net(), *spirals, epochs=30)
    last = min(range(20), key=lambda i: whole[i]["loss"])  # the lowest so far
    stopped = train(a_net(), *spirals, epochs=30, tolerance=whole[last]["loss"])
    assert stopped == whole[: last + 1]  # at or below it


def noise_world(rng):
    """Labels that have nothing to do with the inputs: validation soon gets worse."""
    return rng.normal(size=(40, 2)), rng.integers(0, 2, (40, 1)).astype(float)


def test_early_stopping_restores_the_best_epochs_weights_bit_for_bit():
    X, y = noise_world(np.random.default_rng(2))
    net, kept = a_net(), []
    history = train(
        net,
        X[:20],
        y[:20],
        optimizer=Adam(0.1),
        validation=(X[20:], y[20:]),
        patience=5,
        epochs=200,
        report=lambda record: kept.append(net.theta.flat.tobytes()),
    )
    best = int(np.argmin([record["validation"] for record in history]))
    assert len(history) == best + 1 + 5 < 200  # five epochs without a better one
    assert net.theta.flat.tobytes() == kept[best] != kept[-1]
    assert log_loss(net.forward(X[20:])[0], y[20:])[0] == history[best]["validation"]


def test_without_patience_all_epochs_run_and_the_best_is_still_restored():
    X, y = noise_world(np.random.default_rng(2))
    net, kept = a_net(), []
    history = train(
        net,
        X[:20],
        y[:20],
        optimizer=Adam(0.1),
        validation=(X[20:], y[20:]),
        epochs=30,
        report=lambda record: kept.append(net.theta.flat.tobytes()),
    )
    best = int(np.argmin([record["validation"] for record in history]))
    assert len(history) == 30 and best < 29 and net.theta.flat.tobytes() == kept[best]


def test_an_epoch_that_is_no_better_is_not_the_best():
    net = a_net()
    history = train(net, INPUTS, XOR, optimizer=SGD(1e-300), validation=(INPUTS, XOR), patience=2, epochs=9)
    assert len({record["validation"] for record in history}) == 1 and len(history) == 3  # the first, and two no better


def test_batches_of_32_unless_told_otherwise(rng):
    X, y = rng.normal(size=(70, 2)), np.repeat([[0.0], [1.0]], 35, axis=0)
    usual, told = a_net(), a_net()
    for net, options in ((usual, {}), (told, {"batch_size": 32})):
        fit(net, X, y, log_loss, Adam(0.1), rng=np.random.default_rng(1), epochs=2, **options)
    assert usual.theta.flat.tobytes() == told.theta.flat.tobytes()


def test_a_fit_that_diverges_gives_the_best_epochs_weights_back():
    X, y = noise_world(np.random.default_rng(2))
    validation, kept = (X[20:], y[20:]), []
    records = train(a_net(), X[:20], y[:20], optimizer=Adam(0.1), validation=validation, epochs=30)
    best = int(np.argmin([record["validation"] for record in records[:25]]))

    def loss(z, y):
        value, dz = log_loss(z, y)
        return value if len(kept) < 25 else np.nan, dz

    net = a_net()
    with pytest.raises(ValueError, match="the loss became nan in epoch 26"):
        fit(net, X[:20], y[:20], loss, Adam(0.1), rng=np.random.default_rng(7), epochs=30, batch_size=16,
            validation=validation, report=lambda record: kept.append(net.theta.flat.tobytes()))  # fmt: skip
    assert best < 24 and net.theta.flat.tobytes() == kept[best] != kept[-1]


def test_restoring_leaves_the_windows_live():
    X, y = noise_world(np.random.default_rng(2))
    net = a_net()
    flat, W = net.theta.flat, net.layers[0].W
    train(net, X[:20], y[:20], validation=(X[20:], y[20:]))
    assert net.theta.flat is flat and net.layers[0].W is W and np.shares_memory(W, flat)


def test_without_validation_the_last_weights_stay(spirals):
    net, kept = a_net(), []
    train(net, *spirals, report=lambda record: kept.append(net.theta.flat.tobytes()))
    assert net.theta.flat.tobytes() == kept[-1]


def test_report_gets_each_epochs_record(spirals):
    X, y = spirals
    seen = []
    history = train(a_net(), X, y, epochs=3, validation=(X, y), report=seen.append)
    assert seen == history and [set(record) for record in seen] == [{"epoch", "loss", "validation"}] * 3
    assert [record["epoch"] for record in seen] == [1, 2, 3]


def test_fit_leaves_its_data_alone(spirals, sealed):
    X, y = (a.copy() for a in spirals)
    sealed(X, y)
    train(a_net(), X, y, validation=(X, y), l2=0.1)


X4, Y4 = INPUTS, XOR


@pytest.mark.parametrize(
    "X, y, options, words",
    [
        (X4, Y4[:, 0], {}, r"fit: X \(4, 2\), y \(4,\); want \(N, 2\) and \(N, 1\), N >= 1; labels want y\[:, None\]"),
        (X4, Y4[:3], {}, r"y \(3, 1\); want"),
        (X4[:, :1], Y4, {}, r"X \(4, 1\), y \(4, 1\); want \(N, 2\)"),
        (X4[0], Y4, {}, r"X \(2,\)"),
        (X4[:0], Y4[:0], {}, "N >= 1"),
        (np.where(X4 == 1, np.nan, 0), Y4, {}, "fit: X holds NaN or infinite numbers, first nan in row 1, column 1"),
        (X4, np.where(Y4 == 1, np.inf, 0), {}, "fit: y holds NaN or infinite"),
        (X4, Y4, {"epochs": 0}, "fit: epochs 0; want at least 1"),
        (X4, Y4, {"batch_size": 0}, "fit: batch_size 0; want at least 1"),
        (X4, Y4, {"validation": (X4, Y4), "patience": 0}, "fit: patience 0; want at least 1"),
        (X4, Y4, {"patience": 3}, "patience needs validation data"),
        (X4, Y4, {"report": 3}, "fit: report is a int; want a function of each epoch's record, as print"),
        (X4, Y4, {"validation": X4}, r"fit: validation is a ndarray; want a pair, validation=\(X, y\)"),
        (X4, Y4, {"optimizer": Adam}, r"fit: 'optimizer' is a type; want an optimizer, as Adam\(1e-3\)"),
        (X4, Y4, {"validation": (X4, Y4[:, 0])}, r"fit: validation: X \(4, 2\), y \(4,\)"),
        (X4, Y4, {"validation": (X4 * np.nan, Y4)}, "fit: validation: X holds NaN"),
        (X4, 2 * Y4 - 1, {}, "labels must be 0 or 1, and one is -1.0"),
    ],
)
def test_fit_refuses_and_says_why_before_it_moves_a_weight(X, y, options, words):
    net = a_net()
    before = net.theta.flat.tobytes()
    with pytest.raises(ValueError, match=words):
        train(net, X, y, **options)
    assert net.theta.flat.tobytes() == before


def test_fit_refuses_data_in_the_place_of_the_network():
    with pytest.raises(ValueError, match=r"fit: the network is a ndarray; want fit\(network, X, y, loss, optimizer\)"):
        train(X4, Y4, a_net())


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_a_loss_that_diverges_is_named_with_its_epoch():
    with pytest.raises(ValueError, match="fit: the .* became .* in epoch [12]; lower the learning rate"):
        train(MLP([2, 4, 1], np.random.default_rng(0), np.float64), X4, Y4, optimizer=SGD(1e200))


FAULTS = """
import resource
import numpy as np
from mlp.train import keep_freed_memory

def faults(steps=100):
    start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(steps):
        arrays = [np.ones(25_000, np.float32) for _ in range(8)]   # 100 KB each, as a step's
        del arrays
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - start

first, before = faults(), faults()
keep_freed_memory()
first, after = faults(), faults()
print(before, after)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries take no notice")
def test_memory_that_a_step_frees_is_kept_for_the_next():
    found = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    before, after = map(int, found.stdout.split())
    if before < 1_000:
        pytest.skip(f"this C library hands nothing back: {before} page faults in 100 steps")
    assert after < 100 < before
