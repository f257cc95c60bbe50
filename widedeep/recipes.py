"""Recipes: the columns and the settings that suit each data set, chosen on validation rows.

RECIPES trains in seconds, for the demo; BEST takes longer and goes as far as this project goes (docs/accuracy.md).

Read before: encoder.py, train.py, ordered.py        Read next: demo.py
"""
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from mlp.optimizers import AdaGrad, Adam, Optimizer
from mlp.train import Epoch
from perceptron.activations import Array
from perceptron.losses import log_loss
from widedeep.averaging import Average
from widedeep.batch import Batch
from widedeep.columns import Bag, Buckets, Category, Column, Table
from widedeep.crosses import Cross
from widedeep.datasets import Dataset
from widedeep.decay import Decay, scheduled
from widedeep.deep import Deep
from widedeep.encoder import Encoder
from widedeep.exact import pairs
from widedeep.heads import number_labels
from widedeep.histories import DeepWithHistory, History, ProductWithHistory
from widedeep.model import Tower, WideDeep
from widedeep.numbers import Standard
from widedeep.ordered import Ordered
from widedeep.pace import PacedFTRL, paces
from widedeep.product import Product
from widedeep.remember import RememberingEncoder
from widedeep.statistics import Statistics
from widedeep.train import Loss, fit
from widedeep.wide import Wide

BY_TIME = ("time", "ordered")                           # splits whose test rows come after the training rows
Weigh = Callable[[Table, Array], Array]                 # rows, labels (N, 1) -> how much each row counts (N, 1)


class Prepared(NamedTuple):
    """A data set as the models see it: learned on training rows only."""

    encoder: Any                                        # Encoder, or RememberingEncoder
    train: Batch
    validation: Batch
    test: Batch
    weights: Array | None = None                        # (N, 1) of the training rows
    asked: float | None = None                          # None: labels are 0 and 1.  Else train and validation hold
                                                        # grades, and test 1 where the grade is more than this


class Trained(NamedTuple):
    model: WideDeep
    optimizers: dict[str, Optimizer]
    history: list[Epoch]
    seconds: float


@dataclass(frozen=True)
class Recipe:
    """encoder : makes a fresh one        split : the data set's split to use

    d, hidden, dropout, drop_inputs, scale : the deep tower        alpha, l1, l2, pace : FTRL's, and that of its crosses
    lr, adam : AdaGrad's, or Adam's        lr_decay : epoch e runs at lr_decay^(e - 1) times that rate
    decay, layer_decay : of the embeddings, of the layers        average : of the weights, 0 for none
    product, product_sides : numbers in a row of the third tower, and the columns of its two sides
    remember : histories and leave-one-out statistics        earlier : None, or a column of times: of strictly
        earlier rows alone, which is the only honest form where the split is by time
    weigh : how much each training row counts; None: all alike
    grades, others : None, or the column of grades from which the labels were made, and how much the other questions
        about them count in training (ordered.py)
    epochs : at most; training stops after `patience` epochs without a better validation loss, and the best epoch's
        weights are kept; patience 0 runs all epochs and keeps the last
    alone : what changes where the wide tower is the whole model and has all the work to do
    """

    encoder: Callable[[], Encoder]
    split: str = "random"
    d: int = 8
    hidden: tuple[int, ...] = (64, 32)
    dropout: float = 0.0
    drop_inputs: float = 0.0
    scale: float = 1.0
    alpha: float = 0.1
    l1: float = 0.0
    l2: float = 0.0
    pace: float = 1.0
    lr: float = 0.05
    adam: bool = False
    lr_decay: float = 1.0
    decay: float = 0.0
    layer_decay: float = 0.0
    average: float = 0.0
    product: int = 0
    product_sides: tuple[tuple[str, ...], tuple[str, ...]] = (("user",), ("item",))
    product_dropout: float = 0.6
    product_decay: float = 1.0
    remember: bool = False
    earlier: str | None = None
    weigh: Weigh | None = None
    grades: str | None = None
    others: float = 0.3
    batch_size: int = 256
    epochs: int = 20
    patience: int = 3
    alone: dict[str, Any] = field(default_factory=dict)

    @property
    def towers(self) -> tuple[str, ...]:
        """The whole model's."""
        return ("wide", "deep", "product") if self.product else ("wide", "deep")

    def prepare(self, data: Dataset) -> Prepared:
        """Fit the encoder on training rows and encode all three parts."""
        train, labels = data.rows(self.split, "train")
        encoder: Any = self.encoder()
        if self.remember:
            if self.split in BY_TIME and self.earlier is None:
                raise ValueError(f"Recipe: the split {self.split!r} is by time; histories and statistics want "
                                 "earlier='timestamp', as --recipe movielens-time has it, or they would look ahead")
            when = self.earlier
            encoder = RememberingEncoder(encoder, [History("user", "item", when), History("item", "user", when)],
                                         [Statistics("user", earlier=when), Statistics("item", earlier=when)])
            first = encoder.fit_encode(train, labels)
        else:
            first = encoder.fit(train).encode(train, labels)
        validation, test = (encoder.encode(*data.rows(self.split, part)) for part in ("validation", "test"))
        weights = None if self.weigh is None else self.weigh(train, labels)
        prepared = Prepared(encoder, first, validation, test, weights)
        return prepared if self.grades is None else self.graded(data, prepared)

    def graded(self, data: Dataset, prepared: Prepared) -> Prepared:
        """Grades in place of the labels of training and validation rows, and which question a label answers."""
        if self.grades not in data.table:
            raise ValueError(f"Recipe: no column {self.grades!r} of grades; the table has {', '.join(data.table)}")
        yes = prepared.train.labels
        batches = {part: number_labels(getattr(prepared, part), data.rows(self.split, part)[0][self.grades][:, None])
                   for part in ("train", "validation")}
        asked = float(batches["train"].labels[yes == 0].max(initial=-np.inf))           # the highest grade that is a no
        for part, batch in batches.items():
            if len(np.unique(yes)) < 2 or ((batch.labels > asked) != getattr(prepared, part).labels).any():
                raise ValueError(f"Recipe: the labels of {part} do not say whether {self.grades!r} is more than some "
                                 "grade, some yes and some no")
        return prepared._replace(asked=asked, **batches)

    def for_towers(self, towers: Iterable[str]) -> "Recipe":
        """The settings for a model of these towers."""
        return replace(self, **self.alone, alone={}) if self.alone and tuple(towers) == ("wide",) else self

    def model(self, encoder: Any, rng: np.random.Generator, towers: Iterable[str] | None = None
              ) -> tuple[WideDeep, dict[str, Optimizer]]:
        """A fresh model with these towers (all, by default), and its optimizers.  encoder : a fitted one"""
        towers = tuple(towers or self.towers)
        if odd := set(towers) - {"wide", "deep", "product"}:
            raise ValueError(f"Recipe: towers {sorted(odd)}; there are wide, deep and product")
        if (used := self.for_towers(towers)) is not self:
            return used.model(encoder, rng, towers)
        built: dict[str, Tower] = {}
        rules: dict[str, Optimizer] = {}
        make: Callable[[float], Optimizer] = Adam if self.adam else AdaGrad
        for name in towers:
            if name == "wide":
                built[name] = Wide(encoder.n_wide)
                rules[name] = PacedFTRL(paces(encoder, self.pace), self.alpha, l1=self.l1, l2=self.l2,
                                        batch_size=self.batch_size)
            elif name == "deep":
                kind = DeepWithHistory if self.remember else Deep
                built[name] = kind(encoder.n_deep, self.d, encoder.n_inputs, self.hidden, rng, dropout=self.dropout,
                                   drop_inputs=self.drop_inputs, scale=self.scale)
                rules[name] = Decay(make(self.lr), {"E": self.decay, "": self.layer_decay})
            else:
                places = [column.name.removesuffix(f" by {self.earlier}") for column in encoder.deep]
                left, right = ([places.index(column) for column in side] for side in self.product_sides)
                factors = ProductWithHistory if self.remember else Product
                built[name] = factors(encoder.n_deep, self.product, left, right, rng, dropout=self.product_dropout)
                rules[name] = Decay(make(self.lr), {"E": self.product_decay})
        return WideDeep(np.float32, **built), rules | {"bias": make(self.lr)}

    def fit(self, data: Prepared, towers: Iterable[str] | None = None, seed: int = 0, *, epochs: int | None = None,
            report: Callable[[Epoch], Any] | None = None) -> Trained:
        """Train a fresh model with these towers (all, by default), best epoch by validation loss."""
        towers = tuple(towers or self.towers)
        used = self.for_towers(towers)
        rng = np.random.default_rng(seed)
        model, optimizers = used.model(data.encoder, rng, towers)
        loss: Loss = log_loss
        judge: Loss | None = None
        if data.asked is not None:
            model = ordered = Ordered(np.unique(data.train.labels)[:-1], np.float32, **model.towers)
            ordered.start(data.train.labels)
            loss, judge = ordered.loss(data.asked, used.others), ordered.judge(data.asked)
        average = Average(model.params(), used.average) if used.average else None
        if used.lr_decay != 1:
            report = scheduled(optimizers, lambda epoch: used.lr_decay ** (epoch - 1), report)
        start = time.perf_counter()
        history = fit(model, optimizers, data.train, data.validation if used.patience else None, rng=rng,
                      epochs=used.epochs if epochs is None else epochs, patience=used.patience or None,
                      batch_size=used.batch_size, average=average, report=report, sample_weight=data.weights,
                      loss=loss, judge=judge)
        if data.asked is not None:
            model, k = ordered.asks(data.asked), ordered.place(data.asked)
            memory = optimizers["bias"].memory                      # one bias is left, and one to remember
            memory["b"] = tuple(part[k:k + 1] for part in memory["b"])
        return Trained(model, optimizers, history, time.perf_counter() - start)


def movielens_columns() -> Encoder:
    """Who and what, as ids; sides of both; and what kind of person likes what kind of film, as crosses."""
    user, item, genres = Category("user"), Category("item"), Bag("genres")
    age, year = Buckets("age", 10), Buckets("year", 10)
    gender, occupation, area = Category("gender"), Category("occupation"), Category("zip_area")
    sides = [user, item, age, gender, occupation, area, year, genres]
    return Encoder(wide=[*sides, *(Cross(who, genres) for who in (user, occupation, age, gender))], deep=sides)


def adult_columns() -> Encoder:
    """Categories, buckets of age and hours, every exact capital gain and loss, and all 66 pairs of these.

    Buckets would destroy what is known about exact amounts: 92 % of the gains are 0, and 15,024 means rich.
    """
    names = ("workclass", "education", "marital_status", "occupation", "relationship", "race", "sex", "native_country")
    columns: list[Column] = [*(Category(name) for name in names), Buckets("age", 10), Buckets("hours_per_week", 10),
                             Category("capital_gain"), Category("capital_loss")]
    numbers = [Standard("age"), Standard("education_num"), Standard("hours_per_week"),
               Standard("capital_gain", log1p=True), Standard("capital_loss", log1p=True)]
    return Encoder(wide=[*columns, *pairs(columns)], deep=columns, numbers=numbers)


def appstore_columns() -> Encoder:
    """The paper's wide part, installed apps x impressed app; the deep part sees both, and the age."""
    installed, app = Bag("installed"), Category("title")
    return Encoder(wide=[app, Cross(installed, app)], deep=[app, installed, Category("category")],
                   numbers=[Standard("age")])


ADULT = Recipe(adult_columns, dropout=0.1, scale=0.05, alpha=0.05, l1=0.5, pace=0.15, lr=0.03, decay=0.05,
               average=0.999, patience=6, alone={"alpha": 0.3, "pace": 0.02, "l1": 0.0, "epochs": 60})
FILM_SIDES = (("user", "age", "gender", "occupation", "zip_area", "user's items"),
              ("item", "year", "genres", "item's users"))

LARGE = Recipe(movielens_columns, d=32, hidden=(256,), drop_inputs=0.2, alpha=0.1, l1=1.0, pace=0.01, lr=4e-3,
               adam=True, decay=2.0, average=0.99, batch_size=1024, epochs=30, patience=3, grades="rating",
               alone={"pace": 1.0, "batch_size": 256, "epochs": 20})
RECIPES = {
    "movielens": replace(LARGE, d=16, hidden=(128,), lr=6e-3, decay=1.5, epochs=20, patience=2),
    "adult": ADULT,
    "appstore": Recipe(appstore_columns, hidden=(32, 16), batch_size=64, alpha=0.1, l1=3.0, lr=0.1, epochs=15),
}
REMEMBERING = replace(LARGE, d=8, hidden=(128,), lr=2e-3, decay=3.0, patience=2, remember=True, product=64,
                      product_sides=FILM_SIDES)
BEST = {
    "movielens": REMEMBERING,
    "movielens-ids": LARGE,
    "movielens-product": replace(LARGE, product=64),
    "movielens-ratings": replace(REMEMBERING, d=16, decay=4.0, product_decay=2.0, alpha=0.03, pace=1.0, epochs=40,
                                 grades=None, alone={"alpha": 0.1, "batch_size": 256, "epochs": 20}),
    "movielens-time": replace(REMEMBERING, split="time", earlier="timestamp"),
    "movielens-time-ids": replace(LARGE, split="time"),
    "adult": ADULT,
    "adult-official": replace(ADULT, split="official", scale=0.2, alpha=0.02, l1=0.0, pace=1.0, lr=0.05, decay=0.02,
                              average=0.99, dropout=0.0, patience=4, epochs=30),      # python -m benchmarks search
    "appstore": RECIPES["appstore"],
}
