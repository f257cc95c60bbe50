"""Chapter 3: two towers, one error signal: how a recommender memorizes and generalizes.

Read in this order:

    cells.py       what is one value?
    table.py       a table, read and checked
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
    registry.py    what an archive may hold, by name
    saving.py      everything in one archive
    archives/      how a file is put down, and what it must be to be believed

`python -m widedeep.demo` runs all of it.  Going further, each a package whose docstring says what it adds:

    features/      exact and hashed columns, missing values, periodic numbers, histories, target statistics; columns
                   proposed
    towers/        matrix factorization; towers with histories
    heads/         regression, classes, ordinal regression
    training/      learning rates by block, weight decay, schedules, EMA, class weights
    recipes/       the columns and settings of each data set
    datasets/      MovieLens, Adult, a generated app store
    experiments/   the paper's claims, run again
    explanations/  memorized or generalized?
    ranking/       which film comes next?
    exercises/     write it yourself, and be told which mistake it holds
    trace/         the five steps of backpropagation for one row, number by number
    auto/          a table with nothing but a label: columns, model and settings chosen by measurement
    interactions/  a table that says who had what becomes a recommender
    commands/      what the commands share
    serve/         answers over HTTP, and on one page
    bridges/       to other libraries, each an extra: scikit-learn's estimators, training compiled by JAX
    newcomers/     recommending to somebody who is not in the training data
    course/        what the notebooks share: your turn, pictures, a folder for machines without a network

Every public name of all of them is here: `from widedeep import Wide, EMA`.
"""
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from widedeep.batch import Batch
    from widedeep.columns import Bag, Buckets, Category
    from widedeep.crosses import Cross
    from widedeep.deep import Deep
    from widedeep.encoder import Encoder
    from widedeep.exercises.models import diagnose
    from widedeep.features.exact import Exact, pairs
    from widedeep.features.hashing import Hashed, HashedCross
    from widedeep.features.histories import History
    from widedeep.features.history_encoder import HistoryEncoder
    from widedeep.features.missing import BagWithMissing, FillMedian, WasMissing, WithMissing
    from widedeep.features.periodic import Periodic, periodic_features
    from widedeep.features.target_statistics import TargetStatistics
    from widedeep.ftrl import FTRL
    from widedeep.heads.classes import Classes, DeepClasses, WideClasses, class_labels, evaluate_classes
    from widedeep.heads.ordinal import OrdinalRegression
    from widedeep.heads.regression import Regression, evaluate_numbers, number_labels
    from widedeep.metrics import accuracy, auc, calibration, evaluate
    from widedeep.model import WideDeep, ensemble
    from widedeep.newcomers.recommend import recommend_newcomer
    from widedeep.numbers import Quantile, Standard
    from widedeep.recommend import Reasons, Recommendation, Recommender, explain, history
    from widedeep.registry import register
    from widedeep.saving import load, save
    from widedeep.towers.matrix_factorization import MatrixFactorization
    from widedeep.train import fit, optimizers_for, train_step
    from widedeep.training.block_rates import block_rates
    from widedeep.training.checkpoint import Checkpoint
    from widedeep.training.class_weights import class_weights
    from widedeep.training.ema import EMA
    from widedeep.training.schedules import scheduled
    from widedeep.training.stream import fit_stream
    from widedeep.training.weight_decay import WeightDecay
    from widedeep.wide import Wide

__all__ = ["Bag", "BagWithMissing", "Batch", "Buckets", "Category", "Checkpoint", "Classes", "Cross",
           "Deep", "DeepClasses", "EMA", "Encoder", "Exact", "FTRL", "FillMedian", "Hashed", "HashedCross", "History",
           "HistoryEncoder", "MatrixFactorization", "OrdinalRegression", "Periodic", "Quantile", "Reasons",
           "Recommendation", "Recommender", "Regression", "Standard", "TargetStatistics", "WasMissing", "WeightDecay",
           "Wide", "WideClasses", "WideDeep", "WithMissing", "accuracy", "auc", "block_rates", "calibration",
           "class_labels", "class_weights", "diagnose", "ensemble", "evaluate", "evaluate_classes", "evaluate_numbers",
           "explain", "fit", "fit_stream", "history", "load", "number_labels", "optimizers_for", "pairs",
           "periodic_features", "recommend_newcomer", "register", "save", "scheduled", "train_step"]

HOME = {                                                # module: its names
    "batch": "Batch", "columns": "Bag Buckets Category", "crosses": "Cross", "deep": "Deep", "encoder": "Encoder",
    "exercises.models": "diagnose", "features.exact": "Exact pairs",
    "features.hashing": "Hashed HashedCross", "features.histories": "History",
    "features.history_encoder": "HistoryEncoder",
    "features.missing": "BagWithMissing FillMedian WasMissing WithMissing",
    "features.periodic": "Periodic periodic_features",
    "features.target_statistics": "TargetStatistics", "ftrl": "FTRL",
    "heads.classes": "Classes DeepClasses WideClasses class_labels evaluate_classes",
    "heads.ordinal": "OrdinalRegression", "heads.regression": "Regression evaluate_numbers number_labels",
    "metrics": "accuracy auc calibration evaluate", "model": "WideDeep ensemble",
    "newcomers.recommend": "recommend_newcomer", "numbers": "Quantile Standard",
    "recommend": "Reasons Recommendation Recommender explain history", "registry": "register", "saving": "load save",
    "towers.matrix_factorization": "MatrixFactorization", "train": "fit optimizers_for train_step",
    "training.block_rates": "block_rates", "training.checkpoint": "Checkpoint",
    "training.class_weights": "class_weights", "training.ema": "EMA",
    "training.schedules": "scheduled", "training.stream": "fit_stream", "training.weight_decay": "WeightDecay",
    "wide": "Wide",
}
RENAMED = {                                             # names of 0.1.0's first months: today's
    "Average": "EMA", "Decay": "WeightDecay", "Product": "MatrixFactorization", "RememberingEncoder": "HistoryEncoder",
    "Statistics": "TargetStatistics",
}


def __getattr__(name: str) -> Any:
    """Each name is loaded at its first use, so that `import widedeep` costs next to nothing (PEP 562)."""
    if name in RENAMED:
        import warnings
        warnings.warn(f"widedeep.{name} is called {RENAMED[name]} now", DeprecationWarning, stacklevel=2)
        return getattr(import_module("widedeep"), RENAMED[name])
    for module, names in HOME.items():
        if name in names.split():
            value = globals()[name] = getattr(import_module(f"widedeep.{module}"), name)
            return value
    raise AttributeError(f"module 'widedeep' has no attribute {name!r}")
