"""Explanations: sums that add up, verdicts held against a world whose truth is known, reliability, neighbours, maps."""

import itertools
import re

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest

from mlp.windows import flatten
from widedeep import Bag, Category, Cross, Deep, Encoder, Standard, Wide, WideDeep, explain
from widedeep.datasets import appstore
from widedeep.explanations import (
    Usual,
    as_text,
    by_slice,
    influences,
    influences_of_history,
    neighbours,
    principal_plane,
    rows_of,
    usual_parts,
    verdicts,
)
from widedeep.explanations.__main__ import main, main_groups, short_title
from widedeep.explanations.plots import plot_map, plot_reliability
from widedeep.explanations.verdicts import split_parts
from widedeep.features.histories import History
from widedeep.features.history_encoder import HistoryEncoder
from widedeep.recipes import RECIPES
from widedeep.towers.with_history import DeepWithHistory


def bags(*tuples):
    column = np.empty(len(tuples), object)
    column[:] = tuples
    return column


def shop(rng, n=60, dtype=np.float64):
    """A table of one bag, one category and a number; a model with random weights."""
    rows = {
        "has": bags(*(tuple(rng.choice(list("abcd"), k, replace=False).tolist()) for k in rng.integers(0, 4, n))),
        "item": rng.integers(10, 15, n),
        "x": rng.normal(size=n),
    }
    has, item = Bag("has"), Category("item")
    encoder = Encoder([item, Cross(has, item)], [item, has], [Standard("x")]).fit(rows)
    wide, deep = Wide(encoder.n_wide, dtype), Deep(encoder.n_deep, 4, encoder.n_inputs, (5,), rng, dtype)
    model = WideDeep(dtype, wide=wide, deep=deep)
    for name, w in flatten(model.params()):
        w += rng.normal(0, 1, w.shape).astype(dtype)
        if name in model.frozen():
            w[0] = 0
    return rows, encoder, model


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_logit_is_the_sum_of_its_terms(rng, dtype):
    rows, encoder, model = shop(rng, dtype=dtype)
    batch = encoder.encode(rows)
    usual = usual_parts(model, encoder, batch)
    found = verdicts(model, encoder, batch, usual)
    for z, reasons, verdict in zip(model.logits(batch)[:, 0].tolist(), explain(model, encoder, batch), found):
        total = sum(weight for _, weight in reasons.wide) + reasons.deep + reasons.bias
        assert abs(total - reasons.logit) <= 1e-12 * max(1, abs(total))
        assert abs(total - z) <= 1e-6 * max(1, abs(z)) * (10 if dtype == np.float32 else 1)
        assert verdict.reasons == reasons
        parts = np.array([verdict.single, verdict.crosses, verdict.deep]) + np.array(usual)
        assert abs(parts.sum() + reasons.bias - reasons.logit) < 1e-10
        crosses = [weight for name, weight in reasons.wide if " AND " in name]
        assert parts[1] == pytest.approx(sum(crosses))


def test_the_usual_row_differs_by_nothing(rng):
    rows, encoder, model = shop(rng)
    batch = encoder.encode(rows)
    usual = usual_parts(model, encoder, batch)
    found = verdicts(model, encoder, batch, usual)
    assert np.mean([[v.single, v.crosses, v.deep] for v in found], axis=0) == pytest.approx([0, 0, 0], abs=1e-12)


def test_the_rule_by_hand(rng):
    """One cross of weight 2 against deep parts of 0, 1 and 3, on either side."""
    rows, encoder, model = shop(rng)
    batch = encoder.encode(rows)
    row = int(np.flatnonzero(batch.wide[:, 1] > 0)[0])
    one = batch[np.array([row])]
    wide, cross = model.towers["wide"], int(batch.wide[row, 1])
    wide.w[...] = 0
    for sign, weight, deep, word in [
        (1, 2.0, 0.0, "memorized"),
        (1, 2.0, 1.0, "memorized"),
        (1, 2.0, 3.0, "generalized"),
        (1, 0.4, 0.0, "generalized"),  # too weak for a memory
        (1, 2.0, -1.0, "memorized"),  # the deep part says the opposite
        (-1, 2.0, 1.0, "memorized"),
        (-1, 2.0, 3.0, "generalized"),
        (1, 2.0, -3.0, "generalized"),  # the deep part wins, to the other side
    ]:
        wide.w[cross] = sign * weight
        here = split_parts(model, encoder, one)[0]
        usual = Usual(here[0], 0.0, here[2] - sign * deep)
        found = verdicts(model, encoder, one, usual)[0]
        assert (found.word, found.side) == (word, sign if weight + deep > 0 else -sign)
        assert found.deep == pytest.approx(sign * deep) and found.crosses == pytest.approx(sign * weight)
        assert found.because == ([(encoder.wide_name(cross), sign * weight)] if weight + deep > 0 else [])
        assert word in str(found)


def test_least_is_asked_to_be_positive(rng):
    rows, encoder, model = shop(rng)
    with pytest.raises(ValueError, match="least 0"):
        verdicts(model, encoder, encoder.encode(rows), Usual(0, 0, 0), 0)


@pytest.fixture(scope="module")
def store():
    """A trained model of a world whose truth is known: (world, prepared, model, verdicts of the test rows)."""
    world = appstore.world(1)  # the rule was shaped on world 0
    recipe = RECIPES["appstore"]
    ready = recipe.prepare(world.dataset)
    model = recipe.fit(ready, None, 0).model
    usual = usual_parts(model, ready.encoder, ready.train)
    return world, ready, model, verdicts(model, ready.encoder, ready.test, usual)


def test_exceptions_are_memorized_and_tastes_generalized(store):
    world, ready, model, found = store
    effects = {(installed, shown): effect for installed, shown, effect in world.exceptions}
    data = world.dataset
    train, test = data.rows("random", "train")[0], data.rows("random", "test")[0]
    seen = {}
    for installed, shown in zip(train["installed"], train["title"]):
        for app in installed:
            seen[app, shown] = seen.get((app, shown), 0) + 1
    memorized, named, free = [], [], []
    for verdict, installed, shown in zip(found, test["installed"], test["title"]):
        pairs = [(app, shown) for app in installed if (app, shown) in effects]
        if not pairs:
            free.append(verdict.word == "generalized")
        elif len(pairs) == 1 and seen.get(pairs[0], 0) >= 20 and verdict.side == np.sign(effects[pairs[0]]):
            memorized.append(verdict.word == "memorized")
            if memorized[-1]:
                named.append(verdict.because[0][0] == f"installed has {pairs[0][0]} AND title={shown}")
    assert len(memorized) > 500 and np.mean(memorized) > 0.8
    assert np.mean(named) > 0.95  # and the right pair is named
    assert len(free) > 3000 and np.mean(free) > 0.9


def test_an_influence_is_the_logit_less_the_logit_without(rng):
    rows, encoder, model = shop(rng)
    n = next(n for n, bag in enumerate(rows["has"]) if len(bag) == 3)
    row = {name: column[n : n + 1] for name, column in rows.items()}
    found = dict(influences(model, encoder, row, "has"))
    z = model.logits(encoder.encode(row, dtype=np.float64))[0, 0]
    assert found.keys() == set(rows["has"][n])
    for value, change in found.items():
        rest = row | {"has": bags(tuple(v for v in rows["has"][n] if v != value))}
        assert change == pytest.approx(z - model.logits(encoder.encode(rest, dtype=np.float64))[0, 0])
    sizes = [abs(change) for _, change in influences(model, encoder, row, "has")]
    assert sizes == sorted(sizes, reverse=True)
    with pytest.raises(ValueError, match="want one row"):
        influences(model, encoder, rows, "has")
    with pytest.raises(ValueError, match="want one row"):
        influences(model, encoder, row, "x")


def test_the_influence_of_a_history_is_that_of_one_entry_less(rng):
    n = 40
    rows = {"user": rng.integers(0, 4, n), "item": rng.permutation(np.repeat(np.arange(10), 4))}
    labels = (rng.random((n, 1)) < 0.5).astype(float)
    encoder = HistoryEncoder(Encoder([Category("item")], [Category("item")]), [History("user", "item")], [])
    encoder.fit_encode(rows, labels)
    deep = DeepWithHistory(encoder.n_deep, 3, encoder.n_inputs, (5,), rng, np.float64)
    model = WideDeep(np.float64, deep=deep)
    one = encoder.encode({"user": np.array([2]), "item": np.array([5])})
    found = influences_of_history(model, encoder, one)
    entries = one.histories[0].inside(0)
    assert {name for name, _ in found} == {encoder.deep_name(entry) for entry in entries}
    gone = entries[0]
    rest = np.array([entry for entry in entries if entry != gone])
    if len(rest) == len(entries) - 1:  # by hand: h = sum of the other rows / sqrt of their number
        h = deep.E[rest].sum(axis=0) / np.sqrt(len(rest))
        X = np.concatenate([deep.E[one.deep[0]].ravel(), h])[None]
        without = (deep.mlp.forward(X)[0] @ deep.w)[0, 0]
        assert dict(found)[encoder.deep_name(gone)] == pytest.approx(model.logits(one)[0, 0] - without)
    with pytest.raises(ValueError, match="want one row"):
        influences_of_history(model, encoder, one, 3)


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


def test_slices_by_hand():
    y = np.array([[1], [0], [1], [1], [0], [0]], float)
    p = np.array([[0.9], [0.1], [0.9], [0.5], [0.5], [0.1]])
    parts = by_slice(y, p, ["b", "a", "b", "a", "a", "c"], bins=2, least=2)
    assert [(one.value, one.rows) for one in parts] == [("all rows", 6), ("a", 3), ("b", 2)]
    a = parts[1]  # p .1 in the lower bin, .5 and .5 in the upper; ones: 0; 1 and 0
    assert (a.predicted, a.observed) == (pytest.approx(1.1 / 3), pytest.approx(1 / 3))
    assert a.error == pytest.approx((1 * 0.1 + 2 * 0.0) / 3)
    spread = np.sqrt(2 / np.pi) * (np.sqrt(0.1 * 0.9) + np.sqrt(2 * 0.25))
    assert a.chance == pytest.approx(spread / 3)
    text = as_text(parts, "letter").splitlines()
    assert len(text) == 4 and text[0].startswith("letter") and re.search(r"a +3 +0.367 +0.333 +\+0.033", text[2])


def test_a_row_counts_for_every_value_of_its_bag():
    y, p = np.ones((3, 1)), np.full((3, 1), 0.5)
    parts = by_slice(y, p, bags(("a", "b"), ("a", "a"), ()), least=1)
    assert [(one.value, one.rows) for one in parts] == [("all rows", 3), ("a", 2), ("b", 1)]
    with pytest.raises(ValueError, match="one value for each row"):
        by_slice(y, p, ["a", "b"])


def test_true_probabilities_err_by_chance_alone(rng):
    p = rng.random((2000, 1))
    errors = [by_slice((rng.random(p.shape) < p).astype(float), p, np.zeros(2000))[0].error for _ in range(40)]
    assert np.mean(errors) == pytest.approx(by_slice(np.ones((2000, 1)), p, np.zeros(2000))[0].chance, rel=0.1)
    wrong = by_slice((rng.random(p.shape) < p**2).astype(float), p, np.zeros(2000))[0]
    assert wrong.error > 4 * wrong.chance


def test_labels_on_a_map_do_not_overlap(rng):
    import matplotlib.pyplot as plt

    points = rng.normal(size=(40, 2)) * [3, 1]
    points[:6] = points[0] + 0.01 * rng.normal(size=(6, 2))  # a crowd
    titles = [f"A film of number {i}" for i in range(40)]
    figure = plot_map(points, titles, [f"genre {i % 7}" for i in range(39)] + ["other"], "map", "genre")
    texts = [text for text in figure.axes[0].texts if text.get_text() in titles]
    boxes = [text.get_window_extent() for text in texts]
    assert len(texts) == 40
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    frame = figure.axes[0].get_window_extent()
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in boxes)
    plt.close(figure)
    with pytest.raises(ValueError, match="9 groups"):
        plot_map(points[:9], titles[:9], list("abcdefghi"), "map")


def test_reliability_is_drawn(rng):
    import matplotlib.pyplot as plt

    p = rng.random((500, 1))
    figure = plot_reliability(by_slice((p > 0.5).astype(float), p, rng.integers(0, 3, 500)), "title")
    assert len(figure.axes) == 2
    plt.close(figure)


def test_main_groups_take_the_rarest_of_the_coloured():
    catalogue = [("Drama",)] * 9 + [("Sci-Fi", "Drama")] * 2 + [("Noir", "Drama")]
    assert main_groups(catalogue[8:], catalogue, most=2) == ["Drama", "Sci-Fi", "Sci-Fi", "Drama"]
    assert main_groups([(), ("Noir",), ("Drama",), ("Drama",)], catalogue, most=1) == [
        "other",
        "other",
        "Drama",
        "Drama",
    ]


def test_short_titles():
    assert short_title("Empire Strikes Back, The (1980)") == "The Empire Strikes Back"
    assert short_title("Bird in Hand, A (1990) (V)") == "A Bird in Hand"
    assert len(short_title("x" * 60)) <= 30


def test_the_command(tmp_path, capsys):
    assert main(["--data", "appstore", "--quick", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert re.search(r"\d  0\.\d{3}  \w", out) and ("memorized (" in out or "generalized (" in out)
    assert "all rows" in out and "Travel" in out and "of their history:" in out
    for name in ("map-appstore.png", "reliability-appstore.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG") and str(tmp_path / name) in out


def test_the_command_explains_a_row(tmp_path, capsys):
    assert main(["--data", "appstore", "--quick", "--row", "3", "--by", "age", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "Test row 3: user=" in out and "age in [" in out
    terms = out.split("are the sum of:")[1].split("\n\n")[0]
    total = float(re.search(r"The log-odds, ([+-][\d.]+)", out)[1])
    assert sum(float(term) for term in re.findall(r"^  ([+-][\d.]+)", terms, re.M)) == pytest.approx(total, abs=0.01)


@pytest.mark.parametrize(
    "argv, message",
    [
        (["--data", "appstore", "--user", "999999"], "--user 999999: unknown"),
        (["--data", "appstore", "--by", "colour"], "--by colour: appstore has no such column"),
        (["--data", "appstore", "--row", "7200"], "--row 7200: appstore has 7,200 test rows"),
        (["--data", "appstore", "--out", "/dev/null/x"], "cannot be made a folder"),
        (["--folder", "/nowhere"], "/nowhere"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(argv, message, capsys):
    assert main([*argv, "--quick"]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error and error.startswith("error: ") and "Traceback" not in error


@pytest.mark.parametrize(
    "argv",
    [
        ["--data", "adult", "--user", "3"],
        ["--row", "1", "--user", "3"],
        ["--top", "0"],
        ["--row", "-1"],
        ["--data", "x"],
    ],
)
def test_a_wrong_call_exits_with_2(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2 and "error:" in capsys.readouterr().err
