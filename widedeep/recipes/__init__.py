"""Recipes: the columns and the settings that suit each data set, chosen on validation rows.

RECIPES train in seconds, for the demo; BEST take longer and go as far as this project goes (docs/accuracy.md).  Read in
this order:

    parts.py       what a recipe is made of: columns, labels, towers, training
    training.py    the one function that trains
    recipe.py      parts put together: encode, build, train
    movielens.py   MovieLens-100K
    adult.py       Adult census
    appstore.py    the generated app store

Read before: encoder.py, train.py
"""
from widedeep.recipes import adult, appstore, movielens
from widedeep.recipes.parts import Columns, DeepTower, FactorTower, Labels, Training, WideTower, varied
from widedeep.recipes.recipe import Prepared, Recipe, Trained
from widedeep.recipes.training import train

__all__ = ["BEST", "RECIPES", "Columns", "DeepTower", "FactorTower", "Labels", "Prepared", "Recipe", "Trained",
           "Training", "WideTower", "train", "varied"]

RECIPES = {"movielens": movielens.QUICK, "adult": adult.RANDOM, "appstore": appstore.QUICK}
BEST = {
    "movielens": movielens.HISTORIES,
    "movielens-ids": movielens.LARGE,
    "movielens-product": movielens.FACTORS,
    "movielens-ratings": movielens.RATINGS,
    "movielens-time": movielens.BY_TIME,
    "movielens-time-ids": movielens.BY_TIME_LARGE,
    "adult": adult.RANDOM,
    "adult-official": adult.OFFICIAL,
    "appstore": appstore.QUICK,
}
