"""A batch: gathering rows is encoding those rows."""

import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from mlp.windows import flatten
from tests.builders import bags
from tests.widedeep.people import ARRAYS, assert_same, make
from widedeep import (
    Bag,
    Cross,
    Deep,
    Encoder,
    HashedCross,
    Standard,
    Wide,
    WideDeep,
    explain,
    fit,
    number_labels,
    optimizers_for,
)
from widedeep import table as table_module
from widedeep.batch import Batch, Ragged, check_is_batch, check_weights, contents, digest, widened


def test_gathering_rows_is_encoding_those_rows(train):
    learned, labels = make().fit(train), (np.arange(60) % 2)[:, None]
    rows = np.array([7, 3, 3, 59, 0])
    some, whole = learned.encode(train, labels)[rows], learned.encode(train, labels)
    for name in (*ARRAYS, "labels"):
        np.testing.assert_array_equal(getattr(some, name), getattr(whole, name)[rows])
    assert_same(whole[10:20:3], whole[np.array([10, 13, 16, 19])])
    assert whole[np.arange(0)].labels.shape == (0, 1)


def test_rows_may_be_named_in_any_usual_way(train):
    batch = make().fit(train).encode(train)
    for rows, same in [
        (5, [5]),
        (-1, [59]),
        ([3, -2], [3, 58]),
        ((0, 2), [0, 2]),
        (slice(58, None), [58, 59]),
        ([], []),
    ]:
        assert_same(batch[rows], batch[np.array(same, int)])
    assert_same(batch[np.array([2, 4], np.uint8)], batch[np.array([2, 4])])
    for rows in (np.zeros((2, 2), int), [[0, 1]], [0.5], None, ["a"]):
        with pytest.raises(IndexError, match="want row numbers, a mask"):
            batch[rows]
    with pytest.raises(IndexError):
        batch[60]


def test_a_mask_gathers_the_rows_where_it_is_true(train):
    batch, mask = make().fit(train).encode(train), np.arange(60) % 3 == 0
    assert_same(batch[mask], batch[np.flatnonzero(mask)])


# ---- a few long rows -----------------------------------------------------------------------------------------------


def long_rows(n=60, longest=40):
    """Bags of about two values, and three of many, one of them in the middle; one empty."""
    rng = np.random.default_rng(3)
    lengths = rng.integers(0, 4, n)
    lengths[[5, 30, n - 1]] = longest, longest // 2, longest - 3
    likes = bags(*(tuple(rng.integers(0, 50, length).tolist()) for length in lengths))
    joined = np.array(["|".join(map(str, bag)) for bag in likes])
    table = {"g": likes, "j": joined, "a": rng.integers(0, 3, n), "x": rng.normal(size=n)}
    return table, (rng.random((n, 1)) < 0.5) * 1.0


def encoders():
    likes = Bag("g")
    wide = ["a", likes, Cross(likes, "a"), Cross(likes, Bag("j", sep="|")), HashedCross("a", likes, buckets=50)]
    return Encoder(wide=wide, deep=["a", likes, Bag("j", sep="|"), Cross(likes, "a")], numbers=[Standard("x")])


@pytest.fixture
def both(monkeypatch):
    """(encoder, batch) as a ragged one and as a padded one."""
    table, y = long_rows()
    padded = encoders().fit(table)
    monkeypatch.setattr(table_module, "SLACK", 0)
    ragged = encoders().fit(table)
    one = ragged.encode(table, y, np.float64)
    monkeypatch.undo()
    other = padded.encode(table, y, np.float64)
    assert isinstance(one, Ragged) and isinstance(other, Batch) and len(one.pieces) > 2
    return ragged, one, padded, other


def test_what_is_learned_and_what_is_encoded_are_the_same(both):
    ragged, one, padded, other = both
    assert ragged.fingerprint == padded.fingerprint == one.made_by
    assert len(one) == len(other) and np.array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.numbers, other.numbers)
    for n in range(len(one)):
        a, b = one[n], other[n]
        assert sorted(a.wide[a.wide > 0]) == sorted(b.wide[b.wide > 0])
        assert sorted(a.deep[a.deep > 0]) == sorted(b.deep[b.deep > 0])
        np.testing.assert_allclose(a.shares.sum(), b.shares.sum())
    assert len(one[[]]) == 0 and one[[]].labels.shape == (0, 1)
    for rows in ([], [3], slice(None)):
        assert one[rows].made_by == other[rows].made_by == one.made_by
        np.testing.assert_array_equal(one[rows].numbers, other[rows].numbers)
    for name in ("wide", "deep", "shares"):  # padded to the longest of all, the two are one
        assert getattr(one, name).shape == getattr(other, name).shape


SELECTIONS = [slice(None), slice(3, 9), [5], [30, 5, 59, 5, 0], np.arange(60) % 2 == 0, 7, np.array([5, 30])]


@pytest.mark.parametrize("rows", SELECTIONS, ids=range(len(SELECTIONS)))
def test_a_mini_batch_gives_the_same_logits_and_gradients(both, rows):
    ragged, one, _, other = both
    rng = np.random.default_rng(0)
    deep = Deep(ragged.n_deep, 3, ragged.n_inputs, [5, 4], rng, np.float64)
    model = WideDeep(np.float64, wide=Wide(ragged.n_wide, np.float64), deep=deep)
    model.towers["wide"].w[1:] = rng.normal(size=ragged.n_wide - 1)
    a, b = one[rows], other[rows]
    assert len(a) == len(b) and np.array_equal(a.labels, b.labels)
    (z, caches), (want, theirs) = model.forward(a), model.forward(b)
    np.testing.assert_allclose(z, want, rtol=1e-12, atol=1e-13)
    dz = np.random.default_rng(1).normal(size=z.shape)
    for (name, g), (_, h) in zip(flatten(model.backward(dz, caches)), flatten(model.backward(dz, theirs))):
        np.testing.assert_allclose(g, h, rtol=1e-10, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(model.logits(one), model.logits(other), rtol=1e-12, atol=1e-13)
    for mine, its in zip(explain(model, ragged, one), explain(model, ragged, other)):
        assert mine.logit == pytest.approx(its.logit) and len(mine.wide) == len(its.wide)


def test_rows_without_labels_are_gathered_without_them(both, monkeypatch):
    monkeypatch.setattr(table_module, "SLACK", 0)
    served = both[0].encode(long_rows()[0])
    assert isinstance(served, Ragged) and served.labels is None
    assert {piece.numbers.dtype for piece in served.pieces} == {served.numbers.dtype} == {np.dtype(np.float32)}
    assert served[[30, 5]].labels is None and served.whole().labels is None


def test_training_takes_it_and_labels_may_be_replaced(both):
    ragged, one, _, other = both
    ends = []
    for batch in (one, other):
        deep = Deep(ragged.n_deep, 3, ragged.n_inputs, [5], np.random.default_rng(0), np.float64)
        model = WideDeep(np.float64, wide=Wide(ragged.n_wide, np.float64), deep=deep)
        fit(model, optimizers_for(model, 16), batch, batch, rng=np.random.default_rng(0), epochs=2, batch_size=16)
        ends.append(model.predict(batch))
    np.testing.assert_allclose(*ends, rtol=1e-8)
    assert number_labels(one, np.arange(60.0)[:, None])[[5, 7]].labels.tolist() == [[5], [7]]


def test_an_error_in_a_long_table_names_the_row_of_the_table(both, monkeypatch):
    monkeypatch.setattr(table_module, "SLACK", 0)
    encoder, table = both[0], long_rows()[0]
    for name, bad in (("x", np.nan), ("a", None), ("g", 3), ("j", 7)):
        column = table[name].astype(object)
        column[31] = bad
        with pytest.raises(ValueError, match=f"column '{name}', row 31"):
            encoder.encode(table | {name: column})


def test_memory_follows_the_values_and_not_the_longest_row():
    """20,000 bags of five and one of 5,000 were a batch of 800 MB (DeepCTR 75)."""
    rng = np.random.default_rng(0)
    n = 20_000
    likes = bags(
        *(tuple(rng.integers(0, 500, 5).tolist()) for _ in range(n)), tuple(rng.integers(0, 500, 5000).tolist())
    )
    table, y = {"g": likes, "a": rng.integers(0, 3, n + 1)}, (np.arange(n + 1)[:, None] % 2) * 1.0
    tracemalloc.start()
    encoder = Encoder(wide=["a", Bag("g"), Cross(Bag("g"), "a")], deep=["a", Bag("g")]).fit(table)
    batch = encoder.encode(table, y)
    model = WideDeep(wide=Wide(encoder.n_wide), deep=Deep(encoder.n_deep, 8, encoder.n_inputs, [8], rng))
    fit(model, optimizers_for(model, 256), batch, batch, rng=rng, epochs=1)
    model.predict(batch)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200e6, f"{peak / 1e6:.0f} MB"


def test_usual_tables_are_padded_as_ever():
    table, y = long_rows()
    assert type(encoders().fit(table).encode(table, y)) is Batch


def test_sets_and_objects_have_the_same_fingerprint_wherever_their_contents_are_equal():
    class Own:
        def __init__(self, words):
            self.words = words

    one, same, other = ({"own": Own(set(words)), "frozen": frozenset(words)} for words in ("abc", "cba", "abd"))
    assert digest(one) == digest(same) != digest(other)
    assert contents({"b", "a"}) == contents(frozenset("ab")) == ["'a'", "'b'"]
    assert len(digest(one)) == 16 and int(digest(one), 16) > 0
    assert contents(np.float32(1.5)) == 1.5 and contents(np.arange(2)) == [0, 1]
    assert contents(Own(1)) == ["Own", {"words": 1}] and contents(2j) == "2j"


def test_weights_come_as_the_batch_computes_and_their_mean_in_float64(train):
    batch = make().fit(train).encode(train)
    many = np.full((len(batch), 1), 0.1)
    weight, mean = check_weights("w", many.tolist(), batch)
    assert weight.dtype == batch.numbers.dtype == np.float32 and np.allclose(weight, 0.1)
    assert mean == float(np.float32(0.1)) and check_weights("w", None, batch) == (None, 1.0)
    for wrong, hint in ((many[:, 0], True), (many[:3], False), (np.float64(1), False)):
        with pytest.raises(ValueError, match=r"fit: w .*; want \(60, 1\), one weight a row") as caught:
            check_weights("w", wrong, batch)
        assert str(caught.value).endswith("; np.reshape(weights, (-1, 1)) is a column") == hint
    with pytest.raises(ValueError, match=r"fit: w \(60, 1\); want \(0, 1\), one weight a row$"):
        check_weights("w", many, None)


def test_logits_of_long_rows_keep_their_dtype(both):
    ragged, one, _, _ = both
    model = WideDeep(wide=Wide(ragged.n_wide))
    assert model.logits(one).dtype == model.logits(one[[5, 7]]).dtype == np.float32


def test_blocks_are_padded_each_on_its_right():
    ids = np.array([[1, 2, 3], [4, 5, 6]])
    assert widened(ids, (2, 0, 1), (3, 1, 2)).tolist() == [[1, 2, 0, 0, 3, 0], [4, 5, 0, 0, 6, 0]]
    assert widened(ids, (2, 1), (2, 1)) is ids


def test_what_has_shares_is_a_batch_of_somebodys_own(both):
    for batch in (*both[1::2], SimpleNamespace(shares=np.ones((1, 1)))):
        check_is_batch("f", batch)
    for table in ({"a": [1]}, SimpleNamespace(wide=np.ones((1, 1))), None):
        with pytest.raises(ValueError, match="^f: "):
            check_is_batch("f", table)
