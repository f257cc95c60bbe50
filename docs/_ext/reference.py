"""The API reference, the pages of source, and the links between prose and both.

    .. docstring:: mlp.dense.Dense      the docstring, as it was written: prose as prose, aligned columns as they stand
    {line}`mlp/dense.py: delta = dA`    a link to the one line of the file that holds this code; two or none is an error
    `net_sum` in prose                  a link to its entry here, if it is clear which object is meant
    source:mlp/dense.py                 (in links) the page of that file's source

The docstrings of this project are plain text and not reStructuredText, so that autodoc would garble them.
"""

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from packages import HOMES, MODULES, PATHS, ROOT, find, imports_of, line_of, lines, settled
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, guess_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

LISTED = r" +(\w+\.py|\w+/) {2,}(\S.*)"  # a line of a package's docstring: a file, and what it holds
ARGUMENT = r"[A-Za-z_][\w, *]* : "  # name : what it is
LOG = logging.getLogger(__name__)


# ---- docstrings ----------------------------------------------------------------------------------------------------


def as_nodes(text: str) -> Iterator[nodes.Node]:
    """Paragraphs of plain text; those with indented lines or aligned columns keep their lines."""
    kept: list[str] = []
    for paragraph in filter(None, re.split(r"\n\s*\n", text.strip("\n"))):
        parts = paragraph.split("\n")
        heading = len(parts) > 1 and re.fullmatch(r"-{3,}", parts[1])
        if heading:
            yield from flushed(kept)
            yield nodes.rubric("", parts[0])
            parts = parts[2:]
        if all(re.match(LISTED, line) for line in parts):
            yield from flushed(kept)
            yield listing(parts)
        elif re.match(r"Read (before|next): ", parts[0]) and len(parts) == 1:
            yield from flushed(kept)
            yield prose(re.sub(r" {3,}", ".  ", parts[0]) + ".")
        elif arguments := as_arguments(parts[: (end := first_other_line(parts))]):
            yield from flushed(kept)
            yield arguments
            yield from as_nodes("\n".join(parts[end:]))
        elif any(re.match(r" |- ", line) or re.search(r"\S {3,}\S", line) for line in parts):
            kept.append("\n".join(parts))
        else:
            yield from flushed(kept)
            yield prose(" ".join(parts))
    yield from flushed(kept)


def listing(parts: list[str]) -> nodes.bullet_list:
    """The files of a package, in reading order, each with what it holds."""
    files = nodes.bullet_list(classes=["files"])
    for line in parts:
        name, text = re.match(LISTED, line).groups()
        files += nodes.list_item("", prose(f"`{name}` {text}"))
    return files


def first_other_line(parts: list[str]) -> int:
    """How many lines, from the top, may be a list of arguments."""
    return next((i for i, line in enumerate(parts) if not re.match(f" |{ARGUMENT}", line)), len(parts))


def as_arguments(parts: list[str]) -> nodes.definition_list | None:
    """Lines of "name : what it is", with indented ones below them, or several in a line; None for anything else."""
    entries: list[str] = []
    for line in parts:
        if line.startswith(" ") and entries:
            entries[-1] += f" {line.strip()}"
        elif re.match(ARGUMENT, line):
            entries += re.split(rf" {{4,}}(?={ARGUMENT})", line)
        else:
            return None
    if any(re.search(r"\S {4,}\S", entry) for entry in entries):  # columns of their own
        return None
    if not entries:
        return None
    found = nodes.definition_list(classes=["arguments"])
    for entry in entries:
        name, _, text = entry.partition(" : ")
        item = nodes.definition_list_item("", nodes.term("", "", nodes.literal(name, name.strip())))
        item += nodes.definition("", prose(re.sub(r" +", " ", text)))
        found += item
    return found


def flushed(kept: list[str]) -> Iterator[nodes.Node]:
    if kept:
        text = textwrap.dedent("\n\n".join(kept))
        yield nodes.literal_block(text, text, language="none", classes=["docstring"])
        kept.clear()


def prose(text: str) -> nodes.paragraph:
    """`code` and names of files as code; the rest as it stands."""
    paragraph = nodes.paragraph()
    text = re.sub(r"(?<![`\w/.])[\w/]+\.(?:py|md)\b(?![^`]*`(?:[^`]*`[^`]*`)*[^`]*$)", r"`\g<0>`", text)
    for i, piece in enumerate(re.split(r"`([^`]+)`", text)):
        if piece:
            paragraph += nodes.literal(piece, piece) if i % 2 else nodes.Text(piece)
    return paragraph


class Docstring(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        text = MODULES[name].docstring if name in MODULES else HOMES[name][1].docstring
        return list(as_nodes(text))


# ---- source --------------------------------------------------------------------------------------------------------


def page_of(path: str) -> str:
    """The name of the page that shows a file's source."""
    return f"source/{path.removesuffix('.py')}"


def source_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Every file of the packages, and each other that is linked: a page each, with an anchor for each line."""
    others = (Path(app.srcdir) / "linked.txt").read_text().splitlines()
    order = [None, *PATHS, None]
    for before, path, after in [*zip(order, order[1:], order[2:]), *((None, path, None) for path in others)]:
        links = [(f"api/{PATHS[path].name}", f"{PATHS[path].name} in the reference")] if path in PATHS else []
        links += [(page_of(before), f"before: {before}")] if before else []
        links += [(page_of(after), f"next: {after}")] if after else []
        ways = " &#160; ".join(f'<a href="{app.builder.get_relative_uri(page_of(path), to)}">{text}</a>'
                               for to, text in links)  # fmt: skip
        body = f'<h1>{path}</h1>\n<p class="ways">{ways}</p>\n<div class="source-page">{highlighted(path)}</div>'
        yield page_of(path), {"title": path, "body": body, "parents": []}, "page.html"


def highlighted(path: str) -> str:
    text = "\n".join(lines(path)) + "\n"
    try:
        lexer = guess_lexer_for_filename(path, text, stripnl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False)
    code = highlight(text, lexer, HtmlFormatter(linenos="inline", linespans="L", wrapcode=True))
    return code.replace("<pre>", '<pre tabindex="0">', 1)


class Line(SphinxRole):
    """{line}`path: code`: a link that reads as the file and the number of the line; the code is its title."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        path, _, code = self.text.partition(": ")
        try:
            number = line_of(path, code)
        except ValueError as error:
            LOG.warning(str(error), location=(self.env.docname, self.lineno))
            return [nodes.literal(self.text, self.text)], []
        link = nodes.reference("", "", refuri=f"source:{path}#L-{number}", classes=["line"], reftitle=code.strip())
        link += nodes.Text(f"{path}, line {number}")
        return [link], []


# ---- links ---------------------------------------------------------------------------------------------------------


def imports_on(doctree: nodes.document) -> dict[str, str | None]:
    """What the code on a page imports; None for a name that is imported from two places."""
    names: dict[str, str | None] = {}
    for block in [*doctree.findall(nodes.literal_block), *doctree.findall(nodes.literal)]:
        text = block.astext()
        if "import " not in text:
            continue
        text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("%", "!")))
        try:
            found = imports_of(ast.parse(text))
        except SyntaxError:
            continue
        for name, full in found.items():
            home = settled(full)
            if home:
                names[name] = home if names.get(name, home) == home else None
    return names


def inside(node: nodes.Node, *kinds: type) -> bool:
    while node is not None:
        if isinstance(node, kinds):
            return True
        node = node.parent
    return False


def address(app: Sphinx, docname: str, found: str) -> str:
    """From a page to an object's or module's entry, or to a file's source."""
    if found in PATHS:
        return app.builder.get_relative_uri(docname, page_of(found))
    if found in MODULES:
        return app.builder.get_relative_uri(docname, f"api/{found}")
    module, thing = HOMES[found]
    if not thing.public:
        return app.builder.get_relative_uri(docname, page_of(module.path)) + f"#L-{thing.line}"
    return app.builder.get_relative_uri(docname, f"api/{module.name}") + f"#{found}"


def put_link(literal: nodes.literal, uri: str, title: str) -> None:
    link = nodes.reference("", "", internal=True, refuri=uri, reftitle=title, classes=["code-link"])
    literal.parent.replace(literal, link)
    link += literal


def settle_types(app: Sphinx, doctree: nodes.document) -> None:
    """A type in a signature is the one that its module imports or defines, whoever else has one of that name."""
    for sign in doctree.findall(addnodes.desc_signature):
        module = MODULES.get(sign.get("module") or "")
        for reference in list(sign.findall(addnodes.pending_xref)):
            head, _, rest = reference["reftarget"].partition(".")
            full = f"{module.name}.{head}" if module and f"{module.name}.{head}" in HOMES else None
            full = full or (module and settled(module.imports.get(head, ""))) or None
            full = full and rest and settled(f"{full}.{rest}") or full
            if full in HOMES and HOMES[full][1].public:
                reference["reftarget"], reference["refspecific"] = full, False
            else:
                shown = reference.children[0]  # the name; where there are two, the short one
                reference.replace_self(shown.children if isinstance(shown, addnodes.pending_xref_condition) else shown)


def link_rows(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """In a row of a table that names a file and some code of it, the code leads to its line."""
    for row in doctree.findall(nodes.row):
        literals = list(row.findall(nodes.literal))
        paths = [node.astext() for node in literals if node.astext() in PATHS]
        for node in literals:
            for path in paths:
                if node.astext() not in PATHS and len(node.astext()) > 3:
                    found = [n for n, line in enumerate(lines(path), 1) if node.astext() in line]
                    if len(found) == 1 and not inside(node, nodes.reference):
                        uri = app.builder.get_relative_uri(docname, page_of(path)) + f"#L-{found[0]}"
                        put_link(node, uri, f"{path}, line {found[0]}")


def link_code(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    names, home = imports_on(doctree), docname.removeprefix("api/") if docname.startswith("api/") else ""
    for node in list(doctree.findall(nodes.literal)):
        if inside(node, nodes.reference, nodes.title, addnodes.desc_signature):
            continue
        found = find(node.astext(), names, home)
        if found and found != home:
            put_link(node, address(app, docname, found), found)


def link_source(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """source:path#line of links and of {line}; [source] beside each entry of the reference."""
    for link in list(doctree.findall(nodes.reference)):
        uri = link.get("refuri", "")
        if uri.startswith("source:"):
            path, _, anchor = uri.removeprefix("source:").partition("#")
            link["refuri"] = app.builder.get_relative_uri(docname, page_of(path)) + (f"#{anchor}" if anchor else "")
            link["internal"] = True
    for sign in list(doctree.findall(addnodes.desc_signature)):
        full = f"{sign.get('module')}.{sign.get('fullname')}"
        if full not in HOMES:
            LOG.warning(f"{full} has no source", location=docname)
            continue
        module, thing = HOMES[full]
        uri = app.builder.get_relative_uri(docname, page_of(module.path)) + f"#L-{thing.line}"
        link = nodes.reference("", "", internal=True, refuri=uri, classes=["source-link"],
                               reftitle=f"{module.path}, line {thing.line}")  # fmt: skip
        link += nodes.inline("", "[source]")
        sign.append(link)


def link_all(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    if app.builder.format == "html":
        link_source(app, doctree, docname)
        link_rows(app, doctree, docname)
        link_code(app, doctree, docname)


def setup(app: Sphinx) -> dict[str, Any]:
    assert ROOT.is_dir()
    app.add_directive("docstring", Docstring)
    app.add_role("line", Line())
    app.connect("doctree-read", settle_types)
    app.connect("doctree-resolved", link_all)
    app.connect("html-collect-pages", source_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
