"""All heads: gradients, the error signal a - y, archives, and what is refused."""

import copy

import numpy as np
import pytest

from mlp.gradcheck import check
from mlp.optimizers import Adam
from tests.widedeep.heads.builders import COLOURS, classes, encoder_of, heads, regression, shaken, table
from widedeep import Wide, fit, load, optimizers_for, save, train_step
from widedeep.heads.classes import Classes, DeepClasses, WideClasses, evaluate_classes
from widedeep.heads.ordinal import OrdinalRegression
from widedeep.heads.regression import Regression, evaluate_numbers, number_labels


@pytest.mark.parametrize("which", range(3), ids=["yes or no", "number", "classes"])
@pytest.mark.parametrize("method, limit", [("centred", 1e-7), ("complex", 1e-12)])
def test_gradients(rng, which, method, limit):
    model, batch, loss, _ = heads(rng)[which]
    z, caches = model.forward(batch)
    grads = model.backward(loss(z, batch.labels)[1], caches)
    report = check(model, lambda m: loss(m.forward(batch)[0], batch.labels)[0], grads, method=method)
    assert report.ok and report.error < limit, report


@pytest.mark.parametrize("which", range(3), ids=["yes or no", "number", "classes"])
def test_the_error_signal_is_a_minus_y(rng, which):
    model, batch, loss, a = heads(rng)[which]
    _, dz = loss(model.logits(batch), batch.labels)
    np.testing.assert_allclose(dz * len(batch), a(model, batch) - batch.labels, atol=1e-14)


def test_read_only_inputs(rng, sealed):
    for model, batch, loss, _ in heads(rng):
        sealed(batch.wide, batch.deep, batch.shares, batch.numbers, batch.labels)
        z, caches = model.forward(batch)
        _, dz = loss(z, batch.labels)
        sealed(z, dz)
        model.backward(dz, caches)


def test_the_start_is_the_best_constant(rng):
    rows = table(rng)
    encoder = encoder_of(rows)
    batch = encoder.encode(rows, dtype=np.float64)
    model = Regression(1, 5, np.float64, wide=Wide(encoder.n_wide, np.float64))
    model.init_bias(np.array([[1.0], [2.0], [5.0], [4.0]]))
    np.testing.assert_allclose(model.predict(batch), 3)  # (1 + 2 + 5 + 4) / 4
    model = Classes(COLOURS, np.float64, wide=WideClasses(encoder.n_wide, 3, np.float64))
    model.init_bias(np.eye(3)[[0, 0, 0, 1, 1]])
    np.testing.assert_allclose(model.predict(batch)[0], [4 / 8, 3 / 8, 1 / 8])  # counts 3, 2, 0, one more each


def test_a_step_takes_the_loss_it_is_given(rng):
    model, batch, loss, _ = heads(rng)[2]
    optimizers = {name: Adam(1e-2) for name in model.params()}
    value = loss(model.logits(batch), batch.labels)[0]
    assert train_step(model, optimizers, batch, loss=loss) == value
    assert loss(model.logits(batch), batch.labels)[0] < value


def test_forgetting_the_loss_is_told(rng):
    model, batch, *_ = heads(rng)[1]
    with pytest.raises(ValueError, match="labels must be 0 or 1"):
        fit(model, optimizers_for(model, 5), batch, rng=rng, epochs=1)
    model, batch, *_ = heads(rng)[2]
    with pytest.raises(ValueError, match=r"logits|want"):
        fit(model, optimizers_for(model, 5), number_labels(batch, np.arange(13.0)[:, None]), rng=rng, epochs=1)


def test_copies_learn_and_casts_keep_the_head(rng):
    for model, batch, loss, _ in heads(rng)[1:]:
        single = model.astype(np.float32)
        assert type(single) is type(model) and single.predict(batch).shape == model.predict(batch).shape
        twin = copy.deepcopy(model)
        before = loss(twin.logits(batch), batch.labels)[0]
        for _ in range(20):
            train_step(twin, {name: Adam(1e-2) for name in twin.params()}, batch, loss=loss)
        assert loss(twin.logits(batch), batch.labels)[0] < before
        assert loss(model.logits(batch), batch.labels)[0] == before


def test_an_archive_keeps_the_head(rng, tmp_path):
    rows = table(rng)
    encoder = encoder_of(rows)
    numbers = regression(encoder, rng, np.float32)
    for model in (numbers, classes(encoder, rng, np.float32), OrdinalRegression((1, 2, 4), **numbers.towers)):
        shaken(model, rng)
        optimizers = optimizers_for(model, 4)
        again, _, _ = load(save(tmp_path / "model.npz", model, encoder, optimizers))
        batch = encoder.encode(rows)
        assert type(again) is type(model) and again.spec() == model.spec()
        np.testing.assert_array_equal(again.predict(batch), model.predict(batch))


def test_one_class_or_one_number_leaves_nothing_to_learn(rng):
    for model, batch, loss, _ in heads(rng)[1:]:
        same = batch[np.zeros(13, np.intp)]
        with pytest.raises(ValueError, match="all labels are"):
            fit(model, optimizers_for(model, 5), same, rng=rng, epochs=1, loss=loss)


def test_wrong_models(rng):
    encoder = encoder_of(table(rng))
    with pytest.raises(ValueError, match="want low < high"):
        Regression(5, 1, wide=Wide(encoder.n_wide))
    with pytest.raises(ValueError, match="at least 2"):
        WideClasses(encoder.n_wide, 1)
    with pytest.raises(ValueError, match="at least 2"):
        DeepClasses(encoder.n_deep, 3, encoder.n_inputs, (5,), rng, 1)
    for towers in ({"wide": Wide(encoder.n_wide)}, {"wide": WideClasses(encoder.n_wide, 4)}):
        with pytest.raises(ValueError, match=r"tower 'wide' is a Wide.*want \(..., 3\)"):
            Classes(COLOURS, **towers)
    with pytest.raises(ValueError, match="stands twice"):
        Classes(["a", "a"], wide=WideClasses(encoder.n_wide, 2))


def test_figures_by_hand():
    found = evaluate_numbers(np.array([[1.0], [3.0], [5.0]]), np.array([[1.0], [4.0], [3.0]]))
    assert found["rmse"] == pytest.approx(np.sqrt(5 / 3)) and found["mae"] == pytest.approx(1.0)  # errors 0, 1, 2
    found = evaluate_classes(np.log([[0.5, 0.25, 0.25], [0.2, 0.2, 0.6]]), np.eye(3)[[0, 1]])
    assert found["log_loss"] == pytest.approx(-(np.log(0.5) + np.log(0.2)) / 2) and found["accuracy"] == 0.5
    with pytest.raises(ValueError, match="want"):
        evaluate_numbers(np.zeros(3), np.zeros((3, 1)))
