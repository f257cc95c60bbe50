"""For every classic slip, a backward in which the gradient check goes red.  A check that cannot fail shows nothing.

The probe makes mistakes visible: N, D, H, K = 7, 5, 3, 2 are distinct primes, upstream gradients are random and not
ones, biases are not 0, labels unbalanced, weights of examples unequal, net sums spread over [-3, 3].  A slip is a
wrong backward: it takes the probe and gives the gradients it gets wrong; the right ones come from the package.
"""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from mlp import MLP, Windows, l2_penalty, log_loss, softmax, softmax_cross_entropy, squared_error
from mlp.dense import Dense
from mlp.gradcheck import check
from perceptron import identity, net_sum, relu, sigmoid, tanh

N, D, H, K = 7, 5, 3, 2
TASKS, SLIPS, REFUSED = {}, {}, {}


def task(make):
    """A task gives a probe with `model` (arrays), `loss` of such a model, and `right` gradients of the package."""
    TASKS[make.__name__] = make
    return make


def slip(*tasks, into=SLIPS):
    """Register a wrong backward under the cause's id, which begins its name, for each of the tasks."""

    def register(wrong):
        for name in tasks:
            into[f"{wrong.__name__} of {name}"] = (name, wrong)
        return wrong

    return register


def refused(*tasks):
    """As slip, for mistakes of shape or name: the check says so instead of judging."""
    return slip(*tasks, into=REFUSED)


def spread(rng, *shape):
    """Numbers over [-3, 3], in no order, none within 0.1 of 0."""
    size = int(np.prod(shape))
    z = np.linspace(0.1, 3, size) * np.where(np.arange(size) % 2, -1, 1)
    return rng.permutation(z).reshape(shape)


# ---- dense layer: Z = X W + b, upstream g --------------------------------------------------------------------------


@task
def dense():
    rng = np.random.default_rng(0)
    p = SimpleNamespace(
        X=rng.normal(size=(N, D)), W=rng.normal(size=(D, H)), b=rng.normal(size=H), g=rng.normal(size=(N, H))
    )
    p.model = {"X": p.X, "W": p.W, "b": p.b}
    p.loss = lambda m: (p.g * net_sum(m["X"], m["W"], m["b"])).sum()
    layer, dW, db = Dense(p.W, p.b, identity), np.empty((D, H)), np.empty(H)
    dX = layer.backward(p.g, layer.forward(p.X)[1], dW, db)
    p.right = {"X": dX, "W": dW, "b": db}
    return p


@slip("dense")
def D1_bias_averaged(p):
    return {"b": p.g.mean(axis=0)}


@slip("dense")
def D2_bias_summed_over_the_other_axis(p):
    return {"b": np.resize(p.g.sum(axis=1), H)}


@slip("dense")
def D3_bias_summed_over_everything(p):
    return {"b": np.full(H, p.g.sum())}


@slip("dense")
def D4_bias_from_the_last_row(p):
    return {"b": p.g[-1]}


@slip("dense")
def D5_bias_times_itself(p):
    return {"b": p.g.sum(axis=0) * p.b}


@slip("dense")
def D6_one_over_N_again(p):
    return {"W": p.X.T @ p.g / N}


@slip("dense")
def D7_reshape_for_transpose(p):
    return {"W": (p.g.T @ p.X).reshape(D, H)}


@slip("dense")
def D8_inputs_through_W_resized(p):
    return {"X": p.g @ p.W.reshape(H, D)}


@slip("dense")
def D9_upstream_ignored(p):
    return {"X": np.ones((N, H)) @ p.W.T, "W": p.X.T @ np.ones((N, H))}


@slip("dense")
def D10_minus(p):
    return {name: -g for name, g in p.right.items()}


@slip("dense")
def D11_first_row_only(p):
    return {"W": p.X[:1].T @ p.g[:1]}


@slip("dense")
def D12_inputs_averaged_over_rows(p):
    return {"X": np.tile((p.g @ p.W.T).mean(axis=0), (N, 1))}


@refused("dense")
def D4_bias_not_summed(p):
    return {"b": p.g}


@refused("dense")
def D13_product_for_matrix_product(p):
    return {"W": p.X[:, :H] * p.g}


@refused("dense")
def D14_column_of_ones_kept(p):
    return {"X": p.g @ np.vstack([p.W, p.b]).T}


# ---- activations: A = f(Z), upstream g -----------------------------------------------------------------------------


def activation(f):
    rng = np.random.default_rng(1)
    p = SimpleNamespace(f=f, z=spread(rng, N, H), g=rng.normal(size=(N, H)))
    p.a = f(p.z)
    p.model, p.loss = {"z": p.z}, lambda m: (p.g * f(m["z"])).sum()
    p.right = {"z": p.g * f.slope(p.z, p.a)}
    return p


TASKS.update({f.name: (lambda f=f: activation(f)) for f in (sigmoid, tanh, relu)})


@slip("sigmoid", "tanh", "relu")
def A1_slope_forgotten(p):
    return {"z": p.g}


@slip("sigmoid", "tanh")
def A2_slope_of_z_fed_with_a(p):
    return {"z": p.g * p.f.slope(p.a, p.f(p.a))}


@slip("sigmoid")
def A3_z_for_a(p):
    return {"z": p.g * p.z * (1 - p.z)}


@slip("sigmoid")
def A4_slope_of_the_error(p):
    e = p.a - (p.z > 1)
    return {"z": p.g * e * (1 - e)}


@slip("tanh")
def A5_sigmoids_slope(p):
    return {"z": p.g * p.a * (1 - p.a)}


@slip("sigmoid", "tanh")
def A5_one_minus_a(p):
    return {"z": p.g * (1 - p.a)}


@slip("sigmoid")
def A6_plus_for_minus(p):
    return {"z": p.g * p.a * (1 + p.a)}


@slip("sigmoid", "tanh")
def A7_slope_applied_twice(p):
    return {"z": p.g * p.f.slope(p.z, p.a) ** 2}


@slip("sigmoid", "tanh", "relu")
def A8_upstream_forgotten(p):
    return {"z": p.f.slope(p.z, p.a) * 1.0}


@slip("relu")
def A9_mask_of_the_upstream(p):
    return {"z": p.g * (p.g > 0)}


@slip("relu")
def A10_mask_inverted(p):
    return {"z": p.g * (p.z < 0)}


@slip("relu")
def A11_a_for_the_mask(p):
    return {"z": p.g * p.a}


@slip("relu")
def A12_leaky_backwards_only(p):
    return {"z": p.g * np.where(p.z > 0, 1, 0.01)}


@slip("relu")
def A13_one_mask_a_row(p):
    return {"z": p.g * (p.z.sum(axis=1, keepdims=True) > 0)}


# ---- losses: logits z, labels y, weights w -------------------------------------------------------------------------


def loss_of(function, y, weighted, columns):
    rng = np.random.default_rng(2)
    p = SimpleNamespace(z=spread(rng, N, columns), y=y, w=rng.uniform(0.2, 3, (N, 1)) if weighted else None)
    p.model, p.loss = {"z": p.z}, lambda m: function(m["z"], y, p.w)[0]
    p.right = {"z": function(p.z, y, p.w)[1]}
    return p


@task
def log():
    p = loss_of(log_loss, np.array([[1.0], [0], [0], [1], [0], [0], [0]]), False, 1)
    p.p = sigmoid(p.z)
    return p


@task
def weighted_log():
    p = loss_of(log_loss, np.array([[1.0], [0], [0], [1], [0], [0], [0]]), True, 1)
    p.p = sigmoid(p.z)
    return p


@task
def cross_entropy():
    p = loss_of(softmax_cross_entropy, np.eye(3)[[0, 2, 2, 1, 2, 2, 0]], False, 3)
    p.p = softmax(p.z)
    return p


@task
def squared():
    p = loss_of(squared_error, np.random.default_rng(3).normal(size=(N, 4)), False, 4)  # 4: 1/K is not 1/2
    p.p = p.z  # the output itself is the prediction
    return p


ERRORS = ("log", "cross_entropy", "squared")


@slip(*ERRORS)
def L1_sum_for_mean(p):
    return {"z": p.p - p.y}


@slip(*ERRORS)
def L2_one_over_N_twice(p):
    return {"z": (p.p - p.y) / N**2}


@slip("cross_entropy", "squared")
def L2_divided_by_N_and_K(p):
    return {"z": (p.p - p.y) / p.y.size}


@slip("squared")
def L3_factor_2(p):
    return {"z": 2 * (p.p - p.y) / N}


@slip("squared")
def L3_factor_one_half(p):
    return {"z": (p.p - p.y) / 2 / N}


@slip(*ERRORS)
def L4_desired_minus_actual(p):
    return {"z": (p.y - p.p) / N}


@slip("log")
def L5_sigmoids_slope_left_in(p):
    return {"z": (p.p - p.y) * p.p * (1 - p.p) / N}


@slip("log")
def L6_slope_of_the_probability(p):
    return {"z": (p.p - p.y) / (p.p * (1 - p.p)) / N}


@slip("log", "cross_entropy")
def L7_logit_for_probability(p):
    return {"z": (p.z - p.y) / N}


@slip("log")
def L8_labels_of_minus_one(p):
    return {"z": (p.p - (2 * p.y - 1)) / N}


@slip("log")
def L9_only_the_term_of_y(p):
    return {"z": (p.p - 1) * p.y / N}


@slip("log")
def L10_hard_prediction(p):
    return {"z": ((p.z >= 0) - p.y) / N}


@slip("log")
def L11_sign_inside_the_parentheses(p):
    return {"z": -(p.y / p.p + (1 - p.y) / (1 - p.p)) * p.p * (1 - p.p) / N}


@slip("log")
def L12_every_row_against_every_label(p):
    return {"z": (p.p - p.y[:, 0]).mean(axis=1, keepdims=True) / N}


@slip("weighted_log")
def L13_weights_ignored(p):
    return {"z": (p.p - p.y) / N}


@slip("weighted_log")
def L13_divided_by_N_not_by_the_weights(p):
    return {"z": p.w * (p.p - p.y) / N}


@slip("cross_entropy")
def L14_diagonal_of_the_jacobian(p):
    return {"z": (p.p - p.y) * p.y / N}


@slip("cross_entropy")
def L15_labels_forgotten(p):
    return {"z": p.p / N}


@slip("cross_entropy")
def L16_softmax_down_the_columns(p):
    return {"z": (softmax(p.z.T).T - p.y) / N}


@slip("cross_entropy")
def L17_no_normaliser(p):
    return {"z": (np.exp(p.z) - p.y) / N}


@slip("cross_entropy")
def L18_slice_for_an_entry_a_row(p):
    dz = p.p.copy()
    dz[:, p.y.argmax(axis=1)] -= 1  # all these columns, in every row
    return {"z": dz / N}


@slip("cross_entropy")
def L19_factor_p(p):
    return {"z": (p.p - p.y) * p.p / N}


@slip("log")
def L21_log_of_p_plus_eps_in_the_backward(p):
    p.loss = lambda m: -(p.y * np.log(sigmoid(m["z"]) + 1e-2) + (1 - p.y) * np.log(1 - sigmoid(m["z"]) + 1e-2)).mean()
    return {}  # the right slope, of another loss


@slip("squared")
def L23_absolute_error(p):
    return {"z": abs(p.p - p.y) / N}


@slip("squared")
def L23_sign_of_the_error(p):
    return {"z": np.sign(p.p - p.y) / N}


@slip("squared")
def L23_output_for_error(p):
    return {"z": p.p / N}


# ---- two layers: A1 = tanh(X W1 + b1), z = A1 W2 + b2, log loss ----------------------------------------------------


@task
def two_layers():
    rng = np.random.default_rng(4)
    p = SimpleNamespace(X=rng.normal(size=(N, D)), y=np.array([[0.0], [1], [1], [0], [1], [1], [1]]))
    p.net = net = MLP([D, H, 1], rng, np.float64, hidden=tanh)
    net.theta.flat += rng.normal(0, 0.3, net.theta.flat.shape)  # not at the start: b is 0 there
    p.model, p.loss = net, lambda m: log_loss(m.forward(p.X)[0], p.y)[0]
    z, p.caches = net.forward(p.X)
    p.delta2 = log_loss(z, p.y)[1]  # (N, 1)
    p.right = dict(net.backward(p.delta2, p.caches)[1])
    (_, p.Z1, p.A1), _ = p.caches[0]
    p.f1 = 1 - p.A1**2  # (N, H)  tanh'
    p.delta1 = p.delta2 @ net.theta["1.W"].T * p.f1  # (N, H)
    p.p = sigmoid(z)
    return p


def layer1(p, delta1):
    """The first layer's gradients for an error signal of its own."""
    return {"0.W": p.X.T @ delta1, "0.b": delta1.sum(axis=0)}


@slip("two_layers")
def M1_hidden_delta_through_the_updated_W2(p):
    W2 = p.net.theta["1.W"] - 0.5 * p.right["1.W"]
    return layer1(p, p.delta2 @ W2.T * p.f1)


@slip("two_layers")
def M2_W2_left_out(p):
    return layer1(p, p.delta2 @ np.ones((1, H)) * p.f1)


@slip("two_layers")
def M3_one_over_N_again_in_the_hidden_layer(p):
    return layer1(p, p.delta1 / N)


@slip("two_layers")
def M4_Z1_for_A1(p):
    return {"1.W": p.Z1.T @ p.delta2}


@slip("two_layers")
def M5_A1_for_X(p):
    return {"0.W": np.resize(p.A1.T @ p.delta1, (D, H))}


@slip("two_layers")
def M6_bias_before_the_slope(p):
    return {"0.b": (p.delta2 @ p.net.theta["1.W"].T).sum(axis=0)}


@slip("two_layers")
def M7_bias_forgotten(p):
    return {"0.b": np.zeros(H), "1.b": np.zeros(1)}


@slip("two_layers")
def M8_slope_at_the_output_although_it_cancels(p):
    delta2 = p.delta2 * p.p * (1 - p.p)
    return {"1.W": p.A1.T @ delta2, "1.b": delta2.sum(axis=0), **layer1(p, delta2 @ p.net.theta["1.W"].T * p.f1)}


@slip("two_layers")
def M9_delta_without_this_layers_slope(p):
    return layer1(p, p.delta2 @ p.net.theta["1.W"].T)


@slip("two_layers")
def M10_stale_cache(p):
    return p.net.backward(p.delta2, p.net.forward(np.roll(p.X, 1, axis=0))[1])[1]


@slip("two_layers")
def M11_rows_of_X_reversed(p):
    return {"0.W": p.X[::-1].T @ p.delta1}


@slip("two_layers")
def M12_a_layer_left_at_zero(p):
    return {"0.W": np.zeros((D, H)), "0.b": np.zeros(H)}


@slip("two_layers")
def M13_delta_through_the_layers_own_W(p):
    return layer1(p, p.delta2 @ np.resize(p.net.theta["0.W"], (1, H)) * p.f1)


@slip("two_layers")
def M14_gradients_added_to_the_last_calls(p):
    return {name: g + g for name, g in p.right.items()}


@slip("two_layers")
def M16_learning_rate_already_inside(p):
    return {name: 0.1 * g for name, g in p.right.items()}


@refused("two_layers")
def M12_a_layer_skipped(p):
    return {"0.W": None, "0.b": None}  # None: the name is missing


@refused("two_layers")
def M5_A1_for_X_as_it_comes(p):
    return {"0.W": p.A1.T @ p.delta1}


# ---- L2: data + l2/2 sum W^2, and the data in the mean of N --------------------------------------------------------

LAMBDA = 0.2  # of the order of the data's gradient


@task
def penalised():
    rng = np.random.default_rng(5)
    p = SimpleNamespace(X=rng.normal(size=(N, D)), y=rng.normal(size=(N, H)))
    theta = Windows({"W": (D, H), "b": (H,)}, rng.normal(size=D * H + H))
    p.model, p.W, p.b = dict(theta), theta["W"], theta["b"]

    def data(m):
        return squared_error(net_sum(p.X, m["W"], m["b"]), p.y)

    # the twin of the price in the loss is written out, so that a wrong l2_penalty could not agree with itself
    p.loss = lambda m: data(m)[0] + LAMBDA / 2 * (m["W"] * m["W"]).sum()
    dz = data(theta)[1]
    p.data = {"W": p.X.T @ dz, "b": dz.sum(axis=0)}
    penalty = l2_penalty(theta, LAMBDA)[1]
    p.right = {name: p.data[name] + penalty[name] for name in p.data}
    return p


@slip("penalised")
def R1_penalty_missing(p):
    return {"W": p.data["W"]}


@slip("penalised")
def R1_penalty_double(p):
    return {"W": p.data["W"] + 2 * LAMBDA * p.W}


@slip("penalised")
def R1_penalty_half(p):
    return {"W": p.data["W"] + LAMBDA / 2 * p.W}


@slip("penalised")
def R1_penalty_subtracted(p):
    return {"W": p.data["W"] - LAMBDA * p.W}


@slip("penalised")
def R2_penalty_on_the_bias(p):
    return {"b": p.data["b"] + LAMBDA * p.b}


@slip("penalised")
def R3_penalty_over_N(p):
    return {"W": p.data["W"] + LAMBDA * p.W / N}


@slip("penalised")
def R4_penalty_not_differentiated(p):
    return {"W": p.data["W"] + LAMBDA * p.W**2}


@slip("penalised")
def R6_lambda_on_the_data_too(p):
    return {"W": LAMBDA * (p.data["W"] + p.W)}


@slip("penalised")
def R7_price_missing_in_the_loss(p):
    p.loss = lambda m: squared_error(net_sum(p.X, m["W"], m["b"]), p.y)[0]
    return {}  # the right slope, of another loss


# ---- dropout -------------------------------------------------------------------------------------------------------


@task
def dropped():
    rng = np.random.default_rng(6)
    p = SimpleNamespace(X=rng.normal(size=(N, D)), y=rng.normal(size=(N, K)))
    p.model = p.net = MLP([D, H, K], rng, np.float64, hidden=tanh, dropout=0.4)
    p.net.theta.flat += rng.normal(0, 0.3, p.net.theta.flat.shape)
    p.loss = lambda m: squared_error(m.forward(p.X, np.random.default_rng(8))[0], p.y)[0]
    z, p.caches = p.net.forward(p.X, np.random.default_rng(8))
    p.dz = squared_error(z, p.y)[1]
    p.right = dict(p.net.backward(p.dz, p.caches)[1])
    return p


def with_mask(p, mask):
    (cache, _), last = p.caches
    return p.net.backward(p.dz, [(cache, mask), last])[1]


@slip("dropped")
def P1_another_mask_backwards(p):
    return with_mask(p, p.net.forward(p.X, np.random.default_rng(9))[1][0][1])


@slip("dropped")
def P1_mask_not_scaled(p):
    return with_mask(p, p.caches[0][1] * 0.6)


@slip("dropped")
def P1_mask_forgotten(p):
    return with_mask(p, None)


# ---- the verdicts --------------------------------------------------------------------------------------------------

METHODS = pytest.mark.parametrize("method", ["centred", "complex"])


@METHODS
@pytest.mark.parametrize("name", TASKS)
def test_green_on_the_right_backward(name, method):
    p = TASKS[name]()
    report = check(p.model, p.loss, p.right, method=method)
    assert report.ok and report.error < (1e-7 if method == "centred" else 1e-12), report


@pytest.mark.parametrize("name", TASKS)
def test_the_probe_is_alive(name):
    for g in TASKS[name]().right.values():  # a dead array would hide what is wrong with it
        assert abs(g).max() > 1e-2 and np.count_nonzero(abs(g) > 1e-3 * abs(g).max()) >= g.size / 3


@METHODS
@pytest.mark.parametrize("name, wrong", SLIPS.values(), ids=SLIPS)
def test_red_on_the_slip(name, wrong, method):
    p = TASKS[name]()
    slipped = dict(wrong(p))
    report = check(p.model, p.loss, {**p.right, **slipped}, method=method)
    assert not report.ok and report.error > 1e-3  # no near miss: the probe shows it plainly
    changed = {key for key, g in slipped.items() if not np.allclose(g, p.right[key], rtol=1e-12)}
    if changed:  # else the slip is in the loss
        assert {a.name for a in report.arrays if a.verdict == "wrong"} == changed, report


@pytest.mark.parametrize("name, wrong", REFUSED.values(), ids=REFUSED)
def test_refused_for_its_shape_or_name(name, wrong):
    p = TASKS[name]()
    grads = {key: g for key, g in {**p.right, **wrong(p)}.items() if g is not None}
    with pytest.raises(ValueError, match="its gradient|parameters and gradients differ"):
        check(p.model, p.loss, grads)


def test_the_slips_of_a_task_differ_from_each_other():
    found = {}
    for title, (name, wrong) in SLIPS.items():
        p = TASKS[name]()
        slipped = {**p.right, **wrong(p)}
        if not title.startswith(("L21", "R7")):  # those two change the loss
            found.setdefault(name, {})[title] = np.concatenate([np.ravel(slipped[k]) for k in p.right])
    for vectors in found.values():
        titles = list(vectors)
        for i, a in enumerate(titles):
            for b in titles[:i]:
                gap = np.linalg.norm(vectors[a] - vectors[b]) / np.linalg.norm(vectors[a])
                assert gap > 1e-3, (a, b)


def test_there_are_enough_of_them_and_each_has_its_causes_id():
    causes = {re.match("[A-Z]+[0-9]+", title)[0] for title in [*SLIPS, *REFUSED]}
    assert len(causes) >= 50 and len(SLIPS) >= 80


# ---- what hides a slip, and what a gradient check cannot see --------------------------------------------------------


@pytest.mark.parametrize("wrong", [A8_upstream_forgotten])
def test_ones_upstream_would_hide_it(wrong):
    p = activation(tanh)
    p.g[...] = 1  # the lazy probe
    assert check(p.model, p.loss, wrong(p)).ok


def test_a_square_batch_and_ones_upstream_would_hide_the_wrong_axis():  # D2 with N = H
    X, W, b, g = np.random.default_rng(0).normal(size=(3, 5)), np.ones((5, 3)), np.ones(3), np.ones((3, 3))
    right_by_chance = {"W": X.T @ g, "b": g.sum(axis=1)}
    assert check({"W": W, "b": b}, lambda m: (g * net_sum(X, m["W"], m["b"])).sum(), right_by_chance).ok


def test_D15_a_single_row_without_its_axis_is_refused_by_the_forward():
    with pytest.raises(ValueError, match="one example per row"):
        net_sum(np.ones(D), np.ones((D, H)), np.ones(H))


def test_A14_writing_into_z_shows_on_read_only_inputs():
    def slope(z):
        z[z < 0] = 0
        return z > 0

    z = np.array([-1.0, 2])
    z.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        slope(z)
    relu.slope(z, relu(z))  # ours does not write


def test_A15_a_wrong_forward_with_its_own_right_slope_is_green_and_only_a_law_sees_it():
    z = np.array([-2.0, 0.5, 3])  # 1 / e^-z for 1 / (1 + e^-z): its slope is e^z
    assert check({"z": z}, lambda m: (1 / np.exp(-m["z"])).sum(), {"z": np.exp(z)}).ok
    assert ((1 / np.exp(-z)) > 1).any() and not (sigmoid(z) > 1).any()  # the law: 0 < a < 1


def test_A16_the_slope_at_the_kink_is_not_a_slip():
    z = np.array([0.0, 1, -2])
    for at_zero in (0, 0.5, 1):
        report = check(
            {"z": z},
            lambda m: relu(m["z"]).sum(),
            {"z": np.array([at_zero, 1.0, 0])},
            pre_activations=lambda m: [m["z"]],
        )
        assert report.ok and report["z"].judged == 2 + (at_zero == 0.5)  # 1/2 is what is measured


def test_L12_the_loss_refuses_labels_that_would_broadcast():
    for loss in (log_loss, softmax_cross_entropy, squared_error):
        with pytest.raises(ValueError, match="must match"):
            loss(np.zeros((N, 1)), np.ones(N))


def test_L16_L17_rows_of_the_softmax_slope_sum_to_0_and_none_exceeds_one_over_N():
    p = cross_entropy()
    np.testing.assert_allclose(p.right["z"].sum(axis=1), 0, atol=1e-16)
    assert abs(p.right["z"]).max() <= 1 / N
    assert abs(L16_softmax_down_the_columns(p)["z"].sum(axis=1)).max() > 0.01
    assert abs(L17_no_normaliser(p)["z"]).max() > 1 / N


def test_L20_the_loss_gives_a_slope_that_is_its_own():
    p = cross_entropy()
    again = softmax_cross_entropy(p.z, p.y)[1]
    p.right["z"][...] = 99  # spoiling one answer spoils no other
    np.testing.assert_array_equal(softmax_cross_entropy(p.z, p.y)[1], again)


def test_L22_softmax_without_the_shift_is_nan_at_large_logits_and_ours_is_not():
    z = np.array([[1000.0, 999, -1000]])
    with np.errstate(all="ignore"):
        assert np.isnan(np.exp(z) / np.exp(z).sum()).any()
    np.testing.assert_allclose(softmax(z), [[1 / (1 + np.exp(-1)), 1 / (1 + np.e), 0]], rtol=1e-15)
    assert np.isfinite(softmax_cross_entropy(z, np.eye(3)[[2]])[1]).all()


def test_M15_weights_of_zero_pass_the_check_and_never_differ():
    p = two_layers()
    p.net.theta.flat[...] = 0
    z, caches = p.net.forward(p.X)
    grads = p.net.backward(log_loss(z, p.y)[1], caches)[1]
    assert check(p.net, p.loss, grads).ok  # green, and yet no hidden weight will ever move
    assert not grads["0.W"].any() and not grads["1.W"].any() and grads["1.b"].any()


def test_P2_a_mask_drawn_anew_at_each_call_is_refused():
    p, rng = dropped(), np.random.default_rng(0)
    with pytest.raises(ValueError, match="hand in a generator that each call seeds anew"):
        check(p.net, lambda m: squared_error(m.forward(p.X, rng)[0], p.y)[0], p.right)
