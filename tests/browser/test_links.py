"""The built pages' own files: every link inside the book leads somewhere."""

import re
from functools import cache
from html import unescape
from urllib.parse import unquote

import pytest
from chapters import NOTEBOOKS, missing
from screenshot import HTML
from setup_cell import PLACEHOLDER, read_url

LINK = re.compile(r'<a\b[^>]*?\shref="([^"]*)"')
# what a page loads by itself; links a reader may click are not among them
LOADED = re.compile(
    r'<(?:script|img|iframe|source|video)\b[^>]*\ssrc="(?:https?:)?//'
    r'|<link\b[^>]*\srel="(?:stylesheet|preload|preconnect|icon)"[^>]*href="(?:https?:)?//'
)
STYLE_LOADS = re.compile(r'(?:@import|url\()\s*["\']?(?:https?:)?//')


@pytest.fixture(scope="module")
def pages():
    found = sorted(HTML.rglob("*.html"))
    if not found:
        missing(f"no book in {HTML}: run `make book` first")
    return [path for path in found if "_static" not in path.parts]


@cache
def source(path):
    """Return a page's text."""
    return path.read_text(encoding="utf-8")


@cache
def anchors(path):
    """Return the names a page may be entered at."""
    return set(re.findall(r'\s(?:id|name)="([^"]+)"', source(path)))


def test_links_inside_the_book_lead_somewhere(pages):
    dead = []
    for page in pages:
        for href in map(unescape, LINK.findall(source(page))):
            target, _, anchor = href.partition("#")
            if re.match(r"[a-z]+:", href) or href in ("", "#"):
                continue
            path = (page.parent / unquote(target)).resolve() if target else page
            if not path.is_file():
                dead.append(f"{page.name}: {href}")
            elif anchor and path.suffix == ".html" and anchor not in anchors(path):
                dead.append(f"{page.name}: {href} (no such place)")
    assert dead == []


def test_pages_load_only_local_files(pages):
    assert [p.name for p in pages if LOADED.search(source(p))] == []


def test_styles_load_only_local_files(pages):
    sheets = HTML.rglob("*.css")
    guilty = [s.name for s in sheets if STYLE_LOADS.search(s.read_text("utf-8"))]
    assert guilty == []


def test_no_button_leads_to_the_placeholder(pages):
    assert [
        p.name for p in pages if re.search(r'href="[^"]*OWNER/REPO', source(p))
    ] == []


def test_every_notebook_opens_in_colab_once_there_is_an_address(pages):
    url = read_url()
    here = "https://colab.research.google.com" + url.removeprefix("https:/").replace(
        "/github.com/", "/github/"
    )
    known = url != PLACEHOLDER and url.startswith("https://github.com/")
    for path in NOTEBOOKS:
        page = source(HTML / "book" / f"{path.stem}.html")
        found = set(re.findall(r'href="(https://colab[^"]+)"', page))
        assert found == ({f"{here}/blob/main/book/{path.name}"} if known else set())
