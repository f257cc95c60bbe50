"""Adult census: an income above 50,000 dollars?   Exact amounts, all pairs, and a small net.

Read before: recipe.py, features/exact.py        Read next: appstore.py
"""
from dataclasses import replace

from widedeep.columns import Buckets, Category, Column
from widedeep.encoder import Encoder
from widedeep.features.exact import pairs
from widedeep.numbers import Standard
from widedeep.recipes.parts import Columns, DeepTower, Training, WideTower, varied
from widedeep.recipes.recipe import Recipe


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


RANDOM = Recipe(
    Columns(adult_columns), wide=WideTower(alpha=0.05, l1=0.5, crosses=0.15),
    deep=DeepTower(dropout=0.1, scale=0.05, embedding_decay=0.05), training=Training(lr=0.03, ema=0.999, patience=6),
    wide_alone={"wide": {"alpha": 0.3, "crosses": 0.02, "l1": 0.0}, "training": {"epochs": 60}})
OFFICIAL = varied(replace(RANDOM, split="official"), wide={"alpha": 0.02, "l1": 0.0, "crosses": 1.0},
                  deep={"scale": 0.2, "embedding_decay": 0.02, "dropout": 0.0},
                  training={"lr": 0.05, "ema": 0.99, "patience": 4, "epochs": 30})      # python -m benchmarks search
