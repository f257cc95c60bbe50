"""The parts of a recipe: what the model sees, what it learns, its towers, and how they are trained.

Each part is a small frozen dataclass with plain defaults; a recipe names only what differs.  The
recipes of this package and those of widedeep/ranking are made of the same parts.

    varied(recipe, deep={"dropout": 0.0}, training={"epochs": 3})       the recipe with other settings in its parts

Read before: encoder.py, train.py        Read next: training.py
"""
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from mlp.optimizers import AdaGrad, Adam, Optimizer
from perceptron.activations import Array
from widedeep.encoder import Encoder
from widedeep.ftrl import FTRL
from widedeep.table import Table
from widedeep.training.weight_decay import WeightDecay

Weigh = Callable[[Table, Array], Array]                 # rows, labels (N, 1) -> how much each row counts (N, 1)
R = TypeVar("R")


@dataclass(frozen=True)
class Columns:
    """What the model sees.

    encoder : makes a fresh one        histories : also histories and target statistics of users and of items
    earlier : None, or a column of times: histories of strictly earlier rows alone; needed where the split is by
        time
    """

    encoder: Callable[[], Encoder]
    histories: bool = False
    earlier: str | None = None


@dataclass(frozen=True)
class Labels:
    """What the model learns.

    grades, auxiliary_weight : None, or the column of grades from which the labels of 0 and 1 were made, for ordinal
        regression; and the weight of the losses at the other thresholds
    sample_weight : None (every row counts the same), or how much each training and validation row counts
    """

    grades: str | None = None
    auxiliary_weight: float = 0.3
    sample_weight: Weigh | None = None


@dataclass(frozen=True)
class WideTower:
    """FTRL's settings.   alpha, l1, l2 : per example        crosses : the factor of alpha for crosses (block_rates)"""

    alpha: float = 0.1
    l1: float = 0.0
    l2: float = 0.0
    crosses: float = 1.0

    def rule(self, batch_size: int, blocks: list[tuple[int, float]] | None = None) -> FTRL:
        return FTRL(self.alpha, l1=self.l1, l2=self.l2, batch_size=batch_size, blocks=blocks)


@dataclass(frozen=True)
class DeepTower:
    """d : numbers in a row of the table        hidden : units of each layer
    dropout, drop_inputs : chance that a hidden neuron, an input is silenced        scale : of the first embeddings
    embedding_decay, layer_decay : decoupled weight decay of the embeddings, of the layers
    """

    d: int = 8
    hidden: tuple[int, ...] = (64, 32)
    dropout: float = 0.0
    drop_inputs: float = 0.0
    scale: float = 1.0
    embedding_decay: float = 0.0
    layer_decay: float = 0.0


@dataclass(frozen=True)
class FactorTower:
    """Matrix factorization.   d : factors        sides : the columns of its two sides        dropout : of factors
    weight_decay : decoupled, of the factors
    """

    d: int = 64
    sides: tuple[tuple[str, ...], tuple[str, ...]] = (("user",), ("item",))
    dropout: float = 0.6
    weight_decay: float = 1.0


@dataclass(frozen=True)
class Training:
    """How all towers but the wide one are moved, and for how long.

    lr, adam : of AdaGrad, or of Adam        lr_decay : epoch e runs at lr_decay^(e - 1) times that rate
    ema : decay of the moving average of the weights, 0 for none
    epochs : at most; training stops after `patience` epochs without a better validation loss, and the best epoch's
        weights are kept; patience 0 runs all epochs and keeps the last
    """

    lr: float = 0.05
    adam: bool = False
    lr_decay: float = 1.0
    ema: float = 0.0
    batch_size: int = 256
    epochs: int = 20
    patience: int = 3

    def rule(self, rates: dict[str, float] | None = None) -> Optimizer:
        """A fresh optimizer, with decoupled weight decay at these rates, if any are given."""
        rule: Optimizer = Adam(self.lr) if self.adam else AdaGrad(self.lr)
        return rule if rates is None else WeightDecay(rule, rates)


def varied(recipe: R, **parts: dict[str, Any]) -> R:
    """The recipe with other settings in some of its parts: varied(recipe, wide={"l1": 0.0}, training={"epochs": 3})."""
    changed = {name: replace(getattr(recipe, name), **settings) for name, settings in parts.items()}
    return replace(recipe, **changed)                                                   # type: ignore[type-var]
