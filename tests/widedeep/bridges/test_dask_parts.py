"""Parquet files and Dask DataFrames: the encoder and the model of the whole table, whatever the partitions."""

import os
import signal

import numpy as np
import pytest

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'widedeep[distributed]'")
pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install 'widedeep[distributed]'")

import dask
import dask.dataframe as dd
import pandas as pd
from dask.distributed import Client, LocalCluster

import widedeep
from mlp.losses import softmax_cross_entropy, squared_error
from mlp.windows import flatten
from widedeep import (
    Bag,
    Buckets,
    Category,
    Classes,
    Cross,
    Deep,
    DeepClasses,
    Encoder,
    Quantile,
    Regression,
    Standard,
    Wide,
    WideClasses,
    WideDeep,
    class_labels,
    number_labels,
    optimizers_for,
)
from widedeep.bridges.dask import fit
from widedeep.bridges.dask_parts import encoded, learn, on_partition, read_parts
from widedeep.features.hashing import Hashed
from widedeep.features.missing import FillMedian, WithMissing

CUTS = [0, 30, 30, 31, 60, 75, 90, 105, 120, 135, 180, 240]  # 11 partitions: the second is empty, the third has one row


@pytest.fixture(scope="module")
def client():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = CUTS[-1]
    return pd.DataFrame(
        {
            "user": [
                f"u{i}" for i in rng.integers(0, 40, n)
            ],  # many of equal counts: their order is that of appearance
            "item": rng.zipf(1.5, n) % 50,
            "genres": [list(rng.choice(["p", "q", "r", "s"], rng.integers(0, 4), replace=False)) for _ in range(n)],
            "words": ["|".join(rng.choice(["a", "b", "c"], rng.integers(0, 3))) for _ in range(n)],
            "job": rng.choice(np.array(["x", "y", None], object), n),
            "age": rng.normal(40, 10, n),
            "income": np.where(rng.random(n) < 0.1, np.nan, rng.random(n)),
            "liked": rng.integers(0, 2, n),
            "stars": rng.integers(1, 6, n),
        }
    )


@pytest.fixture(scope="module")
def folder(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    for k, (start, stop) in enumerate(zip(CUTS, CUTS[1:])):
        table[start:stop].to_parquet(folder / f"part.{k}.parquet")  # part.10 comes after part.9, and not after part.1
    return folder


@pytest.fixture(autouse=True)
def bags_stay_bags():  # Dask makes text of the objects of a pandas frame, lists too, if it is not told otherwise
    with dask.config.set({"dataframe.convert-string": False}):
        yield


def an_encoder():
    user, genres = Category("user"), Bag("genres")
    return Encoder(
        wide=[user, genres, Cross(user, "item", min_count=2), Cross(genres, "item"), Buckets("age", 5)],
        deep=[user, Category("item", min_count=2), WithMissing(Category("job")), Hashed("stars", 16), genres,
              Bag("words", sep="|")],
        numbers=[Standard("age"), Quantile("item"), FillMedian(Standard("income"))],
    )  # fmt: skip


def few():
    columns = [Category("user"), Category("item"), Bag("genres")]
    return Encoder(wide=[*columns, Cross("user", "item")], deep=columns, numbers=[Standard("age")])


def model_of(encoder):
    deep = Deep(encoder.n_deep, 3, encoder.n_inputs, [5], np.random.default_rng(1))
    return WideDeep(wide=Wide(encoder.n_wide), deep=deep).astype(np.float64)


def train(run, model, rows, **more):
    history = run(model, optimizers_for(model, 32), rows, rng=np.random.default_rng(2),
                  **{"epochs": 2, "batch_size": 32} | more)  # fmt: skip
    return [w.copy() for _, w in flatten(model.params())], [record["loss"] for record in history]


def on(client):
    return lambda *arguments, **more: fit(client, *arguments, **more)


def same(one, other):
    for a, b in zip(one[0], other[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-6)
    np.testing.assert_allclose(one[1], other[1], atol=1e-6)


# ---- learn ----------------------------------------------------------------------------------------------------------


def test_learns_the_encoder_of_the_whole_table(client, table, folder):
    want = an_encoder().fit(table)
    assert learn(an_encoder(), folder, client).fingerprint == want.fingerprint
    assert learn(an_encoder(), str(folder), client).state() == want.state()
    assert learn(an_encoder(), dd.from_pandas(table, npartitions=5, sort=False), client).fingerprint == want.fingerprint
    frame = dd.read_parquet([folder / f"part.{k}.parquet" for k in range(len(CUTS) - 1)])
    assert learn(an_encoder(), frame, client).fingerprint == want.fingerprint


def test_the_order_of_the_partitions_counts(client, table):
    """Or the test above could not fail."""
    turned = pd.concat([table[120:], table[:120]])
    frame = dd.from_pandas(turned.reset_index(drop=True), npartitions=4, sort=False)
    learned = learn(an_encoder(), frame, client).fingerprint
    assert learned == an_encoder().fit(turned).fingerprint != an_encoder().fit(table).fingerprint


def test_learning_again_learns_anew(client, table, folder):
    encoder = an_encoder().fit(table[:50])
    before = encoder.fingerprint
    assert learn(encoder, folder, client) is encoder
    assert encoder.fingerprint == an_encoder().fit(table).fingerprint != before


def test_numbers_in_one_partition_and_text_in_another_are_refused_as_in_one_table(client, tmp_path):
    pd.DataFrame({"a": [1, 2]}).to_parquet(tmp_path / "0.parquet")
    pd.DataFrame({"a": ["1", "x"]}).to_parquet(tmp_path / "1.parquet")
    encoder = Encoder(wide=["a"])
    with pytest.raises(ValueError, match="'1' and 1 are two values|1 and '1' are two values"):
        learn(encoder, tmp_path, client)
    assert not encoder.fitted
    pd.DataFrame({"a": ["y", "x"]}).to_parquet(tmp_path / "1.parquet")
    learned = learn(Encoder(wide=["a"], deep=[WithMissing(Category("a"))]), tmp_path, client)
    assert learned.fingerprint == Encoder(wide=["a"], deep=[WithMissing(Category("a"))]).fit(
        {"a": [1, 2, "y", "x"]}).fingerprint  # fmt: skip


# ---- fit ------------------------------------------------------------------------------------------------------------


def test_fit_on_rows_that_stay_on_the_workers(client, table, folder):
    encoder = few().fit(table)
    batch = encoder.encode(table, table.liked.to_numpy()[:, None], np.float64)
    weights = np.random.default_rng(3).random((len(batch), 1))
    want = train(widedeep.fit, model_of(encoder), batch, sample_weight=weights)
    parts = read_parts(encoder, folder, client, label="liked", dtype=np.float64)
    assert len(parts) == 240 and len(parts.batches) == 10  # the empty partition is left out
    same(train(on(client), model_of(encoder), parts, sample_weight=weights), want)


def test_a_batch_smaller_than_the_number_of_workers(client, table):
    encoder, rows = few().fit(table), table[:20]
    batch = encoder.encode(rows, rows.liked.to_numpy()[:, None], np.float64)
    want = train(widedeep.fit, model_of(encoder), batch, batch_size=1)
    parts = read_parts(encoder, dd.from_pandas(rows, npartitions=4), client, label="liked", dtype=np.float64)
    same(train(on(client), model_of(encoder), parts, batch_size=1), want)


def test_one_long_bag_does_not_widen_the_others(client, table, tmp_path):
    """Its partition is encoded as Ragged."""
    rows = table[:40].copy()
    rows.at[7, "genres"] = ["p", "q"] * 20_000
    rows[:20].to_parquet(tmp_path / "0.parquet")
    rows[20:].to_parquet(tmp_path / "1.parquet")
    encoder = learn(few(), tmp_path, client)
    assert encoder.fingerprint == few().fit(rows).fingerprint
    batch = encoder.encode(rows, rows.liked.to_numpy()[:, None], np.float64)
    parts = read_parts(encoder, tmp_path, client, label="liked", dtype=np.float64)
    kinds = [type(part).__name__ for part in client.gather(parts.batches)]
    assert kinds == ["Ragged", "Batch"]
    want = train(widedeep.fit, model_of(encoder), batch, batch_size=8)
    same(train(on(client), model_of(encoder), parts, batch_size=8), want)


def test_gathered_rows_are_those_of_the_whole_table(client, table, folder):
    encoder = few().fit(table)
    got = read_parts(encoder, folder, client, label="liked").gather(client)
    want = encoder.encode(table, table.liked.to_numpy()[:, None])
    for name in ("deep", "shares", "numbers", "labels"):
        np.testing.assert_array_equal(getattr(got, name), getattr(want, name), err_msg=name)
    np.testing.assert_array_equal(np.sort(got.wide), np.sort(want.wide))  # padding may stand elsewhere in a row
    assert (got.bags, got.made_by) == (want.bags, want.made_by)


def test_validation_at_the_client_and_patience(client, table):
    encoder = few().fit(table)
    batch = encoder.encode(table, table.liked.to_numpy()[:, None], np.float64)
    more = {"validation": batch[:60], "patience": 1, "epochs": 12, "batch_size": 64}
    want = train(widedeep.fit, model_of(encoder), batch[60:], **more)
    frame = dd.from_pandas(table[60:], npartitions=3)
    parts = read_parts(encoder, frame, client, label="liked", dtype=np.float64)
    same(train(on(client), model_of(encoder), parts, **more), want)
    assert len(want[1]) < 12


def test_numbers_and_classes_as_labels(client, table, folder):
    encoder, names = few().fit(table), [1, 2, 3, 4, 5]
    plain, rng = encoder.encode(table, dtype=np.float64), np.random.default_rng

    def number_head():
        return Regression(1, 5, wide=Wide(encoder.n_wide),
                          deep=Deep(encoder.n_deep, 3, encoder.n_inputs, [5], rng(1))).astype(np.float64)  # fmt: skip

    def class_head():
        deep = DeepClasses(encoder.n_deep, 3, encoder.n_inputs, [5], rng(1), 5)
        return Classes(names, wide=WideClasses(encoder.n_wide, 5), deep=deep).astype(np.float64)

    def one_hot(partition):  # of an Arrow table, as a worker reads it
        return np.eye(5)[np.asarray(partition["stars"]) - 1]

    stars = table.stars.to_numpy()
    for head, label, rows, loss in (
        (number_head, "stars", number_labels(plain, stars[:, None]), squared_error),
        (class_head, one_hot, class_labels(plain, stars, names), softmax_cross_entropy),
    ):
        want = train(widedeep.fit, head(), rows, loss=loss)
        parts = read_parts(encoder, folder, client, label=label, dtype=np.float64)
        same(train(on(client), head(), parts, loss=loss), want)


def test_a_killed_worker_reads_its_partitions_again(client, table, folder):
    encoder = few().fit(table)
    batch = encoder.encode(table, table.liked.to_numpy()[:, None], np.float64)
    want = train(widedeep.fit, model_of(encoder), batch)
    parts = read_parts(encoder, folder, client, label="liked", dtype=np.float64)
    before = set(client.run(os.getpid).values())

    def kill(record):  # after epoch 1 the worker that holds the first partition dies
        if record["epoch"] == 1:
            (address, *_) = client.who_has(parts.batches[:1])[parts.batches[0].key]
            os.kill(client.run(os.getpid, workers=[address])[address], signal.SIGKILL)

    found = train(on(client), model_of(encoder), parts, report=kill)
    client.wait_for_workers(2, timeout=30)
    assert before - set(client.run(os.getpid).values())
    same(found, want)


# ---- what is refused ------------------------------------------------------------------------------------------------


def test_partitions_of_different_columns(client, table, folder, tmp_path):
    table[:30].to_parquet(tmp_path / "0.parquet")
    table[30:60].drop(columns="item").to_parquet(tmp_path / "1.parquet")
    encoder = few()
    with pytest.raises(ValueError, match=r"learn: partition 1 \(1.parquet\): no column 'item'; it has user, genres"):
        learn(encoder, tmp_path, client)
    with pytest.raises(ValueError, match="nothing; want learn"):
        read_parts(encoder, tmp_path, client, label="liked")
    with pytest.raises(ValueError, match=r"read_parts: partition 1 \(1.parquet\): no column 'item'"):
        read_parts(few().fit(table), tmp_path, client, label="liked")
    with pytest.raises(ValueError, match="read_parts: partition 0: no column 'disliked'"):
        read_parts(few().fit(table), dd.from_pandas(table, npartitions=1), client, label="disliked")


def test_a_value_that_is_refused_names_its_partition(client, table, tmp_path):
    table[:30].to_parquet(tmp_path / "0.parquet")
    table[30:60].assign(user=None).to_parquet(tmp_path / "1.parquet")
    with pytest.raises(ValueError, match=r"learn: partition 1 \(1.parquet\): column 'user', row 0: a missing value"):
        learn(few(), tmp_path, client)


def test_labels_that_are_none(client, table, folder):
    encoder = few().fit(table)
    with pytest.raises(ValueError, match=r"read_parts: partition 0 .*labels \(30,\) of 30 rows; want \(30, K\)"):
        read_parts(encoder, folder, client, label=lambda partition: np.asarray(partition["liked"]))
    with pytest.raises(ValueError, match="partition 0 .*column 'job', row 0"):
        read_parts(encoder, folder, client, label="job")
    with pytest.raises(ValueError, match="label is a int; want a column's name, or a function"):
        read_parts(encoder, folder, client, label=3)


def test_no_rows_no_files_no_cluster_no_encoder(client, table, tmp_path):
    with pytest.raises(ValueError, match=r"learn: .* holds no \*.parquet; want a folder"):
        learn(few(), tmp_path, client)
    table[:0].to_parquet(tmp_path / "0.parquet")
    with pytest.raises(ValueError, match="learn: no rows in 1 partitions"):
        learn(few(), tmp_path, client)
    with pytest.raises(ValueError, match="read_parts: no rows in 1 partitions"):
        read_parts(few().fit(table), tmp_path, client, label="liked")
    with pytest.raises(ValueError, match="a DataFrame is neither a folder nor a Dask DataFrame; of one table"):
        learn(few(), table, client)
    with pytest.raises(ValueError, match="learn: the client is a str; want a dask.distributed.Client"):
        learn(few(), tmp_path, "tcp://localhost:8786")
    with pytest.raises(ValueError, match="a dict is no Encoder"):
        read_parts({}, tmp_path, client, label="liked")


def test_a_cluster_without_workers_is_said_at_once(folder):
    with LocalCluster(n_workers=0, dashboard_address=None) as cluster, Client(cluster) as client:
        with pytest.raises(RuntimeError, match="learn: the cluster has no workers; start one"):
            learn(few(), folder, client)


def test_fit_refuses_what_rows_on_workers_cannot_do(client, table, folder, tmp_path):
    encoder = few().fit(table)
    parts, other = read_parts(encoder, folder, client, label="liked"), few().fit(table[:100])

    def run(model=None, **more):
        model = model or model_of(encoder)
        return fit(client, model, optimizers_for(model, 32), parts, rng=np.random.default_rng(0), epochs=1, **more)

    with pytest.raises(ValueError, match="fit: parts and checkpoint with rows that lie on the workers; want none"):
        run(parts=2, checkpoint=widedeep.Checkpoint(tmp_path / "run.npz"))
    with pytest.raises(ValueError, match="validation rows lie on the workers; want a Batch, as validation.gather"):
        run(validation=parts)
    with pytest.raises(ValueError, match="ids int32 from .* was the batch made by another encoder"):
        run(model_of(other))
    deep = Deep(encoder.n_deep, 3, encoder.n_inputs, [5, 4], np.random.default_rng(1), dropout=0.5)
    with pytest.raises(ValueError, match="the tower deep has dropout"):
        run(WideDeep(deep=deep))


def test_what_a_worker_refuses_in_this_process(tmp_path):
    """The same functions that the workers call."""
    table = {"a": ["x", "y"], "n": [1.0, 2.0]}
    encoder = Encoder(wide=["a"]).fit(table)
    with pytest.raises(ValueError, match=r"labels \(2,\) of 2 rows; want \(2, K\), finite numbers"):
        encoded(table, encoder, lambda table: table["n"], np.float32)
    with pytest.raises(ValueError, match="learn: partition 3: no column 'b'; it has a, n"):
        on_partition("learn", 3, table, ["b"], lambda table: table)
    path = tmp_path / "part.0.parquet"
    pd.DataFrame(table).to_parquet(path)
    with pytest.raises(ValueError, match="learn: partition 0 .*part.0.parquet.: no column 'b'; it has a, n"):
        on_partition("learn", 0, path, ["a", "b"], lambda table: table)
