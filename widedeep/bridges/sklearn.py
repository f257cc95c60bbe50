"""scikit-learn's estimators: the neuron, the network, and Wide & Deep, wherever scikit-learn takes one.

    PerceptronClassifier    Rosenblatt's rule, a neuron for each class (perceptron/neuron.py)
    MLPClassifier           a network, log loss or cross-entropy (mlp/network.py)
    MLPRegressor            a network, half the squared error
    WideDeepClassifier      two towers; two classes WideDeep, several Classes (heads/classes.py)
    WideDeepRegressor       two towers; Regression (heads/regression.py)

    model = WideDeepClassifier(random_state=0)
    cross_val_score(model, frame.drop(columns="income"), frame["income"], n_jobs=2)

All five take arrays, and frames of pandas, Polars and Arrow, whose columns may be text, categories, booleans, dates,
lists, and may have gaps.  What is learned from training rows, vocabularies, cuts and medians, is in `encoder_`, and the
model in `model_`: every weight has a name, and widedeep.save(path, model_, encoder_) keeps Wide & Deep.

Early stopping: a share of the training rows is kept for validation, the best epoch's weights are kept, and `n_iter_` is
the number of epochs run.  With few rows (rows.py) nothing is kept apart, and all epochs are run.

partial_fit learns vocabularies, cuts and medians from its first call, then an epoch of the rows of each call.

Read before: estimator.py, answers.py, neural.py
"""
from copy import deepcopy
from typing import Any

import numpy as np

try:
    from sklearn.base import ClassifierMixin, RegressorMixin
    from sklearn.utils.validation import validate_data  # noqa: F401    not in old ones
except ImportError as error:
    raise ImportError("widedeep.bridges.sklearn needs scikit-learn, 1.9 or newer: pip install 'widedeep[sklearn]'"
                      ) from error

from mlp.network import MLP
from mlp.optimizers import AdaGrad, Adam, Optimizer
from mlp.train import Epoch, minibatches
from perceptron.activations import Array
from perceptron.neuron import Perceptron
from widedeep.bridges.answers import Classifier, Probabilities, Regressor
from widedeep.bridges.estimator import Estimator, Rows, Table
from widedeep.bridges.kinds import both_towers, inputs
from widedeep.bridges.neural import Examples, dense, fit_network, learn_from_mistakes, pocket
from widedeep.deep import Deep
from widedeep.encoder import Encoder
from widedeep.ftrl import FTRL
from widedeep.heads.classes import DeepClasses, WideClasses
from widedeep.train import fit, train_step
from widedeep.training.block_rates import block_rates
from widedeep.training.ema import EMA
from widedeep.training.weight_decay import WeightDecay
from widedeep.wide import Wide


class PerceptronClassifier(ClassifierMixin, Classifier):                            # type: ignore[misc]
    """A neuron for each class against the rest (one for two classes); the largest net sum decides.

    max_iter : epochs at most; a neuron stops after one without a mistake, and else keeps its best epoch's weights
    patience : epochs without a better one before it stops
    class_weight : None, "balanced", or {class: weight}        random_state : draws the order of the rows
    """

    def __init__(self, *, max_iter: int = 100, patience: int = 5, class_weight: Any = None, random_state: Any = None):
        self.max_iter, self.patience = max_iter, patience
        self.class_weight, self.random_state = class_weight, random_state

    def begin(self, rows: Rows, rng: np.random.Generator) -> None:
        self.encoder_ = inputs(rows.table, self.dates_).fit(rows.table)
        D = self.encoder_.n_wide - 1 + len(self.encoder_.numbers)
        self.model_ = [Perceptron(D) for _ in range(self.answers_.outputs)]

    def each(self, rows: Rows) -> list[tuple[Perceptron, Examples]]:
        X = dense(self.encoder_.encode(rows.table, dtype=np.float64).whole(), self.encoder_.n_wide)
        y = self.desired(rows)
        return [(neuron, Examples(X, y[:, k:k + 1], rows.weight[:, None])) for k, neuron in enumerate(self.model_)]

    def train(self, rows: Rows, validation: Rows | None, rng: np.random.Generator) -> list[Epoch]:
        """The records of the neuron that took longest."""
        return max((pocket(neuron, part, rng, self.max_iter, self.patience)
                    for neuron, part in self.each(rows)), key=len)

    def epoch(self, rows: Rows, rng: np.random.Generator) -> None:
        for neuron, part in self.each(rows):
            learn_from_mistakes(neuron, part, rng)

    def net_sums(self, table: Table) -> Array:
        """(N, 1) or (N, K): net sums over the length of the weights, the distance from where the neuron turns."""
        X = dense(self.encoder_.encode(table, dtype=np.float64).whole(), self.encoder_.n_wide)
        return np.hstack([neuron.net_sum(X) / (np.linalg.norm(neuron.W) or 1) for neuron in self.model_])

    def decision_function(self, X: Any) -> Array:
        """(N,) for two classes, above 0 for the second; (N, K) for several"""
        z = self.net_sums(self.serving(X))
        return z[:, 0] if self.answers_.outputs == 1 else z

    def predict(self, X: Any) -> Array:
        """(N,)"""
        z = self.decision_function(X)
        return self.classes_[(z > 0).astype(int) if z.ndim == 1 else z.argmax(axis=1)]


class Network(Estimator):
    """A kind of model: chapter 2's network, trained by Adam."""

    hidden: Any
    learning_rate: float
    l2: float
    max_iter: int
    patience: int

    def begin(self, rows: Rows, rng: np.random.Generator) -> None:
        self.encoder_ = inputs(rows.table, self.dates_).fit(rows.table)
        D = self.encoder_.n_wide - 1 + len(self.encoder_.numbers)
        self.model_ = MLP([D, *self.hidden, self.answers_.outputs], rng)
        self.model_.layers[-1].b[...] = self.answers_.constant(self.desired(rows), rows.weight)
        self.optimizer_ = Adam(self.learning_rate)

    def examples(self, rows: Rows) -> Examples:
        X = dense(self.encoder_.encode(rows.table).whole(), self.encoder_.n_wide)
        return Examples(X, self.desired(rows).astype(np.float32), rows.weight[:, None].astype(np.float32))

    def train(self, rows: Rows, validation: Rows | None, rng: np.random.Generator) -> list[Epoch]:
        held = None if validation is None else self.examples(validation)
        return fit_network(self.model_, self.optimizer_, self.examples(rows), held, self.answers_.loss, rng=rng,
                           epochs=self.max_iter, batch_size=rows.batch_size(), l2=self.l2, patience=self.patience)

    def epoch(self, rows: Rows, rng: np.random.Generator) -> None:
        fit_network(self.model_, self.optimizer_, self.examples(rows), None, self.answers_.loss, rng=rng, epochs=1,
                    batch_size=rows.batch_size(), l2=self.l2)

    def net_sums(self, table: Table) -> Array:
        X = dense(self.encoder_.encode(table, dtype=np.float64).whole(), self.encoder_.n_wide)
        return self.model_.astype(np.float64).forward(X)[0]


class MLPClassifier(ClassifierMixin, Network, Probabilities):                       # type: ignore[misc]
    """A multi-layer perceptron over categories (a 1 for each) and standardised numbers.

    hidden : units of each ReLU layer        learning_rate : Adam's        l2 : price of large weights
    max_iter : epochs at most        patience : epochs without a better validation loss before it stops
    validation_fraction : share of the rows kept for validation
    class_weight : None, "balanced", or {class: weight}        random_state : draws weights, order, validation rows
    """

    def __init__(self, *, hidden: Any = (64, 32), learning_rate: float = 1e-3, l2: float = 1e-4, max_iter: int = 200,
                 patience: int = 10, validation_fraction: float = 0.1, class_weight: Any = None,
                 random_state: Any = None):
        self.hidden, self.learning_rate, self.l2, self.max_iter = hidden, learning_rate, l2, max_iter
        self.patience, self.validation_fraction = patience, validation_fraction
        self.class_weight, self.random_state = class_weight, random_state


class MLPRegressor(RegressorMixin, Network, Regressor):                             # type: ignore[misc]
    """A multi-layer perceptron for numbers.   The arguments are MLPClassifier's."""

    def __init__(self, *, hidden: Any = (64, 32), learning_rate: float = 1e-3, l2: float = 1e-4, max_iter: int = 200,
                 patience: int = 10, validation_fraction: float = 0.1, random_state: Any = None):
        self.hidden, self.learning_rate, self.l2, self.max_iter = hidden, learning_rate, l2, max_iter
        self.patience, self.validation_fraction, self.random_state = patience, validation_fraction, random_state


class Towers(Estimator):
    """A kind of model: Wide & Deep, trained as the recipe of Adult is (widedeep/recipes/adult.py)."""

    encoder: Any
    hidden: Any
    learning_rate: float
    max_iter: int
    patience: int

    def begin(self, rows: Rows, rng: np.random.Generator) -> None:
        if self.encoder is None:
            encoder = both_towers(rows.table, self.dates_, self.answers_, self.desired(rows))
        elif isinstance(self.encoder, Encoder):
            encoder = deepcopy(self.encoder)
        else:
            raise ValueError(f"{type(self).__name__}: encoder is a {type(self.encoder).__name__}; want "
                             "widedeep.Encoder(wide=[...], deep=[...], numbers=[...]), or None for a proposed one")
        self.encoder_ = encoder.fit(rows.table)
        self.model_ = self.answers_.new_model(self.towers(rng))
        self.model_.b[...] = self.answers_.constant(self.desired(rows), rows.weight)
        self.optimizers_ = self.rules(rows.batch_size())

    def towers(self, rng: np.random.Generator) -> dict[str, Any]:
        """Those that the encoder has columns for, with a column of last weights for each of several classes."""
        encoder, K = self.encoder_, self.answers_.outputs
        deep = encoder.n_deep, 8, encoder.n_inputs, list(self.hidden), rng
        settings: dict[str, Any] = {"dropout": 0.1, "scale": 0.05}
        towers: dict[str, Any] = {}
        if encoder.n_wide > 1:
            towers["wide"] = Wide(encoder.n_wide) if K == 1 else WideClasses(encoder.n_wide, K)
        if any(encoder.n_inputs):
            towers["deep"] = Deep(*deep, **settings) if K == 1 else DeepClasses(*deep, K, **settings)
        return towers

    def rules(self, batch_size: int) -> dict[str, Optimizer]:
        blocks = block_rates(self.encoder_, crosses=0.15) if self.answers_.outputs == 1 else None
        rules = {"wide": FTRL(0.05, l1=0.5, batch_size=batch_size, blocks=blocks),
                 "deep": WeightDecay(AdaGrad(self.learning_rate), {"E": 0.05}), "bias": AdaGrad(self.learning_rate)}
        return {name: rules[name] for name in self.model_.params()}

    def batch(self, rows: Rows) -> Any:
        return self.labelled(self.encoder_.encode(rows.table), rows)

    def train(self, rows: Rows, validation: Rows | None, rng: np.random.Generator) -> list[Epoch]:
        batch = self.batch(rows)
        if (batch.labels == batch.labels[0]).all():                 # of numbers, that is: one answer, whatever the row
            for tower in self.model_.towers.values():
                tower.w[...] = 0                                                # type: ignore[attr-defined]
            return []
        held: dict[str, Any] = {}
        if validation is not None:
            held = {"validation": self.batch(validation), "patience": self.patience,
                    "validation_weight": validation.weight[:, None]}
        return fit(self.model_, self.optimizers_, batch, rng=rng, epochs=self.max_iter, batch_size=rows.batch_size(),
                   ema=EMA(self.model_.params(), 0.999), loss=self.answers_.loss,
                   sample_weight=rows.weight[:, None], **held)

    def epoch(self, rows: Rows, rng: np.random.Generator) -> None:
        batch, mean = self.batch(rows), float(rows.weight.mean())
        weight = rows.weight[:, None].astype(np.float32)
        for part in minibatches(len(rows), rows.batch_size(), rng):
            train_step(self.model_, self.optimizers_, batch[part], rng, self.answers_.loss, weight[part], mean)

    def net_sums(self, table: Table) -> Array:
        return self.model_.astype(np.float64).logits(self.encoder_.encode(table, dtype=np.float64))


class WideDeepClassifier(ClassifierMixin, Towers, Probabilities):                   # type: ignore[misc]
    """Wide & Deep for two classes or several.

    encoder : widedeep.Encoder(wide=[...], deep=[...], numbers=[...]) over the frame's columns (an array's are x0, x1,
        ...; the days of a column of dates are "day (days)"); None for a proposed one (kinds.py)
    hidden : units of the deep tower's ReLU layers        learning_rate : AdaGrad's, of all but the wide tower
    max_iter : epochs at most        patience : epochs without a better validation loss before it stops
    validation_fraction : share of the rows kept for validation
    class_weight : None, "balanced", or {class: weight}        random_state : draws weights, order, validation rows
    """

    def __init__(self, encoder: Any = None, *, hidden: Any = (64, 32), learning_rate: float = 0.03, max_iter: int = 50,
                 patience: int = 5, validation_fraction: float = 0.1, class_weight: Any = None,
                 random_state: Any = None):
        self.encoder, self.hidden, self.learning_rate, self.max_iter = encoder, hidden, learning_rate, max_iter
        self.patience, self.validation_fraction = patience, validation_fraction
        self.class_weight, self.random_state = class_weight, random_state


class WideDeepRegressor(RegressorMixin, Towers, Regressor):                         # type: ignore[misc]
    """Wide & Deep for numbers.   The arguments are WideDeepClassifier's."""

    def __init__(self, encoder: Any = None, *, hidden: Any = (64, 32), learning_rate: float = 0.03, max_iter: int = 50,
                 patience: int = 5, validation_fraction: float = 0.1, random_state: Any = None):
        self.encoder, self.hidden, self.learning_rate, self.max_iter = encoder, hidden, learning_rate, max_iter
        self.patience, self.validation_fraction, self.random_state = patience, validation_fraction, random_state
