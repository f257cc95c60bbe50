"""MovieLens-100K: will this person rate this film 4 or 5?   Trained on the stars, by ordinal regression.

    QUICK       seconds: the demo's
    LARGE       a larger net            FACTORS     the same with matrix factorization
    HISTORIES   with histories, target statistics and matrix factorization: the best
    RATINGS     for the number of stars itself (experiments/ratings.py)
    BY_TIME     where test rows come after the training rows

Read before: recipe.py        Read next: adult.py
"""
from dataclasses import replace

from widedeep.columns import Bag, Buckets, Category
from widedeep.crosses import Cross
from widedeep.encoder import Encoder
from widedeep.recipes.parts import Columns, DeepTower, FactorTower, Labels, Training, WideTower, varied
from widedeep.recipes.recipe import Recipe


def movielens_columns() -> Encoder:
    """Who and what, as ids; sides of both; and what kind of person likes what kind of film, as crosses."""
    user, item, genres = Category("user"), Category("item"), Bag("genres")
    age, year = Buckets("age", 10), Buckets("year", 10)
    gender, occupation, area = Category("gender"), Category("occupation"), Category("zip_area")
    sides = [user, item, age, gender, occupation, area, year, genres]
    return Encoder(wide=[*sides, *(Cross(who, genres) for who in (user, occupation, age, gender))], deep=sides)


LARGE = Recipe(
    Columns(movielens_columns), labels=Labels("rating"), wide=WideTower(alpha=0.1, l1=1.0, crosses=0.01),
    deep=DeepTower(d=32, hidden=(256,), drop_inputs=0.2, embedding_decay=2.0),
    training=Training(lr=4e-3, adam=True, ema=0.99, batch_size=1024, epochs=30, patience=3),
    wide_alone={"wide": {"crosses": 1.0}, "training": {"batch_size": 256, "epochs": 20}})
QUICK = varied(LARGE, deep={"d": 16, "hidden": (128,), "embedding_decay": 1.5},
               training={"lr": 6e-3, "epochs": 20, "patience": 2})
FACTORS = replace(LARGE, factors=FactorTower())
SIDES = (("user", "age", "gender", "occupation", "zip_area", "user's items"),
         ("item", "year", "genres", "item's users"))
HISTORIES = varied(replace(LARGE, factors=FactorTower(sides=SIDES)), columns={"histories": True},
                   deep={"d": 8, "hidden": (128,), "embedding_decay": 3.0}, training={"lr": 2e-3, "patience": 2})
RATINGS = varied(replace(HISTORIES, wide_alone={"wide": {"alpha": 0.1}, "training": HISTORIES.wide_alone["training"]}),
                 labels={"grades": None}, wide={"alpha": 0.03, "crosses": 1.0},
                 deep={"d": 16, "embedding_decay": 4.0}, factors={"weight_decay": 2.0}, training={"epochs": 40})
BY_TIME = varied(replace(HISTORIES, split="time"), columns={"earlier": "timestamp"})
BY_TIME_LARGE = replace(LARGE, split="time")
