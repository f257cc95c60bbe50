"""What is measured: for each workload the arrays that every side gets, so that all do the same work.

A problem is prepared once, by our encoder and our initialisers, and kept as an .npz file; the sides read ids, numbers,
labels and initial weights from it.  The columns are here and not in widedeep/recipes, so that figures stay
comparable when a recipe changes: they are the plain features of the comparison with peers (fnlwgt left out).

Weights go by the names of our own model: "wide.w", "deep.E", "deep.mlp.0.W", ..., "deep.w", "bias.b"; "0.W", ... for a
plain network.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.names import WORKLOADS
from mlp import MLP
from mlp.windows import flatten
from widedeep import Bag, Batch, Buckets, Category, Cross, Deep, Encoder, Standard, Wide, WideDeep
from widedeep.datasets import Dataset, adult, movielens

BATCH_ARRAYS = ("wide", "deep", "shares", "numbers", "labels")

# Optimizers, the same on all sides.  alpha and l1 are per example, as in McMahan et al. 2013.
ADAM = {"lr": 1e-3, "b1": 0.9, "b2": 0.999, "eps": 1e-8}
FTRL = {"alpha": 0.03, "beta": 1.0, "l1": 0.5, "l2": 0.0}
ADAGRAD = {"lr": 0.02, "eps": 1e-8}


class Problem:
    """Arrays by name, and a few settings: name, kind, rule, batch, and d, hidden, bags or sizes."""

    def __init__(self, spec: dict[str, Any], arrays: Mapping[str, np.ndarray]):
        self.spec, self.arrays = spec, dict(arrays)

    def __getitem__(self, name: str) -> Any:
        return self.spec[name] if name in self.spec else self.arrays[name]

    def __len__(self) -> int:
        return len(self["labels"])

    def weights(self) -> dict[str, np.ndarray]:
        """The initial weights, by our names."""
        return {name[5:]: array for name, array in self.arrays.items() if name.startswith("init.")}

    def layers(self) -> int:
        """How many layers have a bias: of a tower's MLP, or of a plain network."""
        return sum(name.endswith(".b") for name in self.weights()) - ("bias.b" in self.weights())

    def order(self, seed: int) -> np.ndarray:
        """The order of the rows in an epoch: the one that our fit() draws."""
        return np.random.default_rng(seed).permutation(len(self))

    def batches(self, seed: int) -> Iterator[np.ndarray]:
        order = self.order(seed)
        for start in range(0, len(order), self["batch"]):
            yield order[start : start + self["batch"]]

    def rows(self, n: int) -> "Problem":
        """The first n rows alone: an epoch of 256 is one step."""
        inside = {name: array[:n] for name, array in self.arrays.items() if name in (*BATCH_ARRAYS, "X")}
        return Problem(self.spec, self.arrays | inside)

    def astype(self, dtype: type) -> "Problem":
        return Problem(
            self.spec, {name: a.astype(dtype) if a.dtype.kind == "f" else a for name, a in self.arrays.items()}
        )

    def n_inputs(self) -> tuple[int, int]:
        """Embedded columns and numbers of a row, as Encoder.n_inputs."""
        bags = self["bags"]
        return self["deep"].shape[1] - sum(bags) + len(bags), self["numbers"].shape[1]

    def as_batch(self) -> Batch:
        return Batch(self["wide"], self["deep"], tuple(self["bags"]), self["shares"], self["numbers"], self["labels"])

    def save(self, path: Path) -> None:
        np.savez(path, spec=np.array(json.dumps(self.spec)), **self.arrays)

    @classmethod
    def load(cls, path: Path) -> "Problem":
        with np.load(path) as archive:
            arrays = {name: archive[name] for name in archive.files}
        return cls(json.loads(str(arrays.pop("spec"))), arrays)


def prepare(name: str) -> Problem:
    """The problem of this workload, from its data set or generated."""
    workload = WORKLOADS[name]
    spec = {"name": name, "kind": workload.kind} | workload.spec
    if workload.kind in ("encode", "import", "cold"):  # these sides load their own data: that is measured too
        return Problem(spec, {})
    if workload.kind == "mlp":
        return prepare_network(spec)
    if "ids" in spec:
        return prepare_generated(spec)
    return prepare_table(spec)


def load(data: str) -> tuple[Dataset, Encoder]:
    """The data set, and its encoder, not fitted."""
    if data == "adult":
        return adult.load(), adult_columns()
    return movielens.load(), movielens_columns()


def prepare_table(spec: dict[str, Any]) -> Problem:
    data, encoder = load(spec["data"])
    rows, labels = data.rows("random", "train")
    batch = encoder.fit(rows).encode(rows, labels)
    arrays = {name: getattr(batch, name) for name in BATCH_ARRAYS}
    spec = spec | {"d": 8, "hidden": [64, 32], "bags": list(batch.bags)}
    return Problem(spec, arrays | new_model(spec, encoder.n_wide, encoder.n_deep, encoder.n_inputs))


def prepare_generated(spec: dict[str, Any]) -> Problem:
    """Rows of `active` ids, wide and deep, each any of `ids`; random labels."""
    rng, shape, n = np.random.default_rng(0), (spec["rows"], spec["active"]), spec["rows"]
    arrays = {
        "wide": rng.integers(1, spec["ids"] + 1, shape, dtype=np.int32),
        "deep": rng.integers(1, spec["ids"] + 1, shape, dtype=np.int32),
        "shares": np.zeros((n, 0), np.float32),
        "numbers": np.zeros((n, 0), np.float32),
        "labels": rng.integers(0, 2, (n, 1)).astype(np.float32),
    }
    rows = spec["ids"] + 1
    return Problem(spec | {"bags": []}, arrays | new_model(spec, rows, rows, (spec["active"], 0)))


def new_model(spec: dict[str, Any], n_wide: int, n_deep: int, inputs: tuple[int, int]) -> dict[str, np.ndarray]:
    """The initial weights of our own model."""
    deep = Deep(n_deep, spec["d"], inputs, spec["hidden"], np.random.default_rng(0))
    return initial(WideDeep(wide=Wide(n_wide), deep=deep))


def adult_columns() -> Encoder:
    names = ("workclass", "education", "marital_status", "occupation", "relationship", "race", "sex", "native_country")
    categories, age = [Category(name) for name in names], Buckets("age", 10)
    crosses = [
        Cross("education", "occupation"),
        Cross("native_country", "occupation"),
        Cross(age, "education", "occupation"),
    ]
    numbers = [Standard(name) for name in ("age", "education_num", "hours_per_week", "capital_gain", "capital_loss")]
    return Encoder(wide=[*categories, age, *crosses], deep=[*categories, age], numbers=numbers)


def movielens_columns() -> Encoder:
    user, item, genres = Category("user"), Category("item"), Bag("genres")
    age, year = Buckets("age", 10), Buckets("year", 10)
    gender, occupation, area = Category("gender"), Category("occupation"), Category("zip_area")
    sides = [user, item, age, gender, occupation, area, year, genres]
    return Encoder(wide=[*sides, *(Cross(who, genres) for who in (user, occupation, age, gender))], deep=sides)


def prepare_network(spec: dict[str, Any]) -> Problem:
    """Normal inputs, and labels that a noisy hyperplane separates."""
    rng = np.random.default_rng(0)
    D, n = spec["sizes"][0], spec["rows"]
    X = rng.normal(size=(n, D)).astype(np.float32)
    z = X @ rng.normal(size=(D, 1)) / np.sqrt(D) + 0.5 * rng.normal(size=(n, 1))
    return Problem(spec, {"X": X, "labels": (z > 0).astype(np.float32)} | initial(MLP(spec["sizes"], rng)))


def initial(model: Any) -> dict[str, np.ndarray]:
    return {f"init.{name}": w.copy() for name, w in flatten(model.params())}
