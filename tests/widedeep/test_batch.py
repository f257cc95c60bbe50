"""A batch: gathering rows is encoding those rows."""

import numpy as np
import pytest

from tests.widedeep.people import ARRAYS, assert_same, make


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
