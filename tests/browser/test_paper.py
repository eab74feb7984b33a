"""A chapter on paper: nothing to click, nothing cut off, pictures whole."""

import re

import pytest
from chapters import PATHS

WIDTH, HEIGHT = 680, 1000  # pixels of A4 within its margins, rounded down
CHROME = (
    ".bd-sidebar-primary, .bd-sidebar-secondary, .bd-header-article, .prev-next-area"
)
BEYOND = """width => [...document.querySelectorAll('.bd-article *')]
    .filter(e => e.checkVisibility({ visibilityProperty: true }))
    .filter(e => !e.closest('mjx-assistive-mml, .visually-hidden'))
    .filter(e => e.getBoundingClientRect().right > width + 1)
    .map(e => e.outerHTML.slice(0, 120)).slice(0, 5)"""
# a quiz is a list of questions: they stay whole, it may go over to the next page
WHOLE = ".bd-article :is(figure:not(.fst-quiz), .fst-quiz > ol > li, img)"
SPLIT = """([whole, height]) => [...document.querySelectorAll(whole)]
    .filter(e => e.checkVisibility())
    .filter(e => getComputedStyle(e).breakInside !== 'avoid' || e.offsetHeight > height)
    .map(e => e.outerHTML.slice(0, 120))"""

each_printed = pytest.mark.parametrize(
    "name", [path.stem for path in PATHS], scope="session"
)


@pytest.fixture(scope="module")
def paper(visit, name):
    """Give a chapter as it goes to the printer; it was read in the dark before."""
    visit(name, dark=True).page.evaluate("scrollTo(0, 3000), scrollTo(0, 2000)")
    visited = visit(name, width=WIDTH, dark=True, media="print")
    visited.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    visited.calm("light")
    yield visited.page
    visited.page.evaluate("dispatchEvent(new Event('afterprint'))")
    visited.calm("dark")


@each_printed
def test_a_chapter_fits_the_paper(paper, name):
    assert paper.evaluate(BEYOND, WIDTH) == []
    assert paper.evaluate(SPLIT, [WHOLE, HEIGHT]) == []
    cut = "() => [...document.querySelectorAll('.bd-article pre')].filter(e => " + (
        "e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).length"
    )
    assert paper.evaluate(cut) == 0


@each_printed
def test_nothing_to_click_is_printed(paper, name):
    for selector in (CHROME, "button", "input", ".headerlink", ".fst-live"):
        assert paper.locator(selector).filter(visible=True).count() == 0, selector
    words = paper.locator(".bd-article").inner_text()
    assert not re.search(r"Click to|Show code|Hide code", words)


@each_printed
def test_solutions_and_stills_are_printed(paper, name):
    folded = paper.locator(".admonition.dropdown, details.sd-dropdown")
    assert folded.count()
    for box in folded.all():
        assert box.locator("p:not(.admonition-title)").first.is_visible()
    figures = paper.locator(".fst-explorer")
    assert all(f.locator(".fst-still img").is_visible() for f in figures.all())


@each_printed
def test_paper_is_white(paper, name):
    ink = paper.evaluate(
        "getComputedStyle(document.querySelector('.bd-article')).color"
    )
    assert max(map(int, re.findall(r"\d+", ink)[:3])) < 80


def test_the_printer_gets_pages_of_paper(visit):
    page = visit("05_transfer_by_optimization", dark=True).page
    document = page.pdf(format="A4")
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", document)
    assert 8 < len(boxes) < 30
    assert all(abs(float(w) - 595) < 2 and abs(float(h) - 842) < 2 for w, h in boxes)
    assert page.locator("html").get_attribute("data-theme") == "dark"  # as it was
