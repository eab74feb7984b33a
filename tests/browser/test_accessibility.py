"""The pages for those who hear them, see them faintly, or use no mouse.

axe-core looks for what can be found by a program. It is a development dependency from
npm: the tests load it into the page, the built book has nothing of it.
"""

import io
import re
from functools import cache
from pathlib import Path

import pytest
from chapters import ROOT, each_page, missing
from PIL import Image, ImageChops
from screenshot import HTML

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# a word of code is one of a few kinds, coloured by one sheet: these pages show them all
WITH_CODE = ("04_style_reconstruction", "api/losses")
RUN = (Path(__file__).parent / "faults.js").read_text(encoding="utf-8")
CONTROLS = "input, button, select, a[href], summary, [tabindex]:not([tabindex='-1'])"
FIGURES = ".fst-explorer, .fst-compare, #fst-paint"


@cache
def axe():
    """Return the program."""
    if not AXE.is_file():
        missing("no axe-core in node_modules: run `make book` first")
    return AXE.read_text(encoding="utf-8")


def faults(page, rules=RULES, name="", known=None):
    """Return what axe-core calls serious or critical, too little contrast among it.

    `known` are the kinds of text whose contrast was measured on other pages.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe())
    known = {} if known is None else known
    found, kinds = page.evaluate(RUN, [rules, FIGURES, name in WITH_CODE, known])
    known.update(kinds)
    return found


@pytest.fixture(scope="session")
def known():
    return {}


@each_page
def test_nothing_serious_is_found(visit, name, known):
    assert faults(visit(name).page, name=name, known=known) == []


@each_page
def test_nothing_is_too_faint_in_the_dark(visit, name, known):
    page = visit(name, dark=True).page
    assert faults(page, ["color-contrast"], name, known) == []


def test_the_search_page_has_nothing_serious(visit):
    assert faults(visit("../search").page) == []


PLANTED = """<html lang="en"><title>t</title><main><h1>h</h1><img src="data:,">
<style>.faint { color: #bbb; background: #fff }</style>
<p class="faint">one</p><p class="faint">two</p><p class="faint">three</p>
<p class="faint" style="font-size: 12px">of another kind</p>
<p style="color: #bbb; background: #333">on another ground</p>
<pre>code: <i class="faint" style="color: #ccc">word</i></pre>
<figure class="fst-compare"><p class="faint">left</p><p class="faint">right</p>
<p class="faint">below</p></figure>"""


def test_a_planted_fault_is_found(browser):
    page = browser.new_page()
    page.set_content(PLANTED)
    before = page.content()
    # two of one kind, one of another, and all three of the figure
    faint = ["color-contrast", 6]
    assert [found[:2] for found in faults(page)] == [faint, ["image-alt", 1]]
    assert [f[:2] for f in faults(page, ["color-contrast"])] == [faint]
    assert faults(page, ["color-contrast"], WITH_CODE[0])[0][1] == 7
    # on the fourth page with it a kind is known, but in figures every word is measured
    known = {}
    pages = [faults(page, ["color-contrast"], known=known)[0][1] for _ in range(7)]
    assert pages == [6, 6, 6, 4, 4, 4, 3]
    after = re.sub("<script.*?</script>", "", page.content(), flags=re.S)
    assert after == before
    page.close()


def test_the_book_has_nothing_of_it():
    assert [p for p in HTML.rglob("*") if "axe" in p.stem.split(".")] == []
    scripts = [p for p in HTML.rglob("*.js") if "axe.run" in p.read_text("utf-8")]
    assert scripts == []


def photograph(figure):
    """Return the figure as it looks."""
    return Image.open(io.BytesIO(figure.screenshot(animations="disabled")))


def tab_through(page, figure):
    """Yield (control, as it looks elsewhere focused, and now) as Tab reaches them."""
    figure.evaluate(
        """figure => {
            figure.insertAdjacentHTML('beforebegin', '<button id="probe">-</button>');
            document.getElementById('probe').focus();
        }"""
    )
    plain = photograph(figure)
    for _ in range(60):
        page.keyboard.press("Tab")
        reached = page.evaluate_handle("document.activeElement").as_element()
        if not figure.evaluate("(figure, e) => figure.contains(e)", reached):
            break
        yield reached, plain, photograph(figure)
    page.evaluate("document.getElementById('probe').remove()")


def stops(figure):
    """Return how many controls Tab has to reach; radio buttons are one together."""
    return figure.evaluate(
        """(figure, controls) => {
            const all = [...figure.querySelectorAll(controls)]
                .filter(e => !e.disabled && e.checkVisibility());
            return new Set(all.map(e => e.type === 'radio' ? e.name : e)).size;
        }""",
        CONTROLS,
    )


TABBED = (
    "05_transfer_by_optimization",
    "09_super_resolution",
    "10_lambda_as_an_input",
)


@pytest.mark.parametrize(
    ("name", "dark"),
    [*((name, False) for name in TABBED), ("live", False), ("live", True)],
)
def test_every_figure_is_reached_by_tab_and_shows_it(visit, name, dark):
    page = visit(name, dark=dark).page
    if name == "live":  # a painting that comes changes the figure, too
        page.wait_for_selector("#fst-paint[data-settled=true]")
    figures = page.locator(FIGURES)
    assert figures.count()
    for figure in figures.all():
        reached = 0
        for control, plain, now in tab_through(page, figure):
            marked = ImageChops.difference(plain, now).getbbox()
            assert marked, control.evaluate("e => e.outerHTML.slice(0, 120)")
            reached += 1
        assert reached == stops(figure) > 0


def test_every_figure_was_tabbed_through():
    pages = sorted((HTML / "book").glob("*.html"))
    figure = re.compile('<figure class="fst-figure fst-(explorer|compare)')
    holding = {page.stem for page in pages if figure.search(page.read_text("utf-8"))}
    assert holding == {*TABBED}  # quizzes have tests of their own
