"""Ranking losses: gradients with repeated negatives, and values by hand."""

import numpy as np
import pytest

from mlp.gradcheck import check
from widedeep.ranking import losses


@pytest.mark.parametrize("loss", [losses.softmax_all, losses.sampled_log_loss, losses.pairwise])
@pytest.mark.parametrize("method", ["centred", "complex"])
def test_loss_gradients_with_repeated_negatives(rng, loss, method):
    Z, item = rng.normal(0, 2, (3, 7)), np.array([2, 5, 0])
    negatives = np.array([[1, 1, 4, 6], [0, 3, 3, 3], [6, 5, 6, 1]])
    _, dZ = loss(Z, item, negatives)
    report = check({"Z": Z}, lambda m: loss(m["Z"], item, negatives)[0], {"Z": dZ}, method=method)
    assert report.ok, report


def test_losses_by_hand():
    Z, item, negatives = np.array([[2.0, 0.0, -1.0]]), np.array([0]), np.array([[1, 2]])
    assert losses.softmax_all(Z, item)[0] == pytest.approx(np.log(1 + np.exp(-2) + np.exp(-3)))
    assert losses.pairwise(Z, item, negatives)[0] == pytest.approx((np.log1p(np.exp(-2)) + np.log1p(np.exp(-3))) / 2)
    rows = [np.log1p(np.exp(-2)), np.log(2), np.log1p(np.exp(-1))]
    assert losses.sampled_log_loss(Z, item, negatives)[0] == pytest.approx(np.mean(rows))


def test_an_assignment_in_place_of_a_sum_is_seen_by_the_check(rng, monkeypatch):
    def last_wins(Z, chosen, dz):
        dZ = np.zeros(Z.shape)
        dZ[np.arange(len(Z))[:, None], chosen] += dz
        return dZ

    monkeypatch.setattr(losses, "put_back", last_wins)
    Z, item, negatives = rng.normal(size=(2, 5)), np.array([0, 1]), np.array([[2, 2], [3, 4]])
    _, dZ = losses.pairwise(Z, item, negatives)
    assert not check({"Z": Z}, lambda m: losses.pairwise(m["Z"], item, negatives)[0], {"Z": dZ}).ok


@pytest.mark.parametrize("loss", [losses.softmax_all, losses.sampled_log_loss, losses.pairwise])
def test_losses_refuse_columns_out_of_range(loss):
    with pytest.raises(ValueError, match="columns from 0 to 3; want 0 .. 2|columns from 3 to 3"):
        loss(np.zeros((1, 3)), np.array([3]), np.array([[0]]))
    with pytest.raises(ValueError, match="whole"):
        loss(np.zeros((1, 3)), np.array([1.0]), np.array([[0.0]]))


def test_negatives_are_films_they_do_not_have_in_the_right_shares(rng):
    counts = np.array([8, 4, 2, 1, 1, 0])
    have = np.zeros((1, 6), bool)
    have[0, 0] = True
    for power, want in ((0.0, np.full(5, 1 / 5)), (1.0, np.array([4, 2, 1, 1, 0]) / 8)):
        drawn = losses.Negatives(counts, power).draw(have, 40_000, rng)
        assert np.bincount(drawn[0], minlength=6)[1:] / 40_000 == pytest.approx(want, abs=0.012)
        assert not (drawn == 0).any()


def test_negatives_refuse(rng):
    with pytest.raises(ValueError, match="somebody has every film"):
        losses.Negatives(np.array([1, 1, 0]), 1.0).draw(np.array([[True, True, False]]), 1, rng)
    with pytest.raises(ValueError, match="all counts are 0"):
        losses.Negatives(np.zeros(3), 1.0)
    with pytest.raises(ValueError, match="m 0"):
        losses.Negatives(np.ones(3)).draw(np.zeros((1, 3), bool), 0, rng)
    with pytest.raises(ValueError, match="power -1"):
        losses.Negatives(np.ones(3), -1)
