"""Your turn: what is printed for an answer that is missing, right, wrong, odd, or asked for."""

import pytest

from widedeep.course import turn
from widedeep.course.turns import texts


def told(capsys, mine, right=lambda m: m == 4):
    turn("1.6", mine, right)
    return capsys.readouterr().out


def test_what_it_says(capsys):
    assert told(capsys, ...) == "NOT WRITTEN YET\n"
    assert told(capsys, 4) == "RIGHT\n"
    missed = told(capsys, 2)
    assert missed.splitlines() == [
        "NOT YET",
        f"Hint: {texts()['1.6']['hint']}",
        '(mine = "?" shows the worked answer.)',
    ]
    assert told(capsys, "?") == "The worked answer:  mine = 4\n"


def test_an_answer_that_cannot_be_judged_does_not_stop_the_notebook(capsys):
    out = told(capsys, "four", lambda m: m + 1 == 5)
    assert out.startswith("NOT YET: TypeError: ") and "Hint: " in out


def test_an_unknown_number_is_the_authors_mistake():
    with pytest.raises(ValueError, match=r"turn: there is no '99.9'; there are 0.1, "):
        turn("99.9", 1, bool)


def test_every_question_has_its_texts():
    for number, text in texts().items():
        assert set(text) == {"hint", "answer", "wrong"} and all(text.values()), number
        assert text["answer"] not in text["hint"].split() or len(text["answer"]) < 3, number  # it gives nothing away
