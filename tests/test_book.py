"""The book: it builds without a network or a warning, every link leads somewhere, and every page opens in a browser.

Sphinx and its companions are an extra, `pip install -e '.[docs]'`; without them, or a browser, tests are skipped.
"""

import functools
import html
import http.server
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
WANTED = ("sphinx", "myst_nb", "furo", "latex2mathml")
MISSING = [name for name in WANTED if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"no {', '.join(MISSING)}: pip install -e '.[docs]'"),
]
NO_NETWORK = """
import socket
def _refuse(*args, **kwargs):
    raise OSError("the build reached for the network")
for _name in ("connect", "connect_ex"):
    setattr(socket.socket, _name, _refuse)
socket.create_connection = socket.getaddrinfo = _refuse
"""


def sealed(folder):
    """An environment in which Python has no network, and `python` is this one."""
    (folder / "sitecustomize.py").write_text(NO_NETWORK)
    paths = [str(Path(sys.executable).parent), os.environ["PATH"]]
    return os.environ | {"PYTHONPATH": str(folder), "PATH": os.pathsep.join(paths)}


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the book, built here; what sphinx said must be nothing."""
    folder = tmp_path_factory.mktemp("book")
    done = subprocess.run(["bash", "docs/build", folder], cwd=ROOT, env=sealed(folder), capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stdout[-3000:] + done.stderr[-3000:]
    return folder / "html"


@pytest.fixture(scope="session")
def pages(site):
    """name -> Page, all of them."""
    found = {path.relative_to(site).as_posix(): Page(path.read_text()) for path in sorted(site.rglob("*.html"))}
    assert len(found) > 200
    return found


@pytest.fixture(scope="session")
def book():
    """The modules of docs/ that make it: collect, packages, glossary_links."""
    folders = [str(ROOT / "docs"), str(ROOT / "docs" / "_ext")]
    sys.path[:0] = folders
    try:
        yield lambda name: importlib.import_module(name)
    finally:
        for folder in folders:
            sys.path.remove(folder)


class Page(HTMLParser):
    """What the tests ask of a page.  A link is (tag, address, attributes, tags that it stands in)."""

    EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

    def __init__(self, text):
        super().__init__()
        self.html, self.ids, self.links, self.images, self.open, self.lang = text, set(), [], [], [], None
        self.math = 0
        self.words = []  # (section, href, the tags around it)
        self.sections = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        self.ids |= {a[name] for name in ("id", "name") if a.get(name)}
        self.lang = a.get("lang") if tag == "html" else self.lang
        self.math += tag == "math" and "article" in self.open  # and not once more in the contents of the page
        if tag == "img":
            self.images.append(a)
        for name in ("href", "src"):
            if a.get(name):
                self.links.append((tag, a[name], a, [*self.open]))
        if tag == "a" and "word" in (a.get("class") or "").split():
            self.words.append((self.sections[-1] if self.sections else None, a["href"], [*self.open]))
        if tag not in self.EMPTY:
            self.open.append(tag)
            if tag == "section":
                self.sections.append(a.get("id"))

    def handle_endtag(self, tag):
        if tag in self.open:
            while (last := self.open.pop()) != tag:
                pass
            if last == "section":
                self.sections.pop()


# ---- the build -----------------------------------------------------------------------------------------------------


def test_the_seal_holds(tmp_path):
    program = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9', timeout=5)"
    done = subprocess.run([sys.executable, "-c", program], env=sealed(tmp_path), capture_output=True, text=True)
    assert "the build reached for the network" in done.stderr


def test_every_part_of_the_course_has_its_page(pages, book):
    notebooks = [path.relative_to(ROOT).with_suffix(".html") for path in (ROOT / "notebooks").rglob("*.ipynb")]
    manuals = [path.relative_to(ROOT).with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")]
    manuals = [path for path in manuals if not path.as_posix().startswith("docs/_")]
    modules = book("packages").MODULES
    wanted = {path.as_posix() for path in [*notebooks, *manuals]} | {"index.html", "CHANGELOG.html", "search.html"}
    wanted |= {f"api/{name}.html" for name in modules}
    wanted |= {f"source/{module.path.removesuffix('.py')}.html" for module in modules.values()}
    assert notebooks and wanted <= pages.keys(), sorted(wanted - pages.keys())


def test_the_course_stands_in_the_order_of_its_names(pages):
    order = [link[1] for link in pages["index.html"].links if re.fullmatch(r"notebooks/\w+\.html", link[1])]
    course = [f"notebooks/{path.stem}.html" for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    listed = [name for name in dict.fromkeys(order) if name in course]
    assert listed == course


# ---- links ---------------------------------------------------------------------------------------------------------


def broken(pages, site):
    """Every link, picture and script of the site that leads to no file, or to no place in its page."""
    found = []
    for name, page in pages.items():
        for tag, address, _, _ in page.links:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            path = (site / name).parent / unquote(parts.path) if parts.path else site / name
            if not path.is_file():
                found.append(f"{name}: {tag} {address}: no file")
            elif tag == "a" and parts.fragment and path.suffix == ".html":
                there = pages[path.resolve().relative_to(site.resolve()).as_posix()]
                if unquote(parts.fragment) not in there.ids:
                    found.append(f"{name}: {address}: no such place")
    return found


def test_every_link_and_anchor_leads_somewhere(pages, site):
    assert broken(pages, site) == []


def test_a_broken_link_would_be_seen(site):
    pages = {
        "index.html": Page('<a href="nowhere.html">x</a> <a href="#nothing">y</a> <a href="#here" id="here">z</a>')
    }
    assert [line.rpartition(": ")[2] for line in broken(pages, site)] == ["no file", "no such place"]


def test_no_page_asks_for_anything_outside(pages, site):
    """Links that a reader may follow are no requests; scripts, styles, fonts, pictures are."""
    asked = [(name, tag, address) for name, page in pages.items() for tag, address, _, _ in page.links
             if tag != "a" and urlsplit(address).netloc]  # fmt: skip
    assert asked == []
    for path in site.rglob("*.css"):
        assert not re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^)\s]+", path.read_text()), path.name


def test_where_links_are_led(book):
    target = book("collect").target
    pages = {"README.md", "docs/design.md", "notebooks/a.ipynb", "notebooks/b.ipynb"}
    assert target("https://example.org/x", "README.md", pages) == "https://example.org/x"
    assert target("docs/design.md#words", "README.md", pages) == "docs/design.md#words"
    assert target("../README.md", "docs/design.md", pages) == "../index.md"
    assert target("../mlp/dense.py", "docs/design.md", pages) == "source:mlp/dense.py"
    assert target("../widedeep/features/", "docs/design.md", pages) == "../api/widedeep.features.rst"
    assert target("notebooks/", "README.md", pages) == "notebooks/a.ipynb"
    assert target("../LICENSE", "docs/design.md", pages) == "source:LICENSE"
    assert target("demo.png", "docs/design.md", pages) == "demo.png"
    with pytest.raises(SystemExit, match="docs/design.md: a link to nothing.md"):
        target("nothing.md", "docs/design.md", pages)


# ---- words, code, source -------------------------------------------------------------------------------------------


def glossary(site):
    """[(terms, text of the definition, [(href, title)] of its links to lines)]"""
    page = (site / "docs" / "glossary.html").read_text().replace("\n", " ")
    entries = re.findall(r"((?:<dt id=\"term-.*?</dt>)+)<dd>(.*?)</dd>", page)
    found = []
    for terms, text in entries:
        lines = re.findall(r'<a class="line reference internal" href="([^"]+)" title="([^"]*)"', text)
        plain = re.sub(r"<[^>]+>", "", text).strip()
        found.append((re.findall(r'<dt id="(term-[^"]+)"', terms), plain, lines))
    return found


def test_every_word_of_the_glossary_is_explained_and_has_its_line(site, pages):
    entries = glossary(site)
    assert len([term for terms, _, _ in entries for term in terms]) >= 60
    assert len(entries) == (ROOT / "docs" / "glossary.md").read_text().count("{line}`")
    for terms, text, lines in entries:
        assert len(text) > 40 and len(lines) == 1, terms
        href, code = lines[0]
        path, _, anchor = href.partition("#L-")
        source = ROOT / path.removeprefix("../source/").replace(".html", ".py")
        assert html.unescape(code) in source.read_text().splitlines()[int(anchor) - 1], (terms, href)


def test_words_are_linked_once_in_each_section_and_never_in_headings_code_or_links(pages):
    linked = {name: page.words for name, page in pages.items() if page.words}
    for name in pages:
        if re.fullmatch(r"notebooks/\d\d_\w+\.html", name):
            assert len(linked.get(name, ())) >= 3, f"{name}: hardly a word of the glossary"
    for name, words in linked.items():
        assert not name.startswith("source/")
        for _, href, around in words:
            assert not {"h1", "h2", "h3", "h4", "pre", "code", "a", "math"} & set(around), (name, href)
        if name != "docs/glossary.html":
            assert len({(section, href) for section, href, _ in words}) == len(words), name


def test_how_a_word_is_found(book):
    links = book("glossary_links")
    found = dict.fromkeys(["log loss", "loss", "kink", "Adam", "nat", "cross"], links.Word("a", "d"))
    pattern = links.pattern(found, [r"step cross(?:es)?"])
    text = "Log\nloss, Kinks; adam, Adam's nats, NaT, kink.py, a/nat, step crosses: crosses"
    words = [links.term_of(m[0], found) for m in pattern.finditer(text) if not m[1]]
    assert words == ["log loss", "kink", "Adam", "nat", "cross"]


def test_every_public_object_has_an_entry_that_leads_to_its_line(pages, book):
    packages = book("packages")
    for full, (module, thing) in packages.HOMES.items():
        owner = packages.HOMES.get(full.rpartition(".")[0])
        if thing.public and (owner is None or owner[1].public):
            page = pages[f"api/{module.name}.html"]
            assert full in page.ids, full
            wanted = f"../source/{module.path.removesuffix('.py')}.html#L-{thing.line}"
            assert any(link[1] == wanted for link in page.links), full
            line = packages.lines(module.path)[thing.line - 1]
            assert re.search(rf"\b{full.rpartition('.')[2]}\b", line), full


def letters(text):
    """All that is neither space nor the marks that become layout."""
    return re.sub(r"-{3,}|[\s`:.]", "", text)


def test_docstrings_are_shown_whole(pages, book):
    packages = book("packages")
    for name, module in packages.MODULES.items():
        article = pages[f"api/{name}.html"].html.partition("<article")[2]
        shown = letters(html.unescape(re.sub(r"<[^>]+>", "", article)))
        texts = [module.docstring, *(thing.docstring for home, thing in packages.HOMES.values() if home is module
                                     and f'id="{thing.name}"' in article)]  # fmt: skip
        for text in texts:
            assert letters(text) in shown, (name, text[:80])


def test_what_inline_code_names(book):
    find = book("packages").find
    assert find("net_sum") == "perceptron.neuron.net_sum"
    assert find("mlp.Dense") == find("Dense") == "mlp.dense.Dense"
    assert find("WideDeep(wide=..., deep=...)") == "widedeep.model.WideDeep"
    assert find("Recommender.recommend") == "widedeep.recommend.Recommender.recommend"
    assert find("widedeep.fit") == "widedeep.train.fit" and find("mlp.fit") == "mlp.train.fit"
    assert find("fit") is None  # there are several
    assert find("fit", {"fit": "mlp.train.fit"}) == "mlp.train.fit"
    assert find("check", {"check": "mlp.gradcheck.check"}) == "mlp.gradcheck.check.check"
    assert find("mlp/dense.py") == find("dense.py") == "mlp/dense.py"
    assert find("losses.py") is None and find("losses.py", home="mlp.dense") == "mlp/losses.py"
    assert find("gradcheck/") == "mlp.gradcheck"
    assert [find(text) for text in ("x", "np.array", "pip install", "WideDeep.nothing", "z = x W + b")] == [None] * 5


def test_lines_are_found_by_their_code_or_not_at_all(book):
    line_of = book("packages").line_of
    number = line_of("perceptron/neuron.py", "Z += b ")
    assert "Z += b" in (ROOT / "perceptron" / "neuron.py").read_text().splitlines()[number - 1]
    for path, code in (("perceptron/neuron.py", "no such code"), ("perceptron/neuron.py", "return"), ("no.py", "x")):
        with pytest.raises(ValueError, match="want exactly one|no such file"):
            line_of(path, code)


# ---- equations, pictures, people -----------------------------------------------------------------------------------


def equations(path):
    cells = json.loads(path.read_text())["cells"]
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    text = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    return re.findall(r"\$\$.+?\$\$|(?<!\\)\$[^$]+?\$", text, flags=re.DOTALL)


def test_every_equation_of_the_notebooks_is_mathml(pages):
    total = 0
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        page = pages[path.relative_to(ROOT).with_suffix(".html").as_posix()]
        assert page.math == len(equations(path)), path.name
        total += page.math
    assert total > 200
    scripts = {link[1] for page in pages.values() for link in page.links if link[0] == "script"}
    assert scripts and not [script for script in scripts if re.search("math|require", script, re.IGNORECASE)]


@pytest.mark.parametrize("latex", [r"\frac{a", r"x + \nosuchcommand y"])
def test_an_equation_that_cannot_be_converted_stops_the_build(latex, tmp_path):
    settings = f"import sys; sys.path.insert(0, {str(ROOT / 'docs' / '_ext')!r})\n"
    settings += "extensions = ['myst_parser', 'mathml']; html_math_renderer = 'mathml'\n"
    settings += "myst_enable_extensions = ['dollarmath']\n"
    (tmp_path / "conf.py").write_text(settings)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(tmp_path), str(tmp_path / "html")]
    (tmp_path / "index.md").write_text("# A page\n\nRight: $a_1 < \\frac{b}{c}$\n")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and "<mfrac>" in (tmp_path / "html" / "index.html").read_text(), done.stderr
    (tmp_path / "index.md").write_text(f"# A page\n\nWrong: ${latex}$\n")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "index.md:3" in done.stderr and latex in done.stderr, done.stderr


def test_every_picture_says_what_it_shows(pages):
    seen = 0
    for name, page in pages.items():
        for image in page.images:
            assert len(image.get("alt") or "") > 10 and not re.match(r"\S+\.\w+$", image["alt"]), (name, image)
            seen += name.startswith("notebooks/")
    assert seen >= 20


def test_every_page_has_a_language_and_a_way_past_the_navigation(pages):
    for name, page in pages.items():
        assert page.lang == "en", name
        assert 'class="skip-to-content' in page.html, name


# ---- in a browser --------------------------------------------------------------------------------------------------

SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
OVERFLOW = """() => Math.max(...[...document.querySelectorAll("html, body, .page, .main, .content")]
                            .map((e) => e.scrollWidth - e.clientWidth))"""  # each of them might scroll or cut
FAINT = """() => {                  // texts whose contrast with what lies behind them is below 4.5 (WCAG 2.2, 1.4.3)
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
                            return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const over = (a, b) => a.map((x, i) => i < 3 ? x * a[3] / 255 + b[i] * (1 - a[3] / 255) : 255);
  const light = (c) => { const [r, g, b] = c.map((x) => (x /= 255) <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
                         return .2126 * r + .7152 * g + .0722 * b; };
  const behind = (e) => { const layers = [];
    for (; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255, 255]); };
  const faint = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || !e.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    const ground = behind(e), ink = over(rgba(getComputedStyle(e).color), ground);
    const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) faint.add(`${e.tagName}.${e.className} ${text.slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return [...faint];
}"""


def executable():
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    return next((path for path in map(shutil.which, names) if path), None)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    api = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install -e '.[docs]'")
    if executable() is None:
        pytest.skip("no Chromium or Chrome on the PATH")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable(), args=flags)
        yield running
        running.close()


@pytest.fixture(scope="session")
def address(site):
    """The site, served on this machine."""

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def opened(browser, address):
    """opened(size, scheme): a tab, and the list of all that goes wrong in it."""
    contexts = []

    def left(request):
        return request.failure == "net::ERR_ABORTED"  # we went on to the next page before the icon had come

    def open_tab(size, scheme="light"):
        context = browser.new_context(viewport=SIZES[size], color_scheme=scheme)
        contexts.append(context)
        tab, wrong = context.new_page(), []
        tab.on("console", lambda m: wrong.append(f"{tab.url}: {m.text}") if m.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: wrong.append(f"{tab.url}: {error}"))
        tab.on("requestfailed", lambda r: None if left(r) else wrong.append(f"{tab.url}: {r.url} {r.failure}"))
        tab.on("response", lambda r: wrong.append(f"{tab.url}: {r.url} {r.status}") if r.status >= 400 else None)
        ours = (address, "file:", "data:", "blob:")
        tab.on("request", lambda r: None if r.url.startswith(ours) else wrong.append(f"{tab.url}: asks for {r.url}"))
        return tab, wrong

    yield open_tab
    for context in contexts:
        context.close()


@pytest.mark.parametrize("size", SIZES)
def test_every_page_opens_without_an_error_and_does_not_scroll_sideways(size, opened, pages, address):
    tab, wrong = opened(size)
    for name in pages:
        tab.goto(address + name)
        if (over := tab.evaluate(OVERFLOW)) > 0:
            wrong.append(f"{name} is {over} pixels wider than the screen")
    assert wrong == []


def test_errors_and_wide_pages_would_be_seen(opened, address):
    tab, wrong = opened("phone")
    tab.goto(address + "index.html")
    assert wrong == [] and tab.evaluate(OVERFLOW) == 0
    tab.evaluate("""() => { const e = document.createElement("div"); e.style.width = "999px"; e.textContent = "x";
                            e.style.color = "#999"; document.querySelector("article").append(e);
                            console.error("seen"); }""")
    assert tab.evaluate(OVERFLOW) > 0 and wrong[0].endswith("seen")
    assert any(line.startswith("DIV. x") for line in tab.evaluate(FAINT))
    tab.goto(address + "no_such_page.html")
    assert any("404" in line for line in wrong)


@pytest.mark.parametrize("size", SIZES)
def test_the_search_finds_a_word(size, opened, address):
    tab, wrong = opened(size)
    tab.goto(address + "search.html?q=backpropagation")
    tab.wait_for_selector("#search-results li a")
    tab.wait_for_function("document.querySelectorAll('#search-results li').length > 5")
    results = " ".join(tab.locator("#search-results li").all_inner_texts())
    assert "Glossary" in results and "mlp" in results and wrong == []


def test_it_can_be_read_from_a_folder_without_a_server(opened, site):
    tab, wrong = opened("wide")
    tab.goto((site / "index.html").as_uri())
    tab.goto((site / "search.html").as_uri() + "?q=embedding")
    tab.wait_for_selector("#search-results li a")
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_ground(scheme, opened, pages, address):
    """A page of each kind."""
    tab, wrong = opened("wide", scheme)
    course = [name for name in pages if name.startswith("notebooks/")]
    for name in ["index.html", "docs/glossary.html", "docs/design.html", "api/mlp.dense.html", "api/widedeep.html",
                 "source/widedeep/ftrl.html", *course]:  # fmt: skip
        tab.goto(address + name)
        wrong += [f"{name}: {text}" for text in tab.evaluate(FAINT)]
    assert wrong == []


def test_the_first_tab_stop_leads_past_the_navigation(opened, address):
    tab, _ = opened("wide")
    tab.goto(address + "docs/design.html")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className").startswith("skip-to-content")
    tab.keyboard.press("Enter")
    assert tab.evaluate("location.hash") == "#furo-main-content"
