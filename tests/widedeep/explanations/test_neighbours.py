"""Neighbours: the largest cosines."""

import itertools

import numpy as np
import pytest

from tests.widedeep.explanations.builders import shop
from widedeep.explanations import neighbours, principal_plane, rows_of


def test_neighbours_are_the_largest_cosines(rng):
    rows, encoder, model = shop(rng)
    values, E = rows_of(model, encoder, "has")
    assert set(values) == set("abcd") and E.shape == (4, 4)
    near = neighbours(model, encoder, "has", "b", 10)
    by_hand = {}
    for value, row in zip(values, E):
        other = E[values.index("b")]
        by_hand[value] = row @ other / np.linalg.norm(row) / np.linalg.norm(other)
    assert [value for value, _ in near] == sorted(set("acd"), key=lambda value: -by_hand[value])
    for value, cosine in near:
        assert cosine == pytest.approx(by_hand[value])
    assert neighbours(model, encoder, "has", "b", 1) == near[:1]
    assert [value for value, _ in neighbours(model, encoder, "has", "b", among="ac")] == [
        value for value, _ in near if value in "ac"
    ]


def test_rows_belong_to_their_values(rng):
    rows, encoder, model = shop(rng)
    for column in ("item", "has"):
        values, E = rows_of(model, encoder, column)
        for value, row in zip(values, E):
            i = next(
                i
                for i in range(1, encoder.n_deep)
                if encoder.deep_name(i) in (f"{column}={value}", f"{column} has {value}")
            )
            assert (model.towers["deep"].E[i] == row).all()


def test_a_zero_row_is_like_nothing(rng):
    rows, encoder, model = shop(rng)
    model.towers["deep"].E[1] = 0
    value = rows_of(model, encoder, "item")[0][0]
    assert all(cosine == 0 for _, cosine in neighbours(model, encoder, "item", value))


def test_wrong_neighbours(rng):
    rows, encoder, model = shop(rng)
    for call, message in [
        (lambda: neighbours(model, encoder, "has", "z"), "has='z' is not known"),
        (lambda: neighbours(model, encoder, "has", "a", 0), "k 0"),
        (lambda: neighbours(model, encoder, "x", "a"), r"no embedded column 'x'; there are \['item', 'has'\]"),
        (lambda: neighbours(model, encoder, "has", "a", tower="wide"), r"no tower 'wide' with a table.*\['deep'\]"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()


def test_apps_of_one_category_are_nearer(store):
    """The world gives apps of a category a common centre; nobody told the embedding of titles."""
    world, ready, model, _ = store
    values, E = rows_of(model, ready.encoder, "title")
    items = world.dataset.items
    category = dict(zip(items["title"].tolist(), items["category"].tolist()))
    nearest = [neighbours(model, ready.encoder, "title", value, 1)[0][0] for value in values]
    alike = np.mean([category[a] == category[b] for a, b in zip(values, nearest)])
    assert alike > 7 / 79  # more often than by chance


def test_the_principal_plane(rng):
    flat = rng.normal(size=(30, 2)) * [3, 1]
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    E = np.hstack([flat, np.zeros((30, 3))]) @ turn + 7  # a plane in five dimensions
    points, shares = principal_plane(E)
    assert shares.sum() == pytest.approx(1) and shares[0] > shares[1]
    assert points.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    for i, j in itertools.combinations(range(6), 2):  # distances survive
        assert np.linalg.norm(points[i] - points[j]) == pytest.approx(np.linalg.norm(E[i] - E[j]))
    some = np.arange(30) < 20
    assert principal_plane(E, some)[0][:20] == pytest.approx(principal_plane(E[:20])[0])
    with pytest.raises(ValueError, match="at least two rows"):
        principal_plane(E[:1])
