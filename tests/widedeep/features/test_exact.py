import json

import numpy as np
import pytest

from widedeep.columns import Category
from widedeep.crosses import Cross
from widedeep.encoder import Encoder
from widedeep.features.exact import Exact, pairs

GAIN = np.array([0] * 6 + [15024] * 3 + [100, 200, 200, 5000])


def test_frequent_values_are_exact_and_the_rest_fall_into_buckets():
    column = Exact("gain", min_count=3, n_q=2)
    encoder = Encoder(wide=[column]).fit({"gain": GAIN})
    names = [encoder.wide_name(i) for i in range(1, encoder.n_wide)]
    assert names == ["gain=0", "gain=15024", "gain otherwise below 200", "gain otherwise from 200"]
    ids = encoder.encode({"gain": np.array([0, 15024, 100, 199, 200, 9e9, -5])}).wide[:, 0]
    assert ids.tolist() == [1, 2, 3, 3, 4, 4, 3]


def test_without_a_rest_a_new_number_is_not_known():
    encoder = Encoder(wide=[Exact("gain")]).fit({"gain": GAIN[:9]})
    assert encoder.encode({"gain": np.array([0, 7])}).wide.tolist() == [[1], [0]]


def test_without_exact_values_it_is_buckets():
    encoder = Encoder(wide=[Exact("gain", min_count=99, n_q=3)]).fit({"gain": np.arange(9)})
    assert encoder.encode({"gain": np.arange(9)}).wide[:, 0].tolist() == [1, 1, 2, 2, 2, 3, 3, 3, 3]


def test_a_test_row_changes_nothing_that_was_learned():
    a = Encoder(wide=[Exact("gain")]).fit({"gain": GAIN})
    before = json.dumps(a.state())
    a.encode({"gain": np.array([77, 77, 77, 77])})
    assert json.dumps(a.state()) == before


def test_saved_and_read_back():
    first = Encoder(wide=[Exact("gain"), Cross(Exact("gain"), "job")], deep=[])
    table = {"gain": GAIN, "job": np.array(["a", "b"] * 6 + ["a"])}
    second = Encoder.from_state(json.loads(json.dumps(first.fit(table).state())))
    assert first.encode(table).wide.tolist() == second.encode(table).wide.tolist()
    assert [first.wide_name(i) for i in range(first.n_wide)] == [second.wide_name(i) for i in range(first.n_wide)]


@pytest.mark.parametrize("bad", [{"min_count": 0}, {"n_q": 0}])
def test_counts_below_one_raise(bad):
    with pytest.raises(ValueError, match="at least 1"):
        Exact("gain", **bad)


def test_pairs_are_all_pairs_once():
    columns = [Category(name) for name in "abcd"]
    made = pairs(columns, min_count=2)
    assert [cross.name for cross in made] == ["a x b", "a x c", "a x d", "b x c", "b x d", "c x d"]
    assert all(cross.min_count == 2 for cross in made)
    assert [cross.name for cross in pairs(["a", "b"])] == ["a x b"]
