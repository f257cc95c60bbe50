"""Builders that several tests here share."""

from mlp.optimizers import AdaGrad, Adam, Momentum
from widedeep import (
    FTRL,
    Category,
    Cross,
    Deep,
    Encoder,
    History,
    HistoryEncoder,
    MatrixFactorization,
    TargetStatistics,
    WeightDecay,
    Wide,
    WideDeep,
)
from widedeep.training.block_rates import block_rates


def ratings(rng, n=120):
    table = {"user": rng.integers(0, 12, n), "item": rng.integers(0, 15, n)}
    return table, (rng.random((n, 1)) < 0.5) * 1.0


def with_histories():
    columns = [Category("user"), Category("item")]
    return HistoryEncoder(
        Encoder(wide=columns, deep=columns),
        [History("user", "item"), History("item", "user")],
        [TargetStatistics("user"), TargetStatistics("item")],
    )


def small(rng, **rules):
    columns = [Category("user"), Category("item")]
    table, y = ratings(rng)
    encoder = Encoder(wide=[*columns, Cross("user", "item")], deep=columns).fit(table)
    batch = encoder.encode(table, y)
    model = WideDeep(
        wide=Wide(encoder.n_wide),
        deep=Deep(encoder.n_deep, 3, encoder.n_inputs, [5], rng, scale=0.1),
        product=MatrixFactorization(encoder.n_deep, 2, [0], [1], rng),
    )
    rules = {
        "wide": FTRL(0.1, l1=0.1, batch_size=32, blocks=block_rates(encoder, 0.5)),
        "deep": WeightDecay(AdaGrad(0.1), {"E": 0.1}),
        "product": WeightDecay(Adam(0.01), {"E": 0.1}),
        "bias": Momentum(0.01),
    } | rules
    return model, rules, encoder, batch
