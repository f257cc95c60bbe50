import numpy as np
import pytest

from mlp.losses import log_loss
from mlp.network import MLP
from mlp.optimizers import SGD, Adam
from mlp.train import fit
from perceptron.neuron import Perceptron
from tests.builders import memories
from widedeep import Category, Encoder, Standard
from widedeep.bridges.neural import Examples, dense, fit_network, learn_from_mistakes, pocket
from widedeep.bridges.sklearn import MLPClassifier, MLPRegressor


def examples(n=60, seed=0, weight=None):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    y = (X[:, :1] + 0.5 * rng.normal(size=(n, 1)) > 0) * 1.0
    return Examples(X, y, np.ones((n, 1)) if weight is None else weight)


def test_a_one_for_each_feature_then_the_numbers():
    table = {"job": ["cook", "nurse", "cook"], "age": [1.0, 2.0, 3.0]}
    encoder = Encoder(wide=["job"], numbers=[Standard("age")]).fit(table)
    batch = encoder.encode(table | {"job": ["nurse", "pilot", "cook"]})
    spread = np.std([1, 2, 3])
    np.testing.assert_allclose(dense(batch, encoder.n_wide), [[0, 1, -1 / spread], [0, 0, 0], [1, 0, 1 / spread]], 1e-6)
    assert dense(Encoder(wide=[Category("job")]).fit(table).encode(table), 3).tolist() == [[1, 0], [0, 1], [1, 0]]


def test_without_weights_it_is_chapter_twos_loop_to_the_bit():
    rows, held = examples(), examples(30, 1)
    networks = [MLP([3, 4, 1], np.random.default_rng(0), np.float64) for _ in range(2)]
    one = fit(networks[0], rows.X, rows.y, log_loss, Adam(0.05), rng=np.random.default_rng(1), epochs=30, batch_size=8,
              l2=0.01, validation=held[:2], patience=3)  # fmt: skip
    other = fit_network(networks[1], Adam(0.05), rows, held, log_loss, rng=np.random.default_rng(1), epochs=30,
                        batch_size=8, l2=0.01, patience=3)  # fmt: skip
    assert other == one and len(one) < 30
    assert networks[0].theta.flat.tobytes() == networks[1].theta.flat.tobytes()


def test_a_weight_is_so_many_rows_in_a_network():
    weight = np.random.default_rng(2).integers(0, 4, (60, 1)) * 1.0
    rows, times = examples(weight=weight), weight[:, 0].astype(int)
    repeated = Examples(rows.X.repeat(times, 0), rows.y.repeat(times, 0), np.ones((times.sum(), 1)))
    networks = [MLP([3, 4, 1], np.random.default_rng(0), np.float64) for _ in range(2)]
    for network, part in zip(networks, (rows, repeated)):  # one step an epoch: the order does not matter
        fit_network(network, SGD(0.5), part, None, log_loss, rng=np.random.default_rng(1), epochs=20, batch_size=999)
    np.testing.assert_allclose(networks[0].theta.flat, networks[1].theta.flat)


def test_a_network_that_diverges_says_so():
    rows = examples()
    with pytest.raises(ValueError, match="lower the learning rate"), np.errstate(all="ignore"):
        fit_network(MLP([3, 4, 1], np.random.default_rng(0)), SGD(1e30), rows, None, log_loss,
                    rng=np.random.default_rng(1), epochs=9, batch_size=8)  # fmt: skip


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value", "ignore:divide")
@pytest.mark.parametrize("held, epochs", [(None, 1), (None, 9), (examples(30, 1), 9)])
def test_a_network_that_diverges_keeps_its_last_good_weights(held, epochs):
    rows, rng = examples(), np.random.default_rng(1)
    network, optimizer = MLP([3, 4, 1], np.random.default_rng(0)), Adam(0.01)
    fit_network(network, optimizer, rows, held, log_loss, rng=rng, epochs=3, batch_size=8)
    before = network.theta.flat.copy(), memories({"network": optimizer})
    optimizer.lr = 1e38
    with pytest.raises(
        ValueError, match=r"became .* in epoch 1; lower the learning rate \(the weights are the last good"
    ):
        fit_network(network, optimizer, rows, held, log_loss, rng=rng, epochs=epochs, batch_size=8)
    np.testing.assert_array_equal(network.theta.flat, before[0])
    assert memories({"network": optimizer}) == before[1]
    optimizer.lr = 0.01  # and it can be trained on
    assert np.isfinite(
        fit_network(network, optimizer, rows, held, log_loss, rng=rng, epochs=1, batch_size=8)[0]["loss"]
    )


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value", "ignore:divide")
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_an_estimator_that_diverges_keeps_its_answers(kind):
    rows = examples()
    model = kind(hidden=(4,), max_iter=3, random_state=0).fit(rows.X, rows.y[:, 0])
    want = model.predict(rows.X)
    model.optimizer_.lr = 1e38
    with pytest.raises(ValueError, match="lower the learning rate"):
        model.partial_fit(rows.X, rows.y[:, 0])
    np.testing.assert_array_equal(model.predict(rows.X), want)
    with pytest.raises(ValueError, match="in epoch 1; lower the learning rate"):
        model.set_params(learning_rate=1e38).fit(rows.X, rows.y[:, 0])
    assert np.isfinite(model.model_.theta.flat).all()


def test_rosenblatts_rule_with_weights_by_hand():
    rows = examples(40, weight=np.random.default_rng(3).choice([1.0, 1.0, 2.5], (40, 1)))
    neuron = Perceptron(3)
    mistakes = learn_from_mistakes(neuron, rows, np.random.default_rng(4))
    W, b, wrong = np.zeros(3), 0.0, 0
    for n in np.random.default_rng(4).permutation(40):
        error = (rows.X[n] @ W + b >= 0) - rows.y[n, 0]
        W, b, wrong = W - rows.weight[n, 0] * error * rows.X[n], b - rows.weight[n, 0] * error, wrong + (error != 0)
    np.testing.assert_allclose(neuron.W[:, 0], W)
    np.testing.assert_allclose(neuron.b, b)
    assert mistakes == wrong > 0


def test_the_pocket_keeps_the_best_epoch():
    rows = examples(80, seed=5)  # cannot be separated
    neuron = Perceptron(3)
    history = pocket(neuron, rows, np.random.default_rng(0), 30, 6)
    losses = [record["loss"] for record in history]
    assert (neuron.predict(rows.X) != rows.y).mean() == min(losses) < losses[-1]
    assert len(losses) == min(30, 1 + int(np.argmin(losses)) + 6)


def test_the_pocket_stops_without_a_mistake():
    rows = examples()
    rows = rows._replace(y=(rows.X[:, :1] > 0) * 1.0)
    neuron = Perceptron(3)
    history = pocket(neuron, rows, np.random.default_rng(0), 500, 500)
    assert len(history) < 500 and history[-1]["loss"] == 0 and (neuron.predict(rows.X) == rows.y).all()
