"""Parts of a batch on Dask's workers: the model of one machine, whatever the number of workers, and if one dies."""

import copy
import os
import signal

import numpy as np
import pytest

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'widedeep[distributed]'")

from dask.distributed import Client, LocalCluster

import widedeep
from mlp.sparse import Rows
from mlp.windows import flatten
from perceptron.losses import log_loss
from tests.widedeep.three_towers import ratings
from widedeep import Category, Cross, Deep, Encoder, Wide, WideDeep, optimizers_for
from widedeep.bridges.dask import add, fit, search


@pytest.fixture(scope="module")
def client():
    with LocalCluster(n_workers=4, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        yield client


def start(dropout=0.0):
    rng = np.random.default_rng(0)
    table, y = ratings(rng)
    columns = [Category("user"), Category("item")]
    encoder = Encoder(wide=[*columns, Cross("user", "item")], deep=columns).fit(table)
    deep = Deep(encoder.n_deep, 3, encoder.n_inputs, [5, 4], rng, dropout=dropout)
    model = WideDeep(wide=Wide(encoder.n_wide), deep=deep).astype(np.float64)
    return model, optimizers_for(model, 32), encoder.encode(table, y, np.float64)


def same(one, other):
    for (name, a), (_, b) in zip(flatten(one.params()), flatten(other.params()), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-6, err_msg=name)


def trained(run, **more):
    model, optimizers, batch = start()
    history = run(model, optimizers, batch, rng=np.random.default_rng(1), epochs=2, batch_size=32, **more)
    return model, history


@pytest.mark.parametrize("parts", [1, 2, 4, 40])  # 40: more than the rows of a batch
def test_equals_one_machine(client, parts):
    weights = np.random.default_rng(2).random((120, 1))
    want, records = trained(widedeep.fit, sample_weight=weights)
    model, history = trained(lambda *a, **k: fit(client, *a, **k), sample_weight=weights, parts=parts)
    same(model, want)
    np.testing.assert_allclose([r["loss"] for r in history], [r["loss"] for r in records], atol=1e-6)


def test_rows_add():
    total = add(Rows(np.array([1, 4]), np.ones((2, 3))), Rows(np.array([4, 7]), np.ones((2, 3))))
    assert total.ids.tolist() == [1, 4, 7] and total.values[:, 0].tolist() == [1, 2, 1]


def test_refuses_dropout_by_name_and_leaves_the_model(client):
    model, optimizers, batch = start(dropout=0.5)
    before = copy.deepcopy(model)
    with pytest.raises(ValueError, match="the tower deep has dropout"):
        fit(client, model, optimizers, batch, rng=np.random.default_rng(1), epochs=1)
    same(model, before)


def test_a_worker_killed_in_mid_epoch_changes_nothing(client, tmp_path):
    marker = str(tmp_path / "killed")

    def deadly(z, y, sample_weight=None, n=None):  # the worker that takes the file away dies over its part
        try:
            os.remove(marker)
            os.kill(os.getpid(), signal.SIGKILL)
        except FileNotFoundError:
            pass
        return log_loss(z, y, sample_weight, n)

    def arm(record):  # after epoch 1: so that the death comes within epoch 2
        with open(marker, "w") as file:
            file.write("now")

    want, _ = trained(widedeep.fit)
    before = set(client.run(os.getpid).values())
    model, _ = trained(lambda *a, **k: fit(client, *a, **k), loss=deadly, report=arm)
    client.wait_for_workers(4, timeout=30)
    assert before - set(client.run(os.getpid).values())
    same(model, want)


def test_search_measures_each_setting_in_order(client):
    def train_one(batch_size):
        model, optimizers, batch = start()
        rng = np.random.default_rng(1)
        return widedeep.fit(model, optimizers, batch, rng=rng, epochs=1, batch_size=batch_size)[0]["loss"]

    settings = [64, 8, 32]
    np.testing.assert_allclose(search(client, train_one, settings), [train_one(size) for size in settings], rtol=1e-12)
    with pytest.raises(ValueError, match="0 settings"):
        search(client, train_one, [])


def test_no_workers_left_is_one_clear_error_and_whole_steps():
    model, optimizers, batch = start()
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:

        def leave(record):
            cluster.scale(0)
            client.sync(cluster._correct_state)

        with pytest.raises(RuntimeError, match="0 workers left; the model is as after the last whole step"):
            fit(client, model, optimizers, batch, rng=np.random.default_rng(1), epochs=2, report=leave, timeout=2)
        want, rules, _ = start()
        widedeep.fit(want, rules, batch, rng=np.random.default_rng(1), epochs=1)
        same(model, want)
        with pytest.raises(RuntimeError, match="the cluster has no workers"):
            fit(client, model, optimizers, batch, rng=np.random.default_rng(1), epochs=1)


def test_a_model_in_the_place_of_the_client_is_refused():
    model, optimizers, batch = start()
    with pytest.raises(ValueError, match=r"the client is a WideDeep; want a dask.distributed.Client, as fit\(Client"):
        fit(model, model, optimizers, batch, rng=np.random.default_rng(1), epochs=1)
