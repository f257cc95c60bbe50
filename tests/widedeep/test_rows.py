"""The gradient of a table: repeated ids are summed, and both of its forms are equal."""

import numpy as np
import pytest

from mlp.gradcheck import check
from mlp.optimizers import SGD
from mlp.sparse import Rows
from mlp.windows import flatten
from tests.widedeep.probe import backward, build, dense, loss_of
from widedeep import Deep, Wide, WideDeep
from widedeep import deep as deep_module
from widedeep import rows as rows_module
from widedeep.rows import sum_dense


def test_rows_are_put_back_whatever_the_memory_looks_like():
    for table in (np.zeros((6, 4, 8))[:, :, :4], np.zeros((6, 4), order="F"), np.zeros((6, 8))[:, ::2]):
        ones = np.ones((1, *table.shape[1:]))
        SGD(1.0).step(table, Rows(np.array([1]), ones))
        assert table.sum() == -ones.size and (table[1] == -1).all()
    with pytest.raises(ValueError, match="row after row"):
        sum_dense(np.array([1]), np.ones((1, 4)), np.zeros((6, 4), order="F"))


def test_a_table_beyond_the_limit_gives_rows_and_they_are_right(batch, encoder):
    model = build(encoder)
    assert isinstance(backward(model, batch)["wide"]["w"], np.ndarray)
    wide, rng = Wide(2**16 + 1, np.float64), np.random.default_rng(0)
    deep = Deep(2**16 // 3 + 1, 3, encoder.n_inputs, [7, 5], rng, np.float64)
    wide.w[1:] = rng.normal(size=2**16)
    model = WideDeep(np.float64, wide=wide, deep=deep)
    grads = backward(model, batch)
    assert isinstance(grads["wide"]["w"], Rows) and isinstance(grads["deep"]["E"], Rows)
    assert grads["deep"]["E"].ids.tolist() == sorted({*batch.deep.ravel().tolist()} - {0})
    used = {"wide.w": np.unique(batch.wide), "deep.E": np.unique(batch.deep)}
    rest = {name: np.setdiff1d(np.arange(len(w)), used[name]) if name in used else []
            for name, w in flatten(model.params())}  # fmt: skip
    frozen = {name: np.append(rest[name], 0) for name in used}
    report = check(model, loss_of(batch), grads, method="complex", frozen=frozen)
    assert report and report.error < 1e-12, report


def test_both_forms_of_table_give_the_same_gradient(encoder, batch, monkeypatch):
    small = build(encoder)
    want = dense(backward(small, batch), small.params())
    monkeypatch.setattr(rows_module, "SMALL", 0)
    monkeypatch.setattr(deep_module, "SMALL", 0)
    large = build(encoder)
    got = dense(backward(large, batch), large.params())
    assert isinstance(backward(large, batch)["deep"]["E"], Rows) and got.keys() == want.keys()
    for name in want:
        np.testing.assert_allclose(got[name], want[name], rtol=1e-12, atol=1e-16, err_msg=name)


def test_an_id_that_no_row_uses_has_no_slope_and_id_0_neither(table, encoder, batch):
    model = build(encoder)
    grads = dense(backward(model, batch), model.params())
    for name, ids in (("wide.w", batch.wide), ("deep.E", batch.deep)):
        used = np.isin(np.arange(len(grads[name])), ids[ids > 0])
        assert not grads[name][~used].any()
        assert grads[name][used].any(axis=tuple(range(1, grads[name].ndim))).all()


def test_the_check_would_see_a_padding_row_that_was_trained(encoder, batch):
    model = build(encoder, ("wide",))
    grads = {name: g.copy() for name, g in flatten(backward(model, batch))}
    free = WideDeep(np.float64, wide=model.towers["wide"])
    free.frozen = dict
    nested = {"wide": {"w": grads["wide.w"]}, "bias": {"b": grads["bias.b"]}}
    assert check(free, loss_of(batch), nested)["wide.w"].worst == (0,)  # told nothing is frozen, it blames row 0
