"""For every classic slip of embeddings, wide parts and joined towers, a check that goes red.  E1 to W6 are their ids.

The probe makes mistakes visible: 7 rows, rows of 3 numbers, layers of 5 and 2; ids repeated inside a bag and across
bags, bags of several sizes, an empty one, an unused id; unequal sample weights; no weight and no bias is 0.  A slip
takes the probe and gives the gradients that it gets wrong; the right ones come from the package.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from mlp import SGD, AdaGrad, log_loss
from mlp.gradcheck import check
from mlp.windows import flatten
from perceptron import sigmoid
from tests.builders import bags
from widedeep import FTRL, Bag, Category, Cross, Deep, Encoder, Standard, Wide, WideDeep

N, d = 7, 3
SLIPS = {}


def slip(*wrong):
    """Register a slip with the names of the arrays that it gets wrong; all others have to be judged right."""

    def register(backward):
        SLIPS[backward.__name__] = (backward, set(wrong))
        return backward

    return register


TABLE = {
    "a": np.array(["x", "y", "x", "z", "x", "y", "x"]),
    "g": bags(("p", "q"), (), ("p", "p", "r"), ("q",), ("s",), ("r", "q", "p"), ("p", "r")),
    "h": bags((1,), (2, 1), (), (1, 2, 1), (2,), (3, 1), (1,)),
    "n": np.array([0.3, -1.2, 2.0, 0.7, -0.4, 1.1, -2.2]),
}
LABELS = np.array([[1], [0], [0], [1], [0], [1], [0]])
WEIGHTS = np.array([[0.5], [2.0], [1.0], [3.0], [0.2], [1.5], [0.7]])


def probe(kind=WideDeep, dropout=0.0):
    """Everything a wrong backward may want: the batch, the model, p, dz and, through the layers by hand, the errors."""
    rng = np.random.default_rng(5)
    likes = Bag("g")
    encoder = Encoder([Category("a"), likes, Cross("a", likes)], [Category("a"), likes, Bag("h")], [Standard("n")])
    encoder.fit({name: np.concatenate([column, column[:1]]) for name, column in TABLE.items()}
                | {"a": np.array([*TABLE["a"], "unused"])})  # fmt: skip
    batch = encoder.encode(TABLE, LABELS, dtype=np.float64)
    deep = Deep(encoder.n_deep, d, encoder.n_inputs, [5, 2], rng, np.float64, dropout=dropout)
    model = kind(np.float64, wide=Wide(encoder.n_wide, np.float64), deep=deep)
    for name, w in flatten(model.params()):
        w += rng.normal(0, 0.6, w.shape)
        if name in model.frozen():
            w[0] = 0
    w = dict(flatten(model.params()))
    w["deep.w"][...] = np.abs(w["deep.w"]) + [[0.3], [0.6]]  # both last neurons are heard,
    w["deep.mlp.1.b"][...] = 0.9, 0.2  # and on for most rows, not for all
    z, caches = model.forward(batch)
    dz = log_loss(z, LABELS)[1]
    p = SimpleNamespace(encoder=encoder, batch=batch, model=model, w=w, z=z, dz=dz, p=sigmoid(z), y=LABELS)
    p.grads = lambda dz=dz: dict(flatten(model.backward(dz, caches)))
    p.right = p.grads()

    # through the deep tower by hand
    E, ids = w["deep.E"], batch.deep
    edges = np.cumsum([1, *batch.bags])
    p.slots = [np.arange(a, b) for a, b in zip([0, *edges], edges)]  # of each column
    p.known = [(ids[:, s] > 0).sum(axis=1, keepdims=True) for s in p.slots]  # (N, 1) each
    C = [E[ids[:, s]].sum(axis=1) / np.maximum(k, 1) for s, k in zip(p.slots, p.known)]  # (N, d) each
    X = np.hstack([*C, batch.numbers])
    Z0 = X @ w["deep.mlp.0.W"] + w["deep.mlp.0.b"]
    A0 = np.maximum(Z0, 0)
    Z1 = A0 @ w["deep.mlp.1.W"] + w["deep.mlp.1.b"]
    p.X, p.A0, p.Z0, p.Z1, p.A1 = X, A0, Z0, Z1, np.maximum(Z1, 0)
    p.delta1 = dz @ w["deep.w"].T * (Z1 > 0)
    p.delta0 = p.delta1 @ w["deep.mlp.1.W"].T * (Z0 > 0)
    p.dX = p.delta0 @ w["deep.mlp.0.W"].T  # (N, 3 d + 1)
    p.dC = [p.dX[:, c * d : c * d + d] for c in range(3)]  # the errors of each column
    return p


def places(p):
    """(id, column, row, error of the column there, how many its mean divided by) of every known place, one by one."""
    for c, slots in enumerate(p.slots):
        for n in range(N):
            for i in p.batch.deep[n, slots]:
                if i > 0:
                    yield i, c, n, p.dC[c][n], p.known[c][n, 0]


def scatter(p, error):
    dE = np.zeros_like(p.w["deep.E"])
    for i, c, n, g, count in places(p):
        dE[i] += error(i, c, n, g, count)
    return {"deep.E": dE}


def test_the_errors_by_hand_are_those_of_the_package():
    p = probe()
    by_hand = scatter(p, lambda i, c, n, g, count: g / count) | {
        "deep.w": p.A1.T @ p.dz, "deep.mlp.1.W": p.A0.T @ p.delta1, "deep.mlp.1.b": p.delta1.sum(axis=0),
        "deep.mlp.0.W": p.X.T @ p.delta0, "deep.mlp.0.b": p.delta0.sum(axis=0),
    }  # fmt: skip
    for name, g in by_hand.items():
        np.testing.assert_allclose(p.right[name], g, rtol=1e-10, atol=1e-15, err_msg=name)


def test_the_right_backward_is_green_and_every_array_has_a_slope():
    p = probe()
    report = check(p.model, lambda m: log_loss(m.forward(p.batch)[0], LABELS)[0], p.right, method="complex")
    assert report and report.error < 1e-12, report
    assert all(np.abs(g).max() > 1e-3 for g in p.right.values())


# ---- embeddings ----------------------------------------------------------------------------------------------------


def slots_of(p):
    """The errors of the slots, side by side, each a share of its column's: (N, S, d)."""
    shares = [g[:, None] / np.maximum(k, 1)[:, :, None] for g, k in zip(p.dC, p.known)]
    return np.concatenate([np.repeat(s, len(slots), axis=1) for s, slots in zip(shares, p.slots)], axis=1)


@slip("deep.E")
def E1_assigned(p):
    dE = np.zeros_like(p.w["deep.E"])
    dE[p.batch.deep] = slots_of(p)
    return {"deep.E": dE}


@slip("deep.E")
def E1_added_in_place(p):
    dE = np.zeros_like(p.w["deep.E"])
    dE[p.batch.deep] += slots_of(p)
    return {"deep.E": dE}


@slip("deep.E")
def E2_the_count_is_not_divided(p):
    return scatter(p, lambda i, c, n, g, count: g)


@slip("deep.E")
def E2_the_root_of_the_count(p):
    return scatter(p, lambda i, c, n, g, count: g / np.sqrt(count))


@slip("deep.E")
def E2_padding_is_counted(p):
    return scatter(p, lambda i, c, n, g, count: g / len(p.slots[c]))


@slip("deep.E")
def E3_divided_by_how_often_an_id_occurs(p):
    often = np.bincount(p.batch.deep.ravel())
    return scatter(p, lambda i, c, n, g, count: g / count / often[i])


@slip("deep.E")
def E4_only_the_first_id_of_a_bag(p):
    firsts = [p.batch.deep[:, slots[0]] for slots in p.slots]
    return scatter(p, lambda i, c, n, g, count: g / count * (firsts[c][n] == i))


@slip("deep.E")
def E4_repeats_inside_a_bag_are_dropped(p):
    dE, seen = np.zeros_like(p.w["deep.E"]), set()
    for i, c, n, g, count in places(p):
        if (i, c, n) not in seen:
            dE[i] += g / count
        seen.add((i, c, n))
    return {"deep.E": dE}


@slip("deep.E")
def E5_ids_shifted_by_one(p):
    return {"deep.E": np.roll(p.right["deep.E"], 1, axis=0)}


@slip("deep.E")
def E5_the_block_of_the_second_column_is_forgotten(p):
    dE, size = np.zeros_like(p.w["deep.E"]), p.encoder.deep[0].size
    for i, c, _, g, count in places(p):
        dE[i - size if c == 1 else i] += g / count
    return {"deep.E": dE}


@slip("deep.E")
def E6_a_real_id_is_taken_for_padding(p):
    return {"deep.E": p.right["deep.E"] * (np.arange(len(p.w["deep.E"])) != 1)[:, None]}


@slip("deep.E")
def E7_columns_cut_in_the_wrong_order(p):
    p.dC = p.dC[::-1]
    return scatter(p, lambda i, c, n, g, count: g / count)


@slip("deep.E")
def E7_numbers_cut_off_at_the_wrong_end(p):
    p.dC = [p.dX[:, 1 + c * d : 1 + c * d + d] for c in range(3)]
    return scatter(p, lambda i, c, n, g, count: g / count)


@slip("deep.E")
def upstream_left_out_of_the_embedding(p):
    return scatter(p, lambda i, c, n, g, count: np.ones(d) / count)


# ---- the wide part -------------------------------------------------------------------------------------------------


def wide_scatter(p, error):
    dw = np.zeros_like(p.w["wide.w"])
    for n, row in enumerate(p.batch.wide):
        for i in row[row > 0]:
            dw[i] += error(n, i)
    return {"wide.w": dw}


@slip("wide.w")
def W1_how_often_it_stands_is_ignored(p):
    often = [{i: (row == i).sum() for i in row} for row in p.batch.wide]  # "p" twice in a bag: x = 2
    return wide_scatter(p, lambda n, i: p.dz[n, 0] / often[n][i])


@slip("wide.w")
def W2_crosses_write_to_the_block_of_their_column(p):
    dw, base = np.zeros_like(p.w["wide.w"]), 1 + p.encoder.wide[0].size + p.encoder.wide[1].size
    for n, row in enumerate(p.batch.wide):
        for i in row[row > 0]:
            dw[i if i < base else 1 + (i - base) % (base - 1)] += p.dz[n, 0]
    return {"wide.w": dw}


@slip("wide.w")
def wide_repeats_across_rows_are_dropped(p):
    dw = np.zeros_like(p.w["wide.w"])
    dw[p.batch.wide] += p.dz
    return {"wide.w": dw}


@slip("wide.w")
def wide_divided_by_n_again(p):
    return {"wide.w": p.right["wide.w"] / N}


@slip("wide.w")
def wide_sigmoid_slope_left_in(p):
    slope = p.p * (1 - p.p)
    return wide_scatter(p, lambda n, i: p.dz[n, 0] * slope[n, 0])


# ---- towers joined -------------------------------------------------------------------------------------------------

DEEP = {"deep.E", "deep.w", "deep.mlp.0.W", "deep.mlp.0.b", "deep.mlp.1.W", "deep.mlp.1.b"}


def part(grads, tower):
    return {name: g for name, g in grads.items() if name.startswith(tower)}


@slip("wide.w", *DEEP)
def W3_each_tower_has_a_p_of_its_own(p):
    own = {name: (sigmoid(p.model.towers[name].forward(p.batch)[0]) - p.y) / N for name in ("wide", "deep")}
    return part(p.grads(own["wide"]), "wide") | part(p.grads(own["deep"]), "deep")


@slip("wide.w", *DEEP)
def W4_twice_the_error_for_the_mean_of_two_logits(p):
    return part(p.grads(2 * p.dz), "wide") | part(p.grads(2 * p.dz), "deep")


@slip("bias.b")
def W5_the_bias_is_learned_once_for_each_tower(p):
    return {"bias.b": 2 * p.right["bias.b"]}


@slip("wide.w")
def W6_the_error_reaches_the_deep_tower_only(p):
    return {"wide.w": np.zeros_like(p.right["wide.w"])}


@slip(*DEEP)
def W6_the_error_reaches_the_wide_tower_only(p):
    return {name: np.zeros_like(g) for name, g in part(p.right, "deep").items()}


@slip("wide.w", "bias.b", *DEEP)
def desired_minus_actual(p):
    return p.grads(-p.dz)


@slip("wide.w", "bias.b", *DEEP)
def a_sum_where_the_loss_is_a_mean(p):
    return p.grads(p.p - p.y)


@slip("wide.w", *DEEP)  # not the bias: the errors have the same sum
def labels_against_a_row_of_labels(p):
    return p.grads((p.p - p.y.T).mean(axis=1, keepdims=True) / N)


@slip("bias.b")
def the_bias_is_averaged(p):
    return {"bias.b": p.dz.mean(axis=0)}


@slip(*DEEP - {"deep.w"})
def the_last_weights_do_not_carry_the_error(p):
    w = p.model.towers["deep"].w
    kept = w.copy()
    w[...] = 1
    wrong = part(p.grads(), "deep")
    w[...] = kept
    return wrong


@slip(*DEEP - {"deep.w"})
def the_last_weights_were_moved_before_the_error_came_through(p):
    w = p.model.towers["deep"].w
    w -= 0.5 * p.right["deep.w"]
    wrong = part(p.grads(), "deep")
    w += 0.5 * p.right["deep.w"]
    return wrong


@slip("deep.w")
def the_last_weights_see_net_sums(p):
    return {"deep.w": p.Z1.T @ p.dz}


@slip(*DEEP)
def rows_of_another_batch(p):
    other = p.model.towers["deep"].forward(p.batch[np.arange(N)[::-1]])[1]
    return {f"deep.{name}": g for name, g in flatten(p.model.towers["deep"].backward(p.dz, other))}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_found_and_nothing_else_is_blamed(name):
    p = probe()
    backward, wrong = SLIPS[name]
    grads = p.right | backward(p)
    for method in ("centred", "complex"):
        report = check(p.model, lambda m: log_loss(m.forward(p.batch)[0], LABELS)[0], grads, method=method)
        assert {a.name for a in report.arrays if a.verdict != "right"} == wrong, report


def test_every_slip_of_the_list_is_here():
    asked = {f"E{i}" for i in range(1, 8)} | {f"W{i}" for i in range(1, 7)}  # E8 is the optimizer's, below
    assert asked <= {name.split("_")[0] for name in SLIPS}


# ---- wrong forwards ------------------------------------------------------------------------------------------------


class Averaged(WideDeep):
    """W4: logits averaged on the way up, the error not halved on the way down."""

    def forward(self, batch, rng=None):
        z, caches = super().forward(batch, rng)
        return (z - self.b) / 2 + self.b, caches


class Deaf(WideDeep):
    """A tower that backward teaches and forward forgets."""

    def forward(self, batch, rng=None):
        z, caches = super().forward(batch, rng)
        return z - self.towers["wide"].forward(batch)[0], caches


@pytest.mark.parametrize("kind, wrong", [(Averaged, {"wide.w", *DEEP}), (Deaf, {"wide.w"})])
def test_a_wrong_forward_is_found(kind, wrong):
    p = probe(kind)
    report = check(p.model, lambda m: log_loss(m.forward(p.batch)[0], LABELS)[0], p.right, method="complex")
    assert {a.name for a in report.arrays if a.verdict == "wrong"} == wrong, report


def dropped(model, batch, backward_seed):
    """Forward with one mask, backward with the mask of another seed (the same, if it is 3)."""
    dz = log_loss(model.forward(batch, np.random.default_rng(3))[0], LABELS)[1]
    rng = None if backward_seed is None else np.random.default_rng(backward_seed)
    return model.backward(dz, model.forward(batch, rng)[1])


@pytest.mark.parametrize(
    "seed, right", [(3, True), (4, False), (None, False)], ids=["the mask", "a new mask", "no mask"]
)
def test_backward_needs_the_mask_of_forward(seed, right):
    p = probe(dropout=0.5)
    report = check(p.model, lambda m: log_loss(m.forward(p.batch, np.random.default_rng(3))[0], LABELS)[0],
                   dropped(p.model, p.batch, seed), method="complex")  # fmt: skip
    assert report.ok is right, report


@pytest.mark.parametrize("slip", ["ignored", "divided by N"])
def test_sample_weights_are_part_of_the_error_signal(slip):
    p = probe()

    def loss(m):
        return log_loss(m.forward(p.batch)[0], LABELS, WEIGHTS)[0]

    right = log_loss(p.z, LABELS, WEIGHTS)[1]
    assert check(p.model, loss, p.grads(right), method="complex")
    wrong = p.dz if slip == "ignored" else right * WEIGHTS.sum() / N
    report = check(p.model, loss, p.grads(wrong), method="complex")
    assert all(a.verdict == "wrong" for a in report.arrays), report


# ---- what no gradient check sees -----------------------------------------------------------------------------------


class TwoBiases(WideDeep):
    """W5: a second bias inside a tower.  The slopes are right; one of the two is superfluous."""

    def __init__(self, dtype, **towers):
        super().__init__(dtype, **towers)
        self.c = np.zeros(1, dtype)

    def params(self):
        return super().params() | {"tower": {"b": self.c}}

    def forward(self, batch, rng=None):
        z, caches = super().forward(batch, rng)
        return z + self.c, caches

    def backward(self, dz, caches):
        return super().backward(dz, caches) | {"tower": {"b": dz.sum(axis=0)}}


def test_W5_two_biases_have_equal_gradients_and_the_package_has_one():
    p = probe(TwoBiases)
    assert check(p.model, lambda m: log_loss(m.forward(p.batch)[0], LABELS)[0], p.right).ok  # the check is content
    assert p.right["bias.b"] == p.right["tower.b"]  # the twin gives it away
    ours = probe().right
    assert not any(np.array_equal(g, ours["bias.b"]) for name, g in ours.items() if name != "bias.b")


def test_E6_a_trained_padding_row_is_left_out_by_the_check_and_seen_in_training():
    p = probe()
    wrong = p.right | {"deep.E": p.right["deep.E"] + np.eye(len(p.w["deep.E"]), d) * (np.arange(d) == 0)}
    assert check(p.model, lambda m: log_loss(m.forward(p.batch)[0], LABELS)[0], wrong).ok  # row 0 is not judged
    for grads, moved in ((p.right, False), (wrong, True)):
        E = p.w["deep.E"].copy()
        SGD(0.1).step(E, grads["deep.E"])
        assert E[0].any() == moved


def test_E8_a_repeated_id_is_summed_before_the_rule_squares_it():
    """Two rows with one feature, errors .3 and .5: the memory holds .8^2 = .64, not .3^2 + .5^2 = .34."""
    learned = Encoder(wide=[Category("a")]).fit({"a": ["x", "x"]})
    batch, dz = learned.encode({"a": ["x", "x"]}), np.array([[0.3], [0.5]])
    for rule in (AdaGrad(0.1), FTRL(0.1)):
        wide = Wide(learned.n_wide, np.float64)
        rule.step(wide.params(), wide.backward(dz, wide.forward(batch)[1]))
        assert rule.memory["w"][-1][1] == pytest.approx(0.64)
    one_by_one = AdaGrad(0.1)
    for n in range(2):  # the slip: each place on its own
        wide = Wide(learned.n_wide, np.float64)
        one_by_one.step(wide.params(), wide.backward(dz[n : n + 1], wide.forward(batch[np.array([n])])[1]))
    assert one_by_one.memory["w"][-1][1] == pytest.approx(0.34)


def test_gradients_that_pile_up_are_seen_by_calling_twice():
    p = probe()
    first, second = p.grads(), p.grads()
    piled = {name: first[name] + second[name] for name in first}  # the slip: stored and added
    assert all((first[name] == second[name]).all() for name in first)
    assert not any(np.allclose(piled[name], first[name]) for name in first)
