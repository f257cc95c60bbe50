"""Whole models: the wrong array, row and entry are named, within the evaluations that were promised."""

import time

import numpy as np
import pytest

from mlp import MLP, log_loss, softmax_cross_entropy, squared_error
from mlp.sparse import Rows
from tests.widedeep.probe import LABELS, TABLE, build
from widedeep import (
    Bag,
    Category,
    Classes,
    Deep,
    DeepClasses,
    Encoder,
    Regression,
    Standard,
    Wide,
    WideClasses,
    WideDeep,
    class_labels,
    number_labels,
)
from widedeep.exercises import diagnose


def learn():
    columns = [Category("a"), Bag("g"), Bag("h")]
    return Encoder(wide=columns, deep=columns, numbers=[Standard("n"), Standard("m")]).fit(TABLE)


@pytest.fixture(scope="module")
def batch():
    return learn().encode(TABLE, LABELS)


def spoiled(model, spoil):
    """The model, whose backward ends in spoil(grads): nested gradients, which it may change."""

    class Spoiled(type(model)):
        def backward(self, dz, caches):
            grads = super().backward(dz, caches)
            plain = copied(grads, self.params())
            spoil(plain)
            return plain

    other = Spoiled.__new__(Spoiled)
    other.__dict__.update(model.__dict__)
    return other


def copied(grads, params):
    """Nested gradients as arrays of their own."""
    if isinstance(grads, Rows):
        return grads.dense(params.shape)
    return {name: copied(g, params[name]) for name, g in grads.items()} if hasattr(grads, "items") else np.array(grads)


def scaled(tower, name, at, by=1.5):
    def spoil(grads):
        grads[tower][name][at] *= by

    return spoil


def test_right_models_are_right_and_are_left_as_they_were(batch):
    for dtype in (np.float32, np.float64):
        for towers in ("wide", "deep", "both"):
            model = build(learn(), dtype=dtype)
            if towers != "both":
                model = WideDeep(dtype, **{towers: model.towers[towers]})
            before = [w.tobytes() for _, w in sorted(all_arrays(model))]
            report = diagnose(model, batch)
            assert report and report.method == "complex step", str(report)
            assert report.evaluations == sum(a.verdict == "right" for a in report.arrays)
            assert [w.tobytes() for _, w in sorted(all_arrays(model))] == before


def all_arrays(model):
    from mlp.windows import flatten

    return list(flatten(model.params()))


def test_other_heads_and_a_plain_network():
    rng = np.random.default_rng(0)
    encoder = learn()
    towers = build(encoder).towers
    grades = number_labels(encoder.encode(TABLE), rng.normal(size=(len(LABELS), 1)))
    assert diagnose(Regression(-5, 5, np.float64, **towers), grades, loss=squared_error)
    three = class_labels(encoder.encode(TABLE), list("abcabca"), list("abc"))
    classes = Classes(list("abc"), np.float64, wide=WideClasses(encoder.n_wide, 3, np.float64),
                      deep=DeepClasses(encoder.n_deep, 3, encoder.n_inputs, [4], rng, 3, np.float64))  # fmt: skip
    classes.towers["wide"].w[1:] = rng.normal(size=(encoder.n_wide - 1, 3))
    assert diagnose(classes, three, loss=softmax_cross_entropy)
    assert not diagnose(spoiled(classes, scaled("bias", "b", 0)), three, loss=softmax_cross_entropy)
    net = MLP([4, 6, 1], rng)
    X, y = rng.normal(size=(9, 4)), (rng.random((9, 1)) > 0.5) * 1.0
    assert diagnose(net, (X, y))
    two = MLP([4, 6, 3], rng)
    assert diagnose(two, (X, np.eye(3)[rng.integers(0, 3, 9)]), loss=softmax_cross_entropy)


def test_every_array_row_and_entry_is_found(batch):
    model = build(learn(), dtype=np.float64)
    names = {f"{tower}.{name}": w.shape for tower, group in model.params().items() for name, w in group.items()}
    rng, found = np.random.default_rng(1), 0
    exact = model.backward(log_loss(model.forward(batch)[0], batch.labels)[1], model.forward(batch)[1])
    for full in [*names] * 12:
        tower, name = full.split(".", 1)
        g = exact[tower][name]
        g = g.dense(names[full]) if isinstance(g, Rows) else np.asarray(g)
        alive = np.argwhere(np.abs(g) > 1e-9)
        if not len(alive):
            continue
        at = tuple(map(int, alive[rng.integers(len(alive))]))
        report = diagnose(spoiled(model, scaled(tower, name, at, 1 + 10.0 ** -rng.integers(0, 6))), batch,
                          seed=int(rng.integers(99)))  # fmt: skip
        assert [a.name for a in report.arrays if a.verdict == "wrong"] == [full], str(report)
        assert report[full].entry == at and report[full].row == at[0]
        assert report[full].measured == pytest.approx(g[at], rel=1e-6)
        assert report[full].others in (("none", "") if names[full][0] > 1 else ("",))
        assert report.evaluations <= 4 * np.log2(report.parameters)
        found += 1
    assert found > 60


def test_a_whole_array_two_arrays_and_numbers_that_are_none(batch):
    model = build(learn(), dtype=np.float64)

    def wrong(spoil):
        report = diagnose(spoiled(model, spoil), batch)
        assert not report and "WRONG" in str(report)
        assert all(len(line) <= 80 for line in str(report).splitlines())
        return report, [a.name for a in report.arrays if a.verdict == "wrong"]

    report, names = wrong(scaled("wide", "w", slice(None), 2))
    assert names == ["wide.w"] and report["wide.w"].others == "some"
    assert report["wide.w"].given == pytest.approx(2 * report["wide.w"].measured)
    _, names = wrong(lambda g: (scaled("deep", "w", slice(None))(g), scaled("bias", "b", 0)(g)))
    assert names == ["deep.w", "bias.b"]

    def nan(grads):
        grads["deep"]["w"][1] = np.nan

    report, names = wrong(nan)
    assert names == ["deep.w"] and report["deep.w"].entry == (1, 0) and np.isnan(report["deep.w"].given)


def test_a_frozen_row_is_not_judged(batch):
    model = build(learn(), dtype=np.float64)

    def padding(grads):
        grads["wide"]["w"][0] = 5
        grads["deep"]["E"][0] = 5

    assert diagnose(spoiled(model, padding), batch)


def test_a_loss_that_cannot_be_complex_is_measured_on_both_sides(batch):
    model = build(learn(), dtype=np.float64)

    def real(z, y):
        value, dz = log_loss(z.real, y)
        return float(value), dz

    report = diagnose(model, batch, loss=real)
    assert report and report.method == "centred differences"
    assert report.evaluations == 2 * sum(a.verdict == "right" for a in report.arrays)
    report = diagnose(spoiled(model, scaled("wide", "w", 3)), batch, loss=real)
    assert report["wide.w"].verdict == "wrong" and report["wide.w"].row == 3 and report["wide.w"].others == "none"


def large(rng, rows=256):
    n = 36_000
    table = {"user": np.arange(n).astype(str), "bag": [(str(k % 7), str(k % 5), str(k % 7)) for k in range(n)]}
    columns = [Category("user"), Bag("bag")]
    encoder = Encoder(wide=columns, deep=columns).fit(table)
    model = WideDeep(wide=Wide(encoder.n_wide), deep=Deep(encoder.n_deep, 32, encoder.n_inputs, [64, 32], rng))
    return model, encoder.encode(table, (rng.random((n, 1)) > 0.7) * 1.0)[np.arange(rows)]


@pytest.mark.slow
def test_a_million_parameters_in_three_seconds():
    rng = np.random.default_rng(0)
    model, batch = large(rng)
    seconds = []
    for tower, name, at in (
        ("deep", "E", (40, 7)),
        ("wide", "w", (99,)),
        ("deep", "mlp.0.W", (5, 9)),
        ("bias", "b", (0,)),
    ):
        name = name if name in model.params()[tower] else name.removeprefix("mlp.")
        group = model.params()[tower]
        if name not in group:  # a large table lies beside the network's arrays
            continue

        class Bad(WideDeep):
            def backward(self, dz, caches, tower=tower, name=name, at=at):
                grads = super().backward(dz, caches)
                g = grads[tower][name]
                if isinstance(g, Rows):
                    values = g.values.copy()
                    values[(int(np.searchsorted(g.ids, at[0])), *at[1:])] *= 1.01
                    grads[tower] = {**grads[tower], name: Rows(g.ids, values)}
                else:
                    g[at] *= 1.01
                return grads

        bad = Bad(**model.towers)
        start = time.perf_counter()
        report = diagnose(bad, batch)
        seconds.append(time.perf_counter() - start)
        wrong = [a for a in report.arrays if a.verdict == "wrong"]
        assert report.parameters > 1_000_000 and report.evaluations <= 4 * np.log2(report.parameters)
        assert [(a.name, a.entry, a.others) for a in wrong] == [(f"{tower}.{name}", at, wrong[0].others)], str(report)
    assert len(seconds) >= 3 and min(seconds) < 30  # how long: see docs/exercises.md


def test_lost_repeats_are_found_in_their_rows():
    rng = np.random.default_rng(0)
    model, batch = large(rng)

    def lost(grads):
        g = grads["deep"]["E"]
        repeated = np.flatnonzero(np.bincount(batch.deep.ravel(), minlength=len(g)) > 1)
        g[repeated[repeated > 0]] *= 0.5

    report = diagnose(spoiled(model, lost), batch)
    counts = np.bincount(batch.deep.ravel(), minlength=model.towers["deep"].E.shape[0])
    assert [a.name for a in report.arrays if a.verdict == "wrong"] == ["deep.E"]
    assert counts[report["deep.E"].row] > 1 and report["deep.E"].others == "some"
    assert report["deep.E"].given == pytest.approx(report["deep.E"].measured / 2, rel=1e-5)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda m, b: diagnose(m, learn().encode(TABLE)), "without labels"),
        (lambda m, b: diagnose(m, 3), "without labels"),
        (lambda m, b: diagnose(spoiled(m, lambda g: g["wide"].pop("w")), b), "differ in"),
        (lambda m, b: diagnose(m, b, loss=lambda z, y: (np.nan, z)), "finite number"),
        (lambda m, b: diagnose(spoiled(m, lambda g: g["wide"].update(w=np.zeros(3))), b), "its gradient"),
        (lambda m, b: diagnose(m, b, loss=lambda z, y: (time.perf_counter(), z)), "differ"),
    ],
)
def test_a_wrong_call_says_so(batch, call, words):
    with pytest.raises(ValueError, match=words):
        call(build(learn(), dtype=np.float64), batch)
