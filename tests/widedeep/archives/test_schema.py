"""The words of the schema: each accepts what it says, and names the place of what it refuses."""

import pytest

from widedeep.archives.schema import (
    Unfit,
    cells,
    check,
    exactly,
    flag,
    listing,
    maybe,
    number,
    numbers,
    one_of,
    text,
    whole,
)

NAN, INF = float("nan"), float("inf")
WORDS = [
    (text, ["", "ü", "\N{GRINNING FACE}"], [1, None, "\ud800", b"x"]),
    (flag, [True, False, 0, 1], [2, 1.0, "x", None]),
    (whole(1, 3), [1, 3], [0, 4, True, 1.0, "1", None]),
    (number(0, 1, below=True), [0, 0.0, 0.999], [1, -1e-9, NAN, INF, True, "0", 10**400]),
    (number(0, above=True), [1e-300, 5], [0, -0.0, -1, INF, 10**400]),
    (number(infinite=True), [INF, -INF, 0], [NAN, "x"]),
    (maybe(text), [None, "x"], [1]),
    (one_of("a", "b"), ["a"], ["c", ["a"], None]),
    (exactly(0), [0], [False, 0.0, 1]),
    (listing(whole(), 1, 2), [[0], [1, 2]], [[], [1, 2, 3], (1,), "1", [1.0]]),
    (cells, [[], ["x", 1, 2.5, "1"]], [[1, 1.0], [0, False], [NAN], [INF], [None], [[]], "xy", ["\ud800"], [10**400]]),
    (numbers(1), [[1, 2.5, -3]], [[], [NAN], [True], ["1"], [[1]], [10**400], None]),
    (numbers(kinds=(int,)), [[], [2**63 - 1]], [[1.0], [2**63]]),
    (numbers(ascending="strictly"), [[], [1], [1, 2]], [[1, 1], [2, 1]]),
    (numbers(ascending="weakly"), [[1, 1, 2]], [[2, 1]]),
]


@pytest.mark.parametrize("word, fine, odd", WORDS)
def test_a_word_accepts_what_it_says_and_nothing_else(word, fine, odd):
    for value in fine:
        word(value, "here")
    for value in odd:
        with pytest.raises(Unfit, match=r"^here(\[\d\])? is .*; want "):
            word(value, "here")


def test_settings_are_exactly_the_known_names():
    fields = {"a": whole(), "b": text}
    check({"a": 1, "b": "x"}, "here", fields)
    for value, words in (
        ({"a": 1}, "here lacks 'b'; want exactly a, b"),
        ({"a": 1, "b": "x", "c": 2}, "here has the unknown setting 'c'; want exactly a, b"),
        ({"a": -1, "b": "x"}, r"here.a is -1; want a whole number from 0"),
        ([1, "x"], "here is .*; want the settings a, b"),
        ({"b": "x", "c": 2}, "here lacks 'a'"),
    ):
        with pytest.raises(Unfit, match=words):
            check(value, "here", fields)


def test_a_long_value_is_shown_short():
    with pytest.raises(Unfit) as caught:
        text(["x"] * 10**6, "here")
    assert len(str(caught.value)) < 200
