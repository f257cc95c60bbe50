"""docs/errors.md: every message of the packages is there, and a test that raises it."""

import pytest

from tests.raised import errors, exists

FOUND = errors.all_messages()
RENEW = "pytest -n auto && python docs/errors.py"


def test_the_page_is_that_of_the_code():
    tests = errors.on_the_page(FOUND)
    assert tests, f"{len(FOUND)} messages in the code, another number on the page: {RENEW}"
    assert errors.page(FOUND, tests) == errors.PAGE.read_text(), RENEW


@pytest.mark.parametrize("message", FOUND, ids=lambda message: message.path)
def test_every_message_has_a_test(message):
    test = errors.on_the_page(FOUND).get(message.key, "no test")
    assert exists(test), f"{message.path}:{message.line} says {message.text!r}, and no test raises it: {RENEW}"


def test_what_is_a_message(tmp_path):
    (tmp_path / "widedeep").mkdir()
    path = tmp_path / "widedeep" / "some.py"
    path.write_text(
        "class A:\n    def f(self, x):\n"
        "        if x:\n            raise ValueError(f'A: {x} came; want ' + 'less'[:3])\n"
        "        raise\n"
        "def g(parser, x):\n    parser.error(f'--x {x}: want more')\n    log.error('no')\n"
        "    raise Refused(422, 'late')\n    raise SystemExit(3)\n    raise x\n    raise Refused(423, 'late')\n"
    )
    found = errors.messages_of(path, tmp_path)
    assert [(m.function, m.error, m.text) for m in found] == [
        ("A.f", "ValueError", "A: {x} came; want {'less'[:3]}"),
        ("g", "usage", "--x {x}: want more"),
        ("g", "Refused", "late"),
        ("g #2", "Refused", "late"),
    ]
    text = errors.page(found, {found[0].key: "tests/test_errors.py::test_what_is_a_message"})
    assert r"| A: \{x\} came | want \{'less'\[:3\]\} | `A.f` ValueError<br>" in text
    assert text.count("`no test`") == 3


def test_a_test_that_is_gone_is_seen():
    assert exists("tests/test_errors.py::test_a_test_that_is_gone_is_seen")
    assert (
        not exists("tests/test_errors.py::test_gone") and not exists("tests/gone.py::test_a") and not exists("no test")
    )
