"""Words of the glossary, linked where they stand: the first time in each section of each page.

Not in headings, code, links, equations and signatures.  A word is found with a capital, too, and with a plural's s,
unless it is written with a capital in the glossary (FTRL, Adam): then as it is written.  Phrases in which a word means
something else are passed over: glossary_passes_over in conf.py.  The definition is the link's title.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

PASSED_OVER = (nodes.reference, nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.title,
               nodes.raw, nodes.rubric, nodes.image, nodes.term, addnodes.desc_signature,
               addnodes.pending_xref)  # fmt: skip


class Word(NamedTuple):
    anchor: str
    definition: str


def words(app: Sphinx) -> dict[str, Word]:
    """Term -> its anchor and definition, from the page that is named in glossary_page."""
    if not hasattr(app, "_glossary_words"):
        found = {}
        page = app.env.get_doctree(app.config.glossary_page)
        for item in page.findall(nodes.definition_list_item):
            text = next(item.findall(nodes.definition)).children[0].astext().replace("\n", " ")
            for term in item.findall(nodes.term):
                found[term.astext()] = Word(term["ids"][0], text)
        app._glossary_words = found
        app._glossary_pattern = pattern(found, app.config.glossary_passes_over)
    return app._glossary_words


def pattern(found: dict[str, Word], passed_over: Iterable[str]) -> re.Pattern[str]:
    """The longest first, so that "log loss" is not a "loss"; a space may be a line's end.  Group 1 is passed over."""
    ways = []
    for term in sorted(found, key=len, reverse=True):
        text = re.escape(term).replace(r"\ ", r"\s+")
        lower = term == term.lower()
        ways.append(f"[{term[0].upper()}{term[0]}]{text[1:]}(?:s|es)?" if lower else text)
    others = "|".join(passed_over) or "(?!)"
    return re.compile(rf"({others})|(?<![\w/-])(?:{'|'.join(ways)})(?![\w/-]|\.\w)")


def term_of(text: str, found: dict[str, Word]) -> str | None:
    plain = re.sub(r"\s+", " ", text)
    for way in (plain, plain.lower(), plain.lower().removesuffix("s"), plain.lower().removesuffix("es")):
        if way in found:
            return way
    return None


def texts(node: nodes.Node) -> Iterator[nodes.Text]:
    """The text of a section, but not of the sections in it, nor of what is passed over."""
    for child in list(node.children):
        if isinstance(child, nodes.Text):
            yield child
        elif not isinstance(child, (nodes.section, *PASSED_OVER)):
            yield from texts(child)


def link_words(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    page = app.config.glossary_page
    if app.builder.format != "html" or any(docname.startswith(name) for name in app.config.glossary_not_on):
        return
    found = words(app)
    address = "" if docname == page else app.builder.get_relative_uri(docname, page)
    for section in list(doctree.findall(nodes.section)):
        done: set[str] = set()
        for text in list(texts(section)):
            if docname == page:  # each entry is a section of its own here, and does not link to itself
                item = text.parent
                while item is not None and not isinstance(item, nodes.definition_list_item):
                    item = item.parent
                done = {found[term.astext()].anchor for term in item.findall(nodes.term)} if item is not None else set()
            put_links(app, text, done, found, address)


def put_links(app: Sphinx, text: nodes.Text, done: set[str], found: dict[str, Word], address: str) -> None:
    new: list[nodes.Node] = []
    rest, at = text.astext(), 0
    for match in app._glossary_pattern.finditer(rest):
        term = None if match[1] else term_of(match[0], found)
        if term is None or found[term].anchor in done:
            continue
        done.add(found[term].anchor)
        link = nodes.reference("", match[0], internal=True, refuri=f"{address}#{found[term].anchor}", classes=["word"],
                               reftitle=found[term].definition)  # fmt: skip
        new += [nodes.Text(rest[at : match.start()]), link]
        at = match.end()
    if new:
        text.parent.replace(text, [*new, nodes.Text(rest[at:])])


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("glossary_page", "docs/glossary", "env")
    app.add_config_value("glossary_not_on", (), "env")
    app.add_config_value("glossary_passes_over", (), "env")
    app.connect("doctree-resolved", link_words, priority=600)  # after the links of code
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
