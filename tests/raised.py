"""While tests run: which test raises which message?  Loaded by conftest.py; docs/errors.py writes it down.

The packages are compiled with one call more before each message: note("widedeep/table.py:71").  Nothing else of them
changes.  What programs that tests start as processes of their own say is not noted.
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

noted: dict[str, str] = {}  # {place: the first test that came there}


def note(place):
    if place not in noted:
        noted[place] = os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0].split("[")[0]


class Noting(ast.NodeTransformer):
    def __init__(self, name):
        self.name = name

    def generic_visit(self, node):
        super().generic_visit(node)
        for field in ("body", "orelse", "finalbody"):
            if isinstance(getattr(node, field, None), list):
                setattr(node, field, [new for old in getattr(node, field) for new in self.noted(old)])
        return node

    def noted(self, statement):
        if errors.said(statement) is not None:
            place = f"{self.name}:{statement.lineno}"
            call = ast.parse(f"__import__('sys').modules[{__name__!r}].note({place!r})").body[0]
            for part in ast.walk(call):
                ast.copy_location(part, statement)
            yield call
        yield statement


class Loader(SourceFileLoader):
    def get_code(self, fullname):
        path = Path(self.get_filename(fullname))
        tree = Noting(path.relative_to(ROOT).as_posix()).visit(ast.parse(path.read_bytes(), str(path)))
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
        for place, test in getattr(node, "workeroutput", {}).get("raised", {}).items():
            noted.setdefault(place, test)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["raised"] = noted
        elif hasattr(session.config, "cache") and not session.config.option.collectonly:
            session.config.cache.set("widedeep/raised", {**session.config.cache.get("widedeep/raised", {}), **noted})
