"""What all estimators share: how training rows are read, and what fit and partial_fit do with them.

Read before: frames.py, rows.py, kinds.py, heads/answers.py        Read next: answers.py
"""
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import assert_all_finite, check_consistent_length, check_random_state, column_or_1d
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from mlp.train import Epoch
from perceptron.activations import Array
from widedeep.bridges.frames import array_columns, columns_of
from widedeep.bridges.kinds import dates_of, with_days
from widedeep.bridges.rows import distinct, split
from widedeep.heads.answers import Answers

Table = dict[str, Array]


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

    A kind of answer (answers.py) says what labels, loss and head are; a kind of model (sklearn.py) how it is made and
    trained.
    """

    validation_fraction = 0.0                                       # of those that have no such argument
    random_state: Any
    answers_: Answers                                               # what the labels mean

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Learn from training rows.

        X : array (N, D) or a frame        y : (N,) classes or numbers        sample_weight : (N,) >= 0
        """
        rows = self.read_rows(X, y, sample_weight, reset=True)
        rng = self.generator(0)
        training, validation = split(self.strata(rows), len(rows), self.validation_fraction, rng)
        rows, held = rows.take(training), rows.take(validation) if len(validation) else None
        self.answers_ = self.meant(rows)
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
            self.answers_ = self.meant(rows)
            self.begin(rows, rng)
            self.n_iter_, self.history_ = 0, []
        self.epoch(rows, rng)
        self.n_iter_ += 1
        return self

    def read_rows(self, X: Any, y: Any, sample_weight: Any, reset: bool, classes: Any = None, more: bool = False
                  ) -> Rows:
        if y is None:
            validate_data(self, X, y, reset=False, skip_check_array=True)       # says that labels are needed
        table = self.table(X, reset)
        y = column_or_1d(np.asarray(y), warn=True)
        check_consistent_length(*table.values(), y)
        assert_all_finite(y, input_name="y")
        weight = _check_sample_weight(sample_weight, np.zeros((len(y), 1)), dtype=np.float64)
        if not (weight >= 0).all():
            raise ValueError(f"{type(self).__name__}: a sample_weight is {weight.min()}; want 0 or more")
        answers, weight = self.read_answers(y, weight, reset, classes, more)
        if not weight.any():
            raise ValueError(f"{type(self).__name__}: the class weights of all rows are zero; want one above 0")
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

    def meant(self, rows: Rows) -> Answers:
        """Labels, loss, head."""
        raise NotImplementedError("a kind of answer writes this")

    def desired(self, rows: Rows) -> Array:
        """(n, K) 0 or 1, one-hot, or standardised numbers"""
        return self.answers_.coded(rows.answers)

    def labelled(self, batch: Any, rows: Rows) -> Any:
        """The batch with the labels that the head wants."""
        return replace(batch, labels=self.desired(rows).astype(batch.numbers.dtype))

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
