"""Every page, opened from disk in a real browser that has no network."""

import io

import pytest
from chapters import each_page
from PIL import Image, ImageChops

LAPTOP = 1280
PHONE = 390

RAW_TEX = r"\$\$|\\[(\[]|\\[a-z]{3,}|:::|\{[a-z:]+\}`"
SCROLLS = "pre, .math, mjx-container, .pst-scrollable-table-container"


def photographs(page):
    """Return two screens of the page, in grey, and how long it is."""
    page.evaluate("document.activeElement.blur()")
    screens = []
    for down in (0, 3000):
        page.evaluate("down => scrollTo({ top: down, behavior: 'instant' })", down)
        picture = page.screenshot(animations="disabled")
        screens.append(Image.open(io.BytesIO(picture)).convert("L"))
    return screens, page.evaluate("document.documentElement.scrollHeight")


@pytest.mark.parametrize("name", ["02_loss_network"], scope="session")
@pytest.mark.parametrize("how", [{"dark": True}, {"width": PHONE}])
def test_a_page_turned_or_at_dusk_looks_as_if_opened_so(visit, open_anew, name, how):
    # all other tests look at pages this way: opening one takes five times longer
    turned, height = photographs(visit(name, **how).page)
    anew, opened_height = photographs(open_anew(name, **how).page)
    assert height == opened_height
    for one, other in zip(turned, anew, strict=True):
        differing = ImageChops.difference(one, other).point(lambda v: 255 * (v > 16))
        assert differing.histogram()[255] < 0.01 * one.width * one.height
    plain, _ = photographs(visit(name).page)
    assert plain[0].tobytes() != anew[0].tobytes()


@each_page
def test_dark_mode_is_dark_and_readable(visit, name):
    page = visit(name, dark=True).page
    assert page.locator("html").get_attribute("data-theme") == "dark"
    paper, ink = page.evaluate(
        """() => {
            const light = color => {
                const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
                    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const text = document.querySelector('.bd-article h1');
            return [getComputedStyle(document.body).backgroundColor,
                    getComputedStyle(text).color].map(light);
        }"""
    )
    assert paper < 0.05
    assert (ink + 0.05) / (paper + 0.05) > 7  # the contrast that WCAG calls enhanced


@each_page
def test_nothing_is_asked_of_another_machine(opened, name):
    requests = opened(name).requests
    assert requests
    assert [r for r in requests if not r.startswith(("file:", "data:", "blob:"))] == []


@each_page
def test_nothing_goes_wrong(opened, name):
    assert opened(name).errors == []


@each_page
def test_formulas_are_set(visit, name):
    page = visit(name).page
    written = page.locator(".bd-article .math").count()
    assert page.locator(".bd-article mjx-container").count() >= written
    assert page.locator("mjx-merror, [data-mml-node=merror]").count() == 0
    raw = page.evaluate(
        """pattern => {
            const text = document.querySelector('.bd-article').cloneNode(true);
            text.querySelectorAll('pre, code, script, style, mjx-container')
                .forEach(part => part.remove());
            return text.textContent.match(new RegExp(pattern, 'g')) || [];
        }""",
        RAW_TEX,
    )
    assert raw == []


@each_page
def test_fonts_come_from_the_book(visit, name):
    loaded = visit(name).page.evaluate(
        "() => [...document.fonts].filter(f => f.status === 'loaded')"
        ".map(f => f.family.replaceAll('\"', ''))"
    )
    assert {"Book Serif", "Book Sans"} <= set(loaded)


@each_page
def test_pictures_are_there_and_described(visit, name):
    pictures = visit(name).page.evaluate(
        "() => [...document.images].map(i => [i.naturalWidth, i.alt, i.src.slice(-60)])"
    )
    assert [src for width, alt, src in pictures if not width or len(alt) < 5] == []


@each_page
def test_a_laptop_shows_every_line_of_code_whole(visit, name):
    page = visit(name).page  # the same visit as above, not one more
    assert page.viewport_size["width"] == LAPTOP
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.bd-article pre')]
            .filter(e => e.scrollWidth > e.clientWidth + 1)
            .map(e => [e.scrollWidth, e.clientWidth, e.textContent.slice(0, 60)])"""
    )
    assert not cut


@each_page
def test_a_phone_need_not_scroll_sideways(visit, name):
    page = visit(name, width=PHONE).page
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    # what sticks out, for the message
    guilty = page.evaluate(
        """([width, scrolls]) => [...document.querySelectorAll('.bd-article *')]
            .filter(e => e.getBoundingClientRect().right > width + 1)
            .filter(e => !e.closest(scrolls))
            .slice(0, 5).map(e => e.outerHTML.slice(0, 120))""",
        [PHONE, SCROLLS],
    )
    assert wide <= PHONE, guilty
