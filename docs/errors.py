"""The error catalogue, docs/errors.md, made from the code:   pytest -n auto && python docs/errors.py

Every message that a person can meet stands in the code once: where an exception is raised with a text, or a command
refuses its arguments.  tests/raised.py notes which test raises each while the tests run; this writes both down.
tests/test_errors.py fails where the page is stale, and so where a message has no test.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "errors.md"
NOTED = ROOT / ".pytest_cache" / "v" / "widedeep" / "raised"
PACKAGES = ("perceptron", "mlp", "widedeep")
HEAD = """# Errors

Every message of this package, by file: what it says, what to do, and a test that raises it, as an example of what leads
there. Names in braces stand for what came. A command prints the same sentence after `error:` and ends with exit code 2.
Made by `python docs/errors.py`.
"""


class Message(NamedTuple):
    path: str  # of the file, from the root
    line: int
    function: str  # the function, or Class.function
    error: str  # the exception's name; "usage" of a command
    text: str  # what came in braces

    @property
    def key(self) -> str:
        return f"{self.path} {self.function}: {self.text}"


def messages(path: Path, root: Path = ROOT) -> Iterator[Message]:
    """Each `raise Error("...")` and `parser.error("...")` of a file, in order."""

    def inside(node: ast.AST, names: tuple[str, ...]) -> Iterator[Message]:
        for child in ast.iter_child_nodes(node):
            named = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            call = said(child)
            if call is not None:
                error = call.func.id if isinstance(call.func, ast.Name) else "usage"
                yield Message(
                    path.relative_to(root).as_posix(),
                    child.lineno,
                    ".".join(names) or "at import",
                    error,
                    " ".join(template(text_of(call)).split()),
                )
            yield from inside(child, (*names, child.name) if named else names)  # type: ignore[attr-defined]

    yield from inside(tree_of(path), ())


def tree_of(path: Path) -> ast.Module:
    """The file's syntax, parsed.  CPython before 3.11.9 counts its depth wrongly where another thread parses, too."""
    try:
        return ast.parse(path.read_bytes(), str(path))
    except SystemError:
        return ast.parse(path.read_bytes(), str(path))


def said(node: ast.AST) -> ast.Call | None:
    """The call that makes the message of this statement; None where it is no message."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        call = node.exc
        if isinstance(call.func, ast.Name) and call.func.id[0].isupper() and call.func.id != "SystemExit":
            return call if call.args else None
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value
        if isinstance(call.func, ast.Attribute) and call.func.attr == "error" and call.args:
            owner = ast.unparse(call.func.value)
            return call if "parser" in owner else None
    return None


def text_of(call: ast.Call) -> ast.expr:
    """The argument that is the message: Refused(422, "...") has a number before it."""
    return next(
        (arg for arg in call.args if not (isinstance(arg, ast.Constant) and isinstance(arg.value, int))), call.args[0]
    )


def template(node: ast.expr) -> str:
    """The text that an expression makes, as far as it stands in the code."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(template(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return template(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return template(node.left) + template(node.right)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.JoinedStr):  # f"..."[:300]
        return template(node.value)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.BinOp):
        return template(node.value)
    text = ast.unparse(node)
    return "{" + (text if len(text) <= 30 else "...") + "}"


def messages_of(path: Path, root: Path = ROOT) -> list[Message]:
    """Those of a file; where two of a function are alike, the second is called so."""
    found: list[Message] = []
    for message in messages(path, root):
        alike = sum(
            (message.error, message.text) == (other.error, other.text)
            and message.function == other.function.partition(" #")[0]
            for other in found
        )
        found.append(message._replace(function=f"{message.function} #{alike + 1}") if alike else message)
    return found


def all_messages(root: Path = ROOT) -> list[Message]:
    return [
        message
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
        for message in messages_of(path, root)
    ]


def page(found: list[Message], tests: dict[str, str]) -> str:
    """The catalogue.   tests : {a message's key: the test that raises it}"""
    lines = [HEAD]
    for path, its in groupby(found, lambda message: message.path):
        lines += [f"## {path}", "", "| what it says | what to do | where, and a test |", "|---|---|---|"]
        for message in its:
            came, _, remedy = message.text.partition("; ")
            lines.append(
                f"| {cell(came)} | {cell(remedy)} | `{message.function}` {message.error}<br>"
                f"`{tests.get(message.key, 'no test')}` |"
            )
        lines.append("")
    return "\n".join(lines)


def on_the_page(found: list[Message]) -> dict[str, str]:
    """{a message's key: its test} as the page has it; {} where the page is of other messages."""
    tests = re.findall(r"<br>`([^`]+)` \|$", PAGE.read_text(), re.M) if PAGE.exists() else []
    return dict(zip((message.key for message in found), tests)) if len(tests) == len(found) else {}


def cell(text: str) -> str:
    """Text in a table of Markdown, as it is."""
    return re.sub(r"([\\|*_`{}\[\]<>~#$])", r"\\\1", text)


def main() -> int:
    if not NOTED.exists():
        print("errors: no test run is noted; want pytest -n auto first, the whole suite", file=sys.stderr)
        return 2
    tests, found = json.loads(NOTED.read_text()), all_messages()
    PAGE.write_text(page(found, tests))
    without = [m for m in found if m.key not in tests]
    print(f"{len(found)} messages, {len(without)} without a test")
    for m in without:
        print(f"{m.path}:{m.line} {m.function}: {m.text[:100]}")
    return 1 if without else 0


if __name__ == "__main__":
    raise SystemExit(main())
