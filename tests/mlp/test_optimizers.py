"""The rules by hand, against the published algorithms, and the walk over names that serves them all."""

import math

import numpy as np
import pytest

from mlp import SGD, AdaGrad, Adam, Momentum, Rows, Windows
from mlp.optimizers import Optimizer
from widedeep import FTRL, WeightDecay

RULES = {
    "SGD": lambda: SGD(0.1),
    "Momentum": lambda: Momentum(0.1, 0.9),
    "AdaGrad": lambda: AdaGrad(0.1),
    "Adam": lambda: Adam(0.1, 0.9, 0.999),
}
every_rule = pytest.mark.parametrize("make", RULES.values(), ids=RULES)


def two_steps(optimizer, w=1.0, gradients=(0.5, -0.25)):
    """One weight, two gradients: where it stands after each step."""
    w, seen = np.array([w]), []
    for g in gradients:
        optimizer.step({"w": w}, {"w": np.array([g])})
        seen.append(w[0])
    return seen


# ---- two steps by hand: w = 1, lr = 0.1, gradients 0.5 and then -0.25 --------------------------------------------


def test_sgd_by_hand():
    # 1 - 0.1 * 0.5 = 0.95;   0.95 + 0.1 * 0.25 = 0.975
    assert two_steps(SGD(0.1)) == pytest.approx([0.95, 0.975], rel=1e-15)


def test_momentum_by_hand():
    # v = 0.5: w = 1 - 0.05 = 0.95;   v = 0.9 * 0.5 - 0.25 = 0.2: w = 0.95 - 0.02 = 0.93
    assert two_steps(Momentum(0.1, 0.9)) == pytest.approx([0.95, 0.93], rel=1e-15)


def test_adagrad_by_hand():
    # s = 0.25, root 0.5: w = 1 - 0.1 * 0.5 / 0.5 = 0.9
    # s = 0.25 + 0.0625 = 0.3125, root 0.5590170: w = 0.9 + 0.1 * 0.25 / 0.5590170 = 0.9 + 0.04472136
    assert two_steps(AdaGrad(0.1)) == pytest.approx([0.9, 0.94472136], abs=1e-8)


def test_adam_by_hand():
    # m = 0.1 * 0.5 = 0.05,      m' = 0.05 / 0.1 = 0.5;       v = 0.001 * 0.25 = 0.00025,   v' = 0.25, root 0.5
    #   w = 1 - 0.1 * 0.5 / 0.5 = 0.9: the first step is lr, whatever the gradient's size
    # m = 0.045 - 0.025 = 0.02,  m' = 0.02 / 0.19 = 0.10526316
    #   v = 0.999 * 0.00025 + 0.001 * 0.0625 = 0.00031225,    v' = 0.00031225 / 0.001999 = 0.15620310, root 0.39522538
    #   w = 0.9 - 0.1 * 0.10526316 / 0.39522538 = 0.9 - 0.02663370
    assert two_steps(Adam(0.1)) == pytest.approx([0.9, 0.87336630], abs=2e-8)


def test_eps_stands_outside_the_root():
    # s = v' = 1, so g / (1 + eps) = 1/2 with eps = 1; inside the root it would be 1 / sqrt 2
    assert two_steps(AdaGrad(0.1, eps=1.0), gradients=[1.0]) == pytest.approx([0.95])
    assert two_steps(Adam(0.1, eps=1.0), gradients=[1.0]) == pytest.approx([0.95])


# ---- 50 random steps against the published algorithms, a number at a time ------------------------------------------


def published_sgd(w, gradients, lr=0.1):
    for g in gradients:
        w = w - lr * g
    return w


def published_momentum(w, gradients, lr=0.1, mu=0.9):
    v = 0.0
    for g in gradients:
        v = mu * v - lr * g  # Sutskever et al. 2013, eq. 1: lr inside v
        w = w + v  # eq. 2
    return w


def published_adagrad(w, gradients, lr=0.1, eps=1e-8):
    for t in range(len(gradients)):  # Duchi et al. 2011: the norm of g_1 .. g_t
        w = w - lr * gradients[t] / (math.sqrt(math.fsum(g * g for g in gradients[: t + 1])) + eps)
    return w


def published_adam(w, gradients, lr=0.1, b1=0.9, b2=0.999, eps=1e-8):
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):  # Kingma and Ba 2015, Algorithm 1
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        w = w - lr * (m / (1 - b1**t)) / (math.sqrt(v / (1 - b2**t)) + eps)
    return w


@pytest.mark.parametrize(
    "name, published",
    [
        ("SGD", published_sgd),
        ("Momentum", published_momentum),
        ("AdaGrad", published_adagrad),
        ("Adam", published_adam),
    ],
)
def test_fifty_steps_are_those_of_the_published_algorithm(name, published, rng):
    start, gradients = rng.normal(size=(5, 3)), rng.normal(size=(50, 5, 3))
    gradients[:, 2, 1] = 0  # a coordinate that never has a gradient
    gradients[:25, 0, 0] = 0  # and one that has none for a while
    w, optimizer = start.copy(), RULES[name]()
    for g in gradients:
        optimizer.step({"w": w}, {"w": g})
    want = [[published(start[i, j], gradients[:, i, j].tolist()) for j in range(3)] for i in range(5)]
    np.testing.assert_allclose(w, want, rtol=1e-12)
    assert w[2, 1] == start[2, 1]


# ---- the classic slips: each ends elsewhere after two steps, so the tests above would see it ------------------------

LR, MU, B1, B2, EPS = 0.1, 0.9, 0.9, 0.999, 1e-8


def momentum_slip(v_rule, move):
    v, w = 0.0, 1.0
    for g in (0.5, -0.25):
        old, v = v, v_rule(v, g)
        w = move(w, v, old)
    return w


def adagrad_slip(rule):
    s, w = 0.0, 1.0
    for g in (0.5, -0.25):
        s, step = rule(s, g)
        w -= LR * step
    return w


def adam_slip(m_hat, v_hat, divide=lambda m, v: m / (math.sqrt(v) + EPS), t_of=lambda t: t, store=False):
    m = v = 0.0
    w = 1.0
    for t in (1, 2):
        g = (0.5, -0.25)[t - 1]
        m, v = B1 * m + (1 - B1) * g, B2 * v + (1 - B2) * g * g
        a, b = m_hat(m, t_of(t)), v_hat(v, t_of(t))
        if store:
            m, v = a, b
        w -= LR * divide(a, b)
    return w


def m_right(m, t):
    return m / (1 - B1**t)


def v_right(v, t):
    return v / (1 - B2**t)


SLIPS = {
    "O1 g times 1 - mu": (Momentum, momentum_slip(lambda v, g: MU * v + (1 - MU) * g, lambda w, v, old: w - LR * v)),
    "O1 moves by the old v": (Momentum, momentum_slip(lambda v, g: MU * v + g, lambda w, v, old: w - LR * old)),
    "O1 v not stored": (Momentum, momentum_slip(lambda v, g: g, lambda w, v, old: w - LR * v)),
    "O1 climbs": (Momentum, momentum_slip(lambda v, g: MU * v + g, lambda w, v, old: w + LR * v)),
    "O2 no root": (AdaGrad, adagrad_slip(lambda s, g: (s + g * g, g / (s + g * g)))),
    "O2 memory updated after use": (AdaGrad, adagrad_slip(lambda s, g: (s + g * g, g / (math.sqrt(s) + EPS)))),
    "O2 decays, RMSProp": (AdaGrad, adagrad_slip(lambda s, g: (s := 0.9 * s + 0.1 * g * g, g / math.sqrt(s)))),
    "O2 forgets": (AdaGrad, adagrad_slip(lambda s, g: (0, g / abs(g)))),
    "O2 abs g for g^2": (AdaGrad, adagrad_slip(lambda s, g: (s + abs(g), g / math.sqrt(s + abs(g))))),
    "O3 no bias correction": (Adam, adam_slip(lambda m, t: m, lambda v, t: v)),
    "O3 only m corrected": (Adam, adam_slip(m_right, lambda v, t: v)),
    "O3 only v corrected": (Adam, adam_slip(lambda m, t: m, v_right)),
    "O3 t stuck at 1": (Adam, adam_slip(m_right, v_right, t_of=lambda t: 1)),
    "O3 t advanced per array (of two)": (Adam, adam_slip(m_right, v_right, t_of=lambda t: 2 * t)),
    "O3 (1 - b)^t for 1 - b^t": (Adam, adam_slip(lambda m, t: m / (1 - B1) ** t, lambda v, t: v / (1 - B2) ** t)),
    "O3 corrected value stored": (Adam, adam_slip(m_right, v_right, store=True)),
    "O3 no root": (Adam, adam_slip(m_right, v_right, divide=lambda m, v: m / (v + EPS))),
}


@pytest.mark.parametrize("rule, wrong", SLIPS.values(), ids=SLIPS)
def test_two_steps_tell_the_slip_from_the_rule(rule, wrong):
    assert abs(two_steps(rule(0.1))[-1] - wrong) > 1e-3


def test_the_helper_of_adams_slips_is_adam_when_nothing_is_wrong():
    assert adam_slip(m_right, v_right) == pytest.approx(two_steps(Adam(0.1))[-1], rel=1e-14)


def test_adam_without_bias_correction_takes_a_first_step_3_16_times_too_long():
    # m / sqrt(v) = 0.1 g / sqrt(0.001 g^2) = 0.1 / 0.0316228 = 3.162; with the correction it is 1
    m, v = 0.1 * 0.5, 0.001 * 0.25
    assert m / math.sqrt(v) == pytest.approx(3.1622777)
    assert two_steps(Adam(0.1))[0] == pytest.approx(1 - 0.1, rel=1e-7)


# ---- rows of a table -----------------------------------------------------------------------------------------------

TRACE = [
    Rows(np.array([4, 1]), np.array([[1.0, -2], [0.5, 3]])),
    Rows(np.array([1, 5, 0]), np.array([[-1.0, 0.25], [2, 2], [0.1, -0.3]])),
    Rows(np.array([3]), np.array([[0.7, 0.0]])),
]  # row 2 is never touched, row 1 twice


def table_after(optimizer, dense):
    E = np.random.default_rng(1).normal(size=(7, 2))
    for rows in TRACE:
        optimizer.step({"E": E}, {"E": rows.dense(E.shape) if dense else rows})
    return E


def test_rows_as_a_whole_table():
    assert TRACE[0].dense((6, 2)).tolist() == [[0, 0], [0.5, 3], [0, 0], [0, 0], [1, -2], [0, 0]]


@every_rule
def test_rows_move_the_table_as_the_dense_gradient_does_bit_for_bit(make):
    np.testing.assert_array_equal(table_after(make(), dense=False), table_after(make(), dense=True))


@pytest.mark.parametrize("rule", [SGD, AdaGrad])
def test_sgd_and_adagrad_touch_only_the_rows_of_the_batch(rule):
    E = np.zeros((7, 2))
    rule(0.1).step({"E": E}, {"E": TRACE[0]})
    assert E[[1, 4]].all() and not E[[0, 2, 3, 5, 6]].any()


@pytest.mark.parametrize("rule", [Momentum, Adam])
def test_the_lazy_rule_is_another_rule(rule):
    whole, lazy = table_after(rule(0.1), dense=False), table_after(rule(0.1, lazy=True), dense=False)
    assert abs(whole - lazy)[4].max() > 1e-3  # touched once: the whole table's rule rolls on
    np.testing.assert_array_equal(whole[2], lazy[2])  # never touched
    np.testing.assert_array_equal(whole[3], lazy[3])  # touched in the last step only


@pytest.mark.parametrize("rule", [Momentum, Adam])
def test_the_lazy_rule_leaves_other_rows_and_their_memory_alone(rule):
    optimizer, E = rule(0.1, lazy=True), np.random.default_rng(1).normal(size=(7, 2))
    optimizer.step({"E": E}, {"E": TRACE[0]})
    row, memory = E[4].copy(), [m[4].copy() for m in optimizer.memory["E"]]
    optimizer.step({"E": E}, {"E": TRACE[1]})
    np.testing.assert_array_equal(E[4], row)
    np.testing.assert_array_equal([m[4] for m in optimizer.memory["E"]], memory)


def test_lazy_adam_corrects_the_bias_by_the_optimizers_steps():
    # row 1 has g = 1 in step 2 only: m' = 0.1 / 0.19, v' = 0.001 / 0.001999, so the step is 0.1 * 0.52632 / 0.70728
    E, optimizer = np.zeros((2, 1)), Adam(0.1, lazy=True)
    for i in (0, 1):
        optimizer.step({"E": E}, {"E": Rows(np.array([i]), np.ones((1, 1)))})
    assert E[1, 0] == pytest.approx(-0.1 * (0.1 / 0.19) / math.sqrt(0.001 / 0.001999), rel=1e-7)


def test_a_gradient_of_no_rows_moves_nothing():
    E = np.ones((7, 2))
    AdaGrad(0.1).step({"E": E}, {"E": Rows(np.empty(0, int), np.empty((0, 2)))})
    assert (E == 1).all()


def test_adagrad_wants_repeats_summed_before_the_square():  # slip E8
    # one row looked up twice, g = 0.3 and 0.5: (0.3 + 0.5)^2 = 0.64, not 0.09 + 0.25 = 0.34
    E, optimizer = np.zeros((3, 1)), AdaGrad(0.1)
    optimizer.step({"E": E}, {"E": Rows(np.array([1]), np.array([[0.8]]))})
    assert optimizer.memory["E"][0][1, 0] == pytest.approx(0.64)


# ---- the walk over names -------------------------------------------------------------------------------------------

SHAPES = {"0.W": (5, 3), "0.b": (3,), "1.W": (3, 2)}


def windows(rng):
    return Windows(SHAPES, rng.normal(size=24))


@every_rule
def test_windows_and_separate_arrays_move_alike(make, rng):
    theta = windows(rng)
    apart = {name: w.copy() for name, w in theta.items()}
    one, other = make(), make()
    for _ in range(5):
        grads = windows(rng)
        one.step(theta, grads)
        other.step(apart, dict(grads))
    for name in SHAPES:
        np.testing.assert_array_equal(theta[name], apart[name])


@every_rule
def test_a_nested_model_moves_like_its_arrays(make, rng):
    a, b = rng.normal(size=3), rng.normal(size=(2, 2))
    nested, flat = {"x": {"a": a.copy()}, "b": b.copy()}, {"a": a.copy(), "b": b.copy()}
    one, other = make(), make()
    for _ in range(3):
        g, h = rng.normal(size=3), rng.normal(size=(2, 2))
        one.step(nested, {"x": {"a": g}, "b": h})
        other.step(flat, {"a": g, "b": h})
    np.testing.assert_array_equal(nested["x"]["a"], flat["a"])
    np.testing.assert_array_equal(nested["b"], flat["b"])


@every_rule
def test_the_order_of_the_names_does_not_matter(make, rng):
    a, b, g, h = rng.normal(size=(4, 3))
    one, other = {"a": a.copy(), "b": b.copy()}, {"b": b.copy(), "a": a.copy()}
    first, second = make(), make()
    for _ in range(2):
        first.step(one, {"a": g, "b": h})
        second.step(other, {"b": h, "a": g})
    np.testing.assert_array_equal([one["a"], one["b"]], [other["a"], other["b"]])


@every_rule
def test_a_step_counts_once_whatever_the_number_of_arrays(make):
    optimizer = make()
    for _ in range(3):
        optimizer.step(
            {"a": np.ones(2), "b": np.ones(2), "c": np.ones((2, 2))},
            {"a": np.ones(2), "b": np.ones(2), "c": np.ones((2, 2))},
        )
    assert optimizer.steps == 3


@every_rule
def test_moves_in_place(make, rng):  # slip O5
    whole = rng.normal(size=6)
    before, view = whole.copy(), whole[:4].reshape(2, 2)
    params = {"w": view}
    make().step(params, {"w": np.ones((2, 2))})
    assert params["w"] is view and (whole[:4] != before[:4]).all() and (whole[4:] == before[4:]).all()


@every_rule
def test_windows_stay_live(make, rng):
    theta = windows(rng)
    W, flat, before = theta["0.W"], theta.flat, theta.flat.copy()
    make().step(theta, windows(rng))
    assert theta["0.W"] is W and theta.flat is flat and np.shares_memory(W, flat) and (flat != before).all()


@every_rule
def test_gradients_are_left_alone(make, sealed, rng):
    g, values, theta, grads = rng.normal(size=3), rng.normal(size=(2, 3)), windows(rng), windows(rng)
    grads.flat.flags.writeable = False
    sealed(g, values, *grads.values())
    optimizer = make()
    for _ in range(2):
        optimizer.step(
            {"a": np.ones(3), "E": np.ones((5, 3)), "theta": theta},
            {"a": g, "E": Rows(np.array([1, 3]), values), "theta": grads},
        )


@every_rule
def test_memory_is_never_the_gradient_itself(make):
    w, g, optimizer = np.ones(2), np.ones(2), make()
    optimizer.step({"w": w}, {"w": g})
    kept = [m.copy() for m in optimizer.memory["w"]]
    g *= 100
    for m, before in zip(optimizer.memory["w"], kept, strict=True):
        np.testing.assert_array_equal(m, before)


@every_rule
def test_float32_stays_float32(make):
    w, optimizer = np.ones(3, np.float32), make()
    optimizer.step({"w": w}, {"w": np.ones(3, np.float32)})
    assert w.dtype == np.float32 and all(m.dtype == np.float32 for m in optimizer.memory["w"])


@every_rule
def test_a_bare_array_will_do(make):
    bare, named = np.ones(3), np.ones(3)
    make().step(bare, np.arange(3.0))
    make().step({"w": named}, {"w": np.arange(3.0)})
    np.testing.assert_array_equal(bare, named)


@every_rule
def test_descends(make, rng):
    w, optimizer = rng.normal(size=5), make()
    first = (w * w).sum()
    for _ in range(100):
        optimizer.step({"w": w}, {"w": 2 * w})
    assert (w * w).sum() < first / 4


# ---- errors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [SGD, Momentum, AdaGrad, Adam])
@pytest.mark.parametrize("lr", [0, -0.1, np.nan])
def test_refuses_a_learning_rate_that_does_not_descend(rule, lr):
    with pytest.raises(ValueError, match=f"{rule.__name__}: learning rate {lr}; want more than 0"):
        rule(lr)


@every_rule
@pytest.mark.parametrize(
    "params, grads, error, words",
    [
        ({"a": np.ones(2), "b": np.ones(2)}, {"a": np.ones(2)}, KeyError, r"differ in \['b'\]"),
        ({"a": np.ones(2)}, {"a": np.ones(2), "c": np.ones(2)}, KeyError, r"differ in \['c'\]"),
        ({"t": {"a": np.ones(2)}}, {"t": {"b": np.ones(2)}}, KeyError, r"differ in \['a', 'b'\]"),
        ({"a": np.ones(2)}, {"a": np.ones(1)}, ValueError, r"a: gradient \(1,\) for weights \(2,\)"),
        (
            {"t": {"a": np.ones((2, 1))}},
            {"t": {"a": np.ones(2)}},
            ValueError,
            r"t.a: gradient \(2,\) for weights \(2, 1\)",
        ),
        (np.ones(2), np.ones(3), ValueError, r"weights: gradient \(3,\) for weights \(2,\)"),
        (
            {"E": np.ones((5, 3))},
            {"E": Rows(np.array([2, 5]), np.ones((2, 3)))},
            ValueError,
            "E: ids 0 to 5; want 0 .. 4",
        ),
    ],
)
def test_refuses_what_does_not_fit(make, params, grads, error, words):
    with pytest.raises(error, match=words):
        make().step(params, grads)


@every_rule
def test_integer_weights_are_refused_not_truncated(make):  # slip O6
    w = np.ones(3, int)
    with pytest.raises(TypeError):
        make().step({"w": w}, {"w": np.full(3, 0.3)})
    assert (w == 1).all()


def test_windows_of_other_names_are_refused():
    with pytest.raises(KeyError, match="differ in"):
        SGD(0.1).step(Windows({"W": (2, 2)}, np.ones(4)), Windows({"V": (4,)}, np.ones(4)))


def test_windows_take_a_plain_dict_of_gradients_of_the_same_names():
    theta = Windows({"W": (2, 2)}, np.ones(4))
    SGD(0.1).step(theta, {"W": np.ones((2, 2))})
    np.testing.assert_allclose(theta.flat, 0.9)


@pytest.mark.parametrize("lazy", [True, False])
def test_rows_of_another_width_are_refused(lazy):
    with pytest.raises(ValueError, match=r"E: .*\(2, 1\)"):  # unchecked, (2, 1) broadcasts into (2, 3)
        Momentum(0.1, lazy=lazy).step({"E": np.ones((5, 3))}, {"E": Rows(np.array([1, 2]), np.ones((2, 1)))})


def test_a_refused_step_does_not_count():
    optimizer = Adam(0.1)
    with pytest.raises(KeyError):
        optimizer.step({"a": np.ones(2)}, {"b": np.ones(2)})
    assert optimizer.steps == 0


def test_windows_in_another_order_are_matched_by_name():
    theta = Windows({"a": (1,), "b": (1,)}, np.zeros(2))
    SGD(1.0).step(theta, Windows({"b": (1,), "a": (1,)}, np.array([1.0, 2])))
    assert theta["a"] == -2 and theta["b"] == -1


@pytest.mark.parametrize("wrap", [dict, lambda g: Windows({"W": (3, 2)}, g["W"].ravel())], ids=["dict", "Windows"])
def test_windows_refuse_a_transposed_gradient(wrap):
    with pytest.raises(ValueError, match=r"W: gradient \(3, 2\) for weights \(2, 3\)"):
        SGD(1.0).step(Windows({"W": (2, 3)}, np.zeros(6)), wrap({"W": np.ones((3, 2))}))


def test_a_refused_step_moves_nothing():
    params = {"a": np.ones(2), "b": np.ones(2)}
    with pytest.raises(ValueError, match="b: gradient"):
        SGD(0.1).step(params, {"a": np.ones(2), "b": np.ones(3)})
    assert (params["a"] == 1).all()


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Adam(b1=1), "^Adam: {'b1': 1, 'b2': 0.999, 'eps': 1e-08}; want rates of memory"),
        (lambda: Adam(b2=2), "^Adam: {'b1': 0.9, 'b2': 2, 'eps': 1e-08}; want"),
        (lambda: Adam(b2=1), "^Adam: {'b1': 0.9, 'b2': 1, 'eps': 1e-08}; want"),
        (lambda: Adam(eps=0), "^Adam: {'b1': 0.9, 'b2': 0.999, 'eps': 0}; want"),
        (lambda: AdaGrad(0.1, eps=0), "^AdaGrad: {'eps': 0}; want"),
        (lambda: SGD(np.inf), "^SGD: learning rate inf"),
        (lambda: FTRL(np.inf), "^FTRL: learning rate inf"),
        (lambda: Momentum(0.1, mu=1), "^Momentum: {'mu': 1}; want"),
        (lambda: Momentum(0.1, mu=-0.1), "^Momentum: {'mu': -0.1}; want"),
        (lambda: WeightDecay(SGD(0.1), {"E": np.nan}), "E"),
        (lambda: FTRL(blocks=[(3, np.inf)]), "inf"),
        (lambda: FTRL(blocks=[(3, 0)]), "every factor above 0"),
    ],
)
def test_rates_that_cannot_be_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_memories_of_no_length_and_eps_of_any_size_will_do():
    assert two_steps(Momentum(0.1, mu=0)) == two_steps(SGD(0.1))
    assert two_steps(Adam(0.1, b1=0, b2=0)) == pytest.approx([0.9, 1.0], rel=1e-6)  # lr g / |g|, up and down
    assert two_steps(AdaGrad(0.1, eps=2.0)) == pytest.approx([0.98, 0.98 + 0.025 / (2 + math.hypot(0.5, 0.25))])
    assert two_steps(Adam(0.1, b1=0, b2=0, eps=2.0)) == pytest.approx([0.98, 0.98 + 0.025 / 2.25])


def test_arrays_of_one_name_in_two_groups_have_memories_of_their_own():
    rule, params = Momentum(0.1), {group: {"w": np.zeros(2)} for group in ("one", "two")}
    rule.step(params, {"one": {"w": np.ones(2)}, "two": {"w": np.zeros(2)}})
    assert sorted(rule.memory) == ["one.w", "two.w"]
    assert (params["one"]["w"] == -0.1).all() and (params["two"]["w"] == 0).all()


def test_a_rule_writes_its_own_update():
    with pytest.raises(NotImplementedError, match="a rule writes this"):
        Optimizer(0.1).step(np.ones(2), np.ones(2))


def test_a_table_of_one_row_has_the_row_0():
    table = np.ones((1, 2))
    SGD(0.1).step({"E": table}, {"E": Rows(np.array([0]), np.ones((1, 2)))})
    assert (table == 0.9).all()
    with pytest.raises(ValueError, match="E: ids 0 to 1; want 0 .. 0"):
        SGD(0.1).step({"E": table}, {"E": Rows(np.array([1]), np.ones((1, 2)))})


def test_adam_has_its_papers_settings_unless_told_otherwise():
    rule = Adam()
    assert (rule.lr, rule.b1, rule.b2, rule.eps, rule.lazy) == (1e-3, 0.9, 0.999, 1e-8, False)
