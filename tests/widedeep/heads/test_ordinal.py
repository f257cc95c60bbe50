"""Ordinal regression: one sum, a bias for each threshold."""

import copy
from dataclasses import replace

import numpy as np
import pytest

from mlp.gradcheck import check
from mlp.optimizers import Adam
from perceptron.losses import log_loss
from tests.widedeep.heads.builders import encoder_of, regression, shaken, table
from tests.widedeep.three_towers import small
from widedeep import Wide, WideDeep, explain, fit, fit_stream, load, optimizers_for, save, train_step
from widedeep.heads.ordinal import OrdinalRegression
from widedeep.heads.regression import number_labels


def ordinal(rng, dtype=np.float64):
    """(model, batch with grades 1 to 5) of 13 rows."""
    rows = table(rng)
    encoder = encoder_of(rows)
    towers = regression(encoder, rng, dtype).towers
    batch = number_labels(encoder.encode(rows, dtype=dtype), rng.integers(1, 6, (13, 1)))
    return shaken(OrdinalRegression((1, 2, 3, 4), dtype, **towers), rng), batch


@pytest.mark.parametrize("method, limit", [("centred", 1e-7), ("complex", 1e-12)])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradients_of_ordinal_regression(rng, method, limit, weighted):
    model, batch = ordinal(rng)
    loss, weights = model.loss(3, auxiliary_weight=0.3), (rng.random((13, 1)),) if weighted else ()
    z, caches = model.forward(batch)
    assert z.shape == (13, 4)
    dz = loss(z, batch.labels, *weights)[1]
    report = check(
        model, lambda m: loss(m.logits(batch), batch.labels, *weights)[0], model.backward(dz, caches), method=method
    )
    assert report.ok and report.error < limit, report
    alone = model.backward(np.where(np.arange(4) == 2, dz, 0), caches)  # the towers hear of one question only
    assert not check(model, lambda m: loss(m.logits(batch), batch.labels, *weights)[0], alone, method=method)


def test_a_window_of_a_stream_may_hold_grades_of_one_side(rng):
    """Of a new model such grades are a mistake, as labels 0 and 1; of one in training they are a part of its rows."""
    rows = table(rng)
    encoder = encoder_of(rows)
    model = OrdinalRegression((3,), wide=Wide(encoder.n_wide))
    stars = np.array([[5.0], [1], [3], [2], [4], [1], [2], [3], [1], [2], [3], [1], [3]])
    windows = [({name: column[part] for name, column in rows.items()}, stars[part])
               for part in (slice(0, 5), slice(5, 13))]  # fmt: skip
    fit_stream(
        model, optimizers_for(model, 4), encoder, lambda: windows, 13, rng=rng, epochs=2, loss=model.loss(3, 0.3)
    )
    new = OrdinalRegression((3,), wide=Wide(encoder.n_wide))
    with pytest.raises(ValueError, match="want grades .N, 1. on both sides"):
        fit_stream(new, optimizers_for(new, 4), encoder, lambda: windows[::-1], 13, rng=rng, epochs=1,
                   loss=new.loss(3, 0.3))  # fmt: skip


def test_the_ordinal_loss_is_a_sum_of_log_losses(rng):
    model, batch = ordinal(rng)
    z, y = model.logits(batch), batch.labels
    apart = [log_loss(z[:, k : k + 1], y > level) for k, level in enumerate((1, 2, 3, 4))]
    value, dz = model.loss(3, auxiliary_weight=0.3)(z, y)
    assert value == pytest.approx(apart[2][0] + 0.3 * (apart[0][0] + apart[1][0] + apart[3][0]))
    np.testing.assert_allclose(dz, np.hstack([c * d for c, (_, d) in zip((0.3, 0.3, 1, 0.3), apart)]), atol=1e-15)
    assert model.validation_loss(3)(z, y)[0] == apart[2][0]
    weights = rng.random((13, 1))
    weighted = [log_loss(z[:, k : k + 1], y > level, weights)[0] for k, level in enumerate((1, 2, 3, 4))]
    assert model.loss(1, auxiliary_weight=2.0)(z, y, weights)[0] == pytest.approx(weighted[0] + 2 * sum(weighted[1:]))


def test_one_threshold_of_ordinal_regression_is_the_plain_model(rng):
    """With no weight on the others, training is that of yes or no, step by step; asks(3) shares towers and bias."""
    model, batch = ordinal(rng)
    plain = WideDeep(np.float64, **copy.deepcopy(model.towers))
    plain.b[...] = model.b[2]
    yes_or_no = replace(batch, labels=(batch.labels > 3).astype(float))
    rules, plain_rules = ({name: Adam(0.01) for name in plain.params()} for _ in range(2))
    for _ in range(5):
        train_step(model, rules, batch, loss=model.loss(3, auxiliary_weight=0.0))
        train_step(plain, plain_rules, yes_or_no)
    at_three = model.at_threshold(3)
    np.testing.assert_allclose(at_three.logits(batch), plain.logits(batch), rtol=1e-12)
    assert at_three.logits(batch).tolist() == model.logits(batch)[:, 2:3].tolist()
    model.b += 1
    assert at_three.b[0] == model.b[2]


def test_ordinal_regression_start_at_their_shares():
    model = OrdinalRegression((1, 2, 3), wide=Wide(2))
    model.init_bias(np.array([[1], [2], [2], [4]]))
    np.testing.assert_allclose(model.b, np.log([4 / 2, 2 / 4, 2 / 4]), rtol=1e-6)


def test_labels_of_yes_or_no_are_not_taken_for_grades(rng):
    model, batch = ordinal(rng)
    yes_or_no = (batch.labels > 3).astype(float)
    with pytest.raises(ValueError, match=r"\[0, 0, 0, 0\] of 13 grades are above .* not labels 0 and 1"):
        model.init_bias(yes_or_no)
    with pytest.raises(ValueError, match="no grade is above 3; want grades"):
        model.validation_loss(3)(model.logits(batch), yes_or_no)
    with pytest.raises(ValueError, match="4 logits a row; want one, as model.at_threshold"):
        explain(model, encoder_of(table(rng)), batch)


def test_ordinal_regression_refuse_what_does_not_fit(rng):
    for levels in ((), (2, 1), (1, 1), (np.nan,), (1, 1 + 1e-9)):  # the last two are one in float32
        with pytest.raises(ValueError, match="want one or more, finite, ascending"):
            OrdinalRegression(levels, wide=Wide(2))
    model, batch = ordinal(rng)
    with pytest.raises(ValueError, match="threshold 5 is none of"):
        model.at_threshold(5)
    with pytest.raises(ValueError, match="auxiliary_weight -1"):
        model.loss(3, auxiliary_weight=-1)
    with pytest.raises(ValueError, match=r"grades \(13,\); want \(13, 1\)"):
        model.loss(3, auxiliary_weight=1)(model.logits(batch), batch.labels[:, 0])
    with pytest.raises(ValueError, match=r"sample_weight \(4,\); want \(13, 1\)"):
        model.loss(3, auxiliary_weight=1)(model.logits(batch), batch.labels, np.ones(4))


def test_grades_that_are_not_whole_are_on_the_right_side_of_their_level(rng):
    """float32's .1 is more than float64's .1."""
    grades = rng.choice([0.1, 0.2, 0.3, 0.4, 0.7, 0.8], (50, 1))
    y, model = grades.astype(np.float32), OrdinalRegression((0.1, 0.2, 0.7), wide=Wide(2))
    above = [(grades > level).sum() for level in (0.1, 0.2, 0.7)]
    for kept in (y, grades):  # whichever way the labels are kept
        assert model.above(kept).sum(axis=0).tolist() == above
        assert OrdinalRegression((0.1, 0.2, 0.7), np.float64, wide=Wide(2)).above(grades).sum(axis=0).tolist() == above
    z = np.zeros((50, 3), np.float32)
    assert model.loss(0.2, auxiliary_weight=0.0)(z, y)[1].sum() == pytest.approx(0.5 - above[1] / 50, abs=1e-6)
    assert model.validation_loss(0.2)(z, y)[1].sum() == pytest.approx(0.5 - above[1] / 50, abs=1e-6)
    assert model.at_threshold(0.7).b.shape == (1,)


def test_a_plain_model_is_saved_without_the_optimizers_of_all_thresholds(rng, tmp_path):
    model, _, encoder, batch = small(rng)
    stars = number_labels(batch, 1 + np.arange(120)[:, None] % 5)
    ordinal = OrdinalRegression((1, 2, 3, 4), wide=model.towers["wide"])
    rules = optimizers_for(ordinal, 32)
    fit(ordinal, rules, stars, rng=rng, epochs=1, loss=ordinal.loss(3, auxiliary_weight=0.3))
    plain = ordinal.at_threshold(3)
    with pytest.raises(ValueError, match=r"optimizers for \(4,\) biases and a model with \(1,\)"):
        save(tmp_path / "m.npz", plain, encoder, rules)
    save(tmp_path / "m.npz", plain, encoder)
    again, _, same = load(save(tmp_path / "o.npz", ordinal, encoder, rules))
    fit(again, same, stars, rng=rng, epochs=1, loss=again.loss(3, auxiliary_weight=0.3))


def test_training_on_labels_of_yes_or_no_is_refused(rng):
    model, batch = ordinal(rng)
    yes_or_no = replace(batch, labels=(batch.labels > 3).astype(float))
    with pytest.raises(ValueError, match=r"fit: labels \(13, 1\) from 0 to 1, and thresholds .*; want grades \(N, 1\)"):
        fit(model, optimizers_for(model, 4), yes_or_no, rng=rng, epochs=1, loss=model.loss(3, auxiliary_weight=1))
