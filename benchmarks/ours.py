"""Our side: the packages through their public functions, checks included, nothing written for the benchmark."""

import gzip
import importlib.util
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

import mlp.train
import widedeep.train
from benchmarks.workloads import ADAGRAD, ADAM, FTRL, Problem, adult_columns, load
from mlp import MLP, Adam, log_loss
from mlp.gradcheck import check
from mlp.windows import flatten
from widedeep import Batch, Deep, Recommender, Wide, WideDeep, history, optimizers_for
from widedeep.datasets import adult, read_csv


class Side:
    """The interface of all sides: epoch(seed), one repeat; those that train also give weights() by our names.

    epoch returns the mean loss, or nothing, or figures of its own, {"seconds": ..., ...}.
    """

    compiles = False
    warm_ups = 2
    problem: Problem

    def epoch(self, seed: int) -> Any:
        raise NotImplementedError

    def weights(self) -> dict[str, np.ndarray]:
        raise NotImplementedError

    def logits(self, batch: Batch) -> np.ndarray:
        """Of other rows, by our model with this side's weights."""
        return with_weights(wide_deep(self.problem), self.weights()).logits(batch)

    def close(self) -> None:
        """Nothing to clean up."""


class WideDeepSide(Side):
    def __init__(self, problem: Problem, form: str = "", threads: int = 1):
        self.problem, self.batch, self.batch_size = problem, problem.as_batch(), problem["batch"]
        self.model = wide_deep(problem)
        if problem["rule"] in ("adam", "lazy"):
            lazy = problem["rule"] == "lazy"  # only rows in the batch are updated, as by PyTorch's SparseAdam
            self.optimizers: Any = {name: Adam(**ADAM, lazy=lazy) for name in self.model.params()}
        else:
            rates = {"alpha": FTRL["alpha"], "l1": FTRL["l1"], "lr": ADAGRAD["lr"]}
            self.optimizers = optimizers_for(self.model, self.batch_size, **rates)

    def epoch(self, seed: int) -> float:
        rng = np.random.default_rng(seed)
        (record,) = widedeep.train.fit(
            self.model, self.optimizers, self.batch, rng=rng, epochs=1, batch_size=self.batch_size
        )
        return record["loss"]

    def weights(self) -> dict[str, np.ndarray]:
        return dict(flatten(self.model.params()))


def wide_deep(problem: Problem) -> WideDeep:
    """The model with the problem's initial weights."""
    init, rng = problem.weights(), np.random.default_rng(0)
    dtype = init["deep.E"].dtype
    deep = Deep(len(init["deep.E"]), problem["d"], problem.n_inputs(), problem["hidden"], rng, dtype)
    return with_weights(WideDeep(dtype, wide=Wide(len(init["wide.w"]), dtype), deep=deep), init)


def with_weights(model: Any, weights: dict[str, np.ndarray]) -> Any:
    for name, w in flatten(model.params()):
        w[...] = weights[name]
    return model


class NetworkSide(Side):
    def __init__(self, problem: Problem, form: str = "", threads: int = 1):
        self.X, self.y, self.batch_size = problem["X"], problem["labels"], problem["batch"]
        init = problem.weights()
        self.network = with_weights(MLP(problem["sizes"], np.random.default_rng(0), init["0.W"].dtype), init)
        self.optimizer = Adam(**ADAM)

    def epoch(self, seed: int) -> float:
        (record,) = mlp.train.fit(
            self.network, self.X, self.y, log_loss, self.optimizer,
            rng=np.random.default_rng(seed), epochs=1, batch_size=self.batch_size,
        )  # fmt: skip
        return record["loss"]

    def weights(self) -> dict[str, np.ndarray]:
        return dict(flatten(self.network.params()))


class EncodeSide(Side):
    """A CSV file is read, an encoder learns on all rows, and encodes them."""

    def __init__(self, problem: Problem, form: str = "", threads: int = 1):
        self.path = adult_csv()

    def epoch(self, seed: int) -> None:
        table = read_csv(self.path)
        labels = (table["income"] == ">50K").astype(np.float32)[:, None]
        batch = adult_columns().fit(table).encode(table, labels)
        assert len(batch) == len(labels)

    def close(self) -> None:
        self.path.unlink()


def adult_csv() -> Path:
    """The bundled file, unpacked; the caller deletes it."""
    packed = resources.files("widedeep.datasets").joinpath(adult.FILE).read_bytes()
    handle, path = tempfile.mkstemp(suffix=".csv")
    with open(handle, "wb") as file:
        file.write(gzip.decompress(packed))
    return Path(path)


class ScoreSide(Side):
    """100 candidates, already encoded: many calls, each timed alone."""

    calls = 1000

    def __init__(self, problem: Problem, form: str = "", threads: int = 1):
        problem = problem.rows(100)
        self.predict = self.prepare(problem, form, threads)

    def prepare(self, problem: Problem, form: str, threads: int) -> Callable[[], Any]:
        model, batch = wide_deep(problem), problem.as_batch()
        return lambda: model.predict(batch)

    def epoch(self, seed: int) -> dict[str, float]:
        seconds = []
        for _ in range(self.calls):
            start = time.perf_counter()
            self.predict()
            seconds.append(time.perf_counter() - start)
        median, p99 = np.percentile(seconds, [50, 99]).tolist()
        return {"seconds": median, "p99": p99}


class RecommendSide(Side):
    """The ten best unseen films for each user, reasons included."""

    def __init__(self, problem: Problem, form: str = "", threads: int = 1):
        data, encoder = load(problem["data"])
        encoder.fit(data.rows("random", "train")[0])
        assert data.users is not None and data.items is not None
        self.users = data.users["user"].tolist()
        self.recommender = Recommender(wide_deep(problem), encoder, data.users, data.items, history(data.table))

    def epoch(self, seed: int) -> None:
        for user in self.users:
            self.recommender.recommend(user, 10)


class GradcheckSide(Side):
    """Every weight of a whole model by centred differences, on 32 rows."""

    def __init__(self, problem: Problem, form: str = "", threads: int = 1):
        problem = problem.rows(problem["batch"]).astype(np.float64)
        self.model, self.batch = wide_deep(problem), problem.as_batch()

    def epoch(self, seed: int) -> None:
        z, caches = self.model.forward(self.batch)
        grads = self.model.backward(log_loss(z, self.batch.labels)[1], caches)
        report = check(self.model, lambda model: log_loss(model.logits(self.batch), self.batch.labels)[0], grads)
        assert report.ok, report


class ImportSide(Side):
    """How long the import statement takes in a new process."""

    def __init__(self, problem: Problem, form: str, threads: int = 1):
        name = {"ours": "widedeep"}.get(form, form)
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(f"{name} is not installed", name=name)
        self.code = f"import time; t = time.perf_counter(); import {name}; print(time.perf_counter() - t)"

    def epoch(self, seed: int) -> dict[str, float]:
        found = subprocess.run([sys.executable, "-c", self.code], capture_output=True, text=True, check=True)
        return {"seconds": float(found.stdout.split()[-1])}


class ColdSide(Side):
    """A new process, from its start to the test AUC that it prints (benchmarks/cold.py)."""

    warm_ups = 1  # so that the files are in memory; compilers start with an empty cache each time

    def __init__(self, problem: Problem, form: str, threads: int = 1):
        self.command = [sys.executable, "-m", "benchmarks.cold", form, "--threads", str(threads)]

    def epoch(self, seed: int) -> dict[str, float]:
        with tempfile.TemporaryDirectory() as cache:
            env = os.environ | {"TORCHINDUCTOR_CACHE_DIR": cache}
            start = time.perf_counter()
            found = subprocess.run(self.command, capture_output=True, text=True, env=env)
            seconds = time.perf_counter() - start
        if found.returncode:
            raise RuntimeError((found.stderr.strip().splitlines() or ["no error message"])[-1])
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        return {"seconds": seconds, "auc": float(found.stdout.split()[-1]), "memory": memory}


SIDES = {
    "widedeep": WideDeepSide,
    "mlp": NetworkSide,
    "encode": EncodeSide,
    "score": ScoreSide,
    "recommend": RecommendSide,
    "gradcheck": GradcheckSide,
    "import": ImportSide,
    "cold": ColdSide,
}
