"""Small archives of every kind that there is, to be mutated; and what may be asked of a model that was loaded."""

import io
import json
import tempfile
import warnings
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from mlp import Adam, Momentum
from mlp.windows import flatten
from perceptron.losses import log_loss
from widedeep import (
    EMA,
    FTRL,
    Bag,
    BagWithMissing,
    Buckets,
    Category,
    Checkpoint,
    Classes,
    Cross,
    Deep,
    DeepClasses,
    Encoder,
    Exact,
    FillMedian,
    Hashed,
    HashedCross,
    History,
    HistoryEncoder,
    MatrixFactorization,
    OrdinalRegression,
    Quantile,
    Regression,
    Standard,
    TargetStatistics,
    WasMissing,
    WeightDecay,
    Wide,
    WideClasses,
    WideDeep,
    WithMissing,
    block_rates,
    class_labels,
    fit,
    number_labels,
    optimizers_for,
    periodic_features,
    save,
    train_step,
)
from widedeep.auto.table_encoder import TableEncoder
from widedeep.auto.table_model import TableModel
from widedeep.features.column_plans import ColumnPlan
from widedeep.interactions.shop import Shop, SideReader, sparse
from widedeep.interactions.side_items import SideItems
from widedeep.ranking.catalogue import Catalogue
from widedeep.ranking.ranker import Ranker
from widedeep.ranking.towers import DeepItems, WideItems
from widedeep.saving import rule_state
from widedeep.towers.deep_periodic import DeepPeriodic
from widedeep.towers.linear import Linear
from widedeep.towers.with_history import DeepWithHistory, MatrixFactorizationWithHistory

N = 24
PARTS = np.random.default_rng(5)
OBJECTS = [["a", "b", "c", None][i % 4] for i in range(N)], [float(x) if x % 5 else None for x in range(N)]
TABLE: dict[str, Any] = {
    "job": np.array(OBJECTS[0], object),
    "age": np.array(OBJECTS[1], object),
    "genres": np.array(["x|y", "y", "", "z|x"] * (N // 4)),
    "bag": np.array([*[("p", "q"), ("q",), (), None] * (N // 4), None], object)[:-1],
    "m": PARTS.random(N) * 9,
    "user": np.arange(N) % 5,
    "item": np.arange(N) % 7,
    "time": np.arange(N) * 1.0,
}
LABELS = (PARTS.random((N, 1)) < 0.5) * 1.0


def trained(model: Any, rules: Any, batch: Any, **settings: Any) -> None:
    fit(model, rules, batch, rng=np.random.default_rng(1), epochs=1, batch_size=8, **settings)


def every_column() -> Any:
    job, genres = WithMissing(Category("job")), Bag("genres", sep="|")
    encoder = Encoder(
        wide=[job, genres, Cross(job, "user"), HashedCross("item", genres, buckets=9), Hashed("item", 5),
              Buckets("m", 3), WithMissing(Buckets("age", 3))],
        deep=[job, "user", Exact("m"), BagWithMissing("bag"), genres],
        numbers=[FillMedian(Standard("age")), WasMissing("age"), Quantile("m", 4), *periodic_features("m", 1)],
    ).fit(TABLE)  # fmt: skip
    rng = np.random.default_rng(0)
    model = WideDeep(
        wide=Wide(encoder.n_wide),
        deep=Deep(encoder.n_deep, 3, encoder.n_inputs, [4], rng, dropout=0.1),
        product=MatrixFactorization(encoder.n_deep, 2, [0], [1], rng),
    )
    rules = {
        "wide": FTRL(0.1, l1=0.1, batch_size=8, blocks=block_rates(encoder, 0.5)),
        "deep": WeightDecay(Adam(0.01), {"E": 0.1}),
        "product": Momentum(0.01),
        "bias": Adam(0.01),
    }
    trained(model, rules, encoder.encode(TABLE, LABELS))
    return model, encoder, rules


def with_histories() -> Any:
    columns = [Category("user"), Category("item")]
    encoder = HistoryEncoder(
        Encoder(wide=columns, deep=columns),
        [History("user", "item"), History("item", "user", "time")],
        [TargetStatistics("user"), TargetStatistics("item", earlier="time")],
    )
    batch, rng = encoder.fit_encode(TABLE, LABELS), np.random.default_rng(0)
    model = WideDeep(
        wide=Wide(encoder.n_wide),
        deep=DeepWithHistory(encoder.n_deep, 3, encoder.n_inputs, [5], rng),
        product=MatrixFactorizationWithHistory(encoder.n_deep, 2, [0, 2], [1, 3], rng),
    )
    rules = optimizers_for(model, 8)
    trained(model, rules, batch)
    return model, encoder, rules


def of_a_table() -> Any:
    """As widedeep train makes it: linear and periodic towers, and the encoder knows the label."""
    from benchmarks.other_files import PLAN, ROWS, table_encoder

    encoder, rng = table_encoder(PLAN), np.random.default_rng(0)
    batch = replace(encoder.encode(ROWS).whole(), labels=LABELS.astype(np.float32))
    model = WideDeep(
        wide=Wide(encoder.n_wide),
        linear=Linear(len(encoder.numbers)),
        deep=DeepPeriodic(encoder.n_deep, 2, encoder.n_inputs, [3], rng, 2, waves=2, width=1),
    )
    rules = {"wide": FTRL(0.1, batch_size=8)} | {name: Adam(0.01) for name in ("linear", "deep", "bias")}
    trained(model, rules, batch)
    encoder.about = {"rows": N, "seconds": 1.0, "metrics": {"auc": float("nan")}, "chosen": {"a": (1.0, 1, 0.5)},
                     "judged": {"a": 0.5}, "epochs": {"a": [1]}, "held_out": 4}  # fmt: skip
    return model, encoder, rules


def ranker() -> Any:
    rng, films = np.random.default_rng(0), [3, 5, 8, 13]
    towers = {"wide": WideItems(4), "deep": DeepItems(4, 2, 2, [3], rng)}
    model = Ranker(np.array(films), np.array([4.0, 3.0, 2.0, 1.0]), [2.0, np.inf], **towers)
    return model, Catalogue(model), {name: Adam(0.01) for name in model.params()}


def shop() -> Any:
    """As widedeep train --user --item makes it: items and people with their sides."""
    rng, items = np.random.default_rng(0), ["tea", "lamp", "cup", "pen"]
    sides = {"club": np.array(["a", "b", None], object), "age": np.array(["20", "?", "40"], object)}
    reader = SideReader({"club": ColumnPlan("category"), "age": ColumnPlan("number", buckets=2)}).fit(sides)
    towers = {
        "wide": WideItems(4),
        "deep": DeepItems(4, 2, 2, [3], rng),
        "sides": SideItems([[(0, 1.0)], [], [(1, 0.5), (0, 0.5)], [(1, 1.0)]], reader.size, 2),
    }
    model = Ranker(items, np.array([4.0, 3.0, 2.0, 1.0]), [2.0, np.inf], **towers)
    found = Shop(items, ["Tea", "Lamp", "Cup", "Pen"], [2.0, None], ["ann", "bob", "cy"], [[0, 2], [], [3]],
                 [[0, 2], [1], [3]], reader, sparse(reader.read(sides, 3)), {"rows": 4})  # fmt: skip
    model.made_for = found.fingerprint
    return model, found, {}


def heads(head: str) -> Any:
    encoder = Encoder(wide=["user"], deep=["item"]).fit(TABLE)
    batch, rng = encoder.encode(TABLE), np.random.default_rng(0)
    if head == "classes":
        from mlp.losses import softmax_cross_entropy as loss

        batch = class_labels(batch, TABLE["user"], range(5))
        towers = {
            "wide": WideClasses(encoder.n_wide, 5),
            "deep": DeepClasses(encoder.n_deep, 2, encoder.n_inputs, [3], rng, 5),
        }
        model: Any = Classes(range(5), **towers)
    else:
        towers = {"wide": Wide(encoder.n_wide), "deep": Deep(encoder.n_deep, 2, encoder.n_inputs, [3], rng)}
        batch = number_labels(batch, TABLE["item"][:, None] % 5 + 1)
        if head == "ordinal":
            model = OrdinalRegression((1, 2, 3, 4), **towers)
            loss = model.loss(3, 0.3)
        else:
            from mlp.losses import squared_error as loss

            model = Regression(1, np.inf, **towers)
    rules = optimizers_for(model, 8)
    trained(model, rules, batch, loss=loss)
    return model, encoder, rules


def originals() -> dict[str, bytes]:
    made = {"every column": every_column(), "histories": with_histories(), "table": of_a_table(), "ranker": ranker()}
    made |= {"shop": shop()}
    made |= {head: heads(head) for head in ("classes", "ordinal", "regression")}
    files = {}
    for name, (model, encoder, rules) in made.items():
        file = io.BytesIO()
        save(file, model, encoder, rules)
        files[name] = file.getvalue()
    return files


def under_way(path: Path, stop: int | None = None) -> Any:
    """A run that writes a checkpoint after every step and, where `stop` says so, is broken off after one of them."""
    encoder = Encoder(wide=["user"], deep=["item"]).fit(TABLE)
    batch, rng, taken = encoder.encode(TABLE, LABELS), np.random.default_rng(0), [0]
    deep = Deep(encoder.n_deep, 2, encoder.n_inputs, [3], rng, dropout=0.2)
    model = WideDeep(wide=Wide(encoder.n_wide), deep=deep)
    rules = {
        "wide": FTRL(0.1, l1=0.1, batch_size=8),
        "deep": WeightDecay(Adam(0.01), {"E": 0.1}),
        "bias": Momentum(0.01),
    }

    def loss(z: Any, y: Any) -> Any:
        taken[0] += 1
        if taken[0] == stop:
            raise InterruptedError
        return log_loss(z, y)

    loss.__qualname__ = "loss"
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        fit(model, rules, batch[:16], batch[16:], rng=rng, epochs=3, batch_size=6, ema=EMA(model.params(), 0.9),
            loss=loss, checkpoint=Checkpoint(path, steps=1 if stop else 1000))  # fmt: skip
    return model, encoder, rules


def checkpoint() -> bytes:
    """The file of a run that was broken off in its second epoch."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            under_way(Path(folder) / "mutant.npz", 7)
        except InterruptedError:
            return (Path(folder) / "mutant.npz").read_bytes()
    raise RuntimeError("the run was not broken off")


def go_on(file: bytes) -> Any:
    """(model, encoder, rules) as the run leaves them that goes on from this checkpoint."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mutant.npz").write_bytes(file)
        return under_way(Path(folder) / "mutant.npz")


def signature(model: Any, encoder: Any, rules: Any) -> str:
    """A digest of everything that was loaded: equal signatures, equal models."""
    total = blake2b(digest_size=16)
    towers = [[name, type(tower).__name__, tower.spec()] for name, tower in model.towers.items()]
    states = encoder.state(), {name: rule_state(rule) for name, rule in rules.items()}
    settings = [type(model).__name__, model.spec(), towers, *states]
    total.update(json.dumps(settings, sort_keys=True).encode())
    arrays = [*flatten(model.params())]
    arrays += [
        (f"{g}/{n}/{i}", m) for g, rule in rules.items() for n, its in rule.memory.items() for i, m in enumerate(its)
    ]
    for name, array in arrays:
        total.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
    return total.hexdigest()


def used(model: Any, encoder: Any, rules: Any) -> None:
    """Serve, name, train a step, save: raises what a user would meet."""
    if isinstance(encoder, Catalogue | Shop):
        items = ["tea", "cup"] if isinstance(encoder, Shop) else [3, 8]
        with np.errstate(all="ignore"):
            model.predict(encoder.encode({"liked": [items, [], [7]]}))
            for row in range(len(getattr(encoder, "people", ()))):
                encoder.sides_of(row), encoder.sides.names()
        return
    if isinstance(encoder, TableEncoder):
        from benchmarks.other_files import ROWS

        batch = encoder.encode(ROWS)
        with np.errstate(all="ignore"):
            TableModel(model, encoder, {}, N).answer(ROWS)
    else:
        batch = encoder.encode(TABLE)
    batch = batch.whole() if hasattr(batch, "whole") else batch
    with np.errstate(all="ignore"):
        model.predict(batch)
        for i in range(encoder.n_wide):
            encoder.wide_name(i)
        for i in range(encoder.n_deep):
            encoder.deep_name(i)
        if rules and set(rules) == set(model.params()):
            labels = np.zeros((len(batch), 1), batch.numbers.dtype)
            loss = None
            if hasattr(model, "names"):
                from mlp.losses import softmax_cross_entropy as loss

                labels = np.eye(len(model.names), dtype=labels.dtype)[np.arange(len(batch)) % len(model.names)]
            elif hasattr(model, "thresholds"):
                loss = model.loss(model.thresholds[0], 0.3)
            batch = replace(batch, labels=labels)
            train_step(model, rules, batch, np.random.default_rng(0), **({"loss": loss} if loss else {}))
