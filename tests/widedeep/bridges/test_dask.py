"""Parts of a batch on Dask's workers: the model of one machine, whatever the number of workers, and if one dies."""

import copy
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'widedeep[distributed]'")

from dask.distributed import Client, LocalCluster

import widedeep
from mlp.losses import softmax_cross_entropy, squared_error
from mlp.sparse import Rows
from mlp.windows import flatten
from perceptron.losses import log_loss
from tests.widedeep.three_towers import ratings
from widedeep import (
    EMA,
    Category,
    Checkpoint,
    Classes,
    Cross,
    Deep,
    DeepClasses,
    Encoder,
    Regression,
    Wide,
    WideClasses,
    WideDeep,
    class_labels,
    number_labels,
    optimizers_for,
)
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


def on(client):
    return lambda *arguments, **more: fit(client, *arguments, **more)


def trained(run, **more):
    model, optimizers, batch = start()
    more = {"epochs": 2, "batch_size": 32} | more
    history = run(model, optimizers, batch, rng=np.random.default_rng(1), **more)
    return model, history


@pytest.mark.parametrize("parts", [1, 2, 4, 40])  # 40: more than the rows of a batch
def test_equals_one_machine(client, parts):
    weights = np.random.default_rng(2).random((120, 1))
    want, records = trained(widedeep.fit, sample_weight=weights)
    model, history = trained(on(client), sample_weight=weights, parts=parts)
    same(model, want)
    np.testing.assert_allclose([r["loss"] for r in history], [r["loss"] for r in records], atol=1e-6)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_any_number_of_workers_gives_the_model_of_one_machine(workers):
    want, records = trained(widedeep.fit)
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            client.wait_for_workers(workers, timeout=30)
            assert len(set(client.run(os.getpid).values()) - {os.getpid()}) == workers  # processes of their own
            model, history = trained(on(client))
    same(model, want)
    np.testing.assert_allclose([r["loss"] for r in history], [r["loss"] for r in records], atol=1e-6)


def test_a_batch_of_fewer_rows_than_workers(client):
    want, _ = trained(widedeep.fit, batch_size=3, epochs=1)
    model, _ = trained(on(client), batch_size=3, epochs=1)
    same(model, want)


def test_validation_patience_and_average(client):
    """The epoch that is kept, the records, the weights: those of one machine."""

    def run(fit):
        model, optimizers, batch = start()
        more = {"patience": 2, "ema": EMA(model.params(), 0.9), "validation_weight": np.linspace(0.5, 1.5, 40)[:, None]}
        records = fit(model, optimizers, batch[:80], batch[80:], rng=np.random.default_rng(1), epochs=30, batch_size=32,
                      **more)  # fmt: skip
        return model, records

    (want, records), (model, history) = run(widedeep.fit), run(on(client))
    same(model, want)
    assert 2 < len(history) == len(records) < 30
    for name in ("loss", "validation"):
        np.testing.assert_allclose([r[name] for r in history], [r[name] for r in records], atol=1e-6)


def test_a_checkpoint_of_the_cluster_goes_on_there(client, tmp_path):
    def run(epochs, file=None):
        model, optimizers, batch = start()
        checkpoint = None if file is None else Checkpoint(file)
        more = {"rng": np.random.default_rng(1), "batch_size": 32, "epochs": epochs, "checkpoint": checkpoint}
        return model, fit(client, model, optimizers, batch, **more)

    want, records = run(3)
    run(1, tmp_path / "run.npz")
    model, history = run(3, tmp_path / "run.npz")
    assert [r["epoch"] for r in history] == [r["epoch"] for r in records] == [1, 2, 3]
    same(model, want)


def test_numbers_and_classes(client):
    rng, names = np.random.default_rng, [1, 2, 3]
    table, _ = ratings(rng(0))
    encoder = Encoder(wide=["user", "item"], deep=["user", "item"]).fit(table)
    plain, values = encoder.encode(table, dtype=np.float64), rng(3).integers(1, 4, 120)

    def number_head():
        deep = Deep(encoder.n_deep, 3, encoder.n_inputs, [5], rng(4))
        return Regression(1, 3, wide=Wide(encoder.n_wide), deep=deep).astype(np.float64)

    def class_head():
        deep = DeepClasses(encoder.n_deep, 3, encoder.n_inputs, [5], rng(4), 3)
        return Classes(names, wide=WideClasses(encoder.n_wide, 3), deep=deep).astype(np.float64)

    for head, batch, loss in (
        (number_head, number_labels(plain, values[:, None]), squared_error),
        (class_head, class_labels(plain, values, names), softmax_cross_entropy),
    ):
        found = []
        for run in (widedeep.fit, on(client)):
            model = head()
            run(model, optimizers_for(model, 32), batch, rng=rng(1), epochs=2, batch_size=32, loss=loss)
            found.append(model)
        same(*found)


def test_tables_that_are_large_send_touched_rows(client):
    """Above SMALL numbers a gradient is Rows, which add by id."""

    def run(fit):
        model, _, batch = start()
        model.towers["deep"] = Deep(30_000, 3, (2, 0), [5], np.random.default_rng(5)).astype(np.float64)
        kinds = {type(g) for _, g in flatten(model.backward(np.ones((120, 1)), model.forward(batch)[1]))}
        fit(model, optimizers_for(model, 32), batch, rng=np.random.default_rng(1), epochs=2, batch_size=32)
        return model, kinds

    (want, _), (model, kinds) = run(widedeep.fit), run(on(client))
    assert Rows in kinds
    same(model, want)


def test_what_is_no_client_is_refused_by_name():
    model, optimizers, batch = start()
    for client in ("tcp://localhost:8786", None, model):
        with pytest.raises(ValueError, match=f"fit: the client is a {type(client).__name__}; want a dask.distributed"):
            fit(client, model, optimizers, batch, rng=np.random.default_rng(1), epochs=1)
    with pytest.raises(ValueError, match="search: str, function, 1 settings"):
        search("tcp://localhost:8786", lambda setting: setting, [1])
    with pytest.raises(ValueError, match="want a dask.distributed.Client, a function"):
        search("tcp://localhost:8786", 3, [1])


def test_without_distributed_it_says_what_to_install():
    """Dask alone says it in a message of its own, without the library's name."""
    program = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "distributed":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
try:
    import widedeep.bridges.dask
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == (
        "widedeep.bridges.dask: distributed is not installed; want pip install 'widedeep[distributed]', "
        "or widedeep.fit, which needs NumPy alone\n"
    )


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
    model, _ = trained(on(client), loss=deadly, report=arm)
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
