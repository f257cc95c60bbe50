"""Chapter 3: two towers, one error signal: how a recommender memorizes and generalizes.

Read in this order:

    columns.py     values of a table become ids: categories, buckets, bags
    crosses.py     the AND of columns
    numbers.py     numbers, scaled
    encoder.py     all of it, learned on training rows, the same in serving
    batch.py       encoded rows
    rows.py        the gradient of a look-up
    wide.py        a perceptron over sparse ids: memorizes
    ftrl.py        its optimizer: weights that are exactly zero
    embedding.py   a row of numbers for each category
    deep.py        embeddings into an MLP: generalizes
    model.py       logits add, p - y flows back into both
    train.py       a step, and an epoch
    metrics.py     AUC, log loss, accuracy, calibration
    recommend.py   the best unseen items, and why
    saving.py      everything in one archive

Around it: datasets/ (MovieLens, Adult, a generated app store), recipes.py, plots.py, `python -m widedeep.demo`.
"""
from widedeep.batch import Batch
from widedeep.columns import Bag, Buckets, Category
from widedeep.crosses import Cross
from widedeep.deep import Deep
from widedeep.encoder import Encoder
from widedeep.ftrl import FTRL
from widedeep.metrics import accuracy, auc, calibration, evaluate
from widedeep.model import WideDeep, ensemble
from widedeep.numbers import Quantile, Standard
from widedeep.recommend import Reasons, Recommendation, Recommender, explain, history
from widedeep.saving import load, save
from widedeep.train import fit, optimizers_for, train_step
from widedeep.wide import Wide

__all__ = ["FTRL", "Bag", "Batch", "Buckets", "Category", "Cross", "Deep", "Encoder", "Quantile", "Reasons",
           "Recommendation", "Recommender", "Standard", "Wide", "WideDeep", "accuracy", "auc", "calibration",
           "ensemble", "evaluate", "explain", "fit", "history", "load", "optimizers_for", "save", "train_step"]
