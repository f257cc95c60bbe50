"""FTRL-Proximal: the published algorithm a number at a time, by hand, its units, and the zeros that it is for."""

import math

import numpy as np
import pytest

from mlp import Rows
from widedeep import FTRL

ALPHA, BETA, L1, L2 = 0.3, 0.7, 0.4, 0.5  # no two alike, none of them 1


def published(gradients, alpha=ALPHA, beta=BETA, l1=L1, l2=L2):
    """McMahan et al. 2013, Algorithm 1, one coordinate: the weight after each step."""
    z = n = 0.0
    seen = []

    def weight():
        if abs(z) <= l1:
            return 0.0
        return -1 / ((beta + math.sqrt(n)) / alpha + l2) * (z - math.copysign(1, z) * l1)

    for g in gradients:
        sigma = (math.sqrt(n + g * g) - math.sqrt(n)) / alpha
        z += g - sigma * weight()
        n += g * g
        seen.append(weight())
    return seen


def trace(optimizer, gradients, dtype=np.float64):
    """One weight, its values after each step."""
    w, seen = np.zeros(1, dtype), []
    for g in gradients:
        optimizer.step({"w": w}, {"w": np.array([g], dtype)})
        seen.append(float(w[0]))
    return seen


def test_200_random_steps_are_those_of_the_published_algorithm(rng):
    gradients = rng.normal(size=(200, 6)) * [1, 0.1, 3, 1, 1, 1]
    gradients[rng.random((200, 6)) < 0.3] = 0  # features that are absent now and then
    gradients[:, 4] = 0  # one that never comes
    gradients[:100, 5] = 0  # and one that comes late
    w, optimizer, seen = np.zeros(6), FTRL(ALPHA, BETA, L1, L2), []
    for g in gradients:
        optimizer.step({"w": w}, {"w": g})
        seen.append(w.copy())
    want = np.array([published(gradients[:, i].tolist()) for i in range(6)]).T
    np.testing.assert_allclose(seen, want, rtol=1e-10, atol=1e-14)
    assert not np.array(seen)[:, 4].any() and (np.array(seen) == 0).sum() == (want == 0).sum() > 200


def test_two_steps_by_hand():
    # alpha 1/2, beta 1, l1 1/4, l2 0, gradients 3/4 and then -1:
    # sigma = .75 / .5 = 1.5, w = 0:          zeta = .75,  n = .5625, root .75
    #   w = -(.75 - .25) / ((1 + .75) / .5) = -.5 / 3.5 = -1/7
    # sigma = (1.25 - .75) / .5 = 1:          zeta = .75 - 1 + 1/7 = -.107142857,  n = 1.5625
    #   |zeta| <= .25: w = 0
    assert trace(FTRL(0.5, 1.0, 0.25), [0.75, -1.0]) == pytest.approx([-1 / 7, 0.0], rel=1e-15)
    # without l1: w = -.75 / 3.5 = -3/14;  zeta = -.25 + 3/14 = -1/28,  w = (1/28) / (2.25 / .5) = 1/126
    assert trace(FTRL(0.5, 1.0), [0.75, -1.0]) == pytest.approx([-3 / 14, 1 / 126], rel=1e-14)


# ---- wrong variants end elsewhere: the 200 steps above would see each of them ---------------------------------------


def variant(gradients, sigma=None, keep=None, weight=None):
    """The published algorithm with a line replaced."""
    z = n = w = 0.0
    for g in gradients:
        root, new_root = math.sqrt(n), math.sqrt(n + g * g)
        s = sigma(root, new_root, g) if sigma else (new_root - root) / ALPHA
        z = keep(z, g, s, w) if keep else z + g - s * w
        n += g * g
        sign = math.copysign(1, z)
        right = 0.0 if abs(z) <= L1 else -(z - sign * L1) / ((BETA + math.sqrt(n)) / ALPHA + L2)
        w = weight(z, math.sqrt(n), sign, w, right) if weight else right
    return w


SLIPS = {
    "sigma without the old root": {"sigma": lambda root, new, g: new / ALPHA},
    "sigma without alpha": {"sigma": lambda root, new, g: new - root},
    "sigma of g, not of roots": {"sigma": lambda root, new, g: g * g / ALPHA},
    "zeta overwritten": {"keep": lambda z, g, s, w: g - s * w},
    "plus sigma w": {"keep": lambda z, g, s, w: z + g + s * w},
    "no sigma w": {"keep": lambda z, g, s, w: z + g},
    "no minus": {"weight": lambda z, root, sign, w, right: -right},
    "no threshold": {"weight": lambda z, root, sign, w, right: -z / ((BETA + root) / ALPHA + L2)},
    "l1 not taken off": {"weight": lambda z, root, sign, w, right: right and -z / ((BETA + root) / ALPHA + L2)},
    "threshold on w": {"weight": lambda z, root, sign, w, right: 0.0 if abs(right) <= L1 else right},
    "never back to 0": {"weight": lambda z, root, sign, w, right: right or w},
    "beta left out": {"weight": lambda z, root, sign, w, right: right and -(z - sign * L1) / (root / ALPHA + L2)},
    "beta not over alpha": {
        "weight": lambda z, root, sign, w, right: right and -(z - sign * L1) / (BETA + root / ALPHA + L2)
    },
    "l2 doubled": {
        "weight": lambda z, root, sign, w, right: right and -(z - sign * L1) / ((BETA + root) / ALPHA + 2 * L2)
    },
    "l2 over alpha": {
        "weight": lambda z, root, sign, w, right: right and -(z - sign * L1) / ((BETA + root + L2) / ALPHA)
    },
    "n for its root": {
        "weight": lambda z, root, sign, w, right: right and -(z - sign * L1) / ((BETA + root**2) / ALPHA + L2)
    },
}
# coordinates that grow, turn round and die, so that every line matters
HISTORIES = [[0.9, 0.5, -0.3, 0.8], [-1.3, 0.4, 0.9, 0.25], [0.3, 0.2, 0.45, -0.05]]


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_a_wrong_variant_ends_elsewhere(slip):
    ours = [trace(FTRL(ALPHA, BETA, L1, L2), gradients)[-1] for gradients in HISTORIES]
    assert ours == pytest.approx([variant(gradients) for gradients in HISTORIES], rel=1e-12, abs=1e-15)
    wrong = [variant(gradients, **slip) for gradients in HISTORIES]
    assert max(abs(a - b) for a, b in zip(ours, wrong)) > 1e-2


# ---- L1 ------------------------------------------------------------------------------------------------------------


def test_l1_gives_exact_zeros_and_a_live_weight_can_die():
    alive, dead = trace(FTRL(ALPHA, BETA, L1, L2), [-1.3, 1.15])
    assert alive > 0 and dead == 0.0
    assert trace(FTRL(ALPHA, BETA, 0.0, L2), [-1.3, 1.15])[1] != 0


def test_more_l1_leaves_fewer_weights(rng):
    gradients, left = rng.normal(size=(50, 300)), []
    for l1 in (0.0, 2.0, 8.0, 1e6):
        w, optimizer = np.zeros(300), FTRL(0.1, l1=l1)
        for g in gradients:
            optimizer.step({"w": w}, {"w": g})
        left.append(np.count_nonzero(w))
    assert left[0] == 300 > left[1] > left[2] > left[3] == 0


def test_exactly_at_the_threshold_a_weight_is_0():
    assert trace(FTRL(0.5, 1.0, 0.75), [0.75]) == [0.0]


# ---- units ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 64, 1000])
def test_mean_gradients_with_a_batch_size_are_sum_gradients_with_1(rng, n):
    sums = rng.normal(0, 5, size=(40, 9))
    one, mean = np.zeros(9), np.zeros(9)
    a, b = FTRL(ALPHA, BETA, 3 * L1, L2), FTRL(ALPHA, BETA, 3 * L1, L2, batch_size=n)
    for g in sums:
        a.step({"w": one}, {"w": g})
        b.step({"w": mean}, {"w": g / n})
    np.testing.assert_allclose(mean, one, rtol=1e-9, atol=1e-14)
    assert one.any()


def test_without_the_batch_size_mean_gradients_leave_the_weights_asleep(rng):
    means = rng.normal(0, 5, size=(40, 9)) / 256
    scaled, asleep = np.zeros(9), np.zeros(9)
    a, b = FTRL(ALPHA, BETA, L1, batch_size=256), FTRL(ALPHA, BETA, L1)
    for g in means:
        a.step({"w": scaled}, {"w": g})
        b.step({"w": asleep}, {"w": g})
    assert np.abs(asleep).max() < 0.05 * np.abs(scaled).max()


# ---- rows, precision, refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(11,), (11, 3)])
def test_rows_give_the_bytes_of_the_whole_table(rng, dtype, shape):
    some, whole = np.zeros(shape, dtype), np.zeros(shape, dtype)
    by_rows, by_table = FTRL(ALPHA, BETA, L1, L2), FTRL(ALPHA, BETA, L1, L2)
    for _ in range(40):
        ids = np.sort(rng.choice(11, 4, replace=False))
        rows = Rows(ids, rng.normal(size=(4, *shape[1:])).astype(dtype))
        by_rows.step({"w": some}, {"w": rows})
        by_table.step({"w": whole}, {"w": rows.dense(shape)})
    assert some.dtype == dtype and some.any() and some.tobytes() == whole.tobytes()
    for mine, yours in zip(by_rows.memory["w"], by_table.memory["w"]):
        assert mine.dtype == dtype and mine.tobytes() == yours.tobytes()


def test_small_gradients_after_a_large_one_still_count_in_float32():
    # at n = 1 and g = 3e-4, sqrt(n + g^2) - sqrt n is 0 in float32, and 4.5e-8 in truth
    gradients = [1.0] + [3e-4] * 2000
    exact = trace(FTRL(0.05, 1.0), gradients)[-1]
    assert trace(FTRL(0.05, 1.0), gradients, np.float32)[-1] == pytest.approx(exact, rel=2e-5)


def test_a_zero_gradient_changes_nothing_not_even_the_first():
    assert trace(FTRL(ALPHA, BETA), [0.0, 0.0]) == [0, 0]
    moved = trace(FTRL(ALPHA, BETA, L1, L2), [0.9, 0.0, 0.0])
    assert moved[0] == moved[1] == moved[2] != 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("g", [0.0, 1e-30, 1e-20, 1e15])
def test_no_size_of_gradient_warns_or_gives_nan(g):
    assert np.isfinite(trace(FTRL(0.1), [g, -g, g], np.float32)).all()


def test_the_gradient_is_not_written_into(sealed):
    w, g = np.zeros(3), np.array([1.0, 0.0, -2.0])
    sealed(g)
    FTRL(ALPHA, BETA, L1, L2).step({"w": w}, {"w": g})
    assert w.any()


@pytest.mark.parametrize("wrong", [{"beta": 0}, {"beta": -1}, {"l1": -0.1}, {"l2": -0.1}, {"batch_size": 0},
                                   {"beta": math.nan}, {"l1": math.nan}], ids=str)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="want beta > 0"):
        FTRL(0.1, **wrong)


def test_blocks_of_another_encoder_are_refused():
    with pytest.raises(ValueError, match=r"FTRL: blocks of 5 features in all, weights \(4,\); see block_rates"):
        FTRL(0.1, blocks=[(2, 1.0), (3, 0.5)]).step({"w": np.zeros(4)}, {"w": np.ones(4)})


@pytest.mark.parametrize("alpha", [0, -0.1, math.nan])
def test_a_learning_rate_that_is_not_positive_is_refused(alpha):
    with pytest.raises(ValueError, match="FTRL: learning rate"):
        FTRL(alpha)


@pytest.mark.parametrize("blocks", [None, [(1, 1.0), (2, 2.0)]], ids=["one rate", "blocks"])
def test_a_new_rule_goes_on_from_trained_weights(blocks):
    """Algorithm 1 from n = 0, by hand: w stays where g is 0, and else moves by alpha g / (beta + |g|)."""
    w, g = np.array([0.0, 0.2, -0.3]), np.array([0.0, 0.5, 0.0])
    alpha = 0.1 * np.array([1, 1, 1] if blocks is None else [1, 2, 2])
    want = w - alpha * g / (1 + np.abs(g))
    FTRL(0.1, l1=0.4, blocks=blocks).step({"w": w}, {"w": g})
    np.testing.assert_allclose(w, want, rtol=1e-12)


@pytest.mark.parametrize("change", [{"lr": 0.01}, {"l1": 0.9}, {"l2": 3.0}, {"beta": 2.0}], ids=str)
def test_another_rate_does_not_move_the_weights_by_itself(change, rng):
    """Weights are computed from memory AND rate; with a new rate the memory has to follow, or they would jump."""
    rule, w = FTRL(0.1, l1=0.3), np.zeros(4)
    for _ in range(3):
        rule.step({"w": w}, {"w": rng.normal(size=4) * 3})
    before = w.copy()
    vars(rule).update(change)
    rule.step({"w": w}, {"w": np.zeros(4)})
    np.testing.assert_allclose(w, before, rtol=1e-12)


def test_weights_that_never_took_a_step_have_no_memory_to_follow():
    rule, moved, resting = FTRL(0.1), np.array([0.5]), np.array([0.25])
    rule.step({"moved": moved}, {"moved": np.array([1.0])})
    before = moved.copy()
    rule.rebase({"resting": resting, "moved": moved})
    assert list(rule.memory) == ["moved"] and resting == 0.25 and np.array_equal(moved, before)


def test_the_memory_of_a_weight_of_0_stays_within_l1():
    rule, w = FTRL(l1=0.5, batch_size=1), np.zeros(3)
    assert rule.lr == 0.1
    zeta, n = np.array([-2.0, 0.25, 2.0]), np.ones(3)
    rule.settle(w, zeta, n)
    assert zeta.tolist() == [-0.5, 0.25, 0.5]
