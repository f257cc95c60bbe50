"""What a graph is given: tensors of one type each.  Nothing here needs onnx."""

import numpy as np
import pytest

from tests.builders import bags
from widedeep import Bag, BagWithMissing, Buckets, Category, Encoder, FillMedian, Standard, WasMissing, WithMissing
from widedeep.bridges.onnx_inputs import feeds, inputs_of, spelled


def given(column, values, serving=None, numbers=()):
    fitted = Encoder(wide=[column], numbers=numbers).fit({"c": values})
    array = feeds(fitted, {"c": values if serving is None else serving})["c"]
    assert array.ndim == 2 and array.shape[1] == 1
    return array.dtype, array[:, 0].tolist()


@pytest.mark.parametrize(
    "column, values, dtype, want",
    [
        (Category("c"), ["b", "a", "b"], object, ["b", "a", "b"]),
        (Category("c"), [3, 1, 3], np.float32, [3, 1, 3]),
        (Category("c"), [True, False], np.float32, [1, 0]),
        (Category("c"), [2**24, 1], object, ["16777216", "1"]),  # float32 counts by twos from here on
        (Category("c"), [0.5, 0.5 + 2**-30], object, ["0.5", "0.5000000009313226"]),  # equal in float32
        (Category("c"), ["a", 1, 2.5, True, 2.0], object, ["a", "1", "2.5", "1", "2"]),
        (Category("c"), np.array(["1997-09-20", "1997-09-21"], "M8[D]"), object, ["1997-09-20", "1997-09-21"]),
        (Category("c", min_count=9), ["a", "b"], object, ["a", "b"]),  # nothing learned: as they are
        (WithMissing(Category("c")), ["a", None, " "], object, ["a", "", ""]),
        (WithMissing(Category("c")), [1, None, 2], np.float32, [1, np.nan, 2]),
        (WithMissing(Buckets("c", 2)), [1.5, np.nan, 2], np.float32, [1.5, np.nan, 2]),
        (Bag("c"), bags(("a", "b"), ()), object, ["a|b", ""]),
        (Bag("c"), bags(("a|b", "c"), ("d",)), object, ["a|b;c", "d"]),  # another separator
        (Bag("c", sep=","), ["a , b,", ""], object, ["a,b", ""]),
        (BagWithMissing("c"), bags((1, 2), None, ()), object, ["1|2", "<missing>", ""]),
    ],
)
def test_each_kind(column, values, dtype, want):
    found = given(column, values)
    assert found[0] == dtype
    np.testing.assert_array_equal(np.array(found[1], found[0]), np.array(want, dtype))


def test_a_value_that_holds_the_separator_is_unknown_and_left_out():
    assert given(Bag("c"), bags(("a", "b"), ()), bags(("x|a", "b"), ("a",)))[1] == ["b", "a"]


def test_unknown_values_go_in_as_they_are():
    assert given(Category("c"), ["a", "b"], ["new", ""])[1] == ["new", ""]
    assert given(Category("c"), [1, 2], [7, 2])[1] == [7.0, 2.0]


@pytest.mark.parametrize(
    "column, values, serving, message",
    [
        (Category("c"), ["a"], [None], "column 'c', row 0: a missing value, None"),
        (Category("c"), [1, 2], [1.0, np.nan], "column 'c', row 1: nan"),
        (Buckets("c"), [1, 2], [1.0, np.inf], "column 'c', row 1: inf"),
        (Category("c"), [1, 2], ["x", "y"], "column 'c', row 0: 'x' is text; the graph takes float32"),
        (Bag("c"), bags(("a",)), bags(None), "None is not a bag"),
        (WithMissing(Buckets("c", 2)), [1, 2], [None, "x"], "column 'c', row 1: 'x' is not a number"),
        (WithMissing(Category("c")), ["a"], [None, ("a",)], "column 'c', row 1: .*is no single value"),
    ],
)
def test_what_the_encoder_refuses_is_refused_here(column, values, serving, message):
    fitted = Encoder(wide=[column]).fit({"c": values})
    with pytest.raises(ValueError, match=message):
        feeds(fitted, {"c": serving})


def test_the_strict_one_of_two_readers_decides():
    rows = {"c": [1.0, 2.0, np.nan]}
    lenient = Encoder(wide=[WithMissing(Buckets("c", 2))], numbers=[FillMedian(Standard("c")), WasMissing("c")])
    assert not inputs_of(lenient.fit(rows))["c"].strict
    strict = Encoder(wide=[WithMissing(Buckets("c", 2))], numbers=[Standard("c")]).fit({"c": [1.0, 2.0]})
    assert inputs_of(strict)["c"].strict
    with pytest.raises(ValueError, match="column 'c', row 2: nan"):
        feeds(strict, rows)


def test_unknown_columns_and_empty_tables():
    fitted = Encoder(wide=["a", "b"]).fit({"a": [1], "b": [2]})
    with pytest.raises(ValueError, match="unknown column 'b'"):
        feeds(fitted, {"a": [1]})
    with pytest.raises(ValueError, match="an empty table"):
        feeds(fitted, {"a": [], "b": []})


def test_spelled():
    assert [spelled(value) for value in (1, 1.0, True, 2.5, "x", -3.0)] == ["1", "1", "1", "2.5", "x", "-3"]
