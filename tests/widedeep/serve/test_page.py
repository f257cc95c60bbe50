"""The page: nothing from outside, nothing as HTML; and in a real browser, wide and narrow, by keyboard alone."""

import re
import threading

import pytest

from widedeep.serve.page import digest, own, page
from widedeep.serve.requests import Wanted, read_rows
from widedeep.trace.colours import contrast

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


def test_it_asks_nothing_of_other_machines():
    html, policy = page()
    text = html.decode()
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(|\ssrc=", text)
    assert "innerHTML" not in text and "insertAdjacentHTML" not in text and "eval(" not in text
    assert 'style="' not in text and "onclick=" not in text
    assert policy.startswith("default-src 'none';") and "connect-src 'self'" in policy
    assert digest(own("page.css")) in policy and digest(own("page.js")) in policy


def test_every_control_has_a_label():
    text = page()[0].decode()
    labelled = set(re.findall(r'<label for="([^"]+)"', text))
    assert {"user", "like", "mix"} <= labelled and 'role="alert"' in text and text.count('aria-live="polite"') == 2


def test_text_can_be_read_in_light_and_in_dark():
    schemes = re.findall(r":root \{([^}]*)\}", own("page.css"))
    assert len(schemes) == 2
    for scheme in schemes:
        colours = {name: tuple(int(value[i : i + 2], 16) for i in (0, 2, 4))
                   for name, value in re.findall(r"--(\w+): #(\w{6})", scheme)}  # fmt: skip
        for name in ("ink", "soft", "lit", "back"):
            for below in ("paper", "panel"):
                assert contrast(colours[name], colours[below]) >= 4.5, (name, below)
        assert contrast(colours["line"], colours["paper"]) >= 3  # the edges of controls


@pytest.fixture(scope="module")
def browser():
    import os

    api = pytest.importorskip("playwright.sync_api", reason="the browser test wants pip install playwright")
    pytest.importorskip("uvicorn", reason="serving wants pip install 'widedeep[serve]'")
    found = next((path for path in CHROMIUM if os.path.exists(path)), None)
    if found is None:
        pytest.skip(f"no browser at {', '.join(CHROMIUM)}")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def urls(table_served, people_served, train_served, rankers):
    import asyncio

    from widedeep.serve.server import listen, make_server
    from widedeep.serve.service import Service

    found, running = {}, []
    both = {"table": table_served, "people": people_served}
    for name, served in (both | train_served | rankers).items():
        sock = listen("127.0.0.1", 0)
        server = make_server(Service(served))
        thread = threading.Thread(target=lambda server=server, sock=sock: asyncio.run(server.serve(sockets=[sock])))
        thread.start()
        running.append((server, thread))
        found[name] = f"http://127.0.0.1:{sock.getsockname()[1]}/"
    yield found
    for server, thread in running:
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def opened(browser, urls):
    """opened(name, width) -> the page; at the end: no error in its console, no request to another machine."""
    contexts, bad = [], []

    def open_page(name, width=1280, **kinds):
        context = browser.new_context(viewport={"width": width, "height": 900}, **kinds)
        context.set_default_timeout(15_000)
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: bad.append(str(error)))
        tab.on("request", lambda request: request.url.startswith((urls[name], "data:")) or bad.append(request.url))
        tab.goto(urls[name])
        if name == "catalogue_ranker":  # nobody yet: it knows newcomers alone
            listed(tab, "Add something")
        else:
            tab.wait_for_selector("#found li" if name in ("people", "shop_ranker") else "#terms tfoot")
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert bad == []


def titles(tab):
    return tab.locator("#found .name").all_inner_texts()


def listed(tab, word):
    """Wait until the announcement has this word."""
    tab.wait_for_function("word => document.getElementById('said').textContent.includes(word)", arg=word)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["table", "people", "binary", "classes", "number", "shop_ranker", "catalogue_ranker"])
def test_axe_finds_nothing_and_nothing_sticks_out(opened, name, width, scheme):
    from pathlib import Path

    axe = pytest.importorskip("axe_core_python", reason="wants pip install axe-core-python")
    tab = opened(name, width, color_scheme=scheme)
    if name in ("people", "shop_ranker"):
        tab.locator("summary").first.click()
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text())
    found = tab.evaluate("async () => (await axe.run(document)).violations.map(v => [v.id, v.nodes.map(n => n.html)])")
    assert found == []


def test_each_head_has_its_own_words(opened, train_served):
    for name, title, words in (
        ("binary", "Probability", "that binary is yes: log-odds"),
        ("classes", "Class", "is the most probable classes: log-odds"),
        ("number", "Number", "number"),
    ):
        tab = opened(name)
        assert "Towers: wide, linear, 3 deep ones. Version" in tab.inner_text("#model")
        assert tab.inner_text("#answer-title") == title and words in tab.inner_text("#answer")
        (told,) = train_served[name].explain(first_row(train_served[name]))
        if name == "classes":
            assert told["class"] in tab.inner_text("#answer")
            assert tab.locator("#terms tbody").first.locator("tr").count() == 3
        else:
            shown, want = tab.inner_text("#answer b").replace(",", ""), told.get("probability", told.get("prediction"))
            assert float(shown) == pytest.approx(want, abs=1e-3, rel=1e-5)


def first_row(served):
    """What the form holds at first, as a request brings it."""
    row = {field.name: field.usual for field in served.fields}
    return read_rows({"rows": [row]}, served.fields, 1)


def test_a_rankers_page(opened, rankers):
    tab = opened("shop_ranker", 390)
    assert " %" in tab.locator("#found .p").first.inner_text()
    tab.locator("summary").first.click()
    assert "its log-odds would be" in tab.locator("#found details p").first.inner_text()
    tab = opened("catalogue_ranker")
    assert tab.is_hidden("#by-user") and tab.is_visible("#by-likes")
    tab.fill("#like", "Film 3")
    tab.click("#add")
    tab.wait_for_selector("#found li")
    want = rankers["catalogue_ranker"].recommend(Wanted(None, [3], {}, 10, 0.5))["recommendations"]
    assert titles(tab) == [one["title"] for one in want]


def test_the_slider_by_keyboard_changes_the_list(opened, people_served):
    tab = opened("people")
    for _ in range(10):  # the slider is reached by Tab alone
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.id") == "mix":
            break
    assert tab.evaluate("document.activeElement.id") == "mix"
    user = int(tab.input_value("#user"))
    lists = {}
    for key, mix, word in (("Home", 0.0, "only memory"), ("End", 1.0, "only generalization")):
        tab.keyboard.press(key)
        listed(tab, word)
        want = [one["title"] for one in people_served.recommend(Wanted(user, [], {}, 10, mix))["recommendations"]]
        lists[key] = titles(tab)
        assert lists[key] == want
        assert tab.get_attribute("#mix", "aria-valuetext") == word
    assert lists["Home"] != lists["End"] and "was" in tab.inner_text("#found")


def test_likes_by_keyboard_alone(opened):
    tab = opened("people", 390)
    tab.focus("[name=mode]:checked")
    tab.keyboard.press("ArrowRight")
    listed(tab, "Add something")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "like"
    tab.keyboard.type("Nothing Such")
    tab.keyboard.press("Enter")
    assert (
        "not among the 80 titles" in tab.inner_text("#alert") and tab.get_attribute("#like", "aria-invalid") == "true"
    )
    tab.fill("#like", "")
    for title in ("Bread Diary", "Star Chart"):
        tab.keyboard.type(title)
        tab.keyboard.press("Enter")
    listed(tab, "10 for them")
    assert tab.inner_text("#alert") == "" and "Bread Diary" not in titles(tab)
    tab.focus("#likes button")
    tab.keyboard.press("Enter")
    tab.wait_for_function("() => document.querySelectorAll('#likes li').length === 1")
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == "Remove Star Chart"


def test_an_unknown_user_is_told_at_the_field(opened):
    tab = opened("people")
    tab.fill("#user", "123456")
    tab.wait_for_function("() => document.getElementById('alert').textContent !== ''")
    assert "unknown user 123456" in tab.inner_text("#alert") and tab.get_attribute("#user", "aria-invalid") == "true"
    assert titles(tab) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_form_made_from_the_columns_explains_a_probability(opened, table_served, width):
    tab = opened("table", width)
    names = [field.name.replace("_", " ") for field in table_served.fields]
    assert tab.locator("#fields label").all_inner_texts() == names
    before = tab.inner_text("#answer b")
    tab.get_by_label("age").fill("19")
    tab.keyboard.press("Enter")
    tab.wait_for_function("before => document.querySelector('#answer b').textContent !== before", arg=before)
    row = {field.name: [field.usual] for field in table_served.fields} | {"age": [19]}
    assert float(tab.inner_text("#answer b")) == pytest.approx(table_served.predict(row)[0], abs=6e-4)
    terms = [float(text.replace("−", "-")) for text in tab.locator("#terms tbody td").all_inner_texts()]
    assert sum(terms) == pytest.approx(float(tab.inner_text("#terms tfoot td").replace("−", "-")), abs=0.1)


def test_a_value_that_cannot_be_is_marked(opened):
    tab = opened("table")
    tab.get_by_label("age").fill("")
    tab.wait_for_selector("[data-name=age][aria-invalid]")
    assert "age: null; want a finite number" in tab.inner_text("#alert")
    tab.get_by_label("age").fill("30")
    tab.wait_for_selector("#terms tfoot")
    assert tab.inner_text("#alert") == "" and tab.locator("[aria-invalid]").count() == 0
