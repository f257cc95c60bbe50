"""The history encoder: no row sees its own label."""

import numpy as np
import pytest

from tests.widedeep.three_towers import ratings, with_histories


def test_no_training_row_sees_its_own_label(rng):
    table, y = ratings(rng)
    before = with_histories().fit_encode(table, y)
    for k in (0, 7, 119):
        other = y.copy()
        other[k] = 1 - other[k]
        after = with_histories().fit_encode(table, other)
        np.testing.assert_allclose(before.numbers[k], after.numbers[k], atol=1e-6)
        for a, b in zip(before.histories, after.histories):
            assert sorted(a.inside(k)) == sorted(b.inside(k))
        assert np.abs(before.numbers - after.numbers).max() > 0.01  # somebody else does see it


def test_other_rows_are_encoded_without_their_labels(rng):
    table, y = ratings(rng)
    encoder = with_histories()
    encoder.fit_encode(table, y)
    some, labels = {name: column[:20] for name, column in table.items()}, y[:20]
    a, b = encoder.encode(some, labels), encoder.encode(some, 1 - labels)
    assert np.array_equal(a.numbers, b.numbers)
    assert [bags.inside(3) for bags in a.histories] == [bags.inside(3) for bags in b.histories]
    assert encoder.n_inputs == (4, 4)
    assert encoder.deep_name(encoder.encoder.n_deep) == f"item={encoder.history_columns[0].what.values[0]} not liked"
    assert encoder.n_deep == encoder.encoder.n_deep + 2 * 15 + 2 * 12


def test_an_id_beyond_the_last_row_has_no_name(rng):
    encoder = with_histories()
    encoder.fit_encode(*ratings(rng))
    assert encoder.deep_name(encoder.n_deep - 1)
    with pytest.raises(ValueError, match=f"id {encoder.n_deep} is out of range; want 0 .. {encoder.n_deep - 1}"):
        encoder.deep_name(encoder.n_deep)
