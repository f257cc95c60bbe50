"""Chapter 3: two towers, one error signal: how a recommender memorizes and generalizes.

Read in this order:

    columns.py     values of a table become ids: categories, buckets, bags
    crosses.py     the AND of columns
    numbers.py     numbers, scaled
    batch.py       encoded rows
    encoder.py     all of it, learned on training rows, the same in serving
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

Going further, each a page of its own, for accuracy and for scale:

    exact.py       exact numbers as categories; all pairs as crosses
    hashing.py     columns without a vocabulary, that can still be read back
    pace.py        FTRL at two paces: columns and crosses
    decay.py       decoupled weight decay; learning-rate schedules
    weights.py     how much each row counts, and each class
    averaging.py   the running average of the weights
    product.py     a third tower: the product of two embeddings
    histories.py   what else did this person rate
    statistics.py  leave-one-out counts and rates
    remember.py    an encoder with histories and statistics
    heads.py       other questions: how many stars, which class?
    ordered.py     grades: more than 1 star, 2, 3, 4?
    recipes.py     the columns and settings of each data set

Around it: datasets/ (MovieLens, Adult, a generated app store), propose.py, plots.py, threads.py, experiments/,
ranking/, and `python -m widedeep.demo`.
"""
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from widedeep.averaging import Average
    from widedeep.batch import Batch
    from widedeep.columns import Bag, Buckets, Category
    from widedeep.crosses import Cross
    from widedeep.decay import Decay
    from widedeep.deep import Deep
    from widedeep.encoder import Encoder
    from widedeep.exact import Exact, pairs
    from widedeep.ftrl import FTRL
    from widedeep.hashing import Hashed, HashedCross
    from widedeep.histories import History
    from widedeep.metrics import accuracy, auc, calibration, evaluate
    from widedeep.model import WideDeep, ensemble
    from widedeep.numbers import Quantile, Standard
    from widedeep.product import Product
    from widedeep.recommend import Reasons, Recommendation, Recommender, explain, history
    from widedeep.remember import RememberingEncoder
    from widedeep.saving import load, save
    from widedeep.statistics import Statistics
    from widedeep.train import fit, optimizers_for, train_step
    from widedeep.weights import class_weights
    from widedeep.wide import Wide

__all__ = ["FTRL", "Average", "Bag", "Batch", "Buckets", "Category", "Cross", "Decay", "Deep", "Encoder", "Exact",
           "Hashed", "HashedCross", "History", "Product", "Quantile", "Reasons", "Recommendation", "Recommender",
           "RememberingEncoder", "Standard", "Statistics", "Wide", "WideDeep", "accuracy", "auc", "calibration",
           "class_weights", "ensemble", "evaluate", "explain", "fit", "history", "load", "optimizers_for", "pairs",
           "save", "train_step"]

HOME = {                                                # module: its names
    "averaging": "Average", "batch": "Batch", "columns": "Bag Buckets Category", "crosses": "Cross",
    "decay": "Decay", "deep": "Deep", "encoder": "Encoder", "exact": "Exact pairs", "ftrl": "FTRL",
    "hashing": "Hashed HashedCross", "histories": "History", "metrics": "accuracy auc calibration evaluate",
    "model": "WideDeep ensemble", "numbers": "Quantile Standard", "product": "Product",
    "recommend": "Reasons Recommendation Recommender explain history", "remember": "RememberingEncoder",
    "saving": "load save", "statistics": "Statistics", "train": "fit optimizers_for train_step",
    "weights": "class_weights", "wide": "Wide",
}


def __getattr__(name: str) -> Any:
    """Each name is loaded at its first use, so that `import widedeep` costs next to nothing (PEP 562)."""
    for module, names in HOME.items():
        if name in names.split():
            value = globals()[name] = getattr(import_module(f"widedeep.{module}"), name)
            return value
    raise AttributeError(f"module 'widedeep' has no attribute {name!r}")
