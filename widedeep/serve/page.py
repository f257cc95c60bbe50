"""The page: HTML, style and script in one answer that asks nothing of other machines.

Everything that it shows comes from this server's own /about, /recommend and /explain, and enters the page as text,
never as HTML.  Its policy names its one style and its one script by their hashes, and lets nothing else run.

Read before: service.py        Read next: schema.py
"""
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files


@cache
def page() -> tuple[bytes, str]:
    """(the page, its Content-Security-Policy)"""
    css, js = own("page.css"), own("page.js")
    html = own("page.html").replace("/* page.css */", css).replace("/* page.js */", js)
    policy = (f"default-src 'none'; style-src '{digest(css)}'; script-src '{digest(js)}'; connect-src 'self'; "
              "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
    return html.encode(), policy


def digest(text: str) -> str:
    """As a policy spells a hash."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def own(name: str) -> str:
    """A file of this package."""
    return (files("widedeep.serve") / name).read_text(encoding="utf-8")
