"""scikit-learn's estimators: the neuron, the network, and Wide & Deep, wherever scikit-learn takes one.

    PerceptronClassifier    Rosenblatt's rule, a neuron for each class (perceptron/neuron.py)
    MLPClassifier           a network, log loss or cross-entropy (mlp/network.py)
    MLPRegressor            a network, half the squared error
    WideDeepClassifier      two towers; two classes WideDeep, several Classes (heads/classes.py)
    WideDeepRegressor       two towers; Regression (heads/regression.py)

    model = make_pipeline(WideDeepClassifier(random_state=0))
    cross_val_score(model, frame, frame["income"], n_jobs=2)

All five take arrays, and frames of pandas, Polars and Arrow, whose columns may be text, categories, booleans, dates, and
may have gaps.  What is learned from training rows, vocabularies, cuts and medians, is in `encoder_`, and the model in
`model_`: every weight has a name, and widedeep.save keeps both.

Early stopping: a share of the training rows is kept for validation, the best epoch's weights are kept, and `n_iter_` is
the number of epochs run.  With few rows (rows.py) nothing is kept apart, and all epochs are run.

partial_fit learns vocabularies, cuts and medians from its first call, then an epoch of the rows of each call.

Read before: frames.py, rows.py, kinds.py, neural.py
"""
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import assert_all_finite, check_consistent_length, check_random_state, column_or_1d
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ImportError as error:
    raise ImportError("widedeep.bridges.sklearn needs scikit-learn 1.6 or newer: pip install 'widedeep[sklearn]'"
                      ) from error

from mlp.losses import log_loss, softmax, softmax_cross_entropy, squared_error
from mlp.network import MLP
from mlp.optimizers import AdaGrad, Adam, Optimizer
from mlp.train import Epoch, minibatches
from perceptron.activations import Array, sigmoid
from perceptron.neuron import Perceptron
from widedeep.bridges.frames import array_columns, columns_of
from widedeep.bridges.kinds import both_towers, dates_of, inputs, with_days
from widedeep.bridges.neural import Examples, dense, fit_network, learn_from_mistakes, pocket
from widedeep.bridges.rows import distinct, split
from widedeep.deep import Deep
from widedeep.encoder import Encoder
from widedeep.ftrl import FTRL
from widedeep.heads.classes import Classes, DeepClasses, WideClasses, class_labels
from widedeep.heads.regression import Regression, number_labels
from widedeep.model import WideDeep
from widedeep.train import fit, train_step
from widedeep.training.block_rates import block_rates
from widedeep.training.ema import EMA
from widedeep.training.weight_decay import WeightDecay
from widedeep.wide import Wide

Table = dict[str, Array]
FAR = float(np.finfo(np.float32).max)                   # Regression's limits: none


class Rows:
    """Training rows as an estimator reads them: distinct, each with its answer and its weight.

    answers : (n,) class numbers, or numbers        weight : (n,)
    """

    def __init__(self, table: Table, answers: Array, weight: Array):
        self.table, self.answers, self.weight = table, answers, weight

    def __len__(self) -> int:
        return len(self.answers)

    def take(self, rows: Array) -> "Rows":
        return Rows({name: values[rows] for name, values in self.table.items()}, self.answers[rows], self.weight[rows])

    def batch_size(self) -> int:
        """At least 20 steps an epoch, where there are as many rows."""
        return int(np.clip(len(self) // 20, 16, 256))


class Estimator(BaseEstimator):                                                     # type: ignore[misc]
    """What all five share: how rows are read, and what fit and partial_fit do with them.

    A kind of answer (Classifier, Regressor) says what labels, loss and bias are; a kind of model, how it is made and
    trained (`begin`, `train`, `epoch`, `net_sums`).
    """

    validation_fraction = 0.0                                       # of those that have no such argument
    random_state: Any

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Learn from training rows.

        X : array (N, D) or a frame        y : (N,) classes or numbers        sample_weight : (N,) >= 0
        """
        rows = self.read_rows(X, y, sample_weight, reset=True)
        rng = self.generator(0)
        training, validation = split(self.strata(rows), len(rows), self.validation_fraction, rng)
        rows, held = rows.take(training), rows.take(validation) if len(validation) else None
        self.begin(rows, rng)
        self.history_ = self.train(rows, held, rng)
        self.n_iter_ = len(self.history_)
        return self

    def learn_more(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Any:
        """One epoch more of these rows; the first call also learns vocabularies, cuts and medians."""
        first = not hasattr(self, "encoder_")
        rows = self.read_rows(X, y, sample_weight, reset=first, classes=classes, more=True)
        rng = self.generator(0 if first else self.n_iter_)
        if first:
            self.begin(rows, rng)
            self.n_iter_, self.history_ = 0, []
        self.epoch(rows, rng)
        self.n_iter_ += 1
        return self

    def read_rows(self, X: Any, y: Any, sample_weight: Any, reset: bool, classes: Any = None, more: bool = False
                  ) -> Rows:
        validate_data(self, X=X, y=y, reset=False, skip_check_array=True) if y is None else None
        table = self.table(X, reset)
        y = column_or_1d(np.asarray(y), warn=True)
        check_consistent_length(*table.values(), y)
        assert_all_finite(y, input_name="y")
        weight = _check_sample_weight(sample_weight, np.zeros((len(y), 1)), dtype=np.float64)
        if not (weight >= 0).all():
            raise ValueError(f"{type(self).__name__}: a sample_weight is {weight.min()}; want 0 or more")
        if not weight.any():
            raise ValueError(f"{type(self).__name__}: all sample weights are zero; want a weight above 0 for some row")
        answers, weight = self.read_answers(y, weight, reset, classes, more)
        rows, weight = distinct([*table.values(), answers], weight)
        table = {name: values[rows] for name, values in table.items()}
        if reset:
            self.dates_ = dates_of(table)
        return Rows(with_days(table, self.dates_), answers[rows], weight)

    def table(self, X: Any, reset: bool) -> Table:
        """The columns by their names: a frame's, or x0, x1, ..."""
        columns = columns_of(X)
        if columns is None:
            if isinstance(X, (list, tuple)) and np.asarray(X).dtype.kind == "U":
                X = np.array(X, object)                             # or the numbers beside text became text
            X = validate_data(self, X, reset=reset, dtype=None, ensure_all_finite="allow-nan")
            columns = array_columns(X)
        else:
            validate_data(self, X, reset=reset, skip_check_array=True)
        names = getattr(self, "feature_names_in_", [f"x{j}" for j in range(len(columns))])
        return dict(zip(map(str, names), columns))

    def serving(self, X: Any) -> Table:
        check_is_fitted(self)
        return with_days(self.table(X, reset=False), self.dates_)

    def generator(self, epochs: int) -> np.random.Generator:
        return np.random.default_rng((check_random_state(self.random_state).randint(2 ** 31 - 1), epochs))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = True
        return tags

    def strata(self, rows: Rows) -> Array | None:
        """Classes whose shares the validation rows keep, or None."""
        raise NotImplementedError("a kind of answer writes this")

    def read_answers(self, y: Array, weight: Array, reset: bool, classes: Any, more: bool) -> tuple[Array, Array]:
        """(answers (N,), weights (N,))"""
        raise NotImplementedError("a kind of answer writes this")

    def begin(self, rows: Rows, rng: np.random.Generator) -> None:
        """A fresh encoder and model."""
        raise NotImplementedError("a kind of model writes this")

    def train(self, rows: Rows, validation: Rows | None, rng: np.random.Generator) -> list[Epoch]:
        raise NotImplementedError("a kind of model writes this")

    def epoch(self, rows: Rows, rng: np.random.Generator) -> None:
        raise NotImplementedError("a kind of model writes this")

    def net_sums(self, table: Table) -> Array:
        """(N, 1), or (N, K), float64"""
        raise NotImplementedError("a kind of model writes this")


class Classifier(ClassifierMixin, Estimator):                                       # type: ignore[misc]
    """Answers that are classes: class numbers inside, `classes_` outside."""

    class_weight: Any

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Any:
        """One epoch more.   classes : all that will ever come; needed in the first call, if its rows lack one"""
        return self.learn_more(X, y, sample_weight, classes)

    def read_answers(self, y: Array, weight: Array, reset: bool, classes: Any, more: bool) -> tuple[Array, Array]:
        check_classification_targets(y)
        if reset:
            self.classes_ = np.unique(y[weight > 0] if classes is None else np.asarray(classes))
        elif classes is not None and not np.array_equal(self.classes_, np.unique(classes)):
            raise ValueError(f"{type(self).__name__}.partial_fit: classes {list(classes)}; the first call had "
                             f"{self.classes_.tolist()}")
        if len(self.classes_) < 2:
            raise ValueError(f"{type(self).__name__}: the labels hold 1 class, {self.classes_.tolist()}; want at least "
                             "two classes" + ", or partial_fit(..., classes=...)" * more)
        known = np.isin(y, self.classes_) | (weight == 0)
        if not known.all():
            raise ValueError(f"{type(self).__name__}: a label is {y[~known][0]!r}; want one of the classes "
                             f"{self.classes_.tolist()}")
        answers = np.searchsorted(self.classes_, y)
        return answers, weight * self.weights_of_classes(answers, weight, more).take(answers, mode="clip")

    def weights_of_classes(self, answers: Array, weight: Array, more: bool) -> Array:
        """(K,)   "balanced": the classes weigh the same together, as training/class_weights.py says."""
        if self.class_weight is None:
            return np.ones(len(self.classes_))
        if isinstance(self.class_weight, Mapping):
            if strangers := self.class_weight.keys() - set(self.classes_.tolist()):
                raise ValueError(f"{type(self).__name__}: class_weight names {sorted(map(str, strangers))}; the classes "
                                 f"are {self.classes_.tolist()}")
            return np.array([float(self.class_weight.get(name, 1.0)) for name in self.classes_.tolist()])
        if self.class_weight != "balanced" or more:
            why = "which partial_fit cannot know: want a dict" if self.class_weight == "balanced" else \
                "want None, 'balanced', or a dict of class: weight"
            raise ValueError(f"{type(self).__name__}: class_weight {self.class_weight!r}; {why}")
        totals = np.bincount(answers[weight > 0], weight[weight > 0], len(self.classes_))
        return totals.sum() / (len(totals) * totals)

    def strata(self, rows: Rows) -> Array:
        return rows.answers

    def yes_no(self) -> bool:
        return len(self.classes_) == 2

    def outputs(self) -> int:
        return 1 if self.yes_no() else len(self.classes_)

    def loss(self) -> Any:
        return log_loss if self.yes_no() else softmax_cross_entropy

    def desired(self, rows: Rows) -> Array:
        """(n, 1) 0 or 1, or (n, K) one-hot"""
        return rows.answers[:, None] * 1.0 if self.yes_no() else np.eye(len(self.classes_))[rows.answers]

    def measures(self, rows: Rows) -> list[Array]:
        """What columns are measured by: is it this class?   (n, 1) for each, one of two"""
        return [(rows.answers == k)[:, None] * 1.0 for k in range(1 if self.yes_no() else 0, len(self.classes_))]

    def constant(self, rows: Rows) -> Array:
        """The logits (outputs,) of the classes' shares of the weights, each with a row more."""
        totals = np.bincount(rows.answers, rows.weight, len(self.classes_)) + rows.weight.mean()
        shares = np.log(totals / totals.sum())
        return shares[1:] - shares[:1] if self.yes_no() else shares


class Probabilities(Classifier):
    """Classes whose net sums are logits."""

    def predict_proba(self, X: Any) -> Array:
        """(N, K), in the order of classes_"""
        z = self.net_sums(self.serving(X))
        return np.hstack([sigmoid(-z), sigmoid(z)]) if self.yes_no() else softmax(z)

    def predict(self, X: Any) -> Array:
        """(N,) the most probable class"""
        p = self.predict_proba(X)                                   # which says what is missing where nothing is fitted
        return self.classes_[p.argmax(axis=1)]


class Regressor(RegressorMixin, Estimator):                                         # type: ignore[misc]
    """Answers that are numbers, standardised inside: (y - label_mean_) / label_spread_."""

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """One epoch more."""
        return self.learn_more(X, y, sample_weight)

    def read_answers(self, y: Array, weight: Array, reset: bool, classes: Any, more: bool) -> tuple[Array, Array]:
        try:
            y = y.astype(np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"{type(self).__name__}: labels such as {y[0]!r}; want numbers. Unknown label type for "
                             "regression; for classes there are classifiers") from None
        return y, weight

    def predict(self, X: Any) -> Array:
        """(N,)"""
        z = self.net_sums(self.serving(X))[:, 0]
        return z * self.label_spread_ + self.label_mean_

    def strata(self, rows: Rows) -> None:
        return None

    def outputs(self) -> int:
        return 1

    def loss(self) -> Any:
        return squared_error

    def scale(self, rows: Rows) -> None:
        """Learn mean and spread of the labels, by weight."""
        self.label_mean_ = float(np.average(rows.answers, weights=rows.weight))
        spread = float(np.sqrt(np.average((rows.answers - self.label_mean_) ** 2, weights=rows.weight)))
        self.label_spread_ = spread if spread > 1e-9 * abs(self.label_mean_) else 1.0

    def desired(self, rows: Rows) -> Array:
        return ((rows.answers - self.label_mean_) / self.label_spread_)[:, None]

    def measures(self, rows: Rows) -> list[Array]:
        """What columns are measured by: is it above the median?"""
        return [(rows.answers > np.median(rows.answers))[:, None] * 1.0]

    def constant(self, rows: Rows) -> Array:
        return np.zeros(1)


class PerceptronClassifier(Classifier):
    """A neuron for each class against the rest (one for two classes); the largest net sum decides.

    max_iter : epochs at most; a neuron stops after one without a mistake, and else keeps its best epoch's weights
    class_weight : None, "balanced", or {class: weight}        random_state : draws the order of the rows
    """

    def __init__(self, *, max_iter: int = 100, class_weight: Any = None, random_state: Any = None):
        self.max_iter, self.class_weight, self.random_state = max_iter, class_weight, random_state

    def begin(self, rows: Rows, rng: np.random.Generator) -> None:
        self.encoder_ = inputs(rows.table, self.dates_).fit(rows.table)
        D = self.encoder_.n_wide - 1 + len(self.encoder_.numbers)
        self.model_ = [Perceptron(D) for _ in range(self.outputs())]

    def each(self, rows: Rows) -> list[tuple[Perceptron, Examples]]:
        X = dense(self.encoder_.encode(rows.table, dtype=np.float64).whole(), self.encoder_.n_wide)
        y = self.desired(rows)
        return [(neuron, Examples(X, y[:, k:k + 1], rows.weight[:, None])) for k, neuron in enumerate(self.model_)]

    def train(self, rows: Rows, validation: Rows | None, rng: np.random.Generator) -> list[Epoch]:
        """The records of the neuron that took longest."""
        return max((pocket(neuron, part, rng, self.max_iter) for neuron, part in self.each(rows)), key=len)

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
        return z[:, 0] if self.yes_no() else z

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
        self.scale(rows) if isinstance(self, Regressor) else None
        self.encoder_ = inputs(rows.table, self.dates_).fit(rows.table)
        D = self.encoder_.n_wide - 1 + len(self.encoder_.numbers)
        self.model_ = MLP([D, *self.hidden, self.outputs()], rng)
        self.model_.layers[-1].b[...] = self.constant(rows)
        self.optimizer_ = Adam(self.learning_rate)

    def examples(self, rows: Rows) -> Examples:
        X = dense(self.encoder_.encode(rows.table).whole(), self.encoder_.n_wide)
        return Examples(X, self.desired(rows).astype(np.float32), rows.weight[:, None].astype(np.float32))

    def train(self, rows: Rows, validation: Rows | None, rng: np.random.Generator) -> list[Epoch]:
        held = None if validation is None else self.examples(validation)
        return fit_network(self.model_, self.optimizer_, self.examples(rows), held, self.loss(), rng=rng,
                           epochs=self.max_iter, batch_size=rows.batch_size(), l2=self.l2, patience=self.patience)

    def epoch(self, rows: Rows, rng: np.random.Generator) -> None:
        fit_network(self.model_, self.optimizer_, self.examples(rows), None, self.loss(), rng=rng, epochs=1,
                    batch_size=rows.batch_size(), l2=self.l2)

    def net_sums(self, table: Table) -> Array:
        X = dense(self.encoder_.encode(table, dtype=np.float64).whole(), self.encoder_.n_wide)
        return self.model_.astype(np.float64).forward(X)[0]


class MLPClassifier(Network, Probabilities):
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


class MLPRegressor(Network, Regressor):
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
        self.scale(rows) if isinstance(self, Regressor) else None
        if self.encoder is None:
            encoder = both_towers(rows.table, self.dates_, self.measures(rows))
        elif isinstance(self.encoder, Encoder):
            encoder = deepcopy(self.encoder)
        else:
            raise ValueError(f"{type(self).__name__}: encoder is a {type(self.encoder).__name__}; want "
                             "widedeep.Encoder(wide=[...], deep=[...], numbers=[...]), or None for a proposed one")
        self.encoder_ = encoder.fit(rows.table)
        self.model_ = self.head(self.towers(rng))
        self.model_.b[...] = self.constant(rows)
        self.optimizers_ = self.rules(rows.batch_size())

    def towers(self, rng: np.random.Generator) -> dict[str, Any]:
        """Those that the encoder has columns for, with a column of last weights for each of several classes."""
        encoder, K = self.encoder_, self.outputs()
        deep = encoder.n_deep, 8, encoder.n_inputs, list(self.hidden), rng
        settings = {"dropout": 0.1, "scale": 0.05}
        towers: dict[str, Any] = {}
        if encoder.n_wide > 1:
            towers["wide"] = Wide(encoder.n_wide) if K == 1 else WideClasses(encoder.n_wide, K)
        if any(encoder.n_inputs):
            towers["deep"] = Deep(*deep, **settings) if K == 1 else DeepClasses(*deep, K, **settings)
        return towers

    def rules(self, batch_size: int) -> dict[str, Optimizer]:
        blocks = block_rates(self.encoder_, crosses=0.15) if self.outputs() == 1 else None
        rules = {"wide": FTRL(0.05, l1=0.5, batch_size=batch_size, blocks=blocks),
                 "deep": WeightDecay(AdaGrad(self.learning_rate), {"E": 0.05}), "bias": AdaGrad(self.learning_rate)}
        return {name: rules[name] for name in self.model_.params()}

    def batch(self, rows: Rows) -> Any:
        batch = self.encoder_.encode(rows.table)
        if isinstance(self, Regressor):
            return number_labels(batch, self.desired(rows))
        if self.outputs() > 1:
            return class_labels(batch, rows.answers, range(self.outputs()))
        return self.encoder_.encode(rows.table, self.desired(rows))

    def head(self, towers: Mapping[str, Any]) -> WideDeep:
        if isinstance(self, Regressor):
            return Regression(-FAR, FAR, **towers)
        return WideDeep(**towers) if self.outputs() == 1 else Classes(self.classes_.tolist(), **towers)

    def train(self, rows: Rows, validation: Rows | None, rng: np.random.Generator) -> list[Epoch]:
        batch = self.batch(rows)
        if (batch.labels == batch.labels[0]).all():                 # of numbers, that is: one answer, whatever the row
            for tower in self.model_.towers.values():
                tower.w[...] = 0
            return []
        held: dict[str, Any] = {}
        if validation is not None:
            held = {"validation": self.batch(validation), "patience": self.patience,
                    "validation_weight": validation.weight[:, None]}
        return fit(self.model_, self.optimizers_, batch, rng=rng, epochs=self.max_iter, batch_size=rows.batch_size(),
                   ema=EMA(self.model_.params(), 0.999), loss=self.loss(), sample_weight=rows.weight[:, None], **held)

    def epoch(self, rows: Rows, rng: np.random.Generator) -> None:
        batch, mean = self.batch(rows), float(rows.weight.mean())
        weight = rows.weight[:, None].astype(np.float32)
        for part in minibatches(len(rows), rows.batch_size(), rng):
            train_step(self.model_, self.optimizers_, batch[part], rng, self.loss(), weight[part], mean)

    def net_sums(self, table: Table) -> Array:
        return self.model_.astype(np.float64).logits(self.encoder_.encode(table, dtype=np.float64))


class WideDeepClassifier(Towers, Probabilities):
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


class WideDeepRegressor(Towers, Regressor):
    """Wide & Deep for numbers.   The arguments are WideDeepClassifier's."""

    def __init__(self, encoder: Any = None, *, hidden: Any = (64, 32), learning_rate: float = 0.03, max_iter: int = 50,
                 patience: int = 5, validation_fraction: float = 0.1, random_state: Any = None):
        self.encoder, self.hidden, self.learning_rate, self.max_iter = encoder, hidden, learning_rate, max_iter
        self.patience, self.validation_fraction, self.random_state = patience, validation_fraction, random_state
