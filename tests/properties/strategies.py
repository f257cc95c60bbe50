"""What the properties are tried on: tables, encoders, models and networks of every shape."""

from types import SimpleNamespace

import numpy as np
from hypothesis import strategies as st

from mlp import MLP, log_loss, softmax_cross_entropy, squared_error
from mlp.optimizers import SGD, AdaGrad, Adam, Momentum
from mlp.windows import flatten
from perceptron import identity, relu, sigmoid, tanh
from tests.builders import bags
from widedeep import (
    FTRL,
    Bag,
    Buckets,
    Category,
    Classes,
    Cross,
    Deep,
    DeepClasses,
    Encoder,
    Exact,
    FillMedian,
    Hashed,
    MatrixFactorization,
    OrdinalRegression,
    Periodic,
    Quantile,
    Regression,
    Standard,
    WasMissing,
    WeightDecay,
    Wide,
    WideClasses,
    WideDeep,
    WithMissing,
    class_labels,
    number_labels,
)
from widedeep.features.robust import Robust
from widedeep.towers.deep_periodic import DeepPeriodic
from widedeep.towers.linear import Linear

NAMES = ["red", "green", 3]
HEADS = ("yes or no", "classes", "ordinal", "regression")
LOSSES = {"yes or no": log_loss, "classes": softmax_cross_entropy, "regression": squared_error}
WORDS = ["", "a", "b", "ab", "\u00e9", "e\u0301", "a\0", "\U0001d518"]  # few, so that they repeat

seeds = st.integers(0, 2**32 - 1)
any_text = st.text(st.characters(codec=None), max_size=6)  # surrogates and NUL, too
cells = st.one_of(
    any_text,
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)
numbers = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6, width=32))


@st.composite
def tables(draw, least=1, most=9):
    """Rows of words, whole numbers, bags and numbers; of few values, so that they stand more than once."""
    n = draw(st.integers(least, most))

    def column(values):
        return draw(st.lists(values, min_size=n, max_size=n))

    return {
        "word": column(st.sampled_from(WORDS)),
        "code": column(st.integers(-2, 3)),
        "tags": bags(*column(st.lists(st.sampled_from(["p", "q", "r"]), max_size=4).map(tuple))),
        "years": bags(*column(st.lists(st.integers(1990, 1992), max_size=2).map(tuple))),
        "x": column(numbers),
        "k": column(st.integers(0, 9)),
        "job": column(st.sampled_from([None, "cook", "nurse", " "])),
        "debt": column(st.none() | numbers),
    }


@st.composite
def encoders(draw, table):
    """Fitted on the table; with wide features, embedded columns and numbers, but for what is drawn to be left out."""
    least = st.integers(1, 2)
    columns = [
        Category("word", min_count=draw(least)),
        Category("code"),
        Bag("tags", min_count=draw(least)),
        Bag("years"),
        draw(st.sampled_from([Buckets("x", 4), Exact("x", 1, 2)])),
        WithMissing(draw(st.sampled_from([Category("job"), Buckets("debt", 3)]))),
        Hashed("k", draw(st.integers(2, 7))),
    ]
    some = st.lists(st.sampled_from(columns), unique=True, max_size=4)
    parts = st.lists(st.sampled_from(columns[:6]), unique=True, min_size=2, max_size=3)
    crosses = draw(st.lists(parts.map(lambda parts: Cross(*parts)), unique_by=lambda cross: cross.name, max_size=2))
    scaled = [Standard("x"), Quantile("k", draw(st.integers(2, 9))), Periodic("x", 0.5), Robust("code")]
    scaled += [FillMedian(Standard("debt")), WasMissing("job")]
    picked = draw(st.lists(st.sampled_from(scaled), unique=True, max_size=3))
    deep = [*draw(some), *crosses[:1]]
    if not deep and not picked:
        picked = [Standard("k")]
    wide = draw(some)
    return Encoder([columns[1], *(column for column in wide if column is not columns[1]), *crosses], deep, picked).fit(
        table
    )


@st.composite
def models(draw, encoder, dtype=np.float64, head=None, dropout=0.0):
    """A head and the towers that the encoder has inputs for; no weight is 0, but for the rows of id 0."""
    rng = np.random.default_rng(draw(seeds))
    head = head or draw(st.sampled_from(HEADS))
    K = len(NAMES) if head == "classes" else 1
    hidden = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    d, (C, M) = draw(st.integers(1, 3)), encoder.n_inputs
    inputs = encoder.n_deep, d, encoder.n_inputs, hidden, rng
    kinds = {"wide": lambda: Wide(encoder.n_wide, dtype) if K == 1 else WideClasses(encoder.n_wide, K, dtype)}
    kinds["deep"] = lambda: (Deep(*inputs, dtype, dropout=dropout) if K == 1 else
                             DeepClasses(*inputs, K, dtype, dropout=dropout))  # fmt: skip
    if M:
        kinds["linear"] = lambda: Linear(M, K, dtype)
        waves = draw(st.integers(0, M)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
        kinds["periodic"] = lambda: DeepPeriodic(*inputs, *waves, outputs=K, dtype=dtype, dropout=dropout)
    if C > 1 and K == 1:
        kinds["product"] = lambda: MatrixFactorization(encoder.n_deep, d, [0], list(range(1, C)), rng, dtype, sd=0.5)
    towers = draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, unique=True))
    made = {name: kinds[name]() for name in sorted(towers)}
    model = {
        "yes or no": lambda: WideDeep(dtype, **made),
        "classes": lambda: Classes(NAMES, dtype, **made),
        "ordinal": lambda: OrdinalRegression((1, 2, 3), dtype, **made),
        "regression": lambda: Regression(0, 4, dtype, **made),
    }[head]()
    return shaken(model, rng)


def shaken(model, rng):
    """Every weight away from 0, but for the rows of id 0."""
    frozen = model.frozen()
    for name, w in flatten(model.params()):
        w += rng.normal(0, 0.5, w.shape).astype(w.dtype)
        if name in frozen:
            w[frozen[name]] = 0
    return model


def labelled(model, batch, rng):
    """(the batch with labels that this head learns, its loss)"""
    n = len(batch)
    if isinstance(model, Classes):
        return class_labels(batch, np.array(NAMES, object)[rng.integers(0, 3, n)], NAMES), softmax_cross_entropy
    if isinstance(model, OrdinalRegression):
        return number_labels(batch, rng.integers(0, 5, (n, 1))), model.loss(2, auxiliary_weight=0.3)
    if isinstance(model, Regression):
        return number_labels(batch, rng.uniform(0, 4, (n, 1))), squared_error
    return number_labels(batch, rng.integers(0, 2, (n, 1))), log_loss


@st.composite
def cases(draw, least=1, most=9, dtype=np.float64, head=None):
    """A table, an encoder, its batch with labels, a model and its loss."""
    table = draw(tables(least, most))
    encoder = draw(encoders(table))
    model = draw(models(encoder, dtype, head))
    rng = np.random.default_rng(draw(seeds))
    batch, loss = labelled(model, encoder.encode(table, dtype=dtype), rng)
    return SimpleNamespace(table=table, encoder=encoder, batch=batch, model=model, loss=loss, rng=rng)


@st.composite
def networks(draw):
    """A network away from its start, inputs, labels and a loss, in float64."""
    rng = np.random.default_rng(draw(seeds))
    loss = draw(st.sampled_from([log_loss, softmax_cross_entropy, squared_error]))
    K = 1 if loss is log_loss else draw(st.integers(2, 4))
    sizes = [draw(st.integers(1, 4)), *draw(st.lists(st.integers(1, 5), max_size=3)), K]
    net = MLP(sizes, rng, np.float64, hidden=draw(st.sampled_from([relu, tanh, sigmoid, identity])))
    net.theta.flat += rng.normal(0, 0.3, net.theta.flat.shape)
    n = draw(st.integers(1, 7))
    y = {
        log_loss: lambda: rng.integers(0, 2, (n, 1)) * 1.0,
        softmax_cross_entropy: lambda: np.eye(K)[rng.integers(0, K, n)],
        squared_error: lambda: rng.normal(size=(n, K)),
    }[loss]()
    return SimpleNamespace(net=net, X=rng.normal(size=(n, sizes[0])), y=y, loss=loss, rng=rng)


rules = st.sampled_from([
    lambda: SGD(0.1),
    lambda: Momentum(0.1, 0.8),
    lambda: AdaGrad(0.1),
    lambda: Adam(0.01),
    lambda: Adam(0.01, lazy=True),
    lambda: FTRL(0.1, l1=0.1, l2=0.01, batch_size=4),
    lambda: WeightDecay(AdaGrad(0.1), {"E": 0.1}),
])  # fmt: skip


def gradients(model, batch, loss, *weights):
    """(value, {name: gradient}), dense."""
    z, caches = model.forward(batch)
    value, dz = loss(z, batch.labels, *weights)
    return value, dense(model.backward(dz, caches), model)


def dense(grads, model):
    shapes = {name: w.shape for name, w in flatten(model.params())}
    return {name: g.dense(shapes[name]) if hasattr(g, "dense") else g for name, g in flatten(grads)}


def taken(table, rows):
    """Some rows of a table, in this order."""
    return {name: [column[row] for row in rows] if isinstance(column, list) else column[rows]
            for name, column in table.items()}  # fmt: skip
