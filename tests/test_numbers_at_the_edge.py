"""Numbers at the edge: logits of a hundred million, 1e300 in a row, denormals, one of everything, and the last bits."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mlp import MLP, SGD, softmax, softmax_cross_entropy, squared_error
from mlp.train import fit as fit_network
from mlp.windows import flatten
from perceptron import LogisticNeuron, Perceptron, log_loss, sigmoid
from widedeep import (
    Bag,
    Buckets,
    Category,
    Classes,
    Cross,
    Deep,
    DeepClasses,
    Encoder,
    FillMedian,
    OrdinalRegression,
    Periodic,
    Quantile,
    Regression,
    Standard,
    Wide,
    WideClasses,
    WideDeep,
    class_labels,
    evaluate,
    evaluate_classes,
    fit,
    number_labels,
    optimizers_for,
)
from widedeep.features.robust import Robust

ROOT = Path(__file__).parents[1]
loud = pytest.mark.filterwarnings("error")
EDGES = [0.0, 5e-324, -5e-324, 1e4, -1e4, 1e8, -1e8]


def column(*values, dtype=np.float64):
    return np.array(values, dtype)[:, None]


# ---- logits --------------------------------------------------------------------------------------------------------


@loud
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("z", [1e4, -1e4, 1e8, -1e8])
def test_log_loss_of_logits_far_out(z, dtype):
    """log(1 + e^z) - y z is 0 where the answer is right, |z| where it is wrong; p - y is 0, or 1 or -1."""
    for y in (0.0, 1.0):
        value, dz = log_loss(column(z, dtype=dtype), column(y, dtype=dtype))
        wrong = (z > 0) != y
        assert value == (abs(z) if wrong else 0) and dz[0, 0] == (np.sign(z) if wrong else 0) and dz.dtype == dtype
    assert sigmoid(np.array(z, dtype)) == (z > 0)


@loud
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("z", [1e4, 1e8])
def test_softmax_of_logits_far_out(z, dtype):
    Z = np.array([[z, 0, -z], [-z, -z, -z], [z, z, -z]], dtype)
    np.testing.assert_allclose(softmax(Z), [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3], [1 / 2, 1 / 2, 0]], rtol=1e-6)
    for k, want in enumerate(
        [[0, np.log(3), np.log(2)], [z, np.log(3), np.log(2)], [2 * z, np.log(3), 2 * z + np.log(2)]]
    ):
        for n in range(3):
            y = np.eye(3, dtype=dtype)[[k]]
            value, dZ = softmax_cross_entropy(Z[[n]], y)
            np.testing.assert_allclose(value, want[n], rtol=1e-6, atol=z * np.finfo(dtype).eps)
            np.testing.assert_allclose(dZ, softmax(Z[[n]]) - y, rtol=1e-5, atol=1e-7)


@loud
@pytest.mark.parametrize("z", [1e4, -1e4, 1e8, -1e8])
def test_squared_error_and_grades_far_out(z):
    value, dz = squared_error(column(z, dtype=np.float32), column(0, dtype=np.float32))
    assert value == pytest.approx(z * z / 2, rel=1e-6) and dz[0, 0] == z
    encoder = Encoder(wide=["a"]).fit({"a": [1, 2]})
    model = OrdinalRegression((1, 2, 3), np.float64, wide=Wide(encoder.n_wide, np.float64))
    value, dz = model.loss(2, 0.5)(np.full((1, 3), z), column(2.0))
    above = np.array([[1, 0, 0]])
    weights = np.array([[0.5, 1, 0.5]])
    np.testing.assert_allclose(dz, weights * ((z > 0) - above))
    np.testing.assert_allclose(value, (weights * np.maximum(-z * (2 * above - 1), 0)).sum())


@loud
def test_a_whole_step_from_logits_far_out():
    """Weights of a hundred million: the backward pass of every head is finite and warns of nothing."""
    table = {"a": ["x", "y", "x"], "n": [1.0, 2.0, 4.0]}
    encoder = Encoder(wide=["a"], deep=["a"], numbers=[Standard("n")]).fit(table)
    batch, rng = encoder.encode(table, [[1], [0], [0]]), np.random.default_rng(0)
    inputs = encoder.n_deep, 2, encoder.n_inputs, [3], rng
    for model, labelled, loss in (
        (WideDeep(wide=Wide(encoder.n_wide), deep=Deep(*inputs)), batch, log_loss),
        (Classes("pq", wide=WideClasses(encoder.n_wide, 2), deep=DeepClasses(*inputs, 2)),
         class_labels(batch, list("pqq"), "pq"), softmax_cross_entropy),
    ):  # fmt: skip
        model.towers["wide"].w[1:] += np.float32(1e8) * (-1) ** np.arange(2).reshape(
            (2,) + (1,) * (model.towers["wide"].w.ndim - 1)
        )
        z, caches = model.forward(labelled)
        value, dz = loss(z, labelled.labels)
        grads = dict(flatten(model.backward(dz, caches)))
        assert np.abs(z).max() >= 1e8 * 0.99 and np.isfinite(value) and np.isfinite(dz).all()
        assert all(np.isfinite(g).all() for g in grads.values()) and np.isfinite(model.predict(labelled)).all()
    assert np.isfinite(list(evaluate(1e8 * np.array([[1.0], [-1], [1]]), batch.labels).values())).all()
    assert np.isfinite(list(evaluate_classes(1e8 * np.eye(3), np.eye(3)[[0, 2, 1]]).values())).all()


# ---- numbers in a row ----------------------------------------------------------------------------------------------

X = {"x": [0.0, 1.0, 2.0, 3.0]}


@loud
@pytest.mark.parametrize("number", [Standard("x"), FillMedian(Standard("x"))], ids=["Standard", "FillMedian"])
@pytest.mark.parametrize("far", [1e300, -1e300, 1.7e308])
def test_a_number_that_float32_cannot_hold_is_named_by_column_and_row(number, far):
    """It became inf, and the prediction NaN, without a word."""
    encoder = Encoder(wide=[Buckets("x", 3)], numbers=[number]).fit(X)
    with pytest.raises(
        ValueError, match=r"column 'x', row 2: .*e\+30., scaled, is beyond float32; want .*Quantile\('x'\)"
    ):
        encoder.encode({"x": [1.0, 2.0, far, 0.0]})
    if abs(far) < 1e308:
        assert np.isfinite(encoder.encode({"x": [far]}, dtype=np.float64).numbers).all()
    narrow = Encoder(numbers=[number]).fit({"x": [0.0, 5e-324, 1e-320]})
    with pytest.raises(ValueError, match="column 'x', row 1: 1.0, scaled, is beyond float64"):
        narrow.encode({"x": [0.0, 1.0]}, dtype=np.float64)


@loud
def test_the_row_is_that_of_the_table_where_a_batch_comes_in_parts():
    n = 600
    table = {"g": [tuple(range(4_000))] + [("a",)] * (n - 1), "x": [1.0, 2.0] * (n // 2)}
    encoder = Encoder(wide=[Bag("g")], numbers=[Standard("x")]).fit(table)
    table["x"][500] = 1e300
    with pytest.raises(ValueError, match="column 'x', row 500: 1e.300"):
        encoder.encode(table)


@loud
@pytest.mark.parametrize(
    "number, low, high",
    [
        (Quantile("x", 5), 0, 1),
        (Robust("x"), -3, 3),
        (Standard("x", log1p=True), -99, 9_999),
        (Periodic("x", 0.5), -1, 1),
    ],
    ids=["Quantile", "Robust", "log1p", "Periodic"],
)
def test_kinds_that_cut_off_or_squeeze_take_any_size_and_keep_the_order(number, low, high):
    """Of Robust 1e300 was 0, the middle: its square overflows."""
    encoder = Encoder(wide=[Buckets("x", 3)], numbers=[number]).fit(X)
    values = [0.0, 2.5, 3.0, 1e30, 1e160, 1e300, 1.7e308]
    values = values if getattr(number, "log1p", False) else [-1.7e308, -1e300, *values]
    batch = encoder.encode({"x": values})
    x = batch.numbers[:, 0]
    assert np.isfinite(x).all() and low <= x.min() and x.max() <= high
    assert batch.wide[-1, 0] == 3 and (np.diff(batch.wide[:, 0]) >= 0).all()
    if not isinstance(number, Periodic):
        assert (np.diff(x) >= 0).all() and x[-1] > x[-7]


@loud
@pytest.mark.parametrize(
    "number", [Standard("x"), Quantile("x", 3), Robust("x"), Standard("x", log1p=True), Periodic("x", 1.0)]
)
def test_denormals_are_numbers_like_others(number):
    tiny = {"x": [0.0, 5e-324, 1e-310, 2e-310]}
    batch = (
        Encoder(wide=[Buckets("x", 4), Category("y")], numbers=[number])
        .fit(tiny | {"y": tiny["x"]})
        .encode(tiny | {"y": tiny["x"]})
    )
    assert np.isfinite(batch.numbers).all() and len(set(batch.wide[:, 0])) > 2
    assert len(set(batch.wide[:, 1])) == 4


@loud
def test_labels_that_float32_cannot_hold_are_named():
    batch = Encoder(wide=["x"]).fit(X).encode(X)
    with pytest.raises(ValueError, match=r"number_labels: row 2 is 1e\+300, beyond float32; want another unit"):
        number_labels(batch, [[0], [1], [1e300], [1]])
    wide = Encoder(wide=["x"]).fit(X).encode(X, dtype=np.float64)
    assert number_labels(wide, [[0], [1], [1e300], [1]]).labels[2, 0] == 1e300


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_found_before_training(value):
    table = {"a": ["x", "y", "x"], "n": [1.0, 2.0, value]}
    for columns in ({"numbers": [Standard("n")]}, {"wide": [Buckets("n")]}, {"wide": [Category("n")]}):
        encoder = Encoder(**columns)
        with pytest.raises(ValueError, match="column 'n', row 2: -?(nan|inf)"):
            encoder.fit(table)
        encoder.fit({"n": [1.0, 2.0, 3.0]})
        with pytest.raises(ValueError, match="column 'n', row 2: -?(nan|inf)"):
            encoder.encode(table)
    X, y = np.array([[1.0, 2.0], [3.0, value]]), np.array([[0.0], [1.0]])
    for neuron in (Perceptron(2), LogisticNeuron(2)):
        with pytest.raises(ValueError, match="NaN or infinite numbers, first in row 1, column 1"):
            neuron.fit(X, y)


# ---- one of everything ---------------------------------------------------------------------------------------------


def towers(encoder, outputs=1):
    inputs = encoder.n_deep, 2, encoder.n_inputs, [3], np.random.default_rng(0)
    if outputs > 1:
        return {"wide": WideClasses(encoder.n_wide, outputs), "deep": DeepClasses(*inputs, outputs)}
    return {"wide": Wide(encoder.n_wide), "deep": Deep(*inputs)}


@loud
def test_one_row_is_encoded_learned_and_answered():
    table = {"a": ["x"], "n": [7.0], "m": [7.0], "k": [7.0], "g": [("p", "q")]}
    columns = [Category("a"), Bag("g"), Buckets("n")]
    encoder = Encoder([*columns, Cross("a", "g")], columns, [Standard("n"), Quantile("m"), Robust("k")]).fit(table)
    assert np.isfinite(encoder.encode(table).numbers).all()
    model = Regression(0, 9, **towers(encoder))
    batch = number_labels(encoder.encode(table), [[4.0]])
    with pytest.raises(ValueError, match="all labels are 4; want both classes"):
        fit(model, optimizers_for(model, 1), batch, rng=np.random.default_rng(0), epochs=1, loss=squared_error)
    net = MLP([1, 2, 1], np.random.default_rng(0))
    history = fit_network(
        net, column(1.0), column(0.5), squared_error, SGD(0.1), rng=np.random.default_rng(0), epochs=50
    )
    assert history[-1]["loss"] < history[0]["loss"] and model.predict(batch).shape == (1, 1)


@loud
def test_one_class_is_refused_and_one_column_is_enough():
    encoder = Encoder(wide=["a"]).fit({"a": list("xyxy")})
    model = WideDeep(wide=Wide(encoder.n_wide))
    for label in (0, 1):
        batch = encoder.encode({"a": list("xyxy")}, np.full((4, 1), label))
        with pytest.raises(ValueError, match=f"all labels are {label}; want both classes"):
            fit(model, optimizers_for(model, 2), batch, rng=np.random.default_rng(0), epochs=1)
    with pytest.raises(ValueError, match="at least 2"):
        Classes(["only"], wide=WideClasses(encoder.n_wide, 2))
    batch = encoder.encode({"a": list("xyxy")}, [[1], [0], [1], [0]])
    fit(model, optimizers_for(model, 2), batch, rng=np.random.default_rng(0), epochs=30)
    assert (model.predict(batch)[:, 0] > 0.5).tolist() == [True, False, True, False]


@loud
def test_vocabularies_may_be_empty():
    """Every value too rare, every bag empty: one id, "nothing known", and the model learns its bias."""
    table = {"a": ["x", "y", "z", "u"], "g": [(), (), (), ()], "n": [1.0, 1.0, 1.0, 1.0]}
    columns = [Category("a", min_count=2), Bag("g")]
    encoder = Encoder([*columns, Buckets("n")], [*columns, Cross("a", "g")], [Standard("n")]).fit(table)
    assert encoder.n_wide == 2 and encoder.n_deep == 1
    batch = encoder.encode(table | {"a": ["new"] * 4}, [[1], [1], [1], [0]])
    model = WideDeep(**towers(encoder))
    fit(model, optimizers_for(model, 4), batch, rng=np.random.default_rng(0), epochs=200)
    np.testing.assert_allclose(model.predict(batch), 0.75, atol=0.01)
    with pytest.raises(ValueError, match="want at least 2: has the encoder wide columns"):
        Wide(Encoder(wide=columns).fit(table).n_wide)


@loud
def test_identical_rows_learn_the_share_of_their_labels():
    table = {"a": ["x"] * 40, "g": [("p", "p")] * 40, **dict.fromkeys("nmk", [3.0] * 40)}
    columns = [Category("a"), Bag("g"), Buckets("n")]
    encoder = Encoder([*columns, Cross("a", "g")], columns, [Standard("n"), Quantile("m"), Robust("k")]).fit(table)
    batch = encoder.encode(table, np.arange(40)[:, None] % 4 == 0)
    model = WideDeep(**towers(encoder))
    fit(model, optimizers_for(model, 40), batch, rng=np.random.default_rng(0), epochs=300)
    p = model.predict(batch)
    assert (p == p[0]).all()
    np.testing.assert_allclose(p[0], 0.25, atol=0.01)
    found = evaluate(model.logits(batch), batch.labels)
    assert found["auc"] == 0.5 and np.isfinite(found["log_loss"])


def test_a_million_categories_in_one_column():
    """Linear time and memory: well under what a table of a million rows by a million columns would want."""
    import tracemalloc

    n = 10**6
    table = {"key": [f"k{i}" for i in range(n)]}
    tracemalloc.start()
    start = time.process_time()
    encoder = Encoder(wide=["key"], deep=["key"]).fit(table)
    batch = encoder.encode(table, (np.arange(n) % 2)[:, None])
    model = WideDeep(
        wide=Wide(encoder.n_wide), deep=Deep(encoder.n_deep, 2, encoder.n_inputs, [4], np.random.default_rng(0))
    )
    fit(model, optimizers_for(model, 4096), batch[np.arange(20_000)], rng=np.random.default_rng(0), epochs=1,
        batch_size=4096)  # fmt: skip
    spent, (_, peak) = time.process_time() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert encoder.n_wide == n + 1 and batch.wide[:, 0].tolist() == list(range(1, n + 1))
    assert encoder.wide_name(n) == f"key=k{n - 1}"
    assert peak < 2**30 and spent < 120, (peak, spent)


# ---- the last bits -------------------------------------------------------------------------------------------------

TRAIN = """
import hashlib, sys
import numpy as np
from widedeep import (Bag, Buckets, Category, Cross, Deep, Encoder, Standard, Wide, WideDeep, fit, optimizers_for, save)
rng, n = np.random.default_rng(0), 600
table = {"a": rng.choice(list("uvwxyz"), n).tolist(), "x": rng.normal(size=n),
         "g": [set(rng.choice(["p", "q", "r", "s"], k).tolist()) for k in rng.integers(0, 4, n)]}
y = (rng.random((n, 1)) < 0.5) * 1.0
columns = [Category("a"), Bag("g"), Buckets("x")]
encoder = Encoder([*columns, Cross("a", "g")], columns, [Standard("x")]).fit(table)
batch = encoder.encode(table, y)
model = WideDeep(wide=Wide(encoder.n_wide), deep=Deep(encoder.n_deep, 8, encoder.n_inputs, [64, 64], rng, dropout=0.1))
rules = optimizers_for(model, 256)
fit(model, rules, batch[:500], batch[500:], rng=rng, epochs=4, batch_size=256)
save(sys.argv[1], model, encoder, rules)
np.save(sys.argv[1] + ".npy", model.logits(batch))
"""


def in_a_process(path, *command, threads="1", hash_seed="0"):
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed}
    env |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), threads)
    done = subprocess.run([sys.executable, *command], cwd=path, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_two_threads_of_blas_differ_in_the_last_digits_at_most(tmp_path):
    """A product in two halves adds in another order: after training, logits to 1 part in 10,000 of their spread."""
    for threads in ("1", "2"):
        in_a_process(tmp_path, "-c", TRAIN, f"threads{threads}.npz", threads=threads)
    one, two = (np.load(tmp_path / f"threads{threads}.npz.npy") for threads in "12")
    np.testing.assert_allclose(two, one, rtol=0, atol=1e-4 * np.std(one))


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_whatever_the_hash_seed(tmp_path):
    for seed in ("1", "2"):
        in_a_process(tmp_path, "-c", TRAIN, f"fit{seed}.npz", hash_seed=seed)
    assert (tmp_path / "fit1.npz").read_bytes() == (tmp_path / "fit2.npz").read_bytes()


@pytest.mark.slow
def test_the_command_writes_the_same_bytes_whatever_the_hash_seed(tmp_path):
    rng, lines = np.random.default_rng(0), ["job,city,age,pay,happy"]
    for _ in range(100):
        job, age = rng.choice(["cook", "nurse", "pilot"]), int(rng.integers(18, 70))
        happy = "yes" if (job == "nurse") + (age > 40) + rng.random() > 1.2 else "no"
        lines.append(f"{job},{rng.choice(['Oslo', 'Rome', 'Bonn'])},{age},{rng.gamma(2, 9):.2f},{happy}")
    (tmp_path / "people.csv").write_text("\n".join(lines) + "\n")
    said = [in_a_process(tmp_path, "-m", "widedeep", "train", "people.csv", "--label", "happy", "--out", f"m{seed}.npz",
                         "--budget", "600", hash_seed=seed) for seed in ("1", "2")]  # fmt: skip
    assert (tmp_path / "m1.npz").read_bytes() == (tmp_path / "m2.npz").read_bytes()
    one, other = (re.sub(r"[\d.]+ s; model: m\d.npz", "", text) for text in said)
    assert one == other
