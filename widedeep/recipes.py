"""Recipes: the columns and the settings that suit each data set, chosen on validation rows.

Read before: encoder.py, train.py        Read next: demo.py
"""
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlp.optimizers import Optimizer
from widedeep.columns import Bag, Buckets, Category
from widedeep.crosses import Cross
from widedeep.deep import Deep
from widedeep.encoder import Encoder
from widedeep.model import Tower, WideDeep
from widedeep.numbers import Standard
from widedeep.train import optimizers_for
from widedeep.wide import Wide


@dataclass(frozen=True)
class Recipe:
    """encoder : makes a fresh one        split : the data set's split to use
    d, hidden, dropout : the deep tower        alpha, l1 : FTRL, per example        lr : AdaGrad
    alpha_alone : FTRL's rate where the wide tower is the whole model and has all the work to do
    epochs : at most; training stops after `patience` epochs without a better validation loss
    """

    encoder: Callable[[], Encoder]
    split: str = "random"
    d: int = 8
    hidden: tuple[int, ...] = (64, 32)
    dropout: float = 0.0
    alpha: float = 0.1
    alpha_alone: float = 0.1
    l1: float = 0.0
    lr: float = 0.05
    batch_size: int = 256
    epochs: int = 20
    patience: int = 3

    def model(self, encoder: Encoder, rng: np.random.Generator, towers: Iterable[str] = ("wide", "deep"),
              batch_size: int | None = None, dtype: npt.DTypeLike = np.float32
              ) -> tuple[WideDeep, dict[str, Optimizer]]:
        """A fresh model with these towers, and its optimizers."""
        built: dict[str, Tower] = {}
        for name in towers:
            built[name] = Wide(encoder.n_wide, dtype) if name == "wide" else Deep(
                encoder.n_deep, self.d, encoder.n_inputs, self.hidden, rng, dtype, dropout=self.dropout)
        model = WideDeep(dtype, **built)
        alpha = self.alpha if len(built) > 1 else self.alpha_alone
        return model, optimizers_for(model, batch_size or self.batch_size, alpha=alpha, l1=self.l1, lr=self.lr)


def movielens_columns() -> Encoder:
    """Who and what, as ids; sides of both; and what kind of person likes what kind of film, as crosses."""
    user, item, genres = Category("user"), Category("item"), Bag("genres")
    age, year = Buckets("age", 10), Buckets("year", 10)
    gender, occupation, area = Category("gender"), Category("occupation"), Category("zip_area")
    sides = [user, item, age, gender, occupation, area, year, genres]
    return Encoder(wide=[*sides, *(Cross(who, genres) for who in (user, occupation, age, gender))], deep=sides)


def adult_columns() -> Encoder:
    """Categories, buckets of age and hours, and every exact capital gain and loss seen three times, in both towers.

    Buckets would destroy what is known about exact amounts: 92 % of the gains are 0, and 15,024 means rich.
    """
    names = ("workclass", "education", "marital_status", "occupation", "relationship", "race", "sex", "native_country")
    categories = [Category(name) for name in names]
    age = Buckets("age", 10)
    exact = [Category("capital_gain", min_count=3), Category("capital_loss", min_count=3)]
    hours = Buckets("hours_per_week", 10)
    crosses = [Cross("education", "occupation"), Cross("native_country", "occupation"),
               Cross(age, "education", "occupation")]
    numbers = [Standard("age"), Standard("education_num"), Standard("hours_per_week"),
               Standard("capital_gain", log1p=True), Standard("capital_loss", log1p=True)]
    columns = [*categories, age, hours, *exact]
    return Encoder(wide=[*columns, *crosses], deep=columns, numbers=numbers)


def appstore_columns() -> Encoder:
    """The paper's wide part, installed apps x impressed app; the deep part sees both, and the age."""
    installed, app = Bag("installed"), Category("title")
    return Encoder(wide=[app, Cross(installed, app)], deep=[app, installed, Category("category")],
                   numbers=[Standard("age")])


RECIPES = {
    "movielens": Recipe(movielens_columns, d=32, dropout=0.5, alpha=0.03, l1=1.0, epochs=20),
    "adult": Recipe(adult_columns, dropout=0.1, alpha=0.03, l1=0.5, lr=0.02, epochs=15),
    "appstore": Recipe(appstore_columns, hidden=(32, 16), batch_size=64, alpha=0.1, l1=3.0, lr=0.1, epochs=15),
}
