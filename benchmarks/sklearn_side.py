"""scikit-learn: MLPClassifier.partial_fit of all rows is one epoch of mini-batches.

It gets the rows in our order and does not shuffle again.  Its Adam adds eps before bias correction, not after.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import KBinsDiscretizer, OrdinalEncoder, StandardScaler

from benchmarks.ours import EncodeSide, ScoreSide, Side
from benchmarks.workloads import ADAM, Problem


class SklearnSide(Side):
    def __init__(self, problem: Problem, form: str, threads: int = 1):
        self.problem, self.X, self.y = problem, problem["X"], problem["labels"][:, 0].astype(int)
        hidden, init = problem["sizes"][1:-1], problem.weights()
        self.model = MLPClassifier(
            hidden, alpha=0, batch_size=problem["batch"], shuffle=False, learning_rate_init=ADAM["lr"]
        )
        self.model.partial_fit(self.X[: problem["batch"]], self.y[: problem["batch"]], classes=[0, 1])
        self.model.coefs_ = [init[f"{i}.W"].copy() for i in range(problem.layers())]
        self.model.intercepts_ = [init[f"{i}.b"].copy() for i in range(problem.layers())]
        del self.model._optimizer  # the first call was only to create the arrays; start again
        self.model.t_ = 0

    def epoch(self, seed: int) -> float:
        order = self.problem.order(seed)
        self.model.partial_fit(self.X[order], self.y[order])
        return float(self.model.loss_)

    def weights(self) -> dict[str, np.ndarray]:
        names = [f"{i}.{x}" for i in range(self.problem.layers()) for x in "Wb"]
        arrays = [w for pair in zip(self.model.coefs_, self.model.intercepts_) for w in pair]
        return dict(zip(names, arrays))


class SklearnScore(ScoreSide):
    """An MLP of the same width over as many inputs, dense ones: it has no look-ups to do."""

    def prepare(self, problem: Problem, form: str, threads: int) -> Callable[[], Any]:
        columns, numbers = problem.n_inputs()
        X = np.random.default_rng(0).normal(size=(100, columns * problem["d"] + numbers)).astype(np.float32)
        model = MLPClassifier(problem["hidden"], max_iter=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X, problem["labels"][:, 0].astype(int))
        return lambda: model.predict_proba(X)


class SklearnEncode(EncodeSide):
    """The same features by the usual tools: pandas reads, OrdinalEncoder numbers, crosses are numbered pairs."""

    CATEGORIES = ("workclass", "education", "marital_status", "occupation", "relationship", "race", "sex")
    NUMBERS = ("age", "education_num", "hours_per_week", "capital_gain", "capital_loss")

    def epoch(self, seed: int) -> None:
        table = pd.read_csv(self.path)
        names = [*self.CATEGORIES, "native_country"]
        codes = self.number(table[names])
        age = KBinsDiscretizer(10, encode="ordinal", quantile_method="inverted_cdf").fit_transform(table[["age"]])
        at = {name: codes[:, i] for i, name in enumerate(names)} | {"age": age[:, 0].astype(np.int64)}
        crosses = [("education", "occupation"), ("native_country", "occupation"), ("age", "education", "occupation")]
        pairs = np.zeros((len(table), len(crosses)), np.int64)
        for k, parts in enumerate(crosses):
            for part in parts:
                pairs[:, k] = pairs[:, k] * 64 + at[part]
        deep = self.blocks(np.column_stack([codes, at["age"]]))
        wide = self.blocks(np.column_stack([codes, at["age"], self.number(pairs)]))
        numbers = StandardScaler().fit_transform(table[list(self.NUMBERS)]).astype(np.float32)
        labels = (table["income"] == ">50K").to_numpy(np.float32)[:, None]
        assert len(wide) == len(deep) == len(numbers) == len(labels)

    @staticmethod
    def number(columns: Any) -> np.ndarray:
        encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.int64)
        return encoder.fit_transform(columns)

    @staticmethod
    def blocks(codes: np.ndarray) -> np.ndarray:
        """Ids from 1, a block for each column."""
        sizes = codes.max(axis=0) + 1
        return (codes + 1 + np.cumsum(sizes) - sizes).astype(np.int32)


SIDES = {"mlp": SklearnSide, "score": SklearnScore, "encode": SklearnEncode}
