"""While tests run: which test raises which message?  Loaded by conftest.py; docs/errors.py writes it down.

The packages are compiled with one call more before each message, note("widedeep/table.py Sheet: ..."), and nothing else
changes.  What programs that tests start as processes of their own say is not noted.  A run fails where a test that the
page names for a message has passed without raising it.
"""

import ast
import importlib.util
import os
import sys
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
spec = importlib.util.spec_from_file_location("docs_errors", ROOT / "docs" / "errors.py")
errors = importlib.util.module_from_spec(spec)
spec.loader.exec_module(errors)

passed: set[str] = set()
noted: dict[str, str] = {}  # {a message's key: the first test that raised it}


def note(key):
    test = os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0].split("[")[0]
    if test and key not in noted:  # no test: pytest asks modules for names while it collects
        noted[key] = test


class Noting(ast.NodeTransformer):
    """keys : {line: a message's key}"""

    def __init__(self, keys):
        self.keys = keys

    def generic_visit(self, node):
        super().generic_visit(node)
        for field in ("body", "orelse", "finalbody"):
            if isinstance(getattr(node, field, None), list):
                setattr(node, field, [new for old in getattr(node, field) for new in self.noted(old)])
        return node

    def noted(self, statement):
        if errors.said(statement) is not None:
            call = ast.parse(f"__import__('sys').modules[{__name__!r}].note({self.keys[statement.lineno]!r})").body[0]
            for part in ast.walk(call):
                ast.copy_location(part, statement)
            yield call
        yield statement


class Loader(SourceFileLoader):
    def get_code(self, fullname):
        path = Path(self.get_filename(fullname))
        keys = {message.line: message.key for message in errors.messages_of(path)}
        tree = Noting(keys).visit(errors.tree_of(path))
        return compile(tree, str(path), "exec", dont_inherit=True)


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.split(".")[0] not in errors.PACKAGES:
            return None
        found = PathFinder.find_spec(name, path, target)
        if found is not None and isinstance(found.loader, SourceFileLoader) and found.origin.startswith(str(ROOT)):
            found.loader = Loader(found.loader.name, found.loader.path)
        return found


sys.meta_path.insert(0, Finder)


class Merging:
    """In the process that the person started: what the workers of xdist noted, together, kept in pytest's cache."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node):
        for key, test in getattr(node, "workeroutput", {}).get("raised", {}).items():
            noted.setdefault(key, test)

    def pytest_runtest_logreport(self, report):
        if report.when == "call" and report.passed:
            passed.add(report.nodeid.split("[")[0])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["raised"] = noted
        elif hasattr(session.config, "cache") and not session.config.option.collectonly:
            before = session.config.cache.get("widedeep/raised", {})  # runs of parts of the suite add up
            known = {message.key for message in errors.all_messages()}
            kept = {key: test for key, test in before.items() if key in known and exists(test)}
            session.config.cache.set("widedeep/raised", {**kept, **noted})
            for key, test in errors.on_the_page(errors.all_messages()).items():
                if test in passed and key not in noted and not session.config.option.keyword:
                    print(f"\n{test} does not raise this any more: {key}  (python docs/errors.py writes the page anew)")
                    session.exitstatus = 1


def exists(test):
    """Is there still a test of this name?   test : path::function, or path::Class::function"""
    path, *names = test.split("::")
    return (ROOT / path).is_file() and bool(names) and f"def {names[-1]}(" in (ROOT / path).read_text()
