import numpy as np
import pytest

from widedeep.bridges.rows import FEWEST, distinct, split


def test_equal_rows_are_one_row_with_a_weight():
    job = np.array(["b", "a", "b", None, "a", None], object)
    age = np.array([1, 2, 1, np.nan, 3, np.nan])
    rows, weights = distinct([job, age], np.array([1, 1, 2, 1, 0, 0.5]))
    found = {(job[row], str(age[row])): weight for row, weight in zip(rows, weights)}
    assert found == {("b", "1.0"): 3, ("a", "2.0"): 1, (None, "nan"): 1.5}


def test_the_order_of_the_rows_plays_no_part():
    rng = np.random.default_rng(0)
    columns = [rng.choice(np.array(["a", "b", None, ("c", "d")], object), 200), rng.integers(0, 3, 200)]
    weights = rng.integers(0, 3, 200)
    order = rng.permutation(200)
    one = distinct(columns, weights)
    other = distinct([column[order] for column in columns], weights[order])
    assert one[1].tolist() == other[1].tolist() and len(one[0]) == 12
    for column in columns:
        assert column[one[0]].tolist() == column[order][other[0]].tolist()


def test_one_and_its_text_are_two_rows():
    rows, _ = distinct([np.array([1, "1", True], object)], np.ones(3))
    assert len(rows) == 3


def test_validation_rows_keep_the_shares_of_the_classes():
    classes = np.repeat([0, 1], [900, 100])
    training, validation = split(classes, 1000, 0.1, np.random.default_rng(0))
    assert sorted([*training, *validation]) == list(range(1000))
    assert np.bincount(classes[validation]).tolist() == [90, 10]
    assert len(split(None, 1000, 0.25, np.random.default_rng(0))[1]) == 250


@pytest.mark.parametrize("n, fraction", [(10 * FEWEST - 1, 0.1), (1000, 0)])
def test_few_rows_are_all_trained_on(n, fraction):
    training, validation = split(None, n, fraction, np.random.default_rng(0))
    assert len(training) == n and len(validation) == 0


def test_a_class_of_one_row_stays_in_training():
    _, validation = split(np.arange(1000) // 999, 1000, 0.1, np.random.default_rng(0))
    assert 999 not in validation and len(validation) == 99


@pytest.mark.parametrize("fraction", [-0.1, 1, float("nan")])
def test_shares_out_of_range(fraction):
    with pytest.raises(ValueError, match="want a share in"):
        split(None, 10, fraction, np.random.default_rng(0))
