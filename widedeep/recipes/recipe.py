"""A recipe: parts put together.  It encodes a data set, builds a model with its optimizers, and trains it.

    prepared = recipe.prepare(data)                     learned on training rows; all three parts encoded
    trained = recipe.fit(prepared, seed=0)              a fresh model, trained; its best epoch by validation loss
    recipe.fit(prepared, seed=0, loop=fit)              the same, compiled: from widedeep.bridges.jax import fit

Read before: parts.py, training.py, heads/ordinal.py        Read next: movielens.py
"""
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

import widedeep.train
from mlp.optimizers import Optimizer
from mlp.train import Epoch
from perceptron.activations import Array
from widedeep.batch import Batch
from widedeep.datasets import Dataset
from widedeep.deep import Deep
from widedeep.features.histories import History
from widedeep.features.history_encoder import HistoryEncoder
from widedeep.features.target_statistics import TargetStatistics
from widedeep.heads.ordinal import OrdinalRegression
from widedeep.heads.regression import number_labels
from widedeep.model import Tower, WideDeep
from widedeep.recipes.parts import Columns, DeepTower, FactorTower, Labels, Training, WideTower, varied
from widedeep.recipes.training import train
from widedeep.towers.matrix_factorization import MatrixFactorization
from widedeep.towers.with_history import DeepWithHistory, MatrixFactorizationWithHistory
from widedeep.training.block_rates import block_rates
from widedeep.wide import Wide

BY_TIME = ("time", "ordered")                           # splits whose test rows come after the training rows


class Prepared(NamedTuple):
    """A data set as the models see it: learned on training rows only."""

    encoder: Any                                        # Encoder, or HistoryEncoder
    train: Batch
    validation: Batch
    test: Batch
    weights: Array | None = None                        # (N, 1) of the training rows
    validation_weights: Array | None = None             # (N, 1) of the validation rows
    threshold: float | None = None                      # None: labels are 0 and 1.  Else train and validation hold
                                                        # grades, and test 1 where the grade is above this


class Trained(NamedTuple):
    model: WideDeep
    optimizers: dict[str, Optimizer]
    history: list[Epoch]
    seconds: float


@dataclass(frozen=True)
class Recipe:
    """columns, labels : what the model sees, and learns        split : the data set's split to use
    wide, deep, factors : its towers; no third one where factors is None        training : how they are trained
    wide_alone : what changes, part by part, in a model of the wide tower alone
    """

    columns: Columns
    split: str = "random"
    labels: Labels = Labels()
    wide: WideTower = WideTower()
    deep: DeepTower = DeepTower()
    factors: FactorTower | None = None
    training: Training = Training()
    wide_alone: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def towers(self) -> tuple[str, ...]:
        """The whole model's."""
        return ("wide", "deep") if self.factors is None else ("wide", "deep", "product")

    def for_towers(self, towers: Iterable[str]) -> "Recipe":
        """The settings for a model of these towers."""
        if not self.wide_alone or tuple(towers) != ("wide",):
            return self
        return varied(replace(self, wide_alone={}), **self.wide_alone)

    def prepare(self, data: Dataset) -> Prepared:
        """Fit the encoder on training rows and encode all three parts."""
        rows, labels = data.rows(self.split, "train")
        encoder: Any = self.columns.encoder()
        if self.columns.histories:
            encoder = self.with_histories(encoder)
            first = encoder.fit_encode(rows, labels)
        else:
            first = encoder.fit(rows).encode(rows, labels)
        validation, test = (encoder.encode(*data.rows(self.split, part)) for part in ("validation", "test"))
        prepared = Prepared(encoder, first, validation, test)
        if (weigh := self.labels.sample_weight) is not None:
            prepared = prepared._replace(weights=weigh(rows, labels),
                                         validation_weights=weigh(*data.rows(self.split, "validation")))
        return prepared if self.labels.grades is None else self.graded(data, prepared)

    def with_histories(self, encoder: Any) -> HistoryEncoder:
        when = self.columns.earlier
        if self.split in BY_TIME and when is None:
            raise ValueError(f"Recipe: the split {self.split!r} is by time; histories and target statistics want "
                             "earlier='timestamp', as --recipe movielens-time has it, or they would look ahead")
        return HistoryEncoder(encoder, [History("user", "item", when), History("item", "user", when)],
                              [TargetStatistics("user", earlier=when), TargetStatistics("item", earlier=when)])

    def graded(self, data: Dataset, prepared: Prepared) -> Prepared:
        """Grades in place of the labels of training and validation rows, and the threshold between label 0 and 1."""
        grades, yes = self.labels.grades, prepared.train.labels
        if grades not in data.table:
            raise ValueError(f"Recipe: no column {grades!r} of grades; the table has {', '.join(data.table)}")
        batches = {part: number_labels(getattr(prepared, part), data.rows(self.split, part)[0][grades][:, None])
                   for part in ("train", "validation")}
        threshold = float(batches["train"].labels[yes == 0].max(initial=-np.inf))       # the highest grade labelled 0
        for part, batch in batches.items():
            if len(np.unique(yes)) < 2 or ((batch.labels > threshold) != getattr(prepared, part).labels).any():
                raise ValueError(f"Recipe: the labels of {part} do not say whether {grades!r} is above some threshold; "
                                 "want some above and some not")
        return prepared._replace(threshold=threshold, **batches)

    def model(self, encoder: Any, rng: np.random.Generator, towers: Iterable[str] | None = None
              ) -> tuple[WideDeep, dict[str, Optimizer]]:
        """A fresh model with these towers (all, by default), and its optimizers.  encoder : a fitted one"""
        towers = tuple(towers or self.towers)
        if odd := set(towers) - {"wide", "deep", "product"}:
            raise ValueError(f"Recipe: towers {sorted(odd)}; there are wide, deep and product")
        if (used := self.for_towers(towers)) is not self:
            return used.model(encoder, rng, towers)
        build = {"wide": self.build_wide, "deep": self.build_deep, "product": self.build_factors}
        built: dict[str, Tower] = {}
        rules: dict[str, Optimizer] = {}
        for name in towers:
            built[name], rules[name] = build[name](encoder, rng)
        return WideDeep(np.float32, **built), rules | {"bias": self.training.rule()}

    def build_wide(self, encoder: Any, rng: np.random.Generator) -> tuple[Tower, Optimizer]:
        blocks = block_rates(encoder, self.wide.crosses)
        return Wide(encoder.n_wide), self.wide.rule(self.training.batch_size, blocks)

    def build_deep(self, encoder: Any, rng: np.random.Generator) -> tuple[Tower, Optimizer]:
        of, kind = self.deep, DeepWithHistory if self.columns.histories else Deep
        tower = kind(encoder.n_deep, of.d, encoder.n_inputs, of.hidden, rng, dropout=of.dropout,
                     drop_inputs=of.drop_inputs, scale=of.scale)
        return tower, self.training.rule({"E": of.embedding_decay, "": of.layer_decay})

    def build_factors(self, encoder: Any, rng: np.random.Generator) -> tuple[Tower, Optimizer]:
        of, kind = self.factors, MatrixFactorizationWithHistory if self.columns.histories else MatrixFactorization
        if of is None:
            raise ValueError("Recipe: tower 'product' wants factors=FactorTower(...)")
        names = [column.name.removesuffix(f" by {self.columns.earlier}") for column in encoder.deep]
        left, right = ([names.index(column) for column in side] for side in of.sides)
        tower = kind(encoder.n_deep, of.d, left, right, rng, dropout=of.dropout)
        return tower, self.training.rule({"E": of.weight_decay})

    def fit(self, data: Prepared, towers: Iterable[str] | None = None, seed: int = 0, *, epochs: int | None = None,
            report: Callable[[Epoch], Any] | None = None, loop: Callable[..., list[Epoch]] = widedeep.train.fit
            ) -> Trained:
        """Train a fresh model with these towers (all, by default), best epoch by validation loss.

        loop : widedeep.train.fit, or its compiled twin, widedeep.bridges.jax.fit
        """
        towers = tuple(towers or self.towers)
        settings, rng = self.for_towers(towers).training, np.random.default_rng(seed)
        model, optimizers = self.model(data.encoder, rng, towers)
        losses: dict[str, Any] = {}
        if data.threshold is not None:
            model = ordinal = OrdinalRegression(np.unique(data.train.labels)[:-1], np.float32, **model.towers)
            ordinal.init_bias(data.train.labels)
            losses = {"loss": ordinal.loss(data.threshold, self.labels.auxiliary_weight),
                      "validation_loss": ordinal.validation_loss(data.threshold)}
        start = time.perf_counter()
        history = train(settings, model, optimizers, data.train, data.validation if settings.patience else None,
                        rng=rng, fit=loop, epochs=epochs, report=report, sample_weight=data.weights,
                        validation_weight=data.validation_weights if settings.patience else None, **losses)
        if data.threshold is not None:
            model, k = ordinal.at_threshold(data.threshold), ordinal.column_of(data.threshold)
            memory = optimizers["bias"].memory                      # one bias is left, and its memory
            memory["b"] = tuple(part[k:k + 1] for part in memory["b"])
        return Trained(model, optimizers, history, time.perf_counter() - start)
