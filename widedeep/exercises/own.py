"""python -m widedeep.demo --with DIR: the demo, on the student's own functions.

    forward     net_sum in every layer, dropout_forward, sigmoid where probabilities are asked for
    backward    wide_deep_backward and log_loss_backward, wide_backward, embedding_backward, dense_backward,
                relu_backward, tanh_backward
    step        ftrl_step, adagrad_step, adam_step, momentum_step

While the demo runs these stand in the places of the package's own, which come back afterwards.  The rest of the twenty
(rosenblatt_step, numeric_slope, the other losses, the penalty) has no place in this model.

Read before: checking.py, ../train.py
"""
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import mlp.dense
import mlp.network
import widedeep.deep
import widedeep.model
import widedeep.train
from mlp.dense import Dense
from mlp.optimizers import AdaGrad, Adam, Momentum
from mlp.sparse import Rows
from mlp.train import begin_step, check_together
from perceptron.activations import Array
from perceptron.losses import log_loss
from widedeep.exercises.catalog import NAMES, find
from widedeep.exercises.checking import check_files
from widedeep.exercises.process import functions_in
from widedeep.ftrl import FTRL
from widedeep.wide import Wide

USED = ("net_sum", "sigmoid", "dense_backward", "tanh_backward", "relu_backward", "log_loss_backward",
        "dropout_forward", "momentum_step", "adagrad_step", "adam_step", "embedding_backward", "wide_backward",
        "ftrl_step", "wide_deep_backward")
Functions = dict[str, Callable[..., Any]]


def functions_of(folder: Path) -> Functions:
    """The student's functions, all twenty files; ValueError unless every one is right."""
    files = {name: folder / f"{name}.py" for name in NAMES}
    there = [name for name in NAMES if files[name].is_file()]
    verdicts = dict.fromkeys(NAMES, "missing")
    verdicts |= {report.exercise: report.verdict for report in check_files([(files[name], name) for name in there])}
    wrong = [f"{name} ({verdict})" for name, verdict in verdicts.items() if verdict != "right"]
    if wrong:
        raise ValueError(f"--with {folder}: {len(NAMES) - len(wrong)} of {len(NAMES)} are right; still to do: "
                         f"{', '.join(wrong)}; see python -m widedeep.exercises")
    found: Functions = {}
    for name in NAMES:
        written = functions_in(files[name])
        found |= {f.name: written[f.name] for f in find(name).functions}
    return found


@contextmanager
def in_place(own: Functions) -> Iterator[None]:
    """The package runs on these functions, until the block ends."""
    places = replacements(own)
    kept = [(holder, name, getattr(holder, name)) for holder, name, _ in places]
    try:
        for holder, name, function in places:
            setattr(holder, name, function)
        yield
    finally:
        for holder, name, function in kept:
            setattr(holder, name, function)


def replacements(own: Functions) -> list[tuple[Any, str, Callable[..., Any]]]:
    """(where, name, what): each an adapter between the package's way to call and the exercise's."""
    package_step = widedeep.train.train_step

    def backward(layer: Dense, dA: Array, cache: Any, dW: Array, db: Array, need_dX: bool = True) -> Array | None:
        X, Z, A = cache
        through = {"relu": own["relu_backward"], "tanh": own["tanh_backward"]}.get(layer.activation.name)
        delta = through(dA, Z, A) if through else dA * layer.activation.slope(Z, A)
        dX, dW[...], db[...] = own["dense_backward"](delta, X, layer.W)
        return dX.astype(dA.dtype, copy=False) if need_dX else None

    def dropout_mask(A: Array, rate: float, rng: np.random.Generator) -> Array:
        mask: Array = own["dropout_forward"](A, rate, rng)[1]
        return mask.astype(A.dtype, copy=False)

    def wide(tower: Wide, dz: Array, ids: Array) -> dict[str, Array]:
        dw = own["wide_backward"](dz, ids, np.ones(ids.shape, dz.dtype), tower.w)
        return {"w": dw.astype(tower.w.dtype, copy=False)}

    def sum_dense(ids: Array, errors: Array, dE: Array) -> None:
        dE[...] = own["embedding_backward"](errors[:, None], ids[:, None], dE)
        dE[0] = 0                                       # in the model id 0 is padding

    def sum_sparse(ids: Array, errors: Array) -> Rows:
        rows, places = np.unique(ids, return_inverse=True)
        table = np.zeros((len(rows), errors.shape[1]))
        values = own["embedding_backward"](errors[:, None], places.reshape(-1, 1), table)
        known = rows > 0
        return Rows(rows[known], values[known].astype(errors.dtype, copy=False))

    def ftrl(rule: FTRL, w: Array, g: Array, zeta: Array, n: Array, factor: Any = 1.0) -> None:
        factors = np.broadcast_to(factor, w.shape)      # a rate for each block: a call for each rate
        for value in np.unique(factors):
            at = factors == value
            w[at], zeta[at], n[at] = own["ftrl_step"](w[at], g[at], zeta[at], n[at], float(rule.lr * value), rule.beta,
                                                      rule.l1, rule.l2)

    def adagrad(rule: AdaGrad, w: Array, g: Array, s: Array) -> None:
        w[...], s[...] = own["adagrad_step"](w, g, s, rule.lr, rule.eps)

    def momentum(rule: Momentum, w: Array, g: Array, v: Array) -> None:
        w[...], v[...] = own["momentum_step"](w, g, v, rule.lr, rule.mu)

    def adam(rule: Adam, w: Array, g: Array, m: Array, v: Array) -> None:
        one, two = 1 - rule.b1, 1 - rule.b2             # the package's m and v leave these factors out
        w[...], m[...], v[...] = own["adam_step"](w, g, one * m, two * v, rule.steps, rule.lr, rule.b1, rule.b2,
                                                  rule.eps)
        m /= one
        v /= two

    def step(model: Any, optimizers: Any, batch: Any, rng: Any = None, loss: Any = log_loss, sample_weight: Any = None,
             mean_weight: float = 1.0) -> float:
        if loss is not log_loss or sample_weight is not None:
            return package_step(model, optimizers, batch, rng, loss, sample_weight, mean_weight)
        check_together("train_step", model, optimizers)
        begin_step(model, optimizers)
        outs = {name: tower.forward(batch, rng) for name, tower in model.towers.items()}
        z = sum(z_tower for z_tower, _ in outs.values()) + model.b
        if outs.keys() == {"wide", "deep"}:
            dz = dict(zip(("wide", "deep", "bias"), own["wide_deep_backward"](
                outs["wide"][0], outs["deep"][0], model.b, batch.labels)))
        else:
            same = own["log_loss_backward"](z, batch.labels)
            dz = dict.fromkeys(outs, same) | {"bias": same.sum(axis=0)}
        dz = {name: error.astype(z.dtype, copy=False) for name, error in dz.items()}
        grads = {name: model.towers[name].backward(dz[name], outs[name][1]) for name in outs}
        grads["bias"] = {"b": dz["bias"]}
        for name, params in model.params().items():
            optimizers[name].step(params, grads[name])
        model.made_for = model.made_for or batch.made_by
        return log_loss(z, batch.labels)[0]

    return [(mlp.dense, "net_sum", own["net_sum"]), (Dense, "backward", backward),
            (mlp.network, "dropout_mask", dropout_mask), (widedeep.deep, "dropout_mask", dropout_mask),
            (widedeep.model, "sigmoid", own["sigmoid"]), (Wide, "backward", wide),
            (widedeep.deep, "sum_dense", sum_dense), (widedeep.deep, "sum_sparse", sum_sparse),
            (FTRL, "update", ftrl), (AdaGrad, "update", adagrad), (Momentum, "update", momentum),
            (Adam, "update", adam),
            (widedeep.train, "train_step", step)]
