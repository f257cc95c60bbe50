"""Every sentence is there in every language, with the same placeholders; nothing gives the answer away."""

import re

import pytest

from widedeep.exercises import messages
from widedeep.exercises.catalog import NAMES, find
from widedeep.exercises.messages import LANGUAGES, of_cause, of_exercise, read, text_of_law

FILES = ["common", *NAMES]


def leaves(table, path=()):
    if isinstance(table, dict):
        for key, value in table.items():
            yield from leaves(value, (*path, key))
    elif isinstance(table, list):
        for k, value in enumerate(table):
            yield from leaves(value, (*path, k))
    else:
        yield path, table


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_missing_in_any_language(language, name):
    english, other = dict(leaves(read("en", name))), dict(leaves(read(language, name)))
    assert english.keys() == other.keys()
    for path, text in english.items():
        assert isinstance(other[path], str) and other[path].strip(), path
        if "causes" in path or name == "common":
            wanted = set(re.findall(r"\{(\w+)", text))
            assert set(re.findall(r"\{(\w+)", other[path])) == wanted, (path, other[path])


def test_there_are_two_languages():
    assert {"en", "de"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_text_can_be_said(name, language, monkeypatch):
    monkeypatch.setenv("WIDEDEEP_LANGUAGE", language)
    exercise = find(name)
    values = dict.fromkeys(exercise.sizes, 7) | {"array": "dW", "factor": "2"}
    common = ["A14", "M10", "M14", "X2", "P2", "X4", "O6", "Z1", "F1", "S1", "S2", "S3", "S4", "S5", "S6"]
    causes = {slip.cause for slip in exercise.slips} | {cause for cause, _ in exercise.factors.values()}
    for cause in sorted(causes) + common:
        says, hint = of_cause(name, cause, **values)
        assert "{" not in says + hint and not re.search(r"np\.|axis=|@|\.T\b", says + hint), (cause, says, hint)
    assert all(text_of_law(name, law.name) for law in exercise.laws)
    hints = of_exercise(name, "hints")
    assert len(hints) >= 4 and not any(re.search(r"np\.|axis=|@|\.sum\(", hint) for hint in hints)


def test_an_unknown_language_is_refused(monkeypatch):
    monkeypatch.setenv("WIDEDEEP_LANGUAGE", "xx")
    with pytest.raises(ValueError, match="there is de and en"):
        messages.language()


def test_a_variant_without_a_text_has_that_of_its_cause():
    assert of_cause("05_dense", "D1.other", N=7) == of_cause("05_dense", "D1", N=7)
    with pytest.raises(KeyError):
        of_cause("05_dense", "D99")
