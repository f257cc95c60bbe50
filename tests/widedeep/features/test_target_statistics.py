"""Target statistics: by hand, leave-one-out."""

import numpy as np
import pytest

from widedeep.features.target_statistics import TargetStatistics


def test_statistics_by_hand():
    table = {"user": [1, 1, 1, 2]}
    statistics = TargetStatistics("user", a=1.0)
    numbers = statistics.fit(table, np.array([[1.0], [0.0], [1.0], [1.0]]))
    # row 0: 2 others, 1 liked: log 2 / 2; row 1: 2 others, 2 liked: log 3 / 1; row 3: no others: log 1 / 1
    np.testing.assert_allclose(numbers[:, 0], [0, np.log(3), 0, 0])
    sizes = np.log([3, 3, 3, 1])
    np.testing.assert_allclose(numbers[:, 1], (sizes - sizes.mean()) / sizes.std())
    np.testing.assert_allclose(statistics.encode({"user": [1, 9]})[:, 0], [np.log(3 / 2), 0])


def test_a_pseudo_count_of_0_is_refused():
    with pytest.raises(ValueError, match="pseudo-count 0"):
        TargetStatistics("user", a=0)


def test_groups_of_one_size_do_not_explode():
    users = np.repeat(np.arange(500), 11)
    y = (np.random.default_rng(0).random((len(users), 1)) < 0.5) * 1.0
    statistics = TargetStatistics("user")
    statistics.fit({"user": users}, y)
    assert np.abs(statistics.encode({"user": users[:50]})).max() < 10
