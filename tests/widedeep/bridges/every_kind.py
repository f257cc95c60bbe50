"""A table with every kind of column, cross and number that can be exported, with gaps and unknown values."""

import numpy as np

from mlp.windows import flatten
from tests.builders import bags
from widedeep import (
    Bag,
    BagWithMissing,
    Buckets,
    Category,
    Classes,
    Cross,
    Deep,
    DeepClasses,
    Encoder,
    Exact,
    FillMedian,
    MatrixFactorization,
    OrdinalRegression,
    Periodic,
    Quantile,
    Regression,
    Standard,
    WasMissing,
    Wide,
    WideClasses,
    WideDeep,
    WithMissing,
)
from widedeep.features.robust import Robust
from widedeep.towers.deep_periodic import DeepPeriodic
from widedeep.towers.linear import Linear

HEADS = ("yes or no", "regression", "classes", "ordinal")


def table(rng, n=300, unseen=False):
    """unseen : are there values that training rows did not have?"""
    more = int(unseen)
    grid = np.round(rng.normal(0, 3, n), 1)  # 0.1 is no float32
    age = rng.integers(10 - 10 * more, 60 + 30 * more, n).astype(float)
    age[rng.random(n) < 0.2] = np.nan
    jobs = np.array(["clerk", "nurse", "cook", "", "  ", "\u2003", None, "pilot", "Käse 𝔘"], object)
    texts = ["sci-fi", "drama", "war", "noir"][: 3 + more]
    many = [tuple(rng.choice(texts, rng.integers(0, 4)).tolist()) for _ in range(n)]
    years = [None if rng.random() < 0.2 else tuple(rng.integers(1990, 1994 + more, rng.integers(0, 3)).tolist())
             for _ in range(n)]  # fmt: skip
    tags = [", ".join(rng.choice(["a", "b c", "d", "e"][: 3 + more], rng.integers(0, 4))) for _ in range(n)]
    return {
        "job": rng.choice(jobs[: 7 + 2 * more], n),
        "city": rng.choice(["?", "", "Bonn", "Rome", "Oslo"][: 4 + more], n),
        "phone": rng.integers(2**40, 2**40 + 5 + more, n),
        "code": np.array([("a", 1, 2.5, "b")[i] for i in rng.integers(0, 3 + more, n)], object),
        "member": rng.random(n) < 0.5,
        "day": np.datetime64("1997-09-20") + rng.integers(0, 4 + more, n),
        "item": rng.integers(0, 9 + 4 * more, n),
        "grid": grid,
        "price": np.round(rng.normal(9, 3, n), 1),
        "age": age,
        "height": np.where(rng.random(n) < 0.2, np.nan, rng.normal(170, 9, n).astype(np.float32)),
        "debt": np.array([None if rng.random() < 0.2 else float(rng.integers(0, 9)) for _ in range(n)], object),
        "money": np.where(rng.random(n) < 0.5, 0, rng.integers(0, 9, n) * 1000.0 + rng.integers(0, 2 + more, n)),
        "genres": bags(*many),
        "years": bags(*years),
        "tags": np.array(tags, object),
        "labels": np.where(rng.random(n) < 0.2, None, np.array(tags, object)),
        "size": np.where(rng.random(n) < 0.3 * more, np.nan, rng.integers(0, 50, n)),
        "gone": np.array([None if rng.random() < 0.5 or not more else "here" for _ in range(n)], object),
        "rare": np.array([f"number {i}" for i in rng.permutation(n)], object),
    }


def encoder():
    job, age = WithMissing(Category("job")), WithMissing(Buckets("age", 4))
    genres, years, tags = Bag("genres", min_count=2), BagWithMissing("years"), Bag("tags", sep=",")
    labels = BagWithMissing("labels", sep=",")
    money, grid = Exact("money", 5, 3), Buckets("grid", 12)
    single = [job, age, money, grid, *map(Category, ("city", "phone", "code", "member", "day", "item")),
              WithMissing(Category("gone")), Category("rare", min_count=2)]  # fmt: skip
    crosses = [
        Cross("city", "item"),
        Cross(job, age, min_count=2),
        Cross(job, genres),
        Cross(genres, tags),
        Cross(tags, "member", years),
        Cross(money, grid),
        Cross(Cross("member", "city"), genres),
    ]
    numbers = [
        Standard("grid"),
        Quantile("price", 20),
        Standard("money", log1p=True),
        Periodic("money", 0.5),
        Periodic("money", 2.0, 0.25),
        FillMedian(Standard("age")),
        FillMedian(Quantile("height", 10)),
        FillMedian(Periodic("height", 1.0)),
        FillMedian(Standard("debt", log1p=True)),
        WasMissing("age"),
        WasMissing("job"),
        WasMissing("years"),
        WasMissing("city"),
        WasMissing("tags"),
        WasMissing("labels"),
        FillMedian(Standard("size")),
        WasMissing("size"),
        Robust("item"),
    ]
    deep = [job, genres, age, tags, years, money, "item", "code", crosses[3]]
    return Encoder(wide=[*single, genres, years, tags, labels, *crosses], deep=deep, numbers=numbers)


def model_of(fitted, head, rng, towers=("wide", "deep"), scale=0.3):
    """With this head, no weight 0 but for the rows of id 0.  Classes have no third tower."""
    K = 3 if head == "classes" else 1
    deep = fitted.n_deep, 4, fitted.n_inputs, [9, 6], rng
    build = {
        "wide": lambda: Wide(fitted.n_wide) if K == 1 else WideClasses(fitted.n_wide, K),
        "deep": lambda: Deep(*deep, dropout=0.2) if K == 1 else DeepClasses(*deep, K),
        "linear": lambda: Linear(len(fitted.numbers), K),
        "waves": lambda: DeepPeriodic(*deep, periodic=7, waves=5, width=3, outputs=K, drop_inputs=0.1),
        "product": lambda: MatrixFactorization(fitted.n_deep, 3, [0, 2], [1], rng),
    }
    made = {name: build[name]() for name in towers if name != "product" or K == 1}
    model = {
        "yes or no": lambda: WideDeep(**made),
        "regression": lambda: Regression(-0.5, 1.0, **made),
        "classes": lambda: Classes(["red", "green", 3], **made),
        "ordinal": lambda: OrdinalRegression((1, 2, 3), **made),
    }[head]()
    for name, w in flatten(model.params()):
        w += rng.normal(0, scale, w.shape).astype(w.dtype)
        if name in model.frozen():
            w[model.frozen()[name]] = 0
    return model
