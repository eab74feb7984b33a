"""One browser without a network for all tests of the built book."""

import pytest
from chapters import missing, pages
from screenshot import HTML, LAID_OUT, find_chromium, open_browser, settle
from xdist.scheduler import LoadScopeScheduling

LAPTOP = 1280
PAGES = sorted((page.removeprefix("book/") for page in pages()), key=len, reverse=True)
SCHEMES = {False: "light", True: "dark"}
PATIENCE = 120_000  # milliseconds; a busy machine is slow, not wrong
# the theme has followed the browser's, and no colour is on its way to another
CALM = """theme => document.documentElement.dataset.theme === theme
    && document.getAnimations().every(a => a.effect.getTiming().iterations === Infinity
        || a.playState !== 'running')"""
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


class PageByPage(LoadScopeScheduling):
    """Share out pages among processes: each is opened by one of them alone.

    xdist 3.8 has groups for this, which pytest 9.2 passes over without a word.
    """

    def _split_scope(self, nodeid):
        file, _, given = nodeid.partition("[")
        return next((page for page in PAGES if page in given), file.split("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep all tests of one page together, whatever file they stand in."""
    return PageByPage(config, log)


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

    def __init__(self, browser, name, *, width=LAPTOP, dark=False):
        self.page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme=SCHEMES[dark]
        )
        self.page.set_default_timeout(PATIENCE)
        self.requests, self.errors = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.errors.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self.listen)
        self.seen_as = (width, dark, "screen")
        address = (HTML / "book" / f"{name}.html").as_uri()
        self.page.goto(address, timeout=PATIENCE)
        settle(self.page)

    def look(self, *, width=LAPTOP, dark=False, media="screen"):
        """See the page otherwise: turned, at dusk, on paper; return this visit."""
        if self.seen_as != (width, dark, media):
            self.page.emulate_media(color_scheme=SCHEMES[dark], media=media)
            self.page.set_viewport_size({"width": width, "height": 900})
            self.calm(SCHEMES[dark])
            self.seen_as = (width, dark, media)
        return self

    def calm(self, theme):
        """Wait until the page is laid out and has the colours of a theme."""
        self.page.evaluate(LAID_OUT)
        self.page.wait_for_function(CALM, arg=theme)

    def listen(self, message):
        """Keep a console message that is an error."""
        if message.type == "error":
            self.errors.append(message.text)


@pytest.fixture
def open_anew(browser):
    """Return a function that opens a page in a certain look; close it afterwards."""
    opened = []

    def open_page(name, **how):
        opened.append(Visit(browser, name, **how))
        return opened[-1]

    yield open_page
    for one in opened:
        one.page.close()


@pytest.fixture(scope="session")
def opened(browser):
    """Return a function that opens a page once and gives it as it was last seen."""
    seen = {}

    def open_page(name):
        if name not in seen:
            while seen:
                seen.popitem()[1].page.close()  # one page is open at a time
            seen[name] = Visit(browser, name)
        return seen[name]

    return open_page


@pytest.fixture(scope="session")
def visit(opened):
    """Return a function that looks at a page in several ways.

    To turn a page costs more than most tests do with it: tests that look at it in the
    same way stand together, those that need not look take `opened`.
    """
    return lambda name, **how: opened(name).look(**how)
