"""Libraries with a Wide & Deep of their own: Keras (on PyTorch), pytorch-widedeep, deepctr-torch.

Keras is given exactly our model and weights.  The other two have their own layers, training loops and initial weights,
with the same number of embeddings, hidden units and crosses.
"""

import contextlib
import importlib.abc
import importlib.util
import io
import sys
from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import torch

from benchmarks.ours import Side
from benchmarks.workloads import ADAM, Problem
from widedeep import Batch


class KerasSide(Side):
    """The functional model; fit() of the rows in our order."""

    def __init__(self, problem: Problem, form: str, threads: int = 1):
        import keras

        torch.set_num_threads(threads)
        self.problem, self.bags = problem, problem["bags"]
        init, layers, ops = problem.weights(), keras.layers, keras.ops
        wide = keras.Input((problem["wide"].shape[1],), dtype="int32")
        deep = keras.Input((problem["deep"].shape[1],), dtype="int32")
        shares = keras.Input((len(self.bags),))
        numbers = keras.Input((problem["numbers"].shape[1],))
        w = layers.Embedding(len(init["wide.w"]), 1, name="wide")
        E = layers.Embedding(len(init["deep.E"]), problem["d"], name="E")
        V = E(deep) * ops.cast(ops.not_equal(deep, 0), "float32")[:, :, None]  # id 0 adds nothing
        start = deep.shape[1] - sum(self.bags)
        parts = [layers.Flatten()(V[:, :start])]
        for k, slots in enumerate(self.bags):
            parts.append(ops.sum(V[:, start : start + slots], axis=1) * shares[:, k : k + 1])
            start += slots
        x = layers.Concatenate()([*parts, numbers])
        for i, width in enumerate(problem["hidden"]):
            x = layers.Dense(width, "relu", name=f"mlp_{i}")(x)
        known = ops.cast(ops.not_equal(wide, 0), "float32")
        z = ops.sum(w(wide)[:, :, 0] * known, axis=1, keepdims=True) + layers.Dense(1, name="w")(x)
        self.model = keras.Model([wide, deep, shares, numbers], z)
        get = self.model.get_layer
        get("wide").set_weights([init["wide.w"][:, None]])
        get("E").set_weights([init["deep.E"]])
        get("w").set_weights([init["deep.w"], init["bias.b"]])
        for i in range(len(problem["hidden"])):
            get(f"mlp_{i}").set_weights([init[f"deep.mlp.{i}.W"], init[f"deep.mlp.{i}.b"]])
        self.model.compile(
            keras.optimizers.Adam(ADAM["lr"], ADAM["b1"], ADAM["b2"], ADAM["eps"]),
            keras.losses.BinaryCrossentropy(from_logits=True),
        )

    def epoch(self, seed: int) -> float:
        order = self.problem.order(seed)
        inputs = [self.problem[name][order] for name in ("wide", "deep", "shares", "numbers")]
        done = self.model.fit(
            inputs, self.problem["labels"][order], batch_size=self.problem["batch"], shuffle=False, verbose=0
        )
        return done.history["loss"][0]

    def logits(self, batch: Batch) -> np.ndarray:
        inputs = [batch.wide, batch.deep, batch.shares, batch.numbers]
        return self.model.predict(inputs, batch_size=4096, verbose=0).astype(np.float64)


class PytorchWidedeepSide(Side):
    """Wide, TabMlp and Trainer.  It has no bags: it gets the first value of each, which is less work."""

    def __init__(self, problem: Problem, form: str, threads: int = 1):
        # Importing it imports its text and image parts too; they are not used, so empty stand-ins replace them.
        unused = ("gensim", "spacy", "cv2", "torchvision", "fastparquet", "transformers", "sentence_transformers")
        sys.meta_path.append(StandIns(*unused))
        from pytorch_widedeep import Trainer
        from pytorch_widedeep.models import TabMlp, Wide, WideDeep

        torch.set_num_threads(threads)
        self.problem = problem
        columns, numbers = problem.n_inputs()
        names, self.columns = [f"c{i}" for i in range(columns)], first_of_bags(problem)
        continuous = [f"x{i}" for i in range(numbers)]
        self.X = np.hstack([self.single(problem.as_batch()), problem["numbers"]]).astype(np.float32)
        sizes = self.single(problem.as_batch()).max(axis=0)
        deep = TabMlp(
            column_idx={name: i for i, name in enumerate([*names, *continuous])},
            cat_embed_input=[(name, int(size), problem["d"]) for name, size in zip(names, sizes)],
            continuous_cols=continuous or None, mlp_hidden_dims=list(problem["hidden"]), mlp_dropout=0.0,
        )  # fmt: skip
        model = WideDeep(Wide(len(problem["init.wide.w"]), 1), deep)
        rule = {"lr": ADAM["lr"], "betas": (ADAM["b1"], ADAM["b2"]), "eps": ADAM["eps"]}
        optimizers = {
            "wide": torch.optim.Adam(model.wide.parameters(), **rule),
            "deeptabular": torch.optim.Adam(model.deeptabular.parameters(), **rule),
        }
        self.trainer = Trainer(model, "binary", optimizers=optimizers, verbose=0, num_workers=0)

    def single(self, batch: Batch) -> np.ndarray:
        """Ids of each column from 1, as its tables need them."""
        ids = batch.deep[:, self.columns]
        low = np.where(self.problem["deep"][:, self.columns] > 0, self.problem["deep"][:, self.columns], 2**30).min(0)
        return np.where(ids > 0, ids - low + 1, 0)

    def epoch(self, seed: int) -> None:
        self.trainer.fit(
            X_wide=self.problem["wide"], X_tab=self.X, target=self.problem["labels"][:, 0].astype(int),
            n_epochs=1, batch_size=self.problem["batch"],
        )  # fmt: skip

    def logits(self, batch: Batch) -> np.ndarray:
        X = np.hstack([self.single(batch), batch.numbers]).astype(np.float32)
        p = self.trainer.predict_proba(X_wide=batch.wide, X_tab=X, batch_size=4096)
        return p[:, 1:].astype(np.float64)


class DeepctrSide(Side):
    """WDL with its own fit.  It takes the ids of each slot as a column of its own: of a bag the first value."""

    def __init__(self, problem: Problem, form: str, threads: int = 1):
        sys.meta_path.append(StandIns("requests"))  # which it uses to look for newer versions of itself
        with contextlib.redirect_stdout(io.StringIO()):
            from deepctr_torch.inputs import DenseFeat, SparseFeat
            from deepctr_torch.models import WDL

        torch.set_num_threads(threads)
        self.problem, self.columns = problem, first_of_bags(problem)
        rows, d = len(problem["init.deep.E"]), problem["d"]
        deep = [SparseFeat(f"c{i}", rows, d, embedding_name="E") for i in self.columns]
        numbers = [DenseFeat(f"x{i}", 1) for i in range(problem["numbers"].shape[1])]
        wide = [
            SparseFeat(f"w{i}", len(problem["init.wide.w"]), d, embedding_name="w")
            for i in range(problem["wide"].shape[1])
        ]
        self.model = WDL(
            wide, deep + numbers, dnn_hidden_units=tuple(problem["hidden"]), l2_reg_linear=0, l2_reg_embedding=0,
        )  # fmt: skip
        rule = torch.optim.Adam(self.model.parameters(), ADAM["lr"], (ADAM["b1"], ADAM["b2"]), ADAM["eps"])
        self.model.compile(rule, "binary_crossentropy")
        self.inputs = self.columns_of(problem.as_batch())

    def columns_of(self, batch: Batch) -> dict[str, np.ndarray]:
        found = {f"c{i}": batch.deep[:, i] for i in self.columns}
        found |= {f"x{i}": batch.numbers[:, i] for i in range(batch.numbers.shape[1])}
        return found | {f"w{i}": batch.wide[:, i] for i in range(batch.wide.shape[1])}

    def epoch(self, seed: int) -> None:
        self.model.fit(self.inputs, self.problem["labels"], batch_size=self.problem["batch"], epochs=1, verbose=0)

    def logits(self, batch: Batch) -> np.ndarray:
        return self.model.predict(self.columns_of(batch), 4096).astype(np.float64)


def first_of_bags(problem: Problem) -> list[int]:
    """The slots of the columns of one value, and the first slot of each bag."""
    start = problem["deep"].shape[1] - sum(problem["bags"])
    firsts = [start + sum(problem["bags"][:k]) for k in range(len(problem["bags"]))]
    return [*range(start), *firsts]


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Empty stand-ins for these modules and their submodules, where they are not installed."""

    def __init__(self, *names: str):
        self.names = {name for name in names if importlib.util.find_spec(name) is None}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        inside = name.split(".")[0] in self.names
        return importlib.util.spec_from_loader(name, self, is_package=True) if inside else None

    def create_module(self, spec: Any) -> Any:
        return MagicMock(__path__=[], __name__=spec.name)

    def exec_module(self, module: Any) -> None:
        pass


FORMS: dict[str, Callable[..., Side]] = {
    "keras": KerasSide,
    "pytorch-widedeep": PytorchWidedeepSide,
    "deepctr-torch": DeepctrSide,
}


def by_name(problem: Problem, form: str, threads: int = 1) -> Any:
    return FORMS[form](problem, form, threads)


SIDES = {"widedeep": by_name}
