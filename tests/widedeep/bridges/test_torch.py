"""A module of PyTorch's own layers: the same logits and slopes, trained by PyTorch's optimizers, and back again."""

import copy
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'widedeep[torch]'")

import torch
import torch.nn.functional as F

from mlp import Rows
from mlp.losses import softmax_cross_entropy, squared_error
from mlp.optimizers import SGD
from mlp.windows import flatten
from perceptron.losses import log_loss
from tests.widedeep.bridges import of_train
from tests.widedeep.bridges.every_kind import HEADS, encoder, model_of, table
from tests.widedeep.ranking.builders import small as ranker
from tests.widedeep.three_towers import small
from widedeep import Classes, Deep, OrdinalRegression, Regression, Wide, WideDeep, auc, optimizers_for, save
from widedeep.bridges.torch import save_torch, take_back, tensors, to_torch
from widedeep.datasets import adult, movielens
from widedeep.recipes import RECIPES
from widedeep.towers.with_history import DeepWithHistory
from widedeep.train import train_step


def towers_of(head):
    return ("wide", "deep", "linear", "waves", *(() if head == "classes" else ("product",)))


def built(head, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    fitted = encoder().fit(table(rng))
    batch = fitted.encode(table(rng, 64, unseen=True), dtype=dtype).whole()
    return model_of(fitted, head, rng, towers_of(head)).astype(dtype), batch, rng


def weights(model):
    return {name: w.copy() for name, w in flatten(model.params())}


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("dtype, atol", [(np.float64, 1e-12), (np.float32, 1e-5)])
def test_logits_and_answers(head, dtype, atol):
    model, batch, _ = built(head, dtype=dtype)
    module = to_torch(model)
    z, answer = module(**tensors(batch)), module.predict(**tensors(batch))
    assert z.dtype == torch.from_numpy(np.zeros(1, dtype)).dtype
    np.testing.assert_allclose(z.detach().numpy(), model.logits(batch), rtol=0, atol=atol * 20)
    np.testing.assert_allclose(answer.detach().numpy(), model.predict(batch), rtol=0, atol=atol)
    assert np.ptp(model.predict(batch)) > 0.1


@pytest.mark.parametrize("head", HEADS)
def test_slopes(head):
    """dL/dw of every array, PyTorch's by autograd, ours by hand."""
    model, batch, rng = built(head)
    module, K = to_torch(model), len(model.b)
    y = rng.random((len(batch), K)) if head == "regression" else (rng.random((len(batch), K)) < 0.5) * 1.0
    if head == "classes":
        y = np.eye(K)[rng.integers(0, K, len(batch))]
    ours = {"regression": squared_error, "classes": softmax_cross_entropy}.get(head, log_loss)
    z, caches = model.forward(batch)
    value, dz = ours(z, y)
    theirs = {
        "regression": lambda z, y: ((z - y) ** 2).mean() / 2,
        "classes": lambda z, y: -(z.log_softmax(dim=1) * y).sum(dim=1).mean(),
    }.get(head, lambda z, y: F.binary_cross_entropy_with_logits(z, y, reduction="sum") / len(y))
    if head == "ordinal":
        value, dz = log_loss(z, y, n=len(batch))
    loss = theirs(module(**tensors(batch)), torch.from_numpy(y))
    loss.backward()
    assert loss.item() == pytest.approx(value, abs=1e-12)
    slopes = copy.deepcopy(model)
    shapes = {name: w.shape for name, w in flatten(model.params())}
    for _, w in flatten(slopes.params()):
        w[...] = 0
    take_back(slopes, {name: parameter.grad for name, parameter in module.named_parameters()})
    for name, g in flatten(model.backward(dz, caches)):
        g = g.dense(shapes[name]) if isinstance(g, Rows) else g
        if name in model.frozen():
            g[model.frozen()[name]] = 0
        np.testing.assert_allclose(dict(flatten(slopes.params()))[name], g, rtol=0, atol=1e-12, err_msg=name)
        assert g.any(), name


@pytest.mark.parametrize("head", HEADS)
def test_out_and_back_in_changes_no_bit(head):
    model, batch, rng = built(head, dtype=np.float32)
    other = model_of(encoder().fit(table(np.random.default_rng(0))), head, rng, towers_of(head))
    assert other.logits(batch).tobytes() != model.logits(batch).tobytes()
    assert take_back(other, to_torch(model).state_dict()) is other
    assert other.logits(batch).tobytes() == model.logits(batch).tobytes()
    for (name, w), v in zip(flatten(model.params()), weights(other).values(), strict=True):
        assert w.tobytes() == v.tobytes(), name


def test_the_module_owns_its_weights():
    model, batch, _ = built("yes or no")
    module, before = to_torch(model), weights(model)
    for parameter in module.parameters():
        parameter.data += 1
    assert all(np.array_equal(w, before[name]) for name, w in flatten(model.params()))


def test_names_are_those_of_the_page():
    model, _, _ = built("yes or no")
    want = ["b", "towers.wide.w.weight", "towers.deep.E.weight", "towers.deep.layers.0.weight"]
    want += ["towers.deep.layers.0.bias", "towers.deep.layers.1.weight", "towers.deep.layers.1.bias"]
    want += ["towers.deep.last.weight", "towers.product.E.weight", "towers.linear.w.weight"]
    want += [name.replace("deep", "waves") for name in want if ".deep." in name]
    want += [f"towers.waves.{part}" for part in ("f", "s", "U", "c")]
    assert sorted(to_torch(model).state_dict()) == sorted(want)


def train(module, batch, optimizer, rng, epochs):
    """A loop of PyTorch's; returns the mean loss of each epoch."""
    means = []
    module.train()
    for _ in range(epochs):
        total = 0.0
        for rows in np.array_split(rng.permutation(len(batch)), len(batch) // 256):
            part = batch[rows]
            optimizer.zero_grad()
            loss = F.binary_cross_entropy_with_logits(module(**tensors(part)), torch.from_numpy(part.labels))
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        means.append(total / len(batch))
    module.eval()
    return means


def test_an_optimizer_of_pytorchs_trains_it_on_adult(tmp_path):
    data, recipe = adult.load(), RECIPES["adult"]
    prepared = recipe.prepare(data)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    model, _ = recipe.model(prepared.encoder, rng)
    module = to_torch(model)
    optimizer = torch.optim.AdamW(module.parameters(), lr=2e-3, weight_decay=0.01)
    losses = train(module, prepared.train, optimizer, rng, 2)
    assert losses[1] < losses[0] < np.log(2)
    before = auc(prepared.test.labels, model.logits(prepared.test))
    take_back(model, module.state_dict())
    theirs = module.predict(**tensors(prepared.test)).detach().numpy()
    np.testing.assert_allclose(model.predict(prepared.test), theirs, rtol=0, atol=1e-5)
    assert auc(prepared.test.labels, model.logits(prepared.test)) > 0.9 > before + 0.1
    save(tmp_path / "model.npz", model, prepared.encoder)  # an ordinary model
    rules = optimizers_for(model, 256)
    train_step(model, rules, prepared.train[np.arange(256)], rng)  # which goes on with new optimizers


@pytest.mark.download
def test_movielens_both_ways():
    recipe = RECIPES["movielens"]
    prepared = recipe.prepare(movielens.load())
    model = recipe.fit(prepared, epochs=1).model
    module, want = to_torch(model), model.predict(prepared.test)
    found = module.predict(**tensors(prepared.test)).detach().numpy()
    np.testing.assert_allclose(found, want, rtol=0, atol=1e-5)
    fresh = recipe.model(prepared.encoder, np.random.default_rng(5))[0]
    take_back(fresh, module.state_dict())
    assert fresh.predict(prepared.test).tobytes() == want.tobytes()


def test_dropout_acts_in_training_alone():
    fitted = encoder().fit(table(np.random.default_rng(0)))
    rng = np.random.default_rng(1)
    deep = Deep(fitted.n_deep, 3, fitted.n_inputs, [40, 5], rng, dropout=0.5, drop_inputs=0.25)
    module = to_torch(WideDeep(deep=deep))
    given = tensors(fitted.encode(table(rng, 30)))
    assert not module.training and torch.equal(module(**given), module(**given))
    module.train()
    assert not torch.equal(module(**given), module(**given))
    tower = module.towers["deep"]
    assert (tower.dropout.p, tower.drop_inputs.p) == (0.5, 0.25)


def test_old_optimizers_are_refused_after_taking_back():
    model, rules, _, batch = small(np.random.default_rng(0))
    train_step(model, rules, batch, np.random.default_rng(0))
    take_back(model, to_torch(model).state_dict())
    with pytest.raises(ValueError, match="holds the memory of other steps"):
        train_step(model, rules, batch, np.random.default_rng(0))


def test_a_state_dict_of_other_shapes_or_names_moves_nothing():
    model, _, _ = built("yes or no")
    state, before = to_torch(model).state_dict(), weights(model)
    V = state["towers.deep.E.weight"].shape[0]
    short, nan, row = state["towers.deep.E.weight"][:-1], torch.full((1,), torch.nan), torch.ones(V, 4)
    E, last, waves = "towers.deep.E.weight", "towers.deep.last.weight", "towers.waves.f"
    cases = [
        (state | {E: short}, rf"{E} is \({V - 1}, 4\); want \({V}, 4\), as deep.E"),
        (state | {last: state[last].T}, r"is \(6, 1\); want \(1, 6\), as deep.w"),
        ({name: w for name, w in state.items() if name != "b"}, "lacks 'b', one of 1"),
        (state | {"extra": state["b"]}, "has 'extra', and the model nothing for it"),
        (state | {"b": nan.double()}, "b holds numbers that are not finite"),
        (state | {E: row}, "row 0 of towers.deep.E.weight is not 0"),
        (to_torch(model), r"a TorchWideDeep is no state_dict; want a dict of tensors: module.state_dict\(\)"),
        (None, "a NoneType is no state_dict; want a dict of tensors$"),
        (state | {waves: state[waves][:-1]}, r"towers.waves.f is \(6, 1, 5\); want \(7, 1, 5\), as waves.f"),
        ({}, "lacks 'b', one of 20"),
    ]  # fmt: skip
    for bad, message in cases:
        with pytest.raises(ValueError, match=f"^take_back: .*{message}"):
            take_back(model, bad)
        assert all(np.array_equal(w, before[name]) for name, w in flatten(model.params()))


LOSSES = {  # ours, and PyTorch's
    "binary": (log_loss, lambda z, y: F.binary_cross_entropy_with_logits(z, y)),
    "classes": (softmax_cross_entropy, lambda z, y: -(z.log_softmax(dim=1) * y).sum(dim=1).mean()),
    "number": (squared_error, lambda z, y: ((z - y) ** 2).mean() / 2),
}


@pytest.mark.parametrize("head", of_train.HEADS)
def test_what_widedeep_train_makes(tmp_path, head):
    """Out, by a file, and back in: no bit changes.  Then a step of PyTorch's SGD is a step of ours."""
    made, rows = of_train.built(head)
    batch = made.encoder.encode(rows).whole()
    found = to_torch(made.model).predict(**tensors(batch)).detach().numpy()
    unit = made.answers.spread if head == "number" else 1.0
    np.testing.assert_allclose(found, made.model.predict(batch), rtol=0, atol=1e-5 * unit)
    state, want = torch.load(save_torch(tmp_path / "m.pt", made.model), weights_only=True), weights(made.model)
    for _, w in flatten(made.model.params()):
        w *= 0
    take_back(made.model, state)
    assert all(np.array_equal(w, want[name]) for name, w in flatten(made.model.params()))
    model = made.model.astype(np.float64)
    y = (model.logits(batch) + np.random.default_rng(1).normal(0, unit, (len(batch), 1))).round(3)
    if head == "number":
        y = y.clip(model.low, model.high)
    else:
        y = (y == y.max(axis=1, keepdims=True)) * 1.0 if head == "classes" else (y > 0) * 1.0
    batch = replace(made.encoder.encode(rows, dtype=np.float64).whole(), labels=y)
    ours, theirs = LOSSES[head]
    module, rate = to_torch(model), 1e-3
    step = torch.optim.SGD(module.parameters(), lr=rate)
    loss = theirs(module(**tensors(batch)), torch.from_numpy(y))
    loss.backward()
    step.step()
    before = weights(model)
    value = train_step(model, {name: SGD(rate) for name in model.params()}, batch, loss=ours)
    assert value == pytest.approx(loss.item(), rel=1e-12)
    stepped = weights(take_back(copy.deepcopy(model), module.state_dict()))
    for name, w in flatten(model.params()):
        np.testing.assert_allclose(stepped[name], w, rtol=1e-9, atol=1e-12, err_msg=name)
        assert not w.size or not np.array_equal(w, before[name]), name


class Doubled(WideDeep):
    """A head of one's own."""


def test_towers_and_heads_that_are_not_known():
    rng = np.random.default_rng(0)
    history = DeepWithHistory(9, 2, (2, 0), [3], rng)
    cases = [
        (WideDeep(deep=history), "tower 'deep', DeepWithHistory, cannot be exported; want Deep,"),
        (Doubled(wide=Wide(9)), "the model is a Doubled; want WideDeep, Regression, Classes"),
        (ranker(rng), "the model is a Ranker, whose lists no module here reads; want widedeep serve MODEL,"),
    ]  # fmt: skip
    for model, message in cases:
        with pytest.raises(ValueError, match=f"^torch: {message}"):
            to_torch(model)
    deep = Deep(9, 2, (2, 0), [3], rng)
    deep.mlp.activations[0] = np.tanh
    with pytest.raises(ValueError, match="activations other than relu"):
        to_torch(WideDeep(deep=deep))
    with pytest.raises(ValueError, match="is no batch"):
        tensors({"wide": [1]})


def test_heads_by_name():
    assert [head.__name__ for head in (WideDeep, Regression, Classes, OrdinalRegression)] == [
        to_torch(built(head)[0]).head for head in HEADS
    ]
