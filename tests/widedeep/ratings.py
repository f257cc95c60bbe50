"""Builders that several tests here share."""

import numpy as np

from widedeep import Category, Encoder, Wide, WideDeep
from widedeep.features.histories import Histories, History
from widedeep.features.target_statistics import TargetStatistics, with_numbers
from widedeep.towers.with_history import DeepWithHistory, MatrixFactorizationWithHistory


def ratings(n=23, seed=0, users=5, items=7):
    rng = np.random.default_rng(seed)
    pairs = rng.choice(users * items, n, replace=False)
    table = {"user": pairs // items, "item": pairs % items, "time": rng.integers(0, 6, n)}
    return table, rng.integers(0, 2, n)[:, None].astype(np.float64)


def rows_of(table, keep):
    return {name: column[keep] for name, column in table.items()}


def world(towers="deep product", d=3, dtype=np.float64, earlier=None):
    table, y = ratings()
    trained = rows_of(table, np.arange(15))
    encoder = Encoder(wide=[Category("user")], deep=[Category("user"), Category("item")]).fit(trained)
    histories = Histories([History("user", "item", earlier), History("item", "user", earlier)], encoder.n_deep - 1)
    batch = histories.fit(trained, y[:15], encoder.encode(trained, y[:15], dtype))
    batch = with_numbers(batch, [TargetStatistics("user").fit(trained, y[:15])])
    rng = np.random.default_rng(1)
    built = {
        "wide": Wide(encoder.n_wide, dtype),
        "deep": DeepWithHistory(histories.n_rows, d, (4, 2), (5,), rng, dtype, drop_inputs=0.3),
        "product": MatrixFactorizationWithHistory(histories.n_rows, d, (0, 2), (1, 3), rng, dtype, sd=0.5, dropout=0.3),
    }
    return WideDeep(dtype, **{name: built[name] for name in towers.split()}), batch, encoder, histories, table, y
