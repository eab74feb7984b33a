"""The search, from disk and without a network."""

from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

import pytest
from screenshot import HTML, settle


@pytest.fixture(scope="module")
def found(browser):
    """Search for Gram from the first page, as a reader would; return the page."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(120_000)
    page.goto((HTML / "book" / "index.html").as_uri())
    settle(page)
    page.get_by_role("button", name="Search").first.click()
    page.keyboard.type("Gram")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=Gram")
    page.get_by_text("Search finished").wait_for()
    yield page
    page.close()


def test_a_word_is_found(found):
    results = found.locator("#search-results li > a")
    titles = results.all_inner_texts()
    assert len(titles) > 10
    assert any("Style reconstruction" in title for title in titles)
    assert any(title.endswith("gram") for title in titles)


def test_what_is_found_is_there(found):
    for link in found.locator("#search-results li > a").all():
        address, anchor = urldefrag(link.evaluate("e => e.href"))
        path = Path(unquote(urlparse(address).path))
        text = path.read_text(encoding="utf-8")
        assert "gram" in text.casefold()
        assert not anchor or f'id="{anchor}"' in text, (path, anchor)


def test_what_is_found_can_be_opened(found):
    link = found.locator("#search-results").get_by_text("Style reconstruction").first
    link.click()
    found.wait_for_url("**/book/04_style_reconstruction.html*")
    assert "Gram matrix" in found.locator(".bd-article").inner_text()


def test_a_word_that_is_nowhere_is_not_found(browser):
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.goto((HTML / "search.html").as_uri() + "?q=xylophone")
    page.get_by_text("did not match any documents").wait_for()
    assert page.locator("#search-results li").count() == 0
    page.close()
