"""A small model: two towers whose every number fits on a page, trained on one row at a time.

Embeddings of 4 numbers, layers of 8 and of 4 neurons.  A step of its training is a step on one row, N = 1, and so is
the step that is traced: the optimizers' memory is in the units of that step.

Read before: encoder.py, train.py        Read next: recording.py
"""
from typing import Any, NamedTuple

import numpy as np

from mlp.optimizers import Optimizer
from perceptron.activations import Array
from widedeep.batch import Batch
from widedeep.columns import Bag, Buckets, Category
from widedeep.commands.people import titles_of
from widedeep.commands.wording import readable
from widedeep.crosses import Cross
from widedeep.datasets import Dataset, take
from widedeep.deep import Deep
from widedeep.encoder import Encoder
from widedeep.model import WideDeep
from widedeep.numbers import Standard
from widedeep.recipes.appstore import appstore_columns
from widedeep.train import fit, optimizers_for
from widedeep.wide import Wide

SPLIT = "random"
D, HIDDEN = 4, (8, 4)                                   # numbers in an embedding; neurons of each layer
ROWS = 20_000                                           # training rows, each shown once
ALPHA, L1, LR = 0.1, 3.0, 0.05                          # of FTRL, of FTRL, of AdaGrad
LOOKED_AT = 200                                         # test rows among which an instructive one is looked for


class SmallModel(NamedTuple):
    """A trained model, and the rows to trace."""

    data: Dataset
    encoder: Encoder
    model: WideDeep
    optimizers: dict[str, Optimizer]
    trained_on: int                                     # rows
    seed: int

    def row(self, k: int) -> tuple[dict[str, Array], Batch]:
        """Test row k: its table of one row, and the same encoded, with its label.  Raises ValueError beyond them."""
        rows = self.data.splits[SPLIT]["test"]
        if not 0 <= k < len(rows):
            raise ValueError(f"--row {k}: {self.data.name} has {len(rows):,} test rows, 0 to {len(rows) - 1}")
        table = take(self.data.table, rows[k:k + 1])
        return table, self.encoder.encode(table, self.data.labels[rows[k:k + 1]]).whole()

    def instructive(self) -> int:
        """The first test row whose error reaches every part: a wide weight that is not 0, two active neurons a layer.

        Row 0 if none of the first is such a row.
        """
        for k in range(min(LOOKED_AT, len(self.data.splits[SPLIT]["test"]))):
            batch = self.row(k)[1]
            caches: Any = self.model.forward(batch)[1]
            active = [np.count_nonzero(A) for (_, _, A), _ in caches["deep"][1]]
            if np.count_nonzero(self.model.towers["wide"].params()["w"][batch.wide]) and min(active) >= 2:
                return k
        return 0

    def wide_name(self, i: int) -> str:
        return readable(self.encoder.wide_name(i), titles_of(self.data))

    def deep_name(self, i: int) -> str:
        return readable(self.encoder.deep_name(i), titles_of(self.data))


def small_model(data: Dataset, seed: int = 0) -> SmallModel:
    """Encode the data set, build the model, and train it on its first training rows, one at a time, once each."""
    table, labels = data.rows(SPLIT, "train")
    encoder = COLUMNS[data.name]().fit(table)
    rows = np.arange(min(ROWS, len(labels)))
    batch, rng = encoder.encode(take(table, rows), labels[rows]), np.random.default_rng(seed)
    model = WideDeep(wide=Wide(encoder.n_wide), deep=Deep(encoder.n_deep, D, encoder.n_inputs, HIDDEN, rng))
    optimizers = optimizers_for(model, batch_size=1, alpha=ALPHA, l1=L1, lr=LR)
    fit(model, optimizers, batch.whole(), rng=rng, epochs=1, batch_size=1)
    return SmallModel(data, encoder, model, optimizers, len(rows), seed)


def adult_columns() -> Encoder:
    """Few columns, so that the row fits on a page; recipes/adult.py has the good ones."""
    columns = [Category("education"), Category("occupation"), Category("relationship")]
    return Encoder(wide=[*columns, Buckets("age", 10), Cross("education", "occupation")], deep=columns,
                   numbers=[Standard("age"), Standard("hours_per_week")])


def movielens_columns() -> Encoder:
    """Few columns, so that the row fits on a page; recipes/movielens.py has the good ones."""
    user, item, genres = Category("user"), Category("item"), Bag("genres")
    return Encoder(wide=[user, item, genres, Cross("occupation", genres)],
                   deep=[user, item, Category("occupation"), genres], numbers=[Standard("age")])


COLUMNS = {"appstore": appstore_columns, "adult": adult_columns, "movielens": movielens_columns}
