"""Equations as MathML, made while the book is built: no script, and no font from elsewhere, is needed to read them."""

import re
from html import escape
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging

LOG = logging.getLogger(__name__)


def as_mathml(latex: str, block: bool) -> str:
    """Raises ValueError, with the equation, for what cannot be converted."""
    try:
        found = convert(latex.strip(), display="block" if block else "inline")
    except Exception as error:
        raise ValueError(f"an equation cannot be converted ({error!r}): {latex}") from error
    braces = re.sub(r"\\[\\{}]", "", latex)
    if braces.count("{") != braces.count("}"):
        raise ValueError(f"an equation's braces do not match: {latex}")
    if unknown := re.findall(r"\\[a-zA-Z]+", found):
        raise ValueError(f"an equation has commands that are not known, {', '.join(unknown)}: {latex}")
    return found.replace("<math ", f'<math alttext="{escape(" ".join(latex.split()))}" ', 1)


def converted(node: nodes.math | nodes.math_block, block: bool) -> str:
    """A warning, which stops the build (-W) when all pages have been seen, and the equation as it was written."""
    try:
        return as_mathml(node.astext(), block)
    except ValueError as error:
        LOG.warning(str(error), location=node)
        return escape(node.astext())


def visit_inline(self: Any, node: nodes.math) -> None:
    self.body.append(converted(node, block=False))
    raise nodes.SkipNode


def visit_block(self: Any, node: nodes.math_block) -> None:
    """In a box of its own: a wide equation scrolls there, and the page does not."""
    tag = self.starttag(node, "div", CLASS="math", tabindex="0")
    self.body.append(tag + converted(node, block=True) + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer("mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
