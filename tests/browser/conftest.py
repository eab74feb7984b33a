"""One browser without a network for all tests of the built book."""

from pathlib import Path

import pytest
from chapters import missing
from screenshot import HTML, find_chromium, open_browser, settle

HERE = Path(__file__).parent
PATIENCE = 120_000  # milliseconds; a busy machine is slow, not wrong
# JupyterLab takes keys from whatever has the focus, unless that very element says no
JUPYTER = """() => document.addEventListener('keydown', event => {
    const free = e => e.hasAttribute('data-lm-suppress-shortcuts');
    for (let e = event.target; e && !free(e); e = e.parentElement) {
        if (!e.matches(':focus:not(:read-write)')) continue;
        window.taken = event.key;
        event.preventDefault();
        event.stopPropagation();
        return;
    }
}, true)"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep all tests of one page together, whatever file they stand in.

    Processes share out groups: each page is then opened by one of them alone, once in
    the light, in the dark, and on a phone.
    """
    for item in items:
        if item.path.parent == HERE:
            page = getattr(item, "callspec", None) and item.callspec.params.get("name")
            item.add_marker(pytest.mark.xdist_group(page or item.path.stem))


@pytest.fixture(scope="session")
def chromium():
    if find_chromium() is None:
        missing("no Chromium found: install it, or set CHROMIUM to its path")
    with open_browser() as found:
        yield found


@pytest.fixture(scope="session")
def jupyter():
    """Return a script that takes keys as JupyterLab does; `taken` holds the last."""
    return JUPYTER


@pytest.fixture
def open_figures(chromium, tmp_path):
    """Return a function that opens a page of figures from disk; close it afterwards."""
    opened = []

    def open_page(text, *, theme="light", width=1000, **settings):
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        size = {"width": width, "height": 900}
        page = chromium.new_page(viewport=size, color_scheme=theme, **settings)
        page.set_default_timeout(PATIENCE)
        page.asked, page.wrong = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.goto(path.as_uri(), timeout=PATIENCE)
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        page.close()


@pytest.fixture(scope="session")
def browser(request):
    if not (HTML / "book" / "index.html").is_file():
        missing(f"no book in {HTML}: run `make book` first")
    return request.getfixturevalue("chromium")


class Visit:
    """A page opened from disk, with what it asked for and what went wrong."""

    def __init__(self, browser, name, *, width=1280, dark=False):
        self.page = browser.new_page(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
        )
        self.page.set_default_timeout(PATIENCE)
        self.requests, self.errors = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.errors.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self.listen)
        address = (HTML / "book" / f"{name}.html").as_uri()
        self.page.goto(address, timeout=PATIENCE)
        settle(self.page)

    def listen(self, message):
        """Keep a console message that is an error."""
        if message.type == "error":
            self.errors.append(message.text)


@pytest.fixture(scope="session")
def visit(browser):
    """Return a function that opens a page once for each way to look at it."""
    seen = {}

    def open_page(name, **how):
        key = (name, *sorted(how.items()))
        if key not in seen:
            for old in [old for old in seen if old[0] != name]:
                seen.pop(old).page.close()  # the pages of one name are open at a time
            seen[key] = Visit(browser, name, **how)
        return seen[key]

    return open_page
