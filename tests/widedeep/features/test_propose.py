import ast
import time
from pathlib import Path

import numpy as np
import pytest

from widedeep.features import propose as module
from widedeep.features.propose import main, propose


@pytest.fixture
def world():
    """left and right decide together, alone each tells little; loud tells much; id and noise tell nothing."""
    rng, n = np.random.default_rng(0), 6000
    left, right, loud = rng.integers(0, 4, n), rng.integers(0, 4, n), rng.integers(0, 3, n)
    money = 25.0 * rng.integers(1, 60, n)  # even and odd multiples mean the opposite
    logit = 3.0 * ((left + right) % 2) - 1.5 + loud - 1 + 0.3 * (left == 0) + 0.3 * (right == 0) + 2 * (money / 25 % 2)
    y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float)[:, None]
    words = np.array(["a", "b", "c", "d"])
    return {
        "left": words[left],
        "right": words[right],
        "loud": words[loud],
        "id": np.arange(n).astype(str),
        "noise": rng.normal(size=n),
        "money": money,
    }, y


def test_it_finds_the_cross_the_exact_value_and_what_is_of_no_use(world):
    table, y = world
    proposal = propose(table, y)
    crosses = [line for line in proposal.code.splitlines() if "Cross(" in line]
    assert "# left x right  +0." in crosses[0] and proposal.crosses[0] == ("left", "right")
    assert "Exact('money', min_count=2" in proposal.code
    assert any(note.startswith("id left out") for note in proposal.notes)
    assert any(note.startswith("noise left out") for note in proposal.notes)


def test_the_encoder_is_what_the_code_says_and_no_text_is_evaluated(world):
    table, y = world
    proposal = propose(table, y)
    encoder = proposal.encoder().fit(table)
    names: dict[str, object] = {}
    exec(f"from widedeep import *\nfrom widedeep.features.robust import Robust\n{proposal.code}", names)  # a person's
    assert names["encoder"].fit(table).fingerprint == encoder.fingerprint
    tree = ast.parse(Path(module.__file__).read_text())
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not {"eval", "exec", "compile", "__import__"} & called
    assert encoder.encode(table, y).wide.shape[0] == len(y)
    assert [column.name for column in encoder.deep] == [column.name for column in encoder.wide][: len(encoder.deep)]


def test_a_csv_and_a_dict_give_the_same_proposal(world, tmp_path):
    table, y = world
    path = tmp_path / "t.csv"
    names = ["left", "right", "loud"]
    rows = zip(*(table[name] for name in names), np.where(y[:, 0] == 1, "yes", "no"))
    path.write_text("\n".join([",".join([*names, "bought"]), *(",".join(row) for row in rows)]))
    plain = {name: table[name] for name in names}
    assert propose(path, "bought", positive="yes").code == propose(plain, y).code


def test_labels_of_shuffled_rows_lead_to_nothing(world):
    table, y = world
    with pytest.raises(ValueError, match="no column tells anything"):
        propose({name: table[name] for name in ("left", "right", "loud")}, np.random.default_rng(1).permutation(y))


def test_labels_are_checked(world):
    table, y = world
    with pytest.raises(ValueError, match="labels"):
        propose(table, y[:, 0])
    with pytest.raises(ValueError, match="no column 'income'"):
        propose(table, "income")
    with pytest.raises(ValueError, match="both classes"):
        propose(table, np.ones_like(y))


def test_a_bag_is_crossed_where_the_pair_decides(tmp_path):
    rng, n = np.random.default_rng(0), 4000
    bags, app = [tuple(rng.choice(list("abcd"), 2, replace=False)) for _ in range(n)], rng.choice(list("abcd"), n)
    own = np.array([letter in bag for letter, bag in zip(app, bags)])
    y = (rng.random(n) < np.where(own, 0.9, 0.2)).astype(float)[:, None]
    proposal = propose({"installed": np.fromiter(bags, object, n), "app": app}, y)
    assert proposal.crosses == (("installed", "app"),)
    assert "BagWithMissing('installed', min_count=2, sep=None)" in proposal.code


def test_a_column_that_says_the_same_in_other_words_is_left_out(world):
    table, y = world
    proposal = propose(table | {"number": np.array([ord(word) for word in table["left"]])}, y)
    assert "number only as a number: its groups are those of left" in proposal.notes
    assert "'number'" in proposal.code and not any("number" in pair for pair in proposal.crosses)


def test_buckets_and_crosses_can_be_asked_for():
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(2, 4000))
    y = (x * z > 0)[:, None] * 1.0
    proposal = propose({"x": x, "z": z}, y, n_q=40)
    assert "Buckets('x', n_q=40)" in proposal.code and proposal.crosses == (("x", "z"),)
    assert "n_q=40" not in propose({"x": x, "z": z}, y).code
    with pytest.raises(ValueError, match="no column tells anything"):
        propose({"x": x, "z": z}, y, most=0)


def test_74_numbers_take_seconds():
    rng, n = np.random.default_rng(0), 40_000
    table = {f"x{j}": rng.normal(size=n) for j in range(74)}
    start = time.process_time()
    proposal = propose(table, (table["x0"] * table["x1"] > 0)[:, None] * 1.0)
    assert proposal.crosses[0] == ("x0", "x1") and time.process_time() - start < 10


def test_the_command_prints_code_and_refuses_in_one_line(tmp_path, capsys):
    rng = np.random.default_rng(0)
    colour = rng.choice(["red", "green", "blue"], 400)
    y = (rng.random(400) < np.where(colour == "red", 0.9, 0.1)).astype(int)
    path = tmp_path / "rows.csv"
    path.write_text("colour,y\n" + "\n".join(f"{c},{v}" for c, v in zip(colour, y)))
    assert main([str(path), "--label", "y", "--positive", "1"]) == 0
    code = capsys.readouterr().out
    assert "Category('colour', min_count=2)" in code
    assert propose(path, "y", positive=1).encoder().fit({"colour": colour}).n_wide == 4
    for argv in ([str(path), "--label", "nobody"], [str(tmp_path / "none.csv"), "--label", "y"]):
        assert main(argv) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_table_of_nothing_but_ids_is_refused(world):
    with pytest.raises(ValueError, match="propose: nothing to learn from: id left out: "):
        propose({"id": world[0]["id"]}, world[1])


@pytest.mark.parametrize("column, positive", [("right", None), ("two", "maybe")])
def test_a_labels_column_holds_two_values_and_positive_is_one_of_them(world, column, positive):
    table = {"left": world[0]["left"], "right": world[0]["right"], "two": np.where(world[1][:, 0] == 1, "yes", "no")}
    with pytest.raises(ValueError, match=f"propose: '{column}' holds .*, positive {positive!r}; want two values"):
        propose(table, column, positive=positive)


@pytest.mark.parametrize("options, words", [(["--buckets", "1"], "--buckets 1, "), (["--most", "-1"], "--most -1: ")])
def test_counts_that_cannot_be_end_with_2(options, words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["people.csv", "--label", "bought", *options])
    assert stop.value.code == 2 and f"{words}" in (told := capsys.readouterr().err)
    assert told.rstrip().endswith("want at least 2 and at least 0")
