"""The page: one file, nothing from outside, readable without JavaScript, and for those who hear it."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from widedeep.trace import as_text, record, steps_of
from widedeep.trace.colours import contrast
from widedeep.trace.page import OF_DATA, as_html, figure, own
from widedeep.trace.quantity import as_words, plain
from widedeep.trace.small import COLUMNS
from widedeep.trace.steps import ARTICLE

VOID = {"meta", "link", "br", "input", "img"}


class Page(HTMLParser):
    """Every element with its attributes; the text of cells; and that every element is closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.cells = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] == ["td"]:
            self.cells.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def text(small, k, seen, stops):
    return as_html(small, k, seen, stops, ["Will it?", "Row <7> & more.", "The model."])


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_it_asks_nothing_of_the_network(text, page):
    assert "http" not in text.replace("http-equiv", "") and "@import" not in text and "src=" not in text
    assert set(re.findall(r"url\(([^)]*)\)", text)) == {"#tip"}
    assert all(link["href"] == "data:," for link in page.all("link"))
    assert all(link["href"].startswith("#step=") for link in page.all("a"))
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none';")
    assert not re.search(r"fetch|XMLHttp|WebSocket|import\(|eval|innerHTML", own("page.js"))


def test_every_stop_can_be_linked_and_every_link_leads_somewhere(page, stops):
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {f"step={stop.number}" for stop in stops} | {f"step={step}" for step in ARTICLE} <= set(ids)
    assert {link["href"][1:] for link in page.all("a")} == {f"step={step}" for step in ARTICLE} <= set(ids)
    sections = [section for section in page.all("section")]
    assert [section["data-stop"] for section in sections] == [stop.number for stop in stops]
    assert [section["data-parts"].split() for section in sections] == [list(stop.parts) for stop in stops]
    assert {section["data-way"] for section in sections} == {"forward", "back", "weights"}


def test_every_number_is_in_the_page_itself(page, stops):
    want = []
    for stop in stops:
        for q in stop.quantities:
            words = plain if q.symbol.rstrip("'") in ("p", "y", "L") else as_words
            want += [words(x) for x in q.table().ravel()]
    assert page.cells == want and len(want) > 500


def test_without_javascript_nothing_is_hidden():
    rules = re.sub(r"/\*.*?\*/", "", own("page.css"), flags=re.S)
    hiding = re.findall(r"([^{}]*)\{[^{}]*display:\s*none", rules)
    hidden = [selector.strip() for rule in hiding for selector in rule.split(",")]
    assert hidden and all(
        selector.startswith(".js ") or selector in ("nav button", "#place", "nav button span", "nav")
        for selector in hidden
    )  # the buttons do nothing without it; nav is hidden in print


def test_who_cannot_see_it_is_told(page):
    assert page.all("html")[0]["lang"] == "en" and page.all("svg")[0]["role"] == "img"
    assert "hidden layers" in page.all("svg")[0]["aria-label"]
    live = [attributes for _, attributes in page.elements if attributes.get("aria-live") == "polite"]
    assert len(live) == 1 and live[0]["id"] == "said"
    assert [button["aria-label"] for button in page.all("button")] == ["Back", "Next"]
    regions = [attributes for _, attributes in page.elements if attributes.get("role") == "region"]
    assert regions and all(region["aria-label"] and region["tabindex"] == "0" for region in regions)
    assert all(th.get("scope") in ("row", "col", None) for th in page.all("th"))
    assert "focus-visible" in own("page.css")


def test_text_can_be_read_in_light_and_in_dark():
    schemes = re.findall(r":root \{([^}]*)\}", own("page.css"))
    assert len(schemes) == 2
    for scheme in schemes:
        colours = {name: tuple(int(value[i : i + 2], 16) for i in (0, 2, 4))
                   for name, value in re.findall(r"--(\w+): #(\w{6})", scheme)}  # fmt: skip
        for name in ("ink", "soft", "lit", "back"):
            assert contrast(colours[name], colours["paper"]) >= 4.5, name
        assert contrast(colours["line"], colours["paper"]) < contrast(colours["lit"], colours["paper"])


def test_what_comes_from_the_data_is_escaped(small, k, seen, stops, text):
    assert "Row &lt;7&gt; &amp; more." in text and "Row <7>" not in text
    quantity = stops[0].quantities[0]._replace(down=tuple("<b>" for _ in stops[0].quantities[0].down))
    assert "<b>" not in figure(quantity).replace(f"<b>{quantity.symbol}</b>", "")


def test_whose_data_it_is(small, k, seen, stops, text):
    assert set(OF_DATA) == set(COLUMNS) and OF_DATA["appstore"] in text
    films = small._replace(data=replace(small.data, name="movielens"))
    page = as_html(films, k, seen, stops, ["", ""])
    assert "may not be redistributed" in page and "for your own machine" in page


def test_colours_never_stand_alone(page):
    shaded = [td for td in page.all("td") if "style" in td]
    assert shaded and len(page.cells) == len(page.all("td")) and all(cell.strip() for cell in page.cells)


def test_unseen_values_and_an_empty_bag_have_their_place(small):
    """Id 0 is nothing known: no weight, no row, no gradient; the bag has no slots."""
    table, _ = small.row(0)
    bag = np.empty(1, object)
    bag[0] = ()
    batch = small.encoder.encode(table | {"title": np.array(["Never Seen"]), "installed": bag}, [[1.0]])
    seen = record(small.model, small.optimizers, batch)
    stops = steps_of(small, seen)
    page = Page(as_html(small, 0, seen, stops, ["", ""]))
    assert "nothing known" in as_text(stops)
    assert not seen.grads["wide.w"].any() and not seen.grads["deep.E"][0].any()
    numbers = [x for stop in stops for q in stop.quantities for x in q.table().ravel()]
    assert len(page.cells) == len(numbers)
