"""What is forgotten is what it would be with values never seen."""

import numpy as np
import pytest

from tests.builders import bags
from widedeep import Bag, Buckets, Category, Cross, Encoder, FillMedian, Standard
from widedeep.newcomers.unknown import forget

TABLE = {
    "a": ["x", "y", "x", "z"],
    "b": ["p", "q", "q", "p"],
    "g": bags(("s", "t"), (), ("t",), ("s", "u", "t")),
    "n": [1.0, 2.0, 3.0, 4.0],
}
NEVER = {"a": ["?"] * 4, "b": ["?"] * 4, "g": bags(*[("?",)] * 4)}


def fitted():
    columns = [Category("a"), Category("b"), Bag("g")]
    crosses = [Cross("a", "b"), Cross("b", "g"), Cross("a", "g")]
    return Encoder(wide=[*columns, *crosses, Buckets("n", 2)], deep=[*columns, crosses[1]]).fit(TABLE)


@pytest.mark.parametrize("names", [["a"], ["b"], ["g"], ["a", "g"], ["a", "b", "g"], []], ids="+".join)
def test_as_if_never_seen(names):
    encoder = fitted()
    found = forget(encoder.encode(TABLE).whole(), encoder, names)
    want = encoder.encode(TABLE | {name: NEVER[name] for name in names}).whole()

    def features(ids):
        return [sorted(row[row > 0].tolist()) for row in ids]

    assert features(found.wide) == features(want.wide) and features(found.deep) == features(want.deep)
    assert found.made_by == encoder.fingerprint
    for row in range(4):  # each known value of a bag has its share, of however many slots
        assert sorted(found.shares[row][found.shares[row] > 0]) == sorted(want.shares[row][want.shares[row] > 0])


def test_a_column_is_forgotten_wholly_and_the_given_batch_stays():
    encoder = fitted()
    batch = encoder.encode(TABLE).whole()
    before = batch.wide.copy(), batch.deep.copy(), batch.shares.copy()
    found = forget(batch, encoder, ["a", "b", "g", "n"])
    assert not found.wide.any() and not found.deep.any() and not found.shares.any()
    assert all(np.array_equal(x, y) for x, y in zip(before, (batch.wide, batch.deep, batch.shares)))


def test_a_number_cannot_be_forgotten():
    for number in (Standard("n"), FillMedian(Standard("n"))):
        encoder = Encoder(wide=["a"], numbers=[number]).fit(TABLE)
        with pytest.raises(ValueError, match="'n' is read as a number, .* want a value, or FillMedian"):
            forget(encoder.encode(TABLE).whole(), encoder, ["n"])
