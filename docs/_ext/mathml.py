"""Equations as MathML, made while the book is built: no script, and no font from elsewhere, is needed to read them."""

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError


def as_mathml(latex: str, block: bool, where: str) -> str:
    """Raises ExtensionError, with the equation and its page, for what cannot be converted."""
    try:
        found = convert(latex.strip(), display="block" if block else "inline")
    except Exception as error:
        raise ExtensionError(f"{where}: the equation cannot be converted ({error!r}): {latex}") from error
    braces = re.sub(r"\\[\\{}]", "", latex)
    if braces.count("{") != braces.count("}"):
        raise ExtensionError(f"{where}: the equation's braces do not match: {latex}")
    unknown = re.findall(r"\\[a-zA-Z]+", re.sub(r"<annotation.*?</annotation>", "", found))
    if unknown:
        raise ExtensionError(f"{where}: the equation has commands that are not known {unknown}: {latex}")
    alternative = latex.strip().replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace("\n", " ")
    return found.replace("<math ", f'<math alttext="{alternative}" ', 1)


def visit_inline(self: Any, node: nodes.math) -> None:
    self.body.append(as_mathml(node.astext(), False, self.builder.current_docname))
    raise nodes.SkipNode


def visit_block(self: Any, node: nodes.math_block) -> None:
    """In a box of its own: a wide equation scrolls there, and the page does not."""
    tag = self.starttag(node, "div", CLASS="math", tabindex="0")
    self.body.append(tag + as_mathml(node.astext(), True, self.builder.current_docname) + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer("mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
