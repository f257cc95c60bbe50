import numpy as np
import pytest

from widedeep.features.propose import NAMESPACE, main, propose


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
    assert "Cross('left', 'right')" in crosses[0]
    assert "Exact('money', 3)" in proposal.code or "Category('money')" in proposal.code
    assert any(note.startswith("id left out") for note in proposal.notes)
    assert any(note.startswith("noise left out") for note in proposal.notes)


def test_the_code_is_an_encoder_that_can_be_edited(world):
    table, y = world
    proposal = propose(table, y)
    encoder = proposal.encoder().fit(table)
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


def test_the_command_prints_code_that_can_be_evaluated_and_refuses_in_one_line(tmp_path, capsys):
    rng = np.random.default_rng(0)
    colour = rng.choice(["red", "green", "blue"], 400)
    y = (rng.random(400) < np.where(colour == "red", 0.9, 0.1)).astype(int)
    path = tmp_path / "rows.csv"
    path.write_text("colour,y\n" + "\n".join(f"{c},{v}" for c, v in zip(colour, y)))
    assert main([str(path), "--label", "y", "--positive", "1"]) == 0
    code = capsys.readouterr().out
    assert "Category('colour')" in code
    assert eval(code, dict(NAMESPACE)).fit({"colour": colour}).n_wide == 4
    for argv in ([str(path), "--label", "nobody"], [str(tmp_path / "none.csv"), "--label", "y"]):
        assert main(argv) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
